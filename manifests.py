"""The cdk8s app: writes the manifests of the app's workloads, for people who use kubectl, Argo CD or Flux.

``make manifests`` runs it. It reads the same configuration as ``app.py``, from ``cdk.json``.
"""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Iterable, Mapping
from pathlib import Path

import cdk8s

from efa_constructs.errors import EfaConstructsError
from efa_constructs.manifest_size import check_manifest_sizes
from efa_constructs.tree_warnings import warnings_of
from stacks.charts import Charts
from stacks.placement import find_placement
from stacks.settings import Settings, errors_by_key

FOLDER = Path("manifests")


def write(context: Mapping[str, object], folder: Path) -> list[Path]:
    """Write the manifests that a CDK context asks for, in place of those that were there, and return the files."""
    settings = Settings.from_context(context)
    placement = find_placement(settings, account=None, region=os.environ.get("AWS_REGION"))
    # Apart, because kubectl knows an MPIJob only once what is in the first has been applied. As absolute paths: jsii's
    # process has a working directory of its own.
    folders = [folder.resolve() / name for name in ("cluster", "jobs")]
    cluster, jobs = (cdk8s.App(outdir=str(outdir)) for outdir in folders)
    with errors_by_key():
        charts = Charts.of(settings, region=placement.region, cluster=cluster, jobs=jobs)
    for chart in charts.all:
        check_manifest_sizes(chart.to_json())
        for warning in warnings_of(chart):
            print(f"warning: {warning}", file=sys.stderr)
    for old in _manifests(folders):
        old.unlink()
    cluster.synth()
    jobs.synth()
    return _manifests(folders)


def _manifests(folders: Iterable[Path]) -> list[Path]:
    return sorted(path for folder in folders for path in folder.glob("*.k8s.yaml"))


if __name__ == "__main__":
    try:
        for path in write(json.loads(Path("cdk.json").read_text(encoding="utf-8"))["context"], FOLDER):
            print(path.relative_to(Path.cwd()))
    except EfaConstructsError as error:
        sys.exit(f"error: {error}")
