"""Whether nodes reach what they need to join their cluster."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from ..catalogue.vpc_endpoints import SERVICES_OF_NODES
from ..lookups.deployed import DeployedCluster, DeployedNodeGroup, WayOut
from ..rules.networks import NO_WAY_OUT, PUBLIC_SUBNET
from .finding import Finding, Level

__all__ = ["about_ways_out"]


def about_ways_out(node_group: DeployedNodeGroup, cluster: DeployedCluster) -> Iterator[Finding]:
    """Find fault with subnets from which nodes would not reach the cluster or AWS."""
    for way in node_group.ways_out:
        # With one interface, a node gets a public address by its subnet or its launch template.
        public = way.internet_gateway and len(node_group.template_node.interfaces) == 1
        lacking = way.not_reached(private_endpoint=cluster.private_endpoint)
        if lacking and not public:
            yield _no_way_out(node_group, way, lacking)


def _no_way_out(node_group: DeployedNodeGroup, way: WayOut, lacking: Iterable[str]) -> Finding:
    # A proxy in the VPC, an image that brings everything along, a network behind a route that has it, or endpoints that
    # another account has made: whether it does, nobody can tell.
    unsure = (
        node_group.uses_proxy or node_group.ami_type == "CUSTOM" or bool(way.narrower_routes) or not way.endpoints_known
    )
    return Finding(
        code="no-way-out",
        level=Level.WARNING if unsure else Level.FAULT,
        problem=f"subnet {way.subnet_id} {_routes(way)}: nodes do not reach {', '.join(lacking)}, and EKS would end "
        "with NodeCreationFailure: Instances failed to join the kubernetes cluster",
        fix="use a private subnet with a route to a NAT gateway, or give the VPC endpoints for "
        f"{', '.join(SERVICES_OF_NODES)}, and the cluster a private endpoint",
        rule=PUBLIC_SUBNET if way.internet_gateway else NO_WAY_OUT,
    )


def _routes(way: WayOut) -> str:
    narrower = f"only {', '.join(way.narrower_routes)}"
    if way.internet_gateway:
        beside = f" and {narrower}" if way.narrower_routes else " only"
        return (
            f"routes to an internet gateway{beside}, and EC2 gives no public address to nodes with several interfaces"
        )
    return f"routes {narrower} out of the VPC" if way.narrower_routes else "has no route out of the VPC"
