"""Several questions at once."""

from __future__ import annotations

import threading

import pytest

from efa_constructs.errors import AwsRequestError
from efa_constructs.lookups.questions import ask


def refuse(action: str) -> str:
    raise AwsRequestError("AWS refused", denied_action=action)


def test_answers_one_question_although_another_is_refused() -> None:
    refused, answered = ask(refuse, action="ec2:DescribeSubnets"), ask(str.upper, "yes")
    assert answered.value() == "YES"
    assert answered.refusal is None
    assert refused.refusal is not None
    assert refused.refusal.denied_action == "ec2:DescribeSubnets"
    assert refused.value_or_none() is None
    with pytest.raises(AwsRequestError):
        refused.value()


def test_asks_at_the_same_time() -> None:
    both_ask = threading.Barrier(2, timeout=10)
    first, second = ask(both_ask.wait), ask(both_ask.wait)
    assert {first.value(), second.value()} == {0, 1}


def test_hides_no_mistake_of_the_program() -> None:
    wrong = ask(int, "five")
    with pytest.raises(ValueError, match="five"):
        wrong.value()
    with pytest.raises(ValueError, match="five"):
        _ = wrong.refusal
