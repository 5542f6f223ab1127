"""An argument of the wrong kind is refused with what to give instead, before anything is defined."""

from __future__ import annotations

import inspect

import aws_cdk as cdk
import pytest
from aws_cdk import Fn, Token
from aws_cdk import aws_ec2 as ec2
from aws_cdk import aws_eks_v2 as eks

import efa_constructs.aws
from efa_constructs.aws import (
    ClusterManifests,
    EfaCluster,
    EfaLaunchTemplate,
    EfaNetwork,
    EfaNodeGroup,
    EfaSecurityGroup,
    KubectlAccess,
    MimePart,
    argument_kinds,
)
from efa_constructs.errors import InvalidArgumentError

# EfaNodeGroup itself says what is wrong with a subnet; any text is a description.
_CHECKED_ELSEWHERE = {"subnet", "description"}


@pytest.mark.parametrize(
    ("overrides", "message"),
    [
        ({"cluster": None}, "'cluster' is None: give a cluster of aws_eks_v2 or aws_eks"),
        ({"cluster": "training"}, "'cluster' is 'training', of type str: give a cluster"),
        ({"instance_type": None}, "'instance_type' is None: give its name"),
        ({"instance_type": ec2.InstanceType("p4d.24xlarge")}, "'instance_type' is of type InstanceType: give its name"),
        ({"user_data": ec2.UserData.for_linux()}, r"'user_data' is of type .*UserDataProxy: .*MimePart.shell_script\("),
        ({"user_data": MimePart.shell_script("#!/bin/sh")}, "'user_data' is of type MimePart: give a list of parts"),
        ({"user_data": "#!/bin/bash"}, "'user_data' is '#!/bin/bash', of type str: .*MIME"),
        ({"user_data": ["#!/bin/bash"]}, r"'user_data' is \['#!/bin/bash'\], of type list: .*MIME"),
        ({"capacity": "SPOT"}, r"'capacity' is 'SPOT', of type str: give Capacity.on_demand\(\), .spot\(\)"),
        ({"volume_size": 300}, r"'volume_size' is 300, of type int: give a Size, such as Size.gibibytes\(300\)"),
        ({"desired_size": None}, "'desired_size' is None: give a whole number of nodes"),
        ({"min_size": 1.5}, "'min_size' is 1.5, of type float: give a whole number"),
        ({"max_size": "3"}, "'max_size' is '3', of type str: give a whole number"),
        ({"max_size": True}, "'max_size' is True, of type bool: give a whole number"),
        (
            {"taints": [{"key": "gpu", "effect": "NO_SCHEDULE"}]},
            "'taints' is .* list: give .* aws_eks_v2.TaintSpec",
        ),
        ({"taints": eks.TaintSpec(key="gpu")}, "'taints' is of type TaintSpec: give a list"),
        ({"labels": {"team": True}}, "'labels' is .* of type dict: give a dict of strings"),
        ({"labels": ["team"]}, "'labels' is .* of type list"),
        ({"security_group": "sg-0123"}, "'security_group' is 'sg-0123', of type str: .*from_security_group_id"),
        ({"security_group": []}, r"'security_group' is \[\], of type list"),
        ({"placement_group": "rack"}, "'placement_group' is 'rack', of type str: .*from_placement_group_name"),
        ({"role": "arn:aws:iam::123456789012:role/node"}, "'role' is .* of type str: .*from_role_arn"),
        ({"key_pair": "mine"}, "'key_pair' is 'mine', of type str: .*from_key_pair_name"),
        ({"block_devices": [{"device_name": "/dev/sdb"}]}, "'block_devices' is .* of type list: .*ec2.BlockDevice"),
        ({"ami_type": eks.NodegroupAmiType.AL2023_X86_64_NVIDIA}, "'ami_type' is of type NodegroupAmiType"),
        ({"node_repair": "false"}, "'node_repair' is 'false', of type str: give True or False"),
        ({"instance_store_raid0": None}, "'instance_store_raid0' is None: give True or False"),
    ],
)
def test_refuses_another_kind_and_says_what_to_give(bench, overrides, message):
    with pytest.raises(InvalidArgumentError, match=message):
        bench.node_group(**overrides)
    assert bench.stack.node.try_find_child("Nodes") is None


@pytest.mark.parametrize(
    ("construct", "arguments", "message"),
    [
        (EfaCluster, {"kubernetes_version": 1.36}, "'kubernetes_version' is 1.36, of type float: .*'1.36'"),
        (EfaCluster, {"kubernetes_version": "1.36", "private_endpoint": "yes"}, "'private_endpoint' is 'yes'"),
        (EfaCluster, {"kubernetes_version": "1.36", "public_access_cidrs": "10.0.0.0/8"}, "'public_access_cidrs' is"),
        (EfaSecurityGroup, {"ssh_source": "sg-0123"}, "'ssh_source' is 'sg-0123'"),
    ],
)
def test_refuses_it_in_constructs_of_a_vpc(bench, construct, arguments, message):
    with pytest.raises(InvalidArgumentError, match=message):
        construct(bench.stack, "Construct", **{"vpc": bench.vpc} | arguments)
    with pytest.raises(InvalidArgumentError, match="'vpc' is 'vpc-0123', of type str"):
        construct(bench.stack, "Construct", **{"vpc": "vpc-0123"} | arguments)


@pytest.mark.parametrize(
    ("construct", "arguments", "message"),
    [
        (EfaNetwork, {"availability_zones": "us-east-1a"}, "'availability_zones' is 'us-east-1a'"),
        (EfaNetwork, {"availability_zones": ["us-east-1a", "us-east-1b"], "cidr": None}, "'cidr' is None"),
        (EfaLaunchTemplate, {"instance_type": "p4d.24xlarge", "security_groups": ["sg-0123"]}, "'security_groups' is"),
    ],
)
def test_refuses_it_in_the_other_constructs(bench, construct, arguments, message):
    with pytest.raises(InvalidArgumentError, match=message):
        construct(bench.stack, "Construct", **arguments)


def test_lets_tokens_and_cdks_own_constructs_pass(bench):
    bench.node_group(
        node_group_name=Fn.ref("Name"),
        desired_size=Token.as_number(Fn.ref("Nodes")),
        volume_size=cdk.Size.gibibytes(Token.as_number(Fn.ref("Gibibytes"))),
        labels={"team": Fn.ref("Team")},
        security_group=ec2.SecurityGroup.from_security_group_id(bench.stack, "Group", "sg-0123"),
        placement_group=ec2.PlacementGroup(bench.stack, "Rack"),
        key_pair=ec2.KeyPair.from_key_pair_name(bench.stack, "Key", "mine"),
        capacity=None,
    )
    assert bench.only("AWS::EKS::Nodegroup")["ScalingConfig"]["DesiredSize"] == {"Ref": "Nodes"}


CONSTRUCTS = [
    ClusterManifests,
    EfaCluster,
    EfaLaunchTemplate,
    EfaNetwork,
    EfaNodeGroup,
    EfaSecurityGroup,
    KubectlAccess,
]


@pytest.mark.parametrize("construct", CONSTRUCTS)
def test_knows_the_kind_of_every_argument_of_every_construct(construct):
    names = {p.name for p in inspect.signature(construct.__init__).parameters.values() if p.kind is p.KEYWORD_ONLY}
    assert names - _CHECKED_ELSEWHERE <= set(argument_kinds.KINDS)


def test_goes_through_every_construct_that_takes_arguments():
    public = (getattr(efa_constructs.aws, name) for name in efa_constructs.aws.__all__)
    assert [one for one in public if hasattr(vars(one).get("__init__"), "__wrapped__")] == CONSTRUCTS
