"""The pictures of the explanation pages, held against the report of the app that they show."""

from __future__ import annotations

import importlib.util
from pathlib import Path
from xml.etree import ElementTree

import aws_cdk as cdk

from app import define
from tests.apps import UNSTAGED

ROOT = Path(__file__).parents[2]
# As the CDK CLI sets it: by these paths the pictures name things.
PATHS = {"aws:cdk:enable-path-metadata": True}


def test_the_pictures_are_those_of_the_default_apps_report(project_context, monkeypatch):
    for variable in ("CDK_DEFAULT_ACCOUNT", "CDK_DEFAULT_REGION"):
        monkeypatch.delenv(variable, raising=False)
    writer = ROOT / "docs" / ".extensions" / "pictures.py"
    specification = importlib.util.spec_from_file_location("pictures", writer)
    module = importlib.util.module_from_spec(specification)
    specification.loader.exec_module(module)
    app = cdk.App(context=project_context | UNSTAGED | PATHS, builtin_cloud_formation_validation=False)
    define(app)
    drawn = module.pictures(Path(app.synth().directory))
    there = {file.name: file.read_text() for file in (ROOT / "docs" / "pictures").iterdir()}
    assert there == dict(drawn), "run 'make pictures'"
    for name, svg in there.items():
        assert ElementTree.fromstring(svg).tag == "{http://www.w3.org/2000/svg}svg", name
