from __future__ import annotations

from collections.abc import Callable

import pytest

from ..templates import Template, broken_rules, review_of


def sizes(minimum: object, desired: object, maximum: object) -> Callable[[Template], None]:
    def change(template: Template) -> None:
        template["Resources"]["NodeGroup"]["Properties"]["ScalingConfig"] = {
            "MinSize": minimum,
            "DesiredSize": desired,
            "MaxSize": maximum,
        }

    return change


@pytest.mark.parametrize("wrong", [(1, 4, 3), (3, 2, 3), ("1", "4", "3")])
def test_finds_sizes_out_of_order(wrong: tuple[object, object, object]) -> None:
    assert broken_rules(sizes(*wrong)) == {"EFA-NG-001"}


def test_says_which_sizes_are_out_of_order() -> None:
    (finding,) = review_of(sizes(1, 4, 3)).findings
    assert finding.problem == "the sizes are 1 at least, 4 desired and 3 at most"
    assert finding.violation.path == "ScalingConfig"


def test_says_nothing_of_sizes_that_only_the_deployment_knows() -> None:
    assert broken_rules(sizes(1, {"Ref": "Unknown"}, 3)) == set()
