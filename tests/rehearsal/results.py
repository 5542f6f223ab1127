"""Rehearsal results for tests."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from efa_constructs.cluster.verdict import judge_node_group
from efa_constructs.lookups.deployed import DeployedCluster
from efa_constructs.rehearsal.progress import Stage
from efa_constructs.rehearsal.result import RehearsalResult
from efa_constructs.review.reading.assembly import AssemblyStack, CloudAssembly


def result(*clusters: DeployedCluster, **changes: object) -> RehearsalResult:
    stack = AssemblyStack(
        name="EfaNodes",
        path="EfaNodes",
        template_file=Path("EfaNodes.template.json"),
        account="123456789012",
        region="us-east-1",
        resource_types={"AWS::EC2::LaunchTemplate": 1, "AWS::EKS::Nodegroup": 1},
        bootstrap_qualifier="hnb659fds",
    )
    whole = RehearsalResult(
        assembly=CloudAssembly(
            directory=Path("cdk.out"),
            stacks=(stack,),
            docker_image_names=(),
        ),
        account="123456789012",
        regions=("us-east-1",),
        refusals=(),
        clusters=clusters,
        verdicts=tuple(judge_node_group(group, cluster) for cluster in clusters for group in cluster.node_groups),
        stages=(Stage(name="synthesize", seconds=4.0), Stage(name="deploy", seconds=9.5)),
        seconds=13.6,
        not_checked=("whether AWS has the capacity",),
    )
    return replace(whole, **changes)  # type: ignore[arg-type]
