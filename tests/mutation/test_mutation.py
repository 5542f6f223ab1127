"""Mutation testing mutates what it should, and believes no verdict that is out of date."""

from __future__ import annotations

import json
import textwrap
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from . import score
from .areas import AREAS, PACKAGE, ROOT, Area
from .sample import drawn, leave_out
from .undecorated import undecorated
from .work_folder import WorkFolder

ROUND = Area(name="round", mutated=("catalogue/nearest.py",), tests=("tests/catalogue/test_nearest.py",))
MUTANT = f"{PACKAGE}.catalogue.nearest.x_nearest__mutmut_"


@pytest.mark.parametrize("name", ["catalogue", "verify", "review", "review/checks", "review/reading", "pods"])
def test_every_module_of_these_packages_is_in_one_area_or_spared_by_it(name: str) -> None:
    package = ROOT / PACKAGE
    taken = Counter(
        path
        for area in AREAS.values()
        for path in {
            *area.files(),
            *(spared.relative_to(ROOT) for each in area.spared for spared in package.glob(each)),
        }
    )
    there = {path.relative_to(ROOT) for path in (package / name).glob("*.py")}
    assert there <= set(taken)
    # The layout of interfaces is spared by the catalogue, to be mutated by itself.
    assert {path.name for path in there if taken[path] != 1} <= {"interfaces.py"}


@pytest.mark.parametrize("area", AREAS.values(), ids=lambda area: area.name)
def test_areas_name_what_is_there(area: Area) -> None:
    for pattern in (*area.mutated, *area.spared):
        assert list((ROOT / PACKAGE).glob(pattern)), pattern
    for path in (*area.tests, *area.without):
        file, _, test = path.partition("::")
        assert (ROOT / file).exists(), path
        assert not test or f"def {test}(" in (ROOT / file).read_text(), path


DECORATED = '''
import functools

@functools.lru_cache(maxsize=2)
@functools.cache
def cached(value):
    """Nothing."""
    return [value]

class Thing:
    @property
    def plain(self):
        return 1

    @functools.cached_property
    def kept(self):
        return []

    @staticmethod
    def free():
        return 2

    @functools.wraps(print)
    def looked_at(self): ...

after = cached(3)
'''


def test_a_function_without_its_decorators_does_the_same() -> None:
    source = undecorated(DECORATED)
    assert [line.strip() for line in source.splitlines() if "@" in line] == ["@staticmethod", "@functools.wraps(print)"]
    names: dict[str, Any] = {}
    exec(source, names)
    thing = names["Thing"]()
    assert (thing.plain, names["Thing"].free(), names["after"]) == (1, 2, [3])
    assert thing.kept is thing.kept
    assert names["cached"](3) is names["after"]


def test_leaves_code_without_decorators_as_it_is() -> None:
    source = textwrap.dedent("""\
        class A:  # why
            def one(self):
                @property
                def inner(): ...
        """)
    assert undecorated(source) == source


@pytest.fixture
def decided(tmp_path: Path) -> WorkFolder:
    """A folder with verdicts: one mutant was killed, one lived."""
    folder = WorkFolder(ROUND, tmp_path)
    folder.bring_up_to_date()
    (file,) = [folder.mutants / f"{path}.meta" for path in ROUND.files()]
    file.parent.mkdir(parents=True)
    file.write_text(json.dumps({"exit_code_by_key": {f"{MUTANT}1": 1, f"{MUTANT}2": 0, f"{MUTANT}3": 33}}))
    reached_by = {f"{PACKAGE}.catalogue.nearest.x_nearest": ["tests/catalogue/test_nearest.py::test_one"]}
    statistics = {"tests_by_mangled_function_name": reached_by}
    (folder.mutants / "mutmut-stats.json").write_text(json.dumps(statistics))
    return folder


def forget(folder: WorkFolder, test: str) -> list[str]:
    """Verdicts after one file of the tests has changed."""
    recorded = folder.path / "tests.json"
    recorded.write_text(json.dumps(json.loads(recorded.read_text()) | {test: "another"}))
    folder.bring_up_to_date()
    (of_file,) = score.verdicts(folder).values()
    return list(of_file.values())


def test_an_interrupted_run_goes_on_where_it_was(decided: WorkFolder) -> None:
    decided.bring_up_to_date()
    assert score.verdicts(decided) == {
        f"{PACKAGE}/catalogue/nearest.py": {f"{MUTANT}1": "killed", f"{MUTANT}2": "survived", f"{MUTANT}3": "no test"}
    }


def test_a_changed_test_is_asked_again(decided: WorkFolder) -> None:
    assert forget(decided, "tests/catalogue/test_nearest.py") == ["not run"] * 3


def test_a_test_that_reaches_none_of_the_killed_may_kill_more(decided: WorkFolder) -> None:
    assert forget(decided, "tests/catalogue/test_new.py") == ["killed", "not run", "not run"]


def test_what_tests_share_may_have_killed_any(decided: WorkFolder) -> None:
    assert forget(decided, "tests/catalogue/helpers.py") == ["not run"] * 3


def test_where_tests_were_only_added_what_was_killed_stays_so(decided: WorkFolder) -> None:
    (decided.path / "tests.json").write_text("{}")
    decided.bring_up_to_date(believe_kills=True)
    (of_file,) = score.verdicts(decided).values()
    assert list(of_file.values()) == ["killed", "not run", "not run"]
    # Nobody has seen that these tests still kill it.
    assert (decided.path / "tests.json").read_text() == "{}"


def test_data_that_change_reach_the_mutants(decided: WorkFolder) -> None:
    data = Path(PACKAGE) / "catalogue" / "instance_types.json"
    for copy in (decided.path / data, decided.mutants / data):
        copy.write_text("[]")
    decided.bring_up_to_date()
    assert (decided.path / data).read_bytes() == (ROOT / data).read_bytes()
    # mutmut brings the new one.
    assert not (decided.mutants / data).exists()


def test_what_is_not_in_a_sample_is_not_run(decided: WorkFolder) -> None:
    (file,) = decided.verdict_files()
    names = [f"{MUTANT}{number}" for number in range(50)]
    file.write_text(json.dumps({"exit_code_by_key": dict.fromkeys(names, None)}))
    leave_out(decided, drawn(names, 10))
    (of_file,) = score.verdicts(decided).values()
    assert Counter(json.loads(file.read_text())["exit_code_by_key"].values()) == {None: 10, 34: 40}
    assert Counter(of_file.values()) == {"not run": 50}
    leave_out(decided, drawn(names, None))
    assert set(json.loads(file.read_text())["exit_code_by_key"].values()) == {None}


def test_a_larger_sample_has_all_that_a_smaller_one_has() -> None:
    names = [f"{MUTANT}{number}" for number in range(50)]
    assert drawn(names, 10) < drawn(names, 20) < drawn(names, None) == set(names)
    assert drawn([*names, "another"], 10) - drawn(names, 10) <= {"another"}


def test_the_score_counts_what_was_noticed_of_what_was_tried() -> None:
    of_one = ["killed"] * 5 + ["timed out", "survived", "no test", "not run"]
    assert score.table({"one": of_one}).splitlines()[1].split() == ["one", "9", "5", "1", "1", "1", "1", "75.0", "%"]
    assert score.table({"none": []}).splitlines()[1].split() == ["none", *"000000", "-"]
