"""What an error suggests in place of a name that does not exist."""

from __future__ import annotations

import subprocess
import sys

import pytest

from efa_constructs.catalogue.nearest import nearest, nearest_by_family


@pytest.mark.parametrize(
    ("name", "expected"),
    [("classik", ["Classic"]), ("CLASSIC", ["Classic"]), ("band width", ["bandwidth"]), ("xyz", []), ("", [])],
)
def test_gives_the_names_that_are_like_it_as_they_are_spelt(name, expected):
    assert nearest(name, ["default", "Classic", "bandwidth"]) == expected


def test_gives_no_more_than_asked_and_the_nearest_first():
    names = ["us-west-1", "us-west-2", "us-east-1", "us-east-2"]
    assert nearest("us-west2", names) == ["us-west-2", "us-west-1", "us-east-2"]
    assert nearest("us-west2", names, most=1) == ["us-west-2"]


def test_the_family_counts_for_more_than_the_size():
    names = ["r7g.24xlarge", "p3.16xlarge", "p3dn.48xlarge"]
    assert nearest_by_family("p3dn.24xlarge", names, most=2) == ["p3dn.48xlarge", "p3.16xlarge"]
    assert nearest_by_family("p3dn.24xlarge", iter(names), most=1, cutoff=0.0) == ["p3dn.48xlarge"]


def test_without_a_family_like_it_the_whole_name_decides():
    assert nearest_by_family("5.48xlarge", iter(["p5.48xlarge", "g6.48xlarge"]), most=1) == ["p5.48xlarge"]


def test_difflib_is_imported_by_the_first_error_only():
    code = (
        "import sys; from efa_constructs import catalogue; catalogue.get('p5.48xlarge'); "
        "assert 'difflib' not in sys.modules\n"
        "try: catalogue.get('p5.49xlarge')\n"
        "except Exception: assert 'difflib' in sys.modules\n"
        "else: raise SystemExit('found p5.49xlarge')"
    )
    subprocess.run([sys.executable, "-c", code], check=True, timeout=60)


def test_gives_five_of_a_family_where_nobody_says_how_many():
    names = [f"p5.{size}xlarge" for size in (4, 12, 16, 24, 32, 48)]
    assert len(nearest_by_family("p5.8xlarge", names)) == 5
