"""What workers of MPIJobs do that no job should: hold devices after its end, and mount those of the node."""

from __future__ import annotations

from collections.abc import Collection, Iterator

from ... import catalogue
from ...pods.requests import pod_requests
from ...rules.jobs import DEVICES_COME_FROM_PLUGINS, WORKERS_ARE_CLEANED_UP
from ..finding import Level
from ..snapshot import KubernetesObject, condition
from .cause import Cause, Owner, listed
from .cluster_objects import ClusterObjects

__all__ = ["about_workers", "fix_of_kept_workers", "has_ended"]

_ENDS = ("Succeeded", "Failed")
_DEVICES_OF_NODE = ("/dev", "/dev/infiniband")


def about_workers(objects: ClusterObjects, explained: Collection[Owner]) -> Iterator[Cause]:
    """Find workers that hold devices although their job has ended, and those that mount the devices of their node.

    :param explained: Jobs of which another cause says that they hold devices.
    """
    for job, item in objects.mpi_jobs.items():
        running = [pod for pod in objects.workers(job) if pod["status"].get("phase") == "Running"]
        held = {name for pod in running for name in pod_requests(pod["spec"]) if name in catalogue.DEVICE_RESOURCES}
        if has_ended(item) and held and job not in explained:
            count = len(running)
            yield Cause(
                code="ended-job-holds-devices",
                level=Level.WARNING,
                problem=f"{job} has ended, and {count} worker{'s' if count > 1 else ''} of it still "
                f"{'hold' if count > 1 else 'holds'} {listed(sorted(held))}, for its cleanPodPolicy is None",
                fix=fix_of_kept_workers(job),
                rule=WORKERS_ARE_CLEANED_UP,
            )
        elif any(map(_mounts_devices, running)):
            # https://github.com/aws-samples/aws-do-eks/issues/63
            yield Cause(
                code="devices-of-node-mounted",
                level=Level.WARNING,
                problem=f"workers of {job} mount /dev/infiniband of their node, past the EFA device plugin: where it "
                "has devices that are no EFAs, libfabric uses none, and NCCL takes TCP",
                fix=f"take the hostPath volume from {job}: the EFA device plugin brings the devices",
                rule=DEVICES_COME_FROM_PLUGINS,
            )


def has_ended(job: KubernetesObject) -> bool:
    """Whether an MPIJob has succeeded or failed."""
    return any(condition(job, end) for end in _ENDS)


def fix_of_kept_workers(job: Owner) -> str:
    """What to do about workers of a job that has ended."""
    return (
        f"run 'kubectl -n {job.namespace} delete mpijob {job.name}' once its log is read, and set "
        "runPolicy.cleanPodPolicy to Running, with which workers end when their launcher has"
    )


def _mounts_devices(pod: KubernetesObject) -> bool:
    paths = [(volume.get("hostPath") or {}).get("path", "") for volume in pod["spec"].get("volumes") or ()]
    return any(path.rstrip("/") in _DEVICES_OF_NODE for path in paths)
