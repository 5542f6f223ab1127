"""A chart, and a job in it."""

from __future__ import annotations

from typing import Any

import cdk8s
import pytest

from efa_constructs.k8s import MpiJob
from efa_constructs.tree_warnings import warnings_of

from .charts import chart as new_chart


class Bench:
    """A chart with something to build in it."""

    def __init__(self) -> None:
        self.chart = new_chart()

    def job(self, **overrides: Any) -> MpiJob:
        arguments = {
            "instance_type": "p4d.24xlarge",
            "nodes": 2,
            "image": "registry.example.com/train:1",
            "command": ["python", "train.py"],
        }
        return MpiJob(self.chart, "Train", **arguments | overrides)

    @property
    def manifests(self) -> list[dict[str, Any]]:
        return cdk8s.Testing.synth(self.chart)

    @property
    def spec(self) -> dict[str, Any]:
        """The specification of the only object."""
        (manifest,) = self.manifests
        return manifest["spec"]

    def pod(self, role: str) -> dict[str, Any]:
        """The specification of the pods of a role of the only MPIJob."""
        return self.spec["mpiReplicaSpecs"][role]["template"]["spec"]

    @property
    def worker(self) -> dict[str, Any]:
        return self.pod("Worker")["containers"][0]

    @property
    def launcher(self) -> dict[str, Any]:
        return self.pod("Launcher")["containers"][0]

    @property
    def warnings(self) -> list[str]:
        return warnings_of(self.chart)


@pytest.fixture
def bench() -> Bench:
    return Bench()
