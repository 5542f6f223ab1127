"""The cdk8s app: writes the manifests of the app's workloads, for people who use kubectl, Argo CD or Flux.

``make manifests`` runs it. It reads the same configuration as ``app.py``, from ``cdk.json``.
"""

from __future__ import annotations

import json
import os
import sys
from pathlib import Path

import cdk8s

from efa_constructs.errors import EfaConstructsError
from efa_constructs.tree_warnings import warnings_of
from stacks.charts import Charts
from stacks.placement import find_placement
from stacks.settings import Settings, errors_by_key

# Apart, because kubectl knows an MPIJob only once what is in the first has been applied.
CLUSTER, JOBS = Path("manifests/cluster"), Path("manifests/jobs")


def write(context: dict[str, object]) -> list[Path]:
    """Write the manifests that a CDK context asks for, and return the files."""
    settings = Settings.from_context(context)
    placement = find_placement(settings, account=None, region=os.environ.get("AWS_REGION"))
    apps = [cdk8s.App(outdir=str(folder)) for folder in (CLUSTER, JOBS)]
    with errors_by_key():
        charts = Charts.of(settings, region=placement.region, cluster=apps[0], jobs=apps[1])
    for chart in charts.all:
        for warning in warnings_of(chart):
            print(f"warning: {warning}", file=sys.stderr)
    for folder in (CLUSTER, JOBS):
        for old in folder.glob("*.k8s.yaml"):
            old.unlink()
    for app in apps:
        app.synth()
    return sorted(path for folder in (CLUSTER, JOBS) for path in folder.glob("*.k8s.yaml"))


if __name__ == "__main__":
    try:
        for path in write(json.loads(Path("cdk.json").read_text(encoding="utf-8"))["context"]):
            print(path)
    except EfaConstructsError as error:
        sys.exit(f"error: {error}")
