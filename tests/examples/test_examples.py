"""Every example runs as a user runs it, and defines what it says."""

from __future__ import annotations

import json
import re
from typing import Any

import pytest
from aws_cdk.assertions import Match, Template

from efa_constructs import catalogue
from tests.docs.pages import pages
from tests.reviews import errors_in_template

from .programs import EXAMPLES, OF_TEMPLATES, path_of

INTERFACES_OF_P4D = [
    (0, 0, "interface"),
    (0, 1, "efa-only"),
    (1, 0, "efa-only"),
    (2, 0, "efa-only"),
    (3, 0, "efa-only"),
]

BROKEN_RESOURCE = 'ec2.CfnPlacementGroup(stack, "Rack", strategy="clusters")\n'


@pytest.fixture
def example(synthesize):
    """The template of the example with a number."""

    def template(number: int) -> Template:
        return synthesize(path_of(number)).template

    return template


def launch_templates(template: Template) -> list[dict[str, Any]]:
    resources = template.find_resources("AWS::EC2::LaunchTemplate").values()
    return [resource["Properties"]["LaunchTemplateData"] for resource in resources]


def interface_table(launch_template: dict[str, Any]) -> list[tuple[int, int, str]]:
    return [
        (interface["NetworkCardIndex"], interface["DeviceIndex"], interface["InterfaceType"])
        for interface in launch_template["NetworkInterfaces"]
    ]


def findings(report: dict[str, Any]) -> list[str]:
    return [finding["ruleName"] for plugin in report["pluginReports"] for finding in plugin["violations"]]


def test_numbers_the_examples_without_a_gap():
    numbers = [int(path.name.partition("_")[0]) for path in EXAMPLES]
    assert numbers == list(range(1, len(EXAMPLES) + 1))


@pytest.mark.parametrize("path", OF_TEMPLATES, ids=lambda path: path.stem)
def test_synthesizes_without_a_finding_of_cdks_own_validation(synthesize, path):
    synthesized = synthesize(path)
    assert findings(synthesized.report) == []
    for launch_template in launch_templates(synthesized.template):
        efas = [row for row in interface_table(launch_template) if row[2].startswith("efa")]
        assert len(efas) == catalogue.get(launch_template["InstanceType"]).maximum_efa_interfaces


@pytest.mark.parametrize("path", OF_TEMPLATES, ids=lambda path: path.stem)
def test_breaks_no_rule(synthesize, path):
    assert errors_in_template(synthesize(path).template.to_json()) == []


def test_would_see_a_finding(synthesize, tmp_path):
    broken = tmp_path / "broken.py"
    broken.write_text(EXAMPLES[0].read_text().replace("app.synth()", BROKEN_RESOURCE + "app.synth()"))
    assert findings(synthesize(broken).report) == ["W3030"]


@pytest.mark.parametrize("path", EXAMPLES, ids=lambda path: path.stem)
def test_begins_with_a_sentence_about_what_the_example_shows(path):
    first_line = path.read_text().splitlines()[0]
    assert first_line.startswith('"""')
    assert first_line.endswith((".", ","))


def test_joins_nodes_to_a_given_cluster(example):
    template = example(1)
    template.has_resource_properties(
        "AWS::EKS::Nodegroup",
        {
            "ClusterName": "training",
            "Subnets": ["subnet-0d1d2d3d4d5d6d7d8"],
            "ScalingConfig": {"MinSize": 1, "DesiredSize": 2, "MaxSize": 3},
        },
    )
    (launch_template,) = launch_templates(template)
    assert interface_table(launch_template) == INTERFACES_OF_P4D
    for interface in launch_template["NetworkInterfaces"]:
        assert len(interface["Groups"]) == 2
        assert interface["Groups"][0] == "sg-0c1c2c3c4c5c6c7c8"


def test_makes_network_cluster_and_nodes_that_may_write_to_a_bucket(example):
    template = example(2)
    template.resource_count_is("AWS::EC2::VPC", 1)
    template.resource_count_is("AWS::EKS::Cluster", 1)
    (group,) = template.find_resources("AWS::EKS::Nodegroup").values()
    role = group["Properties"]["NodeRole"]["Fn::GetAtt"][0]
    template.has_resource_properties(
        "AWS::IAM::Policy",
        {
            "Roles": [{"Ref": role}],
            "PolicyDocument": {"Statement": [{"Action": Match.array_with(["s3:GetObject*", "s3:PutObject"])}]},
        },
    )


def test_takes_nodes_from_a_capacity_block(example):
    template = example(3)
    template.has_resource_properties("AWS::EKS::Nodegroup", {"CapacityType": "CAPACITY_BLOCK"})
    template.resource_count_is("AWS::EC2::PlacementGroup", 0)
    (launch_template,) = launch_templates(template)
    assert launch_template["InstanceMarketOptions"] == {"MarketType": "capacity-block"}
    target = launch_template["CapacityReservationSpecification"]["CapacityReservationTarget"]
    assert target == {"CapacityReservationId": "cr-0123456789abcdef0"}


def test_takes_nodes_from_a_reservation_in_its_placement_group(example):
    template = example(4)
    template.resource_count_is("AWS::EC2::PlacementGroup", 0)
    (launch_template,) = launch_templates(template)
    assert launch_template["Placement"] == {"GroupName": "training-rack"}
    assert "CapacityReservationTarget" in launch_template["CapacityReservationSpecification"]


def test_joins_a_file_system_to_the_nodes_by_rules_that_exist_before_it(example):
    template = example(5)
    (file_system,) = template.find_resources("AWS::FSx::FileSystem").values()
    (storage_group,) = file_system["Properties"]["SecurityGroupIds"]
    (launch_template,) = launch_templates(template)
    node_group = launch_template["NetworkInterfaces"][0]["Groups"][1]
    for kind, peer in (("Ingress", "SourceSecurityGroupId"), ("Egress", "DestinationSecurityGroupId")):
        rules = template.find_resources(f"AWS::EC2::SecurityGroup{kind}")
        joined = {
            (json.dumps(rule["Properties"]["GroupId"]), json.dumps(rule["Properties"][peer])): name
            for name, rule in rules.items()
        }
        for pair in ((storage_group, storage_group), (storage_group, node_group), (node_group, storage_group)):
            rule = joined[json.dumps(pair[0]), json.dumps(pair[1])]
            assert rules[rule]["Properties"]["IpProtocol"] == "-1"
            assert rule in file_system["DependsOn"]


def test_adds_user_data_volumes_labels_and_taints(example):
    template = example(6)
    (launch_template,) = launch_templates(template)
    user_data = launch_template["UserData"]["Fn::Base64"]
    assert user_data.index("max_user_instances") < user_data.index("containerLogMaxSize") < user_data.index("RAID0")
    sizes = [device["Ebs"]["VolumeSize"] for device in launch_template["BlockDeviceMappings"]]
    assert sizes == [500, 1000]
    (group,) = template.find_resources("AWS::EKS::Nodegroup").values()
    assert group["Properties"]["Taints"] == [{"Key": "nvidia.com/gpu", "Value": "true", "Effect": "NO_SCHEDULE"}]
    assert group["Properties"]["Labels"]["team"] == "research"


def test_adds_interfaces_with_an_address_on_further_cards(example):
    template = example(7)
    (launch_template,) = launch_templates(template)
    with_address = [row for row in interface_table(launch_template) if row[2] == "interface"]
    template.has_output("EfaPerNode", {"Value": "32"})
    template.has_output("AddressesPerNode", {"Value": str(len(with_address))})
    assert len(with_address) > 1


def test_puts_two_node_groups_into_one_security_group_and_placement_group(example):
    template = example(8)
    first, second = launch_templates(template)
    assert first["NetworkInterfaces"] == second["NetworkInterfaces"]
    assert first["Placement"] == second["Placement"]
    template.resource_count_is("AWS::EC2::SecurityGroup", 1)
    groups = template.find_resources("AWS::EKS::Nodegroup").values()
    assert {group["Properties"]["CapacityType"] for group in groups} == {"ON_DEMAND", "SPOT"}


def test_chooses_a_type_and_its_image_from_the_catalogue(example):
    template = example(9)
    template.has_output("InstanceType", {"Value": "trn1.32xlarge"})
    template.has_resource_properties("AWS::EKS::Nodegroup", {"AmiType": "AL2023_x86_64_NEURON"})


def test_makes_a_launch_template_without_a_node_group(example):
    template = example(10)
    template.resource_count_is("AWS::EKS::Nodegroup", 0)
    (launch_template,) = launch_templates(template)
    assert interface_table(launch_template) == [(0, 0, "interface"), (0, 1, "efa-only"), (1, 0, "efa-only")]
    assert "IamInstanceProfile" not in launch_template


def test_documentation_names_examples_that_there_are():
    named = {name for page in pages() for name in re.findall(r"\b\d\d_\w+\.py\b", page.read_text())}
    assert named
    assert named <= {path.name for path in EXAMPLES}
