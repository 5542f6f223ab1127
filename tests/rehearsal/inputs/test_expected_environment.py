"""In which account and Region an input is expected to be deployed, before anything has run."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest

from efa_constructs.errors import EfaConstructsError
from efa_constructs.lookups.cluster_facts import read_cluster_facts
from efa_constructs.rehearsal.inputs.app import ProjectApp
from efa_constructs.rehearsal.inputs.environment import Environment
from efa_constructs.rehearsal.inputs.rehearsal_input import stated_environment
from efa_constructs.rehearsal.inputs.template import GivenTemplate
from efa_constructs.rehearsal.progress import Progress
from efa_constructs.rehearsal.workbench import workbench

from ..efa_command import ROOT
from ..results import result

FACTS = read_cluster_facts(ROOT / "examples" / "cluster-facts.json")
OF_FACTS = Environment(account=FACTS.account, region=FACTS.region)
EXAMPLE = Environment(account="123456789012", region="us-east-1")


@pytest.fixture(autouse=True)
def machine(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("AWS_REGION", "AWS_DEFAULT_REGION"):
        monkeypatch.delenv(name, raising=False)


@pytest.fixture
def template(tmp_path: Path) -> GivenTemplate:
    file = tmp_path / "queue.json"
    file.write_text(json.dumps({"Resources": {"Queue": {"Type": "AWS::SQS::Queue"}}}))
    return GivenTemplate(file, {})


def app(folder: Path, **context: str) -> ProjectApp:
    (folder / "cdk.json").write_text(json.dumps({"app": "true"}))
    (folder / "node_modules").symlink_to(ROOT / "node_modules")
    with workbench(Progress()) as bench:
        return ProjectApp(bench, folder, {f"efa:{key}": value for key, value in context.items()})


def test_a_template_goes_where_the_cluster_is_else_to_the_region_of_this_machine(
    template: GivenTemplate, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert template.expected_environment(None) == EXAMPLE
    assert template.expected_environment(FACTS) == OF_FACTS
    monkeypatch.setenv("AWS_DEFAULT_REGION", "eu-west-1")
    assert template.expected_environment(None) == replace(EXAMPLE, region="eu-west-1")
    monkeypatch.setenv("AWS_REGION", "us-west-2")
    assert template.expected_environment(None) == replace(EXAMPLE, region="us-west-2")
    assert template.expected_environment(FACTS) == OF_FACTS


def test_an_assembly_goes_where_its_stacks_say_and_else_where_the_cluster_is() -> None:
    assembly = result().assembly
    (stack,) = assembly.stacks
    named = replace(assembly, stacks=(replace(stack, account="111122223333", region="eu-north-1"),))
    assert stated_environment(named, FACTS) == Environment(account="111122223333", region="eu-north-1")
    nowhere = replace(assembly, stacks=(replace(stack, account=None, region=None),))
    assert stated_environment(nowhere, FACTS) == OF_FACTS
    assert stated_environment(nowhere, None) == EXAMPLE


def test_an_app_goes_to_the_region_of_its_zone_unless_there_is_a_cluster(tmp_path: Path) -> None:
    ours = app(tmp_path, availabilityZone="us-west-2b")
    assert ours.expected_environment(None) == replace(EXAMPLE, region="us-west-2")
    assert ours.expected_environment(FACTS) == OF_FACTS


def test_an_app_without_a_zone_goes_where_a_template_would(tmp_path: Path) -> None:
    assert app(tmp_path).expected_environment(None) == EXAMPLE


def test_a_zone_that_is_none_is_an_error_of_its_key_even_beside_a_cluster(tmp_path: Path) -> None:
    wrong = app(tmp_path, availabilityZone="nowhere")
    for facts in (None, FACTS):
        with pytest.raises(EfaConstructsError, match="'efa:availabilityZone': "):
            wrong.expected_environment(facts)


def test_only_an_app_has_keys_that_say_what_the_account_must_have(tmp_path: Path, template: GivenTemplate) -> None:
    assert app(tmp_path, placementGroup="rack").context["efa:placementGroup"] == "rack"
    assert template.context == {}
