"""What people are told of a cluster, out of its objects."""

from __future__ import annotations

import pytest

from efa_constructs.cluster.diagnosis.cluster_objects import ClusterObjects
from efa_constructs.cluster.summary import PodRole, alike, devices_in_words, summarize

from ..rehearsal.snapshots import JOB, WORKER_LIMITS, event_object, job_object, node_object, pod_object, snapshot


def test_knows_nodes_with_the_instances_that_they_are_and_the_devices_that_they_offer() -> None:
    first, second = summarize(snapshot(nodes=[node_object("i-0b"), node_object("i-0a", efas=0)])).nodes
    assert (first.instance_id, second.instance_id) == ("i-0a", "i-0b")
    assert first.devices == {"nvidia.com/gpu": 8}
    assert second.devices == {"vpc.amazonaws.com/efa": 4, "nvidia.com/gpu": 8}


def test_puts_pods_of_jobs_first_and_workers_in_the_order_of_their_numbers() -> None:
    workers = [pod_object(f"{JOB}-worker-{number}", role="worker") for number in (10, 9)]
    pods = summarize(snapshot(pods=[*workers, pod_object("efa-plugin-a", image="x/aws-efa-k8s-device-plugin:1"),
                                    pod_object(f"{JOB}-launcher-x", role="launcher")])).pods  # fmt: skip
    assert [(pod.role, pod.name.rpartition("-")[2]) for pod in pods] == [
        (PodRole.LAUNCHER, "x"),
        (PodRole.WORKER, "9"),
        (PodRole.WORKER, "10"),
        (PodRole.DEVICE_PLUGIN, "a"),
    ]


def test_adds_up_what_the_containers_of_a_pod_hold() -> None:
    halves = [{"nvidia.com/gpu": "4", "hugepages-2Mi": "1Gi"}, {"nvidia.com/gpu": "4", "hugepages-2Mi": "512Mi"}]
    (pod,) = summarize(snapshot(pods=[pod_object("train-0", limits=halves)])).pods
    assert pod.holds == {"nvidia.com/gpu": "8", "hugepages-2Mi": "1536Mi"}
    assert devices_in_words(pod.holds) == "8 GPUs, 1536Mi of hugepages-2Mi"


def test_says_why_a_pod_has_no_node_and_why_a_container_waits() -> None:
    words = "0/2 nodes are available: 2 Insufficient vpc.amazonaws.com/efa."
    lost = pod_object("worker-0", None, role="worker", unschedulable=words)
    crashing = pod_object("plugin-a", image="x/aws-efa-k8s-device-plugin:1", waiting="CrashLoopBackOff")
    found = summarize(snapshot(pods=[lost, crashing]))
    (pod, _) = found.pods
    assert (pod.name, pod.state, pod.message) == ("worker-0", "Pending", words)
    assert found.unplaced == {words: ("default/worker-0",)}
    assert [(one.name, one.state, one.ready) for one in found.pods_on(found.nodes[0])] == [
        ("plugin-a", "CrashLoopBackOff", False)
    ]


def test_knows_a_jobs_newest_condition() -> None:
    (job,) = summarize(snapshot(mpi_jobs=[job_object("Created", "Running", "Succeeded")])).jobs
    assert (job.state, job.transport) == ("Succeeded", None)
    assert [(one.type, one.status) for one in job.conditions] == [
        ("Created", "True"),
        ("Running", "False"),
        ("Succeeded", "True"),
    ]


def test_of_conditions_of_one_second_the_last_is_the_newest() -> None:
    made = job_object("Created", "Running")
    for condition in made["status"]["conditions"]:
        condition["lastTransitionTime"] = "2026-01-02T03:04:05Z"
    (job,) = summarize(snapshot(mpi_jobs=[made])).jobs
    assert job.state == "Running"


def test_gathers_warnings_that_say_the_same_and_leaves_out_what_is_normal() -> None:
    events = [
        event_object("FailedScheduling", "worker-0", "0/2 nodes", count=2),
        event_object("FailedScheduling", "worker-1", "0/2 nodes"),
        event_object("Scheduled", "worker-2", "assigned", type="Normal"),
    ]
    (warning,) = summarize(snapshot(events=events)).warnings
    assert warning.objects == ("Pod default/worker-0", "Pod default/worker-1")
    assert warning.count == 3


def test_a_pod_that_has_a_node_by_now_is_no_warning() -> None:
    events = [event_object("FailedScheduling", "worker-0", "no nodes"), event_object("BackOff", "worker-0", "crashed")]
    assert [one.reason for one in summarize(snapshot(events=events, pods=[pod_object("worker-0")])).warnings] == [
        "BackOff"
    ]
    waiting = summarize(snapshot(events=events, pods=[pod_object("worker-0", None)])).warnings
    assert [one.reason for one in waiting] == ["FailedScheduling", "BackOff"]


def test_nothing_that_a_pod_says_steers_the_terminal() -> None:
    crashing = pod_object("train-0", waiting="CrashLoopBackOff")
    crashing["status"]["containerStatuses"][0]["lastState"] = {"terminated": {"message": "gone \x1b[2J\x07 wrong"}}
    events = [event_object("BackOff", "train-0", "back \x1b]0;title\x07 off")]
    found = summarize(snapshot(pods=[crashing], events=events))
    assert found.pods[0].message == "gone  [2J  wrong"
    assert found.warnings[0].message == "back  ]0;title  off"


def test_shows_one_of_many_nodes_that_are_alike() -> None:
    names = [f"i-{number:04d}" for number in range(1000)]
    nodes = [node_object(name, efas=3 if name == "i-0500" else 4) for name in names]
    pods = [pod_object(f"{JOB}-worker-{number}", f"node-of-{name}", role="worker", limits=[WORKER_LIMITS])
            for number, name in enumerate(names)]  # fmt: skip
    groups = alike(summarize(snapshot(nodes=nodes, pods=pods)))
    assert [len(group) for group in groups] == [999, 1]
    assert groups[1][0].instance_id == "i-0500"
    assert [len(group) for group in alike(summarize(snapshot(nodes=nodes[:8], pods=[])))] == [1] * 8


def test_devices_in_words_begin_with_efas_and_know_one_from_several() -> None:
    assert devices_in_words({"nvidia.com/gpu": 8, "vpc.amazonaws.com/efa": 1}) == "1 EFA, 8 GPUs"
    assert devices_in_words({}) == ""


@pytest.mark.parametrize(
    ("about", "words"),
    [({"namespace": "default"}, "default"), ({"kind": "Node", "name": "a"}, "Node a"), ({}, ""), (None, "")],
)
def test_a_warning_may_say_little_of_what_it_is_about(about: dict[str, str] | None, words: str) -> None:
    event = {**event_object("Odd", "x", "something is odd"), "involvedObject": about}
    found = summarize(snapshot(events=[event]))
    assert found.warnings[0].objects == (words,)
    assert ClusterObjects(snapshot(events=[event], pods=[], mpi_jobs=[]), None).events([], "Odd") == []


def test_an_init_container_that_fails_is_told_with_its_restarts() -> None:
    pod = pod_object("a", waiting="PodInitializing")
    pod["status"]["initContainerStatuses"] = [
        {"restartCount": 3, "state": {"waiting": {"reason": "CrashLoopBackOff", "message": "back-off 40s"}}}
    ]
    (found,) = summarize(snapshot(pods=[pod])).pods
    assert (found.state, found.restarts, found.message) == ("CrashLoopBackOff", 3, "back-off 40s")
