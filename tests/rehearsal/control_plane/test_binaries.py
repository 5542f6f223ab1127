"""Programs of the control plane that are there already, those that do not fit, and those that were built."""

from __future__ import annotations

import subprocess
from dataclasses import fields
from pathlib import Path

import pytest

from efa_constructs.rehearsal.control_plane.binaries import Binaries


@pytest.mark.parametrize(
    ("program", "says"),
    [
        ("etcd", "etcd Version: 3.6."),
        ("kube_apiserver", "Kubernetes v1.36."),
        ("kube_controller_manager", "Kubernetes v1.36."),
        ("kube_scheduler", "Kubernetes v1.36."),
        ("kwok", "kwok version v0.8."),
        ("mpi_operator", "Version: v0.8.2"),
    ],
)
def test_each_real_program_can_be_run_as_it_is_and_is_of_its_version(
    binaries: Binaries, program: str, says: str
) -> None:
    path: Path = getattr(binaries, program)
    assert says in subprocess.run([path, "--version"], capture_output=True, text=True, check=True).stdout


def test_the_real_programs_are_all_and_their_kubernetes_is_that_of_new_clusters(binaries: Binaries) -> None:
    names = {field.name.replace("_", "-") for field in fields(Binaries)} - {"versions"}
    assert set(binaries.versions) == names
    assert binaries.kubernetes_version == "1.36"
