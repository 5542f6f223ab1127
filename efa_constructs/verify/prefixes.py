"""Takes off what launchers, Kubernetes, terminals and people put before the lines of a program."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator

__all__ = ["plain_text", "unwrapped", "without_prefixes"]

# Prefixes nest: a person quotes what kubectl printed of what mpirun printed.
_MOST_PREFIXES = 8
_DOCKER = re.compile(r'\{\s?"log":')
_ANSI = re.compile(r"\x1b(?:\[[0-?]*[ -/]*[@-~]|\][^\x07\x1b]*(?:\x07|\x1b\\)|[@-Z\\-_])")
_TIME = r"\d{4}-\d\d-\d\d[T ]\d\d:\d\d:\d\d(?:[.,]\d{1,9})?(?:Z|[+-]\d\d:?\d\d)?"
_SYSLOG_TIME = r"[A-Z][a-z]{2} [ \d]\d \d\d:\d\d:\d\d(?:\.\d{1,9})?"
_CTIME = r"[A-Z][a-z]{2} [A-Z][a-z]{2} [ \d]\d \d\d:\d\d:\d\d \d{4}"
# What Kubernetes makes names of: no vowels, so that no word comes of it.
_RANDOM = "bcdfghjklmnpqrstvwxz2456789"
# Each kind is one that a program prints, and that no prose looks like: who quotes a line to say what a good log has
# proves nothing with it.
_KINDS = (
    # Quotes of Markdown and mail.
    r">",
    # mpirun --tag-output of Open MPI 4, [1,0]<stdout>: and 5, [prterun-host-42@1,0]<stdout>: with --timestamp-output.
    rf"(?:{_CTIME})?(?:\[[^\[\]\s]{{1,300}}\]){{0,2}}<std(?:out|err|diag)>:",
    # kubectl logs --prefix
    r"\[pod/[^\]\s]{1,600}\]",
    # kubectl logs --timestamps, with what container runtimes and CloudWatch put after it.
    rf"{_TIME}(?: std(?:out|err) [FP])?(?=[\s|])",
    # The same in brackets, as many programs begin their lines.
    rf"\[{_TIME}\](?=\s)",
    # journalctl and syslog: time, host, program.
    rf"{_SYSLOG_TIME} [\w.-]{{1,253}} [\w./@-]{{1,253}}(?:\[\d{{1,10}}\])?:(?=\s)",
    # Python's logging, as basicConfig sets it up.
    r"(?:DEBUG|INFO|WARNING|ERROR):[\w.]{1,253}:",
    # A column of a table that somebody copied.
    r"\|",
    # torchrun --tee, [default0]: or [rank0]:, and a bare number.
    r"\[(?:default|rank)?\d{1,6}\](?::|(?=\s))",
    # srun --label, pdsh, parallel-ssh: a rank, a host or an address. "expected:" is none.
    r"(?=[a-zA-Z_.-]{0,252}\d)[\w.-]{1,253}:(?=\s)",
    # docker compose logs: a service and the number of its container.
    r"[\w./-]{1,250}[-_]\d{1,4}\s{1,200}\|",
    # Ray: (worker pid=42, ip=10.0.0.5)
    r"\((?:[\w.:-]{1,100} )?pid=\d{1,10}(?:, [\w .:=,-]{1,100})?\)(?=\s)",
    # stern: pod, with its number or the random letters of its name, and container.
    rf"(?:[a-z0-9.]{{1,63}}-){{1,32}}(?:\d{{1,5}}|[{_RANDOM}]{{5}}) [a-z0-9][a-z0-9-]{{0,62}} (?=[\s\S])",
)
_PREFIX = re.compile(rf"\s*(?:{'|'.join(_KINDS)})")


def plain_text(line: str) -> str:
    """The line without colours, and without the carriage return of Windows."""
    return (_ANSI.sub("", line) if "\x1b" in line else line).rstrip("\r")


def unwrapped(line: str) -> str:
    """The line that Docker's json-file driver put into an object of JSON, or else the line itself."""
    if not _DOCKER.match(line):
        return line
    try:
        text = json.loads(line)["log"]
    # RecursionError: brackets in brackets in brackets.
    except (ValueError, LookupError, TypeError, RecursionError):
        return line
    return text.rstrip("\n") if isinstance(text, str) else line


def without_prefixes(line: str) -> Iterator[str]:
    """The line as it is, then with one prefix less, with two less, and so on.

    Nobody can tell by itself whether ``0: `` is a prefix: who reads takes the first of these that says something.
    """
    yield line
    for _ in range(_MOST_PREFIXES):
        prefix = _PREFIX.match(line)
        if prefix is None:
            return
        line = line[prefix.end() :]
        yield line
