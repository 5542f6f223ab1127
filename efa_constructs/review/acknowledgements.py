"""Which findings people accept, and why: in a template on the resource, in a CDK app on a construct around it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from ..rules import PLUGIN_NAME
from .resource import Resource
from .shapes import as_mappings, at_path
from .templates import Templates

__all__ = ["Acknowledgement", "acknowledgements_in", "reason_for"]

# Of a resource: {"efa-constructs": {"acknowledge": [{"id": ..., "reason": ...}]}}
_METADATA = (PLUGIN_NAME, "acknowledge")
_PREFIX = f"{PLUGIN_NAME}::"


class Acknowledgement(NamedTuple):
    """A rule that people let something break."""

    rule_id: str
    # Without one, nothing is accepted.
    reason: str
    # Of the resource itself, or the first within the construct.
    resource: Resource
    # In words: who says so.
    where: str


def reason_for(rule_id: str, resource: Resource) -> str | None:
    """Why people accept that a resource breaks a rule. None: nobody does, or nobody says why."""
    reasons = {each.rule_id: each.reason for each in _of(resource) if each.reason}
    return reasons.get(rule_id)


def acknowledgements_in(templates: Templates) -> Iterator[Acknowledgement]:
    """All of some templates, each once."""
    seen = set()
    for resource in templates.resources:
        for each in _of(resource):
            key = (each.where, each.rule_id, resource.stack.name.partition("/")[0])
            if key not in seen:
                seen.add(key)
                yield each


def _of(resource: Resource) -> Iterator[Acknowledgement]:
    path = resource.construct_path or resource.stack.construct_path or ""
    for scope, reasons in resource.stack.acknowledgements.items():
        if path == scope or path.startswith(f"{scope}/"):
            for identifier, reason in reasons.items():
                if identifier.startswith(_PREFIX):
                    rule_id = identifier.removeprefix(_PREFIX)
                    yield Acknowledgement(rule_id, str(reason).strip(), resource, f"the construct {scope}")
    for entry in as_mappings(at_path(resource.metadata, *_METADATA)):
        reason = str(entry.get("reason") or "").strip()
        yield Acknowledgement(str(entry.get("id")), reason, resource, f"the metadata of {resource.name}")
