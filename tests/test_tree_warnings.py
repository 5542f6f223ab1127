"""Warnings are found wherever in the tree they were given."""

from __future__ import annotations

from constructs import Construct

from efa_constructs.tree_warnings import add_warning, warnings_of
from tests.k8s.charts import chart as new_chart


def test_collects_the_warnings_of_a_tree():
    chart = new_chart()
    inner = Construct(Construct(chart, "Outer"), "Inner")
    add_warning(inner, "efa-constructs:first", "the first")
    add_warning(chart, "efa-constructs:second", "the second")
    assert warnings_of(chart) == ["the second [ack: efa-constructs:second]", "the first [ack: efa-constructs:first]"]
