"""Cases of clusters and access entries."""

from __future__ import annotations

import json
from typing import Any

from efa_constructs.rules import clusters as rules
from efa_constructs.rules.iam import CLUSTER_ROLE_OF_OTHERS

from ..templates import Template, add, all_of, drop, put, whole
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


def of_aws_eks(template: Template) -> None:
    """The same cluster as CDK's older module makes it: by the names of EKS's API."""
    whole(template)
    cluster = template["Resources"]["Cluster"]
    config = _in_lower_camel_case(cluster["Properties"])
    [enabled] = config["logging"]["clusterLogging"].values()
    config["logging"] = {"clusterLogging": [{"enabled": True, "types": [each["type"] for each in enabled]}]}
    cluster.update(Type="Custom::AWSCDK-EKS-Cluster", Properties={"Config": config})


def _in_lower_camel_case(value: Any) -> Any:
    if isinstance(value, list):
        return [_in_lower_camel_case(item) for item in value]
    if not isinstance(value, dict) or any(name == "Ref" or name.startswith("Fn::") for name in value):
        return value
    return {f"{name[:1].lower()}{name[1:]}": _in_lower_camel_case(item) for name, item in value.items()}


_CONFIG = "Cluster.Config"
_NETWORK_OF_AWS_EKS = f"{_CONFIG}.resourcesVpcConfig"
_SOME_LOGS = [
    {"enabled": True, "types": ["api", "audit", "authenticator"]},
    {"enabled": "true", "types": ["controllerManager", "scheduler"]},
]

_OF_AWS_EKS = (
    Case(
        rule=rules.ENTRIES_WITHOUT_API,
        broken=all_of(of_aws_eks, put(f"{_CONFIG}.accessConfig", {})),
        kept=of_aws_eks,
    ),
    Case(
        rule=rules.PUBLIC_ENDPOINT,
        broken=all_of(of_aws_eks, drop(f"{_NETWORK_OF_AWS_EKS}.publicAccessCidrs")),
        kept=of_aws_eks,
    ),
    Case(
        rule=rules.PUBLIC_ENDPOINT,
        broken=all_of(of_aws_eks, drop(_NETWORK_OF_AWS_EKS)),
        # Whoever deploys it says how it is open, or even all of it.
        kept=all_of(of_aws_eks, put(_NETWORK_OF_AWS_EKS, {"Ref": "Subnet"})),
    ),
    Case(
        rule=rules.NO_ENDPOINT,
        broken=all_of(
            of_aws_eks,
            put(f"{_NETWORK_OF_AWS_EKS}.endpointPublicAccess", "false"),
            put(f"{_NETWORK_OF_AWS_EKS}.endpointPrivateAccess", False),
            drop(f"{_NETWORK_OF_AWS_EKS}.publicAccessCidrs"),
        ),
        kept=all_of(of_aws_eks, put(f"{_NETWORK_OF_AWS_EKS}.endpointPublicAccess", "false")),
    ),
    Case(
        rule=rules.RANGES_WITHOUT_ENDPOINT,
        broken=all_of(of_aws_eks, put(f"{_NETWORK_OF_AWS_EKS}.endpointPublicAccess", False)),
        kept=of_aws_eks,
    ),
    Case(
        rule=rules.NO_CONTROL_PLANE_LOGS,
        broken=all_of(
            of_aws_eks, put(f"{_CONFIG}.logging.clusterLogging", [*_SOME_LOGS[:1], {**_SOME_LOGS[1], "enabled": False}])
        ),
        kept=all_of(of_aws_eks, put(f"{_CONFIG}.logging.clusterLogging", _SOME_LOGS)),
    ),
    Case(
        rule=rules.NO_CONTROL_PLANE_LOGS,
        broken=all_of(of_aws_eks, drop(f"{_CONFIG}.logging")),
        kept=all_of(of_aws_eks, put(f"{_CONFIG}.logging.clusterLogging", {"Ref": "Subnet"})),
    ),
    Case(
        rule=rules.SECRETS_WITHOUT_KEY,
        broken=all_of(of_aws_eks, drop(f"{_CONFIG}.encryptionConfig")),
        kept=all_of(of_aws_eks, put(_CONFIG, {"Ref": "Subnet"})),
    ),
    Case(
        rule=rules.VERSION_NOT_OFFERED,
        broken=all_of(of_aws_eks, put(f"{_CONFIG}.version", "1.29")),
        kept=all_of(of_aws_eks, put(f"{_CONFIG}.version", {"Ref": "Subnet"})),
    ),
    Case(
        rule=rules.SUPPORT_ENDED,
        broken=all_of(of_aws_eks, put(f"{_CONFIG}.version", "1.33")),
        kept=all_of(of_aws_eks, put(f"{_CONFIG}.version", "1.34")),
    ),
    Case(
        rule=rules.ILL_FORMED_VERSION,
        broken=all_of(of_aws_eks, put(f"{_CONFIG}.version", "1.36.2")),
        kept=of_aws_eks,
    ),
    Case(
        rule=rules.CLUSTER_ZONES,
        broken=all_of(of_aws_eks, put("OtherSubnet.AvailabilityZone", "us-east-1a")),
        kept=of_aws_eks,
    ),
    Case(
        rule=CLUSTER_ROLE_OF_OTHERS,
        broken=all_of(of_aws_eks, put(f"{_CONFIG}.roleArn", {"Fn::GetAtt": ["NodeRole", "Arn"]})),
        kept=of_aws_eks,
    ),
    Case(
        rule=rules.SUBNETS_OF_TWO_VPCS,
        broken=all_of(of_aws_eks, put("OtherSubnet.VpcId", {"Ref": "OtherVpc"})),
        kept=of_aws_eks,
    ),
)

_WEST = "arn:aws:kms:us-west-2:123456789012:key/01234567-89ab-cdef-0123-456789abcdef"

_ADDRESS = add("Address", "AWS::EC2::EIP")
_BY_ADDRESS = put("NatGateway.AllocationId", {"Fn::GetAtt": ["Address", "AllocationId"]})
_PUBLIC_ALONE = all_of(_ADDRESS, _BY_ADDRESS, put(f"{_NETWORK}.EndpointPrivateAccess", False))
_BARE = all_of(whole, put("Cluster.BootstrapSelfManagedAddons", False))
_NETWORKING = ("vpc-cni", "kube-proxy", "coredns")


def add_ons(*names: object):
    given = enumerate(names)
    cluster = {"Ref": "Cluster"}
    return all_of(
        *(add(f"AddOn{index}", "AWS::EKS::Addon", ClusterName=cluster, AddonName=name) for index, name in given)
    )


def waits(name: str, other: str):
    return lambda template: template["Resources"][name].update(DependsOn=other)


def applying(kind: str, name: str, version: str = "apps/v1"):
    metadata = {"name": name, "namespace": "kube-system"}
    spec = {"template": {"spec": {"containers": [{"name": "one", "image": "registry.example.com/one:1.0"}]}}}
    return put(
        "Manifest.Manifest", json.dumps([{"apiVersion": version, "kind": kind, "metadata": metadata, "spec": spec}])
    )


_FROM_NEW_ADDRESS = all_of(whole, _ADDRESS, _BY_ADDRESS)
# Of the rules about how nodes reach the API server and get a network: each is like what breaks it.
_REACHED = (
    _FROM_NEW_ADDRESS,
    all_of(whole, _PUBLIC_ALONE, drop(f"{_NETWORK}.PublicAccessCidrs")),
    all_of(whole, _PUBLIC_ALONE, put(f"{_NETWORK}.PublicAccessCidrs", ["192.0.2.0/24", "0.0.0.0/0"])),
    all_of(whole, _PUBLIC_ALONE, put(f"{_NETWORK}.EndpointPublicAccess", False)),
    all_of(_FROM_NEW_ADDRESS, put(f"{_NETWORK}.EndpointPrivateAccess", {"Ref": "Subnet"})),
    all_of(whole, _PUBLIC_ALONE, put("NodeGroup.Subnets", [])),
)
_NETWORKED = (
    all_of(whole, put("Cluster.BootstrapSelfManagedAddons", "true")),
    all_of(_BARE, put("Cluster.ComputeConfig", {"Enabled": True})),
    all_of(_BARE, drop("NodeGroup")),
    all_of(_BARE, applying("DaemonSet", "cilium")),
    all_of(_BARE, applying("Application", "network", "argoproj.io/v1alpha1")),
)
_IN_ORDER = (
    all_of(whole, put("Cluster.BootstrapSelfManagedAddons", True), add_ons("vpc-cni"), waits("AddOn0", "NodeGroup")),
    all_of(
        whole,
        put("Cluster.BootstrapSelfManagedAddons", {"Ref": "Subnet"}),
        add_ons("vpc-cni"),
        waits("AddOn0", "NodeGroup"),
    ),
)
_LATE = all_of(_BARE, add_ons(*_NETWORKING), waits("AddOn0", "NodeGroup"))

CLUSTER_CASES = (
    *(Case(rule=rules.NODES_OUTSIDE_OF_RANGES, broken=all_of(whole, _PUBLIC_ALONE), kept=kept) for kept in _REACHED),
    *(Case(rule=rules.NO_NETWORKING_ADD_ONS, broken=_BARE, kept=kept) for kept in _NETWORKED),
    *(Case(rule=rules.CNI_AFTER_NODES, broken=_LATE, kept=kept) for kept in _IN_ORDER),
    Case(
        rule=rules.NO_NETWORKING_ADD_ONS,
        broken=all_of(_BARE, applying("DaemonSet", "monitor")),
        kept=all_of(_BARE, applying("Deployment", "tigera-operator")),
    ),
    Case(rule=rules.NODES_OUTSIDE_OF_RANGES, broken=all_of(whole, _PUBLIC_ALONE), kept=whole),
    Case(
        rule=rules.NODES_OUTSIDE_OF_RANGES,
        broken=all_of(whole, _ADDRESS, _BY_ADDRESS, drop(f"{_NETWORK}.EndpointPrivateAccess")),
        kept=all_of(
            whole,
            _PUBLIC_ALONE,
            put(f"{_NETWORK}.PublicAccessCidrs", ["192.0.2.0/24", {"Fn::Sub": "${Address}/32"}]),
        ),
    ),
    Case(
        rule=rules.NODES_OUTSIDE_OF_RANGES,
        broken=all_of(
            of_aws_eks, _ADDRESS, _BY_ADDRESS, put(f"{_CONFIG}.resourcesVpcConfig.endpointPrivateAccess", False)
        ),
        # The address may be one of them.
        kept=all_of(whole, put(f"{_NETWORK}.EndpointPrivateAccess", False)),
    ),
    Case(
        rule=rules.NODES_OUTSIDE_OF_RANGES,
        broken=all_of(whole, _PUBLIC_ALONE, put(f"{_NETWORK}.EndpointPublicAccess", "true")),
        # No nodes of these templates are on it.
        kept=all_of(whole, _PUBLIC_ALONE, put("NodeGroup.ClusterName", "another")),
    ),
    Case(
        rule=rules.CNI_AFTER_NODES,
        broken=all_of(_BARE, add_ons(*_NETWORKING), waits("AddOn0", "NodeGroup")),
        kept=all_of(_BARE, add_ons(*_NETWORKING), waits("AddOn2", "NodeGroup"), waits("NodeGroup", "AddOn0")),
    ),
    Case(
        rule=rules.CNI_AFTER_NODES,
        broken=all_of(_BARE, add_ons(*_NETWORKING), waits("AddOn0", "AddOn1"), waits("AddOn1", "NodeGroup")),
        # EKS has brought one already.
        kept=all_of(whole, add_ons(*_NETWORKING), waits("AddOn0", "NodeGroup")),
    ),
    Case(
        rule=rules.NO_NETWORKING_ADD_ONS,
        broken=_BARE,
        kept=all_of(_BARE, add_ons(*_NETWORKING)),
    ),
    Case(
        rule=rules.NO_NETWORKING_ADD_ONS,
        broken=all_of(_BARE, add_ons("vpc-cni", "kube-proxy", "aws-fsx-csi-driver")),
        kept=all_of(_BARE, add_ons("vpc-cni", "kube-proxy", {"Ref": "Subnet"})),
    ),
    Case(
        rule=rules.NO_NETWORKING_ADD_ONS,
        broken=all_of(_BARE, add_ons("kube-proxy", "coredns")),
        kept=all_of(
            _BARE, add("Chart", "Custom::AWSCDK-EKS-HelmChart", ClusterName={"Ref": "Cluster"}, Chart="cilium")
        ),
    ),
    Case(
        rule=rules.NO_NETWORKING_ADD_ONS,
        broken=all_of(of_aws_eks, put(f"{_CONFIG}.bootstrapSelfManagedAddons", "false")),
        kept=all_of(of_aws_eks, put(f"{_CONFIG}.bootstrapSelfManagedAddons", {"Ref": "Subnet"})),
    ),
    Case(
        rule=rules.KEY_OF_ANOTHER_REGION,
        broken=all_of(whole, put("Cluster.EncryptionConfig.0.Provider.KeyArn", _WEST)),
        kept=whole,
    ),
    Case(
        rule=rules.KEY_OF_ANOTHER_REGION,
        broken=all_of(of_aws_eks, put(f"{_CONFIG}.encryptionConfig.0.provider.keyArn", _WEST)),
        kept=of_aws_eks,
    ),
    *_OF_AWS_EKS,
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
