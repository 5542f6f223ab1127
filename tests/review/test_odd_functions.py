"""No template makes a review fail: whatever function, or value, stands where something else is expected."""

from __future__ import annotations

import copy
import random
from collections.abc import Iterator
from typing import Any

import pytest

from efa_constructs.review.review import review

from .templates import Template, sound, templates_of, whole

ODD: tuple[Any, ...] = (
    None, True, 0, -1, 1.5, "", "x", [], [[]], [None], {}, {"x": {}},
    {"Ref": "Cluster"}, {"Ref": []}, {"Ref": "AWS::NoValue"}, {"Ref": "AWS::Region"},
    {"Fn::GetAtt": "Cluster"}, {"Fn::GetAtt": [1, 2]}, {"Fn::GetAtt": ["Vpc", {"Ref": "Subnet"}]},
    {"Fn::If": []}, {"Fn::If": ["Nothing", {}, []]}, {"Fn::Sub": 1}, {"Fn::Sub": ["${A}", []]},
    {"Fn::Join": 1}, {"Fn::Join": [1, {}]}, {"Fn::Select": [0, []]}, {"Fn::Split": 1}, {"Fn::Base64": {}},
    {"Fn::FindInMap": [[], 1, 2]}, {"Fn::And": 1}, {"Fn::Or": None}, {"Fn::Not": [1]}, {"Fn::Equals": [1]},
    {"Fn::Contains": 1}, {"Fn::ImportValue": {}}, {"Fn::GetStackOutput": 1}, {"Fn::ToJsonString": {"Ref": "x"}},
    {"Fn::ForEach::Loop": []}, {"Condition": {}},
)  # fmt: skip


def places(value: Any, way: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """The way to everything in a template."""
    yield way
    items = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, item in items:
        yield from places(item, (*way, key))


def changed(template: Template, way: tuple[Any, ...], value: Any) -> Any:
    template = copy.deepcopy(template)
    at: Any = template
    for key in way[:-1]:
        at = at[key]
    at[way[-1]] = value
    return template


@pytest.fixture(scope="module")
def template() -> Template:
    template = sound()
    whole(template)
    template["Conditions"] = {"Sometimes": {"Fn::Equals": [{"Ref": "Subnet"}, "x"]}}
    template["Outputs"] = {"Name": {"Value": {"Ref": "Cluster"}, "Export": {"Name": "name"}}}
    return template


@pytest.mark.parametrize("number", range(20))
def test_reviews_a_template_with_something_odd_in_it(template: Template, number: int) -> None:
    random_ones = random.Random(number)
    ways = [way for way in places(template) if way]
    for _ in range(30):
        way, value = random_ones.choice(ways), random_ones.choice(ODD)
        try:
            review(templates_of(changed(template, way, value)))
        except Exception as error:
            pytest.fail(f"{value!r} at {'.'.join(map(str, way))}: {error!r}")
