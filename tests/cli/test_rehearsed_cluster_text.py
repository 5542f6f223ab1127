"""What ``efa rehearse`` prints about a cluster, and what it shows while jobs start."""

from __future__ import annotations

import json
import re
from dataclasses import replace

import pytest
from rich.console import Console

from efa_constructs.cli.progress import LineProgress, LiveProgress, jobs_in_words
from efa_constructs.cli.rehearsal_text import print_report
from efa_constructs.cluster.finding import Finding, Level
from efa_constructs.rehearsal.control_plane.build_progress import BuildProgress
from efa_constructs.rehearsal.progress import Stage
from efa_constructs.rehearsal.result import RehearsalResult, to_json
from efa_constructs.rehearsal.result.rehearsed_cluster import RehearsedCluster
from efa_constructs.rules.device_plugins import PLUGIN_TOLERATES_TAINTS

from ..rehearsal.deployments import cluster, node, node_group
from ..rehearsal.results import result
from ..rehearsal.snapshots import (
    JOB,
    WORKER_LIMITS,
    event_object,
    job_object,
    node_object,
    pod_object,
    rehearsed_cluster,
    snapshot,
)

DEPLOYED = cluster(node_group(node("i-0a"), node("i-0b")))
UNSCHEDULABLE = "0/2 nodes are available: 2 Insufficient vpc.amazonaws.com/efa."


def with_cluster(rehearsed: RehearsedCluster) -> RehearsalResult:
    return result(
        DEPLOYED,
        kubernetes=(rehearsed,),
        executed=("kube-scheduler 1.36.3 (which node takes a pod)",),
        computed=("EFA traffic: no packet was sent",),
    )


def stuck_cluster() -> RehearsedCluster:
    """The EFA plugin runs nowhere, and so no worker does."""
    pods = [
        pod_object(f"{JOB}-worker-{number}", None, role="worker", unschedulable=UNSCHEDULABLE) for number in range(4)
    ]
    events = [event_object("FailedScheduling", f"{JOB}-worker-{number}", UNSCHEDULABLE) for number in range(4)]
    stuck = snapshot(
        nodes=[node_object("i-0a", efas=0), node_object("i-0b", efas=0)],
        pods=pods,
        events=events,
        mpi_jobs=[job_object("Created")],
    )
    finding = Finding(
        code="plugin-nowhere",
        level=Level.FAULT,
        problem="[the plugin] runs nowhere",
        fix="tolerate",
        rule=PLUGIN_TOLERATES_TAINTS,
    )
    return RehearsedCluster(running=stuck, ended=stuck, findings=(finding,))


def print_of(found: RehearsalResult, capsys: pytest.CaptureFixture[str]) -> str:
    print_report(found)
    return capsys.readouterr().out


def test_prints_nodes_with_their_devices_and_pods_with_what_they_hold(capsys: pytest.CaptureFixture[str]) -> None:
    out = print_of(with_cluster(rehearsed_cluster()), capsys)
    assert "node-of-i-0a: p4d.24xlarge in us-east-1a, offers 4 EFAs, 8 GPUs" in out
    assert "worker         default/nccl-tests-worker-0 Running, holds 4 EFAs, 8 GPUs, 5Gi of hugepages-2Mi" in out
    assert "device plugin  default/efa-plugin-i-0b Running" in out
    assert "MPIJob default/nccl-tests: Succeeded" in out
    assert "Running    03:04:06 MPIJob default/nccl-tests is Running." in out
    assert "EFA would carry it between every two of its nodes (computed)" in out
    assert "Scheduled" not in out
    assert "  1 i-0a | -    | pass\n  2 i-0b | pass | -\n" in out


def test_pods_that_are_there_by_the_way_take_one_line_and_none_that_does_not_run(
    capsys: pytest.CaptureFixture[str],
) -> None:
    pods = [pod_object(f"aws-node-{number}") for number in range(3)]
    crashing = pod_object("coredns-0", waiting="CrashLoopBackOff")
    found = snapshot(nodes=[node_object("i-0a")], pods=[*pods, crashing])
    out = print_of(with_cluster(RehearsedCluster(running=found, ended=found, findings=())), capsys)
    assert "others  3 Running (default/aws-node-0, default/aws-node-1 and 1 more)" in out
    assert "other   default/coredns-0 CrashLoopBackOff" in out


def test_says_what_really_ran_and_what_was_computed_and_no_bandwidth(capsys: pytest.CaptureFixture[str]) -> None:
    out = print_of(with_cluster(rehearsed_cluster()), capsys)
    assert "\nReally executed\n  - kube-scheduler 1.36.3" in out
    assert "\nComputed\n  - EFA traffic: no packet was sent" in out
    assert "Gbps" not in out


def test_prints_what_no_node_takes_and_why_once(capsys: pytest.CaptureFixture[str]) -> None:
    out = " ".join(print_of(with_cluster(stuck_cluster()), capsys).split())
    assert out.count("no node takes default/nccl-tests-worker-0, default/nccl-tests-worker-1 and 2 more") == 1
    assert out.count(f"FailedScheduling: Pod default/nccl-tests-worker-0, Pod default/nccl-tests-worker-1 and 2 more, "
                     f"4 times: {UNSCHEDULABLE}") == 1  # fmt: skip
    assert "fault: [the plugin] runs nowhere fix: tolerate (EFA-K8S-002)" in out
    assert "What runs on the cluster is not as it should be" in out


@pytest.mark.parametrize("columns", [48, 60, 80])
@pytest.mark.parametrize("rehearsed", [rehearsed_cluster(), stuck_cluster()], ids=["healthy", "stuck"])
def test_fits_a_narrow_terminal(
    columns: int, rehearsed: RehearsedCluster, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", str(columns))
    out = print_of(with_cluster(rehearsed), capsys)
    assert max(map(len, out.splitlines())) <= columns
    assert out.isascii()


def test_a_thousand_nodes_take_no_more_lines_than_two(capsys: pytest.CaptureFixture[str]) -> None:
    names = [f"i-{number:04d}" for number in range(1000)]
    large = rehearsed_cluster(
        nodes=[node_object(name) for name in names],
        pods=[
            pod_object(f"{JOB}-worker-{number}", f"node-of-{name}", role="worker", limits=[WORKER_LIMITS])
            for number, name in enumerate(names)
        ],
    )
    whole = replace(with_cluster(large), clusters=(cluster(node_group(*(node(name) for name in names))),), verdicts=())
    out = print_of(whole, capsys)
    assert "node-of-i-0000, and 999 more like it: p4d.24xlarge" in out
    assert "1 i-0000 and 999 like it | pass" in out
    assert len(out.splitlines()) < 50


def test_json_has_all_of_it() -> None:
    document = json.loads(json.dumps(to_json(with_cluster(stuck_cluster()))))
    (found,) = document["kubernetes"]
    assert not document["passes"]
    assert (found["cluster"], found["region"], found["sound"]) == ("training", "us-east-1", False)
    assert found["nodes"][0] == {
        "name": "node-of-i-0a",
        "instanceId": "i-0a",
        "instanceType": "p4d.24xlarge",
        "availabilityZone": "us-east-1a",
        "nodeGroup": "efa",
        "ready": True,
        "devices": {"nvidia.com/gpu": 8},
        "allocatable": {"cpu": "95690m", "nvidia.com/gpu": "8"},
    }
    assert found["pods"][0] == {
        "namespace": "default",
        "name": "nccl-tests-worker-0",
        "owner": "MPIJob nccl-tests-worker",
        "role": "worker",
        "job": "nccl-tests",
        "node": None,
        "state": "Pending",
        "ready": False,
        "endState": "Pending",
        "holds": {},
        "message": UNSCHEDULABLE,
    }
    assert found["warnings"][0]["reason"] == "FailedScheduling"
    assert found["efaReachability"][0] == {"from": ["i-0a"], "to": ["i-0b"], "reaches": True}
    assert found["findings"] == [
        {
            "code": "plugin-nowhere",
            "level": "fault",
            "problem": "[the plugin] runs nowhere",
            "fix": "tolerate",
            "rule": "EFA-K8S-002",
        }
    ]


def test_tells_what_pods_and_jobs_are_at_while_they_start() -> None:
    pods = [pod_object("worker-0", None), pod_object("worker-1"), pod_object("worker-2", waiting="CrashLoopBackOff")]
    assert (
        jobs_in_words(snapshot(pods=pods, mpi_jobs=[job_object("Created")]))
        == "pods: 1 CrashLoopBackOff, 1 Pending, 1 Running; MPIJob nccl-tests: Created"
    )


def shown(progress: LiveProgress) -> str:
    console = Console(width=100, color_system=None)
    with console.capture() as captured:
        console.print(progress.render())
    return captured.get()


def test_the_live_view_says_what_goes_on_in_each_stage_and_for_how_long() -> None:
    progress = LiveProgress()
    progress.stage_started("find Kubernetes")
    progress.building(BuildProgress(stage="compiling", program="etcd", current="go.etcd.io/etcd", done=3, total=9))
    assert re.search(r"\d\.\d s  compiling etcd: package 3 of 9 \(go.etcd.io/etcd\)", shown(progress))
    progress.stage_ended(Stage(name="find Kubernetes", seconds=61.5))
    progress.stage_started("start the jobs")
    progress.starting_jobs(snapshot())
    assert "find Kubernetes     61.5 s" in shown(progress)
    assert "pods: 5 Running; MPIJob nccl-tests: Running" in shown(progress)


def test_a_log_gets_a_line_of_a_build_for_each_step_and_each_half_minute(capsys: pytest.CaptureFixture[str]) -> None:
    progress = LineProgress()
    for seconds in (0.0, 1.0, 31.0):
        progress.building(BuildProgress(stage="downloading", current="a", done=1, seconds=seconds))
    progress.building(BuildProgress(stage="linking", seconds=32.0))
    lines = capsys.readouterr().err.splitlines()
    assert [line.partition(" ")[0] for line in lines] == ["downloading", "downloading", "linking"]
