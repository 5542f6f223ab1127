"""Reads how EKS says that the node groups of a cluster are. Asks EKS alone, which those may ask who may not ask EC2."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from ..errors import AwsRequestError, InvalidArgumentError
from .clients import AwsClients, aws_errors
from .health_issues import HealthIssue, read_health_issues

if TYPE_CHECKING:
    from mypy_boto3_eks.type_defs import NodegroupTypeDef

__all__ = ["ClusterState", "NodeGroupState", "read_cluster_state"]


@dataclass(frozen=True, slots=True, kw_only=True)
class NodeGroupState:
    """A managed node group, as EKS describes it."""

    name: str
    # EKS's word, such as "ACTIVE" or "DEGRADED".
    status: str
    # Empty: the launch template names the type.
    instance_types: tuple[str, ...]
    capacity_type: str
    min_size: int
    desired_size: int
    max_size: int
    health_issues: tuple[HealthIssue, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class ClusterState:
    """An EKS cluster with its managed node groups."""

    name: str
    region: str
    # EKS's word, such as "ACTIVE".
    status: str
    version: str
    # URL of the API server. Empty: it has none yet.
    endpoint: str
    node_groups: tuple[NodeGroupState, ...]


def read_cluster_state(clients: AwsClients, name: str) -> ClusterState:
    """Read a cluster and its node groups.

    :raises InvalidArgumentError: there is no such cluster in the Region.
    :raises AwsRequestError: AWS could not be asked, or refused to answer.
    """
    try:
        with aws_errors():
            cluster = clients.eks.describe_cluster(name=name)["cluster"]
    except AwsRequestError as error:
        if not isinstance(error.__cause__, clients.eks.exceptions.ResourceNotFoundException):
            raise
        raise InvalidArgumentError(
            f"there is no EKS cluster '{name}' in {clients.region} of this account{_those_there(clients)}"
        ) from None
    with aws_errors():
        pages = clients.eks.get_paginator("list_nodegroups").paginate(clusterName=name)
        names = [node_group for page in pages for node_group in page["nodegroups"]]
        described = [clients.eks.describe_nodegroup(clusterName=name, nodegroupName=each) for each in names]
    return ClusterState(
        name=name,
        region=clients.region,
        status=cluster["status"],
        version=cluster["version"],
        endpoint=cluster.get("endpoint", ""),
        node_groups=tuple(_node_group(each["nodegroup"]) for each in described),
    )


def _those_there(clients: AwsClients) -> str:
    try:
        with aws_errors():
            pages = clients.eks.get_paginator("list_clusters").paginate()
            names = sorted(name for page in pages for name in page["clusters"])
    except AwsRequestError:
        return ""
    return f": there {'is' if len(names) == 1 else 'are'} {', '.join(names)}" if names else ": there is none"


def _node_group(node_group: NodegroupTypeDef) -> NodeGroupState:
    scaling = node_group.get("scalingConfig", {})
    return NodeGroupState(
        name=node_group["nodegroupName"],
        status=node_group["status"],
        instance_types=tuple(node_group.get("instanceTypes", [])),
        capacity_type=node_group.get("capacityType", "ON_DEMAND"),
        min_size=scaling.get("minSize", 0),
        desired_size=scaling.get("desiredSize", 0),
        max_size=scaling.get("maxSize", 0),
        health_issues=read_health_issues(node_group),
    )
