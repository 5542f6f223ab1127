"""Reads back the EKS node groups of an account: what EKS and EC2 say that is deployed."""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from ..catalogue.eks_defaults import DEFAULT_INSTANCE_TYPE
from ..catalogue.tags import CLUSTER_TAG, NODE_GROUP_TAG, STACK_TAG
from .clients import AwsClients, aws_errors
from .deployed import (
    DeployedCluster,
    DeployedInterface,
    DeployedNode,
    DeployedNodeGroup,
)
from .health_issues import read_health_issues
from .placement_groups import read_placement_group
from .security_groups import read_security_groups
from .ways_out import read_ways_out

if TYPE_CHECKING:
    from mypy_boto3_ec2.type_defs import (
        InstanceTypeDef,
        ResponseLaunchTemplateDataTypeDef,
        SubnetTypeDef,
    )
    from mypy_boto3_eks.type_defs import NodegroupTypeDef

__all__ = ["instances_of_node_group", "read_cluster", "read_clusters", "read_node_group_names"]


def read_clusters(clients: AwsClients) -> tuple[DeployedCluster, ...]:
    """Read every EKS cluster of the account and Region, by name, with its node groups.

    :raises AwsRequestError: AWS could not be asked, or refused to answer.
    """
    with aws_errors():
        pages = clients.eks.get_paginator("list_clusters").paginate()
        names = [name for page in pages for name in page["clusters"]]
    return tuple(read_cluster(clients, name) for name in sorted(names))


def read_cluster(clients: AwsClients, name: str) -> DeployedCluster:
    """Read one EKS cluster with its managed node groups, their nodes, and the security groups of these.

    :raises AwsRequestError: there is no such cluster, AWS could not be asked, or refused to answer.
    """
    with aws_errors():
        cluster = clients.eks.describe_cluster(name=name)["cluster"]
        account = cluster["arn"].split(":")[4]
        network = cluster["resourcesVpcConfig"]
        cluster_group = network.get("clusterSecurityGroupId", "")
        node_groups = tuple(
            _read_node_group(clients, name, node_group, cluster_group, account)
            for node_group in read_node_group_names(clients, name)
        )
        return DeployedCluster(
            name=name,
            version=cluster["version"],
            status=cluster["status"],
            vpc_id=network.get("vpcId", ""),
            security_group_id=cluster_group,
            private_endpoint=network.get("endpointPrivateAccess", False),
            node_groups=node_groups,
            security_groups=read_security_groups(
                clients, network.get("vpcId"), {cluster_group, *_groups_of(node_groups)} - {""}
            ),
        )


def read_node_group_names(clients: AwsClients, cluster: str) -> tuple[str, ...]:
    """Read the names of the managed node groups of a cluster.

    :raises AwsRequestError: there is no such cluster, AWS could not be asked, or refused to answer.
    """
    with aws_errors():
        pages = clients.eks.get_paginator("list_nodegroups").paginate(clusterName=cluster)
        return tuple(node_group for page in pages for node_group in page["nodegroups"])


def instances_of_node_group(clients: AwsClients, cluster: str, node_group: str) -> Iterator[InstanceTypeDef]:
    """Read the instances of a managed node group that are pending or run, as EC2 describes them.

    :raises AwsRequestError: AWS could not be asked, or refused to answer.
    """
    with aws_errors():
        pages = clients.ec2.get_paginator("describe_instances").paginate(
            Filters=[
                {"Name": f"tag:{CLUSTER_TAG}", "Values": [cluster]},
                {"Name": f"tag:{NODE_GROUP_TAG}", "Values": [node_group]},
                {"Name": "instance-state-name", "Values": ["pending", "running"]},
            ]
        )
        for page in pages:
            for reservation in page["Reservations"]:
                yield from reservation["Instances"]


def _read_node_group(
    clients: AwsClients, cluster: str, name: str, cluster_group: str, account: str
) -> DeployedNodeGroup:
    node_group = clients.eks.describe_nodegroup(clusterName=cluster, nodegroupName=name)["nodegroup"]
    template = _read_launch_template(clients, node_group)
    placement_group = template.get("Placement", {}).get("GroupName")
    scaling = node_group["scalingConfig"]
    launch_template = node_group.get("launchTemplate", {})
    subnets = clients.ec2.describe_subnets(SubnetIds=node_group["subnets"])["Subnets"]
    ways_out = read_ways_out(clients, subnets, account)
    next_node = _node_of_template(subnets[0], node_group, template, cluster_group)
    return DeployedNodeGroup(
        name=name,
        cluster_name=cluster,
        status=node_group["status"],
        instance_type=next_node.instance_type,
        ami_type=node_group.get("amiType", "CUSTOM"),
        capacity_type=node_group.get("capacityType", "ON_DEMAND"),
        min_size=scaling.get("minSize", 0),
        desired_size=scaling.get("desiredSize", 0),
        max_size=scaling.get("maxSize", 0),
        subnet_ids=tuple(subnet["SubnetId"] for subnet in subnets),
        availability_zones=tuple(sorted({subnet["AvailabilityZone"] for subnet in subnets})),
        launch_template_id=launch_template.get("id"),
        launch_template_version=launch_template.get("version"),
        template_node=next_node,
        nodes=_read_nodes(clients, cluster, name),
        placement_group=read_placement_group(clients, placement_group) if placement_group else None,
        capacity_reservation=_capacity_reservation(template),
        labels=dict(node_group.get("labels", {})),
        stack_id=node_group.get("tags", {}).get(STACK_TAG),
        health_issues=read_health_issues(node_group),
        ways_out=ways_out,
        uses_proxy=_names_a_proxy(template.get("UserData", "")),
    )


def _read_launch_template(clients: AwsClients, node_group: NodegroupTypeDef) -> ResponseLaunchTemplateDataTypeDef:
    """What the node group's launch template says; nothing for a group without one, which EKS launches on its own."""
    launch_template = node_group.get("launchTemplate")
    if not launch_template:
        return {}
    versions = clients.ec2.describe_launch_template_versions(
        LaunchTemplateId=launch_template["id"], Versions=[launch_template["version"]]
    )
    return versions["LaunchTemplateVersions"][0]["LaunchTemplateData"]


def _node_of_template(
    subnet: SubnetTypeDef,
    node_group: NodegroupTypeDef,
    template: ResponseLaunchTemplateDataTypeDef,
    cluster_group: str,
) -> DeployedNode:
    return DeployedNode(
        instance_id="the next node",
        instance_type=template.get("InstanceType")
        or next(iter(node_group.get("instanceTypes", [])), DEFAULT_INSTANCE_TYPE),
        availability_zone=subnet["AvailabilityZone"],
        subnet_id=subnet["SubnetId"],
        vpc_id=subnet["VpcId"],
        interfaces=_interfaces_of_template(template, cluster_group),
        placement_group_name=template.get("Placement", {}).get("GroupName"),
    )


def _interfaces_of_template(
    template: ResponseLaunchTemplateDataTypeDef, cluster_group: str
) -> tuple[DeployedInterface, ...]:
    interfaces: Sequence[Mapping[str, Any]] = template.get("NetworkInterfaces") or [{}]
    # EKS gives its own security group to the nodes of a template that names none.
    named = template.get("SecurityGroupIds") or any(interface.get("Groups") for interface in interfaces)
    default = tuple(template.get("SecurityGroupIds", [])) if named else (cluster_group,)
    return _in_order(
        DeployedInterface(
            network_card_index=interface.get("NetworkCardIndex", 0),
            device_index=interface.get("DeviceIndex", 0),
            interface_type=interface.get("InterfaceType") or "interface",
            security_group_ids=tuple(interface.get("Groups") or default),
        )
        for interface in interfaces
    )


def _read_nodes(clients: AwsClients, cluster: str, node_group: str) -> tuple[DeployedNode, ...]:
    nodes = [_node(instance) for instance in instances_of_node_group(clients, cluster, node_group)]
    return tuple(sorted(nodes, key=lambda node: node.instance_id))


def _node(instance: InstanceTypeDef) -> DeployedNode:
    return DeployedNode(
        instance_id=instance["InstanceId"],
        instance_type=instance["InstanceType"],
        availability_zone=instance["Placement"]["AvailabilityZone"],
        subnet_id=instance["SubnetId"],
        vpc_id=instance["VpcId"],
        state=instance["State"]["Name"],
        placement_group_name=instance["Placement"].get("GroupName") or None,
        interfaces=_in_order(
            DeployedInterface(
                id=interface["NetworkInterfaceId"],
                network_card_index=interface["Attachment"].get("NetworkCardIndex", 0),
                device_index=interface["Attachment"]["DeviceIndex"],
                interface_type=interface.get("InterfaceType") or "interface",
                security_group_ids=tuple(group["GroupId"] for group in interface["Groups"]),
                private_ipv4_address=interface.get("PrivateIpAddress") or None,
            )
            for interface in instance["NetworkInterfaces"]
        ),
    )


def _in_order(interfaces: Iterable[DeployedInterface]) -> tuple[DeployedInterface, ...]:
    return tuple(sorted(interfaces, key=lambda one: (one.network_card_index, one.device_index)))


def _capacity_reservation(template: ResponseLaunchTemplateDataTypeDef) -> str | None:
    target = template.get("CapacityReservationSpecification", {}).get("CapacityReservationTarget", {})
    return target.get("CapacityReservationId") or target.get("CapacityReservationResourceGroupArn")


def _names_a_proxy(user_data: str) -> bool:
    try:
        text = base64.b64decode(user_data)
    except binascii.Error:
        return False
    # A variable of the environment, or a setting of Bottlerocket.
    return re.search(rb"https?[-_]proxy", text, re.IGNORECASE) is not None


def _groups_of(node_groups: Iterable[DeployedNodeGroup]) -> set[str]:
    return {
        group
        for node_group in node_groups
        for node in (node_group.template_node, *node_group.nodes)
        for interface in node.interfaces
        for group in interface.security_group_ids
    }
