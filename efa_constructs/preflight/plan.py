"""What is to be deployed."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from .. import catalogue
from ..catalogue import AmiType, InstanceType, NetworkInterface
from ..catalogue.ami_types import chosen_ami_type
from ..catalogue.capacity_reservations import CAPACITY_RESERVATION_ID
from ..catalogue.identifiers import SUBNET_ID, check_cluster_name
from ..catalogue.kubernetes_versions import DEFAULT_KUBERNETES_VERSION
from ..errors import InvalidArgumentError, InvalidConfigurationError
from ..lookups.cluster_facts import ClusterFacts
from ..lookups.facts_node_subnet import node_subnet
from ..lookups.stacks import DEFAULT_QUALIFIER

__all__ = ["CLUSTER_STACK", "NODES_STACK", "STACKS", "Capacity", "Plan"]

# The stacks of the app, in the order in which they are deployed.
CLUSTER_STACK, NODES_STACK = "EfaCluster", "EfaNodes"
STACKS = (CLUSTER_STACK, NODES_STACK, "EfaWorkloads")


class Capacity(StrEnum):
    """How the instances are had, as EC2 names the usage classes of a type."""

    ON_DEMAND = "on-demand"
    SPOT = "spot"
    CAPACITY_BLOCK = "capacity-block"


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """A node group of the app, on a cluster that exists or on a new one."""

    region: str
    instance: InstanceType
    interfaces: tuple[NetworkInterface, ...]
    ami: AmiType
    # Largest number of nodes.
    nodes: int
    capacity: Capacity
    # Of a reservation or Capacity Block.
    capacity_reservation_id: str | None
    placement_group: str | None
    # None: that of the subnet.
    zone: str | None
    # Whether somebody chose the zone; else the app takes it.
    zone_was_named: bool
    # With cluster facts, the one that the app takes. None: the one private subnet that fits.
    subnet_id: str | None
    # None: a new cluster is made.
    cluster_name: str | None
    facts: ClusterFacts | None
    # Where the facts are from. None: nobody said.
    facts_file: str | None
    # None: that of the cluster.
    kubernetes_version: str | None
    # Whether kubectl runs in the VPC: ``efa:privateEndpoint``.
    private_endpoint: bool
    # None: CloudFormation generates one.
    node_group_name: str | None
    # In the names of what the bootstrap stack has.
    bootstrap_qualifier: str

    @property
    def vcpus(self) -> int:
        """vCPUs of all nodes."""
        return self.nodes * self.instance.vcpus

    @property
    def nodes_in_words(self) -> str:
        """Such as "3 p4d.24xlarge"."""
        return f"{self.nodes} {self.instance.name}"

    @staticmethod
    def make(
        *,
        region: str,
        instance_type: str,
        nodes: int,
        interface_layout: str = "default",
        ami_type: str | None = None,
        capacity: Capacity | str = Capacity.ON_DEMAND,
        capacity_reservation_id: str | None = None,
        placement_group: str | None = None,
        zone: str | None = None,
        subnet_id: str | None = None,
        cluster_name: str | None = None,
        facts: ClusterFacts | None = None,
        facts_file: str | None = None,
        kubernetes_version: str | None = None,
        private_endpoint: bool = False,
        node_group_name: str | None = None,
        bootstrap_qualifier: str = DEFAULT_QUALIFIER,
    ) -> Plan:
        """Check what is asked for, and fill in what the app would.

        :param nodes: Largest number of nodes.
        :param zone: Default: that of the subnet; for a new cluster the one that the app takes, the Region's first.
        :raises EfaConstructsError: the type is not known or has no EFA, or an argument has a value that cannot be.
        """
        instance = catalogue.get(instance_type)
        _check(nodes, region, zone, subnet_id, capacity_reservation_id)
        chosen = _capacity(capacity, capacity_reservation_id)
        _check_cluster(region, cluster_name, facts, subnet_id)
        if facts is not None:
            cluster_name = facts.cluster.name
            subnet_id = subnet_id or _subnet_of_app(facts, zone)
        return Plan(
            region=region,
            instance=instance,
            interfaces=catalogue.network_interfaces(instance, interface_layout),
            ami=chosen_ami_type(ami_type, instance),
            nodes=nodes,
            capacity=chosen,
            capacity_reservation_id=capacity_reservation_id,
            placement_group=placement_group,
            zone=zone or (_zone_of_app(region) if cluster_name is None else None),
            zone_was_named=zone is not None,
            subnet_id=subnet_id,
            cluster_name=cluster_name,
            facts=facts,
            facts_file=facts_file,
            kubernetes_version=kubernetes_version or (DEFAULT_KUBERNETES_VERSION if cluster_name is None else None),
            private_endpoint=private_endpoint,
            node_group_name=node_group_name,
            bootstrap_qualifier=bootstrap_qualifier,
        )


def _check(nodes: int, region: str, zone: str | None, subnet_id: str | None, reservation: str | None) -> None:
    if nodes < 1:
        raise InvalidArgumentError(f"'nodes' must be at least 1, got {nodes}")
    if zone is not None and catalogue.region_of_zone(zone) != region:
        raise InvalidArgumentError(f"'zone' is '{zone}', which is not in 'region' {region}: give a zone of that Region")
    if subnet_id is not None and not SUBNET_ID.fullmatch(subnet_id):
        raise InvalidArgumentError(f"'subnet_id' is '{subnet_id}', use an id such as subnet-0b1b2b3b4b5b6b7b8")
    if reservation is not None and not CAPACITY_RESERVATION_ID.fullmatch(reservation):
        raise InvalidArgumentError(
            f"'capacity_reservation_id' is '{reservation}', use an id such as cr-0123456789abcdef0"
        )


def _capacity(name: Capacity | str, reservation: str | None) -> Capacity:
    try:
        capacity = Capacity(name)
    except ValueError:
        raise InvalidArgumentError(f"'capacity' must be one of {', '.join(Capacity)}, got '{name}'") from None
    if capacity is Capacity.CAPACITY_BLOCK and reservation is None:
        raise InvalidArgumentError(
            "'capacity' is 'capacity-block', but 'capacity_reservation_id' is not given: give the id of the Capacity "
            "Block (cr-...)"
        )
    if capacity is Capacity.SPOT and reservation is not None:
        raise InvalidArgumentError(
            f"'capacity' is 'spot', but 'capacity_reservation_id' is {reservation}: Spot Instances take no reserved "
            "capacity, leave one of them out"
        )
    return capacity


def _check_cluster(region: str, name: str | None, facts: ClusterFacts | None, subnet_id: str | None) -> None:
    if name is None and facts is None:
        if subnet_id is not None:
            raise InvalidArgumentError(
                f"'subnet_id' is {subnet_id}, but no cluster is given, and a new one gets a network of its own: name "
                "the cluster, or leave the subnet out"
            )
        return
    if name is not None:
        check_cluster_name("cluster_name", name)
    if facts is not None and name not in (None, facts.cluster.name):
        raise InvalidArgumentError(
            f"'cluster_name' is '{name}', but the cluster facts file describes '{facts.cluster.name}': give one of them"
        )
    if facts is not None and facts.region != region:
        raise InvalidArgumentError(
            f"'region' is '{region}', but the cluster facts file describes a cluster in {facts.region}: use that Region"
        )


def _subnet_of_app(facts: ClusterFacts, zone: str | None) -> str | None:
    try:
        return node_subnet(facts, zone).id
    except InvalidConfigurationError:
        # A check says so.
        return None


def _zone_of_app(region: str) -> str:
    """The zone that the app takes when none is named."""
    return next(zone.name for zone in catalogue.availability_zones(region) if zone.accepts_control_plane)
