"""Both halves of a cluster: the node groups of an emulated account, and the API server of its cluster."""

from __future__ import annotations

import json
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from efa_constructs.rehearsal.account.process import AccountProcess
from efa_constructs.rehearsal.control_plane.binaries import Binaries

from ..efa_cli import run_efa
from ..rehearsal.account.test_kubernetes import Training
from ..rehearsal.live_cluster import eventually, is_ready


@pytest.fixture(scope="module")
def training(binaries: Binaries, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Training]:
    folder = tmp_path_factory.mktemp("tmp")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("TMPDIR", str(folder))
        patch.setattr(tempfile, "tempdir", str(folder))
        with AccountProcess(kubernetes=binaries) as account:
            made = Training(account)
            kubectl, _ = made.cluster("training"), made.cluster("other")
            made.node_group("training", "cpu", 2)
            # The scheduler has looked at those of CoreDNS before there were nodes, and looks again after a while.
            eventually(lambda: all(map(is_ready, kubectl.items("/api/v1/pods"))), "all pods run")
            yield made


def environment(training: Training, **more: str) -> dict[str, str]:
    return {**training.account.environment, "AWS_REGION": "us-east-1", **more}


def test_both_halves_are_told_of_one_cluster(training: Training, tmp_path: Path) -> None:
    ended = run_efa(
        *("status", "--cluster", "training", "--kubeconfig", str(training.files("training")), "--json"),
        home=tmp_path,
        environment=environment(training),
    )
    document = ended.document
    assert ended.code == 0, ended
    (group,) = document["nodeGroups"]
    assert (group["name"], group["status"], group["desiredSize"]) == ("cpu", "ACTIVE", 2)
    assert [node["nodeGroup"] for node in document["nodes"]] == ["cpu", "cpu"]
    assert document["notChecked"] == []


def test_the_cluster_of_the_kubeconfig_is_taken_where_none_is_named(training: Training, tmp_path: Path) -> None:
    content = json.loads(training.files("training").read_text())
    arn = "arn:aws:eks:us-east-1:123456789012:cluster/training"
    content["clusters"][0]["name"] = content["contexts"][0]["context"]["cluster"] = arn
    (tmp_path / "config").write_text(json.dumps(content))
    keys = {**environment(training, KUBECONFIG=str(tmp_path / "config"))}
    del keys["AWS_REGION"]
    ended = run_efa("status", home=tmp_path, environment=keys)
    assert ended.code == 0, ended
    assert ended.out.startswith("Cluster training in us-east-1: Kubernetes 1.")
    assert "2 of 2 nodes Ready, 2 desired (min 0, max 10), m5.large, on-demand" in " ".join(ended.out.split())


def test_a_kubeconfig_for_another_cluster_is_refused_with_both_addresses(training: Training, tmp_path: Path) -> None:
    ended = run_efa(
        *("status", "--cluster", "training", "--region", "us-east-1", "--kubeconfig", str(training.files("other"))),
        home=tmp_path,
        environment=environment(training),
    )
    assert ended.code == 2
    urls = [
        json.loads(training.files(name).read_text())["clusters"][0]["cluster"]["server"]
        for name in ("other", "training")
    ]
    assert all(url in ended.err for url in urls)
    assert "'aws eks update-kubeconfig --name training --region us-east-1'" in ended.err
    assert ended.out == ""


def test_a_cluster_that_is_not_there_is_refused_with_those_that_are(training: Training, tmp_path: Path) -> None:
    ended = run_efa("status", "--cluster", "trainin", home=tmp_path, environment=environment(training))
    assert ended.code == 2
    assert ended.err == (
        "error: there is no EKS cluster 'trainin' in us-east-1 of this account: there are other, training\n"
    )


def test_without_credentials_what_kubernetes_says_is_told(training: Training, tmp_path: Path) -> None:
    ended = run_efa(
        *("status", "--cluster", "training", "--region", "us-east-1", "--json"),
        *("--kubeconfig", str(training.files("training"))),
        home=tmp_path,
    )
    # AWS was asked, and nobody knows what it would have said.
    assert (ended.code, ended.document["sound"], ended.document["findings"]) == (1, False, [])
    assert ended.document["nodeGroups"] is None
    assert len(ended.document["nodes"]) == 2
    (reason,) = ended.document["notChecked"]
    assert reason.startswith("the node groups in AWS: no AWS credentials found")


def test_without_a_kubeconfig_what_aws_says_is_told(training: Training, tmp_path: Path) -> None:
    ended = run_efa("status", "--cluster", "training", "--json", home=tmp_path, environment=environment(training))
    assert ended.code == 0, ended
    assert ended.document["nodes"] is None
    (reason,) = ended.document["notChecked"]
    assert (
        "there is no kubeconfig; write one with 'aws eks update-kubeconfig --name training --region us-east-1'"
        in reason
    )


def test_with_neither_there_is_nothing_to_tell(tmp_path: Path) -> None:
    ended = run_efa("status", home=tmp_path)
    assert ended.code == 2
    assert "neither '--cluster' nor the kubeconfig names an EKS cluster" in ended.err
    assert "there is no kubeconfig" in ended.err


def test_a_launch_that_fails_is_a_finding_in_plain_words(training: Training, tmp_path: Path) -> None:
    subnet = training.ec2.describe_subnets(SubnetIds=training.subnets[1:])["Subnets"][0]
    training.eks.create_nodegroup(
        clusterName="other",
        nodegroupName="tight",
        subnets=[_tiny_subnet(training, subnet["VpcId"])],
        nodeRole=training.node_role,
        instanceTypes=["m5.large"],
        scalingConfig={"minSize": 0, "desiredSize": 20, "maxSize": 20},
    )
    ended = run_efa("status", "--cluster", "other", "--json", home=tmp_path, environment=environment(training))
    assert ended.code == 1, ended
    found = [finding for finding in ended.document["findings"] if finding["code"] == "node-group-unhealthy"]
    assert found
    assert "too few free addresses" in found[0]["problem"]
    (issue,) = ended.document["nodeGroups"][0]["healthIssues"]
    assert issue["meaning"].startswith("the subnet has too few free addresses")


def _tiny_subnet(training: Training, vpc: str) -> str:
    made = training.ec2.create_subnet(VpcId=vpc, CidrBlock="10.0.9.0/28", AvailabilityZone="us-east-1a")
    return str(made["Subnet"]["SubnetId"])
