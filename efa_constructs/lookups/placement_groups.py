"""Reads placement groups."""

from __future__ import annotations

from .clients import AwsClients, aws_errors
from .deployed import PlacementGroup

__all__ = ["read_placement_group"]


def read_placement_group(clients: AwsClients, name: str) -> PlacementGroup | None:
    """Read a placement group. None: there is none with this name in the Region.

    :raises AwsRequestError: AWS could not be asked, or refused to answer.
    """
    with aws_errors():
        found = clients.ec2.describe_placement_groups(Filters=[{"Name": "group-name", "Values": [name]}])
    return next(
        (PlacementGroup(name=name, strategy=group["Strategy"]) for group in found["PlacementGroups"]),
        None,
    )
