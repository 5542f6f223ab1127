"""Programs of the control plane that are there already, those that do not fit, and those that were built."""

from __future__ import annotations

import subprocess
from collections.abc import Iterator
from dataclasses import fields
from pathlib import Path

import pytest

from efa_constructs.errors import InvalidArgumentError
from efa_constructs.rehearsal.control_plane import binaries as finding
from efa_constructs.rehearsal.control_plane.binaries import Binaries, find_or_build_binaries
from efa_constructs.rehearsal.control_plane.control_plane_programs import (
    CONTROL_PLANE,
    ControlPlaneProgram,
    required_modules,
)
from efa_constructs.rehearsal.programs import Programs

SAYS = {
    "etcd": "etcd Version: 3.6.2\nGit SHA: 1a2b3c\n",
    "kube-apiserver": "Kubernetes v1.36.0\n",
    "kube-controller-manager": "Kubernetes v1.36.9-eks-1a2b3c\n",
    "kube-scheduler": "Kubernetes v1.36.3\n",
    "kwok": "kwok version v0.8.1 go1.26.0 (linux/amd64)\n",
    "mpi-operator": "Health address: :8080\nAPI Version: v2\nVersion: v0.8.2\n",
}


@pytest.fixture
def programs() -> Iterator[Programs]:
    with Programs() as running:
        yield running


@pytest.fixture(autouse=True)
def _nothing_on_this_machine(monkeypatch: pytest.MonkeyPatch, request: pytest.FixtureRequest) -> None:
    if "binaries" not in request.fixturenames:
        monkeypatch.setenv("PATH", "")
        monkeypatch.delenv("KUBEBUILDER_ASSETS", raising=False)


def put(folder: Path, **changed: str) -> Path:
    """A folder with a program of each name, which says its version."""
    folder.mkdir()
    for name, says in {**SAYS, **changed}.items():
        put_one(folder / name, says)
    return folder


def put_one(path: Path, says: str) -> None:
    path.parent.mkdir(exist_ok=True)
    path.write_text(f"#!/bin/sh\n[ \"$*\" = --version ] && printf '{says}'\n")
    path.chmod(0o755)


def found(folder: Path | None, programs: Programs, tmp_path: Path) -> Binaries:
    return find_or_build_binaries(folder, programs=programs, log=tmp_path / "log", progress=lambda progress: None)


def test_takes_programs_from_the_folder_that_is_given(tmp_path: Path, programs: Programs) -> None:
    folder = put(tmp_path / "given")
    taken = found(folder, programs, tmp_path)
    assert taken.kube_controller_manager == folder / "kube-controller-manager"
    assert taken.mpi_operator == folder / "mpi-operator"
    assert taken.versions == {
        "etcd": "3.6.2",
        "kube-apiserver": "1.36.0",
        "kube-controller-manager": "1.36.9-eks-1a2b3c",
        "kube-scheduler": "1.36.3",
        "kwok": "0.8.1",
        "mpi-operator": "0.8.2",
    }
    assert taken.kubernetes_version == "1.36"


def test_gives_paths_that_work_in_any_folder(
    tmp_path: Path, programs: Programs, monkeypatch: pytest.MonkeyPatch
) -> None:
    put(tmp_path / "given")
    monkeypatch.chdir(tmp_path)
    assert found(Path("given"), programs, tmp_path).etcd == tmp_path / "given" / "etcd"


@pytest.mark.parametrize(
    ("name", "says", "message"),
    [
        ("etcd", "etcd Version: 3.5.21\n", "is etcd 3.5.21, and 3.6 is needed: take it out, and 3.6.16 is built"),
        ("kube-apiserver", "Kubernetes v1.35.4\n", "is kube-apiserver 1.35.4, and 1.36 is needed"),
        ("kwok", "kwok version v0.7.0 go1.24\n", "is kwok 0.7.0, and 0.8 is needed: take it out, and 0.8.0 is built"),
        ("mpi-operator", "Health address: :8080\nVersion: v0.8.1\n", "is mpi-operator 0.8.1, and 0.8.2 is needed"),
        # Upstream's, which listens on port 8080 whatever the environment says.
        ("mpi-operator", "Version: v0.8.2\n", "is no mpi-operator for this machine that was built by this package"),
        ("kube-scheduler", "hello\n", "is no kube-scheduler for this machine: take it out, and kube-scheduler 1.36.3"),
    ],
)
def test_refuses_a_program_of_the_given_folder_that_does_not_fit(
    tmp_path: Path, programs: Programs, name: str, says: str, message: str
) -> None:
    folder = put(tmp_path / "given", **{name: says})
    with pytest.raises(InvalidArgumentError) as refused:
        found(folder, programs, tmp_path)
    assert str(refused.value).startswith(f"'{folder / name}' of '--kubernetes-binaries' ")
    assert message in str(refused.value)


def test_refuses_a_program_of_another_machine(tmp_path: Path, programs: Programs) -> None:
    folder = put(tmp_path / "given")
    (folder / "kwok").write_bytes(b"\x7fELF of another machine")
    with pytest.raises(InvalidArgumentError, match="is no kwok for this machine"):
        found(folder, programs, tmp_path)


def test_refuses_a_folder_that_is_none_or_has_none(tmp_path: Path, programs: Programs) -> None:
    with pytest.raises(InvalidArgumentError, match=r"which is no folder: give one with programs$"):
        found(tmp_path / "nowhere", programs, tmp_path)
    with pytest.raises(InvalidArgumentError, match=r"which has none of etcd, kube-apiserver, .*: give one that has$"):
        found(tmp_path, programs, tmp_path)


@pytest.fixture
def asked_for(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> list[str]:
    """Names of the programs that would have been built."""
    names: list[str] = []

    def built_programs(wanted: list[ControlPlaneProgram], **options: object) -> Path:
        names.extend(program.name for program in wanted)
        return tmp_path / "built"

    monkeypatch.setattr(finding, "built_programs", built_programs)
    return names


def test_prefers_the_given_folder_to_that_of_kubebuilder_and_that_to_the_path(
    tmp_path: Path, programs: Programs, monkeypatch: pytest.MonkeyPatch, asked_for: list[str]
) -> None:
    put_one(tmp_path / "given" / "etcd", SAYS["etcd"])
    for name in ("etcd", "kube-apiserver"):
        put_one(tmp_path / "assets" / name, SAYS[name])
    for name in ("etcd", "kube-apiserver", "kwok"):
        put_one(tmp_path / "path" / name, SAYS[name])
    monkeypatch.setenv("KUBEBUILDER_ASSETS", str(tmp_path / "assets"))
    monkeypatch.setenv("PATH", f"{tmp_path}/nowhere:{tmp_path}/path:/usr/bin:/bin")
    taken = found(tmp_path / "given", programs, tmp_path)
    assert taken.etcd == tmp_path / "given" / "etcd"
    assert taken.kube_apiserver == tmp_path / "assets" / "kube-apiserver"
    assert taken.kwok == tmp_path / "path" / "kwok"
    assert taken.kube_scheduler == tmp_path / "built" / "kube-scheduler"
    assert taken.versions["kube-scheduler"] == "1.36.3"
    assert asked_for == ["kube-controller-manager", "kube-scheduler", "mpi-operator"]


def test_passes_over_what_does_not_fit_and_was_not_given(
    tmp_path: Path, programs: Programs, monkeypatch: pytest.MonkeyPatch, asked_for: list[str]
) -> None:
    put(
        tmp_path / "assets",
        **{"kube-apiserver": "Kubernetes v1.35.0\n", "etcd": "etcd Version: 3.5.9\n", "kwok": "a mistake\n"},
    )
    put_one(tmp_path / "path" / "kube-apiserver", SAYS["kube-apiserver"])
    put_one(tmp_path / "path" / "etcd", "etcd Version: 4.0.0\n")
    monkeypatch.setenv("KUBEBUILDER_ASSETS", str(tmp_path / "assets"))
    monkeypatch.setenv("PATH", str(tmp_path / "path"))
    assert found(None, programs, tmp_path).kube_apiserver == tmp_path / "path" / "kube-apiserver"
    assert asked_for == ["etcd", "kwok"]


def test_the_versions_of_one_release_of_kubernetes_go_together() -> None:
    major, minor, patch = required_modules()["k8s.io/kubernetes"].split(".")
    assert major == "1"
    replaced = [
        line.split()
        for line in (finding_sources() / "go.mod").read_text().splitlines()
        if line.startswith("replace k8s.io/")
    ]
    assert len(replaced) > 20
    for _, module, _, by, version in replaced:
        assert (by, version) == (module, f"v0.{minor}.{patch}")


def finding_sources() -> Path:
    return Path(finding.__file__).parent / "programs"


@pytest.mark.parametrize("program", CONTROL_PLANE, ids=lambda program: program.name)
def test_each_program_has_a_file_of_its_own_behind_its_tag(program: ControlPlaneProgram) -> None:
    file = finding_sources() / f"{program.name.replace('-', '_')}.go"
    assert file.read_text().startswith(f"//go:build {program.tag}\n")
    assert f'programs["{program.name}"] = ' in file.read_text()
    assert f'"{program.package}"\n' in file.read_text()


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


def test_the_real_mpi_operator_has_its_health_address_from_the_environment(binaries: Binaries) -> None:
    for environment, address in (({}, ":8080"), ({"MPI_OPERATOR_HEALTH_ADDRESS": "127.0.0.1:5"}, "127.0.0.1:5")):
        command = [binaries.mpi_operator, "--version"]
        output = subprocess.run(command, capture_output=True, text=True, check=True, env=environment).stdout
        assert output.startswith(f"Health address: {address}\n")


def test_the_real_kwok_understands_its_own_options(binaries: Binaries, tmp_path: Path) -> None:
    command = [binaries.kwok, "--kubeconfig", "/nowhere", "--manage-nodes-with-annotation-selector", "kwok=fake"]
    result = subprocess.run([*command, "--config", tmp_path / "kwok.yaml"], capture_output=True, text=True, check=False)
    assert result.returncode == 1
    assert "kwok.yaml: no such file" in result.stderr
    (tmp_path / "kwok.yaml").write_text(
        "kind: KwokConfiguration\napiVersion: config.kwok.x-k8s.io/v1alpha1\noptions:\n  enableCRDs: [Stage]\n"
    )
    result = subprocess.run(
        [*command, "--config", tmp_path / "kwok.yaml"], capture_output=True, text=True, check=False, timeout=60
    )
    assert "flag" not in result.stderr
    assert "panic" not in result.stderr


def test_the_real_programs_are_all_and_their_kubernetes_is_that_of_new_clusters(binaries: Binaries) -> None:
    names = {field.name.replace("_", "-") for field in fields(Binaries)} - {"versions"}
    assert set(binaries.versions) == names
    assert binaries.kubernetes_version == "1.36"
