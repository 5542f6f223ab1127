"""What templates would make, as far as EFA is concerned: node groups, their interfaces, and Kubernetes objects."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any, TypeVar

from .. import catalogue
from ..catalogue import (
    EFA_INTERFACE_TYPES,
    EFA_RESOURCE,
    GPU_RESOURCE,
    NEURON_RESOURCE,
    AmiType,
    DevicePlugin,
    InstanceType,
)
from ..catalogue.node_label_rules import TAINT_EFFECTS
from ..errors import EfaConstructsError, NotAnEfaInstanceTypeError, UnknownInstanceTypeError
from .manifests import KubernetesObject, kubernetes_objects
from .shapes import as_mapping
from .templates import CLUSTER_TYPES, Resource, Templates
from .values import is_known, known_text, unknown, whole_number

__all__ = ["Blueprint", "Interface", "LaunchTemplate", "NodeGroup"]


@dataclass(frozen=True, kw_only=True)
class Interface:
    """A network interface that a launch template describes."""

    # Its place in the template's list.
    index: int
    # As the template has it, functions evaluated.
    content: Mapping[str, Any]

    @property
    def path(self) -> str:
        """Of its property, in the launch template."""
        return f"LaunchTemplateData.NetworkInterfaces.{self.index}"

    @property
    def card(self) -> int | None:
        """Network card. EC2 takes 0 where the template names none. None: only the deployment knows."""
        return whole_number(self.content.get("NetworkCardIndex", 0))

    @property
    def device(self) -> int | None:
        """Device index on the card. EC2 takes 0 where the template names none. None: only the deployment knows."""
        return whole_number(self.content.get("DeviceIndex", 0))

    @property
    def title(self) -> str:
        """Names it for people: ``the efa-only interface on card 0, device 1``."""
        return f"the {self.type} interface on card {self.card}, device {self.device}"

    @property
    def is_primary(self) -> bool:
        """Whether it is the primary interface, which every instance has."""
        return (self.card, self.device) == (0, 0)

    @property
    def type(self) -> str:
        """EC2 takes "interface" where the template names none."""
        return str(self.content.get("InterfaceType", "interface"))

    @property
    def has_efa(self) -> bool:
        """Whether it carries EFA traffic."""
        return self.type in EFA_INTERFACE_TYPES

    @property
    def groups(self) -> Sequence[Any]:
        """Its security groups, or references to them."""
        groups = self.content.get("Groups")
        listed = groups if isinstance(groups, list) else []
        return [group if isinstance(group, str) else unknown("group") for group in listed]


@dataclass(frozen=True, kw_only=True, eq=False)
class LaunchTemplate:
    """A launch template."""

    resource: Resource

    @property
    def data(self) -> Mapping[str, Any]:
        """``LaunchTemplateData``."""
        return as_mapping(self.resource.get("LaunchTemplateData"))

    @cached_property
    def interfaces(self) -> tuple[Interface, ...]:
        """Its network interfaces."""
        listed = self.resource.items("LaunchTemplateData.NetworkInterfaces")
        return tuple(
            Interface(index=index, content=content)
            for index, content in enumerate(listed)
            if isinstance(content, Mapping)
        )

    @property
    def knows_interfaces(self) -> bool:
        """Whether no interface, and no interface's place or type, is left for the deployment to know."""
        listed = self.data.get("NetworkInterfaces") or []
        return (
            isinstance(listed, list)
            and len(listed) == len(self.interfaces)
            and all(
                each.card is not None and each.device is not None and is_known(each.type) for each in self.interfaces
            )
        )

    @property
    def efa_interfaces(self) -> tuple[Interface, ...]:
        """Those that carry EFA traffic."""
        return tuple(interface for interface in self.interfaces if interface.has_efa)

    @cached_property
    def user_data(self) -> bytes | None:
        """Decoded. Empty: it has none. None: only the deployment knows, or it is not encoded in base64.

        What stands within ``Fn::Base64`` may have marks: see :mod:`.values`.
        """
        encoded = self.data.get("UserData")
        text = "" if encoded is None else known_text(encoded)
        try:
            return None if text is None else base64.b64decode("".join(text.split()), validate=True)
        except (binascii.Error, ValueError):
            return None

    @property
    def groups(self) -> Sequence[Any]:
        """Security groups of its interfaces, or of the instance, each once."""
        of_instance = self.data.get("SecurityGroupIds")
        every = [group for interface in self.interfaces for group in interface.groups]
        every += of_instance if isinstance(of_instance, list) else []
        return list(dict.fromkeys(each for each in every if isinstance(each, str)))

    @property
    def placement_group(self) -> Any:
        """Name or id of the placement group, or a mark of it. None: it has none."""
        placement = self.data.get("Placement")
        if not isinstance(placement, Mapping):
            return placement
        return placement.get("GroupName") or placement.get("GroupId")

    @property
    def instance_type_name(self) -> str | None:
        """As the template has it. None: it has none, or only the deployment knows."""
        return known_text(self.data.get("InstanceType"))


@dataclass(frozen=True, kw_only=True, eq=False)
class NodeGroup:
    """A managed node group of EKS."""

    resource: Resource
    # None: it has none, or one of elsewhere.
    launch_template: LaunchTemplate | None

    @property
    def instance_type_names(self) -> tuple[str, ...]:
        """Those that it may launch, as far as they are known."""
        listed = tuple(
            name for name in self.resource.items("InstanceTypes") if isinstance(name, str) and is_known(name)
        )
        if listed or self.launch_template is None:
            return listed
        name = self.launch_template.instance_type_name
        return (name,) if name is not None else ()

    @property
    def instance_type(self) -> InstanceType | None:
        """The type of its nodes, where it is one that has EFA."""
        names = self.instance_type_names
        return known_instance_type(names[0]) if len(names) == 1 else None

    @property
    def template_data(self) -> Mapping[str, Any]:
        """Of its launch template. Empty: it has none, or one of elsewhere."""
        return self.launch_template.data if self.launch_template is not None else {}

    @property
    def has_own_template(self) -> bool:
        """Whether all that is launched is known: it has no launch template of elsewhere."""
        return self.launch_template is not None or self.resource.get("LaunchTemplate") is None

    @property
    def ami_type(self) -> AmiType | None:
        """None: it names none, or only the deployment knows."""
        return catalogue.AMI_TYPES.get(str(self.resource.get("AmiType")))

    @property
    def interfaces(self) -> tuple[Interface, ...]:
        """Of each node, as far as its launch template says."""
        return self.launch_template.interfaces if self.launch_template is not None else ()

    @property
    def efa_interfaces(self) -> tuple[Interface, ...]:
        """Those that carry EFA traffic."""
        return tuple(interface for interface in self.interfaces if interface.has_efa)

    def brings(self, resource: str) -> bool:
        """Whether its AMI runs what offers the devices of a node itself."""
        if self.instance_type is None or resource not in _DEVICE_PLUGINS:
            return False
        ami_type = self.resource.get("AmiType")
        given = ami_type if isinstance(ami_type, str) and is_known(ami_type) else None
        try:
            needs = catalogue.device_plugins_needed(self.instance_type, given)
        except EfaConstructsError:
            return False
        return any(need.plugin is _DEVICE_PLUGINS[resource] and not need.needed for need in needs)

    @property
    def cluster(self) -> str:
        """Name of its cluster, or a mark of it."""
        return str(self.resource.get("ClusterName"))

    @property
    def labels(self) -> Mapping[str, Any]:
        """That EKS sets on its nodes because the group says so."""
        return as_mapping(self.resource.get("Labels"))

    @property
    def taints(self) -> tuple[Mapping[str, Any], ...]:
        """As Kubernetes has them: ``key``, ``value`` and an ``effect`` such as ``NoSchedule``."""
        return tuple(
            {
                "key": taint.get("Key"),
                "value": taint.get("Value", ""),
                "effect": TAINT_EFFECTS.get(str(taint.get("Effect")), taint.get("Effect")),
            }
            for taint in self.resource.items("Taints")
            if isinstance(taint, Mapping)
        )


_DEVICE_PLUGINS = {
    EFA_RESOURCE: DevicePlugin.EFA,
    GPU_RESOURCE: DevicePlugin.NVIDIA,
    NEURON_RESOURCE: DevicePlugin.NEURON,
}

_Worked = TypeVar("_Worked")


class Blueprint:
    """What templates would make."""

    def __init__(self, templates: Templates) -> None:
        self.templates = templates
        self._worked: dict[Callable[..., Any], tuple[Any, ...]] = {}

    def once(self, work: Callable[[Blueprint], Iterable[_Worked]]) -> tuple[_Worked, ...]:
        """What a function of the blueprint gives, worked out at the first call."""
        if work not in self._worked:
            self._worked[work] = tuple(work(self))
        return self._worked[work]

    @cached_property
    def launch_templates(self) -> tuple[LaunchTemplate, ...]:
        """All launch templates, those without a node group among them."""
        return tuple(
            LaunchTemplate(resource=resource) for resource in self.templates.of_type("AWS::EC2::LaunchTemplate")
        )

    @cached_property
    def node_groups(self) -> tuple[NodeGroup, ...]:
        """All managed node groups."""
        return tuple(
            NodeGroup(resource=resource, launch_template=self._launch_template(resource))
            for resource in self.templates.of_type("AWS::EKS::Nodegroup")
        )

    @cached_property
    def clusters(self) -> Sequence[Resource]:
        """The clusters that the templates make, by whichever of CDK's modules."""
        return self.templates.of_type(*CLUSTER_TYPES)

    def node_groups_of(self, template: LaunchTemplate) -> list[NodeGroup]:
        """Those that launch from it."""
        return [group for group in self.node_groups if group.launch_template is template]

    def cluster_of(self, group: NodeGroup) -> Resource | None:
        """The cluster that its nodes join. None: it is of elsewhere."""
        return self.cluster_named(group.resource.get("ClusterName"))

    def cluster_named(self, name: Any) -> Resource | None:
        """The cluster that a value names. None: it is of elsewhere."""
        return next(
            (
                cluster
                for cluster in self.clusters
                if self.templates.at(name) is cluster or (name is not None and cluster.get("Name") == name)
            ),
            None,
        )

    def type_of(self, template: LaunchTemplate) -> InstanceType | None:
        """The type of the instances that a launch template makes, where it is one that has EFA."""
        if template.instance_type_name is not None:
            return known_instance_type(template.instance_type_name)
        types = {group.instance_type for group in self.node_groups if group.launch_template is template}
        return types.pop() if len(types) == 1 else None

    @cached_property
    def objects(self) -> tuple[KubernetesObject, ...]:
        """All Kubernetes objects."""
        return kubernetes_objects(self.templates)

    def objects_of_kind(self, *kinds: str) -> list[KubernetesObject]:
        """Those of some kinds."""
        return [each for each in self.objects if each.kind in kinds]

    def _launch_template(self, group: Resource) -> LaunchTemplate | None:
        named = group.get("LaunchTemplate.Name")
        for template in self.launch_templates:
            at = self.templates.at(group.get("LaunchTemplate.Id")) or self.templates.at(named)
            if at is template.resource or (
                known_text(named) is not None and template.resource.get("LaunchTemplateName") == named
            ):
                return template
        return None


def known_instance_type(name: str) -> InstanceType | None:
    """The type of a name, where it is one that has EFA."""
    try:
        return catalogue.get(name)
    except (UnknownInstanceTypeError, NotAnEfaInstanceTypeError):
        return None
