"""Running a CDK app as the CDK CLI would."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

import pytest

from efa_constructs.errors import InvalidConfigurationError, RehearsalError
from efa_constructs.rehearsal.inputs.synthesis import read_app
from efa_constructs.rehearsal.programs import Programs


def project(folder: Path, **files: Any) -> Path:
    for name, content in files.items():
        (folder / f"{name.replace('_', '.')}.json").write_text(json.dumps(content))
    return folder


def synthesize(folder: Path, **context: str) -> Path:
    output = folder / "out"
    with Programs() as programs:
        read_app(folder, context).synthesize(
            output,
            programs=programs,
            environment=os.environ,
            node=Path("/some/node"),
            account="111122223333",
            region="eu-north-1",
            log=folder / "log",
        )
    return output


SHOW = (
    'mkdir "$CDK_OUTDIR" && echo "$JSII_NODE $CDK_DEFAULT_ACCOUNT $CDK_DEFAULT_REGION $CDK_CONTEXT_JSON" '
    '> "$CDK_OUTDIR/seen"'
)


def test_runs_the_command_of_cdk_json_with_the_environment_of_the_cli(tmp_path: Path) -> None:
    project(tmp_path, cdk={"app": SHOW, "context": {"a": 1}})
    seen = (synthesize(tmp_path) / "seen").read_text()
    assert seen.startswith("/some/node 111122223333 eu-north-1 {")
    context = json.loads(seen.split(" ", 3)[3])
    assert context["a"] == 1
    assert context["aws:cdk:enable-path-metadata"] is True


def test_lets_the_command_line_win_over_cdk_json_and_that_over_what_was_looked_up(tmp_path: Path) -> None:
    project(
        tmp_path,
        cdk={"app": "true", "context": {"a": "file", "b": "file"}},
        cdk_context={"a": "looked up", "b": "looked up", "c": "looked up"},
    )
    context = read_app(tmp_path, {"a": "option"}).context
    assert (context["a"], context["b"], context["c"]) == ("option", "file", "looked up")


def test_fails_with_the_last_words_of_the_app(tmp_path: Path) -> None:
    project(tmp_path, cdk={"app": "echo warning; echo \"error: 'efa:minSize': no number\" >&2; exit 1"})
    with pytest.raises(RehearsalError) as error:
        synthesize(tmp_path)
    assert str(error.value) == "'efa:minSize': no number"


@pytest.mark.parametrize(
    ("files", "message"),
    [
        ({}, "has no cdk.json: run this in the folder of a CDK app, or give --assembly"),
        ({"cdk": []}, "does not hold a JSON object"),
        ({"cdk": {"context": {}}}, "names no 'app'"),
    ],
    ids=["no cdk.json", "a list", "no app"],
)
def test_fails_on_a_folder_without_an_app(tmp_path: Path, files: dict[str, Any], message: str) -> None:
    with pytest.raises(InvalidConfigurationError, match=message):
        read_app(project(tmp_path, **files), {})


def test_fails_on_a_cdk_json_that_is_not_json(tmp_path: Path) -> None:
    (tmp_path / "cdk.json").write_text("{")
    with pytest.raises(InvalidConfigurationError, match=r"cannot read '.*cdk.json'"):
        read_app(tmp_path, {})
