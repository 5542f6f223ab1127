"""The wheel has the package and no more, the sdist all that a packager needs, and an index shows both as they are."""

from __future__ import annotations

import email
import re
import subprocess
import sys
import tarfile
import zipfile
from email.message import Message

import pytest

from .programs import ROOT


@pytest.fixture(scope="module")
def metadata(wheel) -> Message:
    with zipfile.ZipFile(wheel) as archive:
        (name,) = [name for name in archive.namelist() if name.endswith(".dist-info/METADATA")]
        return email.message_from_bytes(archive.read(name))


def files_of_the_repository() -> set[str]:
    """Tracked, and those that would be if one said 'git add .'."""
    if not (ROOT / ".git").exists():
        pytest.skip("not a clone: nobody says which files belong to the project")
    command = ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"]
    listed = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True).stdout
    return {name for name in listed.split("\0") if name and (ROOT / name).is_file()}


def test_the_wheel_has_every_file_of_the_package_and_no_other(wheel):
    with zipfile.ZipFile(wheel) as archive:
        names = {name for name in archive.namelist() if ".dist-info/" not in name}
    assert names == {name for name in files_of_the_repository() if name.startswith("efa_constructs/")}
    # Beside Python: the data that it reads, the sources of the control plane, the page of a report, and the mark of a
    # package that has types.
    suffixes = {name.rpartition(".")[2] for name in names}
    assert suffixes == {"py", "typed", "json", "go", "mod", "sum", "css", "jinja"}


def test_the_wheel_installs_the_command_and_the_licence(wheel):
    with zipfile.ZipFile(wheel) as archive:
        others = {name.partition(".dist-info/")[2]: name for name in archive.namelist() if ".dist-info/" in name}
        entry_points = archive.read(others["entry_points.txt"]).decode()
        licence = archive.read(others["licenses/LICENSE"]).decode()
    assert entry_points.split() == ["[console_scripts]", "efa", "=", "efa_constructs.cli:main"]
    assert licence == (ROOT / "LICENSE").read_text()


def test_the_sdist_has_every_file_of_the_project_but_that_of_its_ci(sdist):
    with tarfile.open(sdist) as archive:
        names = {member.name.partition("/")[2] for member in archive.getmembers() if member.isfile()}
    assert names == files_of_the_repository() - {".ci/run"} | {"PKG-INFO"}


def test_an_index_would_take_both(dist):
    checked = subprocess.run(
        [sys.executable, "-m", "twine", "check", "--strict", *dist.glob("efa_constructs-*")],
        capture_output=True,
        text=True,
        check=False,
    )
    assert checked.returncode == 0, checked.stdout + checked.stderr
    assert checked.stdout.count("PASSED") == 2


def test_the_description_has_no_link_that_leads_nowhere_from_an_index(metadata):
    description = metadata.get_payload()
    targets = re.findall(r"\]\(([^)]+)\)", description)
    assert targets
    assert [target for target in targets if not target.startswith("https://")] == []
    # The text of such a link stays.
    assert "[changelog](CHANGELOG.md)" in (ROOT / "README.md").read_text()
    assert ", changelog, contributing" in description


def test_the_classifiers_agree_with_the_other_fields(metadata):
    given = metadata.get_all("Classifier")
    minors = [name.rpartition(".")[2] for name in given if re.search(r":: 3\.\d+$", name)]
    assert metadata["Requires-Python"] == f">=3.{min(minors, key=int)}"
    assert metadata["License-Expression"] == "Apache-2.0"
    assert "Typing :: Typed" in given


def test_the_version_is_that_of_the_changelog(metadata):
    changelog = (ROOT / "CHANGELOG.md").read_text()
    assert re.search(rf"^(## \[|What will be ){re.escape(metadata['Version'])}\b", changelog, re.MULTILINE)
