"""The pages about the EKS guide and about other tools: nothing is left out, and what is claimed has a source."""

from __future__ import annotations

import re

import pytest

from efa_constructs import aws, catalogue, errors, k8s

from .pages import ROOT, pages, prose

GUIDE = (ROOT / "docs/eks-guide.md").read_text()
COMPARISON = (ROOT / "docs/comparison.md").read_text()

# What the guide has a person do, in its order: by eksctl, by the AWS CLI, and in the later version.
COMMANDS_OF_THE_GUIDE = [
    "aws ec2 describe-instance-types",
    "aws ec2 describe-instance-type-offerings",
    "efa-cluster.yaml",
    "eksctl create nodegroup",
    "eksctl create cluster",
    "aws eks describe-cluster",
    "aws ec2 describe-subnets",
    "aws ec2 describe-route-tables",
    "aws cloudformation create-stack",
    "aws cloudformation wait",
    "aws eks create-nodegroup",
    "aws eks describe-nodegroup",
    "helm install",
    "amiFamily: Bottlerocket",
    "kubectl get daemonsets -n kube-system",
    "kubectl get pods -n kube-system",
    "kubectl describe nodes",
    "kubectl get pods",
    "kubectl logs -f",
]
STEPS_OF_THE_GUIDE = [
    "1", "2",
    "3, prerequisite", "3.1", "3.2", "3.2", "3, note",
    "3.1", "3.2.1", "3.2.2", "3.2.3", "3.2.4", "3.2.5", "3.2.6", "3.3", "3.4", "3.5", "3.6.1", "3.6.2", "3.6.3", "3.7",
    "4",
    "later: Bottlerocket", "later: check the plugin, 1", "later: check the plugin, 2", "later: check the plugin, 3",
    "operator", "image", "1", "2", "3", "more examples",
]  # fmt: skip


def rows(text: str) -> list[list[str]]:
    """Of all tables, without their headings."""
    lines = text.splitlines()
    return [
        [cell.strip() for cell in line.strip("|").split(" | ")]
        for number, line in enumerate(lines)
        if line.startswith("|")
        and not line.startswith("| ---")
        and not "".join(lines[number + 1 : number + 2]).startswith("| ---")
    ]


def test_every_step_of_the_guide_is_there_in_its_order():
    assert [row[0] for row in rows(GUIDE) if len(row) == 4] == STEPS_OF_THE_GUIDE


@pytest.mark.parametrize("command", COMMANDS_OF_THE_GUIDE)
def test_every_command_of_the_guide_is_named(command):
    assert command in GUIDE


@pytest.mark.parametrize("row", rows(GUIDE), ids=lambda row: " ".join(row)[:60])
def test_a_row_about_the_guide_says_what_is_done_here_and_what_changed(row):
    assert len(row) in (3, 4)
    assert all(row)


@pytest.mark.parametrize("section", re.findall(r"^## (.+)$", COMPARISON, re.MULTILINE))
def test_a_tool_is_praised_before_it_is_set_apart_and_every_claim_has_a_source(section):
    text = COMPARISON.partition(f"\n## {section}\n")[2].partition("\n## ")[0]
    if section not in ("eksctl", "terraform-aws-eks", "Karpenter", "cdk-eks-blueprints"):
        return
    better, _, different = text.partition("With EFA, it is different:")
    assert better.startswith("\nIt does better:")
    for part in (better, different):
        claims = re.findall(r"^\* ((?:.+\n(?!\* ))*.+)", part, re.MULTILINE)
        assert len(claims) >= 2
        assert [claim for claim in claims if "](https://" not in claim] == []


def test_the_comparison_is_dated_and_has_a_cell_for_everybody():
    assert re.search(r"as of 20\d\d-\d\d-\d\d", COMPARISON)
    table = rows(COMPARISON.partition("## In short")[2].partition("\n## ")[0])
    assert len(table) >= 10
    assert {len(row) for row in table} == {6}


NAMES = {name for module in (aws, k8s, catalogue, errors) for name in module.__all__}
OF_THE_APP = {"EfaCluster", "EfaNodes", "EfaWorkloads", "EfaPerNode", "EfaSecurityGroupId"}


def test_classes_that_are_mentioned_exist():
    mentioned = {
        name
        for page in pages()
        # The lines of the page on security are logical ids, which tests/docs/test_security.py compares.
        if page.name not in ("CHANGELOG.md", "security.md")
        for name in re.findall(r"`((?:Efa|Mpi|Nccl|Nvidia|Neuron|Fabric|Kubectl|Eks)[A-Z]\w+)[`(.]", prose(page))
    }
    assert mentioned - NAMES - OF_THE_APP == set()
