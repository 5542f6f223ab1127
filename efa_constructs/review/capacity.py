"""Where the instances of a launch template come from, and where they go."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from .launch_template import LaunchTemplate
from .resource import Resource
from .shapes import as_mapping, at_path
from .templates import Templates
from .values import known_text

__all__ = ["Capacity", "PlacementGroup", "capacity_of", "placement_group_of"]


@dataclass(frozen=True, kw_only=True)
class Capacity:
    """What a launch template says about reservations. None: nothing."""

    reservation_id: Any
    reservation_group: Any
    market_type: Any

    @property
    def reservation(self) -> Any:
        """The reservation, or group of them."""
        return self.reservation_id or self.reservation_group

    @property
    def is_block(self) -> bool:
        """Whether it is for a Capacity Block."""
        return bool(self.market_type == "capacity-block")


@dataclass(frozen=True, kw_only=True)
class PlacementGroup:
    """The placement group that a launch template names."""

    # Its name or id, or a mark of it.
    named: Any
    # None: it is of elsewhere.
    resource: Resource | None

    @property
    def title(self) -> str:
        """Names it for people."""
        return self.resource.logical_id if self.resource is not None else str(self.named)

    @property
    def strategy(self) -> str | None:
        """None: not known."""
        return None if self.resource is None else known_text(self.resource.get("Strategy", "cluster"))


def capacity_of(data: Mapping[str, Any]) -> Capacity:
    """:param data: ``LaunchTemplateData``."""
    target = as_mapping(at_path(data, "CapacityReservationSpecification", "CapacityReservationTarget"))
    return Capacity(
        reservation_id=target.get("CapacityReservationId"),
        reservation_group=target.get("CapacityReservationResourceGroupArn"),
        market_type=as_mapping(at_path(data, "InstanceMarketOptions")).get("MarketType"),
    )


def placement_group_of(templates: Templates, template: LaunchTemplate) -> PlacementGroup | None:
    """The placement group of what a launch template launches. None: it names none."""
    named = template.placement_group
    if not named:
        return None
    resource = templates.at(named)
    is_group = resource is not None and resource.type == "AWS::EC2::PlacementGroup"
    return PlacementGroup(named=named, resource=resource if is_group else None)
