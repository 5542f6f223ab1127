"""What other tools make of EFA is not wrong because it is not ours: no error that is not true of it."""

from __future__ import annotations

from pathlib import Path

import pytest

from efa_constructs.review import read_template_file, review
from efa_constructs.review.reading.template_text import load_template_text
from efa_constructs.rules import Severity

from .templates import templates_of

HERE = Path(__file__).parent
BY_HAND = HERE.parents[1] / "examples" / "cloudformation_and_kubectl" / "template.yaml"
ERRORS = {
    # "NodeSecurityGroupIngressSSHIpv4" there.
    "aws_efa_eks": ["EFA-SG-008"],
}
# What is worth saying of each, all the same. Those two name no version of their launch template, so that a change of it
# alone would reach no node: eksctl has a command that updates nodes, and the other one has people create them by hand.
WARNINGS = {
    "eksctl_managed": {"EFA-LT-013", "EFA-NG-028", "EFA-NG-037"},
    "aws_efa_eks": {"EFA-LT-011", "EFA-LT-013", "EFA-NG-028", "EFA-NG-037"},
    "self_managed_capacity_block": {"EFA-LT-011", "EFA-LT-013"},
    "batch": {"EFA-LT-011"},
    "mapped_node_group": {"EFA-NG-028"},
    "hyperpod_security_group": set(),
    "pcs_launch_template": set(),
    "template": {"EFA-LT-011", "EFA-NG-028", "EFA-EKS-003"},
}


@pytest.mark.parametrize("path", [*sorted((HERE / "other_tools").glob("*.yaml")), BY_HAND], ids=lambda path: path.stem)
def test_finds_no_error_that_is_not_true_of_the_template(path: Path) -> None:
    findings = review(read_template_file(path)).findings
    errors = [finding.rule.id for finding in findings if finding.rule.severity is Severity.ERROR]
    assert errors == ERRORS.get(path.stem, [])
    warnings = {finding.rule.id for finding in findings if finding.rule.severity is Severity.WARNING}
    assert warnings == WARNINGS[path.stem]


MAPPED = HERE / "other_tools" / "mapped_node_group.yaml"
BLOCK = {"Reservation": "cr-0123456789abcdef0", "ReservationType": "capacity-block"}


@pytest.mark.parametrize(
    "parameters",
    [
        *({"InstanceType": name} for name in load_template_text(MAPPED.read_text())["Mappings"]["Layout"]),
        {"Ami": "ami-0123456789abcdef0"},
        {"Nodes": 0},
        {"Reservation": "cr-0123456789abcdef0"},
        BLOCK,
        # None: left for whoever deploys it.
        *({name: None} for name in ("InstanceType", "Ami", "Role", "Nodes", "Reservation", "ReservationType")),
        dict.fromkeys(BLOCK),
    ],
    ids=str,
)
def test_finds_no_error_whatever_people_choose(parameters: dict[str, object]) -> None:
    document = load_template_text(MAPPED.read_text())
    for name, value in parameters.items():
        document["Parameters"][name]["Default"] = value
        if value is None:
            del document["Parameters"][name]["Default"]
    findings = review(templates_of(document)).findings
    assert [finding.problem for finding in findings if finding.rule.severity is Severity.ERROR] == []
