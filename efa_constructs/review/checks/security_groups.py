"""Checks of the security groups of EFA interfaces."""

from __future__ import annotations

from collections.abc import Iterator

from ...rules.security_groups import EGRESS_TO_ITSELF, INGRESS_FROM_ITSELF
from ..blueprint import Blueprint
from ..check import Check, Violation
from ..security_groups import rules_of
from ..templates import Resource

__all__ = ["SECURITY_GROUP_CHECKS"]


def _no_egress_to_itself(blueprint: Blueprint) -> Iterator[Violation]:
    yield from _one_way_only(blueprint, missing="Egress", there="Ingress")


def _no_ingress_from_itself(blueprint: Blueprint) -> Iterator[Violation]:
    yield from _one_way_only(blueprint, missing="Ingress", there="Egress")


def _one_way_only(blueprint: Blueprint, *, missing: str, there: str) -> Iterator[Violation]:
    for group in _groups_of_efa_interfaces(blueprint):
        own = {
            rule.direction
            for rule in rules_of(blueprint.templates, group)
            if rule.is_of_all_traffic and blueprint.templates.at(rule.peer_group) is group
        }
        if there in own and missing not in own:
            yield Violation(resource=group, values={"group": group.logical_id})


def _groups_of_efa_interfaces(blueprint: Blueprint) -> Iterator[Resource]:
    seen = set()
    for template in blueprint.launch_templates:
        for interface in template.efa_interfaces:
            for value in interface.groups:
                group = blueprint.templates.at(value)
                if group is not None and group.type == "AWS::EC2::SecurityGroup" and group not in seen:
                    seen.add(group)
                    yield group


SECURITY_GROUP_CHECKS = (
    Check(rule=EGRESS_TO_ITSELF, violations=_no_egress_to_itself),
    Check(rule=INGRESS_FROM_ITSELF, violations=_no_ingress_from_itself),
)
