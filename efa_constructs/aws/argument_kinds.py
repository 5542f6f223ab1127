"""Refuses arguments of the wrong kind: Python and jsii would answer them with errors of their own, half-way through."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import wraps
from typing import ParamSpec

from aws_cdk import Size, Token
from aws_cdk import aws_ec2 as ec2
from aws_cdk import aws_eks_v2 as eks

from ..errors import InvalidArgumentError
from .capacity import Capacity
from .user_data import MimePart

__all__ = ["checks_kinds"]

_Parameters = ParamSpec("_Parameters")


@dataclass(frozen=True, slots=True)
class _Kind:
    """What an argument may be, and what to give in its place, in words."""

    accepts: Callable[[object], bool]
    instead: str


def _instance_of(*types: type) -> Callable[[object], bool]:
    return lambda value: isinstance(value, types)


def _with(attribute: str) -> Callable[[object], bool]:
    """An implementation of one of CDK's interfaces, told by a member that only these have."""

    def accepts(value: object) -> bool:
        try:
            return hasattr(value, attribute)
        except RuntimeError:
            # What is imported has the member, and CDK raises this where it was imported without a value for it.
            return True

    return accepts


def _list_of(accepts: Callable[[object], bool]) -> Callable[[object], bool]:
    return lambda value: isinstance(value, Sequence) and not isinstance(value, str) and all(map(accepts, value))


def _is_whole_number(value: object) -> bool:
    if isinstance(value, float):
        # What CDK knows only at deployment looks like a number with a fraction.
        return Token.is_unresolved(value)
    return isinstance(value, int) and not isinstance(value, bool)


def _is_map_of_strings(value: object) -> bool:
    return isinstance(value, Mapping) and all(isinstance(text, str) for pair in value.items() for text in pair)


_NAME = _instance_of(str)
_NUMBER_OF_NODES = _Kind(_is_whole_number, "a whole number of nodes")
_SWITCH = _Kind(_instance_of(bool), "True or False")
_VPC = _Kind(_with("vpc_id"), "an ec2.IVpc")
_SECURITY_GROUP = _Kind(
    _with("security_group_id"),
    "an ec2.ISecurityGroup; ec2.SecurityGroup.from_security_group_id() makes one of an id",
)
_ROLE = _Kind(_with("role_arn"), "an iam.IRole; iam.Role.from_role_arn() makes one of an ARN")

_KINDS: Mapping[str, _Kind] = {
    "admin_role": _ROLE,
    "ami_type": _Kind(_NAME, "the name of an EKS AMI type, such as 'AL2023_x86_64_NVIDIA'"),
    "availability_zones": _Kind(_list_of(_NAME), "a list of zones, such as ['us-west-2a', 'us-west-2b']"),
    "block_devices": _Kind(_list_of(_instance_of(ec2.BlockDevice)), "a list of ec2.BlockDevice"),
    "capacity": _Kind(_instance_of(Capacity), "Capacity.on_demand(), .spot(), .reservation() or .capacity_block()"),
    "cidr": _Kind(_NAME, "an IPv4 range, such as '10.0.0.0/16'"),
    "cluster": _Kind(_with("cluster_security_group"), "a cluster of aws_eks_v2 or aws_eks"),
    "cluster_name": _Kind(_NAME, "a name"),
    "desired_size": _NUMBER_OF_NODES,
    "instance_store_raid0": _SWITCH,
    "instance_type": _Kind(_NAME, "its name, such as 'p4d.24xlarge'"),
    "interface_layout": _Kind(_NAME, "the name of a layout, such as 'default'"),
    "key_pair": _Kind(_with("key_pair_name"), "an ec2.IKeyPair; ec2.KeyPair.from_key_pair_name() makes one of a name"),
    "kubernetes_version": _Kind(_NAME, "a string such as '1.36'"),
    "labels": _Kind(_is_map_of_strings, "a dict of strings: a label 'true' is not True"),
    "max_size": _NUMBER_OF_NODES,
    "metadata_hop_limit": _Kind(_is_whole_number, "a whole number of hops"),
    "min_size": _NUMBER_OF_NODES,
    "nat_gateway_zone": _Kind(_NAME, "a zone, such as 'us-west-2a'"),
    "node_group_name": _Kind(_NAME, "a name"),
    "node_repair": _SWITCH,
    "placement_group": _Kind(
        _with("placement_group_name"),
        "an ec2.IPlacementGroup; ec2.PlacementGroup.from_placement_group_name() makes one of a name",
    ),
    "private_endpoint": _SWITCH,
    "public_access_cidrs": _Kind(_list_of(_NAME), "a list of ranges, such as ['203.0.113.0/24']"),
    "role": _ROLE,
    "security_group": _SECURITY_GROUP,
    "security_groups": _Kind(_list_of(_SECURITY_GROUP.accepts), "a list of ec2.ISecurityGroup"),
    "ssh_source": _SECURITY_GROUP,
    "taints": _Kind(
        _list_of(_instance_of(eks.TaintSpec)),
        "a list of eks.TaintSpec, such as [eks.TaintSpec(key='nvidia.com/gpu', effect=eks.TaintEffect.NO_SCHEDULE)]",
    ),
    "user_data": _Kind(
        _list_of(_instance_of(MimePart)),
        "a list of parts, such as [MimePart.shell_script(...)]: EKS accepts only MIME multi-part user data, and "
        "MimePart.from_document() takes a whole document apart",
    ),
    "volume_size": _Kind(_instance_of(Size), "a Size, such as Size.gibibytes(300)"),
    "vpc": _VPC,
}


def checks_kinds(initializer: Callable[_Parameters, None]) -> Callable[_Parameters, None]:
    """Let the initializer of a construct refuse keyword arguments that are not of the kind that their names stand for.

    None passes where it is the default. The initializer raises InvalidArgumentError, which
    names the argument, what it is, and what to give instead, before the construct exists.
    """
    defaults: Mapping[str, object] = getattr(initializer, "__kwdefaults__", None) or {}

    @wraps(initializer)
    def checked(*args: _Parameters.args, **kwargs: _Parameters.kwargs) -> None:
        for name, value in kwargs.items():
            left_out = value is None and defaults.get(name, ...) is None
            if name in _KINDS and not left_out:
                _check(name, value)
        initializer(*args, **kwargs)

    return checked


def _check(name: str, value: object) -> None:
    kind = _KINDS[name]
    if not kind.accepts(value):
        raise InvalidArgumentError(f"'{name}' is {_shown(value)}: give {kind.instead}")


def _shown(value: object) -> str:
    """The value, if it says something to a person, with its type."""
    if value is None:
        return "None"
    type_name = type(value).__name__
    if isinstance(value, str | int | float | list | tuple | dict) and len(repr(value)) <= 60:
        return f"{value!r}, of type {type_name}"
    return f"of type {type_name}"
