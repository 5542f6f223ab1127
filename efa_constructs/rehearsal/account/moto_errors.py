"""Our errors in the form in which moto answers a client."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from moto.ec2.exceptions import EC2ClientError

from .resource_type import AwsError

__all__ = ["as_moto_error"]


@contextmanager
def as_moto_error() -> Iterator[None]:
    """Let moto's EC2 answer with an :class:`AwsError` raised inside."""
    try:
        yield
    except AwsError as error:
        raise EC2ClientError(error.code, error.message) from error
