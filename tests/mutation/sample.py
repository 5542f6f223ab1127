"""A part of the mutants, drawn by their names: always the same ones, and most of them also when others come or go."""

from __future__ import annotations

import hashlib
import json
import subprocess
import sys
from collections.abc import Iterable

from .work_folder import WorkFolder

# mutmut's own code for mutants that it is to leave alone.
_LEFT_OUT = 34
_GENERATE = """
from pathlib import Path
from mutmut.__main__ import copy_also_copy_files, copy_src_dir, create_mutants
from mutmut.mutation.trampoline import set_mutant_under_test
set_mutant_under_test("mutant_generation")
Path("mutants").mkdir(exist_ok=True)
copy_src_dir()
copy_also_copy_files()
create_mutants(1)
"""


def drawn(names: Iterable[str], size: int | None) -> set[str]:
    """Some of the names. None: all."""
    return set(sorted(names, key=lambda name: hashlib.sha256(name.encode()).digest())[:size])


def leave_out_others(folder: WorkFolder, size: int | None) -> set[str]:
    """Make the mutants of a folder, have mutmut try some of them alone, and return their names."""
    command = [sys.executable, "-c", _GENERATE]
    subprocess.run(command, cwd=folder.path, check=True, stdout=subprocess.DEVNULL)
    made = [name for file in folder.verdict_files() for name in json.loads(file.read_text())["exit_code_by_key"]]
    names = drawn(made, size)
    leave_out(folder, names)
    return names


def leave_out(folder: WorkFolder, names: set[str]) -> None:
    """Have mutmut leave alone what has another name, and no verdict yet."""
    for file in folder.verdict_files():
        document = json.loads(file.read_text())
        document["exit_code_by_key"] = {
            name: (None if code == _LEFT_OUT else code) if name in names else (_LEFT_OUT if code is None else code)
            for name, code in document["exit_code_by_key"].items()
        }
        file.write_text(json.dumps(document, indent=4))
