"""The IAM policy in the documentation allows what ``efa_constructs/lookups`` asks AWS, and nothing else."""

from __future__ import annotations

import ast
import json
import re
from collections.abc import Iterator
from pathlib import Path

import botocore.session
from botocore import xform_name

ROOT = Path(__file__).parents[2]
PAGE = ROOT / "docs" / "reference" / "permissions.md"
# Of a client: the name of its service, and the prefix of its actions.
SERVICES = {
    "cloudformation": ("cloudformation", "cloudformation"),
    "ec2": ("ec2", "ec2"),
    "eks": ("eks", "eks"),
    "iam": ("iam", "iam"),
    "service_quotas": ("service-quotas", "servicequotas"),
    "ssm": ("ssm", "ssm"),
    "sts": ("sts", "sts"),
}
NEEDS_NO_PERMISSION = {"sts:GetCallerIdentity"}


def asked(tree: ast.AST) -> Iterator[tuple[str, str]]:
    """Client and method of every call of ``clients.CLIENT.METHOD()``, and of what a paginator pages."""
    for node in ast.walk(tree):
        if not (isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute)):
            continue
        client = node.func.value
        if not (isinstance(client, ast.Attribute) and client.attr in SERVICES):
            continue
        method = node.func.attr
        if method == "get_paginator":
            [name] = node.args
            assert isinstance(name, ast.Constant)
            method = str(name.value)
        yield client.attr, method


def actions_of_lookups() -> set[str]:
    session = botocore.session.get_session()
    actions = set()
    for path in (ROOT / "efa_constructs" / "lookups").rglob("*.py"):
        for client, method in asked(ast.parse(path.read_text(encoding="utf-8"))):
            service, prefix = SERVICES[client]
            operations = session.get_service_model(service).operation_names
            [operation] = [name for name in operations if xform_name(name) == method]
            actions.add(f"{prefix}:{operation}")
    return actions


def actions_of_page() -> set[str]:
    [text] = re.findall(r"```json\n(.*?)```", PAGE.read_text(encoding="utf-8"), re.DOTALL)
    [statement] = json.loads(text)["Statement"]
    assert (statement["Effect"], statement["Resource"]) == ("Allow", "*")
    assert statement["Action"] == sorted(statement["Action"])
    return set(statement["Action"])


def test_the_policy_allows_what_the_commands_ask_and_nothing_else() -> None:
    assert actions_of_page() == actions_of_lookups() - NEEDS_NO_PERMISSION


def test_the_policy_allows_only_questions() -> None:
    verbs = {re.split(r"(?<=[a-z])(?=[A-Z])", action.partition(":")[2])[0] for action in actions_of_page()}
    assert verbs <= {"Describe", "Get", "List", "Simulate"}
