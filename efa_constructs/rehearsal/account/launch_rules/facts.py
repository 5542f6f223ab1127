"""What a rule may know."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from ....catalogue.eks_defaults import DEFAULT_INSTANCE_TYPE
from ..hardware import Hardware

__all__ = ["Launch", "LaunchSurroundings", "NodeGroup", "SubnetFacts"]


@dataclass(frozen=True, kw_only=True)
class SubnetFacts:
    """A subnet, as far as a launch cares."""

    id: str
    vpc_id: str
    availability_zone: str
    free_addresses: int
    # Has a route to an internet gateway.
    public: bool = False
    # Gives an instance with one interface a public address.
    maps_public_addresses: bool = False


@dataclass(frozen=True, kw_only=True)
class LaunchSurroundings:
    """What exists in the account and Region around a launch."""

    subnets: Mapping[str, SubnetFacts]
    # VPC of each security group.
    security_groups: Mapping[str, str]
    # Strategy of each placement group, by name.
    placement_groups: Mapping[str, str]
    # Whether EC2 may assume the role, by ARN.
    roles: Mapping[str, bool]
    # Zones that offer an instance type; None where no data says.
    offered_zones: Mapping[str, frozenset[str] | None]
    # By name; a type that does not exist is not there.
    hardware: Mapping[str, Hardware]
    # Regions that offer an instance type anywhere.
    offering_regions: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    # Names.
    key_pairs: frozenset[str] = frozenset()
    # Types whose offered zones are those of this very account.
    own_offerings: frozenset[str] = frozenset()


@dataclass(frozen=True, kw_only=True)
class NodeGroup:
    """A managed node group about to be created or updated."""

    # CreateNodegroup's parameters.
    request: Mapping[str, Any]
    # LaunchTemplateData of its template, or None without one.
    template: Mapping[str, Any] | None
    kubernetes_version: str
    vpc_id: str

    @property
    def template_name(self) -> str:
        """How EKS names the template in a refusal."""
        specification = self.request.get("launchTemplate", {})
        return str(specification.get("name") or specification.get("id"))

    @property
    def instance_types(self) -> tuple[str, ...]:
        """From the request or the template; t3.medium where neither names one, as EKS has it."""
        given = self.request.get("instanceTypes") or []
        in_template = (self.template or {}).get("InstanceType")
        return tuple(given) or (in_template or DEFAULT_INSTANCE_TYPE,)

    @property
    def capacity_type(self) -> str:
        """ON_DEMAND unless the request says otherwise."""
        return str(self.request.get("capacityType", "ON_DEMAND"))

    @property
    def ami_type(self) -> str:
        """From the request; CUSTOM with an image in the template, else what EKS takes for Kubernetes >= 1.30."""
        if "amiType" in self.request:
            return str(self.request["amiType"])
        return "CUSTOM" if (self.template or {}).get("ImageId") else "AL2023_x86_64_STANDARD"


@dataclass(frozen=True, kw_only=True)
class Launch:
    """Instances about to be run: RunInstances with a launch template."""

    instance_type: str
    template: Mapping[str, Any]
    subnet: SubnetFacts
    count: int = 1

    @property
    def interfaces(self) -> Sequence[Mapping[str, Any]]:
        """The interfaces of one instance."""
        return self.template.get("NetworkInterfaces") or [{"DeviceIndex": 0}]
