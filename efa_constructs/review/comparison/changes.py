"""What a deployment of new templates would change, against the templates that are deployed."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Any

from ..manifests import KUBERNETES_RESOURCE, KubernetesObject, kubernetes_objects
from ..resource import CLUSTER_TYPES, Resource
from ..templates import Templates
from ..values import references_in
from .interruptions import interruption_by_object, interruption_by_removal, interruption_by_resource
from .refusals import OTHER_TYPE, refusal_by_addition, refusal_by_resource
from .replacement import Replacement, replacement_by
from .running_nodes import interruptions_of_running_nodes

__all__ = ["LATEST_VERSION", "Change", "ChangeKind", "PropertyChange", "aligned", "changes_between"]

LATEST_VERSION = "LatestVersionNumber"
"""The attribute of a launch template that is another one whenever the template changes."""
# CDK's kubectl handler finds by it what it may delete: it is another one whenever the manifest is.
_PRUNE_LABEL = "aws.cdk.eks/prune-"
_Key = tuple[str, str]


class ChangeKind(StrEnum):
    """What becomes of a thing."""

    ADDED = "added"
    REMOVED = "removed"
    CHANGED = "changed"


@dataclass(frozen=True, kw_only=True, eq=False)
class PropertyChange:
    """A property that differs. ``before`` or ``after`` is None: there is no such property."""

    path: str
    before: Any
    after: Any
    replacement: Replacement


@dataclass(frozen=True, kw_only=True, eq=False)
class Change:
    """A resource, or a Kubernetes object in one, that a deployment makes, changes or deletes."""

    kind: ChangeKind
    # As it is to be; of what is removed, as it was.
    resource: Resource
    # Default: it is about the resource itself.
    kubernetes_object: KubernetesObject | None = None
    properties: tuple[PropertyChange, ...] = ()
    replacement: Replacement = Replacement.NO
    # The changed resources that it changes with, where it does not change by itself.
    because_of: tuple[Resource, ...] = ()
    # What the change interrupts. None: nothing that is known.
    interrupts: str | None = None
    # Why the deployment is surely refused, which then interrupts nothing. None: nothing that is known.
    refusal: str | None = None
    # Whether its whole stack is not in the templates any more: what is in it stays until somebody deletes the stack.
    stack_is_gone: bool = False

    # Whether nodes that run, and stay, notice it.
    reaches_running_nodes: bool = False

    @property
    def is_of_cluster_or_nodes(self) -> bool:
        """Whether it is about what every job of a cluster, or of a node group, stands on."""
        return self.resource.type in (*CLUSTER_TYPES, "AWS::EKS::Nodegroup") or self.reaches_running_nodes

    @property
    def stays(self) -> bool:
        """Whether what the templates no longer have is left alone by their deployment."""
        return self.kind is ChangeKind.REMOVED and (self.stack_is_gone or self.resource.stays)


def aligned(before: Templates, after: Templates) -> Templates:
    """``before``, its only stack called as the only one of ``after``: files of templates have names of their own."""
    if len(before.outermost) != 1 or len(after.outermost) != 1:
        return before
    (old,), (new,) = before.outermost, after.outermost
    return before if old.name == new.name else Templates([old.renamed(new.name)])


def changes_between(before: Templates, after: Templates) -> tuple[Change, ...]:
    """What a deployment of ``after`` changes where ``before`` is deployed, in the order of the templates.

    Stacks and resources are the same where their names are.
    """
    old, new = _by_key(before), _by_key(after)
    stacks = {stack.name for stack in after.stacks}
    found = [
        *_resource_changes(old, new, after),
        *_object_changes(before, after, stacks),
        *(
            _removal(resource, None, stacks)
            for key, resource in old.items()
            if key not in new and resource.type != KUBERNETES_RESOURCE
        ),
    ]
    running = interruptions_of_running_nodes(before, after)
    return tuple(_with_running_nodes(change, running) for change in found)


def _with_running_nodes(change: Change, running: Mapping[_Key, str]) -> Change:
    words = running.get((change.resource.stack.name, change.resource.logical_id))
    if words is None or change.kubernetes_object is not None or change.stays or change.refusal is not None:
        return change
    if change.interrupts is not None and change.replacement is Replacement.YES:
        # What runs on it ends with it.
        return change
    told = words if change.interrupts is None else f"{change.interrupts} {words}"
    return replace(change, interrupts=told, reaches_running_nodes=True)


def _removal(resource: Resource, each: KubernetesObject | None, stacks: set[str]) -> Change:
    gone = resource.stack.name not in stacks
    change = Change(kind=ChangeKind.REMOVED, resource=resource, kubernetes_object=each, stack_is_gone=gone)
    return change if change.stays else replace(change, interrupts=interruption_by_removal(resource, each))


def _by_key(templates: Templates) -> Mapping[_Key, Resource]:
    made = (resource for resource in templates.resources if resource.is_made)
    return {(resource.stack.name, resource.logical_id): resource for resource in made}


def _resource_changes(old: Mapping[_Key, Resource], new: Mapping[_Key, Resource], after: Templates) -> Iterator[Change]:
    own = {key: tuple(_property_changes(old[key], resource)) for key, resource in new.items() if key in old}
    replaced, followed = _follow(own, new, after)
    removed = [resource for key, resource in old.items() if key not in new]
    moving = {key for key, replacement in replaced.items() if replacement is not Replacement.NO}
    for key, resource in new.items():
        # What changes in a manifest is told object by object.
        if resource.type == KUBERNETES_RESOURCE:
            continue
        if key not in old:
            refusal = refusal_by_addition(resource, removed, moving)
            yield Change(kind=ChangeKind.ADDED, resource=resource, refusal=refusal)
        elif old[key].type != resource.type:
            yield _of_another_type(old[key], resource)
        elif own[key] or key in followed:
            changed = [change.path for change in own[key]] + [path for path, _ in followed.get(key, ())]
            replacement = replaced.get(key, Replacement.NO)
            refusal = refusal_by_resource(resource, changed, replacement)
            yield Change(
                kind=ChangeKind.CHANGED,
                resource=resource,
                properties=own[key],
                replacement=replacement,
                because_of=tuple(dict.fromkeys(cause for _, cause in followed.get(key, ()))),
                interrupts=None if refusal else interruption_by_resource(resource, changed, replacement),
                refusal=refusal,
            )


def _of_another_type(old: Resource, new: Resource) -> Change:
    return Change(
        kind=ChangeKind.CHANGED,
        resource=new,
        properties=(PropertyChange(path="Type", before=old.type, after=new.type, replacement=Replacement.YES),),
        replacement=Replacement.YES,
        refusal=OTHER_TYPE,
    )


def _follow(
    own: Mapping[_Key, tuple[PropertyChange, ...]], new: Mapping[_Key, Resource], templates: Templates
) -> tuple[dict[_Key, Replacement], dict[_Key, list[tuple[str, Resource]]]]:
    """Which resources are replaced, and which change only because one that they refer to does, in which property."""
    replaced = {key: _worst(changes) for key, changes in own.items() if changes}
    followed: dict[_Key, list[tuple[str, Resource]]] = {}
    referring = {key: tuple(_references(new[key], templates)) for key in own}
    grew = True
    while grew:
        grew = False
        for key, references in referring.items():
            for path, attribute, target in references:
                other = (target.stack.name, target.logical_id)
                moves = replaced.get(other) is Replacement.YES or (attribute == LATEST_VERSION and other in replaced)
                if not moves or other == key or (path, target) in followed.get(key, ()):
                    continue
                followed.setdefault(key, []).append((path, target))
                replaced[key] = max(
                    replaced.get(key, Replacement.NO), replacement_by(new[key].type, path), key=_SEVERITY.index
                )
                grew = True
    return replaced, followed


_SEVERITY = (Replacement.NO, Replacement.UNKNOWN, Replacement.MAYBE, Replacement.YES)


def _worst(changes: tuple[PropertyChange, ...]) -> Replacement:
    return max((change.replacement for change in changes), key=_SEVERITY.index, default=Replacement.NO)


def _references(resource: Resource, templates: Templates) -> Iterator[tuple[str, str | None, Resource]]:
    for path, value in _leaves(resource.properties):
        for reference in references_in(value):
            target = templates.at(reference)
            if target is not None:
                yield path, reference.attribute, target


def _property_changes(old: Resource, new: Resource) -> Iterator[PropertyChange]:
    before, after = dict(_leaves(old.properties)), dict(_leaves(new.properties))
    for path in dict.fromkeys([*before, *after]):
        if before.get(path) != after.get(path):
            yield PropertyChange(
                path=path,
                before=before.get(path),
                after=after.get(path),
                replacement=replacement_by(new.type, path),
            )


def _leaves(value: Any, path: str = "") -> Iterator[tuple[str, Any]]:
    """Everything in a value that contains nothing else, by its path. Lists of tags by the tags' keys."""
    if isinstance(value, Mapping) and value:
        for key, item in value.items():
            yield from _leaves(item, f"{path}.{key}" if path else str(key))
    elif isinstance(value, list) and value:
        tags = all(isinstance(item, Mapping) and set(item) == {"Key", "Value"} for item in value)
        for index, item in enumerate(value):
            if tags:
                yield f"{path}.{item['Key']}", item["Value"]
            else:
                yield from _leaves(item, f"{path}.{index}")
    else:
        yield path, value


def _object_changes(before: Templates, after: Templates, stacks: set[str]) -> Iterator[Change]:
    old, new = _objects(before), _objects(after)
    for key, each in new.items():
        if key not in old:
            yield Change(kind=ChangeKind.ADDED, resource=each.resource, kubernetes_object=each)
            continue
        properties = tuple(_object_property_changes(old[key], each))
        if properties:
            yield Change(
                kind=ChangeKind.CHANGED,
                resource=each.resource,
                kubernetes_object=each,
                properties=properties,
                interrupts=interruption_by_object(each, [change.path for change in properties]),
            )
    for key, each in old.items():
        if key not in new:
            yield _removal(each.resource, each, stacks)


def _objects(templates: Templates) -> Mapping[tuple[str, ...], KubernetesObject]:
    return {(each.cluster, each.group, each.title): each for each in kubernetes_objects(templates)}


def _object_property_changes(old: KubernetesObject, new: KubernetesObject) -> Iterator[PropertyChange]:
    before, after = (
        {path: value for path, value in _leaves(each.content) if _PRUNE_LABEL not in path} for each in (old, new)
    )
    for path in dict.fromkeys([*before, *after]):
        if before.get(path) != after.get(path):
            yield PropertyChange(path=path, before=before.get(path), after=after.get(path), replacement=Replacement.NO)
