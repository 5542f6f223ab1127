"""What the control plane is made of, and which versions of it: ``programs/go.mod`` says that, and nothing else does."""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from ...errors import RehearsalError
from ..programs import Programs

__all__ = ["CONTROL_PLANE", "SOURCES", "ControlPlaneProgram", "read_version", "required_modules", "wanted_versions"]

# The Go module that is all of them.
SOURCES = Path(__file__).parent / "programs"
# What only an MPI Operator says that was built from it: upstream's listens for health checks where it likes.
_HEALTH_ADDRESS = "Health address: "
_REQUIREMENT = re.compile(r"^\s+(?P<module>\S+) v(?P<version>\S+)")


@dataclass(frozen=True, slots=True, kw_only=True)
class ControlPlaneProgram:
    """One program of the control plane."""

    name: str
    # The Go package that it is, and the module whose version it has.
    package: str
    module: str
    # How many numbers of a version must be the wanted one's: 2 are the minor version.
    numbers: int
    # Finds the version in what '--version' prints.
    pattern: str

    @property
    def tag(self) -> str:
        """The build tag of its file in the Go module."""
        return f"program_{self.name.replace('-', '_')}"

    @property
    def wanted(self) -> str:
        """The version that would be built: ``"1.36.3"``."""
        return wanted_versions()[self.name]

    @property
    def wanted_series(self) -> str:
        """What a version must begin with: ``"1.36"``."""
        return self._series(self.wanted)

    def fits(self, version: str) -> bool:
        """Whether a program of this version does what ours would."""
        return self._series(version) == self.wanted_series

    def _series(self, version: str) -> str:
        return ".".join(version.split(".")[: self.numbers])


def _kubernetes(name: str) -> ControlPlaneProgram:
    return ControlPlaneProgram(
        name=name,
        package=f"k8s.io/kubernetes/cmd/{name}/app",
        module="k8s.io/kubernetes",
        numbers=2,
        pattern=r"^Kubernetes v(\S+)",
    )


CONTROL_PLANE = (
    ControlPlaneProgram(
        name="etcd",
        package="go.etcd.io/etcd/server/v3/etcdmain",
        module="go.etcd.io/etcd/server/v3",
        numbers=2,
        pattern=r"^etcd Version: (\S+)",
    ),
    _kubernetes("kube-apiserver"),
    _kubernetes("kube-controller-manager"),
    _kubernetes("kube-scheduler"),
    ControlPlaneProgram(
        name="kwok",
        package="sigs.k8s.io/kwok/pkg/kwok/cmd",
        module="sigs.k8s.io/kwok",
        numbers=2,
        pattern=r"^kwok version v?(\S+)",
    ),
    ControlPlaneProgram(
        name="mpi-operator",
        package="github.com/kubeflow/mpi-operator/cmd/mpi-operator/app",
        module="github.com/kubeflow/mpi-operator",
        numbers=3,
        pattern=rf"(?s)^{_HEALTH_ADDRESS}.*^Version: v(\S+)",
    ),
)


@cache
def required_modules() -> Mapping[str, str]:
    """Versions of the Go modules that ``go.mod`` requires, without the ``v``, by their path."""
    lines = (SOURCES / "go.mod").read_text(encoding="utf-8").splitlines()
    return {match["module"]: match["version"] for line in lines if (match := _REQUIREMENT.match(line))}


@cache
def wanted_versions() -> Mapping[str, str]:
    """The version of each program that would be built, by its name: ``{"kube-apiserver": "1.36.3", ...}``."""
    return {program.name: required_modules()[program.module] for program in CONTROL_PLANE}


def read_version(program: ControlPlaneProgram, path: Path, *, programs: Programs, log: Path) -> str | None:
    """The version of a program that somebody else put there. None: it cannot be run, or is something else."""
    try:
        result = programs.run(
            (str(path), "--version"), environment=os.environ, directory=path.parent, log=log, on_line=None
        )
    except RehearsalError:
        return None
    match = re.search(program.pattern, "\n".join(result.lines), re.MULTILINE)
    return match[1] if match else None
