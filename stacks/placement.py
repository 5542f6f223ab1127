"""Where the nodes go: account, Region, Availability Zone, and on an existing cluster the subnet."""

from __future__ import annotations

from dataclasses import dataclass

import aws_cdk as cdk
from constructs import IConstruct

from efa_constructs import catalogue
from efa_constructs.catalogue.availability_zones import ZONE_IDS_WITHOUT_CONTROL_PLANE
from efa_constructs.errors import InvalidConfigurationError
from efa_constructs.lookups.cluster_facts import ClusterFacts
from efa_constructs.lookups.facts_node_subnet import node_subnet
from efa_constructs.rules.clusters import CLUSTER_ZONES

from .settings import Settings

__all__ = ["DEFAULT_REGION", "Placement", "find_placement", "warn_of_zones"]

# Where the CDK CLI and the AWS CLI's own examples are at home, when nothing names a Region.
DEFAULT_REGION = "us-east-1"


@dataclass(frozen=True, slots=True, kw_only=True)
class Placement:
    """Account and Region of the stacks, and the zone of the nodes."""

    account: str | None
    region: str
    availability_zone: str
    # False: nobody named the zone, it is the Region's first.
    zone_was_named: bool
    # Of a new network: the nodes' zone, and at least one more that EKS needs for its control plane.
    network_zones: tuple[str, ...]
    # The Region of the credentials in use, if the zone is in another one.
    region_left: str | None = None


def find_placement(settings: Settings, *, account: str | None, region: str | None) -> Placement:
    """Decide where the nodes go.

    :param account: The account of the credentials in use, if known.
    :param region: The Region of the credentials in use, if known.
    :raises InvalidConfigurationError: the configuration contradicts itself or the credentials.
    """
    facts = settings.cluster_facts
    if facts is not None:
        _check_environment(facts, account, region)
        subnet = node_subnet(facts, settings.availability_zone)
        return Placement(
            account=facts.account,
            region=facts.region,
            availability_zone=subnet.availability_zone,
            zone_was_named=True,
            network_zones=(),
        )
    _check_reserved_zone(settings)
    if settings.availability_zone is not None:
        zone = settings.availability_zone
        region_of_stacks = catalogue.region_of_zone(zone)
    else:
        region_of_stacks = region or DEFAULT_REGION
        zone = _cluster_zones(region_of_stacks)[0]
    return Placement(
        account=account,
        region=region_of_stacks,
        availability_zone=zone,
        zone_was_named=settings.availability_zone is not None,
        network_zones=_network_zones(settings, zone, region_of_stacks),
        region_left=None if region == region_of_stacks else region,
    )


def warn_of_zones(scope: IConstruct, placement: Placement) -> None:
    """Warn of zones of a new network in which EKS may not accept a subnet of the cluster."""
    zones = catalogue.availability_zones(placement.region)
    known = {zone.name: zone for zone in zones}
    refused = [zone for zone in placement.network_zones if zone in known and not known[zone].accepts_control_plane]
    if refused:
        cdk.Annotations.of(scope).add_warning_v2(
            "efa-constructs:zone-without-control-plane",
            f"EKS may refuse a cluster with subnets in {' and '.join(refused)}: it takes none in the zones with the "
            f"ids {', '.join(sorted(ZONE_IDS_WITHOUT_CONTROL_PLANE))}, and which names these have differs between "
            "accounts; 'aws ec2 describe-availability-zones' shows it, 'efa:networkZones' and 'efa:availabilityZone' "
            "choose others",
        )


def _cluster_zones(region: str) -> list[str]:
    return [zone.name for zone in catalogue.availability_zones(region) if zone.accepts_control_plane]


def _check_reserved_zone(settings: Settings) -> None:
    if settings.capacity.is_reserved and settings.availability_zone is None:
        raise InvalidConfigurationError(
            "'efa:availabilityZone' is not set, but reserved capacity is in one zone only: set it to the zone that "
            "'aws ec2 describe-capacity-reservations' shows"
        )


def _network_zones(settings: Settings, node_zone: str, region: str) -> tuple[str, ...]:
    zones = settings.network_zones
    if not zones:
        other = next(name for name in _cluster_zones(region) if name != node_zone)
        # In order: a subnet's range follows from its zone's place, and moving the nodes shall not move the subnets.
        return tuple(sorted((node_zone, other)))
    elsewhere = [zone for zone in zones if catalogue.region_of_zone(zone) != region]
    if node_zone not in zones or elsewhere or not 2 <= len(set(zones)) == len(zones):
        raise InvalidConfigurationError(
            CLUSTER_ZONES.refusal(
                f"'efa:networkZones' is {', '.join(zones)}, but it must be at least two different zones of {region}, "
                f"the nodes' zone {node_zone} among them",
                "name these",
            )
        )
    return zones


def _check_environment(facts: ClusterFacts, account: str | None, region: str | None) -> None:
    for name, theirs, ours in (("Region", facts.region, region), ("account", facts.account, account)):
        if ours is not None and theirs != ours:
            raise InvalidConfigurationError(
                f"'efa:clusterFacts' describes cluster {facts.cluster.name} in {name} {theirs}, but the credentials in "
                f"use are for {name} {ours}: use a profile for {theirs}, or look the cluster up anew"
            )
