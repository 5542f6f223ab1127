"""The Kubernetes objects that templates apply to clusters."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from .resource import Resource
from .shapes import as_mapping
from .templates import Templates

__all__ = [
    "HELM_CHART",
    "KUBERNETES_RESOURCE",
    "KUBERNETES_TYPES",
    "KubernetesObject",
    "kubernetes_objects",
    "load_manifest",
    "objects_in",
]

# The custom resources of aws_eks and aws_eks_v2.
KUBERNETES_RESOURCE = "Custom::AWSCDK-EKS-KubernetesResource"
HELM_CHART = "Custom::AWSCDK-EKS-HelmChart"
# What a function of CDK's applies with kubectl, or Helm.
KUBERNETES_TYPES = (
    KUBERNETES_RESOURCE,
    HELM_CHART,
    "Custom::AWSCDK-EKS-KubernetesPatch",
    "Custom::AWSCDK-EKS-KubernetesObjectValue",
)


@dataclass(frozen=True, kw_only=True, eq=False)
class KubernetesObject:
    """An object of a manifest in a template."""

    # The custom resource that applies it.
    resource: Resource
    # The name of the EKS cluster, or a mark of it: see :mod:`.values`.
    cluster: str
    # What the deployment will know stands as a mark.
    content: Mapping[str, Any]

    @property
    def kind(self) -> str:
        """``DaemonSet``, ``MPIJob``."""
        return str(self.content.get("kind"))

    @property
    def group(self) -> str:
        """``apps`` of ``apps/v1``. Empty: it is of Kubernetes' first API."""
        return str(self.content.get("apiVersion")).rpartition("/")[0]

    @property
    def namespace(self) -> str:
        """Its namespace. An object that has none is in "default"."""
        return str(self._metadata.get("namespace") or "default")

    @property
    def object_name(self) -> str:
        """Its name in the cluster."""
        return str(self._metadata.get("name"))

    @property
    def title(self) -> str:
        """Names it for people: ``DaemonSet kube-system/aws-efa-k8s-device-plugin``."""
        where = f"{self._metadata['namespace']}/" if self._metadata.get("namespace") else ""
        return f"{self.kind} {where}{self.object_name}"

    @property
    def _metadata(self) -> Mapping[str, Any]:
        return as_mapping(self.content.get("metadata"))


def kubernetes_objects(templates: Templates) -> tuple[KubernetesObject, ...]:
    """The objects of all manifests. What is no list of objects in JSON is left out: see the rule EFA-K8S-005."""
    return tuple(
        KubernetesObject(resource=resource, cluster=str(resource.get("ClusterName")), content=content)
        for resource in templates.of_type(KUBERNETES_RESOURCE)
        for content in _contents(resource.get("Manifest"))
    )


def _contents(manifest: Any) -> Iterator[Mapping[str, Any]]:
    try:
        objects = load_manifest(manifest) if isinstance(manifest, str) else None
    except ValueError:
        return
    yield from (content for content in objects_in(objects) if isinstance(content, Mapping))


# A text, or what only the deployment knows outside of one.
_TEXT_OR_MARK = re.compile(r'"(?:[^"\\]|\\.)*"|\u27e8[^\u27e9]*\u27e9')


def load_manifest(text: str) -> Any:
    """What the JSON of a manifest says. Where a number is left for the deployment to know, its mark stands as a text.

    :raises ValueError: it is no JSON.
    """
    return json.loads(_TEXT_OR_MARK.sub(lambda match: match[0] if match[0][0] == '"' else f'"{match[0]}"', text))


def objects_in(manifest: Any) -> Iterator[Any]:
    """What a manifest lists: one object, or several, those in a ``List`` of Kubernetes among them."""
    for content in manifest if isinstance(manifest, list) else [manifest]:
        items = content.get("items") if isinstance(content, Mapping) and content.get("kind") == "List" else None
        if isinstance(items, list):
            yield from objects_in(items)
        else:
            yield content
