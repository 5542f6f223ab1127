"""What importers rely on changes only where a reviewer sees it: names, parameters, types, ids."""

from __future__ import annotations

import importlib
import inspect
import os
import re
from pathlib import Path

import pytest

from tests.docs.pages import quoted, section, table

from .construct_ids import construct_ids
from .public_api import MODULES, public_api

SNAPSHOTS = Path(__file__).parent / "snapshots"
PAGE = "reference/api-stability.md"


@pytest.mark.parametrize(("name", "now"), [("public_api.txt", public_api), ("construct_ids.txt", construct_ids)])
def test_changes_knowingly(name, now):
    snapshot = SNAPSHOTS / name
    text = "\n".join(now()) + "\n"
    if "WRITE_SNAPSHOTS" in os.environ:
        snapshot.write_text(text)
    assert text == snapshot.read_text(), "'make snapshots' writes it anew; CHANGELOG.md says what changed"


@pytest.mark.parametrize("module", MODULES)
def test_the_page_lists_every_public_name_and_no_other(module):
    (row,) = [row for row in table(section(PAGE, "## Python")) if quoted(row[0]) == [module]]
    assert sorted(quoted(row[1])) == sorted(importlib.import_module(module).__all__)


@pytest.mark.parametrize("module", MODULES)
def test_the_text_of_the_api_agrees_with_the_imported_classes(module):
    """It is read from the sources: what it says must be what Python sees."""
    lines = public_api()
    imported = importlib.import_module(module)
    for name in imported.__all__:
        found = getattr(imported, name)
        path = f"{module}.{name}"
        shown = [line for line in lines if re.match(rf"(class )?{re.escape(path)}\b", line)]
        assert shown, path
        if inspect.isclass(found):
            members = {
                line.partition("(")[0].partition(":")[0].partition(" ")[0].removeprefix(f"{path}.") for line in shown
            }
            public = {member for member in vars(found) if not member.startswith("_")}
            assert public <= members, path
        elif inspect.isfunction(found):
            assert list(inspect.signature(found).parameters) == re.findall(r"(?:[(,*] ?)(\w+): ", shown[0]), path


def test_every_construct_attribute_says_its_type():
    """Otherwise each type checker infers its own."""
    untyped = [line for line in public_api() if re.fullmatch(r"efa_constructs\.\w+\.[\w.]+", line)]
    assert untyped == []
