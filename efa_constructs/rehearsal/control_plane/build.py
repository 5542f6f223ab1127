"""Builds programs of the control plane with Go: one program that is all of them, and a link for each."""

from __future__ import annotations

import json
import os
import re
import shutil
import tempfile
from collections.abc import Callable, Collection, Mapping, Sequence
from pathlib import Path

from ...errors import RehearsalError
from ..programs import ProgramResult, Programs
from .build_progress import BuildProgress, Teller
from .cache import Cache
from .control_plane_programs import SOURCES, ControlPlaneProgram, required_modules
from .go_toolchain import GoToolchain, find_go
from .mpi_operator_source import with_health_address

__all__ = ["built_programs"]

# Measured: modules 1.2 GB, Go's build cache 1.7 GB, and what the linker writes.
_NEEDED_BYTES = 5 * 10**9
_BRING_YOUR_OWN = "or give the programs with '--kubernetes-binaries DIR'"
_OUTPUT = "control-plane"
_MPI_OPERATOR = "github.com/kubeflow/mpi-operator"
_MODULE = "efa-constructs/control-plane"
_DOWNLOADING = "go: downloading "
_PACKAGE = "package "
_TAIL_LINES = 3
# How Go says that a proxy, or a server of sources, did not give it a module.
_NO_MODULE = re.compile(r"reading (https?|file):|Get \"|dial tcp|module lookup disabled|git ls-remote|unexpected EOF")


def built_programs(
    wanted: Sequence[ControlPlaneProgram],
    *,
    programs: Programs,
    log: Path,
    progress: Callable[[BuildProgress], None],
) -> Path:
    """A folder with these programs by their names: the one that was built before, else one that is built now.

    :raises RehearsalError: they cannot be built; the message says why.
    """
    cache = Cache()
    names = {program.name for program in wanted}
    folder = cache.find(names)
    if folder is not None:
        return folder
    with Teller(progress) as teller, cache.locked(programs, teller.tell):
        # The other process that we waited for may have built the same.
        folder = cache.find(names)
        if folder is not None:
            return folder
        cache.prepare()
        build = _Build(wanted, find_go(), cache.building, programs, log, teller)
        _check_space(cache.building)
        folder = cache.keep(build.run())
        shutil.rmtree(cache.building, ignore_errors=True)
        return folder


def _check_space(folder: Path) -> None:
    free = shutil.disk_usage(folder).free
    # An interrupted build has taken some of it already.
    if free < _NEEDED_BYTES and free + _size(folder) < _NEEDED_BYTES:
        raise RehearsalError(
            f"to build the control plane, {_NEEDED_BYTES / 1e9:.0f} GB are needed for a while in '{folder}', and "
            f"{free / 1e9:.1f} GB are free: make room, let 'XDG_CACHE_HOME' name a folder that has it, "
            f"{_BRING_YOUR_OWN}"
        )


def _size(folder: Path) -> int:
    return sum(file.lstat().st_size for file in folder.rglob("*") if not file.is_symlink())


class _Build:
    """One build, or what an earlier one left to do."""

    def __init__(
        self,
        wanted: Sequence[ControlPlaneProgram],
        go: GoToolchain,
        folder: Path,
        programs: Programs,
        log: Path,
        teller: Teller,
    ) -> None:
        self._wanted = wanted
        self._go = go
        self._folder = folder
        self._programs = programs
        self._log = log
        self._teller = teller
        # Also for those of Go that was killed, and could not remove its own.
        self._temporary = Path(tempfile.mkdtemp(dir=self._emptied("temporary")))
        self._module_flags = ["-mod=readonly", "-tags", ",".join(program.tag for program in wanted)]
        if go.module_cache is None:
            # Go makes modules read-only, so that they could not be removed.
            self._module_flags.append("-modcacherw")

    def run(self) -> Path:
        """A folder that has the programs, and nothing else."""
        owners = self._package_owners()
        output = self._temporary / "programs"
        output.mkdir()
        self._compile(output / _OUTPUT, owners)
        for program in self._wanted:
            (output / program.name).symlink_to(_OUTPUT)
        return output

    def _emptied(self, name: str) -> Path:
        folder = self._folder / name
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir()
        return folder

    def _package_owners(self) -> dict[str, str]:
        """Each package that is needed, and the first program that needs it. Downloads the modules."""
        modules: set[str] = set()
        imports: dict[str, list[str]] = {}

        def on_line(line: str) -> None:
            if line.startswith(_DOWNLOADING):
                module = line.removeprefix(_DOWNLOADING)
                modules.add(module)
                self._teller.tell(BuildProgress(stage="downloading", current=module, done=len(modules)))
            elif line.startswith(_PACKAGE):
                package, *imported = line.removeprefix(_PACKAGE).split()
                imports[package] = imported

        self._teller.tell(BuildProgress(stage="downloading"))
        line_format = f'{_PACKAGE}{{{{.ImportPath}}}} {{{{join .Imports " "}}}}'
        self._run_go("list", "-deps", "-f", line_format, ".", on_line=on_line)
        owners: dict[str, str] = {}
        # The order in which Go compiles them.
        for program in sorted(self._wanted, key=lambda program: program.package):
            for package in _reachable(program.package, imports):
                owners.setdefault(package, program.name)
        return {package: owners.get(package, "") for package in imports}

    def _compile(self, output: Path, owners: Mapping[str, str]) -> None:
        # Go names a package when it begins to compile it, and none that an earlier build has compiled.
        begun_file = self._folder / "packages"
        begun = set(begun_file.read_text(encoding="utf-8").split()) & set(owners) if begun_file.is_file() else set()

        def on_line(line: str) -> None:
            if line == _MODULE:
                self._teller.tell(BuildProgress(stage="linking"))
            elif line in owners:
                begun.add(line)
                print(line, file=packages, flush=True)
                self._teller.tell(
                    BuildProgress(
                        stage="compiling", program=owners[line], current=line, done=len(begun), total=len(owners)
                    )
                )

        self._teller.tell(BuildProgress(stage="compiling", done=len(begun), total=len(owners)))
        # Without what a debugger would need.
        flags = ["-v", "-trimpath", "-buildvcs=false", "-gcflags=all=-dwarf=false"]
        flags += ["-ldflags", f"-s -w {_version_flags()}"]
        if any(program.name == "mpi-operator" for program in self._wanted):
            flags += ["-modfile", str(self._patched_modules())]
        with begun_file.open("a", encoding="utf-8") as packages:
            self._run_go("build", *flags, "-o", str(output), ".", on_line=on_line)

    def _patched_modules(self) -> Path:
        """A go.mod with an MPI Operator that listens for health checks where the environment says.

        Upstream's listens on a port of all interfaces, always the same. Go refuses overlays over downloaded modules.
        """
        result = self._run_go("list", "-f", "{{.Module.Dir}}", f"{_MPI_OPERATOR}/cmd/mpi-operator/app")
        upstream, ours = Path(result.lines[-1]), self._temporary / "mpi-operator"
        for file in (upstream / "go.mod", *upstream.rglob("*.go")):
            copy = ours / file.relative_to(upstream)
            copy.parent.mkdir(parents=True, exist_ok=True)
            copy.write_bytes(file.read_bytes())
        server = ours / "cmd" / "mpi-operator" / "app" / "server.go"
        server.write_text(with_health_address(server.read_text(encoding="utf-8")), encoding="utf-8")
        shutil.copy(SOURCES / "go.sum", self._temporary)
        modules = self._temporary / "go.mod"
        replacement = f"\nreplace {_MPI_OPERATOR} => {json.dumps(str(ours))}\n"
        modules.write_text((SOURCES / "go.mod").read_text(encoding="utf-8") + replacement, encoding="utf-8")
        return modules

    def _run_go(self, verb: str, *arguments: str, on_line: Callable[[str], None] | None = None) -> ProgramResult:
        result = self._programs.run(
            (str(self._go.command), verb, *self._module_flags, *arguments),
            environment=self._environment(),
            directory=SOURCES,
            log=self._log,
            on_line=on_line,
        )
        if self._programs.stopped:
            raise RehearsalError("the control plane was not built, the rehearsal is ending")
        if result.returncode != 0:
            raise _failure(verb, result)
        return result

    def _environment(self) -> dict[str, str]:
        return {
            # The compiler runs a few thousand times, and has hardly any garbage worth collecting.
            "GOGC": "400",
            **os.environ,
            # The Go that was found, this module alone, this machine, and no C compiler.
            "GOTOOLCHAIN": "local",
            "GO111MODULE": "on",
            "GOWORK": "off",
            "GOOS": self._go.operating_system,
            "GOARCH": self._go.architecture,
            "CGO_ENABLED": "0",
            "GOCACHE": str(self._go.build_cache or self._folder / "build-cache"),
            "GOMODCACHE": str(self._go.module_cache or self._folder / "modules"),
            "GOTMPDIR": str(self._temporary),
        }


def _reachable(package: str, imports: Mapping[str, Collection[str]]) -> set[str]:
    found: set[str] = set()
    waiting = [package]
    while waiting:
        package = waiting.pop()
        if package not in found and package in imports:
            found.add(package)
            waiting += imports[package]
    return found


def _version_flags() -> str:
    """Without them, Kubernetes calls itself v0.0.0-master, and its clients complain."""
    kubernetes, mpi_operator = (required_modules()[module] for module in ("k8s.io/kubernetes", _MPI_OPERATOR))
    major, minor, _ = kubernetes.split(".")
    values = {
        "k8s.io/component-base/version.gitVersion": f"v{kubernetes}",
        "k8s.io/component-base/version.gitMajor": major,
        "k8s.io/component-base/version.gitMinor": minor,
        "k8s.io/client-go/pkg/version.gitVersion": f"v{kubernetes}",
        f"{_MPI_OPERATOR}/pkg/version.Version": f"v{mpi_operator}",
    }
    return " ".join(f"-X {name}={value}" for name, value in values.items())


def _failure(verb: str, result: ProgramResult) -> RehearsalError:
    lines = [
        line.strip()
        for line in result.lines
        if line.strip()
        and not line.startswith((_DOWNLOADING, _PACKAGE))
        # A package that is compiled is a word alone.
        and " " in line.strip()
    ]
    tail = "; ".join(lines[-_TAIL_LINES:]) or f"exit code {result.returncode}"
    if "no space left on device" in tail:
        return RehearsalError(
            f"the disk was full before the control plane was built ({tail}): make room, or let 'XDG_CACHE_HOME' name a "
            "folder that has it; what was built is kept"
        )
    if verb == "list" and _NO_MODULE.search(tail):
        return RehearsalError(
            f"the modules of the control plane cannot be downloaded ({tail}): give access to a Go module proxy, that "
            f"'GOPROXY' may name, {_BRING_YOUR_OWN}"
        )
    return RehearsalError(f"'go {verb}' of the control plane failed: {tail}")
