"""Runs examples as a user does, each once."""

from __future__ import annotations

import functools
import json
import runpy
from collections.abc import Callable
from pathlib import Path
from typing import Any

import aws_cdk as cdk
import cdk8s
import pytest
from aws_cdk.assertions import Template

from efa_constructs.tree_warnings import warnings_of

from .programs import OF_MANIFESTS, ROOT, Synthesized, Written, in_files, in_template

# kubectl, which some examples bring, has 57 MB, and nobody here looks at it.
WITHOUT_ASSETS = {"aws:cdk:disable-asset-staging": True}


@pytest.fixture(scope="session")
def synthesize(tmp_path_factory):
    """Run an example of AWS CDK, once, with the feature flags of ``cdk.json``."""
    context = json.loads((ROOT / "cdk.json").read_text())["context"] | WITHOUT_ASSETS

    @functools.cache
    def run(path: Path) -> Synthesized:
        outdir = tmp_path_factory.mktemp(path.stem)
        # The CDK CLI says both by environment variables, which jsii's process reads only when it starts.
        (app,) = _run(path, cdk, functools.partial(cdk.App, outdir=str(outdir), context=context))
        return Synthesized(
            Template.from_json(json.loads((outdir / "Training.template.json").read_text())),
            json.loads((outdir / "validation-report.json").read_text()),
            warnings_of(app),
        )

    return run


@pytest.fixture(scope="session")
def write_manifests(tmp_path_factory):
    """Run an example of plain manifests, once, in a folder of its own."""

    @functools.cache
    def run(path: Path) -> Written:
        folder = tmp_path_factory.mktemp(path.stem)
        # jsii's process, which writes the files, has gone to the folder that Python was in when it started.
        (app,) = _run(path, cdk8s, functools.partial(cdk8s.App, outdir=str(folder)))
        return Written({file.name: file.read_text() for file in sorted(folder.iterdir())}, warnings_of(app))

    return run


@pytest.fixture(scope="session")
def manifests_of(synthesize, write_manifests):
    """The manifests of an example, whether it writes or applies them."""

    def manifests(path: Path) -> list[dict[str, Any]]:
        if path in OF_MANIFESTS:
            return in_files(write_manifests(path).files)
        return in_template(synthesize(path).template)

    return manifests


def _run(path: Path, library: Any, new_app: Callable[..., Any]) -> list[Any]:
    """Run a program with another way to make the App of a library, and give the apps that it made."""
    apps: list[Any] = []

    def remembered(*arguments: Any, **options: Any) -> Any:
        apps.append(new_app(*arguments, **options))
        return apps[-1]

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(library, "App", remembered)
        runpy.run_path(str(path), run_name="__main__")
    return apps
