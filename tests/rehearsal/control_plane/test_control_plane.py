"""A control plane is up in seconds, for its owner alone, and gone with whoever started it."""

from __future__ import annotations

import dataclasses
import os
import signal
import socket
import ssl
import stat
import subprocess
import sys
import tempfile
import threading
import time
from contextlib import suppress
from pathlib import Path

import httpx
import pytest

from efa_constructs.errors import RehearsalError
from efa_constructs.rehearsal.control_plane import control_plane as module
from efa_constructs.rehearsal.control_plane.binaries import Binaries
from efa_constructs.rehearsal.control_plane.certificates import CertificateAuthority
from efa_constructs.rehearsal.control_plane.control_plane import ControlPlane
from efa_constructs.rehearsal.work_folder import work_folder

from ..live_cluster import Kubectl, eventually, make_control_plane, processes_in

PROGRAMS = ("etcd", "kube-apiserver", "kube-controller-manager", "kube-scheduler", "kwok")


@pytest.fixture(scope="module")
def kubectl(control_plane: ControlPlane) -> Kubectl:
    return Kubectl(control_plane.admin_kubeconfig)


def listeners(control_plane: ControlPlane) -> list[tuple[str, int]]:
    """Address and port of everything on which the programs listen, over IPv4 and IPv6."""
    inodes = set()
    for process in processes_in(control_plane.folder):
        for file in Path(f"/proc/{process}/fd").iterdir():
            with suppress(OSError):
                inodes.add(str(file.readlink()))
    found = []
    for table in ("tcp", "tcp6"):
        for line in Path(f"/proc/net/{table}").read_text().splitlines()[1:]:
            local, state, inode = (line.split()[number] for number in (1, 3, 9))
            # 0A is LISTEN.
            if state == "0A" and f"socket:[{inode}]" in inodes:
                address, _, port = local.partition(":")
                found.append((address, int(port, 16)))
    return found


def test_has_all_it_needs_within_seconds(control_plane: ControlPlane, kubectl: Kubectl) -> None:
    assert kubectl.get("/version")["gitVersion"].startswith("v1.36.")
    # Its controller is at work.
    eventually(lambda: kubectl.find("/api/v1/namespaces/default/serviceaccounts/default"), "there is an account")
    control_plane.processes.check()


def test_listens_on_this_machines_own_address_only(control_plane: ControlPlane) -> None:
    found = listeners(control_plane)
    # etcd's two and the API server's; the byte order is the machine's.
    assert len(found) == 3
    assert {address for address, _ in found} == {"0100007F"}


def test_no_port_answers_without_a_certificate(control_plane: ControlPlane) -> None:
    context = ssl.create_default_context(cadata=control_plane.authority.pem)
    refused = 0
    for _, port in listeners(control_plane):
        with httpx.Client(verify=context, trust_env=False) as client:
            for path in ("/", "/version", "/readyz", "/metrics", "/api/v1/secrets", "/health"):
                with suppress(httpx.TransportError):
                    assert client.get(f"https://127.0.0.1:{port}{path}").status_code in (401, 403)
                refused += 1
        with httpx.Client(trust_env=False) as client, suppress(httpx.TransportError):
            answer = client.get(f"http://127.0.0.1:{port}/")
            assert (answer.status_code, "HTTPS" in answer.text) == (400, True)
    assert refused == 18


def test_a_certificate_of_somebody_else_is_refused(control_plane: ControlPlane, tmp_path: Path) -> None:
    CertificateAuthority(tmp_path).issue("impostor", user="kubernetes-admin", groups=["system:masters"])
    context = ssl.create_default_context(cadata=control_plane.authority.pem)
    context.load_cert_chain(tmp_path / "impostor.crt", tmp_path / "impostor.key")
    for _, port in listeners(control_plane):
        with httpx.Client(verify=context, trust_env=False) as client, suppress(httpx.TransportError):
            assert client.get(f"https://127.0.0.1:{port}/version").status_code == 401


def test_nobody_else_can_read_its_keys_and_kubeconfigs(control_plane: ControlPlane) -> None:
    control_plane.kubeconfig("somebody", user="somebody")
    control_plane.kubeconfig_with_token("something", "token")

    def mode(path: Path) -> str:
        return oct(stat.S_IMODE(path.stat().st_mode))

    assert mode(control_plane.folder) == "0o700"
    secret = [path for path in control_plane.folder.rglob("*") if path.suffix in (".key", ".kubeconfig")]
    assert {"admin.key", "service-accounts.key", "admin.kubeconfig", "something.kubeconfig"} <= {
        path.name for path in secret
    }
    assert {mode(path) for path in secret} == {"0o600"}


def test_a_user_may_do_what_rbac_gives_and_no_more(control_plane: ControlPlane) -> None:
    control_plane.kubeconfig("nobody", user="nobody")
    context = ssl.create_default_context(cadata=control_plane.authority.pem)
    context.load_cert_chain(control_plane.folder / "nobody.crt", control_plane.folder / "nobody.key")
    with httpx.Client(verify=context, trust_env=False) as client:
        assert client.get(f"{control_plane.url}/api/v1/secrets").status_code == 403


@pytest.mark.parametrize("name", PROGRAMS)
def test_a_program_that_is_killed_is_started_again_and_nothing_is_lost(
    control_plane: ControlPlane, kubectl: Kubectl, name: str
) -> None:
    kubectl.create("/api/v1/namespaces", {"metadata": {"name": f"before-{name}"}})
    before = control_plane.processes.process_id(name)
    os.kill(before, signal.SIGKILL)
    eventually(lambda: control_plane.processes.process_id(name) != before, f"{name} runs again")
    eventually(lambda: kubectl.find(f"/api/v1/namespaces/before-{name}"), "the API server answers, and has it all")
    # The controller manager gives each namespace an account, and all that is before it works.
    after = f"after-{name}"
    eventually(lambda: _create(kubectl, after), "the API server takes a new object")
    eventually(lambda: kubectl.find(f"/api/v1/namespaces/{after}/serviceaccounts/default"), "controllers work")
    control_plane.check()


def _create(kubectl: Kubectl, namespace: str) -> bool:
    with suppress(httpx.HTTPError, AssertionError):
        kubectl.create("/api/v1/namespaces", {"metadata": {"name": namespace}})
    return kubectl.find(f"/api/v1/namespaces/{namespace}") is not None


def test_everything_ends_when_the_context_is_left_by_an_error(binaries: Binaries, tmp_path: Path) -> None:
    with pytest.raises(KeyError), make_control_plane(binaries, tmp_path) as control_plane:
        assert len(processes_in(tmp_path)) >= 5
        raise KeyError
    assert processes_in(tmp_path) == []
    control_plane.stop()


def broken(binaries: Binaries, tmp_path: Path, name: str, script: str) -> Binaries:
    program = tmp_path / name
    program.write_text(f"#!/bin/sh\n{script}\n")
    program.chmod(0o755)
    return dataclasses.replace(binaries, **{name.replace("-", "_"): program})


@pytest.mark.parametrize("name", ["etcd", "kube-apiserver"])
def test_a_server_that_dies_at_start_is_named_with_its_last_words(
    binaries: Binaries, tmp_path: Path, name: str
) -> None:
    mute = broken(binaries, tmp_path, name, "echo flag provided but not defined: -fast >&2; exit 2")
    control_plane = make_control_plane(mute, tmp_path)
    began = time.monotonic()
    with pytest.raises(RehearsalError, match=rf"^{name} ended with exit status 2: flag provided .*: -fast$"):
        control_plane.start()
    assert time.monotonic() - began < 30
    control_plane.stop()
    assert processes_in(tmp_path / "control-plane") == []


def test_a_controller_that_dies_again_and_again_is_named_with_its_last_words(
    binaries: Binaries, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "_RESTART_SECONDS", 0.05)
    mute = broken(binaries, tmp_path, "kwok", "echo unknown Stage >&2; exit 1")
    with make_control_plane(mute, tmp_path) as control_plane:

        def complaint() -> str:
            try:
                control_plane.check()
            except RehearsalError as error:
                return str(error)
            return ""

        assert eventually(complaint, "it gave up").startswith("kwok ended with exit status 1: unknown Stage")


def test_an_api_server_that_is_never_ready_is_named(
    binaries: Binaries, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "_START_SECONDS", 1.0)
    sleeping = broken(binaries, tmp_path, "kube-apiserver", "echo waiting for Godot; exec sleep 60")
    control_plane = make_control_plane(sleeping, tmp_path)
    with pytest.raises(RehearsalError, match=r"the API server was not ready after 1 s .*: waiting for Godot$"):
        control_plane.start()
    control_plane.stop()


def test_ports_that_somebody_took_meanwhile_are_left_to_them(
    binaries: Binaries, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    given, choose = [], module._free_port
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()

        def first_a_taken_one(*arguments: object) -> int:
            # First as etcd's, and then as the API server's.
            given.append(choose(*arguments))  # type: ignore[arg-type]
            return int(taken.getsockname()[1]) if len(given) in (1, 6) else given[-1]

        monkeypatch.setattr(module, "_free_port", first_a_taken_one)
        with make_control_plane(binaries, tmp_path) as control_plane:
            assert len(given) == 9
            assert Kubectl(control_plane.admin_kubeconfig).get("/version")
            assert str(taken.getsockname()[1]) not in control_plane.url


def test_can_be_stopped_while_it_starts(binaries: Binaries, tmp_path: Path) -> None:
    sleeping = broken(binaries, tmp_path, "kube-apiserver", "exec sleep 60")
    control_plane = make_control_plane(sleeping, tmp_path)
    errors: list[Exception] = []

    def start() -> None:
        try:
            control_plane.start()
        except RehearsalError as error:
            errors.append(error)

    starting = threading.Thread(target=start)
    starting.start()
    eventually(lambda: control_plane.processes.log("kube-apiserver").exists(), "it is starting")
    control_plane.stop()
    starting.join(5)
    assert not starting.is_alive()
    assert str(errors[0]) == "the rehearsal is ending"
    assert processes_in(tmp_path / "control-plane") == []


STARTER = """
import sys, time
from efa_constructs.rehearsal.control_plane.binaries import Binaries
from efa_constructs.rehearsal.work_folder import work_folder
from tests.rehearsal.live_cluster import make_control_plane
with work_folder() as folder:
    with make_control_plane(Binaries.from_json(sys.argv[1]), folder):
        print(folder, flush=True)
        time.sleep(60)
"""


def test_ends_with_whoever_is_killed_that_started_it_and_the_next_rehearsal_removes_its_files(
    binaries: Binaries, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    root = str(Path(__file__).parents[3])
    with subprocess.Popen(
        [sys.executable, "-c", STARTER, binaries.to_json()],
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
        env={**os.environ, "TMPDIR": str(tmp_path), "PYTHONPATH": root},
    ) as starter:
        assert starter.stdout is not None
        folder = Path(starter.stdout.readline().strip())
        assert len(processes_in(folder)) >= 5
        starter.kill()
        starter.wait(30)
    eventually(lambda: not processes_in(folder), "everything has ended")
    with work_folder():
        assert not folder.exists()
