"""The AWS::EC2 types of the emulated account."""

from __future__ import annotations

import base64
from typing import Any

import pytest
from moto.ssm.models import ssm_backends

from efa_constructs.rehearsal.account.placement_groups import placement_groups
from efa_constructs.rehearsal.account.resource_type import AwsError
from efa_constructs.rehearsal.account.resources import resource_type
from efa_constructs.rehearsal.account.resources.ec2 import LaunchTemplate, PlacementGroup
from efa_constructs.rehearsal.account.resources.key_pairs import KeyPair
from efa_constructs.rehearsal.account.resources.network import Subnet
from efa_constructs.rehearsal.account.resources.security_groups import Egress, Group, Ingress

from .training_account import REGION, TrainingAccount


@pytest.fixture
def account() -> TrainingAccount:
    return TrainingAccount()


def _rules(account: TrainingAccount, group_id: str) -> tuple[list[Any], list[Any]]:
    group = account.ec2.get_security_group_from_id(group_id)
    assert group is not None
    return [
        [rule.source_group.get("GroupId") or rule.cidr_ipv4 for rule in rules]
        for rules in (group.ingress_rules, group.egress_rules)
    ]  # type: ignore[return-value]


def _group(account: TrainingAccount, **properties: Any) -> str:
    made = account.make(Group, {"GroupDescription": "EFA", "VpcId": account.vpc_id} | properties, "Group")
    return made.physical_id


def test_every_type_is_registered_before_those_of_moto() -> None:
    for made in (PlacementGroup, LaunchTemplate, KeyPair, Group, Ingress, Egress):
        assert isinstance(resource_type(made.type_name), made)


def test_a_placement_group_can_be_deleted_once_it_is_empty(account: TrainingAccount) -> None:
    made = account.make(PlacementGroup, {"Strategy": "cluster"})
    assert made.attributes["GroupName"] == made.physical_id
    account.create_cluster()
    template = account.launch_template(Placement={"GroupName": made.physical_id})
    account.create_node_group(launchTemplate={"id": template})
    request = account.request(PlacementGroup, {})
    with pytest.raises(AwsError, match="is in use and may not be deleted"):
        PlacementGroup().delete(request, made)
    account.call("DeleteNodegroup", clusterName="training", nodegroupName="p4d")
    PlacementGroup().delete(request, made)
    assert placement_groups(account.ec2) == {}


def test_a_group_lets_everything_out_unless_it_says_otherwise(account: TrainingAccount) -> None:
    assert _rules(account, _group(account)) == [[], ["0.0.0.0/0"]]
    closed = _group(
        account, SecurityGroupEgress=[{"IpProtocol": "tcp", "FromPort": 443, "ToPort": 443, "CidrIp": "10.0.0.0/8"}]
    )
    assert _rules(account, closed) == [[], ["10.0.0.0/8"]]


def test_a_rule_of_its_own_refers_to_its_group_and_goes_alone(account: TrainingAccount) -> None:
    group = _group(account)
    properties = {"GroupId": group, "IpProtocol": "-1", "Description": "EFA"}
    inbound = account.make(Ingress, properties | {"SourceSecurityGroupId": group})
    outbound = account.make(Egress, properties | {"DestinationSecurityGroupId": group})
    assert _rules(account, group) == [[group], ["0.0.0.0/0", group]]
    Egress().delete(account.request(Egress, properties), outbound)
    assert _rules(account, group) == [[group], ["0.0.0.0/0"]]
    Ingress().delete(account.request(Ingress, properties), inbound)
    assert _rules(account, group) == [[], ["0.0.0.0/0"]]


def test_a_rule_that_is_there_already_is_refused(account: TrainingAccount) -> None:
    group = _group(account)
    properties = {"GroupId": group, "IpProtocol": "-1", "DestinationSecurityGroupId": group}
    account.make(Egress, properties)
    with pytest.raises(AwsError, match="already exists"):
        account.make(Egress, properties | {"Description": "the same again"})


def test_an_update_of_a_group_leaves_rules_that_are_resources(account: TrainingAccount) -> None:
    inline = {"IpProtocol": "tcp", "FromPort": 22, "ToPort": 22, "CidrIp": "10.0.0.0/8"}
    properties = {"GroupDescription": "EFA", "VpcId": account.vpc_id, "SecurityGroupIngress": [inline]}
    made = account.make(Group, properties)
    rule = {"GroupId": made.physical_id, "IpProtocol": "-1", "SourceSecurityGroupId": made.physical_id}
    account.make(Ingress, rule)
    changed = properties | {"SecurityGroupIngress": [inline | {"CidrIp": "10.1.0.0/16"}]}
    Group().update(account.request(Group, changed), made)
    assert _rules(account, made.physical_id) == [[made.physical_id, "10.1.0.0/16"], ["0.0.0.0/0"]]


def test_a_group_in_use_cannot_be_deleted(account: TrainingAccount) -> None:
    group = account.make(Group, {"GroupDescription": "EFA", "VpcId": account.vpc_id})
    interface = account.ec2.create_network_interface(account.subnets[0], "", group_ids=[group.physical_id])
    request = account.request(Group, {"VpcId": account.vpc_id})
    with pytest.raises(AwsError, match=f"resource {group.physical_id} has a dependent object"):
        Group().delete(request, group)
    interface.delete()
    Group().delete(request, group)
    assert account.ec2.get_security_group_from_id(group.physical_id) is None


def test_a_launch_template_is_kept_whole_with_the_types_of_the_api(account: TrainingAccount) -> None:
    user_data = base64.b64encode(b"MIME-Version: 1.0\n").decode()
    made = account.make(
        LaunchTemplate,
        {
            "LaunchTemplateData": {
                "InstanceType": "p4d.24xlarge",
                "NetworkInterfaces": [
                    {
                        "NetworkCardIndex": "1",
                        "DeviceIndex": 0,
                        "InterfaceType": "efa-only",
                        "Groups": ["sg-1", "sg-2"],
                        "DeleteOnTermination": "true",
                        "AssociatePublicIpAddress": False,
                    }
                ],
                "MetadataOptions": {"HttpTokens": "required", "HttpPutResponseHopLimit": "2"},
                "CapacityReservationSpecification": {"CapacityReservationTarget": {"CapacityReservationId": "cr-1"}},
                "InstanceMarketOptions": {"MarketType": "capacity-block"},
                "BlockDeviceMappings": [{"DeviceName": "/dev/xvda", "Ebs": {"VolumeSize": "300", "Encrypted": True}}],
                "TagSpecifications": [{"ResourceType": "instance", "Tags": [{"Key": "team", "Value": "training"}]}],
                "UserData": user_data,
            }
        },
    )
    data = account.ec2.get_launch_template(made.physical_id).latest_version().data
    assert data["NetworkInterfaces"] == [
        {
            "NetworkCardIndex": 1,
            "DeviceIndex": 0,
            "InterfaceType": "efa-only",
            "Groups": ["sg-1", "sg-2"],
            "DeleteOnTermination": True,
            "AssociatePublicIpAddress": False,
        }
    ]
    assert data["MetadataOptions"]["HttpPutResponseHopLimit"] == 2
    assert data["BlockDeviceMappings"][0]["Ebs"] == {"VolumeSize": 300, "Encrypted": True}
    assert data["InstanceMarketOptions"] == {"MarketType": "capacity-block"}
    assert str(data["UserData"]) == user_data


@pytest.mark.parametrize(
    ("data", "message"),
    [
        ({"InstnceType": "p4d.24xlarge"}, "extraneous key \\[InstnceType\\] is not permitted"),
        ({"NetworkInterfaces": [{"deviceIndex": 0}]}, "extraneous key \\[deviceIndex\\] is not permitted"),
        ({"NetworkInterfaces": [{"DeviceIndex": "first"}]}, "expected type: Integer, found: 'first'"),
        ({"NetworkInterfaces": {"DeviceIndex": 0}}, "expected type: JSONArray, found: dict"),
    ],
)
def test_a_launch_template_with_a_wrong_property_is_refused(
    account: TrainingAccount, data: dict[str, Any], message: str
) -> None:
    with pytest.raises(AwsError, match=message):
        account.make(LaunchTemplate, {"LaunchTemplateData": data})


def test_a_changed_launch_template_is_a_new_version_and_an_unchanged_one_is_not(account: TrainingAccount) -> None:
    properties = {"LaunchTemplateData": {"InstanceType": "p4d.24xlarge", "UserData": base64.b64encode(b"x").decode()}}
    made = account.make(LaunchTemplate, properties)
    same = LaunchTemplate().update(account.request(LaunchTemplate, properties), made)
    assert same.attributes["LatestVersionNumber"] == "1"
    changed = {"LaunchTemplateData": {"InstanceType": "p4de.24xlarge"}}
    new = LaunchTemplate().update(account.request(LaunchTemplate, changed), made)
    assert (new.attributes["LatestVersionNumber"], new.attributes["DefaultVersionNumber"]) == ("2", "1")


def test_keeps_the_private_key_of_a_key_pair_in_parameter_store(account: TrainingAccount) -> None:
    made = account.make(KeyPair, {"KeyName": "emergency", "KeyType": "ed25519"})
    pair = account.ec2.key_pairs["emergency"]
    assert (made.physical_id, made.attributes["KeyPairId"]) == ("emergency", pair.id)
    ssm = ssm_backends[account.id][REGION]
    parameter = ssm.get_parameter(f"/ec2/keypair/{pair.id}")
    assert parameter is not None and "PRIVATE KEY" in str(parameter.decrypt(parameter.value))
    assert account.ec2.tags[pair.id]["team"] == "training"
    KeyPair().delete(account.request(KeyPair, {"KeyName": "emergency"}), made)
    assert not account.ec2.key_pairs
    assert ssm.get_parameter(f"/ec2/keypair/{pair.id}") is None


def test_imports_a_public_key(account: TrainingAccount) -> None:
    public_key = account.ec2.create_key_pair("other", "ed25519", {}).public_key
    properties = {"KeyName": "mine", "PublicKeyMaterial": public_key}
    made = account.make(KeyPair, properties)
    assert account.ec2.key_pairs["mine"].key_type == "ed25519"
    # AWS has no private key then.
    assert ssm_backends[account.id][REGION].get_parameter(f"/ec2/keypair/{made.attributes['KeyPairId']}") is None
    KeyPair().delete(account.request(KeyPair, properties), made)
    assert set(account.ec2.key_pairs) == {"other"}


def test_a_subnet_in_a_zone_that_is_not_there_is_refused_with_the_zones_of_the_region(account: TrainingAccount) -> None:
    properties = {"VpcId": account.vpc_id, "CidrBlock": "10.0.240.0/24", "AvailabilityZone": f"{REGION}z"}
    with pytest.raises(AwsError, match=rf"Value \({REGION}z\) for parameter availabilityZone is invalid") as refusal:
        account.make(Subnet, properties)
    named = refusal.value.message.partition("zones: ")[2].rstrip(".").split(", ")
    assert len(named) > 1
    assert all(zone.startswith(REGION) for zone in named)
