"""The reference pages say what the code does: no key, field or option more, and none less."""

from __future__ import annotations

import dataclasses
import re
import types
import typing
from collections.abc import Mapping
from pathlib import Path

import aws_cdk as cdk
import pytest
import typer
from typer.testing import CliRunner

from app import define
from efa_constructs import aws, catalogue, k8s
from efa_constructs.cli import app as efa
from efa_constructs.cli import regional_types
from efa_constructs.cli.instances import facts
from efa_constructs.cli.lookup import lookup_document
from efa_constructs.cluster.diagnosis.mpi_job_causes import REMEDIES
from efa_constructs.cluster.finding import Finding, Level
from efa_constructs.errors import AwsRequestError, EfaConstructsError
from efa_constructs.k8s import default_environment, open_mpi_5_environment
from efa_constructs.lookups import cluster_facts
from efa_constructs.lookups.regional_offer import RegionalOffer
from efa_constructs.pods.environment_verdicts import VERDICTS
from efa_constructs.rehearsal.result import to_json
from efa_constructs.verify.causes import CAUSES, WITHOUT_MPI
from efa_constructs.verify.verdict import Verdict
from efa_constructs.verify.verified_json import to_json as verified_to_json
from stacks.settings import KEYS, Settings
from tests.lookups.looked_up import looked_up
from tests.rehearsal.deployments import cluster, node, node_group
from tests.rehearsal.results import result
from tests.rehearsal.snapshots import event_object, rehearsed_cluster
from tests.verify.real_logs import efa_run, lines, verified

from .pages import ROOT, pages, quoted, section, table


def camel_case(name: str) -> str:
    first, *rest = name.split("_")
    return first + "".join(map(str.capitalize, rest))


def first_cells(text: str) -> list[str]:
    return [name for row in table(text) for name in quoted(row[0])]


def test_configuration_lists_every_key_once():
    assert first_cells(section("reference/configuration.md", "## Keys")) == list(KEYS)


def test_configuration_gives_the_defaults_of_the_code():
    defaults = Settings()
    documented = {
        quoted(row[0])[0]: row[1].strip("`") for row in table(section("reference/configuration.md", "## Keys"))
    }
    for key, (field, _) in KEYS.items():
        default = getattr(defaults, field)
        in_words = {"None": "none", "()": "none", "True": "true", "False": "false"}
        assert documented[key] == in_words.get(str(default), str(default)), key


@pytest.mark.parametrize("row", table(section("reference/configuration.md", "## Errors")), ids=lambda row: row[0])
def test_configuration_quotes_the_errors_of_the_code(row, tmp_path, monkeypatch):
    words = quoted(row[0])
    pairs = dict(zip(words[::2], words[1::2], strict=False)) if len(words) > 1 else {words[0]: "x"}
    monkeypatch.delenv("CDK_DEFAULT_REGION", raising=False)
    with pytest.raises(EfaConstructsError) as refused:
        define(cdk.App(context=pairs, outdir=str(tmp_path), builtin_cloud_formation_validation=False))
    for part in quoted(row[1])[0].split("..."):
        assert part in str(refused.value)


RECORDS = {
    "## The document": cluster_facts.ClusterFacts,
    "## cluster": cluster_facts.Cluster,
    "## vpc": cluster_facts.Vpc,
    "## subnets": cluster_facts.Subnet,
}


@pytest.mark.parametrize("heading", RECORDS)
def test_cluster_facts_describes_every_field_with_its_type(heading):
    record = RECORDS[heading]
    hints = typing.get_type_hints(record)
    expected = [
        (camel_case(field.name), field_in_words(field, hints[field.name])) for field in dataclasses.fields(record)
    ]
    rows = table(section("reference/cluster-facts.md", heading))
    assert [(quoted(row[0])[0], row[1]) for row in rows] == expected


def field_in_words(field: dataclasses.Field[object], hint: object) -> str:
    if field.default is not dataclasses.MISSING:
        return f"{type_in_words(hint)}, optional"
    return f"{type_in_words(hint)}, or null" if type(None) in typing.get_args(hint) else type_in_words(hint)


def type_in_words(hint: object) -> str:
    names = {str: "string", int: "whole number", bool: "true or false"}
    if hint in names:
        return names[hint]
    origin, arguments = typing.get_origin(hint), typing.get_args(hint)
    if origin in (types.UnionType, typing.Union):
        return type_in_words(arguments[0])
    if origin is tuple:
        return f"list of {type_in_words(arguments[0])}s"
    if origin is Mapping:
        return f"object of {type_in_words(arguments[1]).replace('list', 'lists')}".removesuffix("s") + "s"
    return "object"


COMMANDS = typer.main.get_command(efa).commands


def options_of(command) -> set[str]:
    names = {name for parameter in command.params for name in parameter.opts if parameter.param_type_name == "option"}
    return names - {"--help"}


def test_command_has_a_section_for_every_command_and_no_other():
    page = (ROOT / "docs/reference/command.md").read_text()
    headings = [line.removeprefix("## efa").strip() for line in page.splitlines() if line.startswith("## efa")]
    assert headings == ["", *COMMANDS]


@pytest.mark.parametrize("name", COMMANDS)
def test_command_lists_every_option_and_no_other(name):
    documented = {
        option for option in first_cells(section("reference/command.md", f"## efa {name}")) if option.startswith("-")
    }
    assert documented == options_of(COMMANDS[name])
    printed = CliRunner().invoke(efa, [name, "--help"]).output
    assert all(option in printed for option in documented)


def test_command_lists_the_fields_of_instances():
    offline, of_region = json_section("## efa instances").split("With a Region")
    assert set(first_cells(offline)) == {*facts(catalogue.get("p4d.24xlarge")), "layouts"}
    answered = RegionalOffer(region="us-west-2", zones={}, offerings={}, efa_types={}, refusals={})
    assert set(first_cells(of_region)) == {
        "region",
        "availabilityZones",
        "notOffered",
        *regional_types.offer_facts(answered, []),
    }


def test_command_lists_the_fields_of_lookup():
    refusal = AwsRequestError("AWS refused", denied_action="eks:ListAddons")
    document = lookup_document(looked_up(refusals={"add-ons": refusal}), None)
    assert set(first_cells(json_section("## efa lookup"))) == set(document)
    for row in table(json_section("## efa lookup")):
        if row[1].startswith("list of `"):
            assert set(document[quoted(row[0])[0]][0]) <= set(quoted(row[1])), row[0]


def test_command_lists_the_fields_of_rehearse():
    rehearsed = rehearsed_cluster(events=[event_object("FailedScheduling", "worker-0", "0/2 nodes")])
    finding = Finding(code="a", level=Level.FAULT, problem="b", fix="c")
    with_finding = dataclasses.replace(rehearsed, findings=(finding,))
    document = to_json(result(cluster(node_group(node(), node("i-0b"))), kubernetes=(with_finding,)))
    outcome, rest = json_section("## efa rehearse").split("`kubernetes[]`")
    on_cluster, verdict = rest.split("`nodeGroups[].efa`")
    assert set(first_cells(outcome)) == set(document)
    assert set(first_cells(on_cluster)) == set(document["kubernetes"][0])
    for row in table(on_cluster):
        (listed, *_) = document["kubernetes"][0].get(quoted(row[0])[0]) if row[1].startswith("list") else [{}]
        assert set(listed) <= set(quoted(row[1])), row[0]
    assert set(first_cells(verdict)) == set(document["nodeGroups"][0]["efa"])


def test_command_lists_the_fields_of_verify():
    document = verified_to_json(verified(lines(efa_run())))
    # What follows is about bandwidth, and has a test of its own.
    verdict, _, _ = json_section("## efa verify").partition("What the verdicts on bandwidth mean")
    fields, causes = verdict.split("| cause |")
    assert set(first_cells(fields)) == set(document)
    for row in table(fields):
        (listed, *_) = document[quoted(row[0])[0]] if row[1].startswith("list of `") else [{}]
        assert set(listed) <= set(quoted(row[1])), row[0]
    documented = {quoted(row[0])[0]: row[1] for row in table("| cause |" + causes)}
    assert documented == {cause.code: cause.meaning for cause in (*CAUSES, WITHOUT_MPI)}


def test_command_lists_the_verdicts():
    verdicts, _, _ = section("reference/command.md", "## efa verify").partition("### JSON")
    assert set(first_cells(verdicts)) >= set(Verdict)


def json_section(heading: str) -> str:
    _, _, rest = (ROOT / "docs/reference/command.md").read_text().partition(f"\n{heading}\n")
    _, _, after = rest.partition("### JSON\n")
    return after.partition("\n## ")[0]


def test_constructs_shows_every_public_construct():
    page = (ROOT / "docs/reference/constructs.md").read_text()
    shown = {line.rpartition(".")[2] for line in page.splitlines() if line.startswith("::: efa_constructs.aws.")}
    assert shown == set(aws.__all__)


def test_kubernetes_constructs_shows_every_public_name():
    page = (ROOT / "docs/reference/kubernetes-constructs.md").read_text()
    shown = {line.rpartition(".")[2] for line in page.splitlines() if line.startswith("::: efa_constructs.k8s.")}
    assert shown == set(k8s.__all__)


def test_catalogue_shows_every_public_name():
    page = (ROOT / "docs/reference/catalogue.md").read_text()
    shown = {line.rpartition(".")[2] for line in page.splitlines() if line.startswith("::: ")}
    assert shown == set(catalogue.__all__)


LAYOUT_ROWS = table(section("explanation/interfaces.md", "## Three layouts").partition("For each layout")[2])


@pytest.mark.parametrize("row", LAYOUT_ROWS, ids=lambda row: row[0])
def test_interfaces_table_is_what_the_catalogue_computes(row):
    (instance_type,) = quoted(row[0])
    for layout, documented in zip(catalogue.InterfaceLayout, row[1:], strict=True):
        assert documented == layout_in_words(instance_type, layout)


def layout_in_words(instance_type: str, layout: str) -> str:
    try:
        interfaces = catalogue.network_interfaces(instance_type, layout)
    except EfaConstructsError:
        return "-"
    pods = catalogue.max_pods(instance_type, interfaces)
    most = "?" if pods.usable is None else min(pods.usable, pods.managed_limit)
    efa, addresses = catalogue.efa_interface_count(interfaces), catalogue.ipv4_addresses_used(interfaces)
    return f"{efa} EFA of {len(interfaces)}, {addresses} IPv4, {most} pods"


RESOURCE_ROWS = table((ROOT / "docs/explanation/node-resources.md").read_text())


@pytest.mark.parametrize("row", RESOURCE_ROWS, ids=lambda row: row[0])
def test_node_resources_table_is_what_the_catalogue_computes(row):
    (name,) = quoted(row[0])
    found = catalogue.allocatable(name)
    mebibytes = (found.hugepages_2mi_mib, found.memory_mib, found.conservative_memory_mib)
    expected = [str(catalogue.get(name).vcpus), f"{found.cpu_millicores}m", *(f"{figure}Mi" for figure in mebibytes)]
    assert row[1:] == expected


def test_image_guide_lists_every_argument_of_the_dockerfile_with_its_default():
    rows = table(section("how-to/build-the-nccl-tests-image.md", "## Choose versions"))
    dockerfile = (ROOT / "docker/nccl-tests/Dockerfile").read_text()
    defaults = re.findall(r'^ARG (\w+)="?([^"\n]+)"?$', dockerfile, re.MULTILINE)
    assert sorted((quoted(row[0])[0], quoted(row[1])[0]) for row in rows) == sorted(defaults)


def environment_rows(heading: str) -> list[list[str]]:
    return table(section("explanation/environment-variables.md", heading))


def test_environment_page_has_every_default_and_no_other():
    given = {
        pair
        for instance_type in catalogue.all_instance_types()
        for mpi_implementation in ("OpenMPI", "Intel", "MPICH")
        for pair in default_environment(instance_type, mpi_implementation=mpi_implementation).items()
    }
    rows = environment_rows("## What a job gets")
    assert {(quoted(row[1])[0], quoted(row[2])[0]) for row in rows} == given
    assert len(rows) == len(given)


def test_environment_page_has_every_verdict_in_the_words_of_the_code():
    expected = [
        [", ".join(f"`{name}`" for name in verdict.names), verdict.when, verdict.reason, verdict.source]
        for verdict in VERDICTS
    ]
    rows = environment_rows("## What does harm, or nothing")
    assert [[*row[:2], row[2].replace("`", ""), row[3]] for row in rows] == expected


def test_environment_page_has_what_open_mpi_5_needs():
    assert {
        quoted(row[0])[0]: quoted(row[1])[0] for row in environment_rows("## Open MPI 5")
    } == open_mpi_5_environment()


def codes_of_findings(*files: Path) -> set[str]:
    """What these modules give as ``code``, also by the name of a constant of theirs."""
    text = "".join(file.read_text() for file in files)
    constants = dict(re.findall(r'^([A-Z_]+) = "([a-z-]+)"$', text, re.MULTILINE))
    return {literal or constants[name] for literal, name in re.findall(r'code=(?:f?"([^"]+)"|([A-Z_]+)\b)', text)}


def test_rehearse_guide_lists_every_code_of_a_finding():
    cluster = ROOT / "efa_constructs/cluster"
    judges = (cluster / "fabric.py", cluster / "node_group_health.py", *cluster.glob("*_findings.py"))
    codes = codes_of_findings(*judges) - {"no-{direction}-rule"} | {"no-ingress-rule", "no-egress-rule"}
    assert set(first_cells(section("how-to/rehearse-any-app.md", "## What it finds"))) == codes


def test_guide_to_status_lists_every_code_that_it_finds_beside_those_of_the_fabric():
    cluster = ROOT / "efa_constructs/cluster"
    codes = codes_of_findings(cluster / "node_group_health.py", *cluster.glob("diagnosis/*.py"))
    codes |= {"workers-do-not-resolve", *(code for _, code, _ in REMEDIES), "launcher-failed"}
    listed = first_cells(section("how-to/read-the-state.md", "## What it finds"))
    assert sorted(listed) == sorted({*listed})
    assert set(listed) - {"no-egress-rule", "no-ingress-rule"} == codes


def test_every_key_that_is_mentioned_exists():
    mentioned = {key for page in pages() for key in re.findall(r"efa:[A-Za-z]+", page.read_text())}
    # The misspelt one is the example of an error.
    assert mentioned - {"efa:instancetype"} == set(KEYS)
