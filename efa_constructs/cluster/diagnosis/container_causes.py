"""Why containers do not start, or do not go on, on nodes that have their pods: images, memory."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator

from ..snapshot import KubernetesObject
from .cause import Cause, Owner, listed
from .cluster_objects import ClusterObjects

__all__ = ["about_containers"]

_NOT_PULLED = ("ErrImagePull", "ImagePullBackOff", "InvalidImageName", "ErrImageNeverPull", "ImageInspectError")


def about_containers(objects: ClusterObjects) -> Iterator[Cause]:
    """Say which images were not pulled, and which containers were ended for lack of memory."""
    unpulled: dict[tuple[str, str], list[Owner]] = defaultdict(list)
    killed: dict[Owner, list[str]] = defaultdict(list)
    for owner, pods in objects.pods.items():
        for pod in pods:
            for status in (*_statuses(pod, "initContainerStatuses"), *_statuses(pod, "containerStatuses")):
                waiting = (status.get("state") or {}).get("waiting") or {}
                if waiting.get("reason") in _NOT_PULLED:
                    unpulled[str(status.get("image")), waiting["reason"]].append(owner)
                if _out_of_memory(status):
                    killed[owner].append(pod["metadata"]["name"])
    for (image, reason), owners in unpulled.items():
        said = _pull_error(objects, owners, image)
        yield Cause(
            code="image-not-pulled",
            problem=f"pods of {listed(owners)} do not start ({reason}): no node could pull image '{image}'"
            + (f': "{said}"' if said else ""),
            fix="correct its name and tag, let the node role read the registry (AmazonEC2ContainerRegistryPullOnly) or "
            "give the pods imagePullSecrets, and see that the nodes reach the registry",
            explains=tuple(dict.fromkeys(owners)),
        )
    for owner, names in killed.items():
        yield Cause(
            code="out-of-memory",
            problem=f"{listed(names)} of {owner} took more memory than its limit, and was ended (OOMKilled)",
            fix=f"raise the memory limit of {owner}; /dev/shm counts, too",
            explains=(owner,),
        )


def _pull_error(objects: ClusterObjects, owners: list[Owner], image: str) -> str:
    """What the container runtime said, which the container's status does not go on to say."""
    messages = objects.events(owners, "Failed")
    return next((message for message in messages if image in message and "pull" in message), "")


def _out_of_memory(status: KubernetesObject) -> bool:
    ended = [(status.get(kind) or {}).get("terminated") or {} for kind in ("state", "lastState")]
    return not status.get("ready") and any(each.get("reason") == "OOMKilled" for each in ended)


def _statuses(pod: KubernetesObject, field: str) -> list[KubernetesObject]:
    found: list[KubernetesObject] = pod["status"].get(field) or []
    return found
