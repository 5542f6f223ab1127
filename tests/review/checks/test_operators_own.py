"""What the MPI Operator sets of pods itself: near misses of the rules, and the words of findings."""

from __future__ import annotations

from typing import Any

import pytest

from ..manifests import Change, Manifests, broken_rules_of_manifests, review_of_manifests
from .test_manifests import volume


def mounted(role: str, name: str, path: str, **spec: Any) -> Change:
    def change(manifests: Manifests) -> None:
        manifests.job["spec"].update(spec)
        volume(manifests, role, name, path)

    return change


def pod(role: str, **fields: Any) -> Change:
    return lambda manifests: manifests.pod(role).update(fields)


def label(role: str, name: str, value: str) -> Change:
    return lambda manifests: (
        manifests.template_of(role).setdefault("metadata", {}).update(labels={f"training.kubeflow.org/{name}": value})
    )


def variable(role: str, name: str, **spec: Any) -> Change:
    def change(manifests: Manifests) -> None:
        manifests.job["spec"].update(spec)
        manifests.pod(role)["containers"][0].setdefault("env", []).append({"name": name, "value": "x"})

    return change


def in_a_sidecar(manifests: Manifests) -> None:
    """The operator leaves all containers but the first as they are."""
    mount = {"name": "keys", "mountPath": "/root/.ssh"}
    env = [{"name": "K_MPI_JOB_ROLE", "value": "logs"}]
    manifests.pod("Worker")["volumes"].append({"name": "keys", "emptyDir": {}})
    manifests.pod("Worker")["containers"].append(
        {"name": "logs", "image": "logs:1.0", "volumeMounts": [mount], "env": env}
    )


def of_the_training_operator(manifests: Manifests) -> None:
    manifests.of_version("v1")
    manifests.remove(manifests.find("Deployment", "mpi-operator"))
    volume(manifests, "Worker", "ssh-auth", "/root/.ssh")
    manifests.pod("Worker")["restartPolicy"] = "Always"


@pytest.mark.parametrize(
    "change",
    [
        # The operator gives it to the launcher alone.
        mounted("Worker", "mpi-job-config", "/etc/mpi"),
        mounted("Launcher", "keys", "/root/.ssh-of-mine"),
        mounted("Launcher", "keys", "/root/.ssh", sshAuthMountPath="/home/mpi/.ssh"),
        mounted("Launcher", "keys", "/root/.ssh", sshAuthMountPath="⟨?Path⟩"),
        mounted("Launcher", "keys", "⟨?Path⟩"),
        mounted("Launcher", "⟨?Name⟩", "/keys"),
        in_a_sidecar,
        of_the_training_operator,
        # As the job says elsewhere, or as the operator does by itself.
        pod("Launcher", restartPolicy="Never"),
        pod("Worker", restartPolicy="Never"),
        pod("Launcher", restartPolicy="⟨?Policy⟩"),
        pod("Worker", hostname="⟨?Name⟩", subdomain=""),
        label("Worker", "job-name", "nccl-test"),
        label("Worker", "job-role", "worker"),
        label("Launcher", "job-name", "⟨?Name⟩"),
        label("Launcher", "team", "vision"),
        # The workers have the environment of sshd, and each MPI variables of its own.
        variable("Worker", "OMPI_MCA_plm_rsh_args"),
        variable("Launcher", "I_MPI_PERHOST"),
        variable("Launcher", "OMPI_MCA_plm_rsh_args", mpiImplementation="MPICH"),
        variable("Launcher", "OMPI_MCA_plm_rsh_args", mpiImplementation="⟨?Mpi⟩"),
    ],
)
def test_says_nothing_of_what_the_operator_leaves_as_it_is(change: Change) -> None:
    assert broken_rules_of_manifests(change) == set()


@pytest.mark.parametrize(
    ("change", "problem", "fix"),
    [
        (
            mounted("Launcher", "mpi-job-config", "/config"),
            "has a volume 'mpi-job-config', a name that the operator uses",
            "choose another name",
        ),
        (
            mounted("Worker", "keys", "/root//.ssh/"),
            "mounts a volume at /root/.ssh, where the operator mounts its own",
            "choose another path",
        ),
        (
            mounted("Worker", "keys", "/home/mpi/.ssh", sshAuthMountPath="/home/mpi/.ssh"),
            "mounts a volume at /home/mpi/.ssh, where the operator mounts its own",
            "choose another path",
        ),
    ],
)
def test_says_which_volume_is_in_the_operators_way(change: Change, problem: str, fix: str) -> None:
    (finding,) = review_of_manifests(change).findings
    assert (finding.rule.id, finding.fix) == ("EFA-JOB-030", fix)
    assert problem in finding.problem


@pytest.mark.parametrize(
    ("change", "what", "instead"),
    [
        (pod("Worker", hostname="gpu"), "the hostname 'gpu'", ""),
        (pod("Launcher", subdomain="gpu"), "the subdomain 'gpu'", ""),
        (
            pod("Worker", restartPolicy="OnFailure"),
            "the restartPolicy 'OnFailure' in its pod template",
            ", and set mpiReplicaSpecs.Worker.restartPolicy",
        ),
        (label("Worker", "job-name", "other"), "the label training.kubeflow.org/job-name 'other'", ""),
        (label("Launcher", "job-role", "worker"), "the label training.kubeflow.org/job-role 'worker'", ""),
        (label("Launcher", "operator-name", "mine"), "the label training.kubeflow.org/operator-name 'mine'", ""),
        (variable("Launcher", "OMPI_MCA_plm_rsh_args"), "the variable OMPI_MCA_plm_rsh_args", ""),
        (variable("Launcher", "I_MPI_PERHOST", mpiImplementation="Intel"), "the variable I_MPI_PERHOST", ""),
    ],
)
def test_says_what_the_operator_overwrites(change: Change, what: str, instead: str) -> None:
    (finding,) = review_of_manifests(change).findings
    assert finding.rule.id == "EFA-JOB-031"
    assert f"has {what}, which the MPI Operator sets to something else" in finding.problem
    assert finding.fix == f"leave {what} out{instead}"
