"""Rehearsals of cloud assemblies, as the CDK wrote them and edited by hand."""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from efa_constructs.errors import EfaConstructsError
from efa_constructs.lookups.clients import aws_clients
from efa_constructs.lookups.node_groups import read_clusters
from efa_constructs.rehearsal.inputs.cdk_cli import find_node
from efa_constructs.rehearsal.inputs.synthesis import read_app
from efa_constructs.rehearsal.programs import Programs
from efa_constructs.rehearsal.rehearse import Rehearsal, rehearse

from .efa_command import FACTS, ROOT, Efa, write_nodes_project

Change = Callable[[dict[str, Any]], None]


@pytest.fixture(scope="module")
def assembly(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Nodes on an existing cluster: one stack."""
    project = write_nodes_project(tmp_path_factory.mktemp("assembly"))
    folder = project / "cdk.out"
    with Programs() as programs:
        read_app(project, {}).synthesize(
            folder,
            programs=programs,
            environment=os.environ,
            node=find_node(),
            account="123456789012",
            region="us-east-1",
            log=project / "log",
        )
    return folder


def changed(assembly: Path, folder: Path, *changes: Change) -> Path:
    """A copy of the assembly with a stack for each change, whose template was edited by hand."""
    copy = folder / "changed"
    shutil.copytree(assembly, copy)
    manifest = json.loads((copy / "manifest.json").read_text())
    environment = manifest["artifacts"]["EfaNodes"]["environment"]
    manifest["artifacts"] = {}
    for number, change in enumerate(changes):
        template = json.loads((assembly / "EfaNodes.template.json").read_text())
        change(template["Resources"])
        # As CDK's legacy synthesizer writes it: without a bootstrap, which takes seconds and is in other tests.
        del template["Parameters"]["BootstrapVersion"], template["Rules"]
        name = f"Nodes{number}"
        (copy / f"{name}.template.json").write_text(json.dumps(template))
        manifest["artifacts"][name] = {
            "type": "aws:cloudformation:stack",
            "environment": environment,
            "properties": {"templateFile": f"{name}.template.json"},
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
        (with_an_interface_too_many, "EFA"),
        (with_an_unknown_type, "AWS::Braket::QuantumComputer"),
    ],
)
def test_says_no_to_an_assembly_that_was_edited(
    efa: Efa, assembly: Path, tmp_path: Path, change: Change, words: str
) -> None:
    edited = changed(assembly, tmp_path, change)
    code, out, err = efa.run("--assembly", str(edited), "--cluster-facts", str(FACTS), "--without-kubernetes")
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


DEPLOYED_TOGETHER = (
    without_one_interface,
    without_cluster_group,
    without_efa_group,
    with_a_plain_group_of_the_nodes,
    with_an_efa_group_for_something_else,
)


@pytest.fixture(scope="module")
def judged(assembly: Path, tmp_path_factory: pytest.TempPathFactory) -> dict[Change, dict[str, Any]]:
    """What is said of EFA in the node group of each edited template, when all are deployed in one account."""
    folder = tmp_path_factory.mktemp("judged")
    (folder / "tmp").mkdir()
    edited = changed(assembly, folder, *DEPLOYED_TOGETHER)
    code, out, err = Efa(folder / "tmp").run(
        "--assembly", str(edited), "--cluster-facts", str(FACTS), "--json", "--without-kubernetes"
    )
    assert code == 1, err
    document = json.loads(out)
    assert document["deployed"]
    found = {group["name"].partition("-")[0]: group["efa"] for group in document["nodeGroups"]}
    return {change: found[f"Nodes{number}"] for number, change in enumerate(DEPLOYED_TOGETHER)}


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (without_one_interface, "has 3 EFA interfaces"),
        (without_efa_group, "EFA would not pass: its rules are right, but no interface carries it"),
        (without_cluster_group, "does not carry the cluster's security group"),
    ],
)
def test_finds_the_fault_of_a_template_that_was_edited(
    judged: dict[Change, dict[str, Any]], change: Change, words: str
) -> None:
    found = judged[change]
    assert not found["sound"]
    assert any(words in finding["problem"] for finding in found["findings"] if finding["level"] != "warning")


@pytest.mark.parametrize("change", [with_a_plain_group_of_the_nodes, with_an_efa_group_for_something_else])
def test_only_warns_where_efa_passes_by_the_clusters_group_and_no_other_was_meant_for_it(
    judged: dict[Change, dict[str, Any]], change: Change
) -> None:
    found = judged[change]
    assert found["sound"]
    (finding,) = found["findings"]
    assert finding["level"] == "warning"
    assert "would not carry it alone" in finding["problem"]


def test_keeps_the_account_and_leaves_the_assembly_alone(
    efa: Efa, assembly: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    before = sorted(assembly.rglob("*"))
    code, out, err = efa.run(
        "--assembly", str(assembly), "--cluster-facts", str(FACTS), "--keep", "--json", "--without-kubernetes"
    )
    assert code == 0, err
    document = json.loads(out)
    (cluster,) = read_clusters(aws_clients(environment=document["environment"]))
    assert cluster.node_groups[0].status == "ACTIVE"
    assert document["kubeconfigs"] is None
    assert sorted(assembly.rglob("*")) == before
    code, out, err = efa.run("--stop")
    assert (code, out, err) == (0, f"Stopped the account 123456789012 (process {document['processId']}).\n", "")
    assert efa.run("--stop") == (0, "No rehearsal was kept running.\n", "")
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
