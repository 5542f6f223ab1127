"""The generator: upstream's fields without prose, with our differences, and no field lost unnoticed."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
import yaml

from efa_constructs.k8s import generate_mpi_job_schema as generator
from efa_constructs.k8s.generate_mpi_job_schema import DIFFERENCES, facts, schema_of
from efa_constructs.pods import mpi_job_schema

COMMITTED = Path(mpi_job_schema.__file__).parent
UPSTREAM = json.loads((Path(__file__).parent / "upstream_mpi_job_facts.json").read_text())
OURS = json.loads((COMMITTED / "mpi_job_schema.json").read_text())
IMAGE = UPSTREAM["made_from"]


def schema_from(fields: dict[str, dict]) -> dict:
    """A schema with these facts, and prose as upstream's has it."""
    root: dict = {}
    for path, keywords in fields.items():
        node = root
        for step in path.replace("[]", ".[]").split(".") if path else ():
            holder, key = (
                (node, {"*": "additionalProperties", "[]": "items"}[step])
                if step in ("*", "[]")
                else (
                    node.setdefault("properties", {}),
                    step,
                )
            )
            node = holder.setdefault(key, {})
        node |= {**keywords, "description": f"What {path} is for."}
    return root


POD_TEMPLATE = schema_from(
    {
        "": {"type": "object"},
        "metadata": {"type": "object"},
        "spec": {"type": "object", "required": ["containers"]},
        "spec.containers": {"type": "array"},
        "spec.containers[]": {"type": "object", "required": ["name"]},
        "spec.containers[].name": {"type": "string"},
    }
)


def upstream(fields: dict[str, dict] = UPSTREAM["facts"], *, versions=("v2beta1",), image=IMAGE) -> list[dict]:
    """The manifest of a release, made of its facts."""
    schema = schema_from(fields)
    schema["properties"]["spec"]["properties"]["mpiReplicaSpecs"]["additionalProperties"]["properties"]["template"] = (
        POD_TEMPLATE
    )
    version = {key: value for key, value in OURS["spec"]["versions"][0].items() if key not in ("name", "schema")}
    spec = OURS["spec"] | {
        "versions": [{**version, "name": name, "schema": {"openAPIV3Schema": schema}} for name in versions]
    }
    container = {"name": "mpi-operator", "image": image}
    return [
        {"kind": "Namespace", "metadata": {"name": "mpi-operator"}},
        {"kind": "CustomResourceDefinition", "metadata": {"name": "mpijobs.kubeflow.org"}, "spec": spec},
        {"kind": "Deployment", "spec": {"template": {"spec": {"containers": [container]}}}},
    ]


@pytest.fixture
def run(tmp_path, capsys):
    """Runs the generator on a manifest; returns its exit status, its errors, and the folder that it wrote to."""

    def generate(content: list[dict] | str, *more: str):
        manifest = tmp_path / "mpi-operator.yaml"
        manifest.write_text(content if isinstance(content, str) else yaml.safe_dump_all(content))
        status = generator.main([str(manifest), "--to", str(tmp_path), *more])
        return status, capsys.readouterr().err, tmp_path

    return generate


def test_what_is_committed_is_what_it_writes(run, tmp_path):
    status, _, folder = run(upstream(), "--facts", str(tmp_path / "facts.json"))
    assert status == 0
    assert (folder / "mpi_job_schema.json").read_text() == (COMMITTED / "mpi_job_schema.json").read_text()
    assert json.loads((folder / "facts.json").read_text()) == UPSTREAM


def test_every_field_of_upstream_is_in_ours_with_all_that_is_said_of_it():
    """The comparison that a lost field, type, default or enumeration fails; our own differences are listed by name."""
    ours = dict(facts(schema_of(OURS["spec"])))
    expected = {path: dict(keywords) for path, keywords in UPSTREAM["facts"].items()}
    for difference in DIFFERENCES:
        field = expected.setdefault(difference.path, {})
        assert not set(field) & set(difference.keywords), f"{difference.path} is not only added to"
        field |= difference.keywords
    assert ours == {path: dict(sorted(keywords.items())) for path, keywords in expected.items()}


def test_knows_the_fields_of_the_release():
    """A few, chosen by hand, so that a generator that loses fields from both files is found out."""
    assert len(UPSTREAM["facts"]) == 56
    assert UPSTREAM["facts"]["spec.mpiImplementation"] == {
        "default": "OpenMPI",
        "enum": ["OpenMPI", "Intel", "MPICH"],
        "type": "string",
    }
    assert UPSTREAM["facts"]["spec.runPolicy.activeDeadlineSeconds"] == {"format": "int64", "type": "integer"}
    assert UPSTREAM["facts"]["status.conditions[]"]["required"] == ["status", "type"]
    assert "enum" not in UPSTREAM["facts"]["spec.launcherCreationPolicy"]


def test_gives_a_reason_for_every_difference():
    assert all(len(difference.reason) > 20 for difference in DIFFERENCES)
    paths = [difference.path for difference in DIFFERENCES]
    assert len(paths) == len(set(paths))


def test_writes_the_schema_of_a_pod_template_apart(run):
    _, _, folder = run(upstream())
    template = json.loads((folder / "pod_template_schema.json").read_text())["schema"]
    assert dict(facts(template)) == {
        "": {"type": "object", "required": ["spec"]},
        "metadata": {"type": "object"},
        "spec": {"type": "object", "required": ["containers"]},
        "spec.containers": {"type": "array", "minItems": 1},
        "spec.containers[]": {"type": "object", "required": ["name"]},
        "spec.containers[].name": {"type": "string"},
    }
    assert "description" not in json.dumps(template)


def test_keeps_a_field_that_upstream_adds(run):
    _, _, folder = run(upstream(UPSTREAM["facts"] | {"spec.runPolicy.grace": {"type": "integer"}}))
    written = json.loads((folder / "mpi_job_schema.json").read_text())
    assert dict(facts(schema_of(written["spec"])))["spec.runPolicy.grace"] == {"type": "integer"}


def without(path: str) -> dict[str, dict]:
    return {name: keywords for name, keywords in UPSTREAM["facts"].items() if name != path}


@pytest.mark.parametrize(
    ("manifest", "message"),
    [
        ("{", "cannot be read"),
        ("- 1\n", "has no Deployment"),
        (upstream()[:1] + upstream()[2:], "has no CustomResourceDefinition mpijobs.kubeflow.org"),
        ([{"kind": "Deployment", "spec": {}}], "lacks 'template'"),
        (upstream()[:2], "has no Deployment: give a release's deploy/v2beta1/mpi-operator.yaml"),
        (upstream(versions=("v2beta1", "v2")), "has the versions ['v2beta1', 'v2']: this program knows v2beta1"),
        (upstream(without("spec.runPolicy.managedBy")), "upstream has no field 'spec.runPolicy.managedBy' any more"),
        (
            upstream(
                UPSTREAM["facts"]
                | {"spec.launcherCreationPolicy": {"type": "string", "enum": ["AtStartup", "WaitForWorkersReady"]}}
            ),
            "upstream says 'enum' of 'spec.launcherCreationPolicy' itself now",
        ),
    ],
)
def test_refuses_what_it_does_not_know(run, manifest, message):
    status, error, folder = run(manifest)
    assert status == 2
    assert error.startswith("python -m efa_constructs.k8s.generate_mpi_job_schema: ")
    assert message in error
    assert not (folder / "mpi_job_schema.json").exists()


def test_refuses_a_file_that_is_not_there(tmp_path, capsys):
    assert generator.main([str(tmp_path / "none.yaml"), "--to", str(tmp_path)]) == 2
    assert "No such file" in capsys.readouterr().err
