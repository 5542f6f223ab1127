"""Whole rehearsals of projects: the app, the real CDK CLI, the emulated account, and nothing left behind."""

from __future__ import annotations

import json
import signal
import sys
import time
from pathlib import Path
from typing import Any

import pytest

from efa_constructs.rehearsal.control_plane.binaries import Binaries
from tests.docs import shown

from .efa_command import ROOT, Efa, write_nodes_project


@pytest.fixture(scope="module")
def page(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where the page of the default app's rehearsal is."""
    return tmp_path_factory.mktemp("page") / "rehearsal.html"


@pytest.fixture(scope="module")
def report(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where the report for people of the default app's rehearsal is."""
    return tmp_path_factory.mktemp("report") / "report.txt"


@pytest.fixture(scope="module")
def rehearsed(
    tmp_path_factory: pytest.TempPathFactory, page: Path, report: Path, binaries: Binaries
) -> tuple[int, dict[str, Any], str, Efa]:
    """The default app, rehearsed once, with its control plane."""
    efa = Efa(tmp_path_factory.mktemp("tmp"), module=("tests.rehearsal.told_twice", str(report)))
    code, out, err = efa.run("--json", "--report", str(page), "--kubernetes-binaries", str(binaries.etcd.parent))
    assert out, err
    return code, json.loads(out), err.replace(f"The report with the picture: {page}\n", ""), efa


def test_deploys_the_default_app_and_finds_that_efa_passes(rehearsed: tuple[int, dict[str, Any], str, Efa]) -> None:
    code, document, _, _ = rehearsed
    (group,) = document["nodeGroups"]
    assert code == 0
    assert document["passes"]
    assert (group["status"], group["instanceType"], group["amiType"]) == (
        "ACTIVE",
        "p4d.24xlarge",
        "AL2023_x86_64_NVIDIA",
    )
    assert (group["minSize"], group["desiredSize"], group["maxSize"]) == (1, 2, 3)
    assert len(group["nodes"]) == 2
    for node in group["nodes"]:
        assert [(one["networkCardIndex"], one["deviceIndex"], one["interfaceType"]) for one in node["interfaces"]] == [
            (0, 0, "interface"),
            (0, 1, "efa-only"),
            (1, 0, "efa-only"),
            (2, 0, "efa-only"),
            (3, 0, "efa-only"),
        ]
        assert [one["privateIpv4Address"] is not None for one in node["interfaces"]] == [True] + [False] * 4
        assert all(len(one["securityGroupIds"]) == 2 for one in node["interfaces"])
    assert group["efa"]["trafficPasses"]
    assert group["efa"]["findings"] == []


def test_starts_the_nccl_job_on_two_nodes_with_all_their_devices(
    rehearsed: tuple[int, dict[str, Any], str, Efa],
) -> None:
    code, document, _, _ = rehearsed
    (cluster,) = document["kubernetes"]
    instances = {node["instanceId"] for group in document["nodeGroups"] for node in group["nodes"]}
    assert code == 0
    assert cluster["sound"]
    assert cluster["findings"] == []
    assert {node["instanceId"] for node in cluster["nodes"]} == instances
    for node in cluster["nodes"]:
        assert node["ready"]
        assert node["instanceType"] == "p4d.24xlarge"
        assert node["devices"] == {"vpc.amazonaws.com/efa": 4, "nvidia.com/gpu": 8}
    workers = [pod for pod in cluster["pods"] if pod["role"] == "worker"]
    (launcher,) = (pod for pod in cluster["pods"] if pod["role"] == "launcher")
    assert {pod["node"] for pod in workers} == {node["name"] for node in cluster["nodes"]}
    assert [(pod["state"], pod["ready"]) for pod in (*workers, launcher)] == [("Running", True)] * 3
    for pod in workers:
        assert (pod["holds"]["vpc.amazonaws.com/efa"], pod["holds"]["nvidia.com/gpu"]) == ("4", "8")
    assert launcher["endState"] == "Succeeded"
    (job,) = cluster["jobs"]
    assert (job["kind"], job["state"], job["transport"]) == ("MPIJob", "Succeeded", "efa")
    assert [one["type"] for one in job["conditions"]] == ["Created", "Running", "Succeeded"]
    first, second = sorted(instances)
    assert {(*one["from"], *one["to"], one["reaches"]) for one in cluster["efaReachability"]} == {
        (first, second, True),
        (second, first, True),
    }


def test_says_what_really_ran_and_what_was_computed(rehearsed: tuple[int, dict[str, Any], str, Efa]) -> None:
    _, document, _, _ = rehearsed
    ran = " ".join(document["executed"])
    for program in ("CDK CLI", "kubectl handler", "etcd", "kube-apiserver 1.36", "kube-scheduler", "mpi-operator"):
        assert program in ran
    assert any("mpirun did not run" in each for each in document["computed"])
    assert any("no packet was sent" in each for each in document["computed"])
    assert not any("accepted, and not applied" in each for each in document["notChecked"])
    assert "Gbps" not in json.dumps(document)
    assert "GB/s" not in json.dumps(document)


def test_tries_the_commands_for_a_real_cluster(rehearsed: tuple[int, dict[str, Any], str, Efa]) -> None:
    _, document, _, _ = rehearsed
    (group,) = document["nodeGroups"]
    (subnet,) = group["subnetIds"]
    name = group["cluster"]["name"]
    assert all(one["asExpected"] for one in document["commands"])
    preflight, lookup, status, verify = ((one["command"], one["answer"]) for one in document["commands"])
    assert preflight[0] == "efa preflight --region us-east-1"
    assert "pass" in preflight[1] and "fail" not in preflight[1]
    assert lookup[0].startswith(f"efa lookup --cluster {name} --region us-east-1 --instance-type p4d.24xlarge --zone ")
    assert lookup[1] == f"proposes {subnet}, where the nodes of {group['name']} are"
    assert status == (f"efa status --cluster {name} --region us-east-1", "nothing is wrong, 2 nodes ready")
    assert verify == ("efa verify --job nccl-tests-p4d-24xlarge -n default", "unproven, for nothing was measured here")


def test_writes_the_page(rehearsed: tuple[int, dict[str, Any], str, Efa], page: Path) -> None:
    text = page.read_text()
    for pod in rehearsed[1]["kubernetes"][0]["pods"]:
        assert pod["name"] in text


def test_shows_one_line_for_each_stage(rehearsed: tuple[int, dict[str, Any], str, Efa]) -> None:
    _, document, err, _ = rehearsed
    stages = [stage["name"] for stage in document["stages"]]
    assert sorted(stages) == sorted(
        [
            "find Kubernetes",
            "synthesize",
            "start the account",
            "bootstrap",
            "efa preflight",
            "deploy",
            "start the jobs",
            "end the jobs",
            "read back",
            "judge",
            "efa lookup",
            "efa status",
            "efa verify",
        ]
    )
    assert sorted(line[:18].strip() for line in err.splitlines()) == sorted(stages)


@pytest.mark.parametrize("block", shown.OF_THE_DEFAULT_APP, ids=lambda block: f"{block.page}: {block.begins}")
def test_the_documentation_shows_what_is_printed(
    rehearsed: tuple[int, dict[str, Any], str, Efa], report: Path, block: shown.Shown
) -> None:
    block.check(rehearsed[2] + report.read_text())


def test_leaves_no_process_and_no_file_behind(rehearsed: tuple[int, dict[str, Any], str, Efa]) -> None:
    rehearsed[3].assert_left_nothing()


def test_gives_the_account_the_placement_group_that_the_app_names(efa: Efa, tmp_path: Path) -> None:
    code, out, err = efa.run(
        "--json", "-c", "efa:placementGroup=rack", "-c", "efa:capacityReservationId=cr-0123456789abcdef0",
        "--without-kubernetes",
        directory=write_nodes_project(tmp_path),
    )  # fmt: skip
    assert code == 0, err
    document = json.loads(out)
    assert document["nodeGroups"][0]["placementGroup"] == "rack"
    assert any("placement group 'rack'" in each for each in document["notChecked"])


# An app of another account that asks AWS for zones, as CDK's Vpc does, and makes calls when it is deployed.
ASKING_APP = """
import aws_cdk as cdk
from aws_cdk import aws_ec2 as ec2
from aws_cdk import custom_resources
app = cdk.App(builtin_cloud_formation_validation=False)
stack = cdk.Stack(app, "Network", env=cdk.Environment(account="111122223333", region="us-west-2"))
vpc = ec2.Vpc(stack, "Vpc", max_azs=2, nat_gateways=0, restrict_default_security_group=False)
for action in ("describeVpcs", "describeSpotDatafeedSubscription"):
    call = custom_resources.AwsCustomResource(
        stack,
        action,
        on_update=custom_resources.AwsSdkCall(
            service="EC2", action=action, physical_resource_id=custom_resources.PhysicalResourceId.of(action)
        ),
        policy=custom_resources.AwsCustomResourcePolicy.from_sdk_calls(resources=["*"]),
        resource_type="Custom::" + action,
        install_latest_aws_sdk=False,
    )
    call.node.add_dependency(vpc)
    if action == "describeVpcs":
        cdk.CfnOutput(stack, "Id", value=call.get_response_field("Vpcs.0.VpcId"))
app.synth()
"""


def test_answers_an_app_of_another_account_at_synthesis_and_when_it_is_deployed(efa: Efa, tmp_path: Path) -> None:
    (tmp_path / "app.py").write_text(ASKING_APP)
    (tmp_path / "cdk.json").write_text(json.dumps({"app": f"{sys.executable} app.py"}))
    (tmp_path / "node_modules").symlink_to(ROOT / "node_modules")
    code, out, err = efa.run("--json", "--without-kubernetes", directory=tmp_path)
    document = json.loads(out)
    assert (code, document["refusals"], document["account"]) == (1, [], "111122223333"), err
    assert (
        "which Availability Zones your account has: the app asked, and was given us-west-2a, us-west-2b, us-west-2c, "
        "us-west-2d"
    ) in document["notChecked"]
    [unknown] = [each for each in document["notChecked"] if each.startswith("the call")]
    assert unknown.startswith(
        "the call EC2.describeSpotDatafeedSubscription that the custom resource Network/describeSp"
    )
    assert not (tmp_path / "cdk.context.json").exists()
    efa.assert_left_nothing()


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_leaves_nothing_behind_when_it_is_interrupted(efa: Efa, number: signal.Signals) -> None:
    with efa.start("--without-kubernetes") as process:
        assert process.stderr is not None
        # The account is up, and the app and the CDK CLI are running.
        assert process.stderr.readline().startswith("start the account")
        time.sleep(0.5)
        assert len(efa.processes()) > 2
        process.send_signal(number)
        # The shell and the system may both tell that a terminal is gone.
        for _ in range(5 if number == signal.SIGHUP else 0):
            time.sleep(0.05)
            process.send_signal(number)
        out, err = process.communicate(timeout=30)
    assert process.returncode == 128 + number
    assert out == ""
    assert "Traceback" not in err
    efa.assert_left_nothing()
