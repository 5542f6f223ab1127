"""Stacks that are deployed together: what each refers to is found, and in no other place."""

from __future__ import annotations

from pathlib import Path

import pytest

from efa_constructs.review.stack_template import StackTemplate
from efa_constructs.review.templates import Templates

VPC = {"Type": "AWS::EC2::VPC", "Properties": {"CidrBlock": "10.0.0.0/16"}}


def test_tells_stacks_of_the_same_name_apart_wherever_they_go() -> None:
    inner = StackTemplate(name="training/Nested", document={"Resources": {"Vpc": VPC}}, file=Path("nested.json"))
    resources = {"Nested": {"Type": "AWS::CloudFormation::Stack"}}
    outer = StackTemplate(
        name="training", document={"Resources": resources}, file=Path("one.json"), nested={"Nested": inner}
    )
    names = [stack.name for stack in Templates([outer, outer, outer]).stacks]
    assert names == [
        *("training", "training/Nested"),
        *("training (2)", "training (2)/Nested"),
        *("training (3)", "training (3)/Nested"),
    ]


@pytest.mark.parametrize(
    ("account", "region"), [("111111111111", "us-west-2"), ("222222222222", "us-east-1"), (None, "us-west-2")]
)
def test_an_export_is_of_its_own_account_and_region(account: str | None, region: str) -> None:
    exporting = {
        "Resources": {"Vpc": VPC},
        "Outputs": {"Vpc": {"Value": {"Ref": "Vpc"}, "Export": {"Name": "Network:Vpc"}}},
    }
    group = {"Type": "AWS::EC2::SecurityGroup", "Properties": {"VpcId": {"Fn::ImportValue": "Network:Vpc"}}}
    templates = Templates(
        StackTemplate(name=name, document=document, file=Path("t.json"), account=place[0], region=place[1])
        for place in (("111111111111", "us-east-1"), (account, region))
        for name, document in (("Network", exporting), ("Nodes", {"Resources": {"Group": group}}))
    )
    vpcs = [templates.at(group.get("VpcId")) for group in templates.of_type("AWS::EC2::SecurityGroup")]
    assert vpcs == templates.of_type("AWS::EC2::VPC")
