"""Who may do what: the page tells all of it, on which condition, and never less than the policies say."""

from __future__ import annotations

import re
from typing import Any

import pytest

from efa_constructs.review.page import render_page
from efa_constructs.review.review import review

from ..checks.test_manifests import RBAC, everyone, rights
from ..manifests import Manifests, review_of_manifests
from ..templates import templates_of
from .html import Page
from .test_page import page

Definition = dict[str, Any]


def page_of(**resources: tuple[str, Definition]) -> Page:
    """The page about a template of some resources, each of a type and its properties."""
    definitions = {name: {"Type": kind, "Properties": values} for name, (kind, values) in resources.items()}
    return Page(render_page(review(templates_of({"Resources": definitions}))))


def role(*trust: Definition, **properties: Any) -> tuple[str, Definition]:
    trusted = trust or ({"Effect": "Allow", "Principal": {"Service": "ec2.amazonaws.com"}, "Action": "sts:AssumeRole"},)
    return "AWS::IAM::Role", {"AssumeRolePolicyDocument": {"Statement": list(trusted)}, **properties}


def policy(**statement: Any) -> Definition:
    return {"PolicyName": "own", "PolicyDocument": {"Statement": [{"Effect": "Allow", **statement}]}}


def grants(found: Page) -> list[list[str]]:
    """May, on, and by what: without who."""
    return [row[-3:] for row in found.rows("What roles, users and groups may")]


def taken_by(*trust: Definition, **resources: tuple[str, Definition]) -> str:
    row = page_of(Role=role(*trust), **resources).rows("What roles, users and groups may")[0]
    return row[0].partition("Taken by ")[2]


def test_says_permissions_in_plain_words_and_marks_broad_ones() -> None:
    rows = page("with_cluster").rows("What roles, users and groups may")
    assert rows[0][0] == "Role role in Stack1 Taken by EC2 instances; given to NodeGroup"
    assert "Session Manager reaches the instance" in rows[0][1]
    assert rows[1] == ["broad S3: get object, list bucket", "everything", "its own policy"]


def test_what_is_excepted_from_a_permission_is_not_what_it_is_on() -> None:
    found = page_of(Role=role(Policies=[policy(Action="s3:*", NotResource="arn:aws:s3:::ours/*")]))
    assert grants(found) == [["broad S3: everything", "everything but arn:aws:s3:::ours/*", "its own policy"]]


def test_names_the_condition_of_a_permission() -> None:
    condition = {"StringEquals": {"aws:RequestTag/team": ["a", "b"]}, "NumericLessThan": {"aws:x": 5}}
    found = page_of(Role=role(Policies=[policy(Action="ec2:RunInstances", Resource="*", Condition=condition)]))
    [[what, on, _]] = grants(found)
    assert what == "broad EC2: run instances"
    assert on == "everything, if aws:RequestTag/team is a or b and aws:x NumericLessThan 5"


def test_a_refusal_is_not_broad() -> None:
    for effect, words in (("Allow", "broad everything"), ("Deny", "denied everything")):
        found = page_of(Role=role(Policies=[policy(Effect=effect, Action="*", Resource="*")]))
        assert grants(found)[0][0] == words


@pytest.mark.parametrize(
    ("principal", "words"),
    [
        ({"Service": "ec2.amazonaws.com"}, "EC2 instances"),
        ({"Service": "logs.us-east-1.amazonaws.com"}, "CloudWatch Logs"),
        ({"Service": "other.amazonaws.com"}, "other.amazonaws.com"),
        ({"AWS": "123456789012"}, "whoever the IAM policies of account 123456789012 allow it"),
        (
            {"AWS": {"Fn::Sub": "arn:${AWS::Partition}:iam::${AWS::AccountId}:root"}},
            "whoever the IAM policies of this account allow it",
        ),
        ({"AWS": "*"}, "everybody"),
        ("*", "everybody"),
        ({"Federated": "cognito-identity.amazonaws.com"}, "who signs in by cognito-identity.amazonaws.com"),
    ],
)
def test_says_who_may_take_a_role(principal: object, words: str) -> None:
    assert taken_by({"Effect": "Allow", "Principal": principal}) == words


def test_says_who_may_not_take_a_role_and_on_which_condition_others_may() -> None:
    allowed = {"Effect": "Allow", "Principal": {"Service": "lambda.amazonaws.com"}}
    words = taken_by(
        allowed | {"Condition": {"StringEqualsIfExists": {"aws:SourceAccount": "123456789012"}}},
        {"Effect": "Deny", "Principal": {"AWS": "999999999999"}},
        {"Effect": "Allow", "NotPrincipal": {"AWS": "arn:aws:iam::123456789012:user/x"}},
    )
    assert words == (
        "Lambda functions, if aws:SourceAccount is, where it is there, 123456789012, "
        "not whoever the IAM policies of account 999999999999 allow it, "
        "everybody but arn:aws:iam::123456789012:user/x"
    )


def test_says_which_pods_get_a_role() -> None:
    association = (
        "AWS::EKS::PodIdentityAssociation",
        {
            "ClusterName": "training",
            "Namespace": "team",
            "ServiceAccount": "data",
            "RoleArn": {"Fn::GetAtt": ["Role", "Arn"]},
        },
    )
    words = taken_by({"Effect": "Allow", "Principal": {"Service": "pods.eks.amazonaws.com"}}, Association=association)
    assert words == "pods, by EKS Pod Identity; given to pods of the service account team/data in training"


def test_an_access_entry_gives_nobody_the_role() -> None:
    entry = ("AWS::EKS::AccessEntry", {"ClusterName": "x", "PrincipalArn": {"Fn::GetAtt": ["Role", "Arn"]}})
    assert "given to" not in taken_by(Entry=entry)


@pytest.mark.parametrize(
    ("kind", "property_"), [("AWS::IAM::RolePolicy", "RoleName"), ("AWS::IAM::ManagedPolicy", "Roles")]
)
def test_knows_every_kind_of_policy_of_a_role(kind: str, property_: str) -> None:
    attached = (kind, {**policy(Action="iam:PassRole", Resource="*"), property_: {"Ref": "Role"}})
    assert ["broad IAM: pass role", "everything", "Policy"] in grants(page_of(Role=role(), Policy=attached))


def test_reads_a_managed_policy_that_is_in_the_templates() -> None:
    managed = ("AWS::IAM::ManagedPolicy", policy(Action="iam:PassRole", Resource="*"))
    found = page_of(Role=role(ManagedPolicyArns=[{"Ref": "Policy"}]), Policy=managed)
    assert grants(found) == [["broad IAM: pass role", "everything", "Policy"]]


def test_shows_users_groups_and_roles_of_elsewhere_that_get_permissions() -> None:
    found = page_of(
        Person=("AWS::IAM::User", {"ManagedPolicyArns": ["arn:aws:iam::aws:policy/AdministratorAccess"]}),
        People=("AWS::IAM::Group", {"Policies": [policy(Action="ec2:*", Resource="*")]}),
        Policy=("AWS::IAM::Policy", {**policy(Action="s3:GetObject", Resource="*"), "Roles": ["theirs"]}),
    )
    rows = {row[0].partition(" Taken")[0].partition(" Who")[0]: row[1] for row in found.rows("What roles, users and")}
    assert rows == {
        "Person user in Stack1": "broad everything in the account",
        "People group in Stack1": "broad EC2: everything",
        "theirs role that exists already": "broad S3: get object",
    }


def test_a_policy_that_names_a_role_of_the_templates_by_its_name_is_of_that_role() -> None:
    attached = ("AWS::IAM::Policy", {**policy(Action="s3:GetObject", Resource="*"), "Roles": ["nodes"]})
    found = page_of(Role=role(RoleName="nodes"), Policy=attached)
    assert [row[0] for row in found.rows("What roles, users and")] == ["Role role in Stack1 Taken by EC2 instances"]


def test_tells_a_boundary_of_permissions() -> None:
    found = page_of(Role=role(PermissionsBoundary="arn:aws:iam::123456789012:policy/limits"))
    assert grants(found) == [["denied everything that its boundary does not allow", "everything", "limits"]]


def test_tells_who_may_do_what_with_a_key_by_each_statement() -> None:
    root = {"Effect": "Allow", "Principal": {"AWS": "123456789012"}, "Action": "kms:*", "Resource": "*"}
    logs = {"Effect": "Allow", "Principal": {"Service": "logs.amazonaws.com"}, "Action": "kms:Encrypt", "Resource": "*"}
    found = page_of(Key=("AWS::KMS::Key", {"KeyPolicy": {"Statement": [root, logs]}}))
    rows = [row[-3:-1] for row in found.rows("What policies of resources")]
    assert rows == [
        ["whoever the IAM policies of account 123456789012 allow it", "KMS: everything"],
        ["CloudWatch Logs", "KMS: encrypt"],
    ]


@pytest.mark.parametrize(
    ("kind", "properties", "words"),
    [
        (
            "AWS::S3::BucketPolicy",
            {
                "Bucket": "data",
                "PolicyDocument": {
                    "Statement": {"Effect": "Allow", "Principal": "*", "Action": "s3:GetObject", "Resource": "data/*"}
                },
            },
            "Everybody may, with data: S3: get object on data/* (It).",
        ),
        (
            "AWS::Lambda::Url",
            {"AuthType": "NONE", "TargetFunctionArn": "f"},
            "Everybody may, with f: call it by its URL, without signing in (It).",
        ),
        (
            "AWS::Lambda::Permission",
            {
                "Action": "lambda:InvokeFunctionUrl",
                "FunctionName": "f",
                "Principal": "*",
                "FunctionUrlAuthType": "NONE",
            },
            "Everybody may, with f: Lambda: invoke function url (It).",
        ),
        (
            "AWS::IAM::Role",
            {"AssumeRolePolicyDocument": {"Statement": {"Effect": "Allow", "Principal": {"AWS": "*"}}}},
            "Everybody may, with It: take the role (its trust policy).",
        ),
    ],
)
def test_says_at_the_top_what_everybody_may(kind: str, properties: Definition, words: str) -> None:
    found = page_of(It=(kind, properties))
    assert words in found.section("summary")


def test_what_is_on_a_condition_is_not_for_everybody() -> None:
    statement = {"Effect": "Allow", "Principal": "*", "Action": "s3:GetObject", "Resource": "data/*"}
    for change in ({"Condition": {"StringEquals": {"aws:PrincipalOrgID": "o-1"}}}, {"Effect": "Deny"}):
        document = {"Statement": [statement | change]}
        found = page_of(It=("AWS::S3::BucketPolicy", {"Bucket": "data", "PolicyDocument": document}))
        assert "Everybody may" not in found.section("summary")
        assert found.rows("What policies of resources")[0][1] == "everybody"


def test_a_function_that_a_service_may_call_is_not_open() -> None:
    permission = {
        "Action": "lambda:InvokeFunction",
        "FunctionName": "f",
        "Principal": "logs.amazonaws.com",
        "SourceAccount": "123456789012",
    }
    [row] = page_of(It=("AWS::Lambda::Permission", permission)).rows("What policies of resources")
    assert row == [
        "f",
        "CloudWatch Logs",
        "Lambda: invoke function, if the source's account is 123456789012",
        "It",
    ]


def test_nodes_that_join_by_an_access_entry_are_told() -> None:
    entry = ("AWS::EKS::AccessEntry", {"ClusterName": "x", "PrincipalArn": "arn:r", "Type": "EC2_LINUX"})
    assert page_of(Entry=entry).rows("Access entries") == [["arn:r", "join as a node", "x", "access entry"]]


def test_marks_what_may_do_everything_in_a_cluster() -> None:
    def change(manifests: Manifests) -> None:
        reference = {"apiGroup": "rbac.authorization.k8s.io", "kind": "ClusterRole", "name": "cluster-admin"}
        manifests.objects.append(
            {
                "apiVersion": "rbac.authorization.k8s.io/v1",
                "kind": "ClusterRoleBinding",
                "metadata": {"name": "all"},
                "roleRef": reference,
                "subjects": [{"kind": "Group", "name": "system:masters"}],
            }
        )

    rows = Page(render_page(review_of_manifests(change))).rows("What RBAC allows")
    assert [
        "Group system:masters",
        "broad everything",
        "every namespace",
        "ClusterRoleBinding all, ClusterRole cluster-admin",
    ] in rows
    # The operator's: it reads the secrets of all namespaces.
    assert any(row[-3].startswith("broad create, list") and "secrets" in row[-2] for row in rows)


@pytest.mark.parametrize(
    "rule",
    [
        rights("create", "pods"),
        rights("patch", "daemonsets", "apps"),
        rights("update", "mpijobs", "kubeflow.org"),
        rights("get", "pods/exec"),
        rights("create", "*/exec"),
        rights("update", "pods/ephemeralcontainers"),
        rights("get", "nodes/proxy"),
        rights("create", "serviceaccounts/token"),
        rights("watch", "secrets"),
        rights("escalate", "clusterroles", RBAC),
        rights("bind", "roles", RBAC),
        rights("impersonate", "users"),
        rights("get *", "jobs", "batch"),
    ],
    ids=str,
)
def test_marks_what_leads_to_everything_in_a_cluster(rule: dict[str, object]) -> None:
    assert granted(rule, to="Group vision").startswith("broad ")


def test_what_leads_to_everything_in_one_namespace_is_not_marked() -> None:
    assert granted(rights("create", "pods"), to="Group vision", namespace="training") == "create"


@pytest.mark.parametrize(
    "rule",
    [
        rights("get list watch delete", "pods deployments mpijobs"),
        rights("create update", "configmaps services", ""),
        rights("create", "secrets"),
        rights("get", "secrets", resourceNames=["key"]),
        rights("impersonate", "users", resourceNames=["viewer"]),
        rights("update", "pods/status"),
    ],
    ids=str,
)
def test_marks_nothing_that_leads_no_further(rule: dict[str, object]) -> None:
    assert not granted(rule, to="Group vision").startswith("broad ")


@pytest.mark.parametrize(
    ("role", "where", "is_broad"),
    [
        ("admin", {"namespace": "training"}, True),
        ("edit", {}, True),
        ("edit", {"namespace": "training"}, False),
        ("view", {}, False),
        ("everything-that-nobody-knows", {}, False),
    ],
)
def test_marks_roles_of_kubernetes_by_what_they_lead_to(role: str, where: dict[str, str], is_broad: bool) -> None:
    assert granted(to="Group vision", role=role, **where).startswith("broad ") is is_broad


def granted(*rules: dict[str, object], **binding: str) -> str:
    """What the page says that a binding lets its subject do."""
    found = Page(render_page(review_of_manifests(lambda manifests: everyone(manifests, *rules, **binding))))
    [verbs] = [row[-3] for row in found.rows("What RBAC allows") if re.search("[ /]open(,|$)", row[-1])]
    return verbs


def test_keeps_the_roles_of_clusters_apart() -> None:
    one, other = Manifests(), Manifests()
    verbs = {"one": "get", "other": "delete"}
    for manifests, name in ((one, "one"), (other, "other")):
        manifests.find("ClusterRole", "mpi-operator")["rules"] = [{"resources": ["pods"], "verbs": [verbs[name]]}]
    documents = [manifests.review().blueprint.templates.stacks[0].document for manifests in (one, other)]
    found = Page(render_page(review(templates_of(*documents))))
    told = [row for row in found.rows("What RBAC allows") if row[-2] == "pods in every namespace"]
    assert [row[-3] for row in told] == ["get", "delete"]
    whose = [row[0] for row in found.rows("What RBAC allows") if len(row) == 4]
    assert whose == [f"ServiceAccount mpi-operator/mpi-operator of Stack{number}/Cluster" for number in (1, 2)]


def test_tells_that_whoever_makes_a_cluster_administers_it_unless_that_is_refused() -> None:
    cluster: Definition = {"RoleArn": "arn:r", "ResourcesVpcConfig": {"SubnetIds": ["subnet-1"]}}
    found = page_of(Cluster=("AWS::EKS::Cluster", cluster))
    [row] = found.rows("Access entries")
    who = "whoever makes the cluster, such as the role of CloudFormation"
    assert row[:3] == [who, "broad everything in the cluster", "Cluster"]
    refused = cluster | {"AccessConfig": {"BootstrapClusterCreatorAdminPermissions": False}}
    assert who not in page_of(Cluster=("AWS::EKS::Cluster", refused)).text
