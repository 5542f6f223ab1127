"""Imports run one way: errors <- catalogue <- lookups <- preflight, cluster <- rehearsal, stacks <- cli, app.py.

``aws``, ``k8s``, ``review`` and ``verify`` stand beside ``lookups``, ``rules`` and ``pods`` beside ``catalogue``.
"""

from __future__ import annotations

import ast
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent

CONSTRUCTS_MAY_IMPORT = {
    "efa_constructs.errors",
    "efa_constructs.argument_kinds",
    "efa_constructs.manifest_size",
    "efa_constructs.tree_warnings",
    "efa_constructs.catalogue",
    "efa_constructs.pods",
    "efa_constructs.rules",
}
# What each part may import of this project, beside itself.
MAY_IMPORT = {
    "efa_constructs.errors": set(),
    "efa_constructs.app_keys": {"efa_constructs.errors"},
    "efa_constructs.argument_kinds": {"efa_constructs.errors"},
    "efa_constructs.manifest_size": {"efa_constructs.errors", "efa_constructs.rules"},
    "efa_constructs.tree_warnings": set(),
    "efa_constructs.catalogue": {"efa_constructs.errors", "efa_constructs.rules"},
    "efa_constructs.rules": set(),
    "efa_constructs.pods": {"efa_constructs.catalogue"},
    "efa_constructs.aws": CONSTRUCTS_MAY_IMPORT | {"efa_constructs.review"},
    "efa_constructs.k8s": CONSTRUCTS_MAY_IMPORT,
    "efa_constructs.lookups": {"efa_constructs.errors", "efa_constructs.catalogue", "efa_constructs.rules"},
    "efa_constructs.preflight": {
        "efa_constructs.errors",
        "efa_constructs.catalogue",
        "efa_constructs.lookups",
        "efa_constructs.rules",
    },
    "efa_constructs.cluster": {
        "efa_constructs.errors",
        "efa_constructs.catalogue",
        "efa_constructs.lookups",
        "efa_constructs.pods",
        "efa_constructs.rules",
    },
    "efa_constructs.review": {
        "efa_constructs.errors",
        "efa_constructs.catalogue",
        "efa_constructs.manifest_size",
        "efa_constructs.pods",
        "efa_constructs.rules",
    },
    "efa_constructs.verify": {"efa_constructs.errors", "efa_constructs.catalogue", "efa_constructs.rules"},
    "efa_constructs.rehearsal": {
        "efa_constructs.errors",
        "efa_constructs.app_keys",
        "efa_constructs.catalogue",
        "efa_constructs.lookups",
        "efa_constructs.preflight",
        "efa_constructs.cluster",
        "efa_constructs.manifest_size",
        "efa_constructs.pods",
        "efa_constructs.review",
        "efa_constructs.rules",
        "efa_constructs.verify",
    },
    "efa_constructs.cli": {
        "efa_constructs.errors",
        "efa_constructs.app_keys",
        "efa_constructs.catalogue",
        "efa_constructs.lookups",
        "efa_constructs.preflight",
        "efa_constructs.cluster",
        "efa_constructs.pods",
        "efa_constructs.rules",
        "efa_constructs.review",
        "efa_constructs.verify",
        "efa_constructs.rehearsal",
    },
    "stacks": {
        "efa_constructs.errors",
        "efa_constructs.app_keys",
        "efa_constructs.catalogue",
        "efa_constructs.aws",
        "efa_constructs.k8s",
        "efa_constructs.lookups",
        "efa_constructs.rules",
    },
    "app": {"efa_constructs.errors", "stacks"},
    "manifests": {
        "efa_constructs.errors",
        "efa_constructs.manifest_size",
        "efa_constructs.tree_warnings",
        "stacks",
    },
}
# Who may import a package that is not ours and that costs time, or asks AWS.
ONLY_IN = {
    "boto3": {"efa_constructs.lookups"},
    "botocore": {"efa_constructs.lookups", "efa_constructs.rehearsal.account"},
    "kr8s": {"efa_constructs.cluster"},
    "jinja2": {"efa_constructs.review.page"},
    "matplotlib": {"efa_constructs.verify.plot"},
    "moto": {"efa_constructs.rehearsal.account", "efa_constructs.catalogue.generate"},
    "aws_cdk": {"efa_constructs.aws", "stacks", "app"},
    "cdk8s": {"efa_constructs.aws", "efa_constructs.k8s", "stacks", "manifests"},
    "cdk8s_plus_27": {"efa_constructs.k8s"},
    "constructs": {"efa_constructs.aws", "efa_constructs.k8s", "efa_constructs.tree_warnings", "stacks"},
    "rich": {"efa_constructs.cli"},
    "typer": {"efa_constructs.cli"},
}


def modules() -> Iterator[tuple[str, Path]]:
    for path in sorted(
        [
            *(ROOT / "efa_constructs").rglob("*.py"),
            *(ROOT / "stacks").rglob("*.py"),
            ROOT / "app.py",
            ROOT / "manifests.py",
        ]
    ):
        yield ".".join(path.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__"), path


def imported(module: str, path: Path) -> Iterator[str]:
    """Full names of what a module imports, wherever in it."""
    package = module if path.name == "__init__.py" else module.rpartition(".")[0]
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            above = package.split(".")[: len(package.split(".")) - node.level + 1] if node.level else []
            base = ".".join([*above, *([node.module] if node.module else [])])
            yield from (f"{base}.{alias.name}" for alias in node.names)


def part_of(name: str) -> str | None:
    return next((part for part in MAY_IMPORT if name == part or name.startswith(f"{part}.")), None)


MODULES = dict(modules())


@pytest.mark.parametrize("module", MODULES)
def test_imports_only_what_lies_below(module: str) -> None:
    part = part_of(module)
    if part is None:
        assert module in {"efa_constructs"}, f"{module} belongs to no part that MAY_IMPORT lists"
        assert list(imported(module, MODULES[module])) in ([], ["__future__.annotations"])
        return
    for name in imported(module, MODULES[module]):
        below = part_of(name)
        assert below is None or below == part or below in MAY_IMPORT[part], f"{module} imports {name}"


@pytest.mark.parametrize("package", ONLY_IN)
def test_a_costly_package_is_imported_only_where_it_belongs(package: str) -> None:
    importers = {
        module
        for module, path in MODULES.items()
        for name in imported(module, path)
        if name == package or name.startswith(f"{package}.")
    }
    strays = [
        module
        for module in importers
        if not any(module == home or module.startswith(f"{home}.") for home in ONLY_IN[package])
    ]
    assert strays == []


def loaded_by(statement: str) -> set[str]:
    code = f"import sys\n{statement}\nprint(*sys.modules, sep='\\n')"
    lines = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout
    return set(lines.splitlines())


@pytest.mark.parametrize(
    "package", ["jsii", "aws_cdk", "boto3", "botocore", "jinja2", "kr8s", "matplotlib", "moto", "rich.table"]
)
def test_the_command_starts_without(package: str) -> None:
    assert package not in loaded_by("import efa_constructs.cli")


def test_reading_cluster_facts_does_not_load_boto3() -> None:
    assert "boto3" not in loaded_by("import efa_constructs.lookups.cluster_facts, efa_constructs.lookups.deployed")


@pytest.mark.parametrize("module", ["dataclasses", "inspect", "difflib", "pathlib", "jsii", "boto3"])
def test_the_catalogue_answers_without_what_takes_longer_to_import_than_its_data(module: str) -> None:
    loaded = loaded_by("from efa_constructs import catalogue; catalogue.get('p5.48xlarge')")
    assert "efa_constructs.catalogue.instance_types" in loaded
    assert module not in loaded
