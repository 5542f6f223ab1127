"""``efa`` that also writes the report for people of a rehearsal to a file, so that one rehearsal serves tests of both.

Run as ``python -m tests.rehearsal.told_twice FILE rehearse --json ...``.
"""

from __future__ import annotations

import sys
from contextlib import redirect_stdout
from pathlib import Path

from efa_constructs.cli import main
from efa_constructs.cli.rehearsal_text import print_report
from efa_constructs.rehearsal import result
from efa_constructs.rehearsal.result import RehearsalResult

to_json = result.to_json


def _to_json_and_words(found: RehearsalResult) -> object:
    with Path(file).open("w", encoding="utf-8") as report, redirect_stdout(report):
        print_report(found)
    return to_json(found)


if __name__ == "__main__":
    file = sys.argv.pop(1)
    result.to_json = _to_json_and_words  # type: ignore[assignment]
    main()
