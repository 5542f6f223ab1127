"""Checks of what people acknowledge."""

from __future__ import annotations

from collections.abc import Iterator

from ...catalogue.nearest import nearest
from ...rules import RULES
from ...rules.templates import IDLE_ACKNOWLEDGEMENT
from ..acknowledgements import acknowledgements_in
from ..blueprint import Blueprint
from ..check import Check, Violation

__all__ = ["ACKNOWLEDGEMENT_CHECKS"]

_IDS = [rule.id for rule in RULES]


def _idle(blueprint: Blueprint) -> Iterator[Violation]:
    for each in acknowledgements_in(blueprint.templates):
        wrong = "and gives no reason" if not each.reason else None
        if each.rule_id not in _IDS:
            meant = nearest(each.rule_id, _IDS, most=1)
            wrong = "which is no rule" + (f"; did you mean {meant[0]}?" if meant else "")
        if wrong is not None:
            values = {"where": each.where, "id": each.rule_id, "wrong": wrong}
            yield Violation(resource=each.resource, values=values)


ACKNOWLEDGEMENT_CHECKS = (Check(rule=IDLE_ACKNOWLEDGEMENT, violations=_idle),)
