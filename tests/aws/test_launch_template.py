"""The escape hatches of the launch template cannot lose its interfaces silently."""

from __future__ import annotations

import pytest
from aws_cdk import Token
from aws_cdk import aws_ec2 as ec2

from efa_constructs.aws import EfaLaunchTemplate, MimePart
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
        ({"metadata_hop_limit": 0}, "^'metadata_hop_limit' must be from 1 to 64, got 0"),
        ({"metadata_hop_limit": 65}, "^'metadata_hop_limit' must be from 1 to 64, got 65"),
        (
            {"ami_type": "AL2023_x86_64_STANDARD"},
            "^'ami_type' AL2023_x86_64_STANDARD has no accelerator driver.*: use AL2023_x86_64_NVIDIA",
        ),
        ({"ami_type": "CUSTOM"}, "^'ami_type' CUSTOM is refused: an AMI of your own needs user data that joins the"),
        (
            {"user_data": [MimePart.shell_script("#!/bin/sh\n" + "#" * 17000)]},
            "^'user_data' makes a document of [0-9]+ bytes, but EC2 takes 16384",
        ),
    ],
)
def test_fails_with_a_message_that_says_what_to_change(bench, overrides, message):
    group = ec2.SecurityGroup.from_security_group_id(bench.stack, "Group", "sg-0dddddddddddddddd")
    arguments = {"instance_type": "p4d.24xlarge", "security_groups": [group]}
    with pytest.raises(InvalidArgumentError, match=message):
        EfaLaunchTemplate(bench.stack, "Template", **arguments | overrides)


def interfaces_at(*places):
    """Interfaces with EFA at these places. None: of that, nothing is said."""
    return [
        {"interfaceType": "efa", "groups": ["sg-0dddddddddddddddd"]}
        | ({} if card is None else {"networkCardIndex": card})
        | ({} if device is None else {"deviceIndex": device})
        for card, device in places
    ]


@pytest.mark.parametrize(
    ("places", "is_one_lost"),
    [
        ([(0, 0), (1, 1), (2, 1), (3, 1)], False),
        # Where nothing is said, EC2 takes 0.
        ([(None, 0), (0, None), (2, 1), (3, 1)], True),
        ([(None, 1), (0, 1), (2, 1), (3, 1)], True),
        ([(1, None), (1, 0), (2, 1), (3, 1)], True),
        ([(1, None), (1, 1), (2, 1), (3, 1)], False),
    ],
)
def test_two_interfaces_on_one_place_are_one_too_few(bench, resource, places, is_one_lost):
    resource.launch_template_data = {
        "instanceType": "p4d.24xlarge",
        "blockDeviceMappings": [{"deviceName": "/dev/xvda"}],
        "networkInterfaces": interfaces_at(*places),
    }
    message = "^.*'launchTemplateData.networkInterfaces' has two interfaces on one device of one network card"
    if is_one_lost:
        with pytest.raises(RuntimeError, match=f"(?s){message}"):
            _ = bench.template
    else:
        _ = bench.template


def test_every_interface_goes_with_its_instance(bench):
    bench.node_group()
    interfaces = bench.launch_template_data["NetworkInterfaces"]
    assert [interface["DeleteOnTermination"] for interface in interfaces] == [True] * 5


def test_tells_how_many_efas_a_node_has(bench):
    assert bench.node_group().launch_template.efa_interface_count == 4


# A token's number is another one in each process: as the name of a test, it would keep them from sharing the tests.
@pytest.mark.parametrize("limit", [1, 64, Token.as_number({"Ref": "Limit"})], ids=["least", "most", "token"])
def test_takes_every_hop_limit_that_ec2_takes(bench, limit):
    group = ec2.SecurityGroup.from_security_group_id(bench.stack, "Group", "sg-0dddddddddddddddd")
    EfaLaunchTemplate(
        bench.stack, "Template", instance_type="p4d.24xlarge", security_groups=[group], metadata_hop_limit=limit
    )
    options = bench.launch_template_data["MetadataOptions"]
    assert options["HttpPutResponseHopLimit"] == (limit if limit in (1, 64) else {"Ref": "Limit"})
