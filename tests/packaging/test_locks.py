"""The locks say what an installation gets, wherever it is made."""

from __future__ import annotations

import json
import re
import tomllib

from tests.docs.pages import quoted, section, table

from .programs import ROOT

MAKEFILE = (ROOT / "Makefile").read_text()
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())
LOCK = (ROOT / "uv.lock").read_text()


def test_names_no_other_index_than_the_public_one():
    assert set(re.findall(r"https?://([^/\"]+)", LOCK)) == {"pypi.org", "files.pythonhosted.org"}
    packages = json.loads((ROOT / "package-lock.json").read_text())["packages"]
    sources = {package.get("resolved", "https://registry.npmjs.org/") for package in packages.values()}
    assert [source for source in sources if not source.startswith("https://registry.npmjs.org/")] == []


def test_every_package_of_npm_is_known_by_its_content():
    packages = json.loads((ROOT / "package-lock.json").read_text())["packages"]
    assert [name for name, package in packages.items() if name and not package["integrity"].startswith("sha512-")] == []


def test_setup_brings_the_uv_that_is_locked():
    # Another one would download everything into a cache that the locked one does not read.
    (locked,) = [package["version"] for package in tomllib.loads(LOCK)["package"] if package["name"] == "uv"]
    assert f"\nUV_VERSION := {locked}\n" in MAKEFILE


def test_the_page_on_stability_gives_the_lowest_and_highest_versions():
    declared = [re.fullmatch(r"([\w-]+)>=([\d.]+)(?:,<([\d.]+))?", text) for text in PROJECT["project"]["dependencies"]]
    expected = [[found[1], found[2], f"below {found[3]}" if found[3] else "any"] for found in declared if found]
    assert len(expected) == len(declared)
    python, *rows = table(section("reference/api-stability.md", "## What it works with"))
    assert PROJECT["project"]["requires-python"] == f">={python[1]}"
    assert [[*quoted(row[0]), *row[1:]] for row in rows] == expected
