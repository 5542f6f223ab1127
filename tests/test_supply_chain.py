"""All that is installed is locked with its hash, and comes from the public registries."""

from __future__ import annotations

import json
import re
import tomllib
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
GO_MODULES = ("efa_constructs/rehearsal/control_plane/programs", "supply-chain")


def makefile() -> str:
    return (ROOT / "Makefile").read_text()


def test_every_python_package_is_locked_with_the_hashes_of_its_files():
    packages = tomllib.loads((ROOT / "uv.lock").read_text())["package"]
    (own,) = [package for package in packages if package["name"] == "efa-constructs"]
    assert own["source"] == {"editable": "."}
    for package in packages:
        if package is own:
            continue
        assert package["source"] == {"registry": "https://pypi.org/simple"}, package["name"]
        files = [*package.get("wheels", ()), *([package["sdist"]] if "sdist" in package else [])]
        assert files, package["name"]
        for file in files:
            assert re.fullmatch(r"sha256:[0-9a-f]{64}", file["hash"]), package["name"]
            assert file["url"].startswith("https://files.pythonhosted.org/"), package["name"]


def test_every_npm_package_is_locked_with_its_hash():
    packages = json.loads((ROOT / "package-lock.json").read_text())["packages"]
    wanted = json.loads((ROOT / "package.json").read_text())
    for kind in ("dependencies", "devDependencies"):
        assert packages[""].get(kind) == wanted.get(kind)
    locked = {path: package for path, package in packages.items() if path}
    assert locked
    for path, package in locked.items():
        assert package["integrity"].startswith("sha512-"), path
        # Without an address it comes from the registry that npm uses; the hash tells whether it is what was locked.
        assert package.get("resolved", "https://registry.npmjs.org/").startswith("https://registry.npmjs.org/"), path


@pytest.mark.parametrize("folder", GO_MODULES)
def test_every_go_module_is_locked_with_its_hash(folder):
    modules = (ROOT / folder / "go.mod").read_text()
    required = dict(re.findall(r"^(?:\t|require )(\S+\.\S+) (v\S+)", modules, re.MULTILINE))
    # By another module, never by a folder: of that nothing is hashed.
    replacements = dict(re.findall(r"^(?:\t|replace )(\S+)(?: v\S+)? => (.+)$", modules, re.MULTILINE))
    sums = (ROOT / folder / "go.sum").read_text().splitlines()
    hashed = {line.rpartition(" h1:")[0] for line in sums if re.search(r" h1:[\w+/]{43}=$", line)}
    assert required
    assert modules.count("=>") == len(replacements)
    used = {replacements.get(name, f"{name} {version}") for name, version in required.items()}
    assert used - hashed == set()
    assert [one for one in replacements.values() if not re.fullmatch(r"\S+ v\S+", one)] == []


def test_building_go_programs_adds_no_module():
    assert '"-mod=readonly"' in (ROOT / "efa_constructs/rehearsal/control_plane/build.py").read_text()


def test_installs_what_is_locked_and_runs_no_script_of_a_package():
    assert re.findall(r"\buv (sync|run|export)\b(?! --locked\b)", makefile()) == []
    assert re.findall(r"\buv sync .*", makefile()) == [
        "uv sync --locked --all-extras --all-groups --no-group supply-chain --no-group mutation --quiet",
        "uv sync --locked --all-extras --group mutation --no-install-project --quiet",
    ]
    assert re.findall(r"\bnpm ci .*", makefile()) == ["npm ci --ignore-scripts --no-audit --no-fund --loglevel=error"]


def test_installs_in_no_other_way():
    # Those of test-minimum are lower than the locked ones on purpose.
    pip = re.findall(r"\bpip install .*", makefile())
    assert [("uv==$(UV_VERSION)" in one, "--resolution lowest-direct" in one) for one in pip] == [
        (True, False),
        (False, True),
    ]
    assert set(re.findall(r"/npm (\S+)", makefile())) == {"ci", "sbom", "audit"}
    assert set(re.findall(r"/go (\S+)", makefile())) <= {"tool"}
    assert "npx" not in makefile()


def test_the_tools_of_the_supply_chain_are_locked_and_not_installed_with_the_rest():
    groups = tomllib.loads((ROOT / "pyproject.toml").read_text())["dependency-groups"]
    assert {re.split(r"[>=]", name)[0] for name in groups["supply-chain"]} == {"cyclonedx-bom", "pip-audit"}
    assert "--all-groups --no-group supply-chain" in makefile()
    tools = re.search(r"^tool \((.*?)^\)", (ROOT / "supply-chain" / "go.mod").read_text(), re.MULTILINE | re.DOTALL)
    assert tools is not None
    assert {path.rpartition("/")[2] for path in tools[1].split()} == {"cyclonedx-gomod", "govulncheck"}


def test_the_tool_of_mutation_testing_is_locked_and_writes_nothing_that_git_takes():
    groups = tomllib.loads((ROOT / "pyproject.toml").read_text())["dependency-groups"]
    assert [re.split(r"[>=]", name)[0] for name in groups["mutation"]] == ["mutmut"]
    assert "--no-group mutation" in makefile()
    assert {".mutation/", ".venv-mutation/"} <= set((ROOT / ".gitignore").read_text().split())
