"""What a template's text says, in JSON or YAML."""

from __future__ import annotations

import re
from typing import Any

import pytest

from efa_constructs.review.reading.template_text import TemplateTextError, load_template_text


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("A: !Ref B", {"Ref": "B"}),
        ("A: !Condition B", {"Condition": "B"}),
        ("A: !GetAtt B.C.D", {"Fn::GetAtt": ["B", "C.D"]}),
        ("A: !GetAtt [B, C]", {"Fn::GetAtt": ["B", "C"]}),
        ("A: !Sub '${B}'", {"Fn::Sub": "${B}"}),
        ("A: !Join ['-', [a, !Ref B]]", {"Fn::Join": ["-", ["a", {"Ref": "B"}]]}),
        (
            "A: !If [B, {C: !Ref D}, !Ref 'AWS::NoValue']",
            {"Fn::If": ["B", {"C": {"Ref": "D"}}, {"Ref": "AWS::NoValue"}]},
        ),
        ("A: !Transform {Name: B, Parameters: {C: 1}}", {"Fn::Transform": {"Name": "B", "Parameters": {"C": 1}}}),
        # As the version of a policy, or of a template.
        ("A: 2012-10-17", "2012-10-17"),
        ("A: 1", 1),
        ("A: true", True),
        ('{"A": "2012-10-17"}', "2012-10-17"),
        (' \n{"A": [1.5]}', [1.5]),
    ],
)
def test_reads_short_tags_and_leaves_dates_alone(text: str, value: Any) -> None:
    assert load_template_text(text) == {"A": value}


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ('{"A": 1,\n "B"}', "JSON not well-formed. (line 2, column 5)"),
        ("A: [1\nB: 2", "YAML not well-formed. (line 2, column 2)"),
        ("A: \x00", "YAML not well-formed."),
    ],
)
def test_says_where_a_text_is_none(text: str, message: str) -> None:
    with pytest.raises(TemplateTextError, match=f"^{re.escape(message)}$"):
        load_template_text(text)


def nested(levels: int) -> str:
    return f'{{"A": {"[" * levels}1{"]" * levels}}}'


def many(values: int) -> str:
    return f'{{"A": [{", ".join(["1"] * values)}]}}'


def test_reads_as_deep_and_as_many_values_as_it_says() -> None:
    # The object and its value, and the object, its key and its value.
    assert load_template_text(nested(198))
    with pytest.raises(TemplateTextError, match=r"^it has values within values, more than 200 levels deep$"):
        load_template_text(nested(199))
    assert load_template_text(many(499_997))
    with pytest.raises(TemplateTextError, match=r"^it has more than 500,000 values$"):
        load_template_text(many(499_998))
