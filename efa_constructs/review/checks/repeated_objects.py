"""Checks whether an object of a cluster stands in several manifests."""

from __future__ import annotations

from collections.abc import Iterator

from ...rules.manifests import OBJECTS_STAND_ONCE
from ..blueprint import Blueprint
from ..check import Check, Violation, about
from ..clusters import clusters_of
from ..manifests import KubernetesObject
from ..shapes import at_path
from ..values import known_text

__all__ = ["REPEATED_OBJECT_CHECKS"]


def _repeated(blueprint: Blueprint) -> Iterator[Violation]:
    for cluster in clusters_of(blueprint):
        seen: dict[tuple[str, ...], KubernetesObject] = {}
        for one in cluster.objects:
            if known_text(at_path(one.content, "metadata", "name")) is None or known_text(one.namespace) is None:
                continue
            first = seen.setdefault((one.group, one.kind, one.namespace, one.object_name), one)
            # The same twice does no harm, such as a namespace that every team's manifests begin with.
            if first.content != one.content:
                yield about(one, other=first.resource.name)


REPEATED_OBJECT_CHECKS = (Check(rule=OBJECTS_STAND_ONCE, violations=_repeated),)
