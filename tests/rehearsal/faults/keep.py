"""Rehearses a cloud assembly and leaves it running, and prints the result as JSON: ``python -m ... ASSEMBLY``.

A process of its own: what goes on running is not a child of the tests.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path

from efa_constructs.rehearsal.rehearse import Rehearsal, rehearse
from efa_constructs.rehearsal.result import to_json

if __name__ == "__main__":
    # The commands are tried by the tests.
    rehearsal = Rehearsal(directory=Path.cwd(), assembly=Path(sys.argv[1]), try_commands=False, keep=True)
    print(json.dumps(to_json(rehearse(rehearsal))))
