"""Runs uv, and the programs of an environment that has nothing of this one."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parents[2]
BIN = Path(sys.executable).parent
PYRIGHT = ROOT / "node_modules" / "pyright" / "index.js"

# What would show other environments this one, or make uv compile all of AWS CDK, which takes a minute.
_HIDDEN = ("PYTHONPATH", "PYTHONHOME", "VIRTUAL_ENV", "UV_PROJECT_ENVIRONMENT", "UV_COMPILE_BYTECODE")


def clean_environment(**more: str) -> dict[str, str]:
    return {name: value for name, value in os.environ.items() if name not in _HIDDEN} | more


def uv(*arguments: object) -> str:
    """What uv prints; without asking a package index, where what it downloaded before is enough."""
    command = [str(BIN / "uv"), *map(str, arguments), "--quiet", "--preview-features", "pylock"]
    done = _run(command, clean_environment(UV_OFFLINE="1"))
    if done.returncode:
        done = _run(command, clean_environment())
    assert done.returncode == 0, done.stderr
    return done.stdout


def _run(command: list[str], environment: dict[str, str]) -> subprocess.CompletedProcess[str]:
    return subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, check=False)


@dataclass(frozen=True)
class Environment:
    """A virtual environment."""

    folder: Path

    @property
    def python(self) -> Path:
        return self.folder / "bin" / "python"

    def run(
        self, program: str, *arguments: object, cwd: Path, variables: Mapping[str, str] | None = None
    ) -> subprocess.CompletedProcess[str]:
        command = [str(self.folder / "bin" / program), *map(str, arguments)]
        environment = clean_environment(**(variables or {}))
        return subprocess.run(command, cwd=cwd, env=environment, capture_output=True, text=True, check=False)
