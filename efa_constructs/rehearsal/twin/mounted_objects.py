"""The ConfigMaps and Secrets without which a kubelet starts no container of a pod."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from typing import Any

from ...pods.known_programs import JOB_NAME_LABEL

__all__ = ["REFERENCES_QUERY", "missing_objects", "needs_objects"]

Key = tuple[str, str]

# What is there for sure: the controller manager makes one in each namespace, and the MPI Operator makes the others of a
# job before it makes pods, which can be a thousand.
_CERTIFICATES = "kube-root-ca.crt"
_OF_JOBS = ("-ssh", "-config")

# Names of the ConfigMaps and Secrets of a pod, in kwok's language, which is jq's.
REFERENCES_QUERY = (
    f'( .metadata.labels["{JOB_NAME_LABEL}"]? // "" ) as $job | .spec | '
    "( .volumes[]? | ( .configMap?, .secret?, ( .projected?.sources[]? | ( .configMap?, .secret? ) ) ) ), "
    "( ( .containers[]?, .initContainers[]? ) | ( .envFrom[]? | ( .configMapRef?, .secretRef? ) ), "
    "( .env[]?.valueFrom? | ( .configMapKeyRef?, .secretKeyRef? ) ) ) "
    "| select( . != null ) | select( .optional != true ) | ( .secretName // .name ) "
    f'| select( . != "{_CERTIFICATES}" ) ' + " ".join(f'| select( . != ( $job + "{suffix}" ) )' for suffix in _OF_JOBS)
)


def needs_objects(pod: dict[str, Any]) -> bool:
    """Whether a pod needs any that may not be there: kwok waits for an annotation then."""
    return next(_references(pod), None) is not None


def missing_objects(
    pod: dict[str, Any], *, config_maps: Mapping[Key, object], secrets: Mapping[Key, object]
) -> list[str]:
    """What a pod needs and its namespace does not have, in the words of a kubelet: ``configmap "a" not found``.

    :param config_maps: Those that there are, by namespace and name.
    :param secrets: Likewise.
    """
    there: dict[str, Collection[Key]] = {"configmap": config_maps, "secret": secrets}
    namespace = pod["metadata"]["namespace"]
    missing = [f'{kind} "{name}" not found' for kind, name in _references(pod) if (namespace, name) not in there[kind]]
    return list(dict.fromkeys(missing))


def _references(pod: dict[str, Any]) -> Iterator[tuple[str, str]]:
    job = (pod["metadata"].get("labels") or {}).get(JOB_NAME_LABEL, "")
    sure = (_CERTIFICATES, *(f"{job}{suffix}" for suffix in _OF_JOBS))
    for kind, reference in _all_references(pod["spec"]):
        # Only the volume of a Secret calls it that.
        name = str(reference.get("secretName") or reference.get("name"))
        if not reference.get("optional") and name not in sure:
            yield kind, name


def _all_references(spec: Mapping[str, Any]) -> Iterator[tuple[str, Mapping[str, Any]]]:
    volumes = spec.get("volumes") or ()
    containers = (*spec["containers"], *(spec.get("initContainers") or ()))
    sources = [source for volume in volumes for source in (volume.get("projected") or {}).get("sources") or ()]
    variables = [variable.get("valueFrom") or {} for each in containers for variable in each.get("env") or ()]
    groups = [group for each in containers for group in each.get("envFrom") or ()]
    for kind, holders, field in (
        ("configmap", (*volumes, *sources), "configMap"),
        ("secret", (*volumes, *sources), "secret"),
        ("configmap", groups, "configMapRef"),
        ("secret", groups, "secretRef"),
        ("configmap", variables, "configMapKeyRef"),
        ("secret", variables, "secretKeyRef"),
    ):
        yield from ((kind, holder[field]) for holder in holders if holder.get(field))
