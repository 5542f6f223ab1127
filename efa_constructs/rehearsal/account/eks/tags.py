"""Tags of EKS resources, by their ARN."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from ..eks_refusals import not_found
from .state import EksState

__all__ = ["list_tags_for_resource", "tag_resource", "untag_resource"]


def tag_resource(state: EksState, request: dict[str, Any]) -> dict[str, Any]:
    """TagResource."""
    _tags(state, request["resourceArn"]).update(request["tags"])
    return {}


def untag_resource(state: EksState, request: dict[str, Any]) -> dict[str, Any]:
    """UntagResource."""
    tags = _tags(state, request["resourceArn"])
    for key in request["tagKeys"]:
        tags.pop(key, None)
    return {}


def list_tags_for_resource(state: EksState, request: dict[str, Any]) -> dict[str, Any]:
    """ListTagsForResource."""
    return {"tags": _tags(state, request["resourceArn"])}


def _tags(state: EksState, arn: str) -> dict[str, str]:
    for candidate, description in _resources(state):
        if candidate == arn:
            tags: dict[str, str] = description.setdefault("tags", {})
            return tags
    raise not_found(f"The specified resource could not be found: {arn}")


def _resources(state: EksState) -> Iterator[tuple[str, dict[str, Any]]]:
    for cluster in state.clusters.values():
        yield cluster.description["arn"], cluster.description
        for node_group in cluster.node_groups.values():
            yield node_group["nodegroupArn"], node_group
        for entry in cluster.access_entries.values():
            yield entry.description["accessEntryArn"], entry.description
        for addon in cluster.addons.values():
            yield addon["addonArn"], addon
        for association in cluster.pod_identity_associations.values():
            yield association["associationArn"], association
