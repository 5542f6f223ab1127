"""Asks about a Capacity Reservation, of which a Capacity Block is one."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

from ..errors import AwsRequestError
from .clients import AwsClients, aws_errors

if TYPE_CHECKING:
    from mypy_boto3_ec2.type_defs import CapacityReservationTypeDef

__all__ = ["CapacityReservation", "read_capacity_reservation", "read_open_reservations"]

_NOT_FOUND = frozenset({"InvalidCapacityReservationId.NotFound", "InvalidCapacityReservationId.Malformed"})


@dataclass(frozen=True, slots=True, kw_only=True)
class CapacityReservation:
    """A reservation as EC2 describes it. Words and numbers are EC2's."""

    id: str
    # "active", "scheduled", "expired", ...
    state: str
    # "default" or "capacity-block".
    reservation_type: str
    instance_type: str
    availability_zone: str
    # "Linux/UNIX".
    platform: str
    # "default" or "dedicated".
    tenancy: str
    # The account that made it; others may share it.
    owner_id: str | None
    total: int
    available: int
    starts: datetime | None = None
    # None: it goes on until it is cancelled.
    ends: datetime | None = None
    # None: it was made in no placement group.
    placement_group_arn: str | None = None


def read_capacity_reservation(clients: AwsClients, id: str) -> CapacityReservation | None:
    """Read one reservation. None: the account has none with this id in the Region, of its own or shared with it.

    :raises AwsRequestError: AWS could not be asked, or refused to answer.
    """
    try:
        with aws_errors():
            answer = clients.ec2.describe_capacity_reservations(CapacityReservationIds=[id])
            return next((_reservation(one) for one in answer["CapacityReservations"]), None)
    except AwsRequestError as error:
        if error.code in _NOT_FOUND:
            return None
        raise


def read_open_reservations(clients: AwsClients, instance_type: str) -> tuple[CapacityReservation, ...]:
    """Read the active reservations of a type that EC2 uses for every instance that matches, without being named.

    :raises AwsRequestError: AWS could not be asked, or refused to answer.
    """
    with aws_errors():
        pages = clients.ec2.get_paginator("describe_capacity_reservations").paginate(
            Filters=[
                {"Name": "state", "Values": ["active"]},
                {"Name": "instance-match-criteria", "Values": ["open"]},
                {"Name": "instance-type", "Values": [instance_type]},
            ]
        )
        return tuple(_reservation(one) for page in pages for one in page["CapacityReservations"])


def _reservation(one: CapacityReservationTypeDef) -> CapacityReservation:
    return CapacityReservation(
        id=one["CapacityReservationId"],
        state=one["State"],
        reservation_type=one.get("ReservationType", "default"),
        instance_type=one["InstanceType"],
        availability_zone=one["AvailabilityZone"],
        platform=one["InstancePlatform"],
        tenancy=one["Tenancy"],
        owner_id=one.get("OwnerId"),
        total=one["TotalInstanceCount"],
        available=one["AvailableInstanceCount"],
        starts=one.get("StartDate"),
        ends=one.get("EndDate"),
        placement_group_arn=one.get("PlacementGroupArn"),
    )
