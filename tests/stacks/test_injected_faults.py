"""Mistakes that neither CDK nor CloudFormation nor cfn-lint sees in time, put into the app's own templates: each is
found by its rule, and by no other."""

from __future__ import annotations

import copy
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import aws_cdk as cdk
import pytest

from app import define
from efa_constructs.review import review
from efa_constructs.review.stack_template import StackTemplate
from efa_constructs.review.templates import Templates
from efa_constructs.rules import Severity
from tests.apps import UNSTAGED

Properties = dict[str, Any]
Fault = Callable[[Properties], object]

NODE_GROUP = "AWS::EKS::Nodegroup"
LAUNCH_TEMPLATE = "AWS::EC2::LaunchTemplate"
PLACEMENT_GROUP = "AWS::EC2::PlacementGroup"
EGRESS = "AWS::EC2::SecurityGroupEgress"


def setting(path: str, value: Any) -> Fault:
    *way, last = [int(name) if name.isdecimal() else name for name in path.split(".")]

    def inject(properties: Properties) -> None:
        at: Any = properties
        for name in way:
            at = at[name]
        at[last] = value

    return inject


def data(path: str, value: Any) -> Fault:
    return setting(f"LaunchTemplateData.{path}", value)


# The kinds, in the order in which they were first tried on CDK's own validation and on cfn-lint.
FAULTS = [
    ("AmiType", NODE_GROUP, setting("AmiType", "AL2023_x86_64_NVIDEA"), "EFA-CFN-003"),
    ("CapacityType", NODE_GROUP, setting("CapacityType", "ONDEMAND"), "EFA-CFN-003"),
    ("Strategy", PLACEMENT_GROUP, setting("Strategy", "clustered"), "EFA-CFN-003"),
    ("HttpTokens", LAUNCH_TEMPLATE, data("MetadataOptions.HttpTokens", "requred"), "EFA-CFN-003"),
    ("Effect", NODE_GROUP, setting("Taints", [{"Key": "efa", "Effect": "PreferNoSchedule"}]), "EFA-CFN-003"),
    ("unknown property", NODE_GROUP, setting("ScalingConfig.MinimumSize", 1), "EFA-CFN-001"),
    ("wrong type", NODE_GROUP, setting("ScalingConfig.DesiredSize", "two"), "EFA-CFN-002"),
    (
        "bad GetAtt",
        NODE_GROUP,
        lambda properties: properties["LaunchTemplate"]["Version"].update(
            {"Fn::GetAtt": [properties["LaunchTemplate"]["Id"]["Ref"], "NewestVersionNumber"]}
        ),
        "EFA-CFN-005",
    ),
    ("ill-formed subnet", NODE_GROUP, setting("Subnets", ["subnet-private-1"]), "EFA-CFN-008"),
    ("ill-formed group", LAUNCH_TEMPLATE, data("NetworkInterfaces.2.Groups.0", "sg-cluster"), "EFA-CFN-008"),
    ("InterfaceType", LAUNCH_TEMPLATE, data("NetworkInterfaces.2.InterfaceType", "effa"), "EFA-NI-001"),
    ("duplicate DeviceIndex", LAUNCH_TEMPLATE, data("NetworkInterfaces.1.DeviceIndex", 0), "EFA-NI-002"),
    (
        "missing NetworkCardIndex",
        LAUNCH_TEMPLATE,
        lambda properties: properties["LaunchTemplateData"]["NetworkInterfaces"][2].pop("NetworkCardIndex"),
        "EFA-NI-003",
    ),
    ("card 99", LAUNCH_TEMPLATE, data("NetworkInterfaces.4.NetworkCardIndex", 99), "EFA-NI-006"),
    ("desired > max", NODE_GROUP, setting("ScalingConfig.DesiredSize", 4), "EFA-NG-001"),
    ("empty Subnets", NODE_GROUP, setting("Subnets", []), "EFA-NG-003"),
    ("unknown instance type", LAUNCH_TEMPLATE, data("InstanceType", "p4d.24xlrge"), "EFA-NG-006"),
    ("DiskSize + launch template", NODE_GROUP, setting("DiskSize", 300), "EFA-NG-017"),
    ("UserData", LAUNCH_TEMPLATE, data("UserData", "#!/bin/bash\necho hello\n"), "EFA-LT-004"),
    ("IpProtocol all", EGRESS, setting("IpProtocol", "all"), "EFA-SG-010"),
    ("MaxUnavailable + percentage", NODE_GROUP, setting("UpdateConfig.MaxUnavailablePercentage", 50), "EFA-NG-019"),
    ("IamInstanceProfile", LAUNCH_TEMPLATE, data("IamInstanceProfile", {"Name": "nodes"}), "EFA-LT-001"),
    ("groups in two places", LAUNCH_TEMPLATE, data("SecurityGroupIds", ["sg-0123456789abcdef0"]), "EFA-LT-003"),
    ("SubnetId", LAUNCH_TEMPLATE, data("NetworkInterfaces.0.SubnetId", "subnet-0123456789abcdef0"), "EFA-NI-016"),
]
# Right as well.
ALSO = {
    # Without the rule out to itself, the group carries no EFA.
    "IpProtocol all": {"EFA-SG-001"},
    # The app's job goes to nodes of the type that was meant.
    "unknown instance type": {"EFA-JOB-023"},
}


@pytest.fixture(scope="module")
def stacks(tmp_path_factory) -> dict[str, dict[str, Any]]:
    """The templates of the app on a new cluster, by stack."""
    folder = tmp_path_factory.mktemp("assembly")
    context = json.loads((Path(__file__).parents[2] / "cdk.json").read_text())["context"] | UNSTAGED
    app = cdk.App(outdir=str(folder), context=context, builtin_cloud_formation_validation=False)
    with pytest.MonkeyPatch.context() as patch:
        patch.delenv("CDK_DEFAULT_ACCOUNT", raising=False)
        patch.delenv("CDK_DEFAULT_REGION", raising=False)
        define(app)
    return {stack.stack_name: stack.template for stack in app.synth().stacks}


def broken_rules(stacks: dict[str, dict[str, Any]]) -> set[str]:
    templates = Templates(
        StackTemplate(name=name, document=document, file=Path(f"{name}.json"), region="us-east-1")
        for name, document in stacks.items()
    )
    return {finding.rule.id for finding in review(templates).findings if finding.rule.severity is Severity.ERROR}


def test_the_app_itself_breaks_no_rule(stacks) -> None:
    assert broken_rules(stacks) == set()


@pytest.mark.parametrize(("name", "kind", "inject", "rule"), FAULTS, ids=[name for name, *_ in FAULTS])
def test_finds_a_fault_by_its_rule(stacks, name: str, kind: str, inject: Fault, rule: str) -> None:
    changed = copy.deepcopy(stacks)
    (resource,) = [each for each in changed["EfaNodes"]["Resources"].values() if each["Type"] == kind]
    inject(resource["Properties"])
    assert broken_rules(changed) == {rule} | ALSO.get(name, set())
