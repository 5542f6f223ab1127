"""``efa report``: the command."""

from __future__ import annotations

import json
from pathlib import Path
from xml.etree import ElementTree

import pytest

from ..efa_cli import Ended, call_efa
from ..review.templates import Template, sound


def template_file(folder: Path, **changes: object) -> Path:
    """A template that lacks the resources that ``changes`` names with None."""
    template: Template = sound()
    for name, change in changes.items():
        if change is None:
            del template["Resources"][name]
    file = folder / "nodes.json"
    file.write_text(json.dumps(template, indent=1))
    return file


@pytest.fixture
def call(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path):
    monkeypatch.chdir(tmp_path)
    return lambda *arguments: Ended(*call_efa(capsys, monkeypatch, "report", *arguments))


def test_passes_a_sound_template(call, tmp_path: Path) -> None:
    ended = call("--template", str(template_file(tmp_path)), "--check")
    assert (ended.code, ended.out, ended.err) == (0, "no findings in 1 template\n", "")


def test_says_what_is_wrong_where_why_and_what_to_do(call, tmp_path: Path) -> None:
    ended = call("--template", str(template_file(tmp_path, Egress=None)), "--check")
    assert ended.code == 1
    first, problem, *_ = ended.out.splitlines()
    assert first == "error    EFA-SG-001  nodes/SecurityGroup"
    assert problem.strip().startswith("SecurityGroup lets EFA traffic in, and has no rule")
    for part in ("fix: add an egress rule", "why: EFA traffic is matched by security group", "see: https://docs.aws"):
        assert part in ended.out
    assert ended.out.splitlines()[-1] == "1 error in 1 template"


def test_prints_one_document(call, tmp_path: Path) -> None:
    file = template_file(tmp_path, Egress=None)
    ended = call("--template", str(file), "--json")
    assert ended.code == 1
    (finding,) = ended.document["findings"]
    assert finding["rule"] == "EFA-SG-001"
    assert '"SecurityGroup": {' in file.read_text().splitlines()[finding["line"] - 1]
    assert call("--template", str(file), "--check", "--format", "json").out == ended.out


def test_prints_sarif_and_junit(call, tmp_path: Path) -> None:
    file = template_file(tmp_path, Egress=None)
    sarif = call("--template", str(file), "--check", "--format", "sarif")
    (result,) = sarif.document["runs"][0]["results"]
    assert sarif.code == 1
    # As code hosts want it: from where the command runs.
    assert result["locations"][0]["physicalLocation"]["artifactLocation"]["uri"] == "nodes.json"
    junit = call("--template", str(file), "--check", "--format", "junit")
    assert junit.code == 1
    assert ElementTree.fromstring(junit.out).get("failures") == "1"


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ([], "there is no 'cdk.out' here: run 'cdk synth', or name what to review with '--assembly' or '--template'"),
        (["--assembly", "a", "--template", "b"], "'--assembly' and '--template' exclude each other: give one of them"),
        (["--template", "nowhere.json"], "cannot read the template 'nowhere.json': "),
        (["--assembly", "nowhere"], "the cloud assembly 'nowhere' is not a folder, give one that 'cdk synth' wrote"),
        (["--format", "sarif"], "'--format sarif' is of findings, which '--check' prints: give that, too"),
        (["--json", "--format", "junit"], "'--json' and '--format junit' exclude each other: give one of them"),
        (["--template", "broken.json"], "'broken.json' is no CloudFormation template: JSON not well-formed. (line 1"),
        (["--template", "list.yaml"], "'list.yaml' is no CloudFormation template: it has no 'Resources'"),
    ],
)
def test_refuses_bad_input_in_a_line(call, tmp_path: Path, arguments: list[str], message: str) -> None:
    (tmp_path / "broken.json").write_text("{")
    (tmp_path / "list.yaml").write_text("- 1\n")
    ended = call(*arguments)
    assert (ended.code, ended.out) == (2, "")
    assert ended.err.startswith(f"error: {message}")
    assert ended.err.count("\n") == 1


def test_tells_what_changes_in_the_document_and_in_text(call, tmp_path: Path) -> None:
    before = tmp_path / "before"
    before.mkdir()
    nodes = sound()
    nodes["Outputs"] = {"Group": {"Value": {"Ref": "SecurityGroup"}, "Export": {"Name": "group"}}}
    importer = {"Type": "AWS::SSM::Parameter", "Properties": {"Value": {"Fn::ImportValue": "group"}}}
    for folder, description in ((before, "EFA"), (tmp_path, "another")):
        nodes["Resources"]["SecurityGroup"]["Properties"]["GroupDescription"] = description
        assembly(folder / "cdk.out", Nodes=nodes, Job={"Resources": {"Parameter": importer}})
    ended = call("--json", "--against", "before/cdk.out")
    assert (ended.code, ended.document["passes"]) == (1, False)
    (export,) = ended.document["exportsInUse"]
    assert {name: export[name] for name in ("export", "stack", "importedBy", "removed", "sure", "becauseOf")} == {
        "export": "group",
        "stack": "Nodes",
        "importedBy": ["Job"],
        "removed": False,
        "sure": True,
        "becauseOf": "Nodes/SecurityGroup",
    }
    changes = {change["logicalId"]: change for change in ended.document["changes"]}
    assert changes["SecurityGroup"]["replacement"] == "yes"
    assert changes["SecurityGroup"]["properties"] == [{"path": "GroupDescription", "replacement": "yes"}]
    assert changes["NodeGroup"]["becauseOf"] == ["Nodes/LaunchTemplate"]
    refused = call("--check", "--against", "before/cdk.out")
    assert refused.code == 1
    text = " ".join(refused.out.split())
    assert "CloudFormation refuses to update Nodes" in text
    assert "fix: let Job get the value in another way first" in text
    for name in ("sarif", "junit"):
        other = call("--check", "--format", name, "--against", "before/cdk.out")
        assert other.code == 1
        assert "CloudFormation refuses to update Nodes" in other.err
    assert call("--check", "--against", "cdk.out").code == 0


def test_a_change_that_cloudformation_refuses_is_told_and_ends_with_1(call, tmp_path: Path) -> None:
    nodes = sound()
    group = nodes["Resources"]["NodeGroup"]["Properties"]
    group["NodegroupName"] = "gpu"
    assembly(tmp_path / "before", Nodes=nodes)
    group["Subnets"] = ["subnet-0123456789abcdef0"]
    assembly(tmp_path / "cdk.out", Nodes=nodes)
    ended = call("--json", "--against", "before")
    (change,) = ended.document["changes"]
    assert (ended.code, ended.document["passes"], change["interrupts"]) == (1, False, None)
    assert "ClusterName and NodegroupName would name both" in change["refused"]
    text = call("--check", "--against", "before")
    assert text.code == 1
    assert f"Nodes/NodeGroup: {change['refused']}" in " ".join(text.out.split())
    for name in ("sarif", "junit"):
        other = call("--check", "--format", name, "--against", "before")
        assert (other.code, change["refused"] in other.err) == (1, True)
    call("--against", "before", "-o", "page.html")
    page = (tmp_path / "page.html").read_text()
    assert f"<strong>Refused:</strong> {change['refused']}" in page
    assert "<strong>Interrupts:</strong>" not in page


def test_tells_no_changes_without_another_version(call, tmp_path: Path) -> None:
    assembly(tmp_path / "cdk.out", Nodes=sound())
    assert "refuses" not in call("--check").out
    alone = call("--json").document
    assert (alone["changes"], alone["exportsInUse"]) == (None, None)


def assembly(folder: Path, **templates: Template) -> None:
    folder.mkdir()
    artifacts = {
        name: {
            "type": "aws:cloudformation:stack",
            "environment": "aws://unknown-account/unknown-region",
            "properties": {"templateFile": f"{name}.template.json"},
        }
        for name in templates
    }
    (folder / "manifest.json").write_text(json.dumps({"version": "48.0.0", "artifacts": artifacts}))
    for name, template in templates.items():
        (folder / f"{name}.template.json").write_text(json.dumps(template))


def test_writes_the_page_with_what_changed(call, tmp_path: Path) -> None:
    before = tmp_path / "before"
    before.mkdir()
    old = template_file(before, PlacementGroup=None)
    ended = call("--template", str(template_file(tmp_path)), "--against", str(old), "-o", "page.html")
    assert (ended.code, ended.out) == (0, "")
    page = (tmp_path / "page.html").read_text()
    assert page.startswith("<!doctype html>")
    assert "What changes against what is deployed now" in page
    assert "AWS::<wbr>EC2::<wbr>PlacementGroup" in page


def test_says_of_a_nested_stack_that_its_template_was_not_read(call, tmp_path: Path) -> None:
    elsewhere = {"TemplateURL": "https://s3.amazonaws.com/bucket/nodes.yaml"}
    template = {"Resources": {"Nodes": {"Type": "AWS::CloudFormation::Stack", "Properties": elsewhere}}}
    (tmp_path / "all.json").write_text(json.dumps(template))
    for name in ("text", "json", "sarif", "junit"):
        ended = call("--template", "all.json", "--check", "--format", name)
        assert (ended.code, ended.err) == (0, "Not read: the nested stack all/Nodes, whose template is not here\n")
