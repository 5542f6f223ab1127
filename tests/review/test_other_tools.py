"""What other tools make of EFA is not wrong because it is not ours: no error that is not true of it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from efa_constructs.review import read_template_file, review
from efa_constructs.review.reading.template_text import load_template_text
from efa_constructs.rules import Severity

from .templates import sound, templates_of

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
    "hyperpod_cluster": set(),
    "karpenter_launch_template": set(),
    "p5_by_hand": set(),
    "parallel_cluster_queue": set(),
    "pcs_launch_template": set(),
    "trainium": {"EFA-LT-025"},
    "template": {"EFA-LT-011", "EFA-NG-028", "EFA-EKS-003"},
}


@pytest.mark.parametrize("path", [*sorted((HERE / "other_tools").glob("*.yaml")), BY_HAND], ids=lambda path: path.stem)
def test_finds_no_error_that_is_not_true_of_the_template(path: Path) -> None:
    findings = review(read_template_file(path)).findings
    errors = [finding.rule.id for finding in findings if finding.rule.severity is Severity.ERROR]
    assert errors == ERRORS.get(path.stem, [])
    warnings = {finding.rule.id for finding in findings if finding.rule.severity is Severity.WARNING}
    assert warnings == WARNINGS[path.stem]


def test_finds_nothing_in_nodes_whose_security_group_is_of_another_stack() -> None:
    nodes = sound()
    moved = ("SecurityGroup", "Ingress", "Egress")
    network: dict[str, Any] = {"Resources": {name: nodes["Resources"].pop(name) for name in moved}}
    group = network["Resources"]["SecurityGroup"]
    group["Properties"]["Tags"] = [{"Key": "Name", "Value": "efa"}]
    attribute = {"Fn::GetAtt": ["SecurityGroup", "GroupId"]}
    network["Outputs"] = {"Group": {"Value": attribute, "Export": {"Name": "network-EfaGroup"}}}
    for each in nodes["Resources"]["LaunchTemplate"]["Properties"]["LaunchTemplateData"]["NetworkInterfaces"]:
        each["Groups"][1] = {"Fn::ImportValue": "network-EfaGroup"}
    together = review(templates_of(network, nodes))
    assert [finding.problem for finding in together.findings] == []
    # Nor where nobody has the other one at hand, and what it lets pass.
    assert [finding.problem for finding in review(templates_of(nodes)).findings] == []
    del network["Resources"]["Egress"]
    assert [finding.rule.id for finding in review(templates_of(network, nodes)).findings] == ["EFA-SG-001"]


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
