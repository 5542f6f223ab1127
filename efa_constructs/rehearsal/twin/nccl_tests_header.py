"""How nccl-tests begins what it prints, from its arguments alone.

Source: src/common.cu of NVIDIA/nccl-tests, its options, their defaults and its first lines.
"""

from __future__ import annotations

import re
import shlex
from collections.abc import Mapping, Sequence

__all__ = ["nccl_tests_header"]

_PROGRAM = re.compile(r"(?:.*/)?(?P<name>\w+_perf)(?:_mpi)?")
_SIZE = re.compile(r"(?P<number>\d+(?:\.\d+)?)(?P<unit>[KMGTkmgt]?)[Bb]?")
_UNITS = {"": 0, "K": 10, "M": 20, "G": 30, "T": 40}
# The long form of each option.
_OPTIONS = {
    "b": "minbytes",
    "e": "maxbytes",
    "i": "stepbytes",
    "f": "stepfactor",
    "t": "nthreads",
    "g": "ngpus",
    "n": "iters",
    "w": "warmup_iters",
    "m": "agg_iters",
    "c": "check",
    "G": "cudagraph",
}
_DEFAULTS = {
    "b": "32M",
    "e": "32M",
    "i": "1M",
    "f": "1",
    "t": "1",
    "g": "1",
    "n": "20",
    "w": "1",
    "m": "1",
    "c": "1",
    "G": "0",
}


def nccl_tests_header(command: Sequence[str]) -> list[str]:
    """The first lines of a run that a command would start. Empty: it starts none that is known here.

    :param command: Of mpirun, perhaps within the argument of a shell.
    """
    words = [word for argument in command for word in (_split(argument) if " " in argument else [argument])]
    for place, word in enumerate(words):
        program = _PROGRAM.fullmatch(word)
        if program is not None:
            given = _given(words[place + 1 :])
            sizes = [_bytes(given[option]) for option in "bei"]
            if None in sizes:
                return []
            smallest, largest, step = sizes
            steps = f"{step}(bytes)" if given["f"] == "1" else f"{given['f']}(factor)"
            return [
                f"# Collective test starting: {program['name']}",
                f"# nThread {given['t']} nGpus {given['g']} minBytes {smallest} maxBytes {largest} step: {steps} "
                f"warmup iters: {given['w']} iters: {given['n']} agg iters: {given['m']} validation: {given['c']} "
                f"graph: {given['G']}",
            ]
    return []


def _given(words: Sequence[str]) -> Mapping[str, str]:
    given = dict(_DEFAULTS)
    for short, long in _OPTIONS.items():
        for place, word in enumerate(words):
            if word in (f"-{short}", f"--{long}") and place + 1 < len(words):
                given[short] = words[place + 1]
            elif word.startswith(f"--{long}="):
                given[short] = word.partition("=")[2]
    return given


def _bytes(text: str) -> int | None:
    found = _SIZE.fullmatch(text)
    return int(float(found["number"]) * 2 ** _UNITS[found["unit"].upper()]) if found else None


def _split(argument: str) -> list[str]:
    try:
        return shlex.split(argument)
    except ValueError:
        return []
