"""What is missing is built, once, whatever happens meanwhile. With the real Go, of a small module."""

from __future__ import annotations

import os
import re
import shutil
import signal
import subprocess
import time
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

import pytest

from efa_constructs.errors import RehearsalError
from efa_constructs.rehearsal.control_plane import build, cache
from efa_constructs.rehearsal.control_plane.build_progress import BuildProgress, progress_line
from efa_constructs.rehearsal.control_plane.control_plane_programs import CONTROL_PLANE
from efa_constructs.rehearsal.control_plane.mpi_operator_source import with_health_address
from efa_constructs.rehearsal.programs import Programs
from tests.docs import shown

from .small_module import SERVER, SmallModule, ended

NAMES = {program.name for program in CONTROL_PLANE}


@pytest.fixture(scope="module")
def warm(tmp_path_factory: pytest.TempPathFactory) -> SmallModule:
    """A module that has been built once, and whose cache no test changes."""
    module = SmallModule(tmp_path_factory.mktemp("module"))
    code, paths, errors = module.run()
    assert code == 0, errors
    assert set(paths) == NAMES
    return module


@pytest.fixture
def module(warm: SmallModule) -> SmallModule:
    """The same with an empty cache. Go's own is warm."""
    shutil.rmtree(warm.cache, ignore_errors=True)
    return warm


def first_line(process: subprocess.Popen[str], beginning: str) -> str:
    """Wait until a build says something."""
    assert process.stderr is not None
    for line in process.stderr:
        if line.startswith(beginning):
            return line
    raise AssertionError(f"it ended without '{beginning}'")


def names_in(folder: Path) -> set[str]:
    return {path.name for path in folder.iterdir()}


def says(path: Path, **environment: str) -> str:
    result = subprocess.run([path, "--version"], capture_output=True, text=True, check=True, env=environment)
    return result.stdout + result.stderr


def test_builds_all_programs_into_one_and_keeps_nothing_else(module: SmallModule) -> None:
    code, paths, errors = module.run()
    assert code == 0, errors
    assert says(paths["kube-scheduler"]) == "Kubernetes v1.36.3\n"
    assert says(paths["etcd"]) == "etcd Version: 3.6.16\n"
    assert {path.resolve() for path in paths.values()} == {paths["etcd"].parent / "control-plane"}
    assert names_in(module.kept) == {paths["etcd"].parent.parent.name, "build.lock"}


def test_does_not_build_what_it_has_built_and_needs_no_go_for_it(warm: SmallModule) -> None:
    warm.run()
    code, paths, errors = warm.run(PATH="", GOPROXY="off", GOCACHE="/nowhere")
    assert (code, errors) == (0, "")
    assert set(paths) == NAMES


def test_builds_only_what_the_folder_does_not_have(module: SmallModule, tmp_path: Path) -> None:
    etcd = tmp_path / "etcd"
    etcd.write_text("#!/bin/sh\necho 'etcd Version: 3.6.1'\n")
    etcd.chmod(0o755)
    code, paths, errors = module.run("--kubernetes-binaries", str(tmp_path))
    assert code == 0, errors
    assert paths["etcd"] == etcd
    assert names_in(paths["kwok"].parent) == NAMES - {"etcd"} | {"control-plane"}
    # What has more than is needed will do.
    assert "compiling" in module.run()[2]
    shutil.rmtree(paths["kwok"].parent)
    assert module.run("--kubernetes-binaries", str(tmp_path))[2] == ""


def test_builds_again_when_the_module_changes(module: SmallModule) -> None:
    before = module.run()[1]["etcd"]
    main = module.sources / "main.go"
    try:
        main.write_text(main.read_text() + "\n// Changed.\n")
        after = module.run()[1]["etcd"]
    finally:
        main.write_text(main.read_text().removesuffix("\n// Changed.\n"))
    assert before.parent.parent != after.parent.parent
    # Another working copy may still use it.
    assert before.exists()


def test_forgets_what_was_not_used_for_weeks(module: SmallModule) -> None:
    old, recent = module.kept / "old", module.kept / "recent"
    for folder, days in ((old, 15), (recent, 13)):
        folder.mkdir(parents=True)
        used = time.time() - days * 24 * 3600
        os.utime(folder, (used, used))
    module.run()
    assert not old.exists()
    assert recent.exists()


def test_lets_the_mpi_operator_listen_where_the_environment_says_and_as_upstream_without(module: SmallModule) -> None:
    path = module.run()[1]["mpi-operator"]
    assert "listens at :8080" in says(path)
    assert "listens at 127.0.0.1:5" in says(path, MPI_OPERATOR_HEALTH_ADDRESS="127.0.0.1:5")


@pytest.mark.parametrize("server", [SERVER.replace("Addr:    fmt", "Addr: fmt"), SERVER + SERVER])
def test_does_not_build_an_mpi_operator_whose_source_is_not_what_it_was(server: str) -> None:
    with pytest.raises(
        RehearsalError, match=r"server.go has [02] times 'Addr:    fmt.*adapt what mpi_operator_source.py"
    ):
        with_health_address(server)


def test_two_at_once_build_once(module: SmallModule, tmp_path: Path) -> None:
    shutil.copytree(module.standard_library, tmp_path / "go")
    started = [module.start(**module.slowly, GOCACHE=str(tmp_path / "go")) for _ in range(2)]
    both = [ended(process) for process in started]
    assert [code for code, _, _ in both] == [0, 0], both
    assert both[0][1] == both[1][1]
    builds = ["compiling" in errors for _, _, errors in both]
    waits = ["waiting for another process that builds the control plane" in errors for _, _, errors in both]
    assert sorted(builds) == [False, True]
    assert waits == [not builds_it for builds_it in builds]


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGKILL])
def test_a_build_that_was_ended_keeps_nothing_half_done_and_goes_on_where_it_was(
    module: SmallModule, number: signal.Signals
) -> None:
    # Where the user has chosen no cache for Go, it is beside the build. This one need not compile the standard library.
    process = module.start(**module.slowly, GOCACHE="")
    first_line(process, "compiling")
    building = next(module.kept.glob("building-*"))
    packages = building / "packages"
    wait_until(lambda: packages.exists() and packages.read_text() != "")
    process.terminate()
    ended(process)
    shutil.copytree(module.standard_library, building / "build-cache", dirs_exist_ok=True)
    packages.unlink()

    process = module.start(**module.slowly, GOCACHE="")
    wait_until(lambda: packages.exists() and len(packages.read_text().split()) > 2)
    process.send_signal(number)
    assert ended(process)[0] in (128 + signal.SIGTERM, -signal.SIGKILL)
    begun = len(packages.read_text().split())
    assert names_in(module.kept) == {building.name, "build.lock"}
    assert (building / "modules").is_dir()

    process = module.start(**module.slowly, GOCACHE="")
    compiling = re.search(r"(\d+) of \d+ packages", first_line(process, "compiling"))
    assert compiling is not None
    assert int(compiling[1]) >= begun
    code, paths, errors = ended(process)
    assert code == 0, errors
    assert set(paths) == NAMES
    assert not building.exists()


def wait_until(condition: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 100
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.01)


@pytest.mark.parametrize("proxy", ["off", "http://127.0.0.1:1", "file:///nowhere"])
def test_says_what_to_do_when_modules_cannot_be_downloaded(module: SmallModule, proxy: str) -> None:
    code, paths, errors = module.run(GOPROXY=proxy)
    assert (code, paths) == (1, {})
    message = errors.splitlines()[-1]
    assert message.startswith("error: the modules of the control plane cannot be downloaded (")
    assert message.endswith("that 'GOPROXY' may name, or give the programs with '--kubernetes-binaries DIR'")


def test_says_what_go_said_when_it_cannot_compile(module: SmallModule) -> None:
    broken = module.sources / "broken.go"
    broken.write_text('package main\n\nvar wrong int = "text"\n')
    try:
        code, _, errors = module.run()
    finally:
        broken.unlink()
    assert code == 1
    assert "error: 'go build' of the control plane failed: " in errors
    assert 'cannot use "text"' in errors


def built(log: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, programs: Programs) -> Path:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    return build.built_programs(CONTROL_PLANE, programs=programs, log=log, progress=lambda progress: None)


def test_refuses_to_begin_on_a_disk_that_would_be_full(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    usage = shutil.disk_usage(tmp_path)
    monkeypatch.setattr(build.shutil, "disk_usage", lambda folder: usage._replace(free=1_234_000_000))
    with Programs() as programs, pytest.raises(RehearsalError, match=r"5 GB are needed .* 1\.2 GB are free: make room"):
        built(tmp_path / "log", monkeypatch, tmp_path, programs)


def test_says_where_it_cannot_write(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "efa-constructs").write_text("a file")
    with Programs() as programs, pytest.raises(RehearsalError, match=r"cannot write to .*'XDG_CACHE_HOME'"):
        built(tmp_path / "log", monkeypatch, tmp_path, programs)


def test_who_waits_for_another_build_ends_with_the_rehearsal(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    told: list[BuildProgress] = []
    with Programs() as first, Programs() as second, cache.Cache().locked(first, told.append):
        second.stop()
        with pytest.raises(RehearsalError, match="the rehearsal is ending"), cache.Cache().locked(second, told.append):
            raise AssertionError("locked twice")


class Ended(NamedTuple):
    returncode: int
    lines: tuple[str, ...]


def test_names_a_full_disk() -> None:
    lines = ("k8s.io/api", "go: writing cache: write /x: no space left on device")
    message = str(build._failure("build", Ended(1, lines)))  # type: ignore[arg-type]
    assert message.startswith("the disk was full before the control plane was built (go: writing cache")


def test_the_documentation_shows_a_line_of_the_progress() -> None:
    progress = BuildProgress(
        stage="compiling", program="kube-apiserver", current="k8s.io/api/core/v1", done=1400, total=2786, seconds=200
    )
    assert shown.BUILD_PROGRESS.block.text == f"{progress_line(progress)}\n"
