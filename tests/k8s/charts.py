"""Charts for tests."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import cdk8s
from constructs import Construct

from efa_constructs.k8s import (
    EfaDevicePlugin,
    FabricCheck,
    MpiJob,
    MpiOperator,
    NcclTests,
    NeuronDevicePlugin,
    NvidiaDevicePlugin,
)

__all__ = ["WORKLOADS", "chart", "pods_of"]

_JOB = {"instance_type": "p4d.24xlarge", "nodes": 2}
# Every construct that runs something, with what it must be given beside an image.
WORKLOADS: Mapping[type[Construct], Mapping[str, Any]] = {
    EfaDevicePlugin: {},
    FabricCheck: _JOB,
    MpiJob: _JOB | {"command": ["train"]},
    MpiOperator: {},
    NcclTests: _JOB,
    NeuronDevicePlugin: {},
    NvidiaDevicePlugin: {},
}


def chart() -> cdk8s.Chart:
    """An empty chart. That of ``cdk8s.Testing`` would leave a folder behind."""
    return cdk8s.Chart(cdk8s.App(), "test", disable_resource_name_hashes=True)


def pods_of(manifest: Mapping[str, Any]) -> Iterator[tuple[str, dict[str, Any]]]:
    """Name and pod of what a manifest runs, as the documentation calls it."""
    spec = manifest.get("spec", {})
    if manifest["kind"] == "MPIJob":
        for role, replica in spec["mpiReplicaSpecs"].items():
            yield f"MPIJob, {role.lower()}", replica["template"]["spec"]
    elif manifest["kind"] == "Job":
        yield "FabricCheck", spec["template"]["spec"]
    elif manifest["kind"] in ("DaemonSet", "Deployment"):
        yield manifest["metadata"]["name"], spec["template"]["spec"]
    else:
        assert "template" not in spec, f"{manifest['kind']}: teach this to read it"
