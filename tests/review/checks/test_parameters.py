"""What a parameter's limits say of its default is judged where it is certain, and at once."""

from __future__ import annotations

import time

import pytest

from ..templates import Template, broken_rules


def findings(pattern: str, default: str) -> set[str]:
    def change(template: Template) -> None:
        template["Parameters"]["Choice"] = {"Type": "String", "Default": default, "AllowedPattern": pattern}

    return broken_rules(change)


@pytest.mark.parametrize(
    "pattern",
    ["[a-z&&[^b]]", r"\p{Lower}", "(?<name>a)", "[a-z]++", "[a", r"\Qa\E", "[[a]]", "a{9999999999}", r"a\z", "(?i)A"],
)
def test_says_nothing_of_a_pattern_that_python_reads_in_another_way(pattern: str) -> None:
    assert findings(pattern, "1") == set()
    assert findings("[a-z]", "1") == {"EFA-CFN-013"}


@pytest.mark.parametrize(
    ("pattern", "default"),
    [
        ("(a+)+b", "a" * 60),
        ("(a|a)*b", "a" * 60),
        ("(a?){40}a{40}", "a" * 39),
        ("a?" * 40 + "a" * 40, "a" * 39),
        ("(a|a)" * 40 + "b", "a" * 40),
        (".*.*.*.*.*.*=.*", "a" * 90),
        ("a*a*a*a*b", "a" * 4000),
    ],
    ids=str,
)
def test_takes_no_time_over_a_pattern_that_would_never_end(pattern: str, default: str) -> None:
    before = time.monotonic()
    findings(pattern, default)
    assert time.monotonic() - before < 5
