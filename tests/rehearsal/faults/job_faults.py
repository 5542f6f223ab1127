"""Faults in jobs. They are deployed together: a job that waits takes nothing away from another."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from .changed_assembly import ChangedAssembly, KubernetesObject, ask_for, pod_of

Change = Callable[[KubernetesObject], None]


def _asks(resource: str, amount: str) -> Change:
    return lambda job: ask_for(pod_of(job, "Worker"), resource, amount)


def _selects(label: str, value: str) -> Change:
    return lambda job: pod_of(job, "Worker").setdefault("nodeSelector", {}).update({label: value})


def _must_be_in_zone(job: KubernetesObject) -> None:
    expression = {"key": "topology.kubernetes.io/zone", "operator": "In", "values": ["us-east-1b"]}
    pod_of(job, "Worker").setdefault("affinity", {})["nodeAffinity"] = {
        "requiredDuringSchedulingIgnoredDuringExecution": {"nodeSelectorTerms": [{"matchExpressions": [expression]}]}
    }


def _unknown_scheduler(job: KubernetesObject) -> None:
    pod_of(job, "Worker")["schedulerName"] = "volcano"


def _volume_that_is_not_there(job: KubernetesObject) -> None:
    pod = pod_of(job, "Worker")
    pod.setdefault("volumes", []).append({"name": "data", "persistentVolumeClaim": {"claimName": "lustre"}})


def _invalid(job: KubernetesObject) -> None:
    job["spec"]["mpiReplicaSpecs"]["Worker"]["template"]["spec"]["containers"] = []


def _suspended(job: KubernetesObject) -> None:
    job["spec"]["runPolicy"]["suspend"] = True


# By the name of the job: the change, the code of the finding, and what it says.
FAULTS: dict[str, tuple[Change, str, tuple[str, ...]]] = {
    "hugepages": (
        _asks("hugepages-2Mi", "30000Mi"),
        "request-too-large",
        ("30000Mi of hugepages-2Mi", "at most 21122Mi", "Insufficient hugepages-2Mi"),
    ),
    "memory": (
        _asks("memory", "1200Gi"),
        "request-too-large",
        ("1228800Mi of memory", "at most 1061590Mi", "Insufficient memory"),
    ),
    "cpus": (_asks("cpu", "96"), "request-too-large", ("96 of cpu", "at most 95690m", "Insufficient cpu")),
    "gpus": (_asks("nvidia.com/gpu", "16"), "request-too-large", ("16 of nvidia.com/gpu", "at most 8")),
    "neuron": (_asks("aws.amazon.com/neuron", "16"), "request-too-large", ("aws.amazon.com/neuron", "offers none")),
    "type": (
        _selects("node.kubernetes.io/instance-type", "p5.48xlarge"),
        "selector-matches-no-node",
        ("node.kubernetes.io/instance-type=p5.48xlarge", "p4d.24xlarge", "didn't match Pod's node affinity/selector"),
    ),
    "zone": (_must_be_in_zone, "wrong-zone", ("us-east-1b", "the nodes are in us-east-1a")),
    "scheduler": (_unknown_scheduler, "scheduler-missing", ("no scheduler is called 'volcano'",)),
    "volume": (_volume_that_is_not_there, "not-scheduled", ('persistentvolumeclaim "lustre" not found',)),
    "invalid": (_invalid, "mpi-job-invalid", ("containers",)),
}


def add_all(app: ChangedAssembly) -> None:
    """Add every job that is wrong, beside the app's own, which is right."""
    for name, (change, _, _) in FAULTS.items():
        app.add_job(name, change)


def suspend(app: ChangedAssembly) -> None:
    """Suspend the app's job."""
    with app.object("MPIJob") as job:
        _suspended(job)


def without_efas(app: ChangedAssembly) -> None:
    """Take the EFAs from the workers of the app's job."""
    with app.worker() as pod:
        resources: dict[str, Any] = pod["containers"][0]["resources"]
        for part in resources.values():
            part.pop("vpc.amazonaws.com/efa", None)


def for_comparison(app: ChangedAssembly) -> None:
    """The same, in a job that says that it wants sockets."""
    without_efas(app)
    with app.worker() as pod:
        pod["containers"][0].setdefault("env", []).append({"name": "NCCL_NET", "value": "Socket"})


def two_jobs(app: ChangedAssembly) -> None:
    """Add a second job that wants the nodes of the first."""
    app.add_job("second")
