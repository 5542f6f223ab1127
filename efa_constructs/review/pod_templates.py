"""The pods that Kubernetes objects of templates would make."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal
from functools import cached_property
from typing import Any

from ..pods.pod_refusals import refusals_of
from ..pods.pod_template import mismatches, schema, without_removals, without_unknown_fields
from ..pods.requests import pod_requests
from .manifests import KubernetesObject
from .shapes import as_list, as_mapping, as_mappings, at_path
from .values import is_known

__all__ = ["KINDS_WITH_ROLES", "PodTemplate", "pod_templates", "problems_of_pod_templates"]

# Where an object of a kind has its pod template.
_PLACES = {
    "CronJob": ("spec", "jobTemplate", "spec", "template"),
    "DaemonSet": ("spec", "template"),
    "Deployment": ("spec", "template"),
    "Job": ("spec", "template"),
    "Pod": (),
    "ReplicaSet": ("spec", "template"),
    "StatefulSet": ("spec", "template"),
}
# Kubeflow's kinds: a template for each role.
_REPLICA_SPECS = {"MPIJob": "mpiReplicaSpecs", "PyTorchJob": "pytorchReplicaSpecs"}
KINDS_WITH_ROLES = tuple(_REPLICA_SPECS)
_MPI_GROUP = "kubeflow.org/"


@dataclass(frozen=True, kw_only=True, eq=False)
class PodTemplate:
    """A pod template whose fields are of the kinds that Kubernetes wants."""

    of: KubernetesObject
    # "worker", "launcher", "pod".
    role: str
    # How many pods. None: it is not said.
    replicas: int | None
    # Of the pods.
    labels: Mapping[str, Any]
    spec: Mapping[str, Any]

    @property
    def containers(self) -> list[Mapping[str, Any]]:
        """Its containers, those before the others included."""
        return [*(self.spec.get("initContainers") or ()), *self.spec["containers"]]

    @cached_property
    def requests(self) -> Mapping[str, Decimal]:
        """What a pod requests, by resource. Empty where only the deployment knows."""
        parts = [container.get("resources") for container in self.containers]
        if not is_known([*parts, self.spec.get("resources"), self.spec.get("overhead")]):
            return {}
        return pod_requests(self.spec)

    def asks_for(self, resource: str) -> bool:
        """Whether a pod requests any of a resource."""
        return self.requests.get(resource, Decimal(0)) > 0


def pod_templates(one: KubernetesObject) -> Iterator[PodTemplate]:
    """The pod templates of an object, as far as they are sound: see the rule EFA-K8S-008."""
    for role, replicas, template in _templates(one):
        known = without_unknown_fields(without_removals(template), schema())
        if not list(_problems(known)) and _has_its_shape(known, schema()):
            yield PodTemplate(
                of=one,
                role=role,
                replicas=replicas,
                labels=as_mapping(at_path(known, "metadata", "labels")),
                spec=known["spec"],
            )


def _has_its_shape(given: Any, node: Mapping[str, Any]) -> bool:
    """Whether no map and no list of a template is left for the deployment to know."""
    if node.get("type") == "array":
        return isinstance(given, list) and all(_has_its_shape(entry, node["items"]) for entry in given)
    if node.get("type") != "object":
        return not isinstance(given, Mapping | list)
    fields = node.get("properties", {})
    of_others = node.get("additionalProperties", {})
    return isinstance(given, Mapping) and all(
        _has_its_shape(value, fields.get(name, of_others)) for name, value in given.items()
    )


def problems_of_pod_templates(one: KubernetesObject) -> Iterator[str]:
    """What of the pod templates of an object Kubernetes would drop or refuse."""
    for _, _, template in _templates(one):
        # null is as good as nothing.
        stays = without_removals(template)
        problems = list(_problems(stays))
        # What follows relies on the kinds.
        yield from problems or _refusals(one, stays["spec"])


def _templates(one: KubernetesObject) -> Iterator[tuple[str, int | None, Any]]:
    content = one.content
    if one.kind in _PLACES and not str(content.get("apiVersion")).startswith(_MPI_GROUP):
        # A Pod has metadata of its own, as every object has: of a template there are only labels and annotations.
        metadata = as_mapping(content.get("metadata"))
        own = {name: metadata[name] for name in ("annotations", "labels") if name in metadata}
        template = at_path(content, *_PLACES[one.kind]) if _PLACES[one.kind] else {**content, "metadata": own}
        yield "pod", _count(at_path(content, "spec", "replicas")), template
    elif one.kind in _REPLICA_SPECS:
        for role, replica in as_mapping(at_path(content, "spec", _REPLICA_SPECS[one.kind])).items():
            of_role = as_mapping(replica)
            yield str(role).lower(), _count(of_role.get("replicas", 1)), of_role.get("template")


def _problems(template: Any) -> Iterator[str]:
    """A template may have what only the deployment knows, where Kubernetes wants a number."""
    node = schema()
    if not isinstance(template, Mapping):
        yield "is none"
        return
    spec = template.get("spec")
    if not isinstance(spec, Mapping) or not spec.get("containers"):
        yield "has no containers"
        return
    fields = {name: template[name] for name in ("metadata", "spec") if name in template}
    yield from (problem for problem in mismatches(fields, node) if is_known(problem))


def _refusals(one: KubernetesObject, spec: Mapping[str, Any]) -> Iterator[str]:
    parts = [part for name in ("initContainers", "containers", "volumes") for part in as_list(spec.get(name))]
    judged = [as_mapping(part).get(name) for part in parts for name in ("name", "resources", "volumeMounts")]
    # A part that is no object is what only the deployment knows.
    if is_known([*judged, *(part for part in parts if not isinstance(part, Mapping)), spec.get("tolerations")]):
        claims = as_mappings(at_path(one.content, "spec", "volumeClaimTemplates"))
        yield from refusals_of(spec, [at_path(claim, "metadata", "name") for claim in claims])


def _count(value: Any) -> int | None:
    return value if isinstance(value, int) and not isinstance(value, bool) else None
