"""Deployed nodes and security groups for tests, as an account would describe them."""

from __future__ import annotations

from dataclasses import replace

from efa_constructs.catalogue import EFA_LABEL, GPU_LABEL
from efa_constructs.lookups.deployed import (
    DeployedCluster,
    DeployedInterface,
    DeployedNode,
    DeployedNodeGroup,
    PlacementGroup,
    SecurityGroup,
    SecurityGroupRule,
)

CLUSTER_GROUP = "sg-0c1c1c1c1c1c1c1c1"
EFA_GROUP = "sg-0efa0efa0efa0efa0"
OTHER_GROUP = "sg-00ther00ther00ther"


def ingress(group_id: str | None = None, **values: str) -> SecurityGroupRule:
    return SecurityGroupRule(egress=False, group_id=group_id, **{"protocol": "-1", **values})


def egress(group_id: str | None = None, **values: str) -> SecurityGroupRule:
    return SecurityGroupRule(egress=True, group_id=group_id, **{"protocol": "-1", **values})


def group(id: str, name: str, *rules: SecurityGroupRule) -> SecurityGroup:
    return SecurityGroup(id=id, name=name, vpc_id="vpc-0123456789abcdef0", rules=rules)


ANYWHERE = egress(cidr="0.0.0.0/0")
CLUSTER = group(CLUSTER_GROUP, "eks-cluster-sg-training-1234", ingress(CLUSTER_GROUP), ANYWHERE)
EFA = group(EFA_GROUP, "efa", ingress(EFA_GROUP), egress(EFA_GROUP), ANYWHERE)
GROUPS = {CLUSTER_GROUP: CLUSTER, EFA_GROUP: EFA}


def interface(card: int, device: int, type: str, *groups: str) -> DeployedInterface:
    return DeployedInterface(
        network_card_index=card,
        device_index=device,
        interface_type=type,
        security_group_ids=groups or (CLUSTER_GROUP, EFA_GROUP),
        private_ipv4_address=None if type == "efa-only" else "10.0.1.10",
    )


P4D_INTERFACES = (
    interface(0, 0, "interface"),
    interface(0, 1, "efa-only"),
    interface(1, 0, "efa-only"),
    interface(2, 0, "efa-only"),
    interface(3, 0, "efa-only"),
)


def node(instance_id: str = "i-0a", **changes: object) -> DeployedNode:
    whole = DeployedNode(
        instance_id=instance_id,
        instance_type="p4d.24xlarge",
        availability_zone="us-east-1a",
        subnet_id="subnet-0123456789abcdef0",
        vpc_id="vpc-0123456789abcdef0",
        interfaces=P4D_INTERFACES,
        state="running",
        placement_group_name="together",
    )
    return replace(whole, **changes)  # type: ignore[arg-type]


def node_group(*nodes: DeployedNode, **changes: object) -> DeployedNodeGroup:
    whole = DeployedNodeGroup(
        name="efa",
        cluster_name="training",
        status="ACTIVE",
        instance_type="p4d.24xlarge",
        ami_type="AL2023_x86_64_NVIDIA",
        capacity_type="ON_DEMAND",
        min_size=1,
        desired_size=len(nodes),
        max_size=3,
        subnet_ids=("subnet-0123456789abcdef0",),
        availability_zones=("us-east-1a",),
        launch_template_id="lt-0123456789abcdef0",
        launch_template_version="1",
        template_node=replace(nodes[0] if nodes else node(), instance_id="the next node", state=None),
        nodes=nodes,
        placement_group=PlacementGroup(name="together", strategy="cluster"),
        labels={EFA_LABEL: "true", GPU_LABEL: "true"},
    )
    return replace(whole, **changes)  # type: ignore[arg-type]


def cluster(*node_groups: DeployedNodeGroup, **changes: object) -> DeployedCluster:
    whole = DeployedCluster(
        name="training",
        version="1.34",
        status="ACTIVE",
        vpc_id="vpc-0123456789abcdef0",
        security_group_id=CLUSTER_GROUP,
        node_groups=node_groups,
        security_groups=GROUPS,
    )
    return replace(whole, **changes)  # type: ignore[arg-type]
