"""The account's clusters have control planes: nodes follow instances, and nothing outlives the account."""

from __future__ import annotations

import json
import os
import signal
import tempfile
import threading
import time
import uuid
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import boto3
import pytest
from botocore.config import Config
from botocore.exceptions import BotoCoreError

from efa_constructs.rehearsal.account.process import AccountProcess
from efa_constructs.rehearsal.control_plane.binaries import Binaries
from efa_constructs.rehearsal.work_folder import work_folder

from ..efa_command import FACTS
from ..live_cluster import Kubectl, eventually, is_ready, processes_in

NODES = "/api/v1/nodes"
TRUST = {"Effect": "Allow", "Action": "sts:AssumeRole"}


class Training:
    """An account in which clusters can be made."""

    def __init__(self, account: AccountProcess) -> None:
        self.account = account
        self.ec2, self.iam, self.eks = (self.client(service) for service in ("ec2", "iam", "eks"))
        vpc = self.ec2.create_vpc(CidrBlock="10.0.0.0/16")["Vpc"]["VpcId"]
        self.subnets = [
            self.ec2.create_subnet(VpcId=vpc, CidrBlock=f"10.0.{number}.0/24", AvailabilityZone=f"us-east-1{zone}")[
                "Subnet"
            ]["SubnetId"]
            for number, zone in enumerate("ab")
        ]
        self.cluster_role = self._role("eks.amazonaws.com")
        self.node_role = self._role("ec2.amazonaws.com")

    def client(self, service: str) -> Any:
        return boto3.client(
            service,  # type: ignore[call-overload]
            endpoint_url=self.account.url,
            region_name="us-east-1",
            aws_access_key_id="test",
            aws_secret_access_key="test",
            aws_session_token=self.account.environment["AWS_SESSION_TOKEN"],
            config=Config(retries={"total_max_attempts": 1}, read_timeout=120),
        )

    def _role(self, service: str) -> str:
        policy = {"Statement": [TRUST | {"Principal": {"Service": service}}]}
        role = self.iam.create_role(RoleName=f"role-{uuid.uuid4()}", AssumeRolePolicyDocument=json.dumps(policy))
        return str(role["Role"]["Arn"])

    def cluster(self, name: str, **more: Any) -> Kubectl:
        self.eks.create_cluster(
            name=name,
            roleArn=self.cluster_role,
            resourcesVpcConfig={"subnetIds": self.subnets},
            accessConfig={"authenticationMode": "API"},
            **more,
        )
        return Kubectl(self.files(name))

    def files(self, name: str) -> Path:
        return next(files.kubeconfig for files in self.account.clusters() if files.name == name)

    def node_group(self, cluster: str, name: str, size: int, **more: Any) -> None:
        self.eks.create_nodegroup(
            clusterName=cluster,
            nodegroupName=name,
            subnets=self.subnets[:1],
            nodeRole=self.node_role,
            instanceTypes=["m5.large"],
            scalingConfig={"minSize": 0, "desiredSize": size, "maxSize": 10},
            **more,
        )

    def resize(self, cluster: str, name: str, size: int) -> None:
        self.eks.update_nodegroup_config(clusterName=cluster, nodegroupName=name, scalingConfig={"desiredSize": size})


@pytest.fixture(scope="module")
def temporary(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """Where the account's files go."""
    folder = tmp_path_factory.mktemp("tmp")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("TMPDIR", str(folder))
        patch.setattr(tempfile, "tempdir", str(folder))
        yield folder


@pytest.fixture(scope="module")
def training(binaries: Binaries, temporary: Path) -> Iterator[Training]:
    with AccountProcess(kubernetes=binaries) as account:
        yield Training(account)
    assert processes_in(temporary) == []
    assert list(temporary.iterdir()) == []


@pytest.fixture(scope="module")
def kubectl(training: Training) -> Kubectl:
    return training.cluster("training")


def node_names(kubectl: Kubectl) -> set[str]:
    return {node["metadata"]["name"] for node in kubectl.items(NODES) if is_ready(node)}


def test_nodes_follow_their_group_and_its_instances(training: Training, kubectl: Kubectl) -> None:
    training.node_group("training", "first", 2, labels={"team": "one"})
    both = node_names(kubectl)
    assert len(both) == 2
    training.resize("training", "first", 4)
    assert len(node_names(kubectl)) == 4
    training.resize("training", "first", 2)
    assert len(node_names(kubectl)) == 2
    training.eks.update_nodegroup_config(
        clusterName="training",
        nodegroupName="first",
        labels={"addOrUpdateLabels": {"team": "two"}},
        taints={"addOrUpdateTaints": [{"key": "mine", "effect": "NO_SCHEDULE"}]},
    )
    for node in kubectl.items(NODES):
        assert node["metadata"]["labels"]["team"] == "two"
        assert "mine" in [taint["key"] for taint in node["spec"]["taints"]]
    gone = kubectl.items(NODES)[0]["spec"]["providerID"].rpartition("/")[2]
    training.ec2.terminate_instances(InstanceIds=[gone])
    eventually(lambda: len(node_names(kubectl)) == 1, "the node goes with its instance")
    eventually(lambda: len(node_names(kubectl)) == 2, "another instance takes its place")
    assert gone not in {node["spec"]["providerID"].rpartition("/")[2] for node in kubectl.items(NODES)}
    training.node_group("training", "second", 1)
    assert len(node_names(kubectl)) == 3
    for name in ("first", "second"):
        training.eks.delete_nodegroup(clusterName="training", nodegroupName=name)
    assert kubectl.items(NODES) == []


def workloads(kubectl: Kubectl) -> set[str]:
    return {
        item["metadata"]["name"]
        for kind in ("daemonsets", "deployments")
        for item in kubectl.items(f"/apis/apps/v1/namespaces/kube-system/{kind}")
    }


def test_a_cluster_runs_what_eks_puts_into_it(kubectl: Kubectl) -> None:
    assert workloads(kubectl) == {"aws-node", "kube-proxy", "coredns"}
    assert kubectl.get("/api/v1/namespaces/kube-system/services/kube-dns")["spec"]["clusterIP"] == "10.100.0.10"


def test_clusters_are_apart_and_one_that_is_deleted_leaves_nothing(
    training: Training, kubectl: Kubectl, temporary: Path
) -> None:
    other = training.cluster("other", bootstrapSelfManagedAddons=False)
    assert workloads(other) == set()
    tolerations = [{"operator": "Exists"}]
    training.eks.create_addon(
        clusterName="other",
        addonName="coredns",
        configurationValues=json.dumps({"tolerations": tolerations, "replicaCount": 3}),
    )
    coredns = other.get("/apis/apps/v1/namespaces/kube-system/deployments/coredns")["spec"]
    assert (coredns["replicas"], coredns["template"]["spec"]["tolerations"]) == (3, tolerations)
    training.node_group("other", "nodes", 1, taints=[{"key": "mine", "effect": "NO_SCHEDULE"}])
    pods = "/api/v1/namespaces/kube-system/pods"
    eventually(lambda: sum(is_ready(pod) for pod in other.items(pods)) == 3, "CoreDNS runs on the tainted node")
    training.eks.delete_addon(clusterName="other", addonName="coredns")
    assert workloads(other) == set()
    assert kubectl.items(NODES) == []
    folder = training.files("other").parent
    training.eks.delete_nodegroup(clusterName="other", nodegroupName="nodes")
    training.eks.delete_cluster(name="other")
    assert not folder.exists()
    assert processes_in(folder) == []
    assert [files.name for files in training.account.clusters()] == ["training"]
    assert kubectl.get("/version")
    # The same again, with nothing of before.
    again = training.cluster("other")
    assert workloads(again) == {"aws-node", "kube-proxy", "coredns"}
    assert again.items(NODES) == []


def template(training: Training, ami_type: str) -> str:
    """A cluster with a node group."""
    cluster = {
        "Type": "AWS::EKS::Cluster",
        "Properties": {
            "Name": "deployed",
            "RoleArn": training.cluster_role,
            "ResourcesVpcConfig": {"SubnetIds": training.subnets},
            "AccessConfig": {"AuthenticationMode": "API"},
        },
    }
    nodes = {
        "Type": "AWS::EKS::Nodegroup",
        "Properties": {
            "ClusterName": {"Ref": "Cluster"},
            "NodeRole": training.node_role,
            "Subnets": training.subnets[:1],
            "InstanceTypes": ["m5.large"],
            "AmiType": ami_type,
            "ScalingConfig": {"MinSize": 0, "DesiredSize": 2, "MaxSize": 3},
        },
    }
    return json.dumps({"Resources": {"Cluster": cluster, "Nodes": nodes}})


def test_a_deployment_that_fails_half_way_leaves_nothing_and_can_be_repeated(
    training: Training, temporary: Path
) -> None:
    client = training.client("cloudformation")
    before = set(processes_in(temporary))

    def deploy(ami_type: str) -> str:
        client.create_stack(StackName="stack", TemplateBody=template(training, ami_type))

        def end() -> str:
            status = str(client.describe_stacks(StackName="stack")["Stacks"][0]["StackStatus"])
            return "" if status.endswith("IN_PROGRESS") else status

        return eventually(end, "the stack has ended")

    # Of another architecture than the instances: refused after the cluster was there.
    assert deploy("AL2023_ARM_64_STANDARD") in ("ROLLBACK_COMPLETE", "ROLLBACK_FAILED")
    events = client.describe_stack_events(StackName="stack")["StackEvents"]
    assert [event["LogicalResourceId"] for event in events if event["ResourceStatus"] == "CREATE_FAILED"] == ["Nodes"]
    assert "deployed" not in training.eks.list_clusters()["clusters"]
    assert "deployed" not in [files.name for files in training.account.clusters()]
    eventually(lambda: set(processes_in(temporary)) <= before, "the control plane has ended")
    client.delete_stack(StackName="stack")
    assert deploy("AL2023_x86_64_STANDARD") == "CREATE_COMPLETE"
    assert len(node_names(Kubectl(training.files("deployed")))) == 2
    client.delete_stack(StackName="stack")
    eventually(lambda: "deployed" not in training.eks.list_clusters()["clusters"], "the cluster is gone")
    eventually(lambda: set(processes_in(temporary)) <= before, "the control plane has ended")


# The end of the account.


def some_account(binaries: Binaries, monkeypatch: pytest.MonkeyPatch, temporary: Path) -> AccountProcess:
    monkeypatch.setenv("TMPDIR", str(temporary))
    monkeypatch.setattr(tempfile, "tempdir", str(temporary))
    account = AccountProcess(kubernetes=binaries)
    account.start()
    return account


@pytest.mark.parametrize("seconds", [0.0, 3.0])
def test_an_account_that_ends_while_its_first_control_plane_starts_leaves_nothing(
    binaries: Binaries, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, seconds: float
) -> None:
    account = some_account(binaries, monkeypatch, tmp_path)
    time.sleep(seconds)
    account.stop()
    assert processes_in(tmp_path) == []
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGKILL])
def test_an_account_that_ends_while_nodes_join_leaves_nothing(
    binaries: Binaries, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, number: signal.Signals
) -> None:
    account = some_account(binaries, monkeypatch, tmp_path)
    training = Training(account)
    kubectl = training.cluster("training")

    def create() -> None:
        with suppress(BotoCoreError):
            training.node_group("training", "many", 10)

    creating = threading.Thread(target=create)
    # Nodes never get ready while kwok stands still.
    for process in processes_in(tmp_path):
        if Path(f"/proc/{process}/comm").read_text().startswith("kwok"):
            os.kill(process, signal.SIGSTOP)
    creating.start()
    eventually(lambda: kubectl.items(NODES), "nodes are joining")
    os.kill(account.process_id, number)
    eventually(lambda: not processes_in(tmp_path), "everything has ended")
    account.stop()
    creating.join(30)
    assert not creating.is_alive()
    if number == signal.SIGKILL:
        # It could not: the next rehearsal does.
        assert list(tmp_path.iterdir())
        with work_folder():
            pass
    assert list(tmp_path.iterdir()) == []


# Works for ever, and writes down that it is to end.
ENDLESS = """
import pathlib, signal, sys, time
def end(*_):
    pathlib.Path({told!r}).touch()
    sys.exit()
def handler(event, context):
    signal.signal(signal.SIGTERM, end)
    pathlib.Path({runs!r}).touch()
    time.sleep(900)
"""


def endless_manifest(training: Training, code: str) -> str:
    """A manifest for the cluster "training" whose handler is of this code."""
    function = {
        "Type": "AWS::Lambda::Function",
        "Properties": {
            "Runtime": "python3.13",
            "Handler": "index.handler",
            "Role": training.cluster_role,
            "Timeout": 900,
            "Code": {"ZipFile": code},
        },
    }
    entry = {
        "Type": "AWS::EKS::AccessEntry",
        "Properties": {
            "ClusterName": "training",
            "PrincipalArn": training.cluster_role,
            "KubernetesGroups": ["deployers"],
        },
    }
    manifest = {
        "Type": "Custom::AWSCDK-EKS-KubernetesResource",
        "DependsOn": "Entry",
        "Properties": {
            "ServiceToken": {"Fn::GetAtt": ["Handler", "Arn"]},
            "ClusterName": "training",
            "Manifest": json.dumps([{"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": "one"}}]),
        },
    }
    return json.dumps({"Resources": {"Handler": function, "Entry": entry, "Manifest": manifest}})


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGKILL])
def test_an_account_that_ends_while_a_handler_works_in_a_cluster_leaves_nothing(
    binaries: Binaries, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, number: signal.Signals
) -> None:
    temporary, runs, told = (tmp_path / name for name in ("tmp", "runs", "told"))
    temporary.mkdir()
    account = some_account(binaries, monkeypatch, temporary)
    training = Training(account)
    training.cluster("training")
    template = endless_manifest(training, ENDLESS.format(runs=str(runs), told=str(told)))

    def create() -> None:
        with suppress(BotoCoreError):
            training.client("cloudformation").create_stack(StackName="stack", TemplateBody=template)

    creating = threading.Thread(target=create)
    creating.start()
    eventually(runs.exists, "the handler runs")
    if number == signal.SIGTERM:
        account.stop()
        # At once: whoever ended the account goes on as if it had never been there.
        assert processes_in(temporary) == []
        assert told.exists()
        assert list(temporary.iterdir()) == []
    else:
        os.kill(account.process_id, number)
        eventually(lambda: not processes_in(temporary), "everything has ended")
        account.stop()
    creating.join(30)
    assert not creating.is_alive()


def test_a_cluster_of_before_has_its_agents_and_its_dns_elsewhere(
    binaries: Binaries, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("TMPDIR", str(tmp_path))
    with AccountProcess(cluster_facts=FACTS, kubernetes=binaries) as account:
        (files,) = account.clusters()
        assert workloads(Kubectl(files.kubeconfig)) == {"aws-node", "kube-proxy"}
    assert processes_in(tmp_path) == []
