"""Of what kind each argument of the constructs is."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from aws_cdk import Size, Token
from aws_cdk import aws_ec2 as ec2
from aws_cdk import aws_eks_v2 as eks
from cdk8s import Chart

from ..argument_kinds import Kind, instance_of, is_map_of_strings, is_whole_number, list_of
from .capacity import Capacity
from .user_data import MimePart

__all__ = ["KINDS"]


def _with(attribute: str) -> Callable[[object], bool]:
    """An implementation of one of CDK's interfaces, told by a member that only these have."""

    def accepts(value: object) -> bool:
        try:
            return hasattr(value, attribute)
        except RuntimeError:
            # What is imported has the member, and CDK raises this where it was imported without a value for it.
            return True

    return accepts


def _is_whole_number_or_token(value: object) -> bool:
    # What CDK knows only at deployment looks like a number with a fraction.
    return is_whole_number(value) or (isinstance(value, float) and Token.is_unresolved(value))


_NAME = instance_of(str)
_NUMBER_OF_NODES = Kind(_is_whole_number_or_token, "a whole number of nodes")
_SWITCH = Kind(instance_of(bool), "True or False")
_VPC = Kind(_with("vpc_id"), "an ec2.IVpc")
_SECURITY_GROUP = Kind(
    _with("security_group_id"),
    "an ec2.ISecurityGroup; ec2.SecurityGroup.from_security_group_id() makes one of an id",
)
_KEY = Kind(_with("key_arn"), "a kms.IKey; kms.Key.from_key_arn() makes one of an ARN")
_ROLE = Kind(_with("role_arn"), "an iam.IRole; iam.Role.from_role_arn() makes one of an ARN")

KINDS: Mapping[str, Kind] = {
    "admin_role": _ROLE,
    "ami_type": Kind(_NAME, "the name of an EKS AMI type, such as 'AL2023_x86_64_NVIDIA'"),
    "availability_zones": Kind(list_of(_NAME), "a list of zones, such as ['us-west-2a', 'us-west-2b']"),
    "block_devices": Kind(list_of(instance_of(ec2.BlockDevice)), "a list of ec2.BlockDevice"),
    "capacity": Kind(instance_of(Capacity), "Capacity.on_demand(), .spot(), .reservation() or .capacity_block()"),
    "charts": Kind(list_of(instance_of(Chart)), "a list of cdk8s.Chart"),
    "cidr": Kind(_NAME, "an IPv4 range, such as '10.0.0.0/16'"),
    "cluster": Kind(_with("cluster_security_group"), "a cluster of aws_eks_v2 or aws_eks"),
    "cluster_name": Kind(_NAME, "a name"),
    "depends_on": Kind(list_of(_with("node")), "a list of constructs"),
    "desired_size": _NUMBER_OF_NODES,
    "instance_store_raid0": _SWITCH,
    "instance_type": Kind(_NAME, "its name, such as 'p4d.24xlarge'"),
    "interface_layout": Kind(_NAME, "the name of a layout, such as 'default'"),
    "jobs_depend_on": Kind(list_of(_with("node")), "a list of constructs"),
    "key_pair": Kind(_with("key_pair_name"), "an ec2.IKeyPair; ec2.KeyPair.from_key_pair_name() makes one of a name"),
    "kubectl_layer": Kind(
        _with("layer_version_arn"), "a lambda_.ILayerVersion, such as KubectlV36Layer(self, 'Kubectl')"
    ),
    "kubectl_subnets": Kind(list_of(_with("subnet_id")), "a list of ec2.ISubnet"),
    "kubernetes_version": Kind(_NAME, "a string such as '1.36'"),
    "labels": Kind(is_map_of_strings, "a dict of strings: a label 'true' is not True"),
    "max_size": _NUMBER_OF_NODES,
    "metadata_hop_limit": Kind(_is_whole_number_or_token, "a whole number of hops"),
    "min_size": _NUMBER_OF_NODES,
    "nat_gateway_zone": Kind(_NAME, "a zone, such as 'us-west-2a'"),
    "node_group_name": Kind(_NAME, "a name"),
    "node_repair": _SWITCH,
    "placement_group": Kind(
        _with("placement_group_name"),
        "an ec2.IPlacementGroup; ec2.PlacementGroup.from_placement_group_name() makes one of a name",
    ),
    "private_endpoint": _SWITCH,
    "public_access_cidrs": Kind(list_of(_NAME), "a list of ranges, such as ['203.0.113.0/24']"),
    "role": _ROLE,
    "secrets_key": _KEY,
    "security_group": _SECURITY_GROUP,
    "security_groups": Kind(list_of(_SECURITY_GROUP.accepts), "a list of ec2.ISecurityGroup"),
    "ssh_source": _SECURITY_GROUP,
    "taints": Kind(
        list_of(instance_of(eks.TaintSpec)),
        "a list of aws_eks_v2.TaintSpec, such as [TaintSpec(key='nvidia.com/gpu', effect=TaintEffect.NO_SCHEDULE)]",
    ),
    "user_data": Kind(
        list_of(instance_of(MimePart)),
        "a list of parts, such as [MimePart.shell_script(...)]: EKS accepts only MIME multi-part user data, and "
        "MimePart.from_document() takes a whole document apart",
    ),
    "volume_key": _KEY,
    "volume_size": Kind(instance_of(Size), "a Size, such as Size.gibibytes(300)"),
    "vpc": _VPC,
}
