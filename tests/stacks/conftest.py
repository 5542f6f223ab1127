"""The app, with the configuration of ``cdk.json`` and what a test adds."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import aws_cdk as cdk
import pytest

from app import define
from tests.apps import UNSTAGED

ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="session")
def project_context() -> dict[str, Any]:
    """The context that the CDK CLI passes from ``cdk.json``."""
    return json.loads((ROOT / "cdk.json").read_text())["context"]


@pytest.fixture
def app(project_context, monkeypatch):
    """Define the app with further context keys, without synthesizing it."""
    monkeypatch.delenv("CDK_DEFAULT_ACCOUNT", raising=False)
    monkeypatch.delenv("CDK_DEFAULT_REGION", raising=False)

    def define_app(validation: bool = False, **keys: Any) -> cdk.App:
        context = project_context | UNSTAGED | {f"efa:{key}": value for key, value in keys.items()}
        app = cdk.App(context=context, builtin_cloud_formation_validation=validation)
        define(app)
        return app

    return define_app


@pytest.fixture
def facts_file(tmp_path):
    """A cluster facts file: the committed example, changed."""

    def write(change=lambda facts: None) -> str:
        facts = json.loads((ROOT / "examples" / "cluster-facts.json").read_text())
        change(facts)
        path = tmp_path / "cluster-facts.json"
        path.write_text(json.dumps(facts))
        return str(path)

    return write
