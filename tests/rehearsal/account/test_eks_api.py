"""EKS as boto3 talks to it: paths, parameters, answers and errors over HTTP."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlsplit

import boto3
import pytest
from botocore.awsrequest import AWSPreparedRequest, AWSResponse
from botocore.exceptions import ClientError

from efa_constructs.rehearsal.account import eks
from efa_constructs.rehearsal.account.on_trust import taken_on_trust

from .training_account import REGION, TrainingAccount


@pytest.fixture
def account() -> TrainingAccount:
    return TrainingAccount()


@pytest.fixture
def client(account: TrainingAccount) -> Any:
    """A real client whose requests the emulated EKS answers."""
    client: Any = boto3.client("eks", REGION, aws_access_key_id="test", aws_secret_access_key="test")

    def answer(request: AWSPreparedRequest, **_: Any) -> AWSResponse:
        url = urlsplit(request.url)
        body = request.body.encode() if isinstance(request.body, str) else request.body or b""
        status, headers, content = eks.handle(request.method, url.path, url.query, body, account.id, REGION)
        response = AWSResponse(request.url, status, headers, None)
        response._content = content
        return response

    client.meta.events.register("before-send.eks", answer)
    return client


def _create_cluster(client: Any, account: TrainingAccount, **changes: Any) -> dict[str, Any]:
    parameters = {
        "name": "training",
        "version": "1.34",
        "roleArn": account.cluster_role,
        "resourcesVpcConfig": {"subnetIds": [subnet.id for subnet in account.subnets]},
        "accessConfig": {"authenticationMode": "API"},
    }
    cluster: dict[str, Any] = client.create_cluster(**parameters | changes)["cluster"]
    return cluster


def test_describes_a_cluster_with_what_tools_rely_on(client: Any, account: TrainingAccount) -> None:
    _create_cluster(client, account, tags={"owner": "research"})
    client.get_waiter("cluster_active").wait(name="training", WaiterConfig={"MaxAttempts": 1})
    cluster = client.describe_cluster(name="training")["cluster"]
    network = cluster["resourcesVpcConfig"]
    group = account.ec2.get_security_group_from_id(network["clusterSecurityGroupId"])
    assert group is not None and group.vpc_id == network["vpcId"] == account.vpc_id
    assert [rule.source_group["GroupId"] for rule in group.ingress_rules] == [group.id]
    assert [rule.cidr_ipv4 or rule.source_group["GroupId"] for rule in group.egress_rules] == ["0.0.0.0/0", group.id]
    assert cluster["accessConfig"]["authenticationMode"] == "API"
    assert cluster["endpoint"].endswith(".us-east-1.eks.amazonaws.com")
    assert cluster["certificateAuthority"]["data"]
    assert cluster["createdAt"].tzinfo is not None
    assert client.list_clusters()["clusters"] == ["training"]
    assert client.list_tags_for_resource(resourceArn=cluster["arn"])["tags"] == {"owner": "research"}


def test_reads_arns_in_paths(client: Any, account: TrainingAccount) -> None:
    _create_cluster(client, account)
    principal = account.role("path/to/admin", "ec2.amazonaws.com")
    policy = "arn:aws:eks::aws:cluster-access-policy/AmazonEKSClusterAdminPolicy"
    client.create_access_entry(clusterName="training", principalArn=principal)
    client.associate_access_policy(
        clusterName="training", principalArn=principal, policyArn=policy, accessScope={"type": "cluster"}
    )
    entry = client.describe_access_entry(clusterName="training", principalArn=principal)["accessEntry"]
    assert (entry["type"], entry["username"]) == ("STANDARD", principal)
    listed = client.list_access_entries(clusterName="training", associatedPolicyArn=policy)["accessEntries"]
    assert listed == [f"arn:aws:iam::{account.id}:root", principal]
    client.disassociate_access_policy(clusterName="training", principalArn=principal, policyArn=policy)
    answer = client.list_associated_access_policies(clusterName="training", principalArn=principal)
    assert answer["associatedAccessPolicies"] == []


@pytest.mark.parametrize("kind", ["EC2_LINUX", "FARGATE_LINUX", "HYBRID_LINUX", "HYPERPOD_LINUX"])
def test_lets_nodes_of_every_kind_in(client: Any, account: TrainingAccount, kind: str) -> None:
    _create_cluster(client, account)
    entry = client.create_access_entry(clusterName="training", principalArn=account.node_role, type=kind)["accessEntry"]
    assert entry["kubernetesGroups"] == ["system:nodes"]
    assert entry["username"].startswith("system:node:{{")


def test_takes_add_ons_and_access_policies_on_trust_that_no_list_here_has(
    client: Any, account: TrainingAccount
) -> None:
    _create_cluster(client, account)
    addon = client.create_addon(clusterName="training", addonName="seller_product-agent")["addon"]
    assert addon["addonVersion"].startswith("v")
    policy = "arn:aws-us-gov:eks::aws:cluster-access-policy/AmazonEKSHybridPolicy"
    principal = account.role("admin", "ec2.amazonaws.com")
    client.create_access_entry(clusterName="training", principalArn=principal)
    client.associate_access_policy(
        clusterName="training", principalArn=principal, policyArn=policy, accessScope={"type": "cluster"}
    )
    version = client.describe_cluster(name="training")["cluster"]["version"]
    assert f"whether EKS has the add-on 'seller_product-agent' for Kubernetes {version}" in taken_on_trust()
    assert "whether EKS has the access policy 'AmazonEKSHybridPolicy'" in taken_on_trust()


def test_waits_for_a_node_group_and_lists_it(client: Any, account: TrainingAccount) -> None:
    _create_cluster(client, account)
    client.create_nodegroup(
        **account.node_group_parameters(launchTemplate={"id": account.launch_template()}), clientRequestToken="token"
    )
    keys = {"clusterName": "training", "nodegroupName": "p4d"}
    client.get_waiter("nodegroup_active").wait(**keys, WaiterConfig={"MaxAttempts": 1})
    assert client.list_nodegroups(clusterName="training")["nodegroups"] == ["p4d"]
    update = client.update_nodegroup_config(**keys, scalingConfig={"desiredSize": 1})["update"]
    described = client.describe_update(name="training", updateId=update["id"])["update"]
    assert described["status"] == "Successful"
    client.delete_nodegroup(**keys)
    client.get_waiter("nodegroup_deleted").wait(**keys, WaiterConfig={"MaxAttempts": 1})


@pytest.mark.parametrize(
    ("call", "parameters", "code", "message"),
    [
        ("describe_cluster", {"name": "no"}, "ResourceNotFoundException", "No cluster found for name: no."),
        ("delete_cluster", {"name": "training"}, "ResourceInUseException", "Cluster has nodegroups attached"),
        (
            "describe_access_entry",
            {"clusterName": "training", "principalArn": "arn:aws:iam::123456789012:role/no"},
            "ResourceNotFoundException",
            "The specified principalArn could not be found.",
        ),
        (
            "create_access_entry",
            {"clusterName": "training", "principalArn": "arn:aws:iam::123456789012:role/no"},
            "InvalidParameterException",
            "The specified principalArn is invalid: invalid principal.",
        ),
        (
            "create_addon",
            {"clusterName": "training", "addonName": "VPC CNI"},
            "InvalidParameterException",
            "Addon VPC CNI specified is not supported",
        ),
        (
            "create_access_entry",
            {"clusterName": "training", "principalArn": "arn:aws:iam::123456789012:root", "type": "LINUX"},
            "InvalidParameterException",
            "The specified type LINUX is invalid, use STANDARD, EC2_LINUX",
        ),
        (
            "update_cluster_version",
            {"name": "training", "version": "1.36"},
            "InvalidParameterException",
            "Unsupported Kubernetes minor version update from 1.34 to 1.36",
        ),
        (
            "create_nodegroup",
            {
                "clusterName": "training",
                "nodegroupName": "other",
                "subnets": ["subnet-1"],
                "nodeRole": "arn",
                "amiType": "AL2O23",
            },
            "InvalidParameterException",
            "Value 'AL2O23' at 'amiType' failed to satisfy constraint: Member must satisfy enum value set",
        ),
        (
            "create_fargate_profile",
            {"clusterName": "training", "fargateProfileName": "no", "podExecutionRoleArn": "arn"},
            "NotImplemented",
            "the emulated account does not do eks:CreateFargateProfile",
        ),
    ],
)
def test_refuses_with_an_error_that_boto3_understands(
    client: Any, account: TrainingAccount, call: str, parameters: dict[str, Any], code: str, message: str
) -> None:
    _create_cluster(client, account)
    account.create_node_group()
    with pytest.raises(ClientError) as refusal:
        getattr(client, call)(**parameters)
    assert refusal.value.response["Error"]["Code"] == code
    assert message in refusal.value.response["Error"]["Message"]


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"version": "1.20"}, "unsupported Kubernetes version 1.20"),
        ({"roleArn": "arn:aws:iam::1:role/no"}, "could not be assumed because it does not exist or the trusted entity"),
        ({"resourcesVpcConfig": {"subnetIds": ["subnet-1"]}}, "The subnet ID 'subnet-1' does not exist"),
        ({"resourcesVpcConfig": {"subnetIds": []}}, "Subnets specified must be in at least two different AZs"),
    ],
)
def test_refuses_a_cluster(client: Any, account: TrainingAccount, changes: dict[str, Any], message: str) -> None:
    with pytest.raises(ClientError, match=message):
        _create_cluster(client, account, **changes)
    assert client.list_clusters()["clusters"] == []


def test_refuses_a_cluster_in_a_zone_without_control_plane(client: Any, account: TrainingAccount) -> None:
    # In moto, us-east-1e is use1-az3.
    elsewhere = account.ec2.create_subnet(account.vpc_id, "10.0.9.0/24", availability_zone="us-east-1e")
    with pytest.raises(ClientError) as refusal:
        _create_cluster(client, account, resourcesVpcConfig={"subnetIds": [account.subnets[0].id, elsewhere.id]})
    assert refusal.value.response["Error"]["Code"] == "UnsupportedAvailabilityZoneException"
    assert (
        "because us-east-1e, the targeted availability zone, does not currently have sufficient capacity to support "
        "the cluster. Retry and choose from these availability zones: us-east-1a, us-east-1b, us-east-1c, us-east-1d, "
        "us-east-1f (zone names differ"
    ) in refusal.value.response["Error"]["Message"]
    assert client.list_clusters()["clusters"] == []


def test_refuses_access_entries_while_the_cluster_uses_the_config_map(client: Any, account: TrainingAccount) -> None:
    _create_cluster(client, account, accessConfig={"authenticationMode": "CONFIG_MAP"})
    with pytest.raises(ClientError, match="The cluster's authentication mode must be set to one of"):
        client.list_access_entries(clusterName="training")
    client.update_cluster_config(name="training", accessConfig={"authenticationMode": "API_AND_CONFIG_MAP"})
    assert client.list_access_entries(clusterName="training")["accessEntries"] == []
    with pytest.raises(ClientError, match="Unsupported authentication mode update"):
        client.update_cluster_config(name="training", accessConfig={"authenticationMode": "CONFIG_MAP"})


def test_names_the_versions_it_has(client: Any) -> None:
    versions = client.describe_cluster_versions()["clusterVersions"]
    assert [version["clusterVersion"] for version in versions if version["defaultVersion"]] == ["1.34"]
    (addon,) = client.describe_addon_versions(addonName="kube-proxy", kubernetesVersion="1.33")["addons"]
    assert addon["addonVersions"][0]["addonVersion"].startswith("v1.33.")


def test_every_operation_of_clusters_node_groups_and_access_is_there() -> None:
    missing = {
        f"{verb}{noun}"
        for noun in ("Cluster", "Nodegroup", "AccessEntry", "Addon", "PodIdentityAssociation")
        for verb in ("Create", "Describe", "Delete")
    } - set(eks.OPERATIONS)
    assert missing == set()
