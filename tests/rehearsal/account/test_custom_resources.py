"""The custom resources that AWS CDK emits, in the emulated account."""

from __future__ import annotations

import json
from typing import Any

import pytest
from moto.logs.models import logs_backends
from moto.s3.models import s3_backends

from efa_constructs.rehearsal.account import eks
from efa_constructs.rehearsal.account.resource_type import AwsError, ResourceType
from efa_constructs.rehearsal.account.resources import custom, resource_type
from efa_constructs.rehearsal.account.resources.custom_cluster import CdkCluster
from efa_constructs.rehearsal.account.resources.custom_kubernetes import HelmChart, KubernetesManifest

from .training_account import REGION, TrainingAccount

NAMESPACE = {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": "training"}}
ADMIN = "arn:aws:eks::aws:cluster-access-policy/AmazonEKSClusterAdminPolicy"


@pytest.fixture
def account() -> TrainingAccount:
    account = TrainingAccount()
    account.create_cluster()
    return account


def _kubectl_role(account: TrainingAccount) -> str:
    role = account.role("kubectl", "lambda.amazonaws.com")
    account.call("CreateAccessEntry", clusterName="training", principalArn=role)
    account.call(
        "AssociateAccessPolicy",
        clusterName="training",
        principalArn=role,
        policyArn=ADMIN,
        accessScope={"type": "cluster"},
    )
    return role


def _properties(role: str, *objects: Any) -> dict[str, Any]:
    return {"ClusterName": "training", "RoleArn": role, "Manifest": json.dumps(objects)}


def _listed(account: TrainingAccount) -> list[dict[str, Any]]:
    status, _, body = eks.handle("GET", "/clusters/training/manifests", "", b"", account.id, REGION)
    assert status == 200
    manifests: list[dict[str, Any]] = json.loads(body)["manifests"]
    return manifests


def test_a_manifest_is_kept_for_whoever_has_a_control_plane(account: TrainingAccount) -> None:
    properties = _properties(_kubectl_role(account), NAMESPACE)
    made = account.make(KubernetesManifest, properties, "Namespace")
    (manifest,) = _listed(account)
    assert (manifest["stackName"], manifest["logicalId"]) == ("training", "Namespace")
    assert json.loads(manifest["properties"]["Manifest"]) == [NAMESPACE]
    KubernetesManifest().delete(account.request(KubernetesManifest, properties), made)
    assert _listed(account) == []


def test_a_manifest_needs_a_role_with_an_access_entry(account: TrainingAccount) -> None:
    role = account.role("stranger", "lambda.amazonaws.com")
    with pytest.raises(AwsError, match=r"You must be logged in to the server \(Unauthorized\)"):
        account.make(KubernetesManifest, _properties(role, NAMESPACE))


@pytest.mark.parametrize(
    ("objects", "message"),
    [
        ((), "no objects passed to apply"),
        (({"kind": "Namespace", "metadata": {"name": "a"}},), "apiVersion not set"),
        (({"apiVersion": "v1", "metadata": {"name": "a"}},), "kind not set"),
        (({"apiVersion": "v1", "kind": "Namespace"},), "resource name may not be empty"),
        (({**NAMESPACE, "data": {"text": "x" * 262_144}},), "Too long: may not be more than 262144 bytes"),
    ],
)
def test_a_manifest_that_kubectl_would_refuse_is_refused(
    account: TrainingAccount, objects: tuple[Any, ...], message: str
) -> None:
    with pytest.raises(AwsError, match=message):
        account.make(KubernetesManifest, _properties(_kubectl_role(account), *objects))
    assert _listed(account) == []


def test_a_chart_is_kept_too(account: TrainingAccount) -> None:
    properties = {"ClusterName": "training", "RoleArn": _kubectl_role(account), "Chart": "plugin", "Values": "{"}
    with pytest.raises(AwsError, match="Values is not JSON"):
        account.make(HelmChart, properties)
    account.make(HelmChart, properties | {"Values": "{}"})
    assert [manifest["type"] for manifest in _listed(account)] == ["Custom::AWSCDK-EKS-HelmChart"]


def test_a_cluster_of_cdks_first_library_obeys_its_creation_role(account: TrainingAccount) -> None:
    creator = account.role("creator", "lambda.amazonaws.com")
    properties: dict[str, Any] = {
        "AssumeRoleArn": creator,
        "AttributesRevision": 5,
        "Config": {
            "version": "1.33",
            "roleArn": account.cluster_role,
            "resourcesVpcConfig": {
                "subnetIds": [subnet.id for subnet in account.subnets],
                "endpointPublicAccess": "true",
            },
            "accessConfig": {},
        },
    }
    made = account.make(CdkCluster, properties)
    assert made.attributes["Name"] == made.physical_id
    manifest = _properties(creator, NAMESPACE) | {"ClusterName": made.physical_id}
    account.make(KubernetesManifest, manifest)
    properties["Config"]["version"] = "1.34"
    CdkCluster().update(account.request(CdkCluster, properties), made)
    assert account.call("DescribeCluster", name=made.physical_id)["cluster"]["version"] == "1.34"
    CdkCluster().delete(account.request(CdkCluster, properties), made)
    assert account.call("ListClusters")["clusters"] == ["training"]


def test_the_default_security_group_loses_its_rules_and_gets_them_back(account: TrainingAccount) -> None:
    group = account.ec2.get_default_security_group(account.vpc_id)
    assert group is not None
    properties = {"DefaultSecurityGroupId": group.id, "Account": account.id}
    made = account.make(custom.RestrictDefaultSecurityGroup, properties)
    assert (group.ingress_rules, group.egress_rules) == ([], [])
    request = account.request(custom.RestrictDefaultSecurityGroup, properties)
    custom.RestrictDefaultSecurityGroup().delete(request, made)
    assert [rule.source_group["GroupId"] for rule in group.ingress_rules] == [group.id]
    assert [rule.cidr_ipv4 for rule in group.egress_rules] == ["0.0.0.0/0"]


@pytest.mark.parametrize("type_name", ["AWS::IAM::OIDCProvider", "Custom::AWSCDKOpenIdConnectProvider"])
def test_an_openid_connect_provider_is_made_in_iam(account: TrainingAccount, type_name: str) -> None:
    provider = type(resource_type(type_name))
    issuer = account.call("DescribeCluster", name="training")["cluster"]["identity"]["oidc"]["issuer"]
    properties = {"Url": issuer, "ClientIdList": ["sts.amazonaws.com"]}
    made = account.make(provider, properties)
    assert made.physical_id in account.iam.open_id_providers
    provider().delete(account.request(provider, properties), made)
    assert account.iam.open_id_providers == {}


def test_log_retention_makes_the_group(account: TrainingAccount) -> None:
    account.make(custom.LogRetention, {"LogGroupName": "/aws/lambda/kubectl", "RetentionInDays": 7})
    assert logs_backends[account.id][REGION].groups["/aws/lambda/kubectl"].retention_in_days == "7"


def test_a_bucket_is_emptied_when_its_stack_goes(account: TrainingAccount) -> None:
    s3 = s3_backends[account.id]["aws"]
    name = f"flow-logs-{account.id}"
    s3.create_bucket(name, REGION)
    s3.put_object(name, "log", b"lines")
    made = account.make(custom.AutoDeleteObjects, {"BucketName": name})
    custom.AutoDeleteObjects().delete(account.request(custom.AutoDeleteObjects, {"BucketName": name}), made)
    s3.delete_bucket(name)
    assert name not in s3.buckets


@pytest.mark.parametrize("type_name", ["Custom::Unheard", "AWS::EKS::FargateProfile"])
def test_a_type_that_the_account_does_not_have_is_not_there(type_name: str) -> None:
    assert resource_type(type_name) is None


@pytest.mark.parametrize("own", custom.RESOURCE_TYPES)
def test_every_custom_resource_is_found_by_its_name(own: type[ResourceType]) -> None:
    assert isinstance(resource_type(own.type_name), own)
