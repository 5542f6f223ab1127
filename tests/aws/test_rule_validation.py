"""The rules as a plugin of CDK's validation."""

from __future__ import annotations

import json
from pathlib import Path

import aws_cdk as cdk
import pytest
from aws_cdk import aws_ec2 as ec2
from aws_cdk import aws_eks_v2 as eks

from efa_constructs.aws import EfaRules
from efa_constructs.review import read_assembly_templates, review
from tests.apps import UNVALIDATED


class App:
    """An app with one node group whose sizes are out of order."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.app = cdk.App(outdir=str(folder), **UNVALIDATED)
        cdk.Validations.of(self.app).add_plugins(EfaRules())
        self.stack = cdk.Stack(self.app, "Nodes")
        self.group = eks.CfnNodegroup(
            self.stack,
            "Group",
            cluster_name="training",
            node_role="arn:aws:iam::123456789012:role/nodes",
            subnets=["subnet-0d1d2d3d4d5d6d7d8"],
            ami_type="AL2023_x86_64_NVIDIA",
            instance_types=["p4d.24xlarge"],
            scaling_config=eks.CfnNodegroup.ScalingConfigProperty(min_size=1, desired_size=5, max_size=3),
        )

    @property
    def report(self) -> dict[str, object]:
        report = json.loads((self.folder / "validation-report.json").read_text())
        (ours,) = [each for each in report["pluginReports"] if each["pluginName"] == "efa-constructs"]
        return ours


def test_synthesis_fails_with_the_id_of_the_rule(tmp_path: Path) -> None:
    app = App(tmp_path)
    with pytest.raises(RuntimeError, match="ScalingConfig is 1 at least, 5 desired and 3 at most") as failure:
        app.app.synth()
    assert "efa-constructs::EFA-NG-001" in str(failure.value)
    assert "choose sizes in this order" in str(failure.value)


def test_says_which_property_of_which_construct(tmp_path: Path) -> None:
    app = App(tmp_path)
    with pytest.raises(RuntimeError):
        app.app.synth()
    (construct,) = next(each for each in app.report["violations"] if each["ruleName"] == "EFA-NG-001")[
        "violatingConstructs"
    ]
    assert construct["constructPath"] == "Nodes/Group"
    assert construct["cloudFormationResource"]["propertyPaths"] == ["Properties.ScalingConfig"]


def test_people_accept_a_finding_with_a_reason_as_those_of_cdk(tmp_path: Path) -> None:
    app = App(tmp_path)
    cdk.Validations.of(app.stack).acknowledge(
        cdk.Acknowledgment(id="efa-constructs::EFA-NG-001", reason="mended by an aspect of ours")
    )
    app.app.synth()
    assert "mended by an aspect of ours" in [each["reason"] for each in app.report["suppressedViolations"]]


def test_a_finding_that_people_accept_stays_visible_in_the_report(tmp_path: Path) -> None:
    app = App(tmp_path)
    cdk.Validations.of(app.stack).acknowledge(
        cdk.Acknowledgment(id="efa-constructs::EFA-NG-001", reason="mended by an aspect of ours")
    )
    app.app.synth()
    acknowledged = review(read_assembly_templates(tmp_path)).acknowledged
    assert [(each.rule.id, each.acknowledged) for each in acknowledged] == [
        ("EFA-NG-001", "mended by an aspect of ours")
    ]


# The CDK CLI sets these.
OF_THE_CLI = {"aws:cdk:enable-path-metadata": True, "aws:cdk:enable-asset-metadata": True}


class Nested(cdk.NestedStack):
    """A stack within another, with a finding and a construct around it."""

    def __init__(self, scope: cdk.Stack) -> None:
        super().__init__(scope, "Nested")
        self.group = ec2.CfnPlacementGroup(self, "Group", strategy="clustered")


@pytest.mark.parametrize("where", ["construct", "nested stack", "stack", "stage", "app"])
def test_a_finding_is_accepted_wherever_people_say_so(tmp_path: Path, where: str) -> None:
    app = cdk.App(outdir=str(tmp_path), context=OF_THE_CLI, **UNVALIDATED)
    cdk.Validations.of(app).add_plugins(EfaRules())
    stage = cdk.Stage(app, "Prod")
    stack = cdk.Stack(stage, "Training")
    nested = Nested(stack)
    places = {"construct": nested.group, "nested stack": nested, "stack": stack, "stage": stage, "app": app}
    acknowledgement = cdk.Acknowledgment(id="efa-constructs::EFA-CFN-003", reason="a strategy to come")
    cdk.Validations.of(places[where]).acknowledge(acknowledgement)
    app.synth()
    reviewed = review(read_assembly_templates(tmp_path))
    assert reviewed.passes
    assert [(each.rule.id, each.acknowledged) for each in reviewed.acknowledged] == [
        ("EFA-CFN-003", "a strategy to come")
    ]


def test_looks_into_nested_stacks_whose_template_says_nothing_of_its_assets(tmp_path: Path) -> None:
    app = cdk.App(outdir=str(tmp_path), **UNVALIDATED)
    cdk.Validations.of(app).add_plugins(EfaRules())
    Nested(cdk.Stack(app, "Training"))
    with pytest.raises(RuntimeError, match="efa-constructs::EFA-CFN-003"):
        app.synth()
    (finding,) = review(read_assembly_templates(tmp_path)).findings
    assert finding.resource.stack.file.name.endswith(".nested.template.json")


def test_accepts_nothing_without_a_reason(tmp_path: Path) -> None:
    app = App(tmp_path)
    cdk.Validations.of(app.stack).acknowledge(cdk.Acknowledgment(id="efa-constructs::EFA-NG-001", reason=" "))
    app.app.synth()
    assert "EFA-NG-001" in [each.rule.id for each in review(read_assembly_templates(tmp_path)).findings]


def test_says_once_that_a_construct_accepts_what_is_no_rule(tmp_path: Path) -> None:
    app = App(tmp_path)
    for identifier in ("efa-constructs::EFA-NG-001", "efa-constructs::EFA-NG-999", "other-rules::EFA-NG-999"):
        cdk.Validations.of(app.stack).acknowledge(cdk.Acknowledgment(id=identifier, reason="known"))
    ec2.CfnPlacementGroup(app.stack, "Placement", strategy="cluster")
    app.app.synth()
    problems = [each.problem for each in review(read_assembly_templates(tmp_path)).findings]
    (problem,) = [each for each in problems if "acknowledges" in each]
    assert problem.startswith("the construct Nodes acknowledges EFA-NG-999, which is no rule")


def test_reads_an_assembly_whose_report_is_odd(tmp_path: Path) -> None:
    app = App(tmp_path)
    cdk.Validations.of(app.stack).acknowledge(cdk.Acknowledgment(id="efa-constructs::EFA-NG-001", reason="known"))
    app.app.synth()
    for odd in ("", "[]", '{"pluginReports": 1}', '{"pluginReports": [{"suppressedViolations": ["odd", {}]}]}'):
        (tmp_path / "validation-report.json").write_text(odd)
        assert len(review(read_assembly_templates(tmp_path)).acknowledged) == 1


def test_follows_references_between_the_stacks_of_an_app(tmp_path: Path) -> None:
    app = cdk.App(outdir=str(tmp_path), **UNVALIDATED)
    cdk.Validations.of(app).add_plugins(EfaRules())
    network = cdk.Stack(app, "Network", stack_name="their-network")
    group = ec2.CfnSecurityGroup(network, "Group", group_description="EFA", vpc_id="vpc-0a1b2c3d4e5f60718")
    ec2.CfnSecurityGroupIngress(
        network,
        "Ingress",
        group_id=group.attr_group_id,
        source_security_group_id=group.attr_group_id,
        ip_protocol="-1",
    )
    nodes = cdk.Stack(app, "Nodes")
    interface = ec2.CfnLaunchTemplate.NetworkInterfaceProperty(
        network_card_index=0, device_index=0, interface_type="efa", groups=[group.attr_group_id]
    )
    ec2.CfnLaunchTemplate(
        nodes,
        "Template",
        launch_template_data=ec2.CfnLaunchTemplate.LaunchTemplateDataProperty(network_interfaces=[interface]),
    )
    with pytest.raises(RuntimeError, match="efa-constructs::EFA-SG-001"):
        app.synth()
