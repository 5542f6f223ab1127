"""Asks AWS several questions at once. A refused one spoils no other: its answer says why there is none."""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping
from concurrent.futures import Future
from typing import Generic, ParamSpec, TypeVar

from ..errors import AwsRequestError

__all__ = ["Answer", "ask", "refusals"]

Value = TypeVar("Value")
Value_co = TypeVar("Value_co", covariant=True)
Parameters = ParamSpec("Parameters")


class Answer(Generic[Value_co]):
    """The answer to a question that was asked, perhaps still to come: a value, or why AWS gave none."""

    def __init__(self, future: Future[Value_co]) -> None:
        """
        :param future: What waits for the value.
        """
        self._future = future

    def value(self) -> Value_co:
        """Wait for the value.

        :raises AwsRequestError: AWS could not be asked, or refused to answer.
        """
        return self._future.result()

    def value_or_none(self) -> Value_co | None:
        """Wait for the value; None where AWS gave none, and :attr:`refusal` says why."""
        return None if self.refusal else self._future.result()

    @property
    def refusal(self) -> AwsRequestError | None:
        """Why there is no value; None: there is one. Waits for the answer."""
        error = self._future.exception()
        if error is None or isinstance(error, AwsRequestError):
            return error
        raise error


def ask(
    question: Callable[Parameters, Value], /, *arguments: Parameters.args, **named: Parameters.kwargs
) -> Answer[Value]:
    """Ask a question, and do not wait: ``ask(read_subnets, clients, vpc_id)``. boto3's clients are thread-safe.

    :param question: A function of this package that asks AWS.
    """
    future: Future[Value] = Future()

    def answer() -> None:
        try:
            future.set_result(question(*arguments, **named))
        except BaseException as error:
            future.set_exception(error)

    # A daemon, not a thread of a pool: after Ctrl-C, the end of the program does not wait for AWS.
    threading.Thread(target=answer, name=f"ask {getattr(question, '__name__', 'AWS')}", daemon=True).start()
    return Answer(future)


def refusals(answers: Mapping[str, Answer[object]]) -> dict[str, AwsRequestError]:
    """Wait for answers, and tell why some have no value.

    :param answers: By what they are about, in words.
    """
    found = {what: answer.refusal for what, answer in answers.items()}
    return {what: refusal for what, refusal in found.items() if refusal is not None}
