"""The CDK app: reads the configuration and defines the stacks. ``cdk.json`` names it; ``docs/`` explains its keys."""

from __future__ import annotations

import os
import sys

import aws_cdk as cdk

from efa_constructs.errors import EfaConstructsError
from stacks.cluster import EfaClusterStack
from stacks.nodes import EfaNodesStack
from stacks.placement import find_placement
from stacks.settings import Settings, errors_by_key
from stacks.workloads import EfaWorkloadsStack


def define(app: cdk.App) -> None:
    """Define the stacks that the app's context asks for."""
    settings = Settings.from_context(app.node.get_all_context())
    placement = find_placement(
        settings, account=os.environ.get("CDK_DEFAULT_ACCOUNT"), region=os.environ.get("CDK_DEFAULT_REGION")
    )
    environment = cdk.Environment(account=placement.account, region=placement.region)
    cluster = None
    with errors_by_key():
        if settings.cluster_facts is None:
            cluster = EfaClusterStack(app, "EfaCluster", settings=settings, placement=placement, env=environment)
        nodes = EfaNodesStack(app, "EfaNodes", settings=settings, placement=placement, cluster=cluster, env=environment)
        EfaWorkloadsStack(app, "EfaWorkloads", settings=settings, placement=placement, nodes=nodes, env=environment)


if __name__ == "__main__":
    app = cdk.App()
    try:
        define(app)
    except EfaConstructsError as error:
        sys.exit(f"error: {error}")
    app.synth()
