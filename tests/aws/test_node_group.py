"""A node group has every EFA interface, one place to be, and refuses what would fail silently."""

from __future__ import annotations

import tomllib
from typing import Any

import aws_cdk as cdk
import pytest
from aws_cdk import Fn, Token, assertions, aws_eks
from aws_cdk import aws_ec2 as ec2
from aws_cdk import aws_eks_v2 as eks
from aws_cdk import aws_iam as iam
from aws_cdk import aws_kms as kms
from aws_cdk import aws_s3 as s3

from efa_constructs import catalogue
from efa_constructs.aws import Capacity, CapacityType, EfaNodeGroup, MimePart
from efa_constructs.errors import EfaConstructsError

RESERVATION = "cr-0123456789abcdef0"


def interfaces(bench):
    return [
        (interface["NetworkCardIndex"], interface["DeviceIndex"], interface["InterfaceType"])
        for interface in bench.launch_template_data["NetworkInterfaces"]
    ]


def test_gives_a_p4d_one_ena_and_four_efa_interfaces(bench):
    bench.node_group()
    assert interfaces(bench) == [
        (0, 0, "interface"),
        (0, 1, "efa-only"),
        (1, 0, "efa-only"),
        (2, 0, "efa-only"),
        (3, 0, "efa-only"),
    ]


def test_puts_the_clusters_group_and_the_efa_group_on_every_interface(bench):
    bench.node_group()
    (efa,) = bench.template.find_resources("AWS::EC2::SecurityGroup")
    groups = [interface["Groups"] for interface in bench.launch_template_data["NetworkInterfaces"]]
    assert groups == [["sg-0123456789abcdef0", {"Fn::GetAtt": [efa, "GroupId"]}]] * 5


def test_keeps_out_of_the_template_what_eks_refuses_there(bench):
    bench.node_group()
    data = bench.launch_template_data
    refused = {"IamInstanceProfile", "InstanceInitiatedShutdownBehavior", "SecurityGroupIds", "ImageId"}
    assert not refused & set(data)
    assert all("SubnetId" not in interface for interface in data["NetworkInterfaces"])
    assert all("AssociatePublicIpAddress" not in interface for interface in data["NetworkInterfaces"])


def test_is_the_node_group_of_the_eks_guide_by_default(bench):
    bench.node_group()
    group = bench.only("AWS::EKS::Nodegroup")
    assert group["AmiType"] == "AL2023_x86_64_NVIDIA"
    assert group["ScalingConfig"] == {"MinSize": 1, "DesiredSize": 2, "MaxSize": 3}
    assert group["Subnets"] == ["subnet-0aaaaaaaaaaaaaaa1"]
    assert group["CapacityType"] == "ON_DEMAND"
    assert group["NodeRepairConfig"] == {"Enabled": True}
    assert group["Labels"] == {"vpc.amazonaws.com/efa.present": "true", "nvidia.com/gpu.present": "true"}
    # The type stands in the template: EKS accepts it in one of the two places only.
    assert "InstanceTypes" not in group
    data = bench.launch_template_data
    assert data["InstanceType"] == "p4d.24xlarge"
    assert data["MetadataOptions"] == {"HttpTokens": "required", "HttpPutResponseHopLimit": 1}
    (volume,) = data["BlockDeviceMappings"]
    assert volume == {
        "DeviceName": "/dev/xvda",
        "Ebs": {"VolumeSize": 300, "VolumeType": "gp3", "Encrypted": True, "DeleteOnTermination": True},
    }


def test_follows_a_changed_template_with_a_new_version(bench):
    bench.node_group()
    (template,) = bench.template.find_resources("AWS::EC2::LaunchTemplate")
    assert bench.only("AWS::EKS::Nodegroup")["LaunchTemplate"] == {
        "Id": {"Ref": template},
        "Version": {"Fn::GetAtt": [template, "LatestVersionNumber"]},
    }


def test_joins_the_instance_store_and_corrects_max_pods_where_the_layout_costs_addresses(bench):
    bench.node_group(instance_type="p5.48xlarge")
    document = bench.launch_template_data["UserData"]["Fn::Base64"]
    assert "strategy: RAID0" in document
    assert "maxPods: 51" in document


def test_speaks_to_bottlerocket_in_its_own_terms(bench):
    bench.node_group(instance_type="p5.48xlarge", ami_type="BOTTLEROCKET_x86_64_NVIDIA")
    group = bench.only("AWS::EKS::Nodegroup")
    assert group["AmiType"] == "BOTTLEROCKET_x86_64_NVIDIA"
    # It brings the plugin, so that another one stays away.
    assert group["Labels"]["nvidia.com/gpu.deploy.device-plugin"] == "false"
    data = bench.launch_template_data
    settings = tomllib.loads(data["UserData"]["Fn::Base64"])["settings"]
    assert settings["kubernetes"]["max-pods"] == 51
    # Images and pods fill the second volume there.
    assert [device["DeviceName"] for device in data["BlockDeviceMappings"]] == ["/dev/xvdb"]


def test_leaves_out_user_data_where_nothing_is_to_be_said(bench):
    # No instance store, and addresses for more pods than EKS allows in any case.
    bench.node_group(instance_type="c5n.18xlarge")
    assert "UserData" not in bench.launch_template_data


def test_makes_a_cluster_placement_group_for_on_demand_instances(bench):
    bench.node_group()
    (placement_group,) = bench.template.find_resources("AWS::EC2::PlacementGroup")
    assert bench.only("AWS::EC2::PlacementGroup") == {"Strategy": "cluster"}
    assert bench.launch_template_data["Placement"] == {"GroupName": {"Fn::GetAtt": [placement_group, "GroupName"]}}


def test_lets_a_given_placement_group_win(bench):
    given = ec2.PlacementGroup.from_placement_group_name(bench.stack, "Given", "reserved-rack")
    bench.node_group(placement_group=given, capacity=Capacity.reservation(RESERVATION))
    bench.template.resource_count_is("AWS::EC2::PlacementGroup", 0)
    assert bench.launch_template_data["Placement"] == {"GroupName": "reserved-rack"}


@pytest.mark.parametrize(
    "capacity",
    [
        Capacity.reservation(RESERVATION),
        Capacity.reservation_group("arn:aws:resource-groups:us-east-1:123456789012:group/training"),
        Capacity.capacity_block(RESERVATION),
    ],
)
def test_leaves_placement_to_a_reservation(bench, capacity):
    node_group = bench.node_group(capacity=capacity)
    assert node_group.placement_group is None
    assert "Placement" not in bench.launch_template_data


def test_buys_a_capacity_block_the_way_eks_wants_it(bench):
    bench.node_group(capacity=Capacity.capacity_block(RESERVATION))
    data = bench.launch_template_data
    assert data["InstanceMarketOptions"] == {"MarketType": "capacity-block"}
    assert data["CapacityReservationSpecification"] == {
        "CapacityReservationTarget": {"CapacityReservationId": RESERVATION}
    }
    assert bench.only("AWS::EKS::Nodegroup")["CapacityType"] == "CAPACITY_BLOCK"


def test_ends_a_node_before_its_successor_starts_where_capacity_is_reserved(bench):
    bench.node_group(capacity=Capacity.reservation(RESERVATION))
    assert bench.only("AWS::EKS::Nodegroup")["UpdateConfig"] == {"MaxUnavailable": 1, "UpdateStrategy": "MINIMAL"}


def test_starts_a_node_before_its_predecessor_ends_otherwise(bench):
    bench.node_group()
    assert bench.only("AWS::EKS::Nodegroup")["UpdateConfig"] == {"MaxUnavailable": 1, "UpdateStrategy": "DEFAULT"}


def test_warns_that_a_capacity_block_begins_and_ends(bench):
    bench.node_group(capacity=Capacity.capacity_block(RESERVATION))
    annotations = assertions.Annotations.from_stack(bench.stack)
    annotations.has_warning("*", assertions.Match.string_like_regexp("only between its start and end"))


def test_has_nothing_to_warn_of_where_no_node_of_a_capacity_block_starts_yet(bench):
    bench.node_group(capacity=Capacity.capacity_block(RESERVATION), min_size=0, desired_size=0)
    assertions.Annotations.from_stack(bench.stack).has_no_warning("/Training/Nodes", assertions.Match.any_value())


def test_leaves_the_market_type_of_spot_to_eks(bench):
    bench.node_group(capacity=Capacity.spot())
    assert bench.only("AWS::EKS::Nodegroup")["CapacityType"] == "SPOT"
    assert "InstanceMarketOptions" not in bench.launch_template_data


def test_uses_what_it_is_given(bench):
    group = ec2.SecurityGroup.from_security_group_id(bench.stack, "Given", "sg-0dddddddddddddddd")
    role = iam.Role.from_role_arn(bench.stack, "GivenRole", "arn:aws:iam::123456789012:role/nodes")
    node_group = bench.node_group(
        security_group=group,
        role=role,
        node_group_name="workers",
        labels={"team": "vision"},
        taints=[eks.TaintSpec(key="nvidia.com/gpu", value="true", effect=eks.TaintEffect.NO_SCHEDULE)],
        user_data=[MimePart.shell_script("#!/bin/sh\necho hello\n")],
        block_devices=[ec2.BlockDevice(device_name="/dev/xvdb", volume=ec2.BlockDeviceVolume.ebs(100))],
        key_pair=ec2.KeyPair.from_key_pair_name(bench.stack, "Key", "emergency"),
        volume_size=cdk.Size.gibibytes(500),
    )
    bench.template.resource_count_is("AWS::IAM::Role", 0)
    bench.template.resource_count_is("AWS::EC2::SecurityGroup", 0)
    resource = bench.only("AWS::EKS::Nodegroup")
    assert resource["NodegroupName"] == "workers"
    assert resource["Labels"]["team"] == "vision"
    assert resource["Taints"] == [{"Key": "nvidia.com/gpu", "Value": "true", "Effect": "NO_SCHEDULE"}]
    data = bench.launch_template_data
    assert "echo hello" in data["UserData"]["Fn::Base64"]
    assert [device["DeviceName"] for device in data["BlockDeviceMappings"]] == ["/dev/xvda", "/dev/xvdb"]
    assert data["BlockDeviceMappings"][1]["Ebs"]["Encrypted"] is True
    assert data["KeyName"] == "emergency"
    assert node_group.launch_template.efa_interface_count == 4


def test_tags_what_it_launches_as_the_app_tags_its_constructs(bench):
    node_group = bench.node_group()
    cdk.Tags.of(node_group).add("project", "llm")
    cdk.Tags.of(bench.stack).add("Name", "trainer")
    specifications = bench.launch_template_data["TagSpecifications"]
    assert {each["ResourceType"] for each in specifications} == {"instance", "volume", "network-interface"}
    for each in specifications:
        assert {"Key": "project", "Value": "llm"} in each["Tags"]
        assert {"Key": "Name", "Value": "trainer"} in each["Tags"]
    assert bench.only("AWS::EKS::Nodegroup")["Tags"]["project"] == "llm"


def test_names_instances_after_their_place_in_the_app(bench):
    bench.node_group()
    tags = bench.launch_template_data["TagSpecifications"][0]["Tags"]
    assert tags == [{"Key": "Name", "Value": "Training/Nodes/LaunchTemplate"}]


def test_can_be_connected_to_a_file_system(bench):
    lustre = ec2.SecurityGroup(bench.stack, "Lustre", vpc=bench.vpc)
    lustre.connections.allow_from(bench.node_group(), ec2.Port.tcp(988))
    bench.template.has_resource_properties("AWS::EC2::SecurityGroupIngress", {"FromPort": 988})


def test_can_be_granted_access(bench):
    s3.Bucket(bench.stack, "Data").grant_read(bench.node_group())
    bench.template.resource_count_is("AWS::IAM::Policy", 1)


def test_joins_a_cluster_of_the_first_aws_eks_module(bench):
    cluster = aws_eks.Cluster.from_cluster_attributes(
        bench.stack,
        "FirstModule",
        cluster_name="first",
        vpc=bench.vpc,
        cluster_security_group_id="sg-0fffffffffffffff0",
    )
    bench.node_group(cluster=cluster)
    assert bench.only("AWS::EKS::Nodegroup")["ClusterName"] == "first"
    assert bench.launch_template_data["NetworkInterfaces"][0]["Groups"][0] == "sg-0fffffffffffffff0"


def test_can_be_imported(bench):
    role = iam.Role.from_role_arn(bench.stack, "Role", "arn:aws:iam::123456789012:role/nodes")
    group = ec2.SecurityGroup.from_security_group_id(bench.stack, "Group", "sg-0dddddddddddddddd")
    nodes = EfaNodeGroup.from_node_group_attributes(
        bench.stack, "Imported", node_group_name="workers", security_group=group, role=role
    )
    lustre = ec2.SecurityGroup(bench.stack, "Lustre", vpc=bench.vpc)
    lustre.connections.allow_from(nodes, ec2.Port.tcp(988))
    assert nodes.node_group_name == "workers"
    bench.template.has_resource_properties("AWS::EC2::SecurityGroupIngress", {"FromPort": 988})


def test_accepts_tokens_where_values_are_known_only_at_deployment(bench):
    bench.node_group(
        min_size=Token.as_number(Fn.ref("Min")),
        desired_size=Token.as_number(Fn.ref("Desired")),
        max_size=Token.as_number(Fn.ref("Max")),
        volume_size=cdk.Size.gibibytes(Token.as_number(Fn.ref("Volume"))),
        capacity=Capacity.reservation(Fn.ref("Reservation")),
        labels={"team": Fn.ref("Team")},
        subnet=ec2.Subnet.from_subnet_attributes(
            bench.stack, "Late", subnet_id=Fn.import_value("Subnet"), availability_zone=Fn.import_value("Zone")
        ),
    )
    assert bench.only("AWS::EKS::Nodegroup")["ScalingConfig"]["MinSize"] == {"Ref": "Min"}


def test_warns_where_no_eks_ami_has_the_driver(bench):
    bench.node_group(instance_type="g7.48xlarge")
    annotations = assertions.Annotations.from_stack(bench.stack)
    annotations.has_warning("*", assertions.Match.string_like_regexp("g7.48xlarge: .*driver"))


def taint(key, effect=eks.TaintEffect.NO_SCHEDULE, value=None):
    return eks.TaintSpec(key=key, effect=effect, value=value)


_KEYS = "arn:aws:kms:us-east-1:123456789012:key"


def _warnings(bench) -> list[str]:
    own = assertions.Match.string_like_regexp("efa-constructs:")
    return [found.entry.data for found in assertions.Annotations.from_stack(bench.stack).find_warning("*", own)]


def _further(gibibytes: int, **settings: Any) -> ec2.BlockDevice:
    return ec2.BlockDevice(device_name="/dev/xvdb", volume=ec2.BlockDeviceVolume.ebs(gibibytes, **settings))


def test_writes_the_type_of_a_further_volume_as_ec2_has_it(bench):
    bench.node_group(block_devices=[_further(100, volume_type=ec2.EbsDeviceVolumeType.IO2, iops=3000)])
    mappings = bench.launch_template_data["BlockDeviceMappings"]
    assert mappings[1]["Ebs"]["VolumeType"] == "io2"


def test_encrypts_its_volumes_with_the_key_of_ebs_unless_given_another(bench):
    bench.node_group()
    (root,) = bench.launch_template_data["BlockDeviceMappings"]
    assert root["Ebs"]["Encrypted"] is True
    assert "KmsKeyId" not in root["Ebs"]


def test_encrypts_every_volume_that_names_no_key_with_the_one_given(bench):
    key, other = (kms.Key.from_key_arn(bench.stack, name, f"{_KEYS}/{name}") for name in ("Given", "Other"))
    own = ec2.BlockDevice(device_name="/dev/xvdc", volume=ec2.BlockDeviceVolume.ebs(100, encrypted=True, kms_key=other))
    plain = ec2.BlockDevice(device_name="/dev/xvdd", volume=ec2.BlockDeviceVolume.ebs(100, encrypted=False))
    bench.node_group(volume_key=key, block_devices=[_further(100), own, plain])
    volumes = [mapping["Ebs"] for mapping in bench.launch_template_data["BlockDeviceMappings"]]
    assert [(volume["Encrypted"], volume.get("KmsKeyId")) for volume in volumes] == [
        (True, f"{_KEYS}/Given"),
        (True, f"{_KEYS}/Given"),
        (True, f"{_KEYS}/Other"),
        (False, None),
    ]


def test_lets_auto_scaling_use_a_key_that_the_app_makes(bench):
    key = kms.Key(bench.stack, "Key")
    bench.node_group(volume_key=key)
    own, *added = bench.only("AWS::KMS::Key")["KeyPolicy"]["Statement"]
    assert own["Action"] == "kms:*"
    assert [statement["Action"] for statement in added] == [
        ["kms:Encrypt", "kms:Decrypt", "kms:ReEncrypt*", "kms:GenerateDataKey*", "kms:DescribeKey"],
        "kms:CreateGrant",
    ]
    for statement in added:
        role = statement["Condition"]["StringEquals"]["aws:PrincipalArn"]["Fn::Join"][1]
        assert role[-1].endswith(
            ":iam::123456789012:role/aws-service-role/autoscaling.amazonaws.com/AWSServiceRoleForAutoScaling"
        )
    assert added[1]["Condition"]["Bool"] == {"kms:GrantIsForAWSResource": "true"}
    assert _warnings(bench) == []


def test_warns_that_a_key_of_somebody_else_must_be_open_to_auto_scaling(bench):
    bench.node_group(volume_key=kms.Key.from_key_arn(bench.stack, "Key", f"{_KEYS}/Given"))
    (warning,) = _warnings(bench)
    assert "the policy of the volumes' key is not this app's" in warning
    assert "efa-constructs:volume-key-policy" in warning


def test_nodes_may_be_reached_by_session_manager_and_read_no_parameters(bench):
    bench.node_group()
    role = bench.only("AWS::IAM::Role")
    names = [arn["Fn::Join"][1][-1].rpartition("/")[2] for arn in role["ManagedPolicyArns"]]
    assert names == ["AmazonEKSWorkerNodePolicy", "AmazonEC2ContainerRegistryPullOnly", "AmazonEKS_CNI_Policy"]
    (policy,) = role["Policies"]
    (statement,) = policy["PolicyDocument"]["Statement"]
    assert statement["Effect"] == "Allow"
    assert statement["Action"] == [
        "ssm:UpdateInstanceInformation",
        "ssmmessages:CreateControlChannel",
        "ssmmessages:CreateDataChannel",
        "ssmmessages:OpenControlChannel",
        "ssmmessages:OpenDataChannel",
    ]


@pytest.mark.parametrize(
    ("overrides", "message"),
    [
        ({"instance_type": "m5.large"}, "m5.large.*EFA"),
        ({"instance_type": "p4d.24xlrge"}, "p4d.24xlrge.*p4d.24xlarge"),
        ({"min_size": 3, "desired_size": 2}, "'min_size' is greater than 'desired_size'.*EFA-NG-001"),
        ({"desired_size": 4}, "'desired_size' is greater than 'max_size'.*EFA-NG-001"),
        ({"min_size": -1}, "'min_size' must be at least 0, got -1"),
        ({"min_size": 0, "desired_size": 0, "max_size": 0}, "'max_size' must be at least 1, got 0"),
        ({"subnet": None}, "'subnet' is empty"),
        ({"subnet": []}, "'subnet' is empty"),
        ({"subnet": "subnet-0123"}, "'subnet' is 'subnet-0123', which is not a subnet"),
        ({"node_group_name": "-workers"}, "'node_group_name' is '-workers'"),
        ({"node_group_name": "w" * 64}, "at most 63 letters"),
        ({"volume_size": cdk.Size.mebibytes(40000)}, "'volume_size' is 39.0625 GiB.*whole gibibytes"),
        (
            {"block_devices": [ec2.BlockDevice(device_name="/dev/xvda", volume=ec2.BlockDeviceVolume.ebs(100))]},
            "'block_devices' beside 'volume_size' has /dev/xvda, which is taken.*EFA-LT-014",
        ),
        ({"user_data": [MimePart.shell_script("#!/bin/sh\n" + "#" * 17000)]}, "bytes, but EC2 takes 16384"),
        ({"ami_type": ""}, "'ami_type' must be an AMI type of EKS, got ''"),
        ({"ami_type": "AL2_x86_64_GPU"}, "of which AWS has published no AMI.*EFA-NG-011"),
        ({"ami_type": "AL2023_ARM_64_NVIDIA"}, "AL2023_ARM_64_NVIDIA.*p4d.24xlarge"),
        ({"ami_type": "AL2023_x86_64_NEURON"}, "AL2023_x86_64_NEURON.*p4d.24xlarge"),
        ({"ami_type": "AL2023_x86_64_NVIDA"}, "AL2023_x86_64_NVIDIA"),
        ({"interface_layout": "widest"}, "default, classic, bandwidth, got 'widest'"),
        ({"instance_type": "p6-b300.48xlarge", "interface_layout": "classic"}, "classic.*p6-b300|p6-b300.*classic"),
        (
            {"volume_size": cdk.Size.gibibytes(65537)},
            "'volume_size' is 65537 GiB, but a gp3 volume can have 1 to 65536",
        ),
        (
            {"block_devices": [_further(100, iops=60_000)]},
            "'block_devices' has /dev/xvdb, whose number of IOPS for each GiB is 600, but a gp3 volume can have at",
        ),
        (
            {"block_devices": [_further(20_000, volume_type=ec2.EbsDeviceVolumeType.GP2)]},
            "'block_devices' has /dev/xvdb, whose volume size is 20000 GiB, but a gp2 volume can have 1 to 16384",
        ),
        (
            {"block_devices": [_further(200, throughput=1000)]},
            "whose throughput in MiB/s for each IOPS is 0.3333333333, but a gp3 volume can have at most 0.25",
        ),
        ({"volume_size": cdk.Size.gibibytes(10)}, "'volume_size' is 10 GiB.*at least 20 GiB"),
        ({"instance_type": "hpc7a.96xlarge", "capacity": Capacity.spot()}, "'capacity' is SPOT.*hpc7a.96xlarge"),
        ({"instance_type": "g5.48xlarge", "capacity": Capacity.capacity_block(RESERVATION)}, "CAPACITY_BLOCK"),
        ({"labels": {"eks.amazonaws.com/team": "a"}}, "reserved"),
        ({"labels": {"kubernetes.io/team": "a"}}, "reserved"),
        ({"labels": {"team name": "a"}}, "'labels' has the key 'team name'"),
        ({"labels": {"team": "a b"}}, "'labels' has the value 'a b'"),
        ({"labels": {"team": ""}}, "has the value '' for 'team'.*EFA-NG-031"),
        (
            {"labels": {"vpc.amazonaws.com/efa.present": "false"}},
            "lacks vpc.amazonaws.com/efa.present=true, by which.*EFA-NG-028",
        ),
        ({"labels": {"d" * 32 + "/" + "n" * 31: "a"}}, "'labels' has the key"),
        ({"labels": {"team": "a" * 64}}, "'labels' has the value"),
        ({"taints": [taint("a" * 64)]}, "'taints' has the key"),
        ({"taints": [taint("gpu", value="a" * 64)]}, "'taints' has the value"),
        ({"taints": [taint("gpu"), taint("gpu")]}, "twice"),
        ({"taints": [taint(f"key{n}") for n in range(51)]}, "at most 50"),
        ({"taints": [eks.TaintSpec(key="gpu")]}, "without key or effect"),
    ],
)
def test_fails_with_a_message_that_says_what_to_change(bench, overrides, message):
    with pytest.raises(EfaConstructsError, match=message):
        bench.node_group(**overrides)
    assert not bench.stack.node.find_child("Nodes").node.children, "refused before any resource is defined"


def test_refuses_the_private_subnets_of_two_zones(bench):
    with pytest.raises(EfaConstructsError, match=r"2 subnets .zones us-east-1a, us-east-1b"):
        bench.node_group(subnet=bench.vpc.private_subnets)


def test_refuses_a_cluster_that_was_imported_without_its_security_group(bench):
    bare = eks.Cluster.from_cluster_attributes(bench.stack, "Bare", cluster_name="bare", vpc=bench.vpc)
    with pytest.raises(EfaConstructsError, match="'cluster' bare was imported without 'cluster_security_group_id'"):
        bench.node_group(cluster=bare)


def test_refuses_a_cluster_that_was_imported_without_its_vpc(bench):
    bare = eks.Cluster.from_cluster_attributes(
        bench.stack, "Bare", cluster_name="bare", cluster_security_group_id="sg-0123456789abcdef0"
    )
    with pytest.raises(EfaConstructsError, match="'cluster' bare was imported without 'vpc'"):
        bench.node_group(cluster=bare)


def test_refuses_a_public_subnet(bench):
    with pytest.raises(EfaConstructsError, match="subnet-0bbbbbbbbbbbbbbb1 is public"):
        bench.node_group(subnet=bench.vpc.public_subnets[0])


def test_refuses_a_subnet_of_another_vpc(bench):
    other = ec2.Vpc.from_vpc_attributes(
        bench.stack,
        "Other",
        vpc_id="vpc-0fedcba9876543210",
        availability_zones=["us-east-1a"],
        private_subnet_ids=["subnet-0ccccccccccccccc1"],
    )
    with pytest.raises(EfaConstructsError, match=r"'subnet' subnet-0ccccccccccccccc1 is in the VPC of Training/Other"):
        bench.node_group(subnet=other.private_subnets[0])


def own_cluster(bench, vpc):
    return eks.Cluster(
        bench.stack,
        "Own Cluster",
        version=eks.KubernetesVersion.of("1.36"),
        vpc=vpc,
        default_capacity_type=eks.DefaultCapacityType.NODEGROUP,
        default_capacity=0,
    )


def test_refuses_a_subnet_of_another_vpc_that_the_app_defines(bench):
    zones = ["us-east-1a", "us-east-1b"]
    first, second = (ec2.Vpc(bench.stack, name, availability_zones=zones) for name in ("First", "Second"))
    cluster = own_cluster(bench, first)
    with pytest.raises(EfaConstructsError, match=r"is in the VPC of Training/Second, .* in that of Training/First"):
        bench.node_group(cluster=cluster, subnet=second.private_subnets[0])


def test_takes_a_subnet_of_the_vpc_that_the_app_defines_with_the_cluster(bench):
    vpc = ec2.Vpc(bench.stack, "Own", availability_zones=["us-east-1a", "us-east-1b"])
    bench.node_group(cluster=own_cluster(bench, vpc), subnet=vpc.private_subnets[0])


@pytest.mark.parametrize("vpc_id", ["vpc-0123456789abcdef0", Fn.import_value("VpcId")], ids=["known", "token"])
def test_takes_a_subnet_of_what_may_be_the_clusters_vpc(bench, vpc_id):
    again = ec2.Vpc.from_vpc_attributes(
        bench.stack,
        "Again",
        vpc_id=vpc_id,
        availability_zones=["us-east-1a"],
        private_subnet_ids=["subnet-0aaaaaaaaaaaaaaa1"],
    )
    bench.node_group(subnet=again.private_subnets[0])


@pytest.mark.parametrize(
    ("name", "value", "message"),
    [
        ("scaling_config", {"min_size": 1}, "'scalingConfig' was set to an object that is now empty"),
        ("scaling_config", {"minSize": 1, "max_size": 3}, "'scalingConfig' was set to an object without maxSize"),
        ("launch_template", {"id": "lt-1", "Version": "1"}, "'launchTemplate' was set to an object without version"),
        ("update_config", {"max_unavailable": 1}, "'updateConfig' was set to an object that is now empty"),
        ("taints", [{"key_": "gpu"}], r"'taints\[0\]' was set to an object that is now empty"),
        ("taints", [{"Key": "gpu", "effect": "NO_SCHEDULE"}], "'taints' was set to one without key or effect"),
        ("taints", [{"key": "gpu", "Effect": "NO_SCHEDULE"}], "'taints' was set to one without key or effect"),
    ],
)
def test_refuses_to_lose_what_an_escape_hatch_set(bench, name, value, message):
    resource = bench.node_group().node.default_child
    setattr(resource, name, value)
    with pytest.raises(RuntimeError, match=f"{message}.*: a dict with snake_case keys is dropped silently"):
        _ = bench.template


def test_takes_what_an_escape_hatch_sets_in_cdks_own_types(bench):
    resource = bench.node_group().node.default_child
    resource.scaling_config = eks.CfnNodegroup.ScalingConfigProperty(min_size=0, max_size=8)
    resource.labels = {"team_name": "vision"}
    resource.update_config = Token.as_any({"Ref": "Update"})
    assert bench.only("AWS::EKS::Nodegroup")["ScalingConfig"] == {"MinSize": 0, "MaxSize": 8}


def test_refuses_a_placement_group_together_with_a_capacity_block(bench):
    given = ec2.PlacementGroup.from_placement_group_name(bench.stack, "Given", "rack")
    with pytest.raises(EfaConstructsError, match=r"'placement_group' is 'rack'.*Capacity Block"):
        bench.node_group(placement_group=given, capacity=Capacity.capacity_block(RESERVATION))


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: Capacity.capacity_block(""), "a Capacity Block needs the id"),
        (lambda: Capacity(capacity_type=CapacityType.CAPACITY_BLOCK), "a Capacity Block needs the id"),
        (
            lambda: Capacity(capacity_type=CapacityType.SPOT, capacity_reservation_id=RESERVATION),
            "SPOT, which cannot use the reservation.*EFA-NG-025",
        ),
        (lambda: Capacity.reservation(None), "'capacity_reservation_id' is None, which is not of the form 'cr-0123"),
        (
            lambda: Capacity.reservation_group(None),
            "'resource_group_arn' is None, which is not of the form 'arn:aws:",
        ),
        (lambda: Capacity(capacity_type="SPOT"), "'capacity_type' is 'SPOT': use Capacity.on_demand"),
        (lambda: Capacity(capacity_type="FOO", capacity_reservation_id=RESERVATION), "'capacity_type' is 'FOO'"),
        (lambda: Capacity.reservation("r-123"), "'r-123', which is not of the form"),
        (lambda: Capacity.reservation_group("training"), "not of the form"),
        (
            lambda: Capacity(
                capacity_type=CapacityType.ON_DEMAND,
                capacity_reservation_id=RESERVATION,
                capacity_reservation_resource_group_arn="arn:aws:resource-groups:us-east-1:123456789012:group/x",
            ),
            "exclude each other",
        ),
    ],
)
def test_refuses_capacity_that_does_not_exist(make, message):
    with pytest.raises(EfaConstructsError, match=message):
        make()


# One type for each different set of interfaces: the catalogue's tests go through all types.
REPRESENTATIVES = {catalogue.network_interfaces(instance): instance for instance in catalogue.all_instance_types()}


@pytest.mark.parametrize("instance", REPRESENTATIVES.values(), ids=lambda instance: instance.name)
def test_attaches_the_interfaces_that_the_catalogue_asks_for(bench, instance):
    reserved = Capacity.capacity_block(RESERVATION) if "on-demand" not in instance.usage_classes else None
    node_group = bench.node_group(instance_type=instance.name, capacity=reserved)
    expected = [(i.network_card_index, i.device_index, i.interface_type) for i in node_group.launch_template.interfaces]
    assert interfaces(bench) == expected
    assert node_group.launch_template.efa_interface_count == sum(kind != "interface" for _, _, kind in expected)


def test_encodes_user_data_as_base64_only_once(bench):
    bench.node_group()
    assert bench.launch_template_data["UserData"]["Fn::Base64"].startswith("MIME-Version: 1.0")
