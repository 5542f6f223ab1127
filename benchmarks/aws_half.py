"""The app without the stack of its Kubernetes objects, which needs cdk8s and kubectl: its constructs of AWS alone."""

from __future__ import annotations

import os

import aws_cdk as cdk

from stacks.cluster import EfaClusterStack
from stacks.nodes import EfaNodesStack
from stacks.placement import find_placement
from stacks.settings import Settings

app = cdk.App()
settings = Settings.from_context(app.node.get_all_context())
placement = find_placement(settings, account=None, region=os.environ.get("CDK_DEFAULT_REGION"))
environment = cdk.Environment(region=placement.region)
cluster = EfaClusterStack(app, "EfaCluster", settings=settings, placement=placement, env=environment)
EfaNodesStack(app, "EfaNodes", settings=settings, placement=placement, cluster=cluster, env=environment)
app.synth()
