"""What the API server refuses of a pod whose fields are all of their kinds.

Source: kubernetes:pkg/apis/core/validation/validation.go, and https://kubernetes.io/docs/reference/kubernetes-api/
"""

from __future__ import annotations

import posixpath
from collections import Counter
from collections.abc import Collection, Iterator, Mapping, Sequence
from typing import Any

from .names import wrong_key
from .requests import is_never_overcommitted, number

__all__ = ["normal_path", "refusals_of", "toleration_refusal"]

# None is Equal, and all effects. Kubernetes API reference, "Toleration v1 core"
_OPERATORS = (None, "", "Equal", "Exists", "Gt", "Lt")
_EFFECTS = (None, "", "NoExecute", "NoSchedule", "PreferNoSchedule")


def refusals_of(spec: Mapping[str, Any], claimed_volumes: Collection[str] = ()) -> Iterator[str]:
    """What is wrong with a pod: names that stand twice or nowhere, amounts that are none, tolerations.

    :param spec: Of the pod, right in its kinds.
    :param claimed_volumes: Names of volumes that whatever makes the pod adds to it. Default: none.
    """
    containers = [*(spec.get("initContainers") or ()), *spec["containers"]]
    volumes = [volume["name"] for volume in spec.get("volumes") or ()]
    for what, names in (("containers", [one["name"] for one in containers]), ("volumes", volumes)):
        for name in _twice(names):
            yield f"has two {what} of the name '{name}': give each a name of its own"
    for container in containers:
        for problem in _of_container(container, {*volumes, *claimed_volumes}):
            yield f"has a container '{container['name']}' that {problem}"
    for index, toleration in enumerate(spec.get("tolerations") or ()):
        refused = toleration_refusal(toleration)
        if refused is not None:
            yield f"has a toleration, spec.tolerations[{index}], that {refused}"


def toleration_refusal(toleration: Mapping[str, Any]) -> str | None:
    """What is wrong with a toleration. None: nothing."""
    for field, known in (("operator", _OPERATORS), ("effect", _EFFECTS)):
        if toleration.get(field) not in known:
            return f"has the {field} {toleration[field]!r}: use one of {', '.join(name for name in known if name)}"
    exists = toleration.get("operator") == "Exists"
    if exists and toleration.get("value"):
        return f"has the operator 'Exists' and the value {toleration['value']!r}: leave the value out, or use 'Equal'"
    if not exists and not toleration.get("key"):
        return "has no key, which only the operator 'Exists' goes without: add a key"
    return wrong_key(toleration["key"]) if toleration.get("key") else None


def normal_path(path: str) -> str:
    """The path as the container's runtime sees it; the root, and no path at all, are the empty string."""
    return posixpath.normpath(f"/{path.lstrip('/')}").rstrip("/")


def _of_container(container: Mapping[str, Any], volumes: Collection[str]) -> Iterator[str]:
    if not container.get("image"):
        yield "has no image: give it one"
    mounts = container.get("volumeMounts") or ()
    for path in _twice([normal_path(mount["mountPath"]) for mount in mounts]):
        yield f"mounts two volumes at {path}: leave one out"
    for mount in mounts:
        if mount["name"] not in volumes:
            yield f"mounts the volume '{mount['name']}', which the pod does not have: add it to 'volumes'"
    yield from _of_resources(container.get("resources") or {})


def _of_resources(resources: Mapping[str, Any]) -> Iterator[str]:
    limits, requests = resources.get("limits") or {}, resources.get("requests") or {}
    for name, limit in limits.items():
        # Of huge pages, how many bytes are whole depends on the page's size.
        if is_never_overcommitted(name) and "/" in name and number(limit) % 1:
            yield f"is limited to {limit} of {name}, but devices are whole: use a whole number"
        # What is never overcommitted has to be the same, which is another mistake.
        elif not is_never_overcommitted(name) and name in requests and number(requests[name]) > number(limit):
            yield f"requests {requests[name]} of {name}, more than its limit of {limit}: override both"


def _twice(names: Sequence[str]) -> list[str]:
    return [name for name, count in Counter(names).items() if count > 1]
