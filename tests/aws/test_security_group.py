"""EFA traffic passes between members, both ways, and nothing is open to the world."""

from __future__ import annotations

from aws_cdk import aws_ec2 as ec2

from efa_constructs.aws import EfaSecurityGroup


def _group_reference(bench):
    (name,) = bench.template.find_resources("AWS::EC2::SecurityGroup")
    return {"Fn::GetAtt": [name, "GroupId"]}


def test_lets_all_traffic_in_from_and_out_to_its_members(bench):
    EfaSecurityGroup(bench.stack, "Efa", vpc=bench.vpc)
    group = _group_reference(bench)
    bench.template.has_resource_properties(
        "AWS::EC2::SecurityGroupIngress", {"GroupId": group, "SourceSecurityGroupId": group, "IpProtocol": "-1"}
    )
    bench.template.has_resource_properties(
        "AWS::EC2::SecurityGroupEgress", {"GroupId": group, "DestinationSecurityGroupId": group, "IpProtocol": "-1"}
    )


def test_opens_nothing_to_an_address_from_outside(bench):
    EfaSecurityGroup(bench.stack, "Efa", vpc=bench.vpc)
    assert "SecurityGroupIngress" not in bench.only("AWS::EC2::SecurityGroup")
    assert "CidrIp" not in bench.only("AWS::EC2::SecurityGroupIngress")


def test_takes_ssh_only_from_the_named_group(bench):
    bastion = ec2.SecurityGroup.from_security_group_id(bench.stack, "Bastion", "sg-0eeeeeeeeeeeeeee0")
    EfaSecurityGroup(bench.stack, "Efa", vpc=bench.vpc, ssh_source=bastion)
    bench.template.has_resource_properties(
        "AWS::EC2::SecurityGroupIngress",
        {"SourceSecurityGroupId": "sg-0eeeeeeeeeeeeeee0", "FromPort": 22, "ToPort": 22},
    )


def test_connects_a_file_system_both_ways_by_group(bench):
    lustre = ec2.SecurityGroup.from_security_group_id(bench.stack, "Lustre", "sg-0eeeeeeeeeeeeeee0")
    group = EfaSecurityGroup(bench.stack, "Efa", vpc=bench.vpc)
    group.connect("FileSystem", lustre)
    efa = _group_reference(bench)
    for one, other in ((efa, "sg-0eeeeeeeeeeeeeee0"), ("sg-0eeeeeeeeeeeeeee0", efa)):
        bench.template.has_resource_properties(
            "AWS::EC2::SecurityGroupIngress", {"GroupId": one, "SourceSecurityGroupId": other, "IpProtocol": "-1"}
        )
        bench.template.has_resource_properties(
            "AWS::EC2::SecurityGroupEgress", {"GroupId": one, "DestinationSecurityGroupId": other, "IpProtocol": "-1"}
        )


def test_says_what_it_is_for(bench):
    EfaSecurityGroup(bench.stack, "Efa", vpc=bench.vpc)
    assert {"Key": "efa-constructs:traffic", "Value": "efa"} in bench.only("AWS::EC2::SecurityGroup")["Tags"]


def test_carries_no_cluster_tag_that_would_confuse_the_load_balancer_controller(bench):
    EfaSecurityGroup(bench.stack, "Efa", vpc=bench.vpc)
    tags = bench.only("AWS::EC2::SecurityGroup").get("Tags", [])
    assert not [tag for tag in tags if tag["Key"].startswith("kubernetes.io/cluster")]
