"""Applying manifests to a control plane."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
import yaml

from efa_constructs.cli.rehearsal_text import print_report
from efa_constructs.rehearsal.account.process import ClusterFiles
from efa_constructs.rehearsal.control_plane.binaries import Binaries
from efa_constructs.rehearsal.control_plane.control_plane import ControlPlane
from efa_constructs.rehearsal.manifests.application import apply_manifests, find_kubectl
from efa_constructs.rehearsal.manifests.files import read_manifests
from efa_constructs.rehearsal.twin.kwok_stages import write_kwok_configuration
from tests.docs import shown

from ..results import result as rehearsed
from .folders import CONFIG, EXAMPLE, manifests

KUBECTL = find_kubectl()
BY = [
    None,
    pytest.param(KUBECTL, marks=pytest.mark.skipif(KUBECTL is None, reason="there is no kubectl on PATH")),
]


@pytest.fixture(scope="module")
def cluster(binaries: Binaries, tmp_path_factory: pytest.TempPathFactory) -> Iterator[ClusterFiles]:
    """A control plane without nodes."""
    folder = tmp_path_factory.mktemp("cluster")
    (folder / "control-plane").mkdir()
    kwok = write_kwok_configuration(folder / "kwok.yaml")
    with ControlPlane(binaries, folder / "control-plane", kwok_configuration=kwok) as running:
        yield ClusterFiles(
            name="training", region="us-east-1", kubeconfig=running.admin_kubeconfig, logs=running.folder
        )


def test_says_of_an_object_whose_kind_is_not_there_what_the_documentation_shows(
    cluster: ClusterFiles, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "1-job.yaml").write_text("apiVersion: kubeflow.org/v2beta1\nkind: MPIJob\nmetadata: {name: train}\n")
    refused = apply_manifests(cluster, read_manifests(tmp_path), kubectl=None, on_object=lambda one: None)
    print_report(rehearsed(refusals=refused))
    shown.REFUSED_OBJECT.check(capsys.readouterr().out)


@pytest.mark.parametrize("kubectl", BY, ids=["server", "kubectl"])
def test_applies_a_kind_and_then_an_object_of_it(cluster: ClusterFiles, kubectl: Path | None) -> None:
    seen: list[str] = []
    objects = read_manifests(EXAMPLE)
    refused = apply_manifests(cluster, objects, kubectl=kubectl, on_object=lambda one: seen.append(one.title))
    assert refused == ()
    assert seen[0] == "2-mpi-operator.yaml: CustomResourceDefinition mpijobs.kubeflow.org"
    assert seen[-1] == "3-nccl-test.yaml: MPIJob nccl-test"


@pytest.mark.parametrize("kubectl", BY, ids=["server", "kubectl"])
@pytest.mark.parametrize(
    ("text", "title", "words"),
    [
        (
            "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: lost, namespace: nowhere}\n",
            "a.yaml: ConfigMap lost: ",
            'namespaces "nowhere" not found',
        ),
        (
            "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: misspelt}\ndate: {}\n",
            "a.yaml: ConfigMap misspelt: ",
            "date",
        ),
        (
            "apiVersion: training.example.com/v1\nkind: Model\nmetadata: {name: large}\n",
            "a.yaml: Model large: ",
            'no matches for kind "Model" in version "training.example.com/v1"',
        ),
    ],
    ids=["namespace", "field", "kind"],
)
def test_names_file_and_object_and_what_was_said_against_it_and_goes_on(
    cluster: ClusterFiles, tmp_path: Path, kubectl: Path | None, text: str, title: str, words: str
) -> None:
    objects = read_manifests(manifests(tmp_path, a=text, b=CONFIG.replace("NAME", "good")))
    (refusal,) = apply_manifests(cluster, objects, kubectl=kubectl, on_object=lambda one: None)
    assert refusal.startswith(title)
    assert words in refusal


def test_says_why_a_kind_was_not_established(cluster: ClusterFiles, tmp_path: Path) -> None:
    definition = yaml.safe_load_all((EXAMPLE / "2-mpi-operator.yaml").read_text())
    other = next(each for each in definition if each["kind"] == "CustomResourceDefinition")
    other["metadata"]["name"] = "mpijobs.example.com"
    (tmp_path / "a.yaml").write_text(yaml.safe_dump(other))
    (refusal,) = apply_manifests(cluster, read_manifests(tmp_path), kubectl=None, on_object=lambda one: None)
    assert refusal.startswith("a.yaml: CustomResourceDefinition mpijobs.example.com: ")
    assert "metadata.name" in refusal
