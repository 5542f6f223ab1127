"""Manifests for tests: a cluster with sound nodes, plugins, operator and job, and changes to them."""

from __future__ import annotations

import json
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any

import yaml

from efa_constructs.review.review import Review, review

from .templates import Template, sound, templates_of, whole

__all__ = ["Change", "Manifests", "both", "broken_rules_of_manifests", "resource", "review_of_manifests"]

_FOLDER = Path(__file__).parents[2] / "examples" / "cloudformation_and_kubectl" / "manifests"


class Manifests:
    """The template of a cluster, and the objects that it applies."""

    def __init__(self) -> None:
        self.template: Template = sound()
        resources = self.template["Resources"]
        whole(self.template)
        resources["Cluster"]["Properties"]["Version"] = "1.35"
        self.group: dict[str, Any] = resources["NodeGroup"]["Properties"]
        self.objects: list[dict[str, Any]] = json.loads(_objects())
        # By which the plugins of these manifests find nodes.
        self.group["Labels"]["fabric"] = "efa"
        self.worker["resources"]["requests"] = dict(self.worker["resources"]["limits"])
        self.worker["securityContext"] = {"capabilities": {"add": ["IPC_LOCK"]}}

    def find(self, kind: str, name: str) -> dict[str, Any]:
        """The one object of a kind whose name contains another."""
        (found,) = [each for each in self.objects if each["kind"] == kind and name in each["metadata"]["name"]]
        return found

    @property
    def efa_plugin(self) -> dict[str, Any]:
        return self.find("DaemonSet", "efa")

    @property
    def job(self) -> dict[str, Any]:
        return self.find("MPIJob", "nccl")

    def template_of(self, role: str) -> dict[str, Any]:
        """The pod template of the job's launcher or worker."""
        template: dict[str, Any] = self.job["spec"]["mpiReplicaSpecs"][role]["template"]
        return template

    def pod(self, role: str) -> dict[str, Any]:
        """The specification of the job's launcher or worker."""
        spec: dict[str, Any] = self.template_of(role)["spec"]
        return spec

    @property
    def worker(self) -> dict[str, Any]:
        """The worker's container."""
        container: dict[str, Any] = self.pod("Worker")["containers"][0]
        return container

    def remove(self, one: dict[str, Any]) -> None:
        self.objects.remove(one)

    def of_version(self, version: str) -> None:
        """Make the job one of another API version, and let its definition serve that."""
        (served,) = self.definitions[0]["spec"]["versions"]
        self.job["apiVersion"], served["name"] = f"kubeflow.org/{version}", version

    @property
    def definitions(self) -> list[dict[str, Any]]:
        """The definitions of custom resources among the objects."""
        return [one for one in self.objects if one["kind"] == "CustomResourceDefinition"]

    @property
    def others(self) -> list[dict[str, Any]]:
        """The objects but for the definitions, which kubectl must know before it reads a manifest."""
        return [one for one in self.objects if one not in self.definitions]

    def review(self, manifest: object = None) -> Review:
        """:param manifest: Instead of the objects but for the definitions, which another manifest has."""
        resources = self.template["Resources"]
        properties = {**resources["Manifest"]["Properties"], "Manifest": json.dumps(self.definitions)}
        resources["Definitions"] = {**resources["Manifest"], "Properties": properties}
        needed = dict.fromkeys([*resources["Manifest"]["DependsOn"], "Definitions"])
        applied = json.dumps(self.others) if manifest is None else manifest
        resources["Manifest"]["DependsOn"] = list(needed)
        resources["Manifest"]["Properties"]["Manifest"] = applied
        return review(templates_of(self.template))


@cache
def _objects() -> str:
    texts = [file.read_text() for file in sorted(_FOLDER.glob("*.yaml"))]
    return json.dumps([content for text in texts for content in yaml.safe_load_all(text) if content])


def review_of_manifests(change: Callable[[Manifests], object] = lambda manifests: None) -> Review:
    """The review of the sound cluster once something was changed."""
    manifests = Manifests()
    change(manifests)
    return manifests.review()


def broken_rules_of_manifests(change: Callable[[Manifests], object] = lambda manifests: None) -> set[str]:
    """Ids of the Kubernetes rules that it breaks."""
    found = {finding.rule.id for finding in review_of_manifests(change).findings}
    return {each for each in found if each.startswith(("EFA-K8S", "EFA-JOB"))}


Change = Callable[[Manifests], object]


def both(*changes: Change) -> Change:
    """One change after the other."""

    def change(manifests: Manifests) -> None:
        for each in changes:
            each(manifests)

    return change


def resource(kind: str, **properties: Any) -> Change:
    """Another resource beside the cluster's."""
    return lambda manifests: manifests.template["Resources"].update(Other={"Type": kind, "Properties": properties})
