"""Are there instances for the nodes: quota, reservation or Capacity Block, placement group?"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from .. import catalogue
from ..catalogue import VcpuQuota
from ..catalogue.capacity_reservations import STATES_THAT_TAKE_OF_A_QUOTA
from ..lookups.capacity_reservations import CapacityReservation
from ..rules.launch_templates import (
    BLOCK_IN_PLACEMENT_GROUP,
    NOT_CLUSTERED,
    RESERVATION_IN_NEW_PLACEMENT_GROUP,
)
from .account import Account
from .chosen_subnet import zone_of_nodes
from .own_nodes import make_sure, nodes_beside_replaced_ones, own_nodes
from .plan import Capacity, Plan
from .rows import Check, Verdict, failed, not_checked, passed, warned

__all__ = ["CHECKS"]

# EC2 User Guide, "Capacity Reservation states" and "View Capacity Blocks".
_TO_COME = frozenset({"scheduled", "pending", "payment-pending", "assessing", "delayed"})
_NEVER_HAD = frozenset({"payment-failed", "failed", "unsupported"})
# The platform and tenancy of nodes.
_AS_NODES_ARE = ("Linux/UNIX", "default")
# EKS User Guide, "Create a managed node group with Capacity Blocks for ML".
_DRAINED_BEFORE = timedelta(minutes=40)
# A run that ends sooner is hardly meant.
_SOON = timedelta(hours=24)


def _vcpu_quota(plan: Plan, account: Account) -> Verdict:
    if plan.capacity is Capacity.CAPACITY_BLOCK:
        return passed("instances of a Capacity Block have a quota of their own, which was met when it was bought")
    quota = catalogue.vcpu_quota(plan.instance.name, spot=plan.capacity is Capacity.SPOT)
    if quota is None or account.vcpu_quota is None or account.vcpus_in_use is None:
        return not_checked(
            f"AWS documents no quota for {plan.instance.name} as {plan.capacity}",
            "look in the console of Service Quotas, service Amazon EC2",
        )
    limit, in_use = int(account.vcpu_quota.value()), account.vcpus_in_use.value()
    used = in_use.count
    there = len(own_nodes(plan, account))
    reserved = _reserved_nodes(plan, account)
    needed = max(plan.nodes - there - reserved, 0) * plan.instance.vcpus
    counted = f"{used} of the {limit} vCPUs of the quota '{quota.name}' ({quota.code}) are in use"
    if in_use.not_counted:
        counted += f", beside those of {', '.join(in_use.not_counted)}, which EC2 describes no more"
    nodes = plan.nodes_in_words + (f", {there} of which are there already," if there else "")
    more = f"{needed} more{' beside what is reserved' if reserved else ''}"
    if needed > limit - used:
        make_sure(account)
        room = max(limit - used, 0) // plan.instance.vcpus
        return failed(
            f"{counted}: there is room for {room} more {plan.instance.name}, and {nodes} need {more}",
            f"{_ask_for(used + needed, quota, plan)}, or deploy fewer nodes",
        )
    enough = f"{counted}, and {nodes} need {more}"
    beside = nodes_beside_replaced_ones(plan, account)
    at_most = max(plan.nodes + beside - there - reserved, 0) * plan.instance.vcpus
    # Nothing more is certain to have room.
    if in_use.not_counted and at_most:
        return not_checked(enough, "count their vCPUs, and see that there is room for both")
    if at_most > limit - used:
        return warned(
            f"{enough}; an update that replaces nodes launches up to {beside} before it ends any, and for these there "
            "is no room",
            f"if more than sizes change, {_ask_for(used + at_most, quota, plan)}, or let fewer nodes run meanwhile",
        )
    return passed(enough)


def _ask_for(vcpus: int, quota: VcpuQuota, plan: Plan) -> str:
    return (
        "ask for more ('aws service-quotas request-service-quota-increase --service-code ec2 --quota-code "
        f"{quota.code} --desired-value {vcpus} --region {plan.region}')"
    )


def _reserved_nodes(plan: Plan, account: Account) -> int:
    """Nodes for which no quota needs room: reservations have taken it, of this account or another's that shares them.

    EC2 User Guide, "Shared Capacity Reservations", "Instance limits". An instance that names no reservation runs in an
    open one with its attributes: "Launch instances into an existing Capacity Reservation".
    """
    if account.reservation is not None:
        found = account.reservation.value()
        takes = found is not None and found.state in STATES_THAT_TAKE_OF_A_QUOTA and _takes_nodes(found, plan)
        return _instances_for_nodes(found) if found is not None and takes else 0
    if account.open_reservations is None:
        return 0
    reservations = account.open_reservations.value()
    if not reservations:
        return 0
    zone = zone_of_nodes(plan, account)
    return sum(each.available for each in reservations if each.availability_zone == zone and _takes_nodes(each, plan))


def _instances_for_nodes(found: CapacityReservation) -> int:
    """Instances that are free in a reservation, or will be once it begins."""
    if found.state == "active":
        return found.available
    return found.total if found.state in _TO_COME else 0


def _takes_nodes(found: CapacityReservation, plan: Plan) -> bool:
    """Whether EC2 launches such nodes into it, as far as their attributes go."""
    group = _group_of(found)
    is_block = found.reservation_type == "capacity-block"
    return (
        found.instance_type == plan.instance.name
        and (found.platform, found.tenancy) == _AS_NODES_ARE
        and is_block is (plan.capacity is Capacity.CAPACITY_BLOCK)
        and (not group or group == plan.placement_group)
    )


def _group_of(found: CapacityReservation) -> str:
    """Name of the placement group that a reservation was made in; empty: in none."""
    return (found.placement_group_arn or "").partition(":placement-group/")[2]


def _state(plan: Plan, account: Account) -> Verdict | None:
    if account.reservation is None:
        return None
    found = account.reservation.value()
    if found is None:
        return failed(
            f"this account has no reservation {plan.capacity_reservation_id} in {plan.region}",
            "name one that 'aws ec2 describe-capacity-reservations' shows",
        )
    if found.state == "active":
        return passed(f"{found.id} is active")
    if found.state in _TO_COME:
        begins = f" and begins at {_time(found.starts)}" if found.starts else ""
        return warned(
            f"{found.id} is {found.state}{begins}: before that it has no instances",
            "deploy with 'efa:minSize' and 'efa:desiredSize' 0, and scale up once it is active",
        )
    has = "never had instances" if found.state in _NEVER_HAD else "has no instances any more"
    return failed(f"{found.id} is {found.state}: it {has}", "reserve capacity anew")


def _kind(plan: Plan, account: Account) -> Verdict | None:
    found = _reservation(account)
    if found is None:
        return None
    is_block = found.reservation_type == "capacity-block"
    if is_block is (plan.capacity is Capacity.CAPACITY_BLOCK):
        return passed(f"{found.id} is {'a Capacity Block' if is_block else 'an On-Demand Capacity Reservation'}")
    if is_block:
        return failed(
            f"{found.id} is a Capacity Block, into which EC2 launches no On-Demand Instances",
            "name it with 'efa:capacityBlockId' in place of 'efa:capacityReservationId'",
        )
    return failed(
        f"{found.id} is an On-Demand Capacity Reservation, no Capacity Block",
        "name it with 'efa:capacityReservationId' in place of 'efa:capacityBlockId'",
    )


def _type(plan: Plan, account: Account) -> Verdict | None:
    found = _reservation(account)
    if found is None:
        return None
    if found.instance_type == plan.instance.name:
        return passed(f"{found.id} is of {found.instance_type}")
    return failed(
        f"{found.id} is of {found.instance_type}, and EC2 launches no {plan.instance.name} into it",
        f"set 'efa:instanceType' to {found.instance_type}, or use another reservation",
    )


def _zone(plan: Plan, account: Account) -> Verdict | None:
    found = _reservation(account)
    if found is None:
        return None
    zone = zone_of_nodes(plan, account)
    if found.availability_zone == zone:
        return passed(f"{found.id} is in {zone}")
    return failed(
        f"{found.id} is in {found.availability_zone}, and the nodes go to {zone}",
        f"set 'efa:availabilityZone' to {found.availability_zone}, and on an existing cluster use a subnet there",
    )


def _room(plan: Plan, account: Account) -> Verdict | None:
    found = _reservation(account)
    if found is None:
        return None
    there = sum(node.capacity_reservation_id == found.id for node in own_nodes(plan, account))
    room = _instances_for_nodes(found) + there
    if room >= plan.nodes:
        own = f", {there} of which are in it already" if there else ""
        return passed(f"{found.id} has room for {room} instances, and {plan.nodes} are wanted{own}")
    make_sure(account)
    return failed(
        f"{found.id} has room for {room} of the {plan.nodes} instances that the node group may have",
        _make_room(found, room),
    )


def _make_room(found: CapacityReservation, room: int) -> str:
    if found.state == "assessing":
        return "wait until EC2 has decided about it, or use another one"
    free = ["end what else runs in it"] if found.state == "active" and found.available < found.total else []
    ways = [f"set 'efa:maxSize' to {room}" if room else "use another one", *free]
    return ", or ".join(ways)


def _platform(plan: Plan, account: Account) -> Verdict | None:
    found = _reservation(account)
    if found is None:
        return None
    if (found.platform, found.tenancy) == _AS_NODES_ARE:
        return passed(f"{found.id} is for Linux/UNIX on shared hardware, as the nodes are")
    return failed(
        f"{found.id} is for {found.platform} with the tenancy {found.tenancy}, and the nodes are Linux/UNIX with the "
        "tenancy default",
        "use a reservation for Linux/UNIX with the tenancy default",
    )


def _end(plan: Plan, account: Account) -> Verdict | None:
    found = _reservation(account)
    if found is None:
        return None
    if found.ends is None:
        return passed(f"{found.id} goes on until it is cancelled")
    left = found.ends - datetime.now(UTC)
    is_block = plan.capacity is Capacity.CAPACITY_BLOCK
    minutes = f"{_DRAINED_BEFORE.seconds // 60} minutes"
    drained = f", and EKS drains its nodes {minutes} before" if is_block else ""
    if left <= timedelta():
        return failed(f"{found.id} ended at {_time(found.ends)}", "reserve capacity anew")
    if is_block and left <= _DRAINED_BEFORE:
        return failed(
            f"{found.id} ends at {_time(found.ends)}, and in the last {minutes} of a Capacity Block EKS drains its "
            "nodes",
            "use another one",
        )
    if left < _SOON:
        return warned(f"{found.id} ends at {_time(found.ends)}{drained}", "make sure that this is long enough")
    return passed(f"{found.id} ends at {_time(found.ends)}{drained}")


def _placement_group(plan: Plan, account: Account) -> Verdict | None:
    found = _reservation(account)
    reserved_in = _group_of(found) if found else ""
    name = plan.placement_group
    if name is None or account.placement_group is None:
        return _not_in_the_group(found, reserved_in) if found and reserved_in else None
    if plan.capacity is Capacity.CAPACITY_BLOCK:
        return failed(
            f"a Capacity Block places its instances itself, and placement group {name} is asked for",
            "leave 'efa:placementGroup' out",
            BLOCK_IN_PLACEMENT_GROUP,
        )
    group = account.placement_group.value()
    if group is None:
        return failed(
            f"there is no placement group {name} in {plan.region}",
            f"make it ('aws ec2 create-placement-group --group-name {name} --strategy cluster --region "
            f"{plan.region}'), or leave 'efa:placementGroup' out: the app makes one of its own",
        )
    if found is not None and reserved_in != name:
        return _not_in_the_group(found, reserved_in) if reserved_in else _reserved_elsewhere(found, name)
    if group.strategy != "cluster":
        return warned(
            NOT_CLUSTERED.broken(group=f"placement group {name}", strategy=group.strategy),
            NOT_CLUSTERED.mend(),
            NOT_CLUSTERED,
        )
    return passed(f"placement group {name} has the strategy cluster")


def _not_in_the_group(found: CapacityReservation, group: str) -> Verdict:
    return failed(
        f"{found.id} was made in placement group {group}, and EC2 launches into it only what is in that group",
        f"set 'efa:placementGroup' to {group}",
        RESERVATION_IN_NEW_PLACEMENT_GROUP,
    )


def _reserved_elsewhere(found: CapacityReservation, name: str) -> Verdict:
    # https://github.com/eksctl-io/eksctl/issues/7949: 5 of 16 reserved instances could not be launched.
    return warned(
        f"{found.id} was made in no placement group: EC2 may answer InsufficientInstanceCapacity for those of its "
        f"instances that it cannot place in {name}",
        "leave 'efa:placementGroup' out, or reserve in that group",
        RESERVATION_IN_NEW_PLACEMENT_GROUP,
    )


def _reservation(account: Account) -> CapacityReservation | None:
    return account.reservation.value() if account.reservation else None


def _time(moment: datetime | None) -> str:
    return moment.astimezone(UTC).strftime("%Y-%m-%d %H:%M UTC") if moment else "an unknown time"


_SUBJECT = "capacity"

CHECKS = (
    Check("vcpu-quota", _SUBJECT, _vcpu_quota),
    Check("reservation-state", _SUBJECT, _state),
    Check("reservation-kind", _SUBJECT, _kind),
    Check("reservation-instance-type", _SUBJECT, _type),
    Check("reservation-zone", _SUBJECT, _zone),
    Check("reservation-room", _SUBJECT, _room),
    Check("reservation-platform", _SUBJECT, _platform),
    Check("reservation-end", _SUBJECT, _end),
    Check("placement-group", _SUBJECT, _placement_group),
)
