"""A finding leads to the line of its resource."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from efa_constructs.review import read_template_file
from efa_constructs.review.location import line_of

JSON = json.dumps({"Vpc": "before", "Resources": {"Vpc": {"Type": "A"}, "Other": {"Type": "B"}}}, indent=1)
YAML = """\
Description: 'Vpc: none'
Parameters:
  Vpc: {Type: String}
Resources:
  # Vpc: it comes
  "Vpc":
    Type: A
  Other:
    Type: B
    Properties:
      Vpc: !Ref Vpc
"""


@pytest.mark.parametrize(("name", "text", "lines"), [("t.json", JSON, [4, 7]), ("t.yaml", YAML, [6, 8])])
def test_is_the_first_line_after_resources_that_names_it(
    tmp_path: Path, name: str, text: str, lines: list[int]
) -> None:
    (tmp_path / name).write_text(text)
    resources = read_template_file(tmp_path / name).resources
    assert [line_of(resource) for resource in resources] == lines


def test_is_the_first_line_of_a_template_that_has_no_more(tmp_path: Path) -> None:
    (tmp_path / "t.json").write_text(json.dumps(json.loads(JSON)))
    assert [line_of(resource) for resource in read_template_file(tmp_path / "t.json").resources] == [1, 1]


def test_is_the_first_line_of_a_template_that_is_gone(tmp_path: Path) -> None:
    (tmp_path / "t.json").write_text(JSON)
    templates = read_template_file(tmp_path / "t.json")
    (tmp_path / "t.json").unlink()
    assert [line_of(resource) for resource in templates.resources] == [1, 1]
