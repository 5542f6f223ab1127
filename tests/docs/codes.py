"""The stable codes of what the commands say, from the code that says it."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from importlib import import_module

from efa_constructs.cluster.diagnosis.mpi_job_causes import REMEDIES
from efa_constructs.rules import Rule
from efa_constructs.verify.causes import CAUSES, WITHOUT_MPI
from efa_constructs.verify.verdict import Verdict

from .pages import ROOT

_PACKAGE = ROOT / "efa_constructs"


def _text(*files: str) -> str:
    found = [path.read_text() for glob in files for path in sorted(_PACKAGE.glob(glob))]
    assert found, files
    return "".join(found)


def _codes(*files: str) -> set[str]:
    """What these modules give as ``code``, also by the name of a constant of theirs."""
    text = _text(*files)
    constants = dict(re.findall(r'^([A-Z_]+) = "([a-z-]+)"$', text, re.MULTILINE))
    return {literal or constants[name] for literal, name in re.findall(r'code=(?:f?"([^"]+)"|([A-Z_]+)\b)', text)}


def fabric_codes() -> set[str]:
    """Of findings about node groups and the fabric."""
    found = _codes("cluster/fabric.py", "cluster/node_group_health.py", "cluster/*_findings.py")
    return found - {"no-{direction}-rule"} | {"no-ingress-rule", "no-egress-rule"}


def cluster_codes() -> set[str]:
    """Of findings of ``efa status`` beside those of the fabric."""
    found = _codes("cluster/node_group_health.py", "cluster/diagnosis/*.py")
    return found | {"workers-do-not-resolve", *(code for _, code, _ in REMEDIES), "launcher-failed"}


def rehearsal_codes() -> set[str]:
    """Of findings that only a rehearsal has."""
    return _codes("rehearsal/result/*.py")


def preflight_ids() -> set[str]:
    """Of the rows of ``efa preflight``."""
    return set(re.findall(r'Check\(\s*"([a-z-]+)"', _text("preflight/*.py")))


def verify_codes() -> set[str]:
    """Of the causes and verdicts of ``efa verify``."""
    return {cause.code for cause in (*CAUSES, WITHOUT_MPI)} | {verdict.value for verdict in Verdict}


def rules_of_findings() -> set[tuple[str, str]]:
    """Each code of a finding, or of a cause, with the id of a rule that the code gives it by its name."""
    return {
        (code, rule.id)
        for path in (
            *_PACKAGE.glob("cluster/*.py"),
            *_PACKAGE.glob("cluster/diagnosis/*.py"),
            *_PACKAGE.glob("rehearsal/result/*.py"),
        )
        for code, rule in _rules_in(ast.parse(path.read_text()))
    } | {(cause.code, cause.rule.id) for cause in CAUSES if cause.rule is not None}


def _rules_in(module: ast.Module) -> Iterator[tuple[str, Rule]]:
    known = {}
    for node in module.body:
        if isinstance(node, ast.ImportFrom) and node.module is not None and node.module.startswith("rules."):
            rules = import_module(f"efa_constructs.{node.module}")
            known |= {alias.name: getattr(rules, alias.name) for alias in node.names}
    for call in ast.walk(module):
        given = {word.arg: word.value for word in call.keywords} if isinstance(call, ast.Call) else {}
        code = given.get("code")
        if isinstance(code, ast.Constant) and "rule" in given:
            names = [node.id for node in ast.walk(given["rule"]) if isinstance(node, ast.Name)]
            yield from ((str(code.value), known[name]) for name in names if name in known)
