"""The cluster facts file: what an app must know about an existing cluster, written once and committed by its owners.

``docs/reference/cluster-facts.md`` describes every field, and ``examples/cluster-facts.json`` is one such file.
"""

from __future__ import annotations

import ipaddress
import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import combinations
from pathlib import Path
from typing import Annotated

from .. import catalogue
from ..catalogue import identifiers
from ..catalogue.vpc_cni import VPC_CNI_ADDON
from ..errors import InvalidConfigurationError
from .json_records import Form, object_of_unique_fields, parse_record, record_document

__all__ = ["SCHEMA_VERSION", "Cluster", "ClusterFacts", "Subnet", "Vpc", "cluster_facts_text", "read_cluster_facts"]

# Raised whenever a field changes its meaning or goes.
SCHEMA_VERSION = 1

_ACCOUNT = Form(identifiers.ACCOUNT_ID, "the 12 digits of an account")
_REGION = Form(identifiers.REGION_NAME, "the name of a Region, such as us-east-1")
_CLUSTER_NAME = Form(identifiers.CLUSTER_NAME, "the name of an EKS cluster: letters, digits, - and _")
_VERSION = Form(identifiers.KUBERNETES_VERSION, "a minor version of Kubernetes, such as 1.35")
_HTTPS = Form(re.compile(r"https://[A-Za-z0-9.-]+(:[0-9]+)?(/[!-~]*)?"), "a URL that begins with https://")
_BASE64 = Form(
    re.compile(r"(?=.)([A-Za-z0-9+/]{4})*([A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?"),
    "the base64 of certificateAuthority.data as it is, in one line",
)
_MODE = Form(re.compile("API|API_AND_CONFIG_MAP|CONFIG_MAP"), "API, API_AND_CONFIG_MAP or CONFIG_MAP")
_SECURITY_GROUP = Form(identifiers.SECURITY_GROUP_ID, "the id of a security group: sg- and 8 to 17 hexadecimal digits")
_VPC = Form(identifiers.VPC_ID, "the id of a VPC: vpc- and 8 to 17 hexadecimal digits")
_SUBNET = Form(identifiers.SUBNET_ID, "the id of a subnet: subnet- and 8 to 17 hexadecimal digits")


@dataclass(frozen=True, slots=True, kw_only=True)
class Cluster:
    """The EKS cluster, as ``aws eks describe-cluster`` shows it."""

    name: Annotated[str, _CLUSTER_NAME]
    version: Annotated[str, _VERSION]
    endpoint: Annotated[str, _HTTPS]
    certificate_authority_data: Annotated[str, _BASE64]
    authentication_mode: Annotated[str, _MODE]
    # The group that EKS itself made: ``resourcesVpcConfig.clusterSecurityGroupId``.
    security_group_id: Annotated[str, _SECURITY_GROUP]
    oidc_issuer: Annotated[str, _HTTPS] | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Vpc:
    """The VPC of the cluster."""

    id: Annotated[str, _VPC]
    cidr_blocks: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Subnet:
    """A subnet of that VPC."""

    id: Annotated[str, _SUBNET]
    availability_zone: str
    availability_zone_id: str
    cidr_block: str
    available_ip_address_count: int
    # Whether its route table has no route to an internet gateway. None: whoever wrote the file could not know.
    private: bool | None


@dataclass(frozen=True, slots=True, kw_only=True)
class ClusterFacts:
    """Everything that the app needs to know about an existing cluster and its network."""

    schema_version: int
    account: Annotated[str, _ACCOUNT]
    region: Annotated[str, _REGION]
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

    :raises InvalidConfigurationError: the file is not there, is not JSON, misses a field, has one that is unknown, of
        another type or form, or that contradicts another one, or was written by another version of the format.
    """
    try:
        text = path.read_text(encoding="utf-8")
    except FileNotFoundError:
        raise InvalidConfigurationError(f"the cluster facts file '{path}' does not exist") from None
    except IsADirectoryError:
        raise InvalidConfigurationError(f"the cluster facts file '{path}' is a folder, give the file in it") from None
    except OSError as error:
        raise InvalidConfigurationError(f"the cluster facts file '{path}' cannot be read: {error.strerror}") from None
    except ValueError as error:
        raise InvalidConfigurationError(f"the cluster facts file '{path}' is not UTF-8: {error}") from None
    try:
        return _check(parse_record(ClusterFacts, json.loads(text, object_pairs_hook=object_of_unique_fields)))
    except InvalidConfigurationError as error:
        raise InvalidConfigurationError(f"in the cluster facts file '{path}': {error}") from None
    except ValueError as error:
        raise InvalidConfigurationError(f"the cluster facts file '{path}' is not JSON: {error}") from None


def cluster_facts_text(facts: ClusterFacts) -> str:
    """Write facts as the text of a file, the same bytes for the same facts.

    :raises InvalidConfigurationError: they contradict each other: :func:`read_cluster_facts` would refuse the file.
    """
    document = record_document(facts)
    _check(parse_record(ClusterFacts, document))
    return json.dumps(document, indent=2) + "\n"


def _check(facts: ClusterFacts) -> ClusterFacts:
    if facts.schema_version != SCHEMA_VERSION:
        raise InvalidConfigurationError(
            f"'schemaVersion' is {facts.schema_version}, but this release reads {SCHEMA_VERSION}: write the file anew"
        )
    _check_urls(facts)
    _check_zone_names(facts)
    _check_zone_ids(facts)
    _check_subnets(facts)
    _check_cidr_blocks(facts)
    _check_addons(facts)
    return facts


def _check_urls(facts: ClusterFacts) -> None:
    for field, url in (("endpoint", facts.cluster.endpoint), ("oidcIssuer", facts.cluster.oidc_issuer)):
        other = identifiers.in_another_region(facts.region, url or "")
        if other is not None:
            raise InvalidConfigurationError(
                f"'cluster.{field}' is '{url}', which is in {other}, but 'region' is '{facts.region}': use those of "
                "one cluster"
            )


def _check_zone_names(facts: ClusterFacts) -> None:
    zones = [(f"subnets[{index}].availabilityZone", each.availability_zone) for index, each in _numbered(facts)]
    for name, offering in facts.instance_type_offerings.items():
        zones += [(f"instanceTypeOfferings.{name}[{index}]", zone) for index, zone in enumerate(offering)]
    for where, zone in zones:
        if not identifiers.is_zone_name_of(facts.region, zone):
            raise InvalidConfigurationError(
                f"'{where}' is '{zone}', which is no zone of {facts.region}, the 'region': use a name such as "
                f"{facts.region}a"
            )


def _check_zone_ids(facts: ClusterFacts) -> None:
    prefix = None
    # A Region newer than the catalogue is no mistake.
    if facts.region in catalogue.regions():
        prefix = catalogue.availability_zones(facts.region)[0].zone_id.partition("-")[0]
    for index, subnet in _numbered(facts):
        where, zone_id = f"subnets[{index}].availabilityZoneId", subnet.availability_zone_id
        if not re.fullmatch(rf"{prefix or '[a-z]+[0-9]+'}(-[a-z0-9]+)+", zone_id):
            raise InvalidConfigurationError(
                f"'{where}' is '{zone_id}', which is no zone id of {facts.region}, the 'region': use one such as "
                f"{prefix or 'use1'}-az1, which 'aws ec2 describe-subnets' shows"
            )
    for (first, one), (second, other) in combinations(_numbered(facts), 2):
        same_name = one.availability_zone == other.availability_zone
        if same_name != (one.availability_zone_id == other.availability_zone_id):
            raise InvalidConfigurationError(
                f"'subnets[{second}].availabilityZoneId' is '{other.availability_zone_id}' for "
                f"{other.availability_zone}, but 'subnets[{first}]' has {one.availability_zone_id} for "
                f"{one.availability_zone}: one name has one id in an account"
            )


def _check_subnets(facts: ClusterFacts) -> None:
    for index, subnet in _numbered(facts):
        if subnet.available_ip_address_count < 0:
            raise InvalidConfigurationError(
                f"'subnets[{index}].availableIpAddressCount' is {subnet.available_ip_address_count}, use a number from "
                "0"
            )
    for (first, one), (second, other) in combinations(_numbered(facts), 2):
        if one.id == other.id:
            raise InvalidConfigurationError(
                f"'subnets[{second}].id' is '{other.id}', the same as 'subnets[{first}].id': list each subnet once"
            )
    if facts.node_subnet_id is not None and facts.subnet(facts.node_subnet_id) is None:
        known = ", ".join(subnet.id for subnet in facts.subnets) or "none"
        raise InvalidConfigurationError(f"'nodeSubnetId' is '{facts.node_subnet_id}', but 'subnets' lists {known}")


def _check_cidr_blocks(facts: ClusterFacts) -> None:
    if not facts.vpc.cidr_blocks:
        raise InvalidConfigurationError("'vpc.cidrBlocks' is empty, list the VPC's blocks, the primary one first")
    of_vpc = [_network(f"vpc.cidrBlocks[{index}]", block) for index, block in enumerate(facts.vpc.cidr_blocks)]
    of_subnets = [_network(f"subnets[{index}].cidrBlock", subnet.cidr_block) for index, subnet in _numbered(facts)]
    for index, network in enumerate(of_subnets):
        if not any(network.subnet_of(block) for block in of_vpc):
            raise InvalidConfigurationError(
                f"'subnets[{index}].cidrBlock' is '{network}', which lies in none of 'vpc.cidrBlocks' "
                f"{', '.join(map(str, of_vpc))}: list all blocks of the VPC, and only its subnets"
            )
    for name, networks in (("vpc.cidrBlocks[{}]", of_vpc), ("subnets[{}].cidrBlock", of_subnets)):
        for (first, one), (second, other) in combinations(enumerate(networks), 2):
            if one.overlaps(other):
                raise InvalidConfigurationError(
                    f"'{name.format(second)}' is '{other}', which overlaps '{name.format(first)}' {one}: EC2 gives out "
                    "an address once"
                )


def _network(where: str, block: str) -> ipaddress.IPv4Network:
    try:
        return ipaddress.IPv4Network(block)
    except ValueError:
        raise InvalidConfigurationError(
            f"'{where}' is '{block}', which is no IPv4 CIDR block: use one such as 10.42.0.0/16"
        ) from None


def _check_addons(facts: ClusterFacts) -> None:
    version = facts.addons.get(VPC_CNI_ADDON)
    if version is not None and not re.fullmatch(r"v?[0-9]+\.[0-9]+\.[0-9]+([.+-].*)?", version):
        raise InvalidConfigurationError(
            f"'addons.{VPC_CNI_ADDON}' is '{version}', use the whole version that 'aws eks describe-addon' shows, "
            "such as v1.20.4-eksbuild.2"
        )


def _numbered(facts: ClusterFacts) -> Iterator[tuple[int, Subnet]]:
    return enumerate(facts.subnets)
