"""The AWS::EKS types of the emulated account."""

from __future__ import annotations

from typing import Any

import pytest

from efa_constructs.rehearsal.account.resource_type import AwsError
from efa_constructs.rehearsal.account.resources.api_parameters import api_parameters, eks_name
from efa_constructs.rehearsal.account.resources.ec2 import LaunchTemplate
from efa_constructs.rehearsal.account.resources.eks import AccessEntry, Addon, Cluster, PodIdentityAssociation
from efa_constructs.rehearsal.account.resources.eks_calls import input_shape
from efa_constructs.rehearsal.account.resources.eks_node_group import NodeGroup

from .training_account import TrainingAccount, p4d


@pytest.fixture
def account() -> TrainingAccount:
    return TrainingAccount()


def _cluster_properties(account: TrainingAccount) -> dict[str, Any]:
    return {
        "Name": "training",
        "Version": "1.33",
        "RoleArn": account.cluster_role,
        "ResourcesVpcConfig": {"SubnetIds": [subnet.id for subnet in account.subnets], "EndpointPublicAccess": "true"},
        "AccessConfig": {"AuthenticationMode": "API", "BootstrapClusterCreatorAdminPermissions": False},
        "Logging": {"ClusterLogging": {"EnabledTypes": [{"Type": "api"}, {"Type": "audit"}]}},
        "EncryptionConfig": [{"Provider": {"KeyArn": "arn:aws:kms:us-east-1:1:key/2"}, "Resources": ["secrets"]}],
        "Tags": [{"Key": "owner", "Value": "research"}],
    }


def _node_group_properties(account: TrainingAccount, template: Any) -> dict[str, Any]:
    return {
        "ClusterName": "training",
        "NodegroupName": "p4d",
        "NodeRole": account.node_role,
        "Subnets": [account.subnets[0].id],
        "AmiType": "AL2023_x86_64_NVIDIA",
        "ForceUpdateEnabled": True,
        "ScalingConfig": {"MinSize": "1", "DesiredSize": 2, "MaxSize": 3},
        "LaunchTemplate": {"Id": template.physical_id, "Version": template.attributes["LatestVersionNumber"]},
        "Labels": {"Efa": "true"},
        "Taints": [{"Key": "nvidia.com/gpu", "Value": "true", "Effect": "NO_SCHEDULE"}],
        "NodeRepairConfig": {"Enabled": True},
        "UpdateConfig": {"MaxUnavailable": 1},
        "Tags": {"owner": "research"},
    }


def test_a_cluster_is_described_as_the_template_has_it(account: TrainingAccount) -> None:
    made = account.make(Cluster, _cluster_properties(account))
    cluster = account.call("DescribeCluster", name=made.physical_id)["cluster"]
    assert (cluster["status"], cluster["version"]) == ("ACTIVE", "1.33")
    assert cluster["accessConfig"] == {
        "authenticationMode": "API",
        "bootstrapClusterCreatorAdminPermissions": False,
    }
    assert cluster["logging"]["clusterLogging"][0] == {"types": ["api", "audit"], "enabled": True}
    assert cluster["tags"] == {"team": "training", "owner": "research"}
    assert made.attributes["Arn"] == cluster["arn"]
    assert made.attributes["ClusterSecurityGroupId"] == cluster["resourcesVpcConfig"]["clusterSecurityGroupId"]
    assert made.attributes["EncryptionConfigKeyArn"] == "arn:aws:kms:us-east-1:1:key/2"
    assert made.attributes["OpenIdConnectIssuerUrl"].startswith("https://oidc.eks.us-east-1.amazonaws.com/id/")


def test_a_cluster_changes_in_place(account: TrainingAccount) -> None:
    properties = _cluster_properties(account)
    made = account.make(Cluster, properties)
    changed = properties | {
        "Version": "1.34",
        "ResourcesVpcConfig": properties["ResourcesVpcConfig"] | {"EndpointPrivateAccess": True},
        "Tags": [],
    }
    changed.pop("Logging")
    Cluster().update(account.request(Cluster, changed), made)
    cluster = account.call("DescribeCluster", name="training")["cluster"]
    assert cluster["version"] == "1.34"
    assert cluster["resourcesVpcConfig"]["endpointPrivateAccess"] is True
    assert [group["enabled"] for group in cluster["logging"]["clusterLogging"]] == [False]
    assert cluster["tags"] == {"team": "training"}


@pytest.mark.parametrize(
    ("name", "before", "after"),
    [
        ("DeletionProtection", False, True),
        ("DeletionProtection", True, False),
        ("UpgradePolicy", {"SupportType": "EXTENDED"}, {"SupportType": "STANDARD"}),
        ("ZonalShiftConfig", {"Enabled": False}, {"Enabled": True}),
        (
            "RemoteNetworkConfig",
            {"RemoteNodeNetworks": [{"Cidrs": ["10.80.0.0/16"]}]},
            {"RemoteNodeNetworks": [{"Cidrs": ["10.81.0.0/16"]}]},
        ),
        ("ControlPlaneScalingConfig", {"Tier": "standard"}, {"Tier": "tier-xl"}),
    ],
)
def test_a_cluster_takes_every_change_that_eks_takes(
    account: TrainingAccount, name: str, before: Any, after: Any
) -> None:
    properties = _cluster_properties(account)
    made = account.make(Cluster, properties | {name: before})
    Cluster().update(account.request(Cluster, properties | {name: after}), made)
    cluster = account.call("DescribeCluster", name="training")["cluster"]
    shape = input_shape("UpdateClusterConfig").members[eks_name(name)]
    assert cluster[eks_name(name)] == api_parameters(shape, after, eks_name)


def test_a_cluster_goes_over_to_auto_mode_in_one_update(account: TrainingAccount) -> None:
    properties = _cluster_properties(account)
    made = account.make(Cluster, properties)
    auto = {
        "ComputeConfig": {"Enabled": True, "NodePools": ["system"]},
        "StorageConfig": {"BlockStorage": {"Enabled": True}},
        "KubernetesNetworkConfig": {"ElasticLoadBalancing": {"Enabled": True}},
    }
    Cluster().update(account.request(Cluster, properties | auto), made)
    cluster = account.call("DescribeCluster", name="training")["cluster"]
    assert cluster["computeConfig"] == {"enabled": True, "nodePools": ["system"]}
    assert cluster["storageConfig"] == {"blockStorage": {"enabled": True}}
    assert cluster["kubernetesNetworkConfig"]["elasticLoadBalancing"] == {"enabled": True}
    assert cluster["kubernetesNetworkConfig"]["ipFamily"] == "ipv4"


def test_a_cluster_update_names_what_it_cannot_change(account: TrainingAccount) -> None:
    properties = _cluster_properties(account)
    made = account.make(Cluster, properties)
    changed = properties | {"EncryptionConfig": [{"Provider": {"KeyArn": "arn:aws:kms:us-east-1:1:key/3"}}]}
    with pytest.raises(AwsError, match="EncryptionConfig"):
        Cluster().update(account.request(Cluster, changed), made)


def test_a_node_group_fails_with_its_health_issue_and_leaves_nothing(account: TrainingAccount) -> None:
    account.make(Cluster, _cluster_properties(account))
    data = p4d()
    data["NetworkInterfaces"][1]["DeviceIndex"] = 20
    template = account.make(LaunchTemplate, {"LaunchTemplateData": data})
    with pytest.raises(AwsError) as refusal:
        account.make(NodeGroup, _node_group_properties(account, template))
    assert refusal.value.code == "GeneralServiceException"
    assert refusal.value.message.startswith(
        "[Issue(Code=AsgInstanceLaunchFailures, Message=Could not launch On-Demand Instances. InvalidParameterValue - "
    )
    assert refusal.value.message.split("ResourceIds=")[1].startswith("[eks-p4d-")
    assert account.call("ListNodegroups", clusterName="training")["nodegroups"] == []


def test_a_node_group_keeps_everything_it_was_given(account: TrainingAccount) -> None:
    account.make(Cluster, _cluster_properties(account))
    template = account.make(LaunchTemplate, {"LaunchTemplateData": p4d()})
    made = account.make(NodeGroup, _node_group_properties(account, template))
    assert made.physical_id == "training/p4d"
    assert made.attributes["NodegroupName"] == "p4d"
    group = account.call("DescribeNodegroup", clusterName="training", nodegroupName="p4d")["nodegroup"]
    assert group["labels"] == {"Efa": "true"}
    assert group["taints"] == [{"key": "nvidia.com/gpu", "value": "true", "effect": "NO_SCHEDULE"}]
    assert group["nodeRepairConfig"] == {"enabled": True}
    assert group["scalingConfig"] == {"minSize": 1, "desiredSize": 2, "maxSize": 3}


def test_a_node_group_takes_a_new_version_of_its_template_and_new_sizes_in_place(account: TrainingAccount) -> None:
    account.make(Cluster, _cluster_properties(account))
    template = account.make(LaunchTemplate, {"LaunchTemplateData": p4d()})
    properties = _node_group_properties(account, template)
    made = account.make(NodeGroup, properties)
    before = {node.id for node in account.nodes()}
    NodeGroup().update(account.request(NodeGroup, properties), made)
    assert before == {node.id for node in account.nodes()}

    data = p4d()
    data["NetworkInterfaces"].pop()
    newer = LaunchTemplate().update(account.request(LaunchTemplate, {"LaunchTemplateData": data}), template)
    changed = _node_group_properties(account, newer)
    changed["ScalingConfig"] = {"MinSize": 1, "DesiredSize": 3, "MaxSize": 3}
    changed["Labels"], changed["Taints"] = {"Efa": "yes"}, []
    NodeGroup().update(account.request(NodeGroup, changed), made)
    assert before.isdisjoint({node.id for node in account.nodes()})
    assert [len(node.nics) for node in account.nodes()] == [4, 4, 4]
    group = account.call("DescribeNodegroup", clusterName="training", nodegroupName="p4d")["nodegroup"]
    assert (group["labels"], group["taints"]) == ({"Efa": "yes"}, [])


def test_a_node_group_that_cannot_take_a_version_fails_and_stays(account: TrainingAccount) -> None:
    account.make(Cluster, _cluster_properties(account))
    template = account.make(LaunchTemplate, {"LaunchTemplateData": p4d()})
    made = account.make(NodeGroup, _node_group_properties(account, template))
    before = {node.id for node in account.nodes()}
    data = p4d()
    data["NetworkInterfaces"][2]["NetworkCardIndex"] = 7
    newer = LaunchTemplate().update(account.request(LaunchTemplate, {"LaunchTemplateData": data}), template)
    with pytest.raises(AwsError, match=r"^\[ErrorDetail\(ErrorCode=NodeCreationFailure, ErrorMessage=AsgInstance"):
        NodeGroup().update(account.request(NodeGroup, _node_group_properties(account, newer)), made)
    assert before == {node.id for node in account.nodes()}


def test_an_access_entry_comes_and_goes_with_its_policies(account: TrainingAccount) -> None:
    account.make(Cluster, _cluster_properties(account))
    admin = "arn:aws:eks::aws:cluster-access-policy/AmazonEKSClusterAdminPolicy"
    view = "arn:aws:eks::aws:cluster-access-policy/AmazonEKSViewPolicy"
    properties: dict[str, Any] = {
        "ClusterName": "training",
        "PrincipalArn": account.role("kubectl", "lambda.amazonaws.com"),
        "AccessPolicies": [{"PolicyArn": admin, "AccessScope": {"Type": "cluster"}}],
    }
    made = account.make(AccessEntry, properties)
    assert made.physical_id == f"{properties['PrincipalArn']}|training"
    properties["AccessPolicies"] = [
        {"PolicyArn": view, "AccessScope": {"Type": "namespace", "Namespaces": ["training"]}}
    ]
    AccessEntry().update(account.request(AccessEntry, properties), made)
    key = {"clusterName": "training", "principalArn": properties["PrincipalArn"]}
    (policy,) = account.call("ListAssociatedAccessPolicies", **key)["associatedAccessPolicies"]
    assert policy["policyArn"] == view
    assert policy["accessScope"] == {"type": "namespace", "namespaces": ["training"]}
    AccessEntry().delete(account.request(AccessEntry, properties), made)
    assert account.call("ListAccessEntries", clusterName="training")["accessEntries"] == []


def test_an_access_entry_with_an_unknown_policy_is_taken_back(account: TrainingAccount) -> None:
    account.make(Cluster, _cluster_properties(account))
    policy = "arn:aws:iam::aws:policy/AmazonEKSClusterAdminPolicy"
    properties = {
        "ClusterName": "training",
        "PrincipalArn": account.node_role,
        "AccessPolicies": [{"PolicyArn": policy, "AccessScope": {"Type": "cluster"}}],
    }
    with pytest.raises(AwsError, match="The specified policyArn could not be found"):
        account.make(AccessEntry, properties)
    assert account.call("ListAccessEntries", clusterName="training")["accessEntries"] == []


def test_an_addon_brings_its_pod_identity_associations(account: TrainingAccount) -> None:
    account.make(Cluster, _cluster_properties(account))
    role = account.role("storage", "pods.eks.amazonaws.com")
    properties: dict[str, Any] = {
        "ClusterName": "training",
        "AddonName": "aws-ebs-csi-driver",
        "ConfigurationValues": "{}",
        "PreserveOnDelete": False,
        "PodIdentityAssociations": [{"ServiceAccount": "ebs-csi-controller-sa", "RoleArn": role}],
    }
    made = account.make(Addon, properties)
    associations = account.call("ListPodIdentityAssociations", clusterName="training")["associations"]
    assert [association["ownerArn"] for association in associations] == [made.attributes["Arn"]]
    Addon().update(account.request(Addon, properties | {"AddonVersion": "v1.50.0-eksbuild.1"}), made)
    addon = account.call("DescribeAddon", clusterName="training", addonName="aws-ebs-csi-driver")["addon"]
    assert addon["addonVersion"] == "v1.50.0-eksbuild.1"
    Addon().delete(account.request(Addon, properties), made)
    assert account.call("ListPodIdentityAssociations", clusterName="training")["associations"] == []


def test_a_pod_identity_association_needs_a_role_for_pods(account: TrainingAccount) -> None:
    account.make(Cluster, _cluster_properties(account))
    properties = {"ClusterName": "training", "Namespace": "a", "ServiceAccount": "b", "RoleArn": account.node_role}
    with pytest.raises(AwsError, match=r"pods\.eks\.amazonaws\.com"):
        account.make(PodIdentityAssociation, properties)
    properties["RoleArn"] = account.role("pods", "pods.eks.amazonaws.com")
    made = account.make(PodIdentityAssociation, properties)
    PodIdentityAssociation().update(account.request(PodIdentityAssociation, properties), made)
    PodIdentityAssociation().delete(account.request(PodIdentityAssociation, properties), made)
    assert account.call("ListPodIdentityAssociations", clusterName="training")["associations"] == []


def test_deleting_everything_leaves_the_account_as_it_was(account: TrainingAccount) -> None:
    groups, interfaces = set(account.ec2.describe_security_groups()), dict(account.ec2.enis)
    properties = _cluster_properties(account)
    cluster = account.make(Cluster, properties)
    template = account.make(LaunchTemplate, {"LaunchTemplateData": p4d()})
    node_group = account.make(NodeGroup, _node_group_properties(account, template))
    with pytest.raises(AwsError, match="Cluster has nodegroups attached"):
        Cluster().delete(account.request(Cluster, properties), cluster)
    NodeGroup().delete(account.request(NodeGroup, _node_group_properties(account, template)), node_group)
    LaunchTemplate().delete(account.request(LaunchTemplate, {}), template)
    Cluster().delete(account.request(Cluster, properties), cluster)
    assert set(account.ec2.describe_security_groups()) == groups
    assert account.ec2.enis == interfaces
    assert account.nodes() == [] and account.ec2.launch_templates == {}
    assert account.call("ListClusters")["clusters"] == []
