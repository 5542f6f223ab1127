"""Renders the page: what is found in the templates, put into an HTML template."""

from __future__ import annotations

import functools
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import Any

from jinja2 import Environment, PackageLoader, StrictUndefined, select_autoescape
from markupsafe import Markup

from ...catalogue import newest_versions
from ...rules import Severity
from ..blueprint import Blueprint, LaunchTemplate
from ..changes import Change, ChangeKind, changes_between
from ..clusters import ReviewedCluster, clusters_of
from ..exports import exports_in_use
from ..networks import Network, networks
from ..pod_templates import PodTemplate
from ..reach import paths
from ..review import Finding, Review
from .assumptions import assumptions
from .change_table import ChangeRow, change_rows
from .cost_drivers import cost_drivers
from .images import images
from .kubernetes_access import KubernetesGrant, kubernetes_grants
from .kubernetes_picture import draw_workloads
from .names import Names
from .network_picture import draw_network
from .node_picture import draw_node
from .permissions import cluster_access, principals
from .pods import all_pods, rights_on_the_node, title_of
from .rbac_picture import draw_rbac
from .security_group_picture import draw_security_groups, peer_name
from .summary import changes_in_words, makes, openness
from .table_cells import with_breaks, with_headings
from .verdict import verdict
from .versions import versions

__all__ = ["render_page"]


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
    goes_to: str
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
    environment = Environment(
        loader=PackageLoader(__package__, "."),
        autoescape=select_autoescape(enabled_extensions=("jinja",)),
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters["with_breaks"] = with_breaks
    environment.filters["with_headings"] = with_headings
    return environment


def _contents(review: Review, against: Review | None) -> dict[str, Any]:
    blueprint = review.blueprint
    names = Names(blueprint.templates)
    clusters, found_networks, found_paths = clusters_of(blueprint), networks(blueprint), paths(blueprint)
    pods = all_pods(clusters)
    roles, found_images = principals(blueprint, names), images(pods)
    before = None if against is None else against.blueprint.templates
    changes = None if before is None else changes_between(before, blueprint.templates)
    exports = () if before is None or changes is None else exports_in_use(before, blueprint.templates, changes)
    return {
        "looked_up": newest_versions.LOOKED_UP,
        "named": names.of_value,
        "name_of": names.of,
        "title": ", ".join(stack.name for stack in blueprint.templates.stacks),
        "verdict": verdict(review, found_networks, clusters, names),
        "makes": makes(blueprint, found_networks, pods, names),
        "openness": openness(found_paths, found_networks, names),
        "severities": _severities(review.findings),
        "errors": [_finding(one, names) for one in review.findings if one.rule.severity is Severity.ERROR],
        "findings": [_finding(finding, names) for finding in review.findings],
        "acknowledged": [_finding(finding, names) for finding in review.acknowledged],
        "nodes": list(_nodes(blueprint, names)),
        "networks": list(_networks(found_networks, names)),
        "groups": Markup(draw_security_groups(blueprint, found_paths, names)) if found_paths else None,
        # What lets the world in stands first.
        "paths": [
            (path, peer_name(path.source, names), peer_name(path.destination, names))
            for path in sorted(found_paths, key=lambda path: not path.source.is_world)
        ],
        "workloads": list(_workloads(clusters, names)),
        "pods": [(title_of(one), rights) for one in pods if (rights := rights_on_the_node(one))],
        "principals": roles,
        "cluster_access": list(cluster_access(blueprint, names)),
        "kubernetes_grants": _by_subject(kubernetes_grants(blueprint)),
        "rbac": _rbac(blueprint, pods),
        "images": found_images,
        "versions": versions(blueprint, found_images, names),
        "cost_drivers": cost_drivers(blueprint, found_networks, names),
        "assumptions": assumptions(blueprint, found_paths, roles, names),
        "resources": _resources(blueprint, names),
        "objects": blueprint.objects,
        "changes": None if changes is None or against is None else _changes(changes, against, names),
        "changes_in_words": None if changes is None else changes_in_words(changes, exports, names),
        "exports_in_use": exports,
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
        else names.of(template.resource)
    )
    return f"A node of {whose}: {kind}"


def _networks(found: Sequence[Network], names: Names) -> Iterator[Markup]:
    for number, network in enumerate(found, 1):
        yield Markup(draw_network(f"network-{number}", network, names))


def _workloads(clusters: Sequence[ReviewedCluster], names: Names) -> Iterator[tuple[str, Markup]]:
    for number, cluster in enumerate(clusters, 1):
        if cluster.pods:
            yield names.of_value(cluster.name), Markup(draw_workloads(f"workloads-{number}", cluster, names))


def _by_subject(grants: Iterable[KubernetesGrant]) -> list[tuple[str, list[KubernetesGrant]]]:
    subjects: dict[str, list[KubernetesGrant]] = {}
    for grant in grants:
        subjects.setdefault(grant.who, []).append(grant)
    return list(subjects.items())


def _rbac(blueprint: Blueprint, pods: Sequence[PodTemplate]) -> Markup | None:
    bindings = blueprint.objects_of_kind("RoleBinding", "ClusterRoleBinding")
    return Markup(draw_rbac(blueprint, pods)) if bindings else None


def _resources(blueprint: Blueprint, names: Names) -> list[_StackResources]:
    found = []
    for stack in blueprint.templates.stacks:
        own = sorted((one for one in blueprint.templates.resources if one.stack is stack), key=lambda one: one.type)
        types = [
            (type_, [(names.of(one), one.definition.get("DeletionPolicy") == "Retain") for one in group])
            for type_, group in groupby(own, key=lambda one: one.type)
        ]
        account, region = stack.account or "whichever account", stack.region or "whichever Region"
        found.append(_StackResources(name=stack.name, goes_to=f"{account}, {region}", count=len(own), types=types))
    return found


def _changes(changes: Sequence[Change], against: Review, names: Names) -> list[tuple[str, list[ChangeRow]]]:
    old_names = Names(against.blueprint.templates)
    rows = list(change_rows(changes, names, old_names))
    by_kind = ((str(kind), [row for row in rows if row.kind == kind]) for kind in ChangeKind)
    return [(kind, of_kind) for kind, of_kind in by_kind if of_kind]
