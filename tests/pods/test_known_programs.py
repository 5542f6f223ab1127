"""Programs are known by the names of their images, wherever these come from."""

from __future__ import annotations

from typing import Any

import pytest

from efa_constructs.pods.known_programs import KnownProgram, is_launcher, known_program


def pod(*images: str, **metadata: Any) -> dict[str, Any]:
    return {"metadata": metadata, "spec": {"containers": [{"image": image} for image in images]}}


@pytest.mark.parametrize(
    ("image", "program"),
    [
        ("mpioperator/mpi-operator:0.8.2", KnownProgram.MPI_OPERATOR),
        ("mpi-operator", KnownProgram.MPI_OPERATOR),
        ("registry.example:5000/team/mpi-operator:v1@sha256:0123", KnownProgram.MPI_OPERATOR),
        ("nvcr.io/nvidia/k8s-device-plugin@sha256:0123", KnownProgram.NVIDIA_DEVICE_PLUGIN),
        ("602401143452.dkr.ecr.us-east-1.amazonaws.com/aws-efa-k8s-device-plugin:v1", KnownProgram.EFA_DEVICE_PLUGIN),
        ("public.ecr.aws/neuron/neuron-device-plugin:2", KnownProgram.NEURON_DEVICE_PLUGIN),
        ("team/my-mpi-operator:1", None),
        ("team/mpi-operator/sidecar:1", None),
        ("registry.example:5000/busybox", None),
    ],
)  # fmt: skip
def test_a_program_is_known_by_the_last_part_of_its_repository(image: str, program: KnownProgram | None) -> None:
    assert known_program(pod(image)) is program
    assert known_program(pod("team/sidecar:1", image)) is program


def test_a_launcher_is_known_by_the_operators_label() -> None:
    assert is_launcher(pod("a", labels={"training.kubeflow.org/job-role": "launcher"}))
    assert not is_launcher(pod("a", labels={"training.kubeflow.org/job-role": "worker"}))
    assert not is_launcher(pod("a", labels=None))
    assert not is_launcher(pod("a"))


@pytest.mark.parametrize(
    ("command", "runs"),
    [
        (None, True),
        (["nvidia-device-plugin"], True),
        (["/bin/sh", "-c", "nvidia-device-plugin"], True),
        (["gpu-feature-discovery"], False),
        (["/usr/bin/mps-control-daemon"], False),
        (["config-manager"], False),
    ],
)
def test_tells_nvidias_device_plugin_from_what_else_its_image_has(command: list[str] | None, runs: bool) -> None:
    container = {"image": "nvcr.io/nvidia/k8s-device-plugin:v0.20.0", "command": command}
    program = known_program({"spec": {"containers": [container]}})
    assert program is (KnownProgram.NVIDIA_DEVICE_PLUGIN if runs else None)
