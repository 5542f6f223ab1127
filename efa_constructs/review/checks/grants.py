"""Checks of what RBAC gives to whom."""

from __future__ import annotations

from collections.abc import Iterator

from ...rules.manifests import RIGHTS_ARE_OF_SOMEBODY
from ..blueprint import Blueprint
from ..check import Check, Violation, about
from ..clusters import clusters_of
from ..grants import grants_to_everyone

__all__ = ["GRANT_CHECKS"]


def _of_everyone(blueprint: Blueprint) -> Iterator[Violation]:
    for cluster in clusters_of(blueprint):
        for grant in grants_to_everyone(cluster):
            yield about(grant.binding, who=grant.who, what=grant.what)


GRANT_CHECKS = (Check(rule=RIGHTS_ARE_OF_SOMEBODY, violations=_of_everyone),)
