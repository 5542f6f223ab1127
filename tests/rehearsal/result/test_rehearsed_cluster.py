"""What is found in a rehearsed cluster beside what is found in any."""

from __future__ import annotations

import json
from typing import Any

import pytest

from efa_constructs.cluster.finding import Finding, Level
from efa_constructs.cluster.summary_json import finding_to_json
from efa_constructs.rehearsal.result.rehearsed_cluster import judge_cluster
from efa_constructs.rehearsal.twin.outcomes import MESSAGE_ANNOTATION, OUTCOME_ANNOTATION
from efa_constructs.rules.security_groups import EGRESS_TO_ITSELF

from ...cluster.diagnosis.objects import DEPLOYED, job, nodes, operator, operator_pod, pod, snapshot, waiting_worker

OPERATOR = operator()
TRAIN = job("train", "Created")


def found(*pods: dict[str, Any], job: dict[str, Any]) -> tuple[Finding, ...]:
    running = snapshot(deployments=[OPERATOR], mpi_jobs=[job], pods=[operator_pod(OPERATOR), *pods])
    return judge_cluster(running, running, DEPLOYED).findings


def test_a_config_map_that_is_missing_is_named_once_with_those_that_wait() -> None:
    told = {OUTCOME_ANNOTATION: "wait", MESSAGE_ANNOTATION: 'configmap "data" not found'}
    waiting = [waiting_worker(TRAIN, number) for number in (0, 1)]
    for one in waiting:
        one["metadata"]["annotations"] = told
        one["spec"]["nodeName"] = nodes()[0]["metadata"]["name"]
        one["status"] = {"phase": "Pending"}
    (finding,) = found(*waiting, job=TRAIN)
    assert (finding.code, finding.level) == ("object-missing", Level.FAULT)
    assert "MPIJob 'default/train'" in finding.problem
    assert "configmap \"data\" not found in the namespace 'default'" in finding.problem


NO_EGRESS_RULE = Finding(
    code="no-egress-rule", level=Level.BLOCKS, problem="no egress rule", fix="add one", rule=EGRESS_TO_ITSELF
)


@pytest.mark.parametrize(
    ("transport", "environment", "codes"),
    [
        ("efa", [], []),
        ("tcp-instead", [], [("efa-does-not-pass", "EFA-SG-001")]),
        ("tcp", [], [("no-efa-requested", "EFA-JOB-017")]),
        ("tcp", [{"name": "NCCL_NET", "value": "Socket"}], []),
    ],
)
def test_what_carries_the_traffic_is_told_where_it_is_not_efa(
    transport: str, environment: list[dict[str, str]], codes: list[tuple[str, str]]
) -> None:
    ran = job("train", "Succeeded")
    ran["spec"]["mpiReplicaSpecs"]["Worker"]["template"]["spec"]["containers"][0]["env"] = environment
    fabric = {"transport": transport, "findings": [finding_to_json(NO_EGRESS_RULE)]}
    launcher = pod(
        "train-launcher-x",
        ran,
        "MPIJob",
        labels={"training.kubeflow.org/job-role": "launcher"},
        annotations={"rehearsal.efa-constructs/fabric": json.dumps(fabric)},
    )
    told = found(launcher, job=ran)
    assert [(finding.code, finding.rule and finding.rule.id) for finding in told] == codes
