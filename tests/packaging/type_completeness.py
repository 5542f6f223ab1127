"""Whether every public name has a complete type, as pyright sees it: ``python -m tests.packaging.type_completeness``.

A program of ``make lint``, not a test: pyright reads all of the package and what it imports from AWS CDK.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
from typing import Any

from .programs import BIN, PYRIGHT
from .public_api import defined_at


def report() -> dict[str, Any]:
    arguments = ["--verifytypes", "efa_constructs", "--ignoreexternal", "--outputjson"]
    # Where the package is installed: this asks the first Python of the PATH, whatever the other options say.
    environment = {**os.environ, "PATH": os.pathsep.join((str(BIN), os.environ["PATH"]))}
    # Elsewhere: in its own folder, the package would not be an installed one.
    with tempfile.TemporaryDirectory() as folder:
        done = subprocess.run(
            [BIN / "node", PYRIGHT, *arguments],
            cwd=folder,
            env=environment,
            capture_output=True,
            text=True,
            check=False,
        )
    completeness: dict[str, Any] = json.loads(done.stdout)["typeCompleteness"]
    return completeness


def main() -> int:
    found = report()
    paths = defined_at()
    public = [
        symbol for symbol in found["symbols"] if any(f"{symbol['name']}.".startswith(f"{path}.") for path in paths)
    ]
    incomplete = [symbol for symbol in public if not symbol["isTypeKnown"] or symbol["isTypeAmbiguous"]]
    for symbol in incomplete:
        print(symbol["name"], *(each["message"] for each in symbol["diagnostics"]), sep="\n  ")
    known = len(public) - len(incomplete)
    print(
        f"types: {known} of {len(public)} public names, fields and methods are complete; "
        f"{found['completenessScore']:.1%} of the whole package"
    )
    # Not all() of nothing: pyright leaves out what it does not find.
    missing = set(paths) - {symbol["name"] for symbol in public}
    for path in sorted(missing):
        print(f"pyright does not know {path}")
    return 1 if incomplete or missing else 0


if __name__ == "__main__":
    sys.exit(main())
