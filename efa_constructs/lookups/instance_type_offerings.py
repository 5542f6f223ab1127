"""Reads in which zones of a Region EC2 offers instance types."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import islice

from .clients import AwsClients, aws_errors

__all__ = ["read_offerings"]

# EC2 API Reference, "Filter": at most 200 values a request.
_VALUES_A_REQUEST = 200


def read_offerings(clients: AwsClients, instance_types: Iterable[str]) -> dict[str, tuple[str, ...]]:
    """Read which zones of the Region offer instance types.

    :param instance_types: Names, such as ``"p5.48xlarge"``; one that EC2 does not know is offered nowhere.
    :returns: The names of the zones, sorted, for each of the types. Local and Wavelength Zones that the account has
        enabled are among them.
    :raises AwsRequestError: AWS could not be asked, or refused to answer.
    """
    names = sorted(set(instance_types))
    zones: dict[str, set[str]] = {name: set() for name in names}
    with aws_errors():
        for batch in _batches(names):
            pages = clients.ec2.get_paginator("describe_instance_type_offerings").paginate(
                LocationType="availability-zone", Filters=[{"Name": "instance-type", "Values": batch}]
            )
            for offering in (offering for page in pages for offering in page["InstanceTypeOfferings"]):
                zones[offering["InstanceType"]].add(offering["Location"])
    return {name: tuple(sorted(found)) for name, found in zones.items()}


def _batches(names: list[str]) -> Iterator[list[str]]:
    rest = iter(names)
    while batch := list(islice(rest, _VALUES_A_REQUEST)):
        yield batch
