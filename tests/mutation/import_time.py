"""Mutants of functions that a module calls while it is imported: a fork comes too late for them.

Each of those that lived so far is tried once more, by all tests of its area in a process of its own, which is some
seconds instead of a tenth.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys

from .work_folder import PYTEST, WorkFolder

SECONDS = 120
TIMED_OUT = 36
_RECORD = """
import importlib, json, sys
from mutmut.mutation.trampoline import set_mutant_under_test
from mutmut.state import state
set_mutant_under_test("stats")
for name in sys.argv[1:]:
    importlib.import_module(name)
print(json.dumps(sorted(state()._stats)))
"""


def try_again(folder: WorkFolder) -> None:
    """Decide about the mutants that lived of functions that imports call."""
    called = set(_called(folder))
    record = folder.path / "import-time.json"
    known: dict[str, int] = json.loads(record.read_text()) if record.exists() else {}
    for file in folder.verdict_files():
        verdicts = json.loads(file.read_text())
        for mutant, code in verdicts["exit_code_by_key"].items():
            function = mutant.partition("__mutmut_")[0]
            if function not in called or code not in {0, 5, 33}:
                continue
            key = f"{mutant} of {verdicts['hash_by_function_name'].get(function.rpartition('.')[2])}"
            if key not in known:
                known[key] = _run(folder, mutant)
                record.write_text(json.dumps(known, indent=1))
            verdicts["exit_code_by_key"][mutant] = known[key]
            file.write_text(json.dumps(verdicts, indent=4))


def _called(folder: WorkFolder) -> list[str]:
    modules = [".".join(path.with_suffix("").parts).removesuffix(".__init__") for path in folder.area.files()]
    command = [sys.executable, "-c", _RECORD, *modules]
    ended = subprocess.run(command, cwd=folder.mutants, capture_output=True, text=True, check=True)
    return json.loads(ended.stdout)


def _run(folder: WorkFolder, mutant: str) -> int:
    command = [sys.executable, "-m", "pytest", "--rootdir=.", "-x", "-q", *PYTEST, *folder.area.test_selection]
    environment = os.environ | {"MUTANT_UNDER_TEST": mutant, "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1"}
    try:
        ended = subprocess.run(
            command, cwd=folder.mutants, env=environment, capture_output=True, check=False, timeout=SECONDS
        )
    except subprocess.TimeoutExpired:
        return TIMED_OUT
    # Without an import nothing is collected, which pytest tells by 2 or 4.
    return 0 if ended.returncode == 0 else 1
