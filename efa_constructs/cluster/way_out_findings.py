"""Whether nodes reach what they need to join their cluster.

Sources: "Deploy private clusters with limited internet access" and "Create a managed node group" of the EKS User Guide.
"""

from __future__ import annotations

from collections.abc import Iterator

from ..lookups.deployed import DeployedCluster, DeployedNodeGroup, WayOut
from .finding import Finding, Level

__all__ = ["about_ways_out"]

# A node asks EC2 for its name and for addresses of pods, and pulls the images of its system pods from ECR, which has
# their layers in S3.
_SERVICES = ("ec2", "ecr.api", "ecr.dkr", "s3")


def about_ways_out(node_group: DeployedNodeGroup, cluster: DeployedCluster) -> Iterator[Finding]:
    """Find fault with subnets from which nodes would not reach the cluster or AWS."""
    for way in node_group.ways_out:
        # With one interface, a node gets a public address by its subnet or its launch template.
        public = way.internet_gateway and len(node_group.template_node.interfaces) == 1
        if way.other_route or public:
            continue
        lacking = [] if cluster.private_endpoint else ["the cluster's API server, whose private endpoint is off"]
        lacking += [service for service in _SERVICES if service not in way.endpoint_services]
        if lacking:
            yield _no_way_out(node_group, way, lacking)


def _no_way_out(node_group: DeployedNodeGroup, way: WayOut, lacking: list[str]) -> Finding:
    routes = (
        "routes to an internet gateway only, and EC2 gives no public address to nodes with several interfaces"
        if way.internet_gateway
        else "has no route out of the VPC"
    )
    # A proxy in the VPC, or an image that brings everything along: whether it does, nobody can tell.
    unsure = node_group.uses_proxy or node_group.ami_type == "CUSTOM"
    return Finding(
        code="no-way-out",
        level=Level.WARNING if unsure else Level.FAULT,
        problem=f"subnet {way.subnet_id} {routes}: nodes do not reach {', '.join(lacking)}, and EKS would end with "
        "NodeCreationFailure: Instances failed to join the kubernetes cluster",
        fix="use a private subnet with a route to a NAT gateway, or give the VPC endpoints for "
        f"{', '.join(_SERVICES)}, and the cluster a private endpoint",
    )
