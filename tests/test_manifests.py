"""``make manifests`` writes the objects that the app applies, for people who use kubectl."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import aws_cdk as cdk
import pytest
import yaml

import manifests
from app import define
from efa_constructs.errors import InvalidConfigurationError

from .docs import shown
from .k8s.schemas import check_manifests

ROOT = Path(__file__).parents[1]
CONTEXT = json.loads((ROOT / "cdk.json").read_text())["context"]


@pytest.fixture
def write(tmp_path, monkeypatch):
    """Write the manifests of a configuration, and return their objects by file."""
    monkeypatch.delenv("AWS_REGION", raising=False)

    def run(**keys: Any) -> dict[str, list[dict[str, Any]]]:
        files = manifests.write(CONTEXT | {f"efa:{key}": value for key, value in keys.items()}, tmp_path)
        return {str(path.relative_to(tmp_path)): list(yaml.safe_load_all(path.read_text())) for path in files}

    return run


def test_writes_the_cluster_and_the_jobs_apart(write):
    files = write()
    assert list(files) == [
        "cluster/device-plugins.k8s.yaml",
        "cluster/mpi-operator.k8s.yaml",
        "jobs/nccl-tests.k8s.yaml",
    ]
    assert shown.MANIFEST_FILES.block.text.splitlines() == [f"manifests/{file}" for file in files]
    assert [one["kind"] for one in files["cluster/mpi-operator.k8s.yaml"]][:2] == [
        "Namespace",
        "CustomResourceDefinition",
    ]


def test_writes_what_the_stack_applies(write, monkeypatch):
    written = [one for objects in write(availabilityZone="us-west-2b").values() for one in objects]
    for variable in ("CDK_DEFAULT_ACCOUNT", "CDK_DEFAULT_REGION"):
        monkeypatch.delenv(variable, raising=False)
    context = CONTEXT | {"efa:availabilityZone": "us-west-2b", "aws:cdk:disable-asset-staging": True}
    app = cdk.App(context=context, builtin_cloud_formation_validation=False)
    define(app)
    resources = app.synth().get_stack_by_name("EfaWorkloads").template["Resources"].values()
    documents = [one["Properties"]["Manifest"] for one in resources if "Manifest" in one.get("Properties", {})]
    applied = [without_cdks_label(one) for document in documents for one in json.loads(document)]
    assert sorted(map(json.dumps, applied)) == sorted(map(json.dumps, map(without_cdks_label, written)))


def without_cdks_label(manifest: dict[str, Any]) -> dict[str, Any]:
    """The object without the label by which CDK prunes, in an order to compare."""
    manifest = json.loads(json.dumps(manifest))
    labels = manifest["metadata"].get("labels", {})
    kept = {key: value for key, value in labels.items() if not key.startswith("aws.cdk.eks/prune-")}
    manifest["metadata"] = {**manifest["metadata"], "labels": kept}
    return json.loads(json.dumps(manifest, sort_keys=True))


def test_writes_the_same_each_time_and_leaves_nothing_of_the_last_time(write, tmp_path):
    first = write()
    assert write() == first
    files = write(ncclTests=False)
    assert "jobs/nccl-tests.k8s.yaml" not in files
    assert not list((tmp_path / "jobs").glob("*"))


def test_writes_what_kubernetes_takes(write):
    for instance_type in ("p4d.24xlarge", "trn1.32xlarge", "hpc7a.96xlarge"):
        for objects in write(instanceType=instance_type).values():
            check_manifests(objects)


def test_refuses_a_configuration_that_would_not_work(write):
    with pytest.raises(InvalidConfigurationError, match="'efa:ncclTests' is true, but a hpc7a"):
        write(instanceType="hpc7a.96xlarge", ncclTests=True)


def test_says_in_one_line_what_is_wrong(tmp_path):
    (tmp_path / "cdk.json").write_text(json.dumps({"context": {"efa:instanceType": "p4d.24xlrge"}}))
    result = subprocess.run(
        [sys.executable, str(ROOT / "manifests.py")],
        cwd=tmp_path,
        env={"PYTHONPATH": str(ROOT), "PATH": str(Path(sys.executable).parent)},
        capture_output=True,
        text=True,
    )
    assert result.returncode == 1
    assert result.stderr.startswith("error: 'efa:instanceType': instance type 'p4d.24xlrge' is not in the catalogue")
    assert len(result.stderr.splitlines()) == 1
