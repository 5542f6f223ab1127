"""The real MPI Operator runs our manifests' jobs, and what becomes of them when something of it is lost."""

from __future__ import annotations

import os
import signal
from collections.abc import Iterator
from typing import Any

import httpx
import pytest

from efa_constructs.catalogue import EFA_RESOURCE, GPU_RESOURCE
from efa_constructs.pods.known_programs import JOB_ROLE_LABEL
from efa_constructs.rehearsal.control_plane.binaries import Binaries
from efa_constructs.rehearsal.control_plane.control_plane import ControlPlane
from efa_constructs.rehearsal.twin.outcomes import FABRIC_ANNOTATION, OUTCOME_ANNOTATION
from tests.docs.pages import quoted, section, table
from tests.k8s.charts import WORKLOADS, pods_of

from ..live_cluster import (
    LiveCluster,
    collection,
    eventually,
    is_ready,
    last_words,
    waits_because,
)
from ..mpi_cluster import (
    CRD,
    DEPLOYMENT,
    JOBS,
    LEASE,
    NODES,
    define_mpi_job,
    has,
    make_cluster,
    manifests,
    operator_manifests,
    operators,
    start_job,
)

# A lease is for 15 seconds, after which another operator may take it.
LONG = 90.0


@pytest.fixture(scope="module")
def cluster(control_plane: ControlPlane, binaries: Binaries) -> Iterator[LiveCluster]:
    made = make_cluster(control_plane, binaries)
    yield made
    made.twin.stop()


@pytest.fixture
def running(cluster: LiveCluster) -> Iterator[LiveCluster]:
    """The cluster with an operator that is at work, and no job."""
    define_mpi_job(cluster)
    eventually(lambda: any(is_ready(pod) for pod in operators(cluster)), "an operator runs")
    for node in NODES:
        eventually(lambda node=node: cluster.offers(node.name, EFA_RESOURCE) == "4", "EFAs are offered")  # type: ignore[misc]
        eventually(lambda node=node: cluster.offers(node.name, GPU_RESOURCE) == "8", "GPUs are offered")  # type: ignore[misc]
    yield cluster
    for job in cluster.items(JOBS):
        cluster.delete(f"{JOBS}/{job['metadata']['name']}", propagationPolicy="Background")
    # The garbage collector hears of a new kind of owner half a minute later.
    cluster.delete("/apis/batch/v1/namespaces/default/jobs", propagationPolicy="Background")
    cluster.delete("/api/v1/namespaces/default/pods", gracePeriodSeconds="0")
    eventually(lambda: not cluster.pods(), "no pod of a job is left")


def program_of(pod: dict[str, Any]) -> str:
    return f"mpi-operator-{pod['metadata']['name']}"


def leader(cluster: LiveCluster) -> str | None:
    lease = cluster.find(LEASE)
    return lease["spec"].get("holderIdentity") if lease else None


def launchers(cluster: LiveCluster) -> list[dict[str, Any]]:
    return cluster.pods(**{JOB_ROLE_LABEL: "launcher"})


def test_the_operator_crash_loops_without_its_definition_and_works_once_it_is_there(cluster: LiveCluster) -> None:
    for item in operator_manifests():
        if item["kind"] == CRD:
            path = f"{collection(item)}/{item['metadata']['name']}"
            if cluster.find(path):
                cluster.delete(path)
            eventually(lambda path=path: cluster.find(path) is None, "it is gone")  # type: ignore[misc]
    for pod in operators(cluster):
        cluster.delete(f"/api/v1/namespaces/mpi-operator/pods/{pod['metadata']['name']}", gracePeriodSeconds="0")
    crashed = eventually(
        lambda: [pod for pod in operators(cluster) if waits_because(pod) == "CrashLoopBackOff"], "it crash-loops"
    )
    assert "CRD doesn't exist" in last_words(crashed[0])
    define_mpi_job(cluster)
    eventually(lambda: any(is_ready(pod) for pod in operators(cluster)), "it runs")


def test_a_job_runs_over_efa_and_succeeds(running: LiveCluster) -> None:
    start_job(running, "nccl")
    eventually(lambda: has(running, "nccl", "Running"), "it runs", LONG)
    (launcher,) = launchers(running)
    assert launcher["metadata"]["annotations"][FABRIC_ANNOTATION] == '{"transport": "efa", "findings": []}'
    assert launcher["status"]["phase"] == "Running"
    workers = [running.pod(f"nccl-worker-{number}") for number in range(2)]
    assert {(worker or {})["spec"]["nodeName"] for worker in workers} == {node.name for node in NODES}
    path = f"/api/v1/namespaces/default/pods/{launcher['metadata']['name']}"
    running.patch(path, {"metadata": {"annotations": {OUTCOME_ANNOTATION: "complete"}}})
    eventually(lambda: has(running, "nccl", "Succeeded"), "it succeeds")


LEVELS = ("restricted", "baseline", "privileged")


@pytest.fixture(scope="module")
def namespaces(cluster: LiveCluster) -> LiveCluster:
    """The cluster, with a namespace for each level of the Pod Security Standards."""
    for level in LEVELS:
        labels = {"pod-security.kubernetes.io/enforce": level}
        cluster.create("/api/v1/namespaces", {"metadata": {"name": level, "labels": labels}})
        path = f"/api/v1/namespaces/{level}/serviceaccounts/default"
        eventually(lambda path=path: cluster.find(path), "pods have an account")  # type: ignore[misc]
    return cluster


def refusal(cluster: LiveCluster, namespace: str, pod: dict[str, Any]) -> str:
    """What the API server has against a pod; nothing is made."""
    # Accounts are of their namespaces.
    spec = {name: value for name, value in pod.items() if name != "serviceAccountName"}
    try:
        cluster.create(f"/api/v1/namespaces/{namespace}/pods?dryRun=All", {"metadata": {"name": "it"}, "spec": spec})
    except AssertionError as refused:
        return str(refused)
    return ""


def test_every_pod_keeps_to_the_pod_security_standard_that_the_documentation_says(namespaces: LiveCluster) -> None:
    rows = table(section("reference/security.md", "## Pods"))
    documented = {quoted(name)[0]: quoted(level)[0] for name, level, *_ in rows}
    found = {}
    for construct, arguments in WORKLOADS.items():
        objects = manifests(lambda chart: construct(chart, "It", image="example.com/it:1", **arguments))  # noqa: B023
        for name, pod in (each for item in objects for each in pods_of(item)):
            refusals = {level: refusal(namespaces, level, pod) for level in LEVELS}
            assert all("violates PodSecurity" in words for words in refusals.values() if words), refusals
            found[name] = next(level for level, words in refusals.items() if not words)
    assert found == documented


def test_the_namespace_of_the_operator_takes_no_pod_that_could_reach_its_token(cluster: LiveCluster) -> None:
    container = {"name": "it", "image": "example.com/it:1", "securityContext": {"privileged": True}}
    assert "violates PodSecurity" in refusal(cluster, "mpi-operator", {"containers": [container]})


def test_an_operator_that_is_killed_while_a_job_starts_is_started_again_and_the_job_runs(
    running: LiveCluster, control_plane: ControlPlane
) -> None:
    (pod,) = operators(running)
    first = leader(running)
    start_job(running, "killed")
    eventually(lambda: running.pod("killed-worker-0"), "the operator is at it")
    os.kill(control_plane.processes.process_id(program_of(pod)), signal.SIGKILL)
    eventually(lambda: has(running, "killed", "Running"), "the job runs", LONG)
    assert leader(running) != first
    (same,) = operators(running)
    assert same["metadata"]["uid"] == pod["metadata"]["uid"]
    assert is_ready(same)


def test_of_two_operators_one_leads_and_the_other_takes_over(running: LiveCluster, control_plane: ControlPlane) -> None:
    running.patch(DEPLOYMENT, {"spec": {"replicas": 2}})
    try:
        eventually(lambda: sum(is_ready(pod) for pod in operators(running)) == 2, "both run")
        first = eventually(lambda: leader(running), "one leads")
        logs = {program_of(pod): control_plane.processes.log(program_of(pod)) for pod in operators(running)}
        # The leader's identity is in the other's log, too, a moment later.
        leads = [name for name, log in logs.items() if "Leading started" in log.read_text()]
        assert len(leads) == 1
        running.delete(f"/api/v1/namespaces/mpi-operator/pods/{leads[0].removeprefix('mpi-operator-')}")
        eventually(lambda: leader(running) not in (None, "", first), "the other leads", LONG)
        start_job(running, "taken-over")
        eventually(lambda: has(running, "taken-over", "Running"), "it runs a job", LONG)
    finally:
        running.patch(DEPLOYMENT, {"spec": {"replicas": 1}})
        eventually(lambda: len(operators(running)) == 1, "one is left")


def test_a_job_goes_on_once_the_node_that_it_lost_is_replaced(running: LiveCluster) -> None:
    start_job(running, "lost")
    eventually(lambda: has(running, "lost", "Running"), "it runs", LONG)
    (launcher,) = launchers(running)
    keep = launcher["spec"]["nodeName"]
    running.set_nodes(*(node for node in NODES if node.name == keep))
    eventually(lambda: any(pod["status"]["phase"] == "Failed" for pod in launchers(running)), "the launcher fails")
    failed = next(pod for pod in launchers(running) if pod["status"]["phase"] == "Failed")
    assert last_words(failed).startswith("the connection to lost-worker-")
    pending = eventually(
        lambda: [pod for pod in running.pods() if "-worker-" in pod["metadata"]["name"] and not is_ready(pod)],
        "the operator makes the worker again",
    )
    assert pending[0]["status"]["phase"] == "Pending"
    running.set_nodes(*NODES)
    eventually(lambda: any(is_ready(pod) for pod in launchers(running)), "a launcher runs again", LONG)
    assert not has(running, "lost", "Failed")


def test_a_killed_api_server_costs_a_starting_job_some_seconds(
    running: LiveCluster, control_plane: ControlPlane
) -> None:
    start_job(running, "outage")
    eventually(lambda: running.pod("outage-worker-0"), "the operator is at it")
    os.kill(control_plane.processes.process_id("kube-apiserver"), signal.SIGKILL)

    def runs() -> bool:
        try:
            return has(running, "outage", "Running")
        except httpx.HTTPError:
            return False

    eventually(runs, "the job runs", LONG)
    assert running.twin.fault is None
    control_plane.check()
