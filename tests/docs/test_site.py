"""The documentation builds without a warning, reads nothing from elsewhere, and its links lead somewhere."""

from __future__ import annotations

import os
import re
import subprocess
import sys

import pytest

from .pages import ROOT, prose


@pytest.fixture(scope="module")
def site(tmp_path_factory):
    target = tmp_path_factory.mktemp("site")
    built = subprocess.run(
        [sys.executable, "-m", "mkdocs", "build", "--strict", "--site-dir", str(target)],
        cwd=ROOT,
        env={**os.environ, "NO_MKDOCS_2_WARNING": "1"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert built.returncode == 0, built.stdout + built.stderr
    return target


def test_loads_no_script_style_or_font_from_elsewhere(site):
    loaded = re.compile(r"<(?:script|link|img|iframe)\b[^>]*?(?:src|href)=[\"']?(?:https?:)?//[^\"'> ]+")
    found = {match for page in site.rglob("*.html") for match in loaded.findall(page.read_text())}
    assert found == set()


def test_documents_the_parameters_of_the_constructs(site):
    page = (site / "reference" / "constructs" / "index.html").read_text()
    # From a docstring, from a role in one, and from the comment above a field.
    assert "The private subnet of all the nodes: EFA traffic does not cross Availability Zones" in page
    assert ":class:" not in page
    catalogue = (site / "reference" / "catalogue" / "index.html").read_text()
    assert "It is not the number of cards." in catalogue


@pytest.mark.parametrize("name", ["README.md", "CONTRIBUTING.md", "CHANGELOG.md"])
def test_relative_links_lead_to_files(name):
    targets = re.findall(r"\]\(([^)#]+)[^)]*\)", prose(ROOT / name))
    missing = [target for target in targets if "://" not in target and not (ROOT / target).exists()]
    assert missing == []


def test_names_no_path_of_a_machine():
    for page in [*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md")]:
        assert not re.search(r"/(?:home|root|tmp|work|Users)/", page.read_text()), page
