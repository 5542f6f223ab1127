"""The cloud assembly of the default app, with one thing in it changed by hand."""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from copy import deepcopy
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from efa_constructs.rehearsal.rehearse import Rehearsal, rehearse
from efa_constructs.rehearsal.result import RehearsalResult

ROOT = Path(__file__).parents[3]
MANIFEST = "Custom::AWSCDK-EKS-KubernetesResource"
JOB = "nccl-tests-p4d-24xlarge"

Template = dict[str, Any]
KubernetesObject = dict[str, Any]


@dataclass
class ChangedAssembly:
    """The templates of the three stacks, to be changed."""

    cluster: Template
    nodes: Template
    workloads: Template

    def node(self, resource_type: str) -> dict[str, Any]:
        """The properties of the only resource of a type in the stack of the nodes."""
        return self._only(self.nodes, resource_type)["Properties"]

    @property
    def launch_template(self) -> dict[str, Any]:
        data: dict[str, Any] = self.node("AWS::EC2::LaunchTemplate")["LaunchTemplateData"]
        return data

    @property
    def node_group(self) -> dict[str, Any]:
        return self.node("AWS::EKS::Nodegroup")

    def without(self, template: Template, name: str) -> None:
        """Take a resource out, and what waits for it waits no longer."""
        del template["Resources"][name]
        for resource in template["Resources"].values():
            if name in resource.get("DependsOn", ()):
                resource["DependsOn"].remove(name)

    def name_of(self, kind: str, name: str | None = None) -> str:
        """The logical id of the resource whose manifest has an object of a kind."""
        return next(
            id
            for id, resource in self.workloads["Resources"].items()
            if resource["Type"] == MANIFEST and any(_is(item, kind, name) for item in _objects(resource))
        )

    @contextmanager
    def objects(self, kind: str, name: str | None = None) -> Iterator[list[KubernetesObject]]:
        """The objects of the manifest that has one of a kind. Changes of the list and of its objects are kept."""
        resource = self.workloads["Resources"][self.name_of(kind, name)]
        objects = _objects(resource)
        yield objects
        resource["Properties"]["Manifest"] = json.dumps(objects)

    @contextmanager
    def object(self, kind: str, name: str | None = None) -> Iterator[KubernetesObject]:
        """An object of a manifest. Changes are kept."""
        with self.objects(kind, name) as objects:
            yield next(item for item in objects if _is(item, kind, name))

    @contextmanager
    def pod(self, kind: str, name: str | None = None) -> Iterator[dict[str, Any]]:
        """The pod's spec of a Deployment or DaemonSet. Changes are kept."""
        with self.object(kind, name) as item:
            yield item["spec"]["template"]["spec"]

    @contextmanager
    def worker(self) -> Iterator[dict[str, Any]]:
        """The pod's spec of the job's workers. Changes are kept."""
        with self.object("MPIJob") as job:
            yield pod_of(job, "Worker")

    def remove(self, kind: str, name: str | None = None) -> None:
        """Take an object out of its manifest."""
        with self.objects(kind, name) as objects:
            objects[:] = [item for item in objects if not _is(item, kind, name)]

    def add_jobs(self, changes: Mapping[str, Callable[[KubernetesObject], None]]) -> None:
        """Add a manifest of jobs that are like the app's, but for their names and a change of each."""
        resource = deepcopy(self.workloads["Resources"][self.name_of("MPIJob", JOB)])
        (like,) = _objects(resource)
        jobs = []
        for name, change in changes.items():
            job = deepcopy(like)
            job["metadata"]["name"] = name
            change(job)
            jobs.append(job)
        resource["Properties"]["Manifest"] = json.dumps(jobs)
        self.workloads["Resources"]["MoreJobs"] = resource

    def tolerate(self, key: str) -> None:
        """Let all pods of the app tolerate a taint."""
        toleration = {"key": key, "operator": "Exists"}
        with self.pod("Deployment") as pod:
            pod.setdefault("tolerations", []).append(toleration)
        for name in ("aws-efa-k8s-device-plugin", "nvidia-device-plugin-daemonset"):
            with self.pod("DaemonSet", name) as pod:
                pod["tolerations"].append(toleration)
        with self.object("MPIJob") as job:
            for role in ("Launcher", "Worker"):
                pod_of(job, role)["tolerations"].append(toleration)

    @staticmethod
    def _only(template: Template, resource_type: str) -> dict[str, Any]:
        (resource,) = (each for each in template["Resources"].values() if each["Type"] == resource_type)
        found: dict[str, Any] = resource
        return found


@dataclass(frozen=True)
class Fault:
    """A change after which the app must not pass."""

    change: Callable[[ChangedAssembly], None]
    # Code of the finding that says why. None: the account refuses the deployment.
    code: str | None
    # What the finding or the refusal must say.
    words: tuple[str, ...]
    # Other codes that belong to the same cause.
    others: tuple[str, ...] = field(default=())


def pod_of(job: KubernetesObject, role: str) -> dict[str, Any]:
    """The pod's spec of a job's launchers or workers."""
    spec: dict[str, Any] = job["spec"]["mpiReplicaSpecs"][role]["template"]["spec"]
    return spec


def ask_for(pod: dict[str, Any], resource: str, amount: str) -> None:
    """Let the first container of a pod ask for an amount of a resource."""
    resources = pod["containers"][0].setdefault("resources", {})
    for part in ("limits", "requests"):
        resources.setdefault(part, {})[resource] = amount


def rehearse_changed(assembly: Path, folder: Path, change: Callable[[ChangedAssembly], None]) -> RehearsalResult:
    """Rehearse a copy of an assembly in which something is changed."""
    copy = folder / "changed"
    shutil.copytree(assembly, copy, copy_function=os.symlink)
    files = {stack: copy / f"{stack}.template.json" for stack in ("EfaCluster", "EfaNodes", "EfaWorkloads")}
    templates = [json.loads(file.read_text()) for file in files.values()]
    change(ChangedAssembly(*templates))
    for file, template in zip(files.values(), templates, strict=True):
        # It is a link.
        file.unlink()
        file.write_text(json.dumps(template))
    # The commands are tried in other tests: here, their seconds would be minutes.
    return rehearse(Rehearsal(directory=ROOT, assembly=copy, try_commands=False))


def _objects(resource: dict[str, Any]) -> list[KubernetesObject]:
    objects: list[KubernetesObject] = json.loads(resource["Properties"]["Manifest"])
    return objects


def _is(item: KubernetesObject, kind: str, name: str | None) -> bool:
    return item["kind"] == kind and name in (None, item["metadata"]["name"])
