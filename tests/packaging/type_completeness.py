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
from .public_api import MODULES


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
    # What lies below a public module is where its classes are.
    public = [
        symbol
        for symbol in found["symbols"]
        if symbol["isExported"] and any(symbol["name"].startswith(f"{module}.") for module in MODULES)
    ]
    incomplete = [symbol for symbol in public if not symbol["isTypeKnown"] or symbol["isTypeAmbiguous"]]
    for symbol in incomplete:
        print(symbol["name"], *(each["message"] for each in symbol["diagnostics"]), sep="\n  ")
    known = len(public) - len(incomplete)
    print(
        f"types: {known} of {len(public)} names of {', '.join(MODULES)} are complete; "
        f"{found['completenessScore']:.1%} of the whole package"
    )
    return 1 if incomplete or not public else 0


if __name__ == "__main__":
    sys.exit(main())
