"""A Go module that stands for that of the control plane: the real Go downloads and builds it in seconds, offline."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import zipfile
from pathlib import Path

from efa_constructs.rehearsal.control_plane.control_plane_programs import (
    CONTROL_PLANE,
    ControlPlaneProgram,
    required_modules,
)
from efa_constructs.rehearsal.control_plane.go_toolchain import find_go

# The lines of upstream's cmd/mpi-operator/app/server.go around what the build replaces.
SERVER = """package app

import (
	"fmt"
	"os"

	"github.com/kubeflow/mpi-operator/cmd/mpi-operator/app/options"
)

var healthCheckPort = 8080

type server struct{ Addr string }

func Run(opt *options.ServerOption) error {
	s := &server{
		Addr:    fmt.Sprintf(":%d", healthCheckPort),
	}
	fmt.Fprintln(os.Stdout, "Version: v0.8.2\\nlistens at", s.Addr)
	return nil
}
"""
_SAYS = {"etcd": "etcd Version: {}", "kwok": "kwok version v{}"}
_MAIN = """package main

import (
	"os"
	"path/filepath"
)

var programs = map[string]func(){}

func main() { programs[filepath.Base(os.Args[0])]() }
"""
_START = """
import sys
from pathlib import Path
from efa_constructs.rehearsal.control_plane import control_plane_programs
control_plane_programs.SOURCES = Path(sys.argv.pop(1))
from efa_constructs.rehearsal.control_plane.__main__ import main
main()
"""


class SmallModule:
    """Its sources, a module proxy that has what they require, and a cache for what is built."""

    def __init__(self, folder: Path) -> None:
        self.sources = folder / "sources"
        self._proxy = folder / "proxy"
        self.cache = folder / "cache"
        self.environment = {
            **{name: value for name, value in os.environ.items() if name not in ("KUBEBUILDER_ASSETS", "GOFLAGS")},
            "PATH": os.defpath,
            "HOME": str(folder / "home"),
            "XDG_CACHE_HOME": str(self.cache),
            "GOPROXY": self._proxy.as_uri(),
            "GOSUMDB": "off",
            "CGO_ENABLED": "0",
            "GOCACHE": str(folder / "build-cache"),
        }
        self.environment.pop("GOMODCACHE", None)
        self.sources.mkdir(parents=True)
        self._write()
        # Only the standard library, compiled once: what takes long.
        self._go("build", "-trimpath", "fmt", "path/filepath")
        self.standard_library = folder / "standard-library"
        shutil.copytree(folder / "build-cache", self.standard_library)
        # Makes each call of the compiler take some time.
        self._slow = folder / "slow"
        self._slow.write_text('#!/bin/sh\nsleep 0.2\nexec "$@"\n')
        self._slow.chmod(0o755)

    @property
    def slowly(self) -> dict[str, str]:
        """Environment of a build that can be caught at work."""
        return {"GOFLAGS": f"-toolexec={self._slow}"}

    @property
    def kept(self) -> Path:
        """Where everything of the control plane is."""
        return self.cache / "efa-constructs" / "control-plane"

    def start(self, *arguments: str, **environment: str) -> subprocess.Popen[str]:
        """Begin what ``python -m efa_constructs.rehearsal.control_plane`` does."""
        return subprocess.Popen(
            [sys.executable, "-c", _START, str(self.sources), *arguments],
            env={**self.environment, **environment},
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )

    def run(self, *arguments: str, **environment: str) -> tuple[int, dict[str, Path], str]:
        """Exit code, the path of each program, and standard error."""
        return ended(self.start(*arguments, **environment))

    def _write(self) -> None:
        modules: dict[str, dict[str, str]] = {}
        for program in CONTROL_PLANE:
            files = modules.setdefault(program.module, {"go.mod": f"module {program.module}\n\ngo 1.26.0\n"})
            files.update(_upstream(program))
            self.sources.joinpath(f"{program.tag}.go").write_text(_ours(program))
        for module, files in modules.items():
            self._publish(module, required_modules()[module], files)
        (self.sources / "main.go").write_text(_MAIN)
        requirements = "".join(f"\t{module} v{required_modules()[module]}\n" for module in modules)
        (self.sources / "go.mod").write_text(
            f"module efa-constructs/control-plane\n\ngo 1.26.0\n\nrequire (\n{requirements})\n"
        )
        # Writes go.sum.
        self._go("mod", "download", *(f"{module}@v{required_modules()[module]}" for module in modules))

    def _go(self, *arguments: str) -> None:
        environment = {**self.environment, "GOMODCACHE": str(self._proxy / "modules"), "GOFLAGS": "-modcacherw"}
        subprocess.run([find_go().command, *arguments], cwd=self.sources, env=environment, check=True)

    def _publish(self, module: str, version: str, files: dict[str, str]) -> None:
        folder = self._proxy / module / "@v"
        folder.mkdir(parents=True)
        (folder / f"v{version}.info").write_text(f'{{"Version": "v{version}"}}')
        (folder / f"v{version}.mod").write_text(files["go.mod"])
        with zipfile.ZipFile(folder / f"v{version}.zip", "w") as archive:
            for name, content in files.items():
                archive.writestr(f"{module}@v{version}/{name}", content)


def ended(process: subprocess.Popen[str]) -> tuple[int, dict[str, Path], str]:
    """Wait for a process that was started: its exit code, the path of each program, and standard error."""
    output, errors = process.communicate(timeout=300)
    return process.returncode, {line.split()[0]: Path(line.split()[2]) for line in output.splitlines()}, errors


def _upstream(program: ControlPlaneProgram) -> dict[str, str]:
    folder = program.package.removeprefix(f"{program.module}/")
    if program.name == "mpi-operator":
        return {
            f"{folder}/server.go": SERVER,
            f"{folder}/options/options.go": "package options\n\ntype ServerOption struct{}\n",
        }
    says = _SAYS.get(program.name, "Kubernetes v{}").format(program.wanted)
    return {f"{folder}/main.go": f'package {_package(program)}\n\nfunc Main() {{ println("{says}") }}\n'}


def _ours(program: ControlPlaneProgram) -> str:
    name = _package(program)
    main = f"{name}.Main"
    if program.name == "mpi-operator":
        main = 'func() { println("Health address:", app.HealthAddress()); app.Run(nil) }'
    return (
        f'//go:build {program.tag}\n\npackage main\n\nimport {name} "{program.package}"\n\n'
        f'func init() {{ programs["{program.name}"] = {main} }}\n'
    )


def _package(program: ControlPlaneProgram) -> str:
    return program.package.rpartition("/")[2]
