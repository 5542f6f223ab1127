"""How many ranks a command starts, as far as the options of its mpirun say so."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import groupby, pairwise

__all__ = ["ranks_of"]

# mpirun itself is among a launcher's words under one of these names.
_STARTERS = ("mpirun", "mpiexec", "mpiexec.hydra", "prterun")
# How Open MPI's, Intel MPI's and MPICH's mpirun are told the number of ranks.
_RANKS = frozenset({"np", "n", "c"})
# How many words follow an option, so as to find where the program begins: after it, -n is the program's own. One that
# is missing here ends what is judged. Without leading dashes: Open MPI 4 and Hydra take one or two.
# Open MPI manual, mpirun(1), 4.1 and 5.0; MPICH, mpiexec(1); Intel MPI Library Developer Reference, "Hydra Options"
_NO_VALUE = """
    allow-run-as-root bind-to-core bind-to-none bind-to-socket bynode byslot display-allocation display-map
    do-not-launch do-not-resolve enable-recovery envall envnone genvall genvnone l merge-stderr-to-stdout nolocal
    nooversubscribe noprefix oversubscribe pernode prepend-rank print-all-exitcodes print-rank-map q quiet
    report-bindings rr tag-output timestamp-output use-hwthread-cpus v verbose
"""
_ONE_VALUE = """
    H N am bind-to bootstrap bootstrap-exec c configfile cpu-list cpu-set cpus-per-proc cpus-per-rank default-hostfile
    display envlist errfile-pattern f genvlist host hostfile hosts iface launcher launcher-exec machinefile map-by n np
    npernode npersocket outfile-pattern output output-filename path perhost personality ppn prefix rank-by rankfile rf
    rmk runtime-options stdin timeout tune wd wdir x xterm
"""
_TWO_VALUES = "env genv gmca mca pmixmca prtemca"
_VALUES = {
    name: count
    for count, names in enumerate((_NO_VALUE, _ONE_VALUE, _TWO_VALUES))
    for name in names.split()
}  # fmt: skip


def ranks_of(command: Sequence[str]) -> tuple[str, int] | None:
    """The ranks of a command with one mpirun, started directly or by a shell, and the words that say so.

    Of several programs, separated by ``:``, it is the sum.

    :returns: None where the command does not say it in figures, or starts several mpirun.
    """
    parts = [_ranks_of_program(part) for part in _programs(_words_of_mpirun(command))]
    known = [part for part in parts if part is not None]
    if not known or len(known) < len(parts):
        return None
    return " : ".join(f"{option} {ranks}" for option, ranks in known), sum(ranks for _, ranks in known)


def _words_of_mpirun(command: Sequence[str]) -> list[str]:
    """The words after mpirun."""
    # "--launcher mpirun" is an option of another program.
    directly = any(_is_starter(word) and not before.startswith("-") for before, word in pairwise(["", *command]))
    # What is no mpirun may be the script of a shell, whose lines may go on after a backslash.
    words = list(command) if directly else [word for script in command for word in _words_of_script(script)]
    starts = [index for index, word in enumerate(words) if _is_starter(word)]
    return words[starts[0] + 1 :] if len(starts) == 1 else []


def _words_of_script(script: str) -> list[str]:
    lines = [line for line in script.splitlines() if not line.lstrip().startswith("#")]
    return [word for line in lines for word in line.split() if word != "\\"] if len(lines) > 1 or " " in script else []


def _is_starter(word: str) -> bool:
    return word.rpartition("/")[2] in _STARTERS


def _programs(words: Sequence[str]) -> list[list[str]]:
    return [list(part) for separates, part in groupby(words, key=lambda word: word == ":") if not separates]


def _ranks_of_program(words: Sequence[str]) -> tuple[str, int] | None:
    """The last option before the program that gives the number of ranks."""
    found = None
    rest = list(words)
    while rest and rest[0].startswith("-"):
        option, attached, value = rest.pop(0).partition("=")
        name = option.lstrip("-")
        if name == "oversubscribe":
            # More ranks than slots are meant.
            return None
        if name not in _VALUES:
            break
        values = [value] if attached else [rest.pop(0) for _ in range(min(_VALUES[name], len(rest)))]
        # A shell's script may have quoted it.
        number = values[0].strip("'\"") if values else ""
        if name in _RANKS:
            found = (option, int(number)) if number.isdecimal() else None
    return found
