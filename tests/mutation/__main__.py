"""Runs mutmut on an area, or all of them, and tells the score: see ``make mutation``."""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
from pathlib import Path

from . import import_time, sample, score
from .areas import AREAS, ROOT, Area
from .work_folder import WorkFolder


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.mutation", description=__doc__)
    parser.add_argument("areas", nargs="*", metavar="AREA", help=f"of {', '.join(AREAS)}; all, if none is named")
    parser.add_argument("--module", metavar="NAME", help="only this one, whatever is known of its mutants")
    parser.add_argument("--survivors", action="store_true", help="after tests were added: try again only what lived")
    parser.add_argument(
        "--sample", type=int, metavar="N", help="only so many mutants of each area, always the same ones"
    )
    parser.add_argument("--processes", type=int, default=os.cpu_count(), metavar="N", help="mutants at a time")
    options = parser.parse_args()
    areas = [area for area in AREAS.values() if area.name in (options.areas or AREAS)]
    if options.module:
        areas = [area for area in areas if _file_of(options.module) in area.files()]
    unknown = set(options.areas) - set(AREAS)
    if unknown or not areas:
        parser.error(f"no area {', '.join(sorted(unknown)) or f'has {options.module}'}: use one of {', '.join(AREAS)}")
    totals = {}
    for area in areas:
        of_area = try_mutants(area, options)
        if of_area is None:
            return 1
        totals[area.name] = of_area
    print(score.table(totals))
    return 0


def try_mutants(area: Area, options: argparse.Namespace) -> list[str] | None:
    """Try the mutants of an area that are not decided yet, and tell its score. None: its tests fail by themselves."""
    folder = WorkFolder(area)
    folder.bring_up_to_date(believe_kills=options.survivors)
    names = sample.leave_out_others(folder, options.sample)
    print(f"{area.name}: in {folder.path}", flush=True)
    processes = 1 if area.one_at_a_time else options.processes
    command = [str(Path(sys.executable).parent / "mutmut"), "run", "--max-children", str(processes)]
    if options.module:
        command.append(f"{options.module}.x*")
        names = {name for name in names if name.startswith(f"{options.module}.x")}
    # Plugins of pytest that no test here needs would be loaded for each mutant.
    environment = os.environ | {"PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1"}
    code = subprocess.run(command, cwd=folder.path, env=environment, check=False).returncode
    if code:
        print(f"{area.name}: mutmut ended with {code}: first its tests must pass", file=sys.stderr)
        return None
    import_time.try_again(folder)
    found = score.verdicts(folder)
    of_files = {file: [of_file[name] for name in of_file if name in names] for file, of_file in found.items()}
    print(score.table({file: of_file for file, of_file in of_files.items() if of_file}))
    lived = folder.path / "survivors.diff"
    lived.write_text(score.survivors(folder))
    print(f"what no test noticed: {lived}", flush=True)
    return [verdict for of_file in of_files.values() for verdict in of_file]


def _file_of(module: str) -> Path:
    path = Path(*module.split("."))
    return path / "__init__.py" if (ROOT / path).is_dir() else path.with_suffix(".py")


if __name__ == "__main__":
    sys.exit(main())
