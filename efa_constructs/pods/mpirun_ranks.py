"""How many ranks a command starts, as far as the options of its mpirun say so."""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterable, Iterator, Sequence
from itertools import groupby
from typing import NamedTuple

__all__ = ["OtherRanks", "Ranks", "other_ranks", "runs_of"]

_STARTERS = frozenset({"mpirun", "mpiexec", "mpiexec.hydra", "prterun"})
_SHELLS = frozenset({"bash", "dash", "ksh", "sh", "zsh"})
# What may stand before a program and has it run, beside variables, options and numbers. After any other word, mpirun is
# an argument: "which mpirun".
_KEYWORDS = frozenset({"!", "{", "do", "elif", "else", "if", "then", "time", "until", "while"})
_WRAPPERS = frozenset({"env", "exec", "nice", "nohup", "numactl", "setsid", "stdbuf", "timeout"})
_NO_PROGRAM = re.compile(r"[A-Za-z_]\w*=.*|[-+0-9].*", re.DOTALL)
# What ends a compound command of a shell, and is none itself.
_ENDS = frozenset({"done", "esac", "fi", "}"})
# The characters of a shell's operators; a line ends a command, as ; does.
_OPERATORS = "();<>|&\n"
_COMMENT = re.compile(r"(?:^|(?<=\s))#.*", re.MULTILINE)
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


# The commands that run at the same time, each as its words from the program on.
_Step = Sequence[Sequence[str]]


class Ranks(NamedTuple):
    """The ranks of a mpirun, and the words that say so."""

    words: str
    number: int


class OtherRanks(NamedTuple):
    """Ranks of which no mpirun of a command starts as many as there are slots."""

    words: str
    # Whether nothing else in the command could be the run that is meant.
    surely_meant: bool


def other_ranks(command: Sequence[str], slots: int) -> OtherRanks | None:
    """What of a command starts another number of ranks than there are slots.

    :returns: None where a mpirun starts as many, whatever others do, or where one does not say it in figures.
    """
    steps = list(_steps(command))
    runs = list(_runs(steps))
    known = [run for run in runs if run is not None]
    if not known or len(known) < len(runs) or any(run.number == slots for run in known):
        return None
    alone_and_last = len(runs) == len(list(_runs(steps[-1:]))) == 1
    return OtherRanks(", ".join(run.words for run in known), surely_meant=alone_and_last)


def runs_of(command: Sequence[str]) -> list[Ranks | None]:
    """The ranks of each mpirun of a command, started directly or by a shell.

    Of several programs, separated by ``:``, it is the sum. None: the command does not say it in figures.
    """
    return list(_runs(_steps(command)))


def _runs(steps: Iterable[_Step]) -> Iterator[Ranks | None]:
    for step in steps:
        yield from (_ranks_of_mpirun(words[1:]) for words in step if _name(words[0]) in _STARTERS)


def _steps(command: Sequence[str]) -> Iterator[_Step]:
    """What a command runs one after another; the script of a shell, in its place."""
    words = _from_the_program(command)
    script, arguments = _script_of_shell(words)
    if script is None:
        if words:
            yield [words]
        return
    if arguments and _name(arguments[0]) in _STARTERS and '"$@"' in script:
        # The script finds the program that it is named after, and hands it its arguments.
        yield [arguments]
        return
    for pipeline in _pipelines(script):
        parts = [list(_steps(part)) for part in pipeline]
        if len(parts) == 1:
            yield from parts[0]
        else:
            yield [words for steps in parts for step in steps for words in step]


def _from_the_program(words: Sequence[str]) -> list[str]:
    for index, word in enumerate(words):
        if word not in _KEYWORDS | _WRAPPERS and _NO_PROGRAM.fullmatch(word) is None:
            return list(words[index:])
    return []


def _script_of_shell(words: Sequence[str]) -> tuple[str | None, Sequence[str]]:
    """The script that a shell is given, and what stands after it: the script's name, and its arguments."""
    if not words or _name(words[0]) not in _SHELLS:
        return None, ()
    # -c may be among others: -euc, -lc.
    options = (index for index, word in enumerate(words) if re.fullmatch("-[a-z]*c[a-z]*", word))
    return next(((words[index + 1], words[index + 2 :]) for index in options if index + 1 < len(words)), (None, ()))


def _pipelines(script: str) -> Iterator[list[list[str]]]:
    """The commands of a script, those that a pipe connects together. None of one that cannot be read."""
    lexer = shlex.shlex(_COMMENT.sub("", script.replace("\\\n", " ")), posix=True, punctuation_chars=_OPERATORS)
    lexer.whitespace, lexer.commenters, lexer.whitespace_split = " \t\r", "", True
    try:
        tokens = list(lexer)
    except ValueError:
        return
    pipeline: list[list[str]] = [[]]
    to_a_file = False
    for token in [*tokens, ";"]:
        if not _is_operator(token):
            if not to_a_file:
                pipeline[-1].append(token)
            to_a_file = False
        elif "<" in token or ">" in token:
            to_a_file = True
        elif token.strip("\n") in ("|", "|&"):
            pipeline.append([])
        else:
            if any(words and words[0] not in _ENDS for words in pipeline):
                yield pipeline
            pipeline = [[]]


def _is_operator(token: str) -> bool:
    return not token.strip(_OPERATORS)


def _name(program: str) -> str:
    return program.rpartition("/")[2]


def _ranks_of_mpirun(words: Sequence[str]) -> Ranks | None:
    """The ranks that the words after mpirun ask for."""
    parts = [_ranks_of_program(part) for part in _programs(words)]
    known = [part for part in parts if part is not None]
    if not known or len(known) < len(parts):
        return None
    return Ranks(" : ".join(part.words for part in known), sum(part.number for part in known))


def _programs(words: Sequence[str]) -> list[list[str]]:
    return [list(part) for separates, part in groupby(words, key=lambda word: word == ":") if not separates]


def _ranks_of_program(words: Sequence[str]) -> Ranks | None:
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
        if name in _RANKS:
            found = Ranks(f"{option} {values[0]}", int(values[0])) if values and values[0].isdecimal() else None
    return found
