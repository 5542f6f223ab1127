"""Asks for quotas, and for what counts against them already."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from ..catalogue import VcpuQuota, vcpu_quota
from ..catalogue.capacity_reservations import STATES_THAT_TAKE_OF_A_QUOTA
from ..catalogue.search import known_instance_type
from ..errors import AwsRequestError
from .clients import AccountClients, AwsClients, aws_errors

if TYPE_CHECKING:
    from mypy_boto3_ec2.type_defs import CapacityReservationTypeDef, InstanceTypeDef

__all__ = ["VcpusInUse", "count_elastic_ips", "count_vpcs", "read_quota", "read_vcpus_in_use"]


@dataclass(frozen=True, slots=True, kw_only=True)
class VcpusInUse:
    """What counts against a quota of vCPUs."""

    count: int
    # Types of which there are instances, and of which EC2 no longer says how many vCPUs they have.
    not_counted: tuple[str, ...]


# EC2 API Reference, "Filter": at most 200 values a request.
_VALUES_A_REQUEST = 200


def read_quota(clients: AccountClients, service: str, code: str) -> float:
    """Read what a quota of the Region is for this account: its own value, or where it never had one, AWS's default.

    :raises AwsRequestError: AWS could not be asked, or refused to answer.
    """
    asked = {"ServiceCode": service, "QuotaCode": code}
    try:
        with aws_errors():
            return float(clients.service_quotas.get_service_quota(**asked)["Quota"]["Value"])
    except AwsRequestError as error:
        if error.code != "NoSuchResourceException":
            raise
    with aws_errors():
        return float(clients.service_quotas.get_aws_default_service_quota(**asked)["Quota"]["Value"])


def count_vpcs(clients: AwsClients) -> int:
    """Count the VPCs of the Region.

    :raises AwsRequestError: AWS could not be asked, or refused to answer.
    """
    with aws_errors():
        return sum(len(page["Vpcs"]) for page in clients.ec2.get_paginator("describe_vpcs").paginate())


def count_elastic_ips(clients: AwsClients) -> int:
    """Count the Elastic IP addresses of the Region.

    :raises AwsRequestError: AWS could not be asked, or refused to answer.
    """
    with aws_errors():
        # It has no pages.
        return len(clients.ec2.describe_addresses()["Addresses"])


def read_vcpus_in_use(clients: AccountClients, quota: VcpuQuota, *, spot: bool) -> VcpusInUse:
    """Count the vCPUs that count against a quota already.

    Those of the account's On-Demand Capacity Reservations, used or not, by whichever account ("Shared Capacity
    Reservations" of the Amazon EC2 User Guide, "Instance limits"), and of running instances outside of any. Instances
    that are pending or stopped do not count, nor those on Dedicated Hosts: "On-Demand Instance quotas" there.

    :raises AwsRequestError: AWS could not be asked, or refused to answer.
    """
    with aws_errors():
        reservations = [] if spot else _reservations(clients)
        reserved = {one["CapacityReservationId"] for one in reservations}
        counted = [*_running(clients, quota, reserved, spot=spot), *_reserved(clients, quota, reservations)]
        known = _vcpus_of_types(clients, {name for name, own, _ in counted if own is None})
    sizes = [(name, own if own is not None else known.get(name), count) for name, own, count in counted]
    return VcpusInUse(
        count=sum(count * size for _, size, count in sizes if size is not None),
        not_counted=tuple(sorted({name for name, size, count in sizes if size is None and count})),
    )


# A type, the vCPUs of an instance where it has chosen fewer than its type has, and how many instances.
_Counted = tuple[str, int | None, int]


def _reservations(clients: AwsClients) -> list[CapacityReservationTypeDef]:
    """The On-Demand Capacity Reservations that take of a quota: of this account, or shared with it."""
    pages = clients.ec2.get_paginator("describe_capacity_reservations").paginate(
        Filters=[{"Name": "state", "Values": list(STATES_THAT_TAKE_OF_A_QUOTA)}]
    )
    found = [one for page in pages for one in page["CapacityReservations"]]
    return [one for one in found if one.get("ReservationType") != "capacity-block"]


def _running(clients: AwsClients, quota: VcpuQuota, reserved: set[str], *, spot: bool) -> Iterator[_Counted]:
    """
    :param reserved: Ids of reservations: instances in them count as these do.
    """
    pages = clients.ec2.get_paginator("describe_instances").paginate(
        Filters=[{"Name": "instance-state-name", "Values": ["running"]}]
    )
    for page in pages:
        for instance in (one for reservation in page["Reservations"] for one in reservation["Instances"]):
            market = instance.get("InstanceLifecycle")
            on_own_host = instance.get("Placement", {}).get("Tenancy") == "host"
            counts = market == "spot" if spot else market not in ("spot", "capacity-block") and not on_own_host
            counts = counts and instance.get("CapacityReservationId") not in reserved
            if counts and vcpu_quota(instance["InstanceType"], spot=spot) == quota:
                yield instance["InstanceType"], _own_vcpus(instance), 1


def _own_vcpus(instance: InstanceTypeDef) -> int | None:
    options = instance.get("CpuOptions", {})
    if "CoreCount" not in options or "ThreadsPerCore" not in options:
        return None
    return options["CoreCount"] * options["ThreadsPerCore"]


def _reserved(
    clients: AccountClients, quota: VcpuQuota, reservations: Sequence[CapacityReservationTypeDef]
) -> Iterator[_Counted]:
    """All of each reservation. One that another account shares takes of that account's quota."""
    if not reservations:
        return
    account = clients.sts.get_caller_identity()["Account"]
    for one in reservations:
        if one["OwnerId"] == account and vcpu_quota(one["InstanceType"]) == quota:
            yield one["InstanceType"], None, one["TotalInstanceCount"]


def _vcpus_of_types(clients: AwsClients, names: set[str]) -> dict[str, int]:
    # The catalogue has the types with EFA.
    known = {name: one.vcpus for name in names if (one := known_instance_type(name)) is not None}
    return known | dict(_asked_vcpus(clients, sorted(names - set(known))))


def _asked_vcpus(clients: AwsClients, names: list[str]) -> Iterator[tuple[str, int]]:
    for start in range(0, len(names), _VALUES_A_REQUEST):
        # By a filter: for one name that it does not describe, EC2 would refuse all of them.
        pages = clients.ec2.get_paginator("describe_instance_types").paginate(
            Filters=[{"Name": "instance-type", "Values": names[start : start + _VALUES_A_REQUEST]}]
        )
        for one in (each for page in pages for each in page["InstanceTypes"]):
            yield one["InstanceType"], one["VCpuInfo"]["DefaultVCpus"]
