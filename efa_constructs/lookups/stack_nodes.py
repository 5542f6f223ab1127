"""Reads which node groups a CloudFormation stack has, and their instances."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

from .clients import AccountClients, aws_errors
from .node_groups import instances_of_node_group

if TYPE_CHECKING:
    from mypy_boto3_ec2.type_defs import InstanceTypeDef

__all__ = ["StackNode", "StackNodeGroup", "read_stack_node_groups"]


@dataclass(frozen=True, slots=True, kw_only=True)
class StackNode:
    """An instance that is pending or runs."""

    instance_type: str
    subnet_id: str | None
    # "spot" or "capacity-block". None: On-Demand.
    lifecycle: str | None
    # None: it runs in no reservation.
    capacity_reservation_id: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class StackNodeGroup:
    """A managed node group that a stack made."""

    cluster_name: str
    name: str
    nodes: tuple[StackNode, ...]


def read_stack_node_groups(clients: AccountClients, stack: str) -> tuple[StackNodeGroup, ...]:
    """Read the managed node groups of a stack that exists, with their instances.

    :raises AwsRequestError: there is no such stack, AWS could not be asked, or refused to answer.
    """
    with aws_errors():
        pages = clients.cloudformation.get_paginator("list_stack_resources").paginate(StackName=stack)
        ids = [
            resource.get("PhysicalResourceId", "")
            for page in pages
            for resource in page["StackResourceSummaries"]
            if resource["ResourceType"] == "AWS::EKS::Nodegroup"
        ]
        # CloudFormation's name of a node group is "cluster/node-group"; before it is made, there is none.
        names = [tuple(id.split("/")) for id in ids if id.count("/") == 1]
        return tuple(
            StackNodeGroup(
                cluster_name=cluster,
                name=name,
                nodes=tuple(_nodes(instances_of_node_group(clients, cluster, name))),
            )
            for cluster, name in names
        )


def _nodes(instances: Iterable[InstanceTypeDef]) -> Iterator[StackNode]:
    return (
        StackNode(
            instance_type=instance["InstanceType"],
            subnet_id=instance.get("SubnetId"),
            lifecycle=instance.get("InstanceLifecycle"),
            capacity_reservation_id=instance.get("CapacityReservationId"),
        )
        for instance in instances
    )
