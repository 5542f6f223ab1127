"""AMI types of nodes that have no EFA: what EKS refuses of them, it refuses of all."""

from __future__ import annotations

import pytest

from ..templates import Change, Template, add, all_of, put, review_of, whole


def services(ami_type: str) -> Change:
    """A further node group, for everything that does not train."""
    return all_of(
        whole,
        add(
            "Services",
            "AWS::EKS::Nodegroup",
            ClusterName={"Ref": "Cluster"},
            NodeRole="arn:aws:iam::123456789012:role/nodes",
            Subnets=[{"Ref": "PrivateSubnet"}],
            InstanceTypes=["m7i.xlarge"],
            AmiType=ami_type,
        ),
    )


def fixes(change: Change) -> list[tuple[str, str]]:
    return [(finding.rule.id, finding.fix) for finding in review_of(change).findings]


@pytest.mark.parametrize(
    ("ami_type", "instead"),
    [
        ("AL2_x86_64", "AL2023_x86_64_STANDARD"),
        ("AL2_ARM_64", "AL2023_ARM_64_STANDARD"),
        ("AL2_x86_64_GPU", "AL2023_x86_64_NEURON or AL2023_x86_64_NVIDIA"),
    ],
)
def test_finds_an_ami_type_that_eks_has_no_more(ami_type: str, instead: str) -> None:
    assert fixes(services(ami_type)) == [("EFA-NG-012", f"use {instead}")]


def test_says_nothing_of_an_ami_type_that_eks_has() -> None:
    assert fixes(services("AL2023_x86_64_STANDARD")) == []
    of_then = all_of(services("AL2_x86_64"), put("Cluster.Version", "1.32"))
    assert "EFA-NG-012" not in [rule for rule, _ in fixes(of_then)]


def test_knows_the_version_of_a_cluster_of_aws_eks() -> None:
    """Whose node groups have the AMI type AL2_x86_64 where nobody says otherwise."""

    def change(template: Template) -> None:
        services("AL2_x86_64")(template)
        config = {"version": "1.34", "name": "training", "accessConfig": {"authenticationMode": "API"}}
        made = {"ServiceToken": "arn:aws:lambda:us-east-1:123456789012:function:eks", "Config": config}
        template["Resources"]["Cluster"] = {"Type": "Custom::AWSCDK-EKS-Cluster", "Properties": made}

    # The others are of the cluster itself, which has no more than these settings.
    of_node_groups = [(rule, fix) for rule, fix in fixes(change) if not rule.startswith("EFA-EKS-")]
    assert of_node_groups == [("EFA-NG-012", "use AL2023_x86_64_STANDARD")]


def test_says_nothing_where_nobody_knows_the_version() -> None:
    def change(template: Template) -> None:
        services("AL2_x86_64")(template)
        put("Services.ClusterName", "training")(template)

    assert fixes(change) == []
