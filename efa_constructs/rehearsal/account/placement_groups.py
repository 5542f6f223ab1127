"""EC2 placement groups, which moto does not have: their state, and their part of the EC2 API."""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any
from weakref import WeakKeyDictionary

from moto.core.responses import ActionResult, EmptyResult
from moto.ec2.models import EC2Backend
from moto.ec2.models.instances import Instance
from moto.ec2.responses import EC2Response

from .moto_errors import as_moto_error
from .resource_type import AwsError

__all__ = [
    "PlacementGroup",
    "create_placement_group",
    "delete_placement_group",
    "placement_groups",
    "serve_placement_groups",
]


@dataclass(kw_only=True)
class PlacementGroup:
    """A placement group, its attributes named as moto's serializer looks for them."""

    group_name: str
    strategy: str
    partition_count: int | None = None
    spread_level: str | None = None
    group_id: str = field(default_factory=lambda: f"pg-{secrets.token_hex(9)[:17]}")
    group_arn: str = ""
    state: str = "available"
    tags: list[dict[str, str]] = field(default_factory=list)


# A backend that moto resets is another object, so its groups go with it.
_GROUPS: WeakKeyDictionary[EC2Backend, dict[str, PlacementGroup]] = WeakKeyDictionary()


def placement_groups(ec2: EC2Backend) -> dict[str, PlacementGroup]:
    """The placement groups of an account and Region, by name."""
    return _GROUPS.setdefault(ec2, {})


def create_placement_group(
    ec2: EC2Backend,
    name: str,
    *,
    strategy: str = "cluster",
    partition_count: int | None = None,
    spread_level: str | None = None,
    tags: Mapping[str, str] | None = None,
) -> PlacementGroup:
    """CreatePlacementGroup."""
    if name in placement_groups(ec2):
        raise AwsError(
            "InvalidPlacementGroup.Duplicate", f"The placement group '{name}' already exists.", service="Ec2"
        )
    if strategy not in ("cluster", "spread", "partition"):
        raise AwsError("InvalidParameterValue", f"Value ({strategy}) for parameter strategy is invalid.", service="Ec2")
    if partition_count is not None and strategy != "partition":
        raise AwsError(
            "InvalidParameterCombination",
            "A partition count can only be specified for strategy partition.",
            service="Ec2",
        )
    group = PlacementGroup(
        group_name=name,
        strategy=strategy,
        partition_count=partition_count if partition_count or strategy != "partition" else 2,
        spread_level=spread_level,
        tags=[{"Key": key, "Value": value} for key, value in (tags or {}).items()],
    )
    group.group_arn = f"arn:aws:ec2:{ec2.region_name}:{ec2.account_id}:placement-group/{name}"
    placement_groups(ec2)[name] = group
    return group


def delete_placement_group(ec2: EC2Backend, name: str) -> None:
    """DeletePlacementGroup: refused while instances are in it."""
    if name not in placement_groups(ec2):
        raise AwsError("InvalidPlacementGroup.Unknown", f"The Placement Group '{name}' is unknown.", service="Ec2")
    if any(_is_in(instance, name) for instance in ec2.all_instances()):
        raise AwsError(
            "InvalidPlacementGroup.InUse",
            f"The placement group '{name}' is in use and may not be deleted.",
            service="Ec2",
        )
    del placement_groups(ec2)[name]


def serve_placement_groups() -> None:
    """Teach moto's EC2 the three operations. Doing it again changes nothing."""
    operations = {
        "create_placement_group": _create,
        "delete_placement_group": _delete,
        "describe_placement_groups": _describe,
    }
    for name, function in operations.items():
        setattr(EC2Response, name, function)


def _is_in(instance: Instance, name: str) -> bool:
    return instance.state != "terminated" and instance.placement.group_name == name


def _create(response: Any) -> ActionResult:
    tags = {
        tag["Key"]: tag["Value"]
        for specification in response._get_param("TagSpecifications", [])
        for tag in specification.get("Tags", [])
    }
    with as_moto_error():
        group = create_placement_group(
            response.ec2_backend,
            response._get_param("GroupName"),
            strategy=response._get_param("Strategy", "cluster"),
            partition_count=response._get_param("PartitionCount"),
            spread_level=response._get_param("SpreadLevel"),
            tags=tags,
        )
    return ActionResult({"PlacementGroup": group})


def _describe(response: Any) -> ActionResult:
    groups = placement_groups(response.ec2_backend)
    names, ids = response._get_param("GroupNames"), response._get_param("GroupIds")
    with as_moto_error():
        for name in names or ():
            if name not in groups:
                raise AwsError("InvalidPlacementGroup.Unknown", f"The Placement Group '{name}' is unknown.")
    filters = {filter_["Name"]: filter_["Values"] for filter_ in response._get_param("Filters", [])}
    found = [
        group
        for group in groups.values()
        if (not names or group.group_name in names) and (not ids or group.group_id in ids) and _matches(group, filters)
    ]
    return ActionResult({"PlacementGroups": found})


def _delete(response: Any) -> EmptyResult:
    with as_moto_error():
        delete_placement_group(response.ec2_backend, response._get_param("GroupName"))
    return EmptyResult()


def _matches(group: PlacementGroup, filters: Mapping[str, list[str]]) -> bool:
    shown = {
        "group-name": group.group_name,
        "group-arn": group.group_arn,
        "state": group.state,
        "strategy": group.strategy,
        "spread-level": group.spread_level,
    }
    shown |= {f"tag:{tag['Key']}": tag["Value"] for tag in group.tags}
    return all(shown.get(name) in values for name, values in filters.items())
