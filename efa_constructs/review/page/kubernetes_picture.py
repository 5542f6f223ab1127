"""Draws the Kubernetes objects: what selects what, which nodes take which pods, and who may do what."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from ..blueprint import Blueprint, NodeGroup
from ..manifests import KubernetesObject
from ..pods import Pods, may_run_on
from ..shapes import as_mapping, at_path
from .drawing import Drawing
from .graph import Arrow, Box, draw_graph
from .names import Names

__all__ = ["draw_workloads"]

_HEADINGS = ("makes or reaches pods", "pods", "run on nodes of")
# Resources that a picture has room for.
_SHOWN_RESOURCES = 5
# Letters that fit beside an arrow.
_LONGEST_LABEL = 20
_SELECTING = ("Service", "PodDisruptionBudget", "NetworkPolicy")


def draw_workloads(blueprint: Blueprint, pods: Sequence[Pods], names: Names) -> str:
    """Draw pods with what makes or selects them, and with the node groups that take them."""
    boxes = [*_owners(pods), *_selectors(blueprint, pods), *map(_pods_box, pods)]
    boxes += [_group_box(group, names) for group in blueprint.node_groups]
    arrows = [*_owner_arrows(pods), *_selector_arrows(blueprint, pods), *_node_arrows(blueprint, pods)]
    if any(arrow.end == _NOWHERE.key for arrow in arrows):
        boxes.append(_NOWHERE)
    drawing = Drawing("workloads", "What runs where, and what selects what", _description(arrows, boxes))
    return draw_graph(drawing, _HEADINGS, boxes, arrows)


_NOWHERE = Box(
    key="nowhere",
    column=2,
    title="nodes of elsewhere",
    lines=("no node group of these templates", "has the labels, or its taints are", "not tolerated"),
    css="thing elsewhere",
)


def _key(pods: Pods) -> str:
    return f"pods {pods.title}"


def _owner_key(each: KubernetesObject) -> str:
    return f"object {each.title}"


def _owners(pods: Sequence[Pods]) -> list[Box]:
    """Objects that have more than one kind of pods."""
    objects = dict.fromkeys(one.kubernetes_object for one in pods if one.role is not None)
    return [Box(key=_owner_key(each), column=0, title=each.title, lines=tuple(_job_lines(each))) for each in objects]


def _job_lines(each: KubernetesObject) -> Iterator[str]:
    slots, policy = at_path(each.content, "spec", "slotsPerWorker"), at_path(each.content, "spec", "runPolicy")
    if slots is not None:
        yield f"{slots} slots a worker"
    if as_mapping(policy).get("suspend") is True:
        yield "suspended"


def _owner_arrows(pods: Sequence[Pods]) -> Iterator[Arrow]:
    for one in pods:
        if one.role is not None:
            count = "" if one.count is None else f"{one.count} x "
            yield Arrow(start=_owner_key(one.kubernetes_object), end=_key(one), label=(f"{count}{one.role}",))


def _selecting(blueprint: Blueprint, pods: Sequence[Pods]) -> Iterator[tuple[KubernetesObject, Pods]]:
    for each in blueprint.objects_of_kind(*_SELECTING):
        selector = at_path(each.content, "spec", "selector") or at_path(each.content, "spec", "podSelector")
        wanted = as_mapping(selector).get("matchLabels", selector)
        for one in pods:
            same_place = one.kubernetes_object.namespace == each.namespace
            if same_place and wanted and as_mapping(wanted).items() <= one.labels.items():
                yield each, one


def _selectors(blueprint: Blueprint, pods: Sequence[Pods]) -> list[Box]:
    objects = dict.fromkeys(each for each, _ in _selecting(blueprint, pods))
    return [Box(key=_owner_key(each), column=0, title=each.title) for each in objects]


def _selector_arrows(blueprint: Blueprint, pods: Sequence[Pods]) -> Iterator[Arrow]:
    for each, one in _selecting(blueprint, pods):
        yield Arrow(start=_owner_key(each), end=_key(one), label=("by label",))


def _pods_box(pods: Pods) -> Box:
    title = pods.title if pods.role is None else f"{pods.role} {pods.kubernetes_object.object_name}"
    lines = [] if pods.count is None or pods.role is not None else [f"{pods.count} pod{'s' * (pods.count != 1)}"]
    for container in pods.containers:
        lines += [f"{value} {name}" for name, value in list(container.limits.items())[:_SHOWN_RESOURCES]]
        lines += ["privileged"] if container.is_privileged else []
    lines += ["network of the node"] if pods.spec.get("hostNetwork") is True else []
    return Box(key=_key(pods), column=1, title=title, lines=tuple(lines))


def _group_key(group: NodeGroup) -> str:
    return f"group {group.resource.name}"


def _group_box(group: NodeGroup, names: Names) -> Box:
    lines = [", ".join(group.instance_type_names) or "instance type: only the deployment knows"]
    lines += [f"{key}={value}" for key, value in group.labels.items()]
    lines += [f"taint {taint['key']}: {taint['effect']}" for taint in group.taints]
    return Box(key=_group_key(group), column=2, title=f"node group {names.of(group.resource)}", lines=tuple(lines))


def _node_arrows(blueprint: Blueprint, pods: Sequence[Pods]) -> Iterator[Arrow]:
    for one in pods:
        answers = {_group_key(group): may_run_on(one, group) for group in blueprint.node_groups}
        takers = {key: answer for key, answer in answers.items() if answer is not False}
        for key, answer in takers.items():
            yield Arrow(start=_key(one), end=key, label=_by(one), css="" if answer else "implied")
        if not takers:
            yield Arrow(start=_key(one), end=_NOWHERE.key, label=_by(one))


def _by(pods: Pods) -> tuple[str, ...]:
    selector: Mapping[str, object] = as_mapping(pods.spec.get("nodeSelector"))
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
