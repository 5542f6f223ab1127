"""EC2 Capacity Reservations and Capacity Blocks, which moto does not have: their state, and their part of the API."""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any
from weakref import WeakKeyDictionary

from moto.core.responses import ActionResult
from moto.ec2.models import EC2Backend
from moto.ec2.responses import EC2Response

from .hardware import hardware, zones_offering
from .moto_errors import as_moto_error
from .resource_type import AwsError

__all__ = ["CapacityReservation", "capacity_reservations", "serve_capacity_reservations"]


@dataclass(kw_only=True)
class CapacityReservation:
    """A reservation, its attributes named as moto's serializer looks for them."""

    capacity_reservation_id: str
    owner_id: str
    instance_type: str
    instance_platform: str
    availability_zone: str
    tenancy: str
    total_instance_count: int
    # Without those that run in it. Only what names a reservation launches into it here.
    available_instance_count: int
    state: str
    instance_match_criteria: str
    reservation_type: str
    start_date: datetime
    end_date: datetime | None
    placement_group_arn: str | None = None

    @property
    def end_date_type(self) -> str:
        """Whether there is an end."""
        return "limited" if self.end_date else "unlimited"


@dataclass(frozen=True, kw_only=True)
class _Offering:
    """Of a Capacity Block."""

    capacity_block_offering_id: str
    instance_type: str
    instance_count: int
    availability_zone: str
    start_date: datetime
    end_date: datetime
    capacity_block_duration_hours: int


@dataclass(frozen=True)
class _State:
    reservations: dict[str, CapacityReservation]
    offerings: dict[str, _Offering]


# A backend that moto resets is another object, so its reservations go with it.
_STATES: WeakKeyDictionary[EC2Backend, _State] = WeakKeyDictionary()


def capacity_reservations(ec2: EC2Backend) -> dict[str, CapacityReservation]:
    """The reservations of an account and Region, by id."""
    return _state(ec2).reservations


def serve_capacity_reservations() -> None:
    """Teach moto's EC2 the operations. Doing it again changes nothing."""
    operations = {
        "create_capacity_reservation": _create,
        "cancel_capacity_reservation": _cancel,
        "describe_capacity_reservations": _describe,
        "describe_capacity_block_offerings": _offer,
        "purchase_capacity_block": _purchase,
    }
    for name, function in operations.items():
        setattr(EC2Response, name, function)


def _state(ec2: EC2Backend) -> _State:
    return _STATES.setdefault(ec2, _State({}, {}))


def _create(response: Any) -> ActionResult:
    ec2: EC2Backend = response.ec2_backend
    with as_moto_error():
        name = _known_type(response._get_param("InstanceType"))
        zone = response._get_param("AvailabilityZone")
        _check_offered(ec2, name, zone)
        count, end = int(response._get_param("InstanceCount")), response._get_param("EndDate")
        made = _reservation(
            ec2,
            name,
            zone,
            count,
            platform=response._get_param("InstancePlatform"),
            tenancy=response._get_param("Tenancy", "default"),
            criteria=response._get_param("InstanceMatchCriteria", "open"),
            start=datetime.now(UTC),
            end=_moment(end) if end else None,
            placement_group_arn=response._get_param("PlacementGroupArn"),
        )
    return ActionResult({"CapacityReservation": made})


def _cancel(response: Any) -> ActionResult:
    with as_moto_error():
        found = _find(response.ec2_backend, response._get_param("CapacityReservationId"))
        if found.reservation_type == "capacity-block":
            raise AwsError("OperationNotPermitted", "You can't cancel a Capacity Block.", service="Ec2")
        found.state, found.available_instance_count = "cancelled", 0
    return ActionResult({"Return": True})


def _describe(response: Any) -> ActionResult:
    ec2: EC2Backend = response.ec2_backend
    ids = response._get_param("CapacityReservationIds") or ()
    filters = {one["Name"]: one["Values"] for one in response._get_param("Filters", [])}
    with as_moto_error():
        chosen = [_find(ec2, id) for id in ids] or list(capacity_reservations(ec2).values())
    for reservation in chosen:
        _let_time_pass(ec2, reservation)
    return ActionResult({"CapacityReservations": [one for one in chosen if _matches(one, filters)]})


def _offer(response: Any) -> ActionResult:
    """One offering: as many as asked for, from when they are asked for, in a zone that has the type."""
    ec2: EC2Backend = response.ec2_backend
    with as_moto_error():
        name = _known_type(response._get_param("InstanceType"))
        known = hardware(name)
        zones = zones_offering(name, ec2.region_name)
        offered = []
        if known is not None and "capacity-block" in known.usage_classes and zones:
            begin, hours = response._get_param("StartDateRange"), int(response._get_param("CapacityDurationHours"))
            start = _moment(begin) if begin else datetime.now(UTC)
            offering = _Offering(
                capacity_block_offering_id=f"cb-{secrets.token_hex(9)[:17]}",
                instance_type=name,
                instance_count=int(response._get_param("InstanceCount", 1)),
                availability_zone=sorted(zones)[0],
                start_date=start,
                end_date=start + timedelta(hours=hours),
                capacity_block_duration_hours=hours,
            )
            _state(ec2).offerings[offering.capacity_block_offering_id] = offering
            offered.append(offering)
    return ActionResult({"CapacityBlockOfferings": offered})


def _purchase(response: Any) -> ActionResult:
    ec2: EC2Backend = response.ec2_backend
    id = response._get_param("CapacityBlockOfferingId")
    with as_moto_error():
        offering = _state(ec2).offerings.get(id)
        if offering is None:
            raise AwsError(
                "InvalidParameterValue", f"The Capacity Block offering '{id}' does not exist.", service="Ec2"
            )
        made = _reservation(
            ec2,
            offering.instance_type,
            offering.availability_zone,
            offering.instance_count,
            platform=response._get_param("InstancePlatform"),
            tenancy="default",
            criteria="targeted",
            start=offering.start_date,
            end=offering.end_date,
            placement_group_arn=None,
        )
        made.reservation_type = "capacity-block"
        _let_time_pass(ec2, made)
    return ActionResult({"CapacityReservation": made})


def _reservation(
    ec2: EC2Backend,
    name: str,
    zone: str,
    count: int,
    *,
    platform: str,
    tenancy: str,
    criteria: str,
    start: datetime,
    end: datetime | None,
    placement_group_arn: str | None,
) -> CapacityReservation:
    made = CapacityReservation(
        capacity_reservation_id=f"cr-{secrets.token_hex(9)[:17]}",
        owner_id=ec2.account_id,
        instance_type=name,
        instance_platform=platform,
        availability_zone=zone,
        tenancy=tenancy,
        total_instance_count=count,
        available_instance_count=count,
        state="active",
        instance_match_criteria=criteria,
        reservation_type="default",
        start_date=start,
        end_date=end,
        placement_group_arn=placement_group_arn,
    )
    capacity_reservations(ec2)[made.capacity_reservation_id] = made
    return made


def _let_time_pass(ec2: EC2Backend, reservation: CapacityReservation) -> None:
    now = datetime.now(UTC)
    if reservation.state not in ("active", "scheduled"):
        return
    if reservation.end_date is not None and reservation.end_date <= now:
        reservation.state, reservation.available_instance_count = "expired", 0
    elif reservation.start_date > now:
        reservation.state, reservation.available_instance_count = "scheduled", 0
    else:
        reservation.state = "active"
        running = sum(
            # Of an instance that RunInstances made, nobody says it.
            getattr(instance, "capacity_reservation_id", None) == reservation.capacity_reservation_id
            for instance in ec2.all_running_instances()
        )
        reservation.available_instance_count = max(reservation.total_instance_count - running, 0)


def _find(ec2: EC2Backend, id: str) -> CapacityReservation:
    if id not in capacity_reservations(ec2):
        raise AwsError(
            "InvalidCapacityReservationId.NotFound", f"The capacity reservation '{id}' does not exist", service="Ec2"
        )
    return capacity_reservations(ec2)[id]


def _matches(reservation: CapacityReservation, filters: Mapping[str, list[str]]) -> bool:
    return all(str(getattr(reservation, name.replace("-", "_"), None)) in values for name, values in filters.items())


def _known_type(name: str) -> str:
    if hardware(name) is None:
        raise AwsError(
            "InvalidInstanceType", f"The following supplied instance types do not exist: [{name}]", service="Ec2"
        )
    return name


def _check_offered(ec2: EC2Backend, name: str, zone: str) -> None:
    zones = zones_offering(name, ec2.region_name)
    if zones is not None and zone not in zones:
        raise AwsError(
            "Unsupported",
            f"The requested configuration is currently not supported: '{name}' is not offered in {zone}",
            service="Ec2",
        )


def _moment(value: Any) -> datetime:
    moment = value if isinstance(value, datetime) else datetime.fromisoformat(str(value).replace("Z", "+00:00"))
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)
