"""Sizes, durations and numbers in the units and ranges in which the API server takes them."""

from __future__ import annotations

from cdk8s import Duration, Size

from ..errors import InvalidArgumentError
from ..rules import Rule, with_rule

__all__ = ["INT32_MAX", "INT64_MAX", "check_range", "whole_mebibytes", "whole_seconds"]

INT32_MAX = 2**31 - 1
INT64_MAX = 2**63 - 1


def check_range(where: str, field: str, value: int, *, least: int, rule: Rule | None = None) -> None:
    """Refuse a number below the least, or that the API server could not hold.

    :param where: Whose field, for the message.
    :param rule: That it breaks in a manifest. Default: no rule is about it.
    :raises InvalidArgumentError: it is such a number.
    """
    if value < least:
        raise InvalidArgumentError(with_rule(f"{where}: '{field}' must be at least {least}, got {value}", rule))
    if value > INT32_MAX:
        raise InvalidArgumentError(f"{where}: '{field}' must be at most {INT32_MAX}, got {value}")


def whole_mebibytes(where: str, field: str, size: Size) -> int:
    """The size in MiB.

    :param where: Whose field, for the message.
    :raises InvalidArgumentError: it has a fraction of a MiB.
    """
    try:
        mebibytes = size.to_mebibytes()
    except RuntimeError:
        # cdk8s refuses to convert it, with an error of JavaScript.
        mebibytes = None
    if mebibytes is None or mebibytes != int(mebibytes):
        raise InvalidArgumentError(f"{where}: '{field}' is {size.as_string()}: use whole mebibytes")
    return int(mebibytes)


def whole_seconds(where: str, field: str, duration: Duration, *, least: int = 1, most: int) -> int:
    """The duration in seconds.

    :param where: Whose field, for the message.
    :param least: Default: 1
    :param most: What the API server can hold: ``INT32_MAX`` or ``INT64_MAX``.
    :raises InvalidArgumentError: it has a fraction of a second, or is shorter or longer.
    """
    try:
        seconds = duration.to_seconds()
    except RuntimeError:
        # cdk8s refuses to convert it, with an error of JavaScript.
        seconds = -1
    if not least <= seconds <= most:
        raise InvalidArgumentError(
            f"{where}: '{field}' is {duration.to_human_string()}: use whole seconds, at least {least} and at most "
            f"{most}"
        )
    return int(seconds)
