"""``efa verify``: whether EFA carried what a run of nccl-tests measured."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from ..errors import InvalidLogError
from .output import error, print_json

if TYPE_CHECKING:
    from ..verify.verified import VerifiedLog

__all__ = ["verify"]

_STANDARD_INPUT = "-"


def verify(
    log: Annotated[
        str, typer.Argument(metavar="LOG", help="File with what the run printed, or its JSON; - is standard input.")
    ],
    instance_type: Annotated[
        str | None, typer.Option(help="Of the nodes, such as p5.48xlarge. Default: what the log says.")
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON document.")] = False,
) -> int:
    """Say whether EFA and GPUDirect RDMA carried what nccl-tests measured, from the log of the run, and prove it.

    Example: kubectl logs job/nccl-tests-launcher | efa verify -

    Exit code 0: EFA carried it, with GPUDirect RDMA where the type has it, to its end, and no value is wrong. 1: it is
    not so, or the log does not prove it. 2: the log has no run of nccl-tests, or cannot be read.
    """
    verified = _verify(log, instance_type)
    if as_json:
        from ..verify.verified_json import to_json

        print_json(to_json(verified))
    elif verified.runs:
        from .verify_report import print_verified

        print_verified(verified)
    if not verified.runs:
        why = ", and ".join(reason.statement for reason in verified.reasons)
        error(f"{verified.verdict}: {why}; {'; '.join(verified.advice)}")
        return 2
    return 0 if verified.passes else 1


def _verify(log: str, instance_type: str | None) -> VerifiedLog:
    from ..verify.log_lines import lines_of
    from ..verify.verified import verify_log

    if log == _STANDARD_INPUT:
        return verify_log(lines_of(sys.stdin.buffer), instance_type=instance_type)
    try:
        with Path(log).open("rb") as stream:
            return verify_log(lines_of(stream), instance_type=instance_type)
    except OSError as failure:
        raise InvalidLogError(f"the log '{log}' cannot be read: {failure.strerror}") from failure
