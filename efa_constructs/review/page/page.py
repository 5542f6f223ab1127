"""Renders the page: what is found in the templates, put into an HTML template."""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import Any, TypeVar

from jinja2 import Environment
from markupsafe import Markup

from ...catalogue import newest_versions
from ...rules import Severity
from ..blueprint import Blueprint
from ..clusters import ReviewedCluster, clusters_of
from ..comparison import Comparison, compare
from ..launch_template import LaunchTemplate
from ..networks import Network, networks
from ..reach import paths
from ..review import Finding, Review
from .assumptions import assumptions
from .change_table import ChangeRow, change_rows
from .cost_drivers import cost_drivers
from .environment import page_environment
from .images import images
from .kubernetes_access import kubernetes_grants
from .kubernetes_picture import draw_workloads
from .names import Names
from .network_picture import draw_network, network_title
from .node_picture import draw_node
from .permissions import cluster_access, principals
from .pods import all_pods, rights_on_the_node, title_of
from .rbac_picture import draw_rbac
from .resource_policies import resource_grants
from .security_group_picture import draw_security_groups, paths_to_draw, peer_name
from .summary import changes_in_words, makes, openness
from .table_cells import with_breaks, with_headings
from .verdict import speaks_against_efa, verdict
from .versions import versions

__all__ = ["render_page"]

_Told = TypeVar("_Told")


@dataclass(frozen=True, kw_only=True)
class _Node:
    """Nodes of a launch template, as they are drawn."""

    title: str
    svg: Markup
    # By letter, the name of a security group.
    groups: Mapping[str, str]


@dataclass(frozen=True, kw_only=True)
class _StackResources:
    name: str
    place: str
    count: int
    # By type, names of the resources, with whether they stay when the stack goes.
    types: Sequence[tuple[str, Sequence[tuple[str, bool]]]]


@dataclass(frozen=True, kw_only=True)
class _Finding:
    finding: Finding
    where: str
    logical_id: str
    path: str


def render_page(review: Review, against: Review | None = None) -> str:
    """The page about templates.

    :param against: The review of the templates that are deployed now. Default: the page does not say what changes.
    """
    return _environment().get_template("page.html.jinja").render(_contents(review, against))


@functools.cache
def _environment() -> Environment:
    environment = page_environment(__package__)
    environment.filters["as_sentence"] = _as_sentence
    environment.filters["with_breaks"] = with_breaks
    environment.filters["with_headings"] = with_headings
    return environment


def _as_sentence(text: str) -> str:
    """Problems are written to stand after a colon. What begins with a name begins as the name does."""
    first, _, _ = text.partition(" ")
    return text[0].upper() + text[1:] if first in ("a", "an", "no", "one", "the") else text


def _contents(review: Review, against: Review | None) -> dict[str, Any]:
    blueprint = review.blueprint
    names = Names(blueprint.templates)
    clusters, found_networks, found_paths = clusters_of(blueprint), networks(blueprint), paths(blueprint)
    pods = all_pods(clusters)
    roles, found_images = principals(blueprint, names), images(pods)
    of_resources = resource_grants(blueprint, names)
    drawn = paths_to_draw(blueprint, found_paths)
    left_out = len(found_paths) - len(drawn)
    comparison = None if against is None else compare(against.blueprint.templates, blueprint.templates)
    return {
        "looked_up": newest_versions.LOOKED_UP,
        "named": names.of_value,
        "name_of": names.of,
        "title": ", ".join(stack.name for stack in blueprint.templates.stacks),
        "verdict": verdict(review, found_networks, clusters, names),
        "makes": makes(blueprint, found_networks, pods, names),
        "openness": openness(blueprint, found_paths, of_resources, found_networks, names),
        "severities": _severities(review.findings),
        "errors": [_finding(one, names) for one in review.findings if speaks_against_efa(one)],
        "findings": [_finding(finding, names) for finding in review.findings],
        "acknowledged": [_finding(finding, names) for finding in review.acknowledged],
        "nodes": list(_nodes(blueprint, names)),
        "networks": list(_networks(found_networks, names)),
        "groups": Markup(draw_security_groups(blueprint, drawn, names)) if found_paths else None,
        "left_out": f" {left_out} rules of security groups of other things are in the table alone." if left_out else "",
        # What lets the world in stands first.
        "paths": [
            (path, peer_name(path.source, names), peer_name(path.destination, names))
            for path in sorted(found_paths, key=lambda path: not path.source.is_world)
        ],
        "workloads": list(_workloads(clusters, names)),
        "pods": [(title_of(one), rights) for one in pods if (rights := rights_on_the_node(one))],
        "principals": roles,
        "resource_grants": _by(lambda grant: grant.on, of_resources),
        "cluster_access": list(cluster_access(blueprint, names)),
        "kubernetes_grants": _by(lambda grant: grant.who, kubernetes_grants(clusters, names)),
        "rbac": list(_rbac(clusters, names)),
        "images": found_images,
        "versions": versions(blueprint, found_images, names),
        "cost_drivers": cost_drivers(blueprint, found_networks, names),
        "assumptions": assumptions(blueprint, found_paths, roles, names),
        "resources": _resources(blueprint, names),
        "objects": blueprint.objects,
        "changes": comparison and _changes(comparison, names),
        "changes_in_words": comparison and changes_in_words(comparison, names),
        "exports_in_use": comparison.exports_in_use if comparison else (),
    }


def _severities(findings: Sequence[Finding]) -> list[tuple[str, int]]:
    counts = [(str(severity), sum(one.rule.severity is severity for one in findings)) for severity in Severity]
    return [(name, count) for name, count in counts if count]


def _finding(finding: Finding, names: Names) -> _Finding:
    violation = finding.violation
    each = violation.kubernetes_object
    where = f"{finding.resource.stack.name}: {names.of(finding.resource)}"
    return _Finding(
        finding=finding,
        where=where if each is None else f"{where}, {each.title}",
        logical_id=finding.resource.logical_id,
        path=violation.path,
    )


def _nodes(blueprint: Blueprint, names: Names) -> Iterator[_Node]:
    for number, template in enumerate(blueprint.launch_templates, 1):
        if template.interfaces:
            title = _node_title(blueprint, template, names)
            picture = draw_node(f"node-{number}", title, template.interfaces)
            groups = {letter: names.of_value(group) for letter, group in picture.groups.items()}
            yield _Node(title=title, svg=Markup(picture.svg), groups=groups)


def _node_title(blueprint: Blueprint, template: LaunchTemplate, names: Names) -> str:
    groups = [group for group in blueprint.node_groups if group.launch_template is template]
    types = dict.fromkeys(name for group in groups for name in group.instance_type_names)
    if template.instance_type_name is not None:
        types = {template.instance_type_name: None}
    kind = " or ".join(types) or "an instance type that only the deployment knows"
    whose = (
        f"node group {', '.join(names.of(group.resource) for group in groups)}"
        if groups
        else f"launch template {names.of(template.resource)}"
    )
    return f"A node of {whose}: {kind}"


def _networks(found: Sequence[Network], names: Names) -> Iterator[tuple[str, Markup]]:
    for number, network in enumerate(found, 1):
        yield network_title(network, names), Markup(draw_network(f"network-{number}", network, names))


def _workloads(clusters: Sequence[ReviewedCluster], names: Names) -> Iterator[tuple[str, Markup]]:
    for number, cluster in enumerate(clusters, 1):
        if cluster.pods:
            yield names.of_value(cluster.name), Markup(draw_workloads(f"workloads-{number}", cluster, names))


def _by(key: Callable[[_Told], str], told: Iterable[_Told]) -> list[tuple[str, list[_Told]]]:
    """In the order in which their keys come first."""
    found: dict[str, list[_Told]] = {}
    for one in told:
        found.setdefault(key(one), []).append(one)
    return list(found.items())


def _rbac(clusters: Sequence[ReviewedCluster], names: Names) -> Iterator[tuple[str, Markup]]:
    for number, cluster in enumerate(clusters, 1):
        svg = draw_rbac(f"rbac-{number}", cluster)
        if svg is not None:
            yield names.of_value(cluster.name), Markup(svg)


def _resources(blueprint: Blueprint, names: Names) -> list[_StackResources]:
    found = []
    for stack in blueprint.templates.stacks:
        made = (one for one in blueprint.templates.resources if one.stack is stack and one.is_made)
        own = sorted(made, key=lambda one: one.type)
        types = [
            (type_, [(names.in_stack(one), one.stays) for one in group])
            for type_, group in groupby(own, key=lambda one: one.type)
        ]
        account, region = stack.account or "whichever account", stack.region or "whichever Region"
        found.append(_StackResources(name=stack.name, place=f"{account}, {region}", count=len(own), types=types))
    return found


def _changes(comparison: Comparison, names: Names) -> list[tuple[str, list[ChangeRow]]]:
    return _by(lambda row: row.kind, change_rows(comparison.changes, names, Names(comparison.earlier)))
