"""The escape hatches of the launch template cannot lose its interfaces silently."""

from __future__ import annotations

import pytest
from aws_cdk import Token
from aws_cdk import aws_ec2 as ec2

from efa_constructs.aws import EfaLaunchTemplate
from efa_constructs.errors import InvalidArgumentError


@pytest.fixture
def resource(bench):
    """The level 1 construct behind a node group's launch template: where escape hatches lead."""
    return bench.node_group().launch_template.node.default_child


def test_stays_open_to_typed_properties_and_overrides(bench, resource):
    resource.add_property_override("LaunchTemplateData.EbsOptimized", True)
    assert bench.launch_template_data["EbsOptimized"] is True


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (
            {"instance_type": "p4d.24xlarge", "network_interfaces": [{"device_index": 0}]},
            r"'launchTemplateData' was set to an object that is now empty.*without instanceType.*snake_case",
        ),
        (
            ec2.CfnLaunchTemplate.LaunchTemplateDataProperty(instance_type="p4d.24xlarge"),
            "set to 0 interfaces, 0 of them with EFA, instead of 5, 4 of them with EFA",
        ),
        (
            ec2.CfnLaunchTemplate.LaunchTemplateDataProperty(
                instance_type="p4d.24xlarge", network_interfaces=[{"network_card_index": card} for card in range(5)]
            ),
            r"'launchTemplateData.networkInterfaces\[0\]' was set to an object that is now empty.*snake_case",
        ),
        (
            ec2.CfnLaunchTemplate.LaunchTemplateDataProperty(
                instance_type="p4d.24xlarge",
                network_interfaces=[{"deviceIndex": 0, "interfaceType": "efa-only"} for _ in range(5)],
            ),
            "two interfaces on one device of one network card",
        ),
    ],
)
def test_refuses_to_lose_its_interfaces(bench, resource, data, message):
    resource.launch_template_data = data
    with pytest.raises(RuntimeError, match=f"(?s){message}"):
        _ = bench.template


@pytest.mark.parametrize(
    ("data", "rendered"),
    [
        (
            ec2.CfnLaunchTemplate.LaunchTemplateDataProperty(
                instance_type="p4d.24xlarge",
                network_interfaces=Token.as_any({"Ref": "Interfaces"}),
                block_device_mappings=Token.as_any({"Ref": "Volumes"}),
            ),
            {
                "InstanceType": "p4d.24xlarge",
                "NetworkInterfaces": {"Ref": "Interfaces"},
                "BlockDeviceMappings": {"Ref": "Volumes"},
            },
        ),
        (Token.as_any({"instanceType": "p4d.24xlarge"}), {"InstanceType": "p4d.24xlarge"}),
    ],
)
def test_leaves_alone_what_is_known_only_at_deployment(bench, resource, data, rendered):
    resource.launch_template_data = data
    assert bench.launch_template_data == rendered


def test_refuses_to_lose_its_metadata_options(bench, resource):
    data = ec2.CfnLaunchTemplate.LaunchTemplateDataProperty(
        instance_type="p4d.24xlarge",
        network_interfaces=resource.launch_template_data.network_interfaces,
        metadata_options={"http_tokens": "required"},
    )
    resource.launch_template_data = data
    with pytest.raises(RuntimeError, match=r"'launchTemplateData.metadataOptions' .* now empty: .*snake_case"):
        _ = bench.template


@pytest.mark.parametrize(
    ("overrides", "message"),
    [
        ({"security_groups": []}, "'security_groups' has no security group.*EFA-SG-007"),
        ({"metadata_hop_limit": 0}, "'metadata_hop_limit' must be from 1 to 64, got 0"),
    ],
)
def test_fails_with_a_message_that_says_what_to_change(bench, overrides, message):
    group = ec2.SecurityGroup.from_security_group_id(bench.stack, "Group", "sg-0dddddddddddddddd")
    arguments = {"instance_type": "p4d.24xlarge", "security_groups": [group]}
    with pytest.raises(InvalidArgumentError, match=message):
        EfaLaunchTemplate(bench.stack, "Template", **arguments | overrides)
