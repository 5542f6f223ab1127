"""Whole rehearsals: the app, the real CDK CLI, the emulated account, and nothing left behind."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
import time
import uuid
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from efa_constructs.errors import EfaConstructsError
from efa_constructs.lookups.clients import aws_clients
from efa_constructs.lookups.node_groups import read_clusters
from efa_constructs.rehearsal.rehearse import Rehearsal, rehearse

ROOT = Path(__file__).parent.parent.parent
FACTS = ROOT / "examples" / "cluster-facts.json"


@dataclass
class Efa:
    """Runs the command as a user does, and knows what it leaves behind."""

    temporary: Path
    mark: str = field(default_factory=lambda: f"efa-test-{uuid.uuid4()}")

    def start(self, *arguments: str, directory: Path = ROOT) -> subprocess.Popen[str]:
        environment = {**os.environ, "TMPDIR": str(self.temporary), "EFA_TEST_MARK": self.mark}
        return subprocess.Popen(
            [sys.executable, "-m", "efa_constructs.cli", "rehearse", *arguments],
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            cwd=directory,
            env={key: value for key, value in environment.items() if not key.startswith("AWS_")},
        )

    def run(self, *arguments: str, directory: Path = ROOT) -> tuple[int, str, str]:
        with self.start(*arguments, directory=directory) as process:
            out, err = process.communicate(timeout=300)
            return process.returncode, out, err

    def processes(self) -> list[int]:
        """What still runs of all that was started."""
        found = []
        for folder in Path("/proc").glob("[0-9]*"):
            try:
                if self.mark.encode() in (folder / "environ").read_bytes():
                    found.append(int(folder.name))
            except OSError:
                continue
        return found

    def assert_left_nothing(self) -> None:
        assert self.processes() == []
        assert list(self.temporary.iterdir()) == []


@pytest.fixture
def efa(tmp_path: Path) -> Efa:
    temporary = tmp_path / "tmp"
    temporary.mkdir()
    return Efa(temporary)


@pytest.fixture(scope="module")
def rehearsed(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[int, dict[str, Any], str, Efa]]:
    """The default app, rehearsed once."""
    efa = Efa(tmp_path_factory.mktemp("tmp"))
    code, out, err = efa.run("--json")
    assert out, err
    return code, json.loads(out), err, efa  # type: ignore[return-value]


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


def test_shows_one_line_for_each_stage(rehearsed: tuple[int, dict[str, Any], str, Efa]) -> None:
    _, document, err, _ = rehearsed
    stages = [stage["name"] for stage in document["stages"]]
    assert sorted(stages) == sorted(["synthesize", "start the account", "bootstrap", "deploy", "read back", "judge"])
    assert sorted(line[:18].strip() for line in err.splitlines()) == sorted(stages)


def test_leaves_no_process_and_no_file_behind(rehearsed: tuple[int, dict[str, Any], str, Efa]) -> None:
    rehearsed[3].assert_left_nothing()


Template = dict[str, Any]


@pytest.fixture(scope="module")
def assembly(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The app on an existing cluster: one stack."""
    folder = tmp_path_factory.mktemp("assembly") / "cdk.out"
    settings = json.loads((ROOT / "cdk.json").read_text())
    context = {**settings["context"], "efa:clusterFacts": str(FACTS)}
    subprocess.run(
        [sys.executable, "app.py"],
        cwd=ROOT,
        check=True,
        env={
            **os.environ,
            "CDK_OUTDIR": str(folder),
            "CDK_CONTEXT_JSON": json.dumps(context),
            # The templates are validated in other tests.
            "CDK_VALIDATION": "false",
        },
    )
    return folder


def changed(assembly: Path, folder: Path, change: Callable[[dict[str, Any]], None]) -> Path:
    """A copy of the assembly whose template was edited by hand."""
    copy = folder / "changed"
    shutil.copytree(assembly, copy)
    path = copy / "EfaNodes.template.json"
    template = json.loads(path.read_text())
    change(template["Resources"])
    # As CDK's legacy synthesizer writes it: without a bootstrap, which takes seconds and is in other tests.
    del template["Parameters"]["BootstrapVersion"], template["Rules"]
    path.write_text(json.dumps(template))
    manifest = json.loads((copy / "manifest.json").read_text())
    manifest["artifacts"] = {
        "EfaNodes": {
            "type": "aws:cloudformation:stack",
            "environment": manifest["artifacts"]["EfaNodes"]["environment"],
            "properties": {"templateFile": path.name},
        }
    }
    (copy / "manifest.json").write_text(json.dumps(manifest))
    return copy


def interfaces(resources: dict[str, Any]) -> list[dict[str, Any]]:
    (template,) = (each for each in resources.values() if each["Type"] == "AWS::EC2::LaunchTemplate")
    found: list[dict[str, Any]] = template["Properties"]["LaunchTemplateData"]["NetworkInterfaces"]
    return found


def without_self_egress(resources: dict[str, Any]) -> None:
    (rule,) = (name for name, each in resources.items() if each["Type"] == "AWS::EC2::SecurityGroupEgress")
    del resources[rule]
    for each in resources.values():
        waits_for = each.get("DependsOn")
        if isinstance(waits_for, list) and rule in waits_for:
            waits_for.remove(rule)


def without_one_interface(resources: dict[str, Any]) -> None:
    interfaces(resources).pop()


def without_cluster_group(resources: dict[str, Any]) -> None:
    for interface in interfaces(resources):
        interface["Groups"] = [group for group in interface["Groups"] if isinstance(group, dict)]


def without_efa_group(resources: dict[str, Any]) -> None:
    for interface in interfaces(resources):
        interface["Groups"] = [group for group in interface["Groups"] if not isinstance(group, dict)]


def with_an_interface_too_many(resources: dict[str, Any]) -> None:
    interfaces(resources).append({**interfaces(resources)[-1], "DeviceIndex": 1})


def with_an_unknown_type(resources: dict[str, Any]) -> None:
    resources["Strange"] = {"Type": "AWS::Braket::QuantumComputer"}


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (without_self_egress, "EFA would not pass: it has no egress rule to itself"),
        (without_one_interface, "has 3 EFA interfaces"),
        (without_efa_group, "EFA would not pass: its rules are right, but no interface carries it"),
        (without_cluster_group, "does not carry the cluster's security group"),
        (with_an_interface_too_many, "EFA"),
        (with_an_unknown_type, "AWS::Braket::QuantumComputer"),
    ],
)
def test_says_no_to_an_assembly_that_was_edited(
    efa: Efa, assembly: Path, tmp_path: Path, change: Callable[[dict[str, Any]], None], words: str
) -> None:
    edited = changed(assembly, tmp_path, change)
    code, out, err = efa.run("--assembly", str(edited), "--cluster-facts", str(FACTS))
    assert code == 1, err
    assert words in " ".join(out.split())
    assert "npx cdk deploy" not in out
    efa.assert_left_nothing()


def with_a_plain_group_of_the_nodes(resources: dict[str, Any]) -> None:
    """As other people's templates have it: the group that lets nodes in says nothing about EFA."""
    without_self_egress(resources)
    (group,) = (each for each in resources.values() if each["Type"] == "AWS::EC2::SecurityGroup")
    group["Properties"]["Tags"] = [
        tag for tag in group["Properties"].get("Tags", []) if not tag["Key"].startswith("efa-constructs:")
    ]


def with_an_efa_group_for_something_else(resources: dict[str, Any]) -> None:
    """The nodes carry the cluster's group only; a group that file systems use has the rules of EFA."""
    without_efa_group(resources)
    group, properties = next(
        (name, each["Properties"]) for name, each in resources.items() if each["Type"] == "AWS::EC2::SecurityGroup"
    )
    assert any(tag["Key"] == "efa-constructs:traffic" for tag in properties["Tags"])
    resources["FileSystemGroup"] = {
        "Type": "AWS::EC2::SecurityGroup",
        "Properties": {"GroupDescription": "file system", "VpcId": properties["VpcId"]},
    }
    resources["FileSystemRule"] = {
        "Type": "AWS::EC2::SecurityGroupIngress",
        "Properties": {
            "GroupId": {"Fn::GetAtt": [group, "GroupId"]},
            "SourceSecurityGroupId": {"Fn::GetAtt": ["FileSystemGroup", "GroupId"]},
            "IpProtocol": "-1",
        },
    }


@pytest.mark.parametrize("change", [with_a_plain_group_of_the_nodes, with_an_efa_group_for_something_else])
def test_only_warns_where_efa_passes_by_the_clusters_group_and_no_other_was_meant_for_it(
    efa: Efa, assembly: Path, tmp_path: Path, change: Callable[[dict[str, Any]], None]
) -> None:
    edited = changed(assembly, tmp_path, change)
    code, out, err = efa.run("--assembly", str(edited), "--cluster-facts", str(FACTS), "--json")
    assert code == 0, out + err
    (finding,) = json.loads(out)["nodeGroups"][0]["efa"]["findings"]
    assert finding["level"] == "warning"
    assert "would not carry it alone" in finding["problem"]


def test_keeps_the_account_and_leaves_the_assembly_alone(efa: Efa, assembly: Path) -> None:
    before = sorted(assembly.rglob("*"))
    code, out, err = efa.run("--assembly", str(assembly), "--cluster-facts", str(FACTS), "--keep", "--json")
    assert code == 0, err
    document = json.loads(out)
    try:
        (cluster,) = read_clusters(aws_clients(environment=document["environment"]))
        assert cluster.node_groups[0].status == "ACTIVE"
        assert sorted(assembly.rglob("*")) == before
    finally:
        os.kill(document["processId"], signal.SIGTERM)
    deadline = time.monotonic() + 10
    while efa.processes() and time.monotonic() < deadline:
        time.sleep(0.05)
    efa.assert_left_nothing()


def test_gives_the_account_the_placement_group_that_the_app_names(efa: Efa) -> None:
    code, out, err = efa.run(
        "--json", "-c", f"efa:clusterFacts={FACTS}", "-c", "efa:placementGroup=rack",
        "-c", "efa:capacityReservationId=cr-0123456789abcdef0",
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
app = cdk.App()
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
    code, out, err = efa.run("--json", directory=tmp_path)
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


def write_assembly(
    folder: Path, *environments: str, missing: tuple[str, ...] = (), images: tuple[str, ...] = ()
) -> Path:
    """An assembly with an empty stack for each environment."""
    artifacts: dict[str, Any] = {
        f"Stack{number}": {
            "type": "aws:cloudformation:stack",
            "environment": f"aws://{environment}",
            "properties": {"templateFile": "template.json"},
        }
        for number, environment in enumerate(environments)
    }
    artifacts["Assets"] = {"type": "cdk:asset-manifest", "properties": {"file": "assets.json"}}
    manifest = {"version": "55.0.0", "artifacts": artifacts, "missing": [{"key": key} for key in missing]}
    folder.mkdir()
    (folder / "manifest.json").write_text(json.dumps(manifest))
    (folder / "template.json").write_text('{"Resources": {}}')
    (folder / "assets.json").write_text(json.dumps({"dockerImages": {name: {} for name in images}}))
    return folder


@pytest.mark.parametrize(
    ("options", "facts", "message"),
    [
        (
            {"missing": ("vpc-provider:x",)},
            None,
            "lacks what the app looks up in AWS .vpc-provider:x.: run 'cdk synth'",
        ),
        (
            {"missing": ("availability-zones:account=111122223333:region=us-west-2",)},
            None,
            r"run 'efa rehearse' in the folder of the app, which gives it the zones, or add to its cdk.context.json "
            r'{"availability-zones:account=111122223333:region=us-west-2": \["us-west-2a", "us-west-2b", .*\]} and run',
        ),
        (
            {"missing": ("availability-zones:account=111122223333:region=moon-1",)},
            None,
            "looks up in AWS .availability-zones:account=111122223333:region=moon-1.: run 'cdk synth' once with",
        ),
        ({"images": ("trainer",)}, None, "builds container images .trainer., and there is no docker here"),
        ({}, FACTS, "the cluster facts are of account 123456789012, and the stacks go to 111122223333"),
    ],
    ids=[
        "missing context",
        "missing zones",
        "zones of an unknown Region",
        "container images",
        "facts of another account",
    ],
)
def test_refuses_an_assembly_that_cannot_be_rehearsed(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    options: dict[str, tuple[str, ...]],
    facts: Path | None,
    message: str,
) -> None:
    monkeypatch.setenv("PATH", "/nowhere")
    assembly = write_assembly(tmp_path / "cdk.out", "111122223333/us-east-1", **options)
    with pytest.raises(EfaConstructsError, match=message):
        rehearse(Rehearsal(directory=ROOT, assembly=assembly, cluster_facts=facts))


def test_refuses_stacks_of_several_accounts(tmp_path: Path) -> None:
    assembly = write_assembly(tmp_path / "cdk.out", "111122223333/us-east-1", "444455556666/us-east-1")
    with pytest.raises(EfaConstructsError, match=r"the stacks go to several accounts .111122223333, 444455556666."):
        rehearse(Rehearsal(directory=ROOT, assembly=assembly))


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_leaves_nothing_behind_when_it_is_interrupted(efa: Efa, number: signal.Signals) -> None:
    with efa.start() as process:
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
    assert process.returncode == 130
    assert out == ""
    assert "Traceback" not in err
    efa.assert_left_nothing()
