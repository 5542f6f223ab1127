"""Faults in jobs. They are deployed together: a job that waits takes nothing away from another."""

from __future__ import annotations

from collections.abc import Callable

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
}


def _modest(job: KubernetesObject) -> None:
    """Let the job ask for no device, so that it runs beside others."""
    for part in pod_of(job, "Worker")["containers"][0]["resources"].values():
        for resource in ("vpc.amazonaws.com/efa", "nvidia.com/gpu"):
            part.pop(resource, None)


def _modest_and_for_comparison(job: KubernetesObject) -> None:
    _modest(job)
    pod_of(job, "Worker")["containers"][0].setdefault("env", []).append({"name": "NCCL_NET", "value": "Socket"})


# The same for jobs that are only warned of.
WARNINGS: dict[str, tuple[Change, str, tuple[str, ...]]] = {
    "suspended": (_suspended, "mpi-job-suspended", ("runPolicy.suspend",)),
    "modest": (_modest, "no-efa-requested", ("runs over TCP", "NCCL_NET=Socket")),
}
# The name of a job that asks for no EFA, either, and says that it is there to compare TCP.
COMPARISON = "comparison"


def add_all(app: ChangedAssembly) -> None:
    """Add all these jobs beside the app's own, which is right."""
    changes = {name: change for name, (change, _, _) in (FAULTS | WARNINGS).items()}
    app.add_jobs({**changes, COMPARISON: _modest_and_for_comparison})


def add_a_second(app: ChangedAssembly) -> None:
    """Add a job that wants the nodes of the app's own."""
    app.add_jobs({"second": lambda job: None})
