"""A rule gives its words to whoever refuses, and its id to whoever has better ones."""

from __future__ import annotations

import pytest

from efa_constructs.rules import Rule, Severity

RULE = Rule(
    id="EFA-XX-001",
    severity=Severity.ERROR,
    title="Doors are shut",
    problem="{where} is {state}",
    why="It is cold.",
    fix="shut {door}",
    source="https://example.com",
)


@pytest.mark.parametrize(
    ("message", "expected"),
    [
        (RULE.refusal(where="'door'", state="open", door="it"), "'door' is open: shut it (EFA-XX-001)"),
        (RULE.refusal("'door' has no key", door="it"), "'door' has no key: shut it (EFA-XX-001)"),
        (RULE.refusal("'door' has no key", "find one"), "'door' has no key: find one (EFA-XX-001)"),
        (RULE.cited("'door' has no key: find one"), "'door' has no key: find one (EFA-XX-001)"),
    ],
)
def test_a_refusal_says_what_is_wrong_and_what_to_do_and_ends_with_the_rule(message: str, expected: str) -> None:
    assert message == expected


def test_a_refusal_needs_the_values_of_its_words() -> None:
    with pytest.raises(KeyError):
        RULE.refusal(where="'door'", state="open")
