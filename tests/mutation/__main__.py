"""Runs mutmut on an area, or all of them, and tells the score: see ``make mutation``."""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
from pathlib import Path

from . import import_time, score
from .areas import AREAS
from .work_folder import WorkFolder


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.mutation", description=__doc__)
    parser.add_argument("areas", nargs="*", metavar="AREA", help=f"of {', '.join(AREAS)}; all, if none is named")
    parser.add_argument("--module", metavar="NAME", help="only this module of the area, whatever is known of it")
    parser.add_argument("--processes", type=int, default=os.cpu_count(), metavar="N", help="mutants at a time")
    options = parser.parse_args()
    unknown = set(options.areas) - set(AREAS)
    if unknown:
        parser.error(f"there is no area {', '.join(sorted(unknown))}: {', '.join(AREAS)}")
    totals = {}
    for name in options.areas or AREAS:
        folder = WorkFolder(AREAS[name])
        folder.bring_up_to_date()
        print(f"{name}: {folder.path}", flush=True)
        code = run(folder, options.module, options.processes)
        if code:
            print(f"{name}: mutmut ended with {code}: its own tests of unchanged code must pass", file=sys.stderr)
            return code
        import_time.try_again(folder)
        found = score.verdicts(folder)
        print(score.table({file: list(of_file.values()) for file, of_file in found.items()}))
        lived = folder.path / "survivors.diff"
        lived.write_text(score.survivors(folder))
        print(f"what no test noticed: {lived}", flush=True)
        totals[name] = [verdict for of_file in found.values() for verdict in of_file.values()]
    print(score.table(totals))
    return 0


def run(folder: WorkFolder, module: str | None, processes: int) -> int:
    """Decide about the mutants of the area that are not decided yet: an interrupted run goes on where it was."""
    command = [str(Path(sys.executable).parent / "mutmut"), "run", "--max-children", str(processes)]
    if module:
        command.append(f"{module}.x*")
    # Plugins of pytest that no test here needs would be loaded for each mutant.
    environment = os.environ | {"PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1"}
    return subprocess.run(command, cwd=folder.path, env=environment, check=False).returncode


if __name__ == "__main__":
    sys.exit(main())
