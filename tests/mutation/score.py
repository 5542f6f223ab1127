"""What became of the mutants of an area."""

from __future__ import annotations

import contextlib
import json
from collections import Counter

from .work_folder import WorkFolder

# Exit codes of pytest, of mutmut (33, 34), and of a process that its own limit of time ended.
VERDICTS = {
    None: "not run",
    0: "survived",
    1: "killed",
    3: "killed",
    5: "no test",
    33: "no test",
    34: "not run",
    36: "timed out",
    -24: "timed out",
}
COLUMNS = ("mutants", "killed", "timed out", "survived", "no test", "not run", "score")


def verdicts(folder: WorkFolder) -> dict[str, dict[str, str]]:
    """Of each file, what became of each mutant. One that made the process crash counts as killed."""
    return {
        str(file.relative_to(folder.mutants).with_suffix("")): {
            mutant: VERDICTS.get(code, "killed")
            for mutant, code in json.loads(file.read_text())["exit_code_by_key"].items()
        }
        for file in folder.verdict_files()
    }


def table(rows: dict[str, list[str]]) -> str:
    """Verdicts in numbers, a line for each name, the last for all."""
    lines = [f"{'':45}" + "".join(f"{column:>10}" for column in COLUMNS)]
    lines += [_line(name, of_one) for name, of_one in rows.items()]
    return "\n".join([*lines, _line("all", [verdict for of_one in rows.values() for verdict in of_one])])


def _line(name: str, of_one: list[str]) -> str:
    count = Counter(of_one)
    decided = len(of_one) - count["not run"]
    noticed = count["killed"] + count["timed out"]
    score = f"{100 * noticed / decided:.1f} %" if decided else "-"
    numbers = [len(of_one), *(count[column] for column in COLUMNS[1:-1]), score]
    return f"{name:45}" + "".join(f"{number:>10}" for number in numbers)


def survivors(folder: WorkFolder) -> str:
    """What the tests did not notice, as differences."""
    from mutmut.mutation.diff_apply import get_diff_for_mutant

    told = []
    with contextlib.chdir(folder.path):
        for file, of_file in verdicts(folder).items():
            for mutant, verdict in of_file.items():
                if verdict in {"survived", "no test"}:
                    _, _, *difference = get_diff_for_mutant(mutant, path=file).splitlines()
                    told.append("\n".join([f"# {verdict}: {mutant}", *difference, ""]))
    return "\n".join(told)
