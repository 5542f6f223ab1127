"""Draws the Kubernetes objects of a cluster: what makes and selects pods, and which nodes take them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from ...pods.node_rules import Taint
from ..clusters import ReviewedCluster
from ..manifests import KubernetesObject
from ..node_group import NodeGroup
from ..pod_templates import PodTemplate
from ..shapes import as_mapping, at_path
from .drawing import Drawing
from .graph import Arrow, Box, draw_graph
from .names import Names
from .pods import devices_and_memory, is_part_of_job, is_privileged, may_run_on, title_of

__all__ = ["draw_workloads"]

_HEADINGS = ("makes or reaches pods", "pods", "run on nodes of")
# Limits of a pod that a picture has room for.
_SHOWN_LIMITS = 6
# Letters that fit beside an arrow.
_LONGEST_LABEL = 20
_SELECTING = ("Service", "PodDisruptionBudget", "NetworkPolicy")
_NOWHERE = Box(
    key="nowhere",
    column=2,
    title="nodes of elsewhere",
    lines=("no node group of these templates", "has the labels, or its taints", "are not tolerated"),
    css="thing elsewhere",
)


def draw_workloads(name: str, cluster: ReviewedCluster, names: Names) -> str:
    """Draw the pods of a cluster with what makes or selects them, and with the node groups that take them.

    :param name: An id that no other picture of the page has.
    """
    boxes = [*_owners(cluster.pods), *_selectors(cluster), *map(_pods_box, cluster.pods)]
    boxes += [_group_box(group, names) for group in cluster.node_groups]
    arrows = [*_owner_arrows(cluster.pods), *_selector_arrows(cluster), *_node_arrows(cluster)]
    if any(arrow.end == _NOWHERE.key for arrow in arrows):
        boxes.append(_NOWHERE)
    drawing = Drawing(name, "What runs where, and what selects what", _description(arrows, boxes))
    return draw_graph(drawing, _HEADINGS, boxes, arrows)


def _key(pods: PodTemplate) -> str:
    return f"pods {title_of(pods)}"


def _object_key(each: KubernetesObject) -> str:
    return f"object {each.title}"


def _owners(pods: Sequence[PodTemplate]) -> Iterator[Box]:
    """Jobs, whose pods have several roles."""
    for each in dict.fromkeys(one.of for one in pods if is_part_of_job(one)):
        slots = at_path(each.content, "spec", "slotsPerWorker")
        suspended = at_path(each.content, "spec", "runPolicy", "suspend") is True
        lines = [] if slots is None else [f"{slots} slots a worker"]
        yield Box(
            key=_object_key(each),
            column=0,
            title=each.title,
            lines=tuple([*lines, "suspended"] if suspended else lines),
        )


def _owner_arrows(pods: Sequence[PodTemplate]) -> Iterator[Arrow]:
    for one in pods:
        if is_part_of_job(one):
            count = "" if one.replicas is None else f"{one.replicas} x "
            yield Arrow(start=_object_key(one.of), end=_key(one), label=(f"{count}{one.role}",))


def _selecting(cluster: ReviewedCluster) -> Iterator[tuple[KubernetesObject, PodTemplate]]:
    for each in (one for one in cluster.objects if one.kind in _SELECTING):
        selector = at_path(each.content, "spec", "podSelector" if each.kind == "NetworkPolicy" else "selector")
        wanted = as_mapping(as_mapping(selector).get("matchLabels", selector))
        for one in cluster.pods:
            if wanted and one.of.namespace == each.namespace and wanted.items() <= one.labels.items():
                yield each, one


def _selectors(cluster: ReviewedCluster) -> list[Box]:
    objects = dict.fromkeys(each for each, _ in _selecting(cluster))
    return [Box(key=_object_key(each), column=0, title=each.title) for each in objects]


def _selector_arrows(cluster: ReviewedCluster) -> Iterator[Arrow]:
    for each, one in _selecting(cluster):
        yield Arrow(start=_object_key(each), end=_key(one), label=("by label",))


def _pods_box(pods: PodTemplate) -> Box:
    in_job = is_part_of_job(pods)
    title = f"{pods.role.capitalize()} {pods.of.object_name}" if in_job else pods.of.title
    lines = [] if pods.replicas is None or in_job else [f"{pods.replicas} pod{'s' * (pods.replicas != 1)}"]
    lines += list(devices_and_memory(pods))[:_SHOWN_LIMITS]
    lines += ["privileged"] if is_privileged(pods) else []
    lines += ["network of the node"] if pods.spec.get("hostNetwork") is True else []
    return Box(key=_key(pods), column=1, title=title, lines=tuple(lines))


def _group_key(group: NodeGroup) -> str:
    return f"group {group.resource.name}"


def _group_box(group: NodeGroup, names: Names) -> Box:
    lines = [", ".join(group.instance_type_names) or "instance type: only the deployment knows"]
    lines += [f"{key}={value}" for key, value in group.labels.items()]
    lines += [f"taint {Taint.of(taint)}" for taint in group.taints]
    return Box(key=_group_key(group), column=2, title=f"node group {names.of(group.resource)}", lines=tuple(lines))


def _node_arrows(cluster: ReviewedCluster) -> Iterator[Arrow]:
    for one in cluster.pods:
        answers = {_group_key(group): may_run_on(cluster, one, group) for group in cluster.node_groups}
        takers = {key: answer for key, answer in answers.items() if answer is not False}
        for key, answer in takers.items():
            yield Arrow(start=_key(one), end=key, label=_by(one), css="" if answer else "implied")
        if not takers:
            yield Arrow(start=_key(one), end=_NOWHERE.key, label=_by(one))


def _by(pods: PodTemplate) -> tuple[str, ...]:
    selector = as_mapping(pods.spec.get("nodeSelector"))
    if not selector:
        return ("any node",)
    return tuple(line for key, value in selector.items() for line in _label_lines(key.rpartition("/")[2], str(value)))


def _label_lines(key: str, value: str) -> tuple[str, ...]:
    whole = f"{key}={value}"
    return (whole,) if len(whole) <= _LONGEST_LABEL else (f"{key}=", value)


def _description(arrows: Sequence[Arrow], boxes: Sequence[Box]) -> str:
    titles = {box.key: box.title for box in boxes}
    said = (f"{titles[arrow.start]} to {titles[arrow.end]}: {', '.join(arrow.label)}" for arrow in arrows)
    return "; ".join(said) + "." if arrows else "There are no pods."
