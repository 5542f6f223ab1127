"""Cases of clusters and access entries."""

from __future__ import annotations

from efa_constructs.rules import clusters as rules

from ..templates import add, all_of, drop, put, whole
from .case import Case

__all__ = ["CLUSTER_CASES"]

_NETWORK = "Cluster.ResourcesVpcConfig"


def depends_on(*names: str):
    return lambda template: template["Resources"]["Manifest"].update(DependsOn=list(names))


_SCOPE = {"Type": "namespace", "Namespaces": ["training"]}


def policy(scope: object):
    arn = "arn:aws:eks::aws:cluster-access-policy/AmazonEKSEditPolicy"
    return put("Entry.AccessPolicies", [{"PolicyArn": arn, "AccessScope": scope}])


def cni(version: object, **properties: object):
    given = {"ClusterName": {"Ref": "Cluster"}, "AddonName": "vpc-cni", "AddonVersion": version, **properties}
    return add(f"Cni{len(properties)}", "AWS::EKS::Addon", **given)


CLUSTER_CASES = (
    Case(
        rule=rules.ENTRIES_WITHOUT_API,
        broken=all_of(whole, drop("Cluster.AccessConfig")),
        kept=all_of(whole, put("Cluster.AccessConfig.AuthenticationMode", "API_AND_CONFIG_MAP")),
    ),
    Case(rule=rules.MANIFEST_BEFORE_ENTRY, broken=all_of(whole, depends_on()), kept=whole),
    Case(
        rule=rules.PUBLIC_ENDPOINT,
        broken=all_of(whole, drop(f"{_NETWORK}.PublicAccessCidrs")),
        kept=all_of(whole, drop(f"{_NETWORK}.PublicAccessCidrs"), put(f"{_NETWORK}.EndpointPublicAccess", False)),
    ),
    Case(
        rule=rules.PUBLIC_ENDPOINT,
        broken=all_of(whole, put(f"{_NETWORK}.PublicAccessCidrs", ["203.0.113.0/24", "::/0"])),
        kept=all_of(whole, put(f"{_NETWORK}.PublicAccessCidrs", ["203.0.113.0/24", "2001:db8::/32"])),
    ),
    Case(
        rule=rules.NO_ENDPOINT,
        broken=all_of(
            whole,
            put(f"{_NETWORK}.EndpointPublicAccess", False),
            put(f"{_NETWORK}.EndpointPrivateAccess", False),
            drop(f"{_NETWORK}.PublicAccessCidrs"),
        ),
        kept=all_of(whole, put(f"{_NETWORK}.EndpointPrivateAccess", False)),
    ),
    Case(
        rule=rules.RANGES_WITHOUT_ENDPOINT,
        broken=all_of(whole, put(f"{_NETWORK}.EndpointPublicAccess", False)),
        kept=whole,
    ),
    Case(
        rule=rules.CNI_WITHOUT_EFA_ONLY,
        broken=all_of(whole, cni("v1.18.4-eksbuild.1")),
        kept=all_of(whole, cni("v1.18.5-eksbuild.1")),
    ),
    Case(
        rule=rules.CNI_WITHOUT_EFA_ONLY,
        broken=all_of(whole, cni("v1.16.0-eksbuild.1")),
        # On a cluster of elsewhere, or of no version that is known.
        kept=all_of(whole, cni({"Ref": "Subnet"}), cni("v1.16.0-eksbuild.1", ClusterName="other")),
    ),
    Case(rule=rules.NO_CONTROL_PLANE_LOGS, broken=all_of(whole, drop("Cluster.Logging")), kept=whole),
    Case(rule=rules.SECRETS_WITHOUT_KEY, broken=all_of(whole, drop("Cluster.EncryptionConfig")), kept=whole),
    Case(
        rule=rules.VERSION_NOT_OFFERED,
        broken=all_of(whole, put("Cluster.Version", "1.29")),
        kept=all_of(whole, put("Cluster.Version", "1.40")),
    ),
    Case(
        rule=rules.SUPPORT_ENDED,
        broken=all_of(whole, put("Cluster.Version", "1.33")),
        kept=all_of(whole, put("Cluster.Version", "1.34")),
    ),
    Case(rule=rules.ILL_FORMED_VERSION, broken=all_of(whole, put("Cluster.Version", "1.36.2")), kept=whole),
    Case(
        rule=rules.CLUSTER_ZONES,
        broken=all_of(whole, put("OtherSubnet.AvailabilityZone", "us-east-1a")),
        kept=all_of(whole, drop("OtherSubnet.AvailabilityZone")),
    ),
    Case(
        rule=rules.SUBNETS_OF_TWO_VPCS,
        broken=all_of(whole, put("OtherSubnet.VpcId", {"Ref": "OtherVpc"})),
        kept=all_of(whole, put("OtherSubnet.VpcId", {"Fn::GetAtt": ["Vpc", "VpcId"]})),
    ),
    Case(
        rule=rules.RESERVED_KUBERNETES_GROUP,
        broken=all_of(whole, put("Entry.KubernetesGroups", ["system:masters"])),
        kept=all_of(whole, put("Entry.KubernetesGroups", ["trainers"])),
    ),
    Case(
        rule=rules.GROUPS_OF_NODES,
        broken=all_of(whole, put("Entry.Type", "EC2_LINUX"), put("Entry.Username", "node")),
        kept=all_of(whole, put("Entry.Username", "node")),
    ),
    Case(
        rule=rules.SCOPE_WITHOUT_NAMESPACES,
        broken=all_of(whole, policy({"Type": "namespace"})),
        kept=all_of(whole, policy(_SCOPE)),
    ),
)
