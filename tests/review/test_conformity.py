"""What only the deployment knows conforms to every schema."""

from __future__ import annotations

import re
from typing import Any

import pytest

from efa_constructs.review.conformity import Conformity
from efa_constructs.review.values import Reference, unknown

SCHEMA = {
    "type": "object",
    "properties": {
        "Count": {"type": "integer", "minimum": 1},
        "Kind": {"type": "string", "enum": ["cluster", "spread"]},
        "Subnets": {"type": "array", "items": {"type": "string", "format": "Subnet.Id"}},
        "Policies": {"type": "array", "uniqueItems": True},
        "Options": {"type": "object", "properties": {"Size": {"type": "number"}}, "additionalProperties": False},
    },
    "required": ["Kind"],
    "requiredXor": ["Count", "Options"],
}
FORMATS = {"Subnet.Id": re.compile(r"subnet-[0-9a-f]+")}


def misfits(value: dict[str, Any]) -> list[tuple[str, str]]:
    conformity = Conformity(document=SCHEMA, formats=FORMATS)
    conformity.check(value)
    return [(misfit.path, misfit.keyword) for misfit in conformity.misfits]


@pytest.mark.parametrize("mark", [Reference("Stack", "Thing"), unknown("AWS::Region"), f"a-{unknown('x')}"])
def test_accepts_what_only_the_deployment_knows(mark: str) -> None:
    assert misfits({"Count": mark, "Kind": mark, "Subnets": [mark]}) == []
    assert misfits({"Options": mark, "Kind": "cluster", "Subnets": mark}) == []


def test_cannot_tell_which_of_two_is_given_where_one_hangs_on_a_condition() -> None:
    assert misfits({"Kind": "cluster", "Count": unknown("Condition"), "Options": {}}) == []
    assert misfits({"Kind": "cluster", "Count": Reference("Stack", "Thing"), "Options": {}}) == [("#", "requiredXor")]


def test_cannot_tell_whether_two_items_are_the_same_where_they_hang_on_a_condition() -> None:
    def kinds(*items: str) -> list[str]:
        return [keyword for _, keyword in misfits({"Kind": "spread", "Count": 1, "Policies": list(items)})]

    assert kinds(unknown("Condition"), unknown("Condition"), "a") == []
    assert kinds(Reference("Stack", "Thing"), Reference("Stack", "Thing")) == ["uniqueItems"]
    assert kinds("a", unknown("Condition"), "a") == ["uniqueItems"]


def test_finds_what_does_not_conform() -> None:
    found = misfits({"Count": 0, "Kind": "clustered", "Subnets": ["subnet-x"], "Options": {"size": 1}})
    assert set(found) == {
        ("#/Count", "minimum"),
        ("#/Kind", "enum"),
        ("#/Subnets/0", "format"),
        ("#/Options", "additionalProperties"),
        ("#", "requiredXor"),
    }
