"""Gangs of pods: near misses of the rules, and the words of findings."""

from __future__ import annotations

from typing import Any

import pytest

from ..manifests import Change, Manifests, broken_rules_of_manifests, review_of_manifests
from .test_manifests import QUEUE, gangs_of, own_scheduler, queued_gangs, run


def job_with(label: dict[str, Any], **policy: Any) -> Change:
    """A job with labels, on a cluster whose MPI Operator starts no gangs."""

    def change(manifests: Manifests) -> None:
        manifests.job["metadata"]["labels"] = label
        manifests.job["spec"]["runPolicy"]["schedulingPolicy"] = policy

    return change


def without_operator(change: Change) -> Change:
    """Something else brings the operator: nobody knows how."""

    def changed(manifests: Manifests) -> None:
        change(manifests)
        manifests.remove(manifests.find("Deployment", "mpi-operator"))

    return changed


@pytest.mark.parametrize(
    "change",
    [
        # The workers, with and without the launcher, are two and three.
        gangs_of(1),
        gangs_of(2),
        gangs_of(3),
        gangs_of(None),
        # Only the deployment knows.
        gangs_of("⟨?Pods⟩"),
        # Without gangs it says nothing to anybody.
        job_with({}, minAvailable=4),
        own_scheduler("volcano"),
        own_scheduler("⟨?Scheduler⟩"),
        lambda manifests: (
            manifests.pod("Worker").update(schedulerName="my-scheduler"),
            run(manifests, "my-scheduler"),
        ),
        job_with({QUEUE: "gpu"}),
        job_with({QUEUE: "gpu"}, minAvailable=3),
        # Kueue reads it.
        job_with({QUEUE: "gpu"}, priorityClass="high"),
    ],
)
def test_says_nothing_of_gangs_that_start(change: Change) -> None:
    assert broken_rules_of_manifests(change) == set()


@pytest.mark.parametrize(
    ("change", "rule"),
    [
        (job_with({}, minAvailable=4), "EFA-JOB-026"),
        (job_with({QUEUE: "gpu"}, minAvailable=3), "EFA-JOB-028"),
        (job_with({QUEUE: "gpu"}, queue="research"), "EFA-JOB-028"),
        (job_with({QUEUE: "gpu"}, scheduleTimeoutSeconds=60), "EFA-JOB-028"),
    ],
)
def test_takes_settings_of_a_gang_at_their_word_where_the_operator_is_not_seen(change: Change, rule: str) -> None:
    assert broken_rules_of_manifests(without_operator(change)) - {"EFA-K8S-009"} == {rule}


def test_says_nothing_of_kueues_priority_where_the_operator_is_not_seen() -> None:
    change = without_operator(job_with({QUEUE: "gpu"}, priorityClass="high"))
    assert broken_rules_of_manifests(change) - {"EFA-K8S-009"} == set()


@pytest.mark.parametrize(
    ("change", "problem", "fix"),
    [
        (
            gangs_of(4),
            "has 4 as runPolicy.schedulingPolicy.minAvailable, and 3 pods",
            "set it to 3, the workers and the launcher, or to the number of workers, 2",
        ),
        (
            own_scheduler("fair"),
            "has the schedulerName fair, and the MPI Operator sets that of gangs, volcano",
            "leave schedulerName out",
        ),
        (
            queued_gangs,
            "waits in the queue gpu of Kueue, and the MPI Operator schedules gangs with volcano",
            "leave one of them out",
        ),
    ],
)
def test_says_what_does_not_fit_the_gang(change: Change, problem: str, fix: str) -> None:
    (finding,) = review_of_manifests(change).findings
    assert problem in finding.problem
    assert fix in finding.fix


@pytest.mark.parametrize("slots", [1, None, "⟨?Slots⟩"])
def test_says_nothing_of_slots_that_a_worker_has_or_may_have(slots: object) -> None:
    found = broken_rules_of_manifests(lambda manifests: manifests.job["spec"].update(slotsPerWorker=slots))
    assert "EFA-JOB-029" not in found
