"""Draws who may talk to whom: sources, security groups and endpoints, and destinations."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from ..blueprint import Blueprint
from ..reach import Path, Peer, peer_of
from ..resource import Resource
from .drawing import Drawing
from .graph import Arrow, Box, draw_graph
from .names import Names

__all__ = ["draw_security_groups", "paths_to_draw", "peer_name"]

_HEADINGS = ("from", "security groups and endpoints", "to")
_GROUP_KINDS = ("group", "cluster group", "group elsewhere")
# Security groups that a picture shows before its arrows are a tangle.
_MOST_GROUPS = 24


def paths_to_draw(blueprint: Blueprint, paths: Sequence[Path]) -> Sequence[Path]:
    """All, or of a great many groups those of nodes and clusters, and what lets the world in."""
    peers = [peer for path in paths for peer in (path.source, path.destination)]
    if len({peer.value for peer in peers if peer.kind in _GROUP_KINDS}) <= _MOST_GROUPS:
        return paths
    of_nodes = {peer_of(blueprint.templates, value).value for value in _groups_of_interfaces(blueprint)}
    return [
        path
        for path in paths
        if path.source.is_world
        or any(
            peer.value in of_nodes or peer.kind in ("cluster group", "endpoint", "service")
            for peer in (path.source, path.destination)
        )
    ]


def draw_security_groups(blueprint: Blueprint, paths: Sequence[Path], names: Names) -> str:
    """Draw the paths. One arrow for each pair of ends, with what it lets through."""
    boxes: dict[str, Box] = {}
    arrows: dict[tuple[str, str], list[Path]] = {}
    # What addresses reach stands above the rest, beside them.
    for path in sorted(paths, key=lambda path: path.source.kind in _GROUP_KINDS):
        start, end = _box(blueprint, path.source, 0, names), _box(blueprint, path.destination, 2, names)
        boxes.setdefault(start.key, start)
        boxes.setdefault(end.key, end)
        arrows.setdefault((start.key, end.key), []).append(path)
    for value in _groups_of_interfaces(blueprint):
        # The rules of a group that exists already are not here, but its members are.
        box = _box(blueprint, peer_of(blueprint.templates, value), 0, names)
        boxes.setdefault(box.key, box)
    drawing = Drawing("groups", "Who may talk to whom", _description(paths, names))
    return draw_graph(
        drawing,
        _HEADINGS,
        list(boxes.values()),
        [_arrow(start, end, between) for (start, end), between in arrows.items()],
    )


def _groups_of_interfaces(blueprint: Blueprint) -> Iterator[Any]:
    """Each once: nodes have tens of interfaces with the same groups."""
    interfaces = (one for template in blueprint.launch_templates for one in template.interfaces)
    yield from dict.fromkeys(group for one in interfaces for group in one.groups)


def peer_name(peer: Peer, names: Names) -> str:
    """One end of a path, in words."""
    if peer.is_world:
        return f"the world ({peer.value})"
    if peer.kind == "endpoint":
        return f"Kubernetes API of {names.of_value(peer.resource.reference)}" if peer.resource else "Kubernetes API"
    return names.of_value(peer.value if peer.resource is None else _reference(peer))


def _reference(peer: Peer) -> str:
    assert peer.resource is not None
    return (
        peer.resource.attribute("ClusterSecurityGroupId") if peer.kind == "cluster group" else peer.resource.reference
    )


def _box(blueprint: Blueprint, peer: Peer, outer_column: int, names: Names) -> Box:
    inner = peer.kind in _GROUP_KINDS or peer.kind in ("endpoint", "service")
    column = 1 if inner else outer_column
    return Box(
        key=f"{column} {peer.kind} {peer.value}",
        column=column,
        title="cluster security group" if peer.kind == "cluster group" else peer_name(peer, names),
        lines=tuple(_about(blueprint, peer, names)),
        css=_css(peer),
    )


def _css(peer: Peer) -> str:
    if peer.is_world:
        return "thing world"
    return "thing elsewhere" if peer.kind in ("group elsewhere", "prefix list") else "thing"


def _about(blueprint: Blueprint, peer: Peer, names: Names) -> list[str]:
    if peer.kind == "cluster group":
        of = f" for {names.of(peer.resource)}" if peer.resource else ""
        return [f"made by EKS{of}", *_members(blueprint, peer, names)]
    if peer.kind == "group elsewhere":
        return ["not of these templates", *_members(blueprint, peer, names)]
    return _members(blueprint, peer, names) if peer.kind == "group" else []


def _members(blueprint: Blueprint, peer: Peer, names: Names) -> list[str]:
    """What has the security group."""
    found = []
    for template in blueprint.launch_templates:
        having = [one for one in template.interfaces if any(_is(blueprint, group, peer) for group in one.groups)]
        if having:
            efas = sum(one.has_efa for one in having)
            found.append(f"on {len(having)} interfaces of {names.of(template.resource)}")
            found.append(f"of these {efas} with EFA")
    for cluster in blueprint.clusters:
        if any(_is(blueprint, group, peer) for group in cluster.items("ResourcesVpcConfig.SecurityGroupIds")):
            found.append(f"on the control plane of {names.of(cluster)}")
    return found


def _is(blueprint: Blueprint, value: object, peer: Peer) -> bool:
    if peer.kind == "cluster group":
        return value == peer.value
    resource: Resource | None = blueprint.templates.at(value)
    return resource is peer.resource if peer.resource is not None else value == peer.value


def _arrow(start: str, end: str, between: Sequence[Path]) -> Arrow:
    traffic = list(dict.fromkeys(path.traffic for path in between))
    label = ("all traffic",) if "all traffic" in traffic else tuple(traffic[:3])
    if len(traffic) > len(label) and "all traffic" not in traffic:
        label = (*label, f"and {len(traffic) - len(label)} more")
    implied = all(path.implied_by for path in between)
    both = {path.direction for path in between} == {"Ingress", "Egress"}
    return Arrow(
        start=start,
        end=end,
        label=(*label, "out and in") if both else label,
        css="implied" if implied else "",
    )


def _description(paths: Sequence[Path], names: Names) -> str:
    if not paths:
        return "There is no security group and no endpoint."
    said = (
        f"{peer_name(path.source, names)} to {peer_name(path.destination, names)}: {path.traffic}" for path in paths
    )
    return "; ".join(dict.fromkeys(said)) + "."
