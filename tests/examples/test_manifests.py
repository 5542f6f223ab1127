"""The examples with Kubernetes manifests: what they say, whether Kubernetes takes it, and that it changes knowingly."""

from __future__ import annotations

import os
import shlex
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml

from efa_constructs import catalogue
from tests.k8s.schemas import check_manifests

from .programs import OF_MANIFESTS, ROOT, WITH_MANIFESTS, in_files, path_of

SNAPSHOTS = Path(__file__).parent / "snapshots"


def jobs_of(manifests: list[dict[str, Any]]) -> dict[str, dict[str, Any]]:
    """The specifications of MPIJobs, by namespace and name."""
    jobs = [one for one in manifests if one["kind"] == "MPIJob"]
    return {f"{one['metadata']['namespace']}/{one['metadata']['name']}": one["spec"] for one in jobs}


def pod_of(job: dict[str, Any], role: str) -> dict[str, Any]:
    return job["mpiReplicaSpecs"][role]["template"]["spec"]


def container_of(job: dict[str, Any], role: str) -> dict[str, Any]:
    (container,) = pod_of(job, role)["containers"]
    return container


def limits_of(job: dict[str, Any]) -> dict[str, Any]:
    return container_of(job, "Worker")["resources"]["limits"]


def environment_of(job: dict[str, Any]) -> dict[str, Any]:
    return {one["name"]: one.get("value", one.get("valueFrom")) for one in container_of(job, "Launcher")["env"]}


def programs_of(manifests: list[dict[str, Any]]) -> set[str]:
    """What runs on the cluster for the jobs: device plugins, the operator."""
    return {one["metadata"]["name"] for one in manifests if one["kind"] in ("DaemonSet", "Deployment")}


@pytest.fixture
def example(manifests_of):
    """The manifests of the example with a number."""

    def manifests(number: int) -> list[dict[str, Any]]:
        return manifests_of(path_of(number))

    return manifests


@pytest.mark.parametrize("path", WITH_MANIFESTS, ids=lambda path: path.stem)
def test_kubernetes_accepts_every_manifest(manifests_of, path):
    found = manifests_of(path)
    assert found
    check_manifests(found)
    names = [(one["kind"], one["metadata"].get("namespace"), one["metadata"]["name"]) for one in found]
    assert len(set(names)) == len(names)


@pytest.mark.parametrize("path", WITH_MANIFESTS, ids=lambda path: path.stem)
def test_warns_of_nothing(synthesize, write_manifests, path):
    run = write_manifests if path in OF_MANIFESTS else synthesize
    assert run(path).warnings == []


@pytest.mark.parametrize("path", WITH_MANIFESTS, ids=lambda path: path.stem)
def test_manifests_are_those_that_were_reviewed(manifests_of, path):
    """``make snapshots`` writes the files anew, and ``git diff`` shows what changed."""
    snapshot = SNAPSHOTS / f"{path.stem}.yaml"
    text = yaml.safe_dump_all(manifests_of(path), sort_keys=True, width=120)
    if os.environ.get("WRITE_SNAPSHOTS"):
        snapshot.write_text(text)
    assert snapshot.exists(), "the example has no snapshot: run 'make snapshots'"
    assert text == snapshot.read_text()


def test_keeps_no_manifests_of_examples_that_are_gone():
    assert {file.stem for file in SNAPSHOTS.iterdir()} == {path.stem for path in WITH_MANIFESTS}


def test_writes_the_device_plugins_that_p5_and_trn1_need(tmp_path):
    # As a user runs it: into the folder that the user is in.
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    command = [sys.executable, str(path_of(11))]
    result = subprocess.run(command, cwd=tmp_path, env=environment, capture_output=True, text=True, check=True)
    (folder,) = tmp_path.iterdir()
    assert folder.name == "dist"
    files = {file.name: file.read_text() for file in folder.iterdir()}
    assert list(files) == ["device-plugins.k8s.yaml"]
    plugins = [one for one in in_files(files) if one["kind"] == "DaemonSet"]
    names = [one["metadata"]["name"] for one in plugins]
    assert names == ["aws-efa-k8s-device-plugin", "nvidia-device-plugin-daemonset", "neuron-device-plugin"]
    own = {"key": "example.com/team", "operator": "Equal", "value": "vision", "effect": "NoSchedule"}
    for plugin in plugins:
        pod = plugin["spec"]["template"]["spec"]
        assert own in pod["tolerations"]
        ((key, value),) = pod["nodeSelector"].items()
        assert f"{key}={value}" in result.stdout


def test_writes_the_job_of_the_eks_guide_and_all_that_it_needs(write_manifests, example):
    # Apart, so that the definition of MPIJob can be applied first.
    assert list(write_manifests(path_of(12)).files) == ["cluster.k8s.yaml", "nccl-tests.k8s.yaml"]
    assert programs_of(example(12)) == {
        "aws-efa-k8s-device-plugin",
        "nvidia-device-plugin-daemonset",
        "mpi-operator",
    }
    (job,) = jobs_of(example(12)).values()
    assert job["mpiReplicaSpecs"]["Worker"]["replicas"] == 2
    assert limits_of(job) == {
        "nvidia.com/gpu": 8,
        "vpc.amazonaws.com/efa": 4,
        "hugepages-2Mi": "5120Mi",
        "memory": "8000Mi",
    }


def test_compares_efa_with_tcp_by_two_jobs_that_do_not_start_together(example):
    jobs = jobs_of(example(13))
    efa, tcp = jobs["default/all-reduce-efa"], jobs["default/all-reduce-tcp"]
    assert [job["runPolicy"]["suspend"] for job in (efa, tcp)] == [False, True]
    assert limits_of(efa)["vpc.amazonaws.com/efa"] == 32
    assert "vpc.amazonaws.com/efa" not in limits_of(tcp)
    assert environment_of(tcp)["NCCL_NET"] == "Socket"
    assert "NCCL_NET" not in environment_of(efa)


def run_rank(tmp_path: Path, job: dict[str, Any], program: str, rank: dict[str, str]) -> dict[str, str]:
    """Run what mpirun would start as one rank, with a program in place of the job's that says what it was given."""
    words = container_of(job, "Launcher")["command"]
    fake = tmp_path / program
    fake.write_text('#!/bin/sh\necho "ARGUMENTS=$*"\nenv\n')
    fake.chmod(0o755)
    values = {name: value for name, value in environment_of(job).items() if isinstance(value, str)}
    environment = {**values, **rank, "PATH": f"{tmp_path}:{os.defpath}"}
    # The last shell: the first calls mpirun.
    started = words[len(words) - 1 - words[::-1].index("sh") :]
    result = subprocess.run(started, env=environment, capture_output=True, text=True, check=True)
    return dict(line.split("=", 1) for line in result.stdout.splitlines())


def test_tells_ranks_of_pytorch_who_they_are_and_where_to_meet(example, tmp_path):
    (name, job), *_ = jobs_of(example(14)).items()
    rank = {"OMPI_COMM_WORLD_RANK": "9", "OMPI_COMM_WORLD_LOCAL_RANK": "1", "OMPI_COMM_WORLD_SIZE": "32"}
    given = run_rank(tmp_path, job, "python", rank)
    assert (given["RANK"], given["LOCAL_RANK"], given["WORLD_SIZE"]) == ("9", "1", "32")
    assert given["ARGUMENTS"] == "/workspace/train.py --data /data --checkpoints /data/out"
    # As the operator names the first worker, in the hostfile, too.
    namespace, job_name = name.split("/")
    assert given["MASTER_ADDR"] == f"{job_name}-worker-0.{job_name}.{namespace}.svc"


def test_mounts_the_data_in_workers_and_takes_a_secret_to_every_rank_of_pytorch(example):
    (job,) = jobs_of(example(14)).values()
    assert {"name": "data", "mountPath": "/data"} in container_of(job, "Worker")["volumeMounts"]
    assert environment_of(job)["TRACKER_API_KEY"] == {"secretKeyRef": {"name": "experiment-tracker", "key": "api-key"}}
    assert "-x TRACKER_API_KEY" in shlex.join(container_of(job, "Launcher")["command"])


def test_starts_one_torchrun_a_node_of_trainium_with_a_process_for_each_core(example, tmp_path):
    assert programs_of(example(15)) == {"aws-efa-k8s-device-plugin", "neuron-device-plugin", "mpi-operator"}
    (job,) = jobs_of(example(15)).values()
    assert (limits_of(job)["aws.amazon.com/neuron"], limits_of(job)["vpc.amazonaws.com/efa"]) == (16, 8)
    assert job["slotsPerWorker"] == 1
    given = run_rank(tmp_path, job, "torchrun", {"OMPI_COMM_WORLD_RANK": "1"})
    assert given["ARGUMENTS"] == (
        "--nnodes 2 --node_rank 1 --nproc_per_node 32 "
        "--master_addr train-neuron-worker-0.train-neuron.default.svc --master_port 29500 /workspace/train.py"
    )


def test_runs_mpi_on_nodes_without_gpus_and_without_a_plugin_for_them(example):
    assert programs_of(example(16)) == {"aws-efa-k8s-device-plugin", "mpi-operator"}
    (job,) = jobs_of(example(16)).values()
    hpc7a = catalogue.get("hpc7a.96xlarge")
    assert job["slotsPerWorker"] == hpc7a.cores == 192
    assert not any(name.startswith(("nvidia", "aws.amazon.com")) for name in limits_of(job))
    assert environment_of(job)["OMPI_MCA_mtl"] == "ofi"


def test_keeps_two_teams_to_their_own_nodes(synthesize, example):
    team_of = {"p4d.24xlarge": "vision", "p5.48xlarge": "language"}
    template = synthesize(path_of(17)).template
    templates = template.find_resources("AWS::EC2::LaunchTemplate")
    groups = template.find_resources("AWS::EKS::Nodegroup").values()
    assert len(groups) == len(team_of)
    for group in groups:
        launch_template = templates[group["Properties"]["LaunchTemplate"]["Id"]["Ref"]]["Properties"]
        team = team_of[launch_template["LaunchTemplateData"]["InstanceType"]]
        assert group["Properties"]["Labels"]["example.com/team"] == team
        assert group["Properties"]["Taints"] == [{"Key": "example.com/team", "Value": team, "Effect": "NO_SCHEDULE"}]
    assert sorted(jobs_of(example(17))) == ["language/training", "vision/training"]
    for name, job in jobs_of(example(17)).items():
        team = name.partition("/")[0]
        pod = pod_of(job, "Worker")
        assert pod["nodeSelector"]["example.com/team"] == team
        assert team_of[pod["nodeSelector"]["node.kubernetes.io/instance-type"]] == team
        tolerated = [one["value"] for one in pod["tolerations"] if one["key"] == "example.com/team"]
        assert tolerated == [team]
    any_team = {"key": "example.com/team", "operator": "Exists"}
    plugins = [one for one in example(17) if one["kind"] == "DaemonSet"]
    assert len(plugins) == 2
    assert all(any_team in plugin["spec"]["template"]["spec"]["tolerations"] for plugin in plugins)


def test_starts_the_jobs_of_the_teams_when_their_nodes_are_there(synthesize):
    template = synthesize(path_of(17)).template
    applied = template.find_resources("Custom::AWSCDK-EKS-KubernetesResource").values()
    jobs = [one for one in applied if '"kubeflow.org/v2beta1"' in one["Properties"]["Manifest"]]
    assert len(jobs) == 2, "each job is a resource of its own"
    for job in jobs:
        assert set(template.find_resources("AWS::EKS::Nodegroup")) <= set(job["DependsOn"])


def test_applies_a_chart_by_the_kubectl_role_of_a_cluster_of_the_older_library(synthesize, example):
    template = synthesize(path_of(18)).template
    applied = template.find_resources("Custom::AWSCDK-EKS-KubernetesResource").values()
    assert {one["Properties"]["RoleArn"] for one in applied} == {"arn:aws:iam::123456789012:role/training-kubectl"}
    (job,) = [one for one in example(18) if one["kind"] == "Job"]
    assert job["spec"]["completions"] == 2
