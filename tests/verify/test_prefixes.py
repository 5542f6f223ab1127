"""Whatever people, launchers and terminals put before the lines, the log says the same."""

from __future__ import annotations

import json
from collections.abc import Callable

import pytest

from .real_logs import NAMES, efa_run, facts, lines, text_of

Mutation = Callable[[int, str], str]
TIME = "2025-05-16T16:39:51.208123456Z"
CTIME = "Fri May 16 16:39:51 2025"

MUTATIONS: dict[str, Mutation] = {
    "mpirun --tag-output": lambda number, line: f"[1,{number % 16}]<stdout>:{line}",
    "mpirun --tag-output, to standard error": lambda number, line: f"[1,{number % 16}]<stderr>:{line}",
    "mpirun --tag-output --timestamp-output": lambda number, line: f"{CTIME}[1,{number % 16}]<stdout>:{line}",
    "mpirun --timestamp-output": lambda number, line: f"{CTIME}<stdout>:{line}",
    "mpirun of Open MPI 5": lambda number, line: f"[prterun-launcher-1@1,{number % 16}]<stdout>: {line}",
    "mpirun of Open MPI 5, job and rank": lambda number, line: f"[1,{number % 16}]<stdout>: {line}",
    "mpirun of Open MPI 5 in detail": lambda number, line: f"[prterun-a-1@1,{number % 16}][node-1:42]<stdout>: {line}",
    "srun --label": lambda number, line: f"{number % 16}: {line}",
    "srun --label, ranks in columns": lambda number, line: f"{number % 16:2d}: {line}",
    "srun --label, with zeros": lambda number, line: f"{number % 16:02d}: {line}",
    "pdsh": lambda number, line: f"ip-10-0-0-5: {line}",
    "pdsh by address": lambda number, line: f"10.0.0.5: {line}",
    "kubectl logs --prefix": lambda number, line: f"[pod/nccl-tests-launcher-x7z4q/launcher] {line}",
    "kubectl logs --timestamps": lambda number, line: f"{TIME} {line}",
    "kubectl logs --prefix --timestamps": lambda number, line: (
        f"[pod/nccl-tests-launcher-x7z4q/launcher] {TIME} {line}"
    ),
    "stern": lambda number, line: f"nccl-tests-launcher-x7z4q launcher {line}",
    "docker compose": lambda number, line: f"launcher-1  | {line}",
    "containerd": lambda number, line: f"{TIME} stdout F {line}",
    "CloudWatch, copied": lambda number, line: f"  | 2025-05-16T16:39:51.208-07:00 | {line}",
    "torchrun --tee": lambda number, line: f"[default0]:{line}",
    "Ray": lambda number, line: f"(Worker pid=42, ip=10.0.0.5) {line}",
    "journalctl": lambda number, line: f"Mar 12 14:17:56 ip-10-0-0-5 run.sh[123]: {line}",
    "syslog": lambda number, line: f"Mar  2 14:17:56.123456 node-1 nccl: {line}",
    "a time in brackets": lambda number, line: f"[2025-05-16 16:39:51,208] {line}",
    "Python's logging": lambda number, line: f"INFO:root:{line}",
    "Docker's json-file": lambda number, line: json.dumps({"log": f"{line}\n", "stream": "stdout", "time": TIME}),
    "coloured, Docker's json-file": lambda number, line: json.dumps({"log": f"\x1b[1m{line}\x1b[0m\n", "time": TIME}),
    "grep --color NCCL": lambda number, line: line.replace("NCCL", "\x1b[01;31m\x1b[KNCCL\x1b[m\x1b[K"),
    "grep --color NET": lambda number, line: line.replace("NET", "\x1b[01;31m\x1b[KNET\x1b[m\x1b[K"),
    "indented": lambda number, line: f"        {line}",
    "quoted": lambda number, line: f"> {line}",
    "quoted twice": lambda number, line: f"> > {line}",
    "tabs": lambda number, line: f"\t{line}",
    "CRLF": lambda number, line: f"{line}\r",
    "coloured": lambda number, line: f"\x1b[32m{line}\x1b[0m",
    "coloured by stern": lambda number, line: (
        f"\x1b[38;5;207mlauncher-x7z4q\x1b[0m \x1b[38;5;42mlauncher\x1b[0m {line}"
    ),
    "quoted kubectl of mpirun": lambda number, line: f"> [pod/launcher-x7z4q/launcher] {TIME} [1,0]<stdout>:{line}\r",
}


def mutated(text: str, mutation: Mutation) -> str:
    return "".join(f"{mutation(number, line)}\n" for number, line in enumerate(text.splitlines()))


@pytest.mark.parametrize("kind", MUTATIONS)
def test_says_the_same_with_a_prefix_on_every_line(kind: str) -> None:
    for text in [lines(efa_run()), *map(text_of, NAMES)]:
        told = facts(mutated(text, MUTATIONS[kind]))
        for result in [told, *told["results"]]:
            # The one thing that a prefix says.
            result["pod"] = None
        assert told == facts(text)


@pytest.mark.parametrize("kind", MUTATIONS)
def test_reads_every_line_with_a_prefix(kind: str) -> None:
    told = facts(mutated(lines(efa_run()), MUTATIONS[kind]))
    assert (told["verdict"], told["ranks"], told["nodes"], len(told["rows"])) == ("efa-gdr", 2, 2, 1)


@pytest.mark.parametrize(
    "words",
    [
        *(
            "expected: ",
            "expected ",
            "expect: 1: ",
            "you should see ",
            "for example ",
            "a well-known line ",
            "(expected) ",
        ),
        *("expected | ", "| expected | ", "[expected] ", "'", "`", '"', "[a good line] ", "# 0: ", "see:", "// "),
        # As in an answer that lists what a good log has.
        *("- ", "* ", "INFO: ", "INFO:expected "),
    ],
)
def test_a_quoted_line_is_no_evidence(words: str) -> None:
    said = [line for line in efa_run() if "NCCL INFO" in line]
    others = [line for line in efa_run() if "NCCL INFO" not in line]
    assert facts(lines(others, said))["verdict"] == "efa-gdr"
    assert facts(lines([words + line for line in said], others))["verdict"] == "unproven"
    assert facts(lines(words + line for line in others))["verdict"] == "not-nccl-tests"


def test_says_the_same_between_fences_and_prose() -> None:
    text = text_of("p4d_two_nodes_2021.txt")
    quoted = f"# Results\n\nThe log (see `efa verify`):\n\n```console\n$ kubectl logs launcher\n{text}```\n\n* good\n"
    told = facts(quoted)
    assert (told["verdict"], told["passes"], len(told["results"])) == ("efa-gdr", True, 1)


def test_a_row_that_lost_its_blank_space_is_a_row() -> None:
    text = lines(" ".join(line.split()) for line in efa_run())
    assert facts(text)["peak_bus_bandwidth"] == 4.37


def test_a_nodes_column_in_front_of_a_row_is_no_prefix() -> None:
    # Of a table in https://github.com/NVIDIA/nccl/issues/527 that somebody wrote.
    row = (
        "   2  1073741824  268435456   float     sum    35215   30.49   57.17  4e-07    35198   30.51   57.20  4e-07\n"
    )
    assert facts(row)["verdict"] == "not-nccl-tests"
