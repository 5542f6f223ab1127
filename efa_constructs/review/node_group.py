"""Managed node groups of EKS."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from .. import catalogue
from ..catalogue import AmiType, InstanceType
from ..catalogue.node_label_rules import TAINT_EFFECTS
from ..catalogue.search import known_instance_type
from ..errors import EfaConstructsError
from .launch_template import Interface, LaunchTemplate
from .resource import Resource
from .shapes import as_mapping
from .values import is_known

__all__ = ["NodeGroup"]


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
        if self.instance_type is None:
            return False
        ami_type = self.resource.get("AmiType")
        given = ami_type if isinstance(ami_type, str) and is_known(ami_type) else None
        try:
            needs = catalogue.device_plugins_needed(self.instance_type, given)
        except EfaConstructsError:
            return False
        return any(need.plugin.resource == resource and not need.needed for need in needs)

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
