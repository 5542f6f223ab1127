"""Pods that Kubernetes objects of templates would make, and the nodes of the templates on which they may run."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from .. import catalogue
from .blueprint import NodeGroup
from .manifests import KubernetesObject
from .shapes import as_list, as_mapping, as_mappings, at_path

__all__ = ["Container", "Pods", "may_run_on", "pods_of"]

# Where each kind has its pods' template.
_TEMPLATES = {
    "CronJob": ("spec", "jobTemplate", "spec", "template"),
    "DaemonSet": ("spec", "template"),
    "Deployment": ("spec", "template"),
    "Job": ("spec", "template"),
    "Pod": (),
    "ReplicaSet": ("spec", "template"),
    "StatefulSet": ("spec", "template"),
}
# Labels with these beginnings come from the kubelet and from EKS: templates do not say them.
_OF_NODES_THEMSELVES = ("kubernetes.io/", "node.kubernetes.io/", "topology.kubernetes.io/", "eks.amazonaws.com/")
_NAMESPACES_OF_THE_NODE = {
    "hostNetwork": "network of the node",
    "hostPID": "processes of the node",
    "hostIPC": "shared memory of the node",
}
_KEEPING_AWAY = ("NoSchedule", "NoExecute")


@dataclass(frozen=True, kw_only=True)
class Container:
    """A container of a pod."""

    name: str
    image: str
    content: Mapping[str, Any]

    @property
    def limits(self) -> Mapping[str, Any]:
        """``resources.limits``."""
        return as_mapping(at_path(self.content, "resources", "limits"))

    @property
    def is_privileged(self) -> bool:
        """Whether it may do on the node what root may."""
        return at_path(self.content, "securityContext", "privileged") is True


@dataclass(frozen=True, kw_only=True, eq=False)
class Pods:
    """Alike pods of an object."""

    kubernetes_object: KubernetesObject
    # "Launcher" or "Worker" of an MPIJob. None: the object has but one kind.
    role: str | None
    # None: one on each node, or not said.
    count: int | None
    labels: Mapping[str, Any]
    spec: Mapping[str, Any]

    @property
    def title(self) -> str:
        """``Worker of MPIJob default/nccl-tests``."""
        return self.kubernetes_object.title if self.role is None else f"{self.role} of {self.kubernetes_object.title}"

    @property
    def containers(self) -> tuple[Container, ...]:
        """All containers, those that run before the others first."""
        return tuple(
            Container(name=str(content.get("name")), image=str(content.get("image", "")), content=content)
            for key in ("initContainers", "containers")
            for content in as_mappings(self.spec.get(key))
        )

    @property
    def rights_on_the_node(self) -> tuple[str, ...]:
        """What it may do on its node that other pods may not, in words."""
        found = [words for key, words in _NAMESPACES_OF_THE_NODE.items() if self.spec.get(key) is True]
        for container in self.containers:
            found += ["privileged: what root of the node may"] if container.is_privileged else []
            added = as_list(at_path(container.content, "securityContext", "capabilities", "add"))
            found += [f"capability {name}" for name in added]
        paths = [at_path(volume, "hostPath", "path") for volume in as_mappings(self.spec.get("volumes"))]
        found += [f"folder {path} of the node" for path in paths if path is not None]
        return tuple(dict.fromkeys(found))

    @property
    def service_account(self) -> tuple[str, str]:
        """Namespace and name."""
        name = self.spec.get("serviceAccountName") or "default"
        return self.kubernetes_object.namespace, str(name)


def pods_of(objects: Sequence[KubernetesObject]) -> tuple[Pods, ...]:
    """The pods of all objects, in order."""
    return tuple(pods for each in objects for pods in _pods(each))


def _pods(each: KubernetesObject) -> Iterator[Pods]:
    if each.kind == "MPIJob":
        roles = as_mapping(at_path(each.content, "spec", "mpiReplicaSpecs"))
        for role, replicas in roles.items():
            yield _of_template(each, at_path(replicas, "template"), str(role), at_path(replicas, "replicas"))
    elif each.kind in _TEMPLATES:
        template = at_path(each.content, *_TEMPLATES[each.kind])
        count = None if each.kind == "DaemonSet" else at_path(each.content, "spec", "replicas")
        yield _of_template(each, template, None, count)


def _of_template(each: KubernetesObject, template: Any, role: str | None, count: Any) -> Pods:
    return Pods(
        kubernetes_object=each,
        role=role,
        count=count if isinstance(count, int) and not isinstance(count, bool) else None,
        labels=as_mapping(at_path(template, "metadata", "labels")),
        spec=as_mapping(at_path(template, "spec")),
    )


def may_run_on(pods: Pods, group: NodeGroup) -> bool | None:
    """Whether nodes of a group take the pods, by labels and taints. None: only the deployment knows."""
    answers = [*_by_taints(pods, group), *_by_labels(pods, _labels(group))]
    return False if False in answers else None if None in answers else True


def _labels(group: NodeGroup) -> Mapping[str, Any]:
    labels = {"kubernetes.io/os": "linux", **group.labels}
    names = group.instance_type_names
    if len(names) == 1:
        labels[catalogue.INSTANCE_TYPE_LABEL] = names[0]
    if group.instance_type is not None:
        labels["kubernetes.io/arch"] = {"x86_64": "amd64"}.get(
            group.instance_type.architecture, group.instance_type.architecture
        )
    return labels


def _by_taints(pods: Pods, group: NodeGroup) -> Iterator[bool]:
    tolerations = as_mappings(pods.spec.get("tolerations"))
    for taint in group.taints:
        if taint["effect"] in _KEEPING_AWAY:
            yield any(_tolerates(toleration, taint) for toleration in tolerations)


def _tolerates(toleration: Mapping[str, Any], taint: Mapping[str, Any]) -> bool:
    if toleration.get("effect") not in (None, "", taint["effect"]):
        return False
    if toleration.get("operator") == "Exists":
        return toleration.get("key") in (None, "", taint["key"])
    return toleration.get("key") == taint["key"] and str(toleration.get("value", "")) == str(taint["value"] or "")


def _by_labels(pods: Pods, labels: Mapping[str, Any]) -> Iterator[bool | None]:
    for key, value in as_mapping(pods.spec.get("nodeSelector")).items():
        yield _holds({"key": key, "operator": "In", "values": [value]}, labels)
    terms = at_path(
        pods.spec, "affinity", "nodeAffinity", "requiredDuringSchedulingIgnoredDuringExecution", "nodeSelectorTerms"
    )
    answers = [_term_holds(term, labels) for term in as_mappings(terms)]
    if answers:
        yield True if True in answers else None if None in answers else False


def _term_holds(term: Mapping[str, Any], labels: Mapping[str, Any]) -> bool | None:
    answers = [_holds(expression, labels) for expression in as_mappings(term.get("matchExpressions"))]
    return False if False in answers else None if None in answers else True


def _holds(expression: Mapping[str, Any], labels: Mapping[str, Any]) -> bool | None:
    key, operator, values = str(expression.get("key")), expression.get("operator"), as_list(expression.get("values"))
    present = key in labels
    if not present and key == "eks.amazonaws.com/compute-type":
        # Only nodes of EKS Auto Mode and of Fargate have it.
        pass
    elif not present and key.startswith(_OF_NODES_THEMSELVES):
        return None
    if operator == "In":
        return present and labels[key] in values
    if operator == "NotIn":
        return not present or labels[key] not in values
    if operator in ("Exists", "DoesNotExist"):
        return present is (operator == "Exists")
    return None
