"""Finds the control plane's programs on this machine, and has those built that are not there."""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Callable, Iterator, Mapping
from dataclasses import asdict, dataclass
from pathlib import Path

from ...errors import InvalidArgumentError
from ..programs import Programs
from .build import built_programs
from .build_progress import BuildProgress
from .control_plane_programs import CONTROL_PLANE, ControlPlaneProgram, read_version

__all__ = ["Binaries", "find_or_build_binaries"]


@dataclass(frozen=True, kw_only=True)
class Binaries:
    """The programs of a control plane. Each path can be executed as it is."""

    etcd: Path
    kube_apiserver: Path
    kube_controller_manager: Path
    kube_scheduler: Path
    kwok: Path
    # Listens for health checks at the address in its environment variable MPI_OPERATOR_HEALTH_ADDRESS ("127.0.0.1:80").
    mpi_operator: Path
    # By name: "kube-apiserver" is "1.36.3".
    versions: Mapping[str, str]

    @property
    def kubernetes_version(self) -> str:
        """Minor version of the control plane, as EKS writes it: ``"1.36"``."""
        major, minor, *_ = self.versions["kube-apiserver"].split(".")
        return f"{major}.{minor}"

    def to_json(self) -> str:
        """For another process, which :meth:`from_json` gives it to."""
        return json.dumps(asdict(self), default=str)

    @staticmethod
    def from_json(text: str) -> Binaries:
        """What :meth:`to_json` wrote."""
        fields = json.loads(text)
        versions = fields.pop("versions")
        return Binaries(**{name: Path(path) for name, path in fields.items()}, versions=versions)


@dataclass(frozen=True, slots=True)
class _Found:
    path: Path
    version: str


def find_or_build_binaries(
    folder: Path | None, *, programs: Programs, log: Path, progress: Callable[[BuildProgress], None]
) -> Binaries:
    """The programs of a control plane: those in ``folder``, in ``KUBEBUILDER_ASSETS``, on ``PATH``, or built ones.

    A program that is there already is used if its version fits: Kubernetes, etcd and kwok of the same minor version as
    those that would be built, and an MPI Operator that was built here. What is missing is built, which takes minutes
    once, and is kept in the user's cache folder.

    :param folder: Where programs must fit if they are there. Default: no such folder.
    :param programs: What runs Go, and can end it.
    :param log: File to which the output of programs is added.
    :param progress: Called as a build goes on, at least once a second, and from several threads.
    :raises InvalidArgumentError: a program in ``folder`` does not fit.
    :raises RehearsalError: programs cannot be built; the message says why.
    """
    finder = _Finder(programs, log)
    found = finder.in_folder(folder) if folder is not None else {}
    for program in CONTROL_PLANE:
        if program.name not in found:
            found.update(finder.on_machine(program))
    missing = [program for program in CONTROL_PLANE if program.name not in found]
    if missing:
        built = built_programs(missing, programs=programs, log=log, progress=progress)
        found.update({program.name: _Found(built / program.name, program.wanted) for program in missing})
    return Binaries(
        **{name.replace("-", "_"): program.path for name, program in found.items()},
        versions={name: program.version for name, program in found.items()},
    )


class _Finder:
    """Looks at programs that somebody else has put onto this machine."""

    def __init__(self, programs: Programs, log: Path) -> None:
        self._programs = programs
        self._log = log

    def in_folder(self, folder: Path) -> dict[str, _Found]:
        """All programs in a folder that was given on purpose: each must fit."""
        if not folder.is_dir():
            raise InvalidArgumentError(
                f"'--kubernetes-binaries' is '{folder}', which is no folder: give one with programs"
            )
        folder = folder.absolute()
        found = {}
        for program in CONTROL_PLANE:
            path = folder / program.name
            if path.exists():
                found[program.name] = _Found(path, self._fitting_version(program, path))
        if not found:
            names = ", ".join(program.name for program in CONTROL_PLANE)
            raise InvalidArgumentError(
                f"'--kubernetes-binaries' is '{folder}', which has none of {names}: give one that has"
            )
        return found

    def on_machine(self, program: ControlPlaneProgram) -> dict[str, _Found]:
        """The first of those programs with this name that fits, if one does."""
        for path in _elsewhere(program.name):
            version = self._version(program, path)
            if version is not None and program.fits(version):
                return {program.name: _Found(path, version)}
        return {}

    def _fitting_version(self, program: ControlPlaneProgram, path: Path) -> str:
        version = self._version(program, path)
        if version is None:
            built_here = " that was built by this package" if program.name == "mpi-operator" else ""
            raise InvalidArgumentError(
                f"'{path}' of '--kubernetes-binaries' is no {program.name} for this machine{built_here}: take it "
                f"out, and {program.name} {program.wanted} is built"
            )
        if not program.fits(version):
            raise InvalidArgumentError(
                f"'{path}' of '--kubernetes-binaries' is {program.name} {version}, and {program.wanted_series} is "
                f"needed: take it out, and {program.wanted} is built"
            )
        return version

    def _version(self, program: ControlPlaneProgram, path: Path) -> str | None:
        return read_version(program, path, programs=self._programs, log=self._log)


def _elsewhere(name: str) -> Iterator[Path]:
    # The folder in which tests of Kubernetes controllers have their API server.
    for folders in (os.environ.get("KUBEBUILDER_ASSETS"), os.environ.get("PATH")):
        path = shutil.which(name, path=folders) if folders else None
        if path is not None:
            yield Path(path).absolute()
