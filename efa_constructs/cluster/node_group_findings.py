"""What is wrong with a node group beside its security groups: interfaces, AMI type, labels, placement, number."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from .. import catalogue
from ..catalogue import InstanceType
from ..catalogue.search import known_instance_type
from ..lookups.deployed import DeployedNode, DeployedNodeGroup
from ..rules.interfaces import NO_EFA_INTERFACE, TOO_FEW_EFAS
from ..rules.launch_templates import NO_PLACEMENT_GROUP, NOT_CLUSTERED
from ..rules.node_groups import AMI_TYPE_MISFIT, AMI_TYPE_OUT_OF_DATE, LABELS_MISSING, SEVERAL_ZONES
from .fabric import interfaces_in_words
from .finding import Finding, Level

__all__ = ["LABEL_MISSING", "about_efa_nodes", "about_missing_nodes", "about_nodes_without_efa"]

LABEL_MISSING = "label-missing"


def about_efa_nodes(node_group: DeployedNodeGroup, nodes: Iterable[DeployedNode]) -> Iterator[Finding]:
    """Find fault with a node group whose nodes have EFA."""
    for node in nodes:
        instance = known_instance_type(node.instance_type)
        if instance is not None:
            yield from _too_few_interfaces(node, instance)
            yield from _about_the_ami(node_group, instance)
            yield from _about_the_labels(node_group, node, instance)
    yield from _about_the_place(node_group)


def about_nodes_without_efa(node_group: DeployedNodeGroup) -> Iterator[Finding]:
    """Say so where a node group's type has EFA, and no interface of its nodes."""
    instance = known_instance_type(node_group.template_node.instance_type)
    if instance is not None:
        yield Finding(
            code="no-efa-interface",
            # A group beside those that train may do without.
            level=Level.WARNING,
            problem=NO_EFA_INTERFACE.broken(instance=instance.name),
            fix=NO_EFA_INTERFACE.mend(instance=instance.name),
            rule=NO_EFA_INTERFACE,
        )


def _too_few_interfaces(node: DeployedNode, instance: InstanceType) -> Iterator[Finding]:
    most = instance.maximum_efa_interfaces
    if most is not None and len(node.efa_interfaces) < most:
        yield Finding(
            code="too-few-efa-interfaces",
            level=Level.FAULT,
            problem=f"{node.instance_id} has {len(node.efa_interfaces)} EFA interfaces "
            f"({interfaces_in_words(node.efa_interfaces) or 'none'}), a {node.instance_type} can have {most}: "
            "EFA would not pass on the whole fabric",
            fix=TOO_FEW_EFAS.mend(instance=node.instance_type),
            rule=TOO_FEW_EFAS,
        )


def _about_the_ami(node_group: DeployedNodeGroup, instance: InstanceType) -> Iterator[Finding]:
    ami_type = catalogue.AMI_TYPES.get(node_group.ami_type)
    # What an AMI of one's own contains, nobody can tell.
    if ami_type is None or ami_type.operating_system is None:
        return
    misfit = catalogue.ami_type_misfit(ami_type, instance)
    if misfit is not None:
        right = catalogue.AMI_TYPES[misfit.instead]
        # An AMI that is no longer published goes on working.
        works = ami_type.operating_system == "AL2" and ami_type.accelerator == right.accelerator
        rule = AMI_TYPE_OUT_OF_DATE if misfit.retired else AMI_TYPE_MISFIT
        yield Finding(
            code="ami-type-misfit",
            level=Level.WARNING if works else Level.FAULT,
            problem=f"AMI type {ami_type.name} {misfit.problem}",
            fix=rule.mend(instead=misfit.instead),
            rule=rule,
        )


def _about_the_labels(node_group: DeployedNodeGroup, node: DeployedNode, instance: InstanceType) -> Iterator[Finding]:
    wanted = catalogue.node_labels(instance, has_efa=bool(node.efa_interfaces))
    missing = [f"{key}={value}" for key, value in wanted.items() if node_group.labels.get(key) != value]
    if missing:
        yield Finding(
            code=LABEL_MISSING,
            level=Level.WARNING,
            problem=f"the node group does not set the labels {', '.join(missing)}, by which device plugins find nodes: "
            "where one does not run, nodes have interfaces and accelerators, and offer none to pods",
            fix=LABELS_MISSING.mend(),
            rule=LABELS_MISSING,
        )


def _about_the_place(node_group: DeployedNodeGroup) -> Iterator[Finding]:
    if len(node_group.availability_zones) > 1:
        yield Finding(
            code="several-zones",
            level=Level.FAULT,
            problem=f"the subnets are in several Availability Zones ({', '.join(node_group.availability_zones)}), "
            "which EFA does not cross, and EKS may put a node into either",
            fix=SEVERAL_ZONES.mend(),
            rule=SEVERAL_ZONES,
        )
    if node_group.placement_group is None and not node_group.capacity_reservation:
        yield Finding(
            code="no-placement-group",
            level=Level.WARNING,
            problem=NO_PLACEMENT_GROUP.broken(),
            fix=NO_PLACEMENT_GROUP.mend(),
            rule=NO_PLACEMENT_GROUP,
        )
    group = node_group.placement_group
    if group is not None and group.strategy != "cluster":
        yield Finding(
            code="placement-group-spreads",
            level=Level.WARNING,
            problem=NOT_CLUSTERED.broken(group=f"placement group '{group.name}'", strategy=group.strategy),
            fix=NOT_CLUSTERED.mend(),
            rule=NOT_CLUSTERED,
        )


def about_missing_nodes(node_group: DeployedNodeGroup) -> Iterator[Finding]:
    """Say so where fewer nodes exist than are wanted."""
    if len(node_group.nodes) < node_group.desired_size:
        yield Finding(
            code="nodes-missing",
            level=Level.FAULT,
            problem=f"{node_group.desired_size} nodes are wanted, {len(node_group.nodes)} exist",
            fix="see the activity of the node group's Auto Scaling group",
        )
