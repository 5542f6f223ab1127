"""Draws which pods have which service accounts, and to which roles these are bound."""

from __future__ import annotations

from ..clusters import ReviewedCluster
from ..grants import bound_roles, role_rules, rule_in_words
from .drawing import Drawing
from .graph import Arrow, Box, draw_graph
from .pods import title_of

__all__ = ["draw_rbac"]

_HEADINGS = ("pods", "subjects", "roles: verbs on kinds")


def draw_rbac(name: str, cluster: ReviewedCluster) -> str | None:
    """Draw the bindings of a cluster. None: the templates have none.

    :param name: An id that no other picture of the page has.
    """
    boxes: dict[str, Box] = {}
    arrows: dict[tuple[str, str], Arrow] = {}
    for bound in bound_roles(cluster):
        subject, title = bound.who, bound.title
        rules = tuple(f"{verbs}: {resources}" for verbs, resources in map(rule_in_words, role_rules(bound.role)))
        boxes.setdefault(subject, Box(key=subject, column=1, title=subject))
        boxes.setdefault(title, Box(key=title, column=2, title=title, lines=rules or ("not of these templates",)))
        where = "in every namespace" if bound.is_everywhere else f"in {bound.binding.namespace}"
        arrows.setdefault((subject, title), Arrow(start=subject, end=title, label=(bound.binding.kind, where)))
    if not arrows:
        return None
    for one in cluster.pods:
        subject = f"ServiceAccount {one.of.namespace}/{one.spec.get('serviceAccountName') or 'default'}"
        title = title_of(one)
        if subject in boxes:
            boxes.setdefault(title, Box(key=title, column=0, title=title))
            arrows.setdefault((title, subject), Arrow(start=title, end=subject, label=("acts as",)))
    said = "; ".join(f"{arrow.start} to {arrow.end}: {', '.join(arrow.label)}" for arrow in arrows.values())
    drawing = Drawing(name, "Who is bound to which role", f"{said}.")
    return draw_graph(drawing, _HEADINGS, list(boxes.values()), list(arrows.values()))
