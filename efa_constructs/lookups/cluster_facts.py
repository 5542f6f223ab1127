"""The cluster facts file: what an app must know about an existing cluster, written once and committed by its owners.

``docs/reference/cluster-facts.md`` describes every field, and ``examples/cluster-facts.json`` is one such file.
"""

from __future__ import annotations

import ipaddress
import json
import types
from collections.abc import Mapping
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any, Union, get_args, get_origin, get_type_hints

from ..errors import InvalidConfigurationError

__all__ = ["SCHEMA_VERSION", "Cluster", "ClusterFacts", "Subnet", "Vpc", "read_cluster_facts"]

# Raised whenever a field changes its meaning or goes.
SCHEMA_VERSION = 1

_AUTHENTICATION_MODES = ("API", "API_AND_CONFIG_MAP", "CONFIG_MAP")


@dataclass(frozen=True, slots=True, kw_only=True)
class Cluster:
    """The EKS cluster, as ``aws eks describe-cluster`` shows it."""

    name: str
    version: str
    endpoint: str
    certificate_authority_data: str
    authentication_mode: str
    # The group that EKS itself made: ``resourcesVpcConfig.clusterSecurityGroupId``.
    security_group_id: str
    oidc_issuer: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Vpc:
    """The VPC of the cluster."""

    id: str
    cidr_blocks: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Subnet:
    """A subnet of that VPC. ``private``: its route table has no route to an internet gateway."""

    id: str
    availability_zone: str
    availability_zone_id: str
    cidr_block: str
    available_ip_address_count: int
    private: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class ClusterFacts:
    """Everything that the app needs to know about an existing cluster and its network."""

    schema_version: int
    account: str
    region: str
    cluster: Cluster
    vpc: Vpc
    subnets: tuple[Subnet, ...]
    # Installed EKS add-ons and their versions.
    addons: Mapping[str, str]
    # Availability Zones of the Region that offer an instance type, for each type that was asked for.
    instance_type_offerings: Mapping[str, tuple[str, ...]]
    # The subnet proposed for the nodes. Default: the one private subnet of the zone that the app names.
    node_subnet_id: str | None = None

    def subnet(self, subnet_id: str) -> Subnet | None:
        """The subnet with this id, or None."""
        return next((subnet for subnet in self.subnets if subnet.id == subnet_id), None)


def read_cluster_facts(path: Path) -> ClusterFacts:
    """Read and check a cluster facts file.

    :raises InvalidConfigurationError: the file is not there, is not JSON, misses a field, has one that is unknown or of
        another type, or was written by another version of the format.
    """
    try:
        document = json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise InvalidConfigurationError(f"the cluster facts file '{path}' does not exist") from None
    except IsADirectoryError:
        raise InvalidConfigurationError(f"the cluster facts file '{path}' is a folder, give the file in it") from None
    except OSError as error:
        raise InvalidConfigurationError(f"the cluster facts file '{path}' cannot be read: {error.strerror}") from None
    except ValueError as error:
        raise InvalidConfigurationError(f"the cluster facts file '{path}' is not JSON: {error}") from None
    try:
        return _check(_parse(ClusterFacts, document, ""))
    except InvalidConfigurationError as error:
        raise InvalidConfigurationError(f"in the cluster facts file '{path}': {error}") from None


def _check(facts: ClusterFacts) -> ClusterFacts:
    if facts.schema_version != SCHEMA_VERSION:
        raise InvalidConfigurationError(
            f"'schemaVersion' is {facts.schema_version}, but this release reads {SCHEMA_VERSION}: write the file anew"
        )
    if facts.node_subnet_id is not None and facts.subnet(facts.node_subnet_id) is None:
        known = ", ".join(subnet.id for subnet in facts.subnets)
        raise InvalidConfigurationError(f"'nodeSubnetId' is '{facts.node_subnet_id}', but 'subnets' lists {known}")
    mode = facts.cluster.authentication_mode
    if mode not in _AUTHENTICATION_MODES:
        raise InvalidConfigurationError(
            f"'cluster.authenticationMode' is '{mode}', use {', '.join(_AUTHENTICATION_MODES)}"
        )
    _check_cidr_blocks(facts)
    return facts


def _check_cidr_blocks(facts: ClusterFacts) -> None:
    if not facts.vpc.cidr_blocks:
        raise InvalidConfigurationError("'vpc.cidrBlocks' is empty, list the VPC's blocks, the primary one first")
    blocks = [(f"vpc.cidrBlocks[{index}]", block) for index, block in enumerate(facts.vpc.cidr_blocks)]
    blocks += [(f"subnets[{index}].cidrBlock", subnet.cidr_block) for index, subnet in enumerate(facts.subnets)]
    for where, block in blocks:
        try:
            ipaddress.IPv4Network(block)
        except ValueError:
            raise InvalidConfigurationError(f"'{where}' is '{block}', which is no IPv4 CIDR block") from None


def _parse(expected: Any, value: Any, where: str) -> Any:
    """Turn parsed JSON into ``expected``: a dataclass, a tuple, a mapping of strings, or a scalar."""
    origin, arguments = get_origin(expected), get_args(expected)
    if origin in (Union, types.UnionType):
        return None if value is None else _parse(arguments[0], value, where)
    if origin is tuple:
        items = _expect(list, value, where)
        return tuple(_parse(arguments[0], item, f"{where}[{index}]") for index, item in enumerate(items))
    if origin is Mapping:
        entries = _expect(dict, value, where)
        return {key: _parse(arguments[1], item, f"{where}.{key}") for key, item in entries.items()}
    if hasattr(expected, "__dataclass_fields__"):
        return _parse_record(expected, _expect(dict, value, where), where)
    return _expect(expected, value, where)


def _parse_record(record: Any, value: dict[str, Any], where: str) -> Any:
    hints = get_type_hints(record)
    names = {_json_name(field.name): field for field in fields(record)}
    for key in value:
        if key not in names:
            raise InvalidConfigurationError(f"{_quoted(where)} has an unknown field '{key}', use {', '.join(names)}")
    arguments = {}
    for key, field in names.items():
        if key in value:
            arguments[field.name] = _parse(hints[field.name], value[key], f"{where}.{key}" if where else key)
        elif type(None) not in get_args(hints[field.name]):
            raise InvalidConfigurationError(f"{_quoted(where)} has no field '{key}'")
    return record(**arguments)


def _expect(kind: type, value: Any, where: str) -> Any:
    # bool is an int to Python, but not to a reader of JSON.
    if isinstance(value, kind) and (kind is not int or not isinstance(value, bool)):
        return value
    names: Mapping[type, str] = {str: "a string", int: "a whole number", bool: "true or false", list: "a list"}
    expected = names.get(kind, "an object")
    raise InvalidConfigurationError(f"{_quoted(where)} must be {expected}, got {json.dumps(value)}")


def _quoted(where: str) -> str:
    return f"'{where}'" if where else "the document"


def _json_name(name: str) -> str:
    first, *rest = name.split("_")
    return first + "".join(word.capitalize() for word in rest)
