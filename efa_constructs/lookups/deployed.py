"""What is deployed in an account, as far as EFA cares: node groups, their nodes and interfaces, security groups.

Data only, the same whether AWS or an emulated account answered; ``node_groups.py`` reads it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from ..catalogue import EFA_INTERFACE_TYPES
from ..catalogue.tags import EFA_TRAFFIC, STACK_TAG, TRAFFIC_TAG
from ..catalogue.vpc_endpoints import SERVICES_OF_NODES
from .health_issues import HealthIssue

__all__ = [
    "DeployedCluster",
    "DeployedInterface",
    "DeployedNode",
    "DeployedNodeGroup",
    "PlacementGroup",
    "SecurityGroup",
    "SecurityGroupRule",
    "WayOut",
]

ALL_PROTOCOLS = "-1"


@dataclass(frozen=True, slots=True, kw_only=True)
class SecurityGroupRule:
    """One peer of one rule of a security group. Exactly one of ``group_id``, ``cidr`` and ``prefix_list_id`` is set."""

    egress: bool
    # "-1" for all, else "tcp", "udp", "icmp" or a number.
    protocol: str
    group_id: str | None = None
    cidr: str | None = None
    prefix_list_id: str | None = None

    @property
    def all_protocols(self) -> bool:
        """Whether the rule is for all traffic, ports and protocols alike."""
        return self.protocol == ALL_PROTOCOLS


@dataclass(frozen=True, slots=True, kw_only=True)
class SecurityGroup:
    """A security group with its rules."""

    id: str
    name: str
    vpc_id: str
    rules: tuple[SecurityGroupRule, ...] = ()
    tags: Mapping[str, str] = field(default_factory=dict)

    @property
    def stack_id(self) -> str | None:
        """The CloudFormation stack that made the group, if one did."""
        return self.tags.get(STACK_TAG)

    @property
    def made_for_efa(self) -> bool:
        """Whether the group says of itself that it is there for EFA traffic, as an ``EfaSecurityGroup`` does."""
        return self.tags.get(TRAFFIC_TAG) == EFA_TRAFFIC

    def has_rule_to_itself(self, *, egress: bool) -> bool:
        """Whether the group lets all traffic out to itself (``egress``) or in from itself."""
        return any(rule.egress is egress and rule.all_protocols and rule.group_id == self.id for rule in self.rules)


@dataclass(frozen=True, slots=True, kw_only=True)
class DeployedInterface:
    """A network interface, as it hangs on a node or as a launch template would make it."""

    network_card_index: int
    device_index: int
    # "interface" (ENA), "efa" or "efa-only".
    interface_type: str
    security_group_ids: tuple[str, ...]
    # None on an EFA-only interface, which has no IP address, and in a launch template.
    private_ipv4_address: str | None = None
    # None in a launch template.
    id: str | None = None

    @property
    def carries_efa(self) -> bool:
        """Whether the interface has an EFA device."""
        return self.interface_type in EFA_INTERFACE_TYPES


@dataclass(frozen=True, slots=True, kw_only=True)
class DeployedNode:
    """An instance of a node group, or the one that its launch template would make."""

    # "i-...", or a name in words for a node that does not exist.
    instance_id: str
    instance_type: str
    availability_zone: str
    subnet_id: str
    vpc_id: str
    # By card, then device.
    interfaces: tuple[DeployedInterface, ...]
    # EC2's word, such as "running". None in a launch template.
    state: str | None = None
    placement_group_name: str | None = None

    @property
    def efa_interfaces(self) -> tuple[DeployedInterface, ...]:
        """The interfaces that have an EFA device."""
        return tuple(interface for interface in self.interfaces if interface.carries_efa)


@dataclass(frozen=True, slots=True, kw_only=True)
class PlacementGroup:
    """A placement group. ``strategy``: "cluster", "partition" or "spread"."""

    name: str
    strategy: str


@dataclass(frozen=True, slots=True, kw_only=True)
class WayOut:
    """How a subnet's routes lead out of its VPC, and what instances reach without them."""

    subnet_id: str
    # Whether a route leads to an internet gateway, which serves only instances with a public address.
    internet_gateway: bool
    # Whether routes lead everywhere else, 0.0.0.0/0: by a NAT gateway, a transit gateway, an appliance.
    default_route: bool
    # Where other IPv4 routes lead: "10.0.0.0/8 by tgw-0a1b2c3d4e5f60718".
    narrower_routes: tuple[str, ...] = ()
    # Services that have a VPC endpoint for the subnet: "ecr.api", "s3".
    endpoint_services: frozenset[str] = frozenset()
    # False: AWS did not show the endpoints, and endpoint_services is empty.
    endpoints_known: bool = True

    def not_reached(self, *, private_endpoint: bool) -> tuple[str, ...]:
        """What nodes without a public address do not reach from there although they need it to join their cluster.

        :attr:`narrower_routes` may lead to all of it, if the network at their end has private endpoints: only its
        owner knows. So may endpoints that are not known.

        :param private_endpoint: Whether the API server of the cluster has an endpoint in the VPC.
        """
        if self.default_route:
            return ()
        server = () if private_endpoint else ("the cluster's API server, whose private endpoint is off",)
        return (*server, *(service for service in SERVICES_OF_NODES if service not in self.endpoint_services))


@dataclass(frozen=True, slots=True, kw_only=True)
class DeployedNodeGroup:
    """A managed node group as EKS and EC2 describe it."""

    name: str
    cluster_name: str
    # EKS's word, such as "ACTIVE" or "CREATE_FAILED".
    status: str
    instance_type: str
    ami_type: str
    capacity_type: str
    min_size: int
    desired_size: int
    max_size: int
    subnet_ids: tuple[str, ...]
    # Of these subnets.
    availability_zones: tuple[str, ...]
    launch_template_id: str | None
    launch_template_version: str | None
    # The next node that EKS would launch.
    template_node: DeployedNode
    # Nodes that exist, by instance id.
    nodes: tuple[DeployedNode, ...]
    placement_group: PlacementGroup | None = None
    # A capacity reservation or Capacity Block that the launch template targets: its id, resource group or "open".
    capacity_reservation: str | None = None
    labels: Mapping[str, str]
    # The CloudFormation stack that made the group, if one did.
    stack_id: str | None = None
    health_issues: tuple[HealthIssue, ...] = ()
    # Of the subnets, as far as EC2 shows their route tables.
    ways_out: tuple[WayOut, ...] = ()
    # Whether the user data of the launch template names an HTTP proxy.
    uses_proxy: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class DeployedCluster:
    """An EKS cluster with its node groups, the security groups of its VPC, and those that the interfaces carry."""

    name: str
    version: str
    status: str
    vpc_id: str
    # The group that EKS itself made.
    security_group_id: str
    node_groups: tuple[DeployedNodeGroup, ...]
    # By id.
    security_groups: Mapping[str, SecurityGroup]
    # Whether nodes reach the API server within the VPC.
    private_endpoint: bool = True
