"""What people are told of a rehearsed cluster beside what is told of any."""

from __future__ import annotations

from efa_constructs.rehearsal.result.rehearsed_summary import summarize_rehearsed
from efa_constructs.rehearsal.twin.outcomes import MESSAGE_ANNOTATION

from ..snapshots import JOB, job_object, pod_object, snapshot


def test_knows_what_would_carry_a_jobs_traffic() -> None:
    (job,) = summarize_rehearsed(snapshot(mpi_jobs=[job_object("Created", "Running", "Succeeded")])).jobs
    assert (job.state, job.transport) == ("Succeeded", "efa")


def test_says_what_a_pod_waits_for_by_what_it_was_told() -> None:
    waiting = pod_object(f"{JOB}-worker-0", role="worker", waiting="ContainerCreating")
    waiting["metadata"]["annotations"] = {MESSAGE_ANNOTATION: 'configmap "data" not found'}
    (pod,) = summarize_rehearsed(snapshot(pods=[waiting])).pods
    assert (pod.state, pod.message) == ("ContainerCreating", 'configmap "data" not found')
