"""Can the CDK CLI deploy into this account?"""

from __future__ import annotations

import json
from typing import Any

import boto3
import pytest

from efa_constructs.lookups.clients import AccountClients, account_clients
from efa_constructs.preflight.needed_actions import grants_of_deployment_role
from efa_constructs.rehearsal.account.cloudformation.stacks import cloudformation_state

from .emulated import ACCOUNT, REGION, TRUST, Emulated, Refusals, policy, refusals

TEMPLATE = json.dumps(
    {"Resources": {"Topic": {"Type": "AWS::SSM::Parameter", "Properties": {"Type": "String", "Value": "v"}}}}
)


def make_stack(account: Emulated, name: str, status: str) -> None:
    account.clients.cloudformation.create_stack(StackName=name, TemplateBody=TEMPLATE)
    account.clients.cloudformation.get_waiter("stack_create_complete").wait(StackName=name)
    [stack] = [stack for stack in cloudformation_state(ACCOUNT, REGION).stacks.values() if stack.name == name]
    stack.status = status


@pytest.mark.parametrize(
    ("status", "expected"),
    [
        ("CREATE_COMPLETE", "pass"),
        ("UPDATE_ROLLBACK_COMPLETE", "pass"),
        ("REVIEW_IN_PROGRESS", "pass"),
        ("ROLLBACK_COMPLETE", "warn"),
        ("ROLLBACK_FAILED", "fail"),
        ("UPDATE_IN_PROGRESS", "fail"),
        ("UPDATE_ROLLBACK_FAILED", "fail"),
        ("IMPORT_ROLLBACK_FAILED", "fail"),
        ("IMPORT_ROLLBACK_COMPLETE", "pass"),
        ("DELETE_FAILED", "fail"),
    ],
)
def test_a_stack_of_the_apps_name_must_be_one_that_can_be_updated(
    account: Emulated, status: str, expected: str
) -> None:
    make_stack(account, "EfaNodes", status)
    row = account.row("stacks")
    assert row is not None and row.status == expected
    assert "EfaNodes" in row.reason and (row.fix is None) is (expected == "pass")


def test_names_that_are_free_pass_and_stacks_of_other_names_are_none_of_ours(account: Emulated) -> None:
    make_stack(account, "Other", "ROLLBACK_FAILED")
    row = account.row("stacks")
    assert row is not None and (row.status, row.reason) == ("pass", "no stack is named EfaNodes, EfaWorkloads")
    row = account.row("stacks", account.new_cluster())
    assert row is not None and row.reason == "no stack is named EfaCluster, EfaNodes, EfaWorkloads"


def test_the_clusters_stack_matters_only_where_the_app_makes_the_cluster(account: Emulated) -> None:
    make_stack(account, "EfaCluster", "DELETE_FAILED")
    there, to_come = account.row("stacks"), account.row("stacks", account.new_cluster())
    assert there is not None and there.status == "pass"
    assert to_come is not None and to_come.status == "fail"
    # A network that the stack has already takes no more room.
    assert account.row("vpcs-quota", account.new_cluster()) is None


def test_a_clusters_stack_that_was_rolled_back_needs_room_for_a_network_anew(account: Emulated) -> None:
    make_stack(account, "EfaCluster", "ROLLBACK_COMPLETE")
    rows = account.rows(account.new_cluster())
    assert rows["stacks"].status == "warn"
    assert rows["vpcs-quota"].status == rows["elastic-ips-quota"].status == "pass"


def test_a_node_group_of_the_same_name_fails(account: Emulated, monkeypatch: pytest.MonkeyPatch) -> None:
    assert account.row("node-group-name") is None
    row = account.row("node-group-name", account.plan(node_group_name="efa"))
    assert row is not None and row.status == "pass"
    from efa_constructs.rehearsal.account.eks.state import eks_state

    cluster = eks_state(ACCOUNT, REGION).cluster("training")
    cluster.node_groups["efa"] = {"nodegroupName": "efa"}
    row = account.row("node-group-name", account.plan(node_group_name="efa"))
    assert row is not None and row.status == "fail"
    assert row.reason == "cluster training has a node group efa already"


def test_the_account_must_be_bootstrapped_and_that_lately_enough(account: Emulated) -> None:
    row = account.row("cdk-bootstrap")
    assert row is not None and row.status == "fail"
    assert row.fix == "run 'npx cdk bootstrap aws://123456789012/us-east-1'"
    account.bootstrap(5)
    row = account.row("cdk-bootstrap")
    assert row is not None and row.status == "fail" and "is of version 5, and 6 is needed" in row.reason


def test_a_bootstrapped_account_passes(account: Emulated) -> None:
    account.bootstrap(30)
    rows = account.rows()
    assert rows["cdk-bootstrap"].status == rows["deployment-permissions"].status == "pass"


def test_another_qualifier_has_a_bootstrap_stack_of_its_own(account: Emulated) -> None:
    own = account.plan(bootstrap_qualifier="team1")
    account.bootstrap()
    rows = account.rows(own)
    assert rows["cdk-bootstrap"].status == "fail"
    assert rows["cdk-bootstrap"].reason == (
        "the account is not bootstrapped for the CDK, with the qualifier team1, in us-east-1"
    )
    assert rows["cdk-bootstrap"].fix == (
        "run 'npx cdk bootstrap aws://123456789012/us-east-1 --qualifier team1 --toolkit-stack-name CDKToolkit-team1'"
    )
    account.bootstrap(qualifier="team1")
    rows = account.rows(own)
    assert rows["cdk-bootstrap"].status == rows["deployment-permissions"].status == "pass"


def test_the_role_that_deploys_is_not_checked_before_there_is_one(account: Emulated) -> None:
    row = account.row("deployment-permissions")
    assert row is not None and row.status == "not checked" and "bootstrap" in (row.fix or "")


def test_a_role_that_deploys_and_is_not_sure_to_may_is_a_warning(account: Emulated) -> None:
    account.bootstrap(execution_policy=policy("Allow", "ec2:*", "eks:*", "lambda:*", "logs:*"))
    row = account.row("deployment-permissions")
    assert row is not None and row.status == "warn"
    assert row.reason.endswith(
        ": iam:AttachRolePolicy, iam:CreateRole, iam:CreateServiceLinkedRole, iam:PassRole, iam:PutRolePolicy"
    )


def test_a_role_that_is_denied_what_it_needs_fails(account: Emulated) -> None:
    account.bootstrap()
    account.clients.iam.put_role_policy(
        RoleName=f"cdk-hnb659fds-cfn-exec-role-{ACCOUNT}-{REGION}",
        PolicyName="deny",
        PolicyDocument=policy("Deny", "ec2:CreatePlacementGroup"),
    )
    row = account.row("deployment-permissions")
    assert row is not None and row.status == "fail"
    assert row.reason == "the role that makes what is deployed is denied ec2:CreatePlacementGroup"


def test_the_role_of_another_bootstrap_is_not_checked(account: Emulated) -> None:
    account.bootstrap()
    account.clients.iam.delete_role_policy(
        RoleName=f"cdk-hnb659fds-cfn-exec-role-{ACCOUNT}-{REGION}", PolicyName="policy"
    )
    account.clients.iam.delete_role(RoleName=f"cdk-hnb659fds-cfn-exec-role-{ACCOUNT}-{REGION}")
    row = account.row("deployment-permissions")
    assert row is not None and row.status == "not checked" and "another name" in row.reason


def test_a_new_cluster_needs_more_than_nodes_do(account: Emulated) -> None:
    caller: Any = account.clients
    from efa_constructs.lookups.permissions import read_caller

    _, [of_nodes] = grants_of_deployment_role(read_caller(caller), account.plan())
    _, [of_cluster] = grants_of_deployment_role(read_caller(caller), account.new_cluster())
    assert set(of_nodes.actions) < set(of_cluster.actions)
    assert "eks:CreateCluster" in of_cluster.actions


@pytest.fixture
def as_role(account: Emulated, monkeypatch: pytest.MonkeyPatch) -> Any:
    """Clients of somebody who has assumed a role with a path, as IAM Identity Center makes them."""

    def assume(document: str) -> AccountClients:
        account.clients.iam.create_role(RoleName="engineer", Path="/teams/", AssumeRolePolicyDocument=json.dumps(TRUST))
        account.clients.iam.put_role_policy(RoleName="engineer", PolicyName="p", PolicyDocument=document)
        role = f"arn:aws:iam::{ACCOUNT}:role/teams/engineer"
        keys = account.clients.sts.assume_role(RoleArn=role, RoleSessionName="me")["Credentials"]
        monkeypatch.setenv("AWS_ACCESS_KEY_ID", keys["AccessKeyId"])
        monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", keys["SecretAccessKey"])
        monkeypatch.setenv("AWS_SESSION_TOKEN", keys["SessionToken"])
        boto3.setup_default_session()
        return account_clients(region=REGION)

    return assume


def test_whoever_may_assume_the_bootstrap_roles_may_deploy(account: Emulated, as_role: Any) -> None:
    account.clients = as_role(policy("Allow", "sts:AssumeRole", resource=f"arn:aws:iam::{ACCOUNT}:role/cdk-*"))
    row = account.row("caller-permissions")
    assert row is not None and row.status == "pass"
    assert row.reason == (f"arn:aws:iam::{ACCOUNT}:role/teams/engineer may assume the roles of the bootstrap stack")


def test_whoever_may_not_assume_them_may_not_deploy(account: Emulated, as_role: Any) -> None:
    account.clients = as_role(policy("Allow", "ec2:*"))
    row = account.row("caller-permissions")
    assert row is not None and row.status == "fail"
    assert row.fix == f"allow sts:AssumeRole on arn:aws:iam::{ACCOUNT}:role/cdk-hnb659fds-*"


def test_a_role_whose_path_iam_does_not_tell_is_not_checked(account: Emulated, as_role: Any) -> None:
    account.clients = as_role(policy("Allow", "sts:AssumeRole"))
    with refusals(account.clients) as refuse:
        refuse.refuse("iam:GetRole", "AccessDenied", "User: x is not authorized to perform: iam:GetRole")
        row = account.row("caller-permissions")
    assert row is not None and row.status == "not checked" and "assumed-role/engineer/me" in row.reason


def test_somebody_of_whom_iam_knows_no_policies_is_not_checked(account: Emulated) -> None:
    # As the emulated account names whoever uses it.
    row = account.row("caller-permissions")
    assert row is not None and row.status == "not checked" and ":user/moto" in row.reason


@pytest.mark.parametrize(
    ("arn", "status"),
    [
        (f"arn:aws:iam::{ACCOUNT}:root", "pass"),
        (f"arn:aws:sts::{ACCOUNT}:federated-user/somebody", "not checked"),
    ],
)
def test_the_root_user_may_everything_and_of_federated_users_nobody_knows(
    account: Emulated, monkeypatch: pytest.MonkeyPatch, arn: str, status: str
) -> None:
    from moto.sts.models import STSBackend

    monkeypatch.setattr(STSBackend, "get_caller_identity", lambda *_: ("id", arn, ACCOUNT))
    row = account.row("caller-permissions")
    assert row is not None and row.status == status


def test_permissions_are_not_checked_where_iam_may_not_simulate(account: Emulated, refuse: Refusals) -> None:
    account.bootstrap()
    message = "User: x is not authorized to perform: iam:SimulatePrincipalPolicy"
    refuse.refuse("iam:SimulatePrincipalPolicy", "AccessDenied", message)
    rows = account.rows()
    for id in ("caller-permissions", "deployment-permissions"):
        assert rows[id].status == "not checked"
        assert rows[id].fix == "allow 'iam:SimulatePrincipalPolicy' in the IAM policy of the identity in use"


def test_service_linked_roles_are_there_or_made_by_aws_or_a_warning(account: Emulated) -> None:
    row = account.row("service-linked-roles")
    assert row is not None and row.status == "warn"
    assert row.fix == "run 'aws iam create-service-linked-role --aws-service-name eks-nodegroup.amazonaws.com' once"
    account.bootstrap()
    row = account.row("service-linked-roles")
    assert row is not None and row.status == "pass" and "AWS makes" in row.reason
    account.clients.iam.create_role(
        RoleName="AWSServiceRoleForAmazonEKSNodegroup", AssumeRolePolicyDocument=json.dumps(TRUST)
    )
    row = account.row("service-linked-roles")
    assert row is not None and (row.status, row.reason) == ("pass", "AWSServiceRoleForAmazonEKSNodegroup is there")


def test_spot_and_a_new_cluster_need_roles_of_their_own(account: Emulated) -> None:
    row = account.row("service-linked-roles", account.new_cluster(capacity="spot"))
    assert row is not None and row.status == "warn"
    for name in ("AWSServiceRoleForAmazonEKS", "AWSServiceRoleForAmazonEKSNodegroup", "AWSServiceRoleForEC2Spot"):
        assert name in row.reason


@pytest.mark.parametrize(
    ("operation", "code", "id"),
    [
        ("cloudformation:DescribeStacks", "AccessDenied", "stacks"),
        ("ssm:GetParameter", "AccessDeniedException", "cdk-bootstrap"),
        ("eks:ListNodegroups", "AccessDeniedException", "node-group-name"),
        ("iam:GetRole", "AccessDenied", "service-linked-roles"),
    ],
)
def test_a_row_is_not_checked_without_its_permission(
    account: Emulated, refuse: Refusals, operation: str, code: str, id: str
) -> None:
    refuse.refuse(operation, code, f"User: x is not authorized to perform: {operation}")
    row = account.row(id, account.plan(node_group_name="efa"))
    assert row is not None and row.status == "not checked"
    assert row.fix == f"allow '{operation}' in the IAM policy of the identity in use"


def test_a_version_of_the_bootstrap_stack_that_is_no_number_is_not_checked(account: Emulated) -> None:
    account.bootstrap()
    name = "/cdk-bootstrap/hnb659fds/version"
    account.clients.ssm.put_parameter(Name=name, Value="thirty", Type="String", Overwrite=True)
    row = account.row("cdk-bootstrap")
    assert row is not None and row.status == "not checked"
    assert row.reason == f"the parameter {name} is 'thirty', where the version of CDK's bootstrap stack should be"
