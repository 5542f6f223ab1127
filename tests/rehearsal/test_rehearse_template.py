"""Rehearsals of people who use CloudFormation and kubectl, and neither the CDK nor these constructs."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import cdk8s
import pytest
import yaml

from efa_constructs.cli.rehearsal_text import print_report
from efa_constructs.errors import InvalidArgumentError
from efa_constructs.k8s import MpiOperator
from efa_constructs.rehearsal.account.process import ClusterFiles
from efa_constructs.rehearsal.control_plane.binaries import Binaries
from efa_constructs.rehearsal.control_plane.control_plane import ControlPlane
from efa_constructs.rehearsal.inputs.template import read_template
from efa_constructs.rehearsal.manifests.application import apply_manifests, find_kubectl
from efa_constructs.rehearsal.manifests.files import read_manifests
from efa_constructs.rehearsal.rehearse import Rehearsal, rehearse
from efa_constructs.rehearsal.result import to_json
from efa_constructs.rehearsal.twin.kwok_stages import write_kwok_configuration
from tests.docs import shown

from .efa_command import ROOT
from .results import result as rehearsed

EXAMPLE = ROOT / "examples" / "cloudformation_and_kubectl"
KUBECTL = find_kubectl()


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


def test_the_example_has_the_operator_that_the_constructs_make() -> None:
    chart = cdk8s.Chart(cdk8s.App(), "mpi-operator", disable_resource_name_hashes=True)
    MpiOperator(chart, "MpiOperator")
    wanted = [each for each in chart.to_json() if each["kind"] != "Namespace"]
    found = [each for each in yaml.safe_load_all((EXAMPLE / "manifests" / "2-mpi-operator.yaml").read_text())
             if each["kind"] != "Namespace"]  # fmt: skip
    assert [(each["kind"], each.get("spec")) for each in found] == [(each["kind"], each.get("spec")) for each in wanted]


def test_runs_the_job_of_a_template_and_manifests_without_cdk_and_kubectl(
    binaries: Binaries, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    # Neither the CDK CLI nor kubectl can be found: no PATH, and a folder without node_modules.
    monkeypatch.setenv("PATH", "/nowhere")
    result = rehearse(
        Rehearsal(
            directory=tmp_path,
            template=EXAMPLE / "template.yaml",
            parameters={"Nodes": "2"},
            manifests=EXAMPLE / "manifests",
            kubernetes_binaries=binaries.etcd.parent,
        )
    )
    assert (result.refusals, result.reason) == ((), None)
    (found,) = to_json(result)["kubernetes"]
    assert [node["devices"] for node in found["nodes"]] == [{"vpc.amazonaws.com/efa": 4, "nvidia.com/gpu": 8}] * 2
    (job,) = found["jobs"]
    assert (job["name"], job["state"], job["transport"]) == ("nccl-test", "Succeeded", "efa")
    assert any("server-side apply, as there is no kubectl on PATH" in each for each in result.executed)
    assert not any("CDK" in each for each in result.executed)


def test_says_what_cloudformation_said_and_makes_no_cluster(tmp_path: Path) -> None:
    text = (EXAMPLE / "template.yaml").read_text().replace("NetworkCardIndex: 3", "NetworkCardIndex: 4")
    template = tmp_path / "our nodes.v2.yaml"
    template.write_text(text)
    result = rehearse(Rehearsal(directory=tmp_path, template=template, kubernetes=False))
    (refusal,) = result.refusals
    assert refusal.startswith(("NodeGroup (AWS::EKS::Nodegroup)", "LaunchTemplate (AWS::EC2::LaunchTemplate)"))
    assert "card" in refusal
    assert result.assembly.stacks[0].name == "our-nodes"
    assert result.clusters == ()


def test_says_what_was_refused_where_the_way_back_takes_the_launch_template_from_nodes_that_stay(
    tmp_path: Path,
) -> None:
    node_group = "  NodeGroup:\n    Type: AWS::EKS::Nodegroup\n"
    last = (
        "  Last:\n    Type: AWS::EC2::Subnet\n    DependsOn: NodeGroup\n"
        "    Properties: {CidrBlock: 10.9.0.0/16, VpcId: vpc-0a1b2c3d}\n"
    )
    text = (EXAMPLE / "template.yaml").read_text()
    assert text.count(node_group) == 1
    template = tmp_path / "template.yaml"
    template.write_text(text.replace(node_group, f"{last}{node_group}    DeletionPolicy: Retain\n"))
    result = rehearse(Rehearsal(directory=tmp_path, template=template, kubernetes=False))
    assert any(
        refusal.startswith("Last (AWS::EC2::Subnet)") and "vpc-0a1b2c3d" in refusal for refusal in result.refusals
    )
    assert result.reason == "The account refused the deployment."


def test_says_which_parameter_has_no_value(tmp_path: Path) -> None:
    template = tmp_path / "template.yaml"
    template.write_text((EXAMPLE / "template.yaml").read_text().replace("    Default: 2\n", ""))
    result = rehearse(Rehearsal(directory=tmp_path, template=template, kubernetes=False))
    (refusal,) = result.refusals
    assert "[Nodes]" in refusal


def test_deploys_a_template_that_is_too_long_for_a_request(tmp_path: Path) -> None:
    template = tmp_path / "template.yaml"
    template.write_text("Resources:\n  Vpc:\n    Type: AWS::EC2::VPC\n    Properties: {CidrBlock: 10.0.0.0/16}\n"
                        + "# padding\n" * 6000)  # fmt: skip
    result = rehearse(Rehearsal(directory=tmp_path, template=template, kubernetes=False))
    assert result.refusals == ()
    assert result.reason == "No managed node group has EFA interfaces, so there is no EFA traffic."


def test_names_the_file_of_a_template_that_is_none(tmp_path: Path) -> None:
    file = tmp_path / "template.yaml"
    file.write_text("Resources: [")
    with pytest.raises(InvalidArgumentError, match=r"template.yaml' of '--template' is no CloudFormation template: "
                                                   r"Template format error: YAML not well-formed"):  # fmt: skip
        read_template(file)


def manifests(folder: Path, **files: str) -> Path:
    for name, text in files.items():
        (folder / f"{name}.yaml").write_text(text)
    return folder


CONFIG = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: NAME}\n"


def test_reads_files_by_name_and_objects_in_their_order_but_definitions_first(tmp_path: Path) -> None:
    definition = "apiVersion: apiextensions.k8s.io/v1\nkind: CustomResourceDefinition\nmetadata: {name: d}\n"
    folder = manifests(
        tmp_path,
        b=f"{CONFIG.replace('NAME', 'third')}---\n---\n{definition}",
        a=f"kind: List\nitems:\n- {{apiVersion: v1, kind: Secret, metadata: {{name: first}}}}\n---\n"
        f"{CONFIG.replace('NAME', 'second')}",
    )
    (folder / "ignored.txt").write_text("not: yaml: at all")
    (folder / "deeper").mkdir()
    (folder / "deeper" / "c.yaml").write_text("neither")
    assert [one.content["metadata"]["name"] for one in read_manifests(folder)] == ["d", "first", "second", "third"]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("a: [", "'.*a.yaml' of '--manifests' is not YAML: "),
        ("kind: Secret", "object 1 of '.*a.yaml' of '--manifests' is no Kubernetes object: it has no 'apiVersion'"),
        ("- 1", "object 1 of '.*a.yaml' of '--manifests' is no Kubernetes object"),
        ("apiVersion: v1\nkind: Secret", "of kind Secret, has no 'metadata.name'"),
        ("", "has no .yaml, .yml or .json file with an object"),
    ],
)
def test_refuses_files_that_hold_no_objects(tmp_path: Path, text: str, message: str) -> None:
    with pytest.raises(InvalidArgumentError, match=message):
        read_manifests(manifests(tmp_path, a=text))


def test_refuses_a_folder_that_is_none(tmp_path: Path) -> None:
    with pytest.raises(InvalidArgumentError, match=r"'--manifests' is '.*nowhere', which is no folder"):
        read_manifests(tmp_path / "nowhere")


BY = [
    None,
    pytest.param(KUBECTL, marks=pytest.mark.skipif(KUBECTL is None, reason="there is no kubectl on PATH")),
]


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
    objects = read_manifests(EXAMPLE / "manifests")
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
    definition = yaml.safe_load_all((EXAMPLE / "manifests" / "2-mpi-operator.yaml").read_text())
    other = next(each for each in definition if each["kind"] == "CustomResourceDefinition")
    other["metadata"]["name"] = "mpijobs.example.com"
    (tmp_path / "a.yaml").write_text(yaml.safe_dump(other))
    (refusal,) = apply_manifests(cluster, read_manifests(tmp_path), kubectl=None, on_object=lambda one: None)
    assert refusal.startswith("a.yaml: CustomResourceDefinition mpijobs.example.com: ")
    assert "metadata.name" in refusal
