"""How the instances of a node group are paid for: On-Demand, Spot, a reservation or a Capacity Block."""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import StrEnum

from aws_cdk import Token
from aws_cdk import aws_ec2 as ec2

from ..catalogue import InstanceType
from ..catalogue.capacity_reservations import CAPACITY_RESERVATION_ID, RESERVATION_GROUP_ARN
from ..errors import InvalidArgumentError
from ..rules.launch_templates import ILL_FORMED_RESERVATION, TWO_RESERVATIONS
from ..rules.node_groups import BLOCK_WITHOUT_RESERVATION, SPOT_WITH_RESERVATION, USAGE_CLASS

__all__ = ["Capacity", "CapacityType"]

# What the two look like, for messages.
_RESERVATION = "cr-0123456789abcdef0"
_GROUP = "arn:aws:resource-groups:us-west-2:123456789012:group/training"


class CapacityType(StrEnum):
    """The capacity types of a managed node group, as EKS spells them."""

    ON_DEMAND = "ON_DEMAND"
    SPOT = "SPOT"
    CAPACITY_BLOCK = "CAPACITY_BLOCK"


@dataclass(frozen=True, kw_only=True)
class Capacity:
    """Where a node group takes its instances from. Use one of the named constructors.

    Source: Amazon EKS User Guide, "Create a managed node group with Capacity Blocks for ML".
    """

    capacity_type: CapacityType
    capacity_reservation_id: str | None = None
    capacity_reservation_resource_group_arn: str | None = None

    @staticmethod
    def on_demand() -> Capacity:
        """On-Demand Instances, and any open reservation of the account that matches."""
        return Capacity(capacity_type=CapacityType.ON_DEMAND)

    @staticmethod
    def spot() -> Capacity:
        """Spot Instances. An interruption ends every job that spans the interrupted node."""
        return Capacity(capacity_type=CapacityType.SPOT)

    @staticmethod
    def reservation(capacity_reservation_id: str) -> Capacity:
        """An On-Demand Capacity Reservation, by id (``cr-...``)."""
        if not capacity_reservation_id:
            raise _ill_formed("capacity_reservation_id", capacity_reservation_id, _RESERVATION)
        return Capacity(capacity_type=CapacityType.ON_DEMAND, capacity_reservation_id=capacity_reservation_id)

    @staticmethod
    def reservation_group(resource_group_arn: str) -> Capacity:
        """The On-Demand Capacity Reservations of a resource group, by the group's ARN."""
        if not resource_group_arn:
            raise _ill_formed("resource_group_arn", resource_group_arn, _GROUP)
        return Capacity(
            capacity_type=CapacityType.ON_DEMAND, capacity_reservation_resource_group_arn=resource_group_arn
        )

    @staticmethod
    def capacity_block(capacity_reservation_id: str) -> Capacity:
        """A Capacity Block for ML, by the id of its reservation (``cr-...``)."""
        return Capacity(capacity_type=CapacityType.CAPACITY_BLOCK, capacity_reservation_id=capacity_reservation_id)

    def __post_init__(self) -> None:
        if not isinstance(self.capacity_type, CapacityType):
            raise InvalidArgumentError(
                f"'capacity_type' is {self.capacity_type!r}: use Capacity.on_demand(), .spot(), .reservation() or "
                ".capacity_block(), or a member of CapacityType"
            )
        identifier, group = self.capacity_reservation_id, self.capacity_reservation_resource_group_arn
        if identifier is not None and group is not None:
            raise InvalidArgumentError(
                TWO_RESERVATIONS.refusal(where="'capacity'", reservation=repr(identifier), group=repr(group))
            )
        if self.capacity_type is CapacityType.SPOT and (identifier or group):
            raise InvalidArgumentError(
                SPOT_WITH_RESERVATION.refusal(where="'capacity_type'", reservation=repr(identifier or group))
            )
        if self.capacity_type is CapacityType.CAPACITY_BLOCK and not identifier:
            raise InvalidArgumentError(
                BLOCK_WITHOUT_RESERVATION.refusal(where="'capacity_reservation_id'", value=repr(identifier))
            )
        _check("capacity_reservation_id", identifier, CAPACITY_RESERVATION_ID, _RESERVATION)
        _check("capacity_reservation_resource_group_arn", group, RESERVATION_GROUP_ARN, _GROUP)

    @property
    def is_reserved(self) -> bool:
        """Whether instances come from a named reservation or Capacity Block, which decide where they are placed."""
        return bool(self.capacity_reservation_id or self.capacity_reservation_resource_group_arn)

    def check(self, instance: InstanceType) -> None:
        """Refuse an instance type that EC2 does not offer in this way.

        :raises InvalidArgumentError: the catalogue's usage classes of the type do not include this one.
        """
        usage_class = self.capacity_type.value.lower().replace("_", "-")
        if instance.usage_classes and usage_class not in instance.usage_classes:
            raise InvalidArgumentError(
                USAGE_CLASS.refusal(
                    where="'capacity'",
                    capacity_type=self.capacity_type,
                    instance=instance.name,
                    offered=", ".join(instance.usage_classes),
                )
            )

    def specification(self) -> ec2.CfnLaunchTemplate.CapacityReservationSpecificationProperty | None:
        """The reservation, as a launch template names it."""
        if not self.is_reserved:
            return None
        return ec2.CfnLaunchTemplate.CapacityReservationSpecificationProperty(
            capacity_reservation_target=ec2.CfnLaunchTemplate.CapacityReservationTargetProperty(
                capacity_reservation_id=self.capacity_reservation_id,
                capacity_reservation_resource_group_arn=self.capacity_reservation_resource_group_arn,
            )
        )

    def market_options(self) -> ec2.CfnLaunchTemplate.InstanceMarketOptionsProperty | None:
        """The market type. None for Spot: on a managed node group EKS sets it, and refuses a template that does."""
        if self.capacity_type is not CapacityType.CAPACITY_BLOCK:
            return None
        return ec2.CfnLaunchTemplate.InstanceMarketOptionsProperty(market_type="capacity-block")


def _check(argument: str, value: str | None, pattern: re.Pattern[str], example: str) -> None:
    if value is not None and not Token.is_unresolved(value) and not pattern.fullmatch(value):
        raise _ill_formed(argument, value, example)


def _ill_formed(argument: str, value: str | None, example: str) -> InvalidArgumentError:
    return InvalidArgumentError(
        ILL_FORMED_RESERVATION.refusal(where=f"'{argument}'", value=repr(value), example=repr(example))
    )
