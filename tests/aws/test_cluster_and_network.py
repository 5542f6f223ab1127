"""A cluster and a network of their own, for those who have none."""

from __future__ import annotations

import aws_cdk as cdk
import pytest
from aws_cdk import assertions

from efa_constructs.aws import EfaCluster, EfaNetwork, EfaNodeGroup
from efa_constructs.errors import EfaConstructsError


@pytest.fixture
def stack():
    app = cdk.App(builtin_cloud_formation_validation=False)
    return cdk.Stack(app, "New", env=cdk.Environment(region="us-east-1"))


@pytest.fixture
def network(stack):
    return EfaNetwork(stack, "Network", availability_zones=["us-east-1b", "us-east-1a"])


def test_takes_nodes_into_a_private_subnet(stack, network):
    cluster = EfaCluster(stack, "Eks", vpc=network.vpc, kubernetes_version="1.36")
    subnet = network.private_subnet("us-east-1b")
    EfaNodeGroup(stack, "Nodes", cluster=cluster.cluster, instance_type="p5.48xlarge", subnet=subnet)
    template = assertions.Template.from_stack(stack)
    template.has_resource_properties("AWS::EKS::Nodegroup", {"Subnets": [stack.resolve(subnet.subnet_id)]})


def test_refuses_a_public_subnet_whose_id_is_not_known_yet(stack, network):
    cluster = EfaCluster(stack, "Eks", vpc=network.vpc, kubernetes_version="1.36")
    with pytest.raises(EfaConstructsError, match="is public"):
        EfaNodeGroup(
            stack,
            "Nodes",
            cluster=cluster.cluster,
            instance_type="p5.48xlarge",
            subnet=network.vpc.public_subnets[0],
        )


def test_installs_add_ons_that_need_no_node(stack, network):
    EfaCluster(stack, "Eks", vpc=network.vpc, kubernetes_version="1.36")
    addons = assertions.Template.from_stack(stack).find_resources("AWS::EKS::Addon").values()
    assert {addon["Properties"]["AddonName"] for addon in addons} == {"vpc-cni", "kube-proxy", "eks-pod-identity-agent"}


def test_starts_no_nodes_of_its_own(stack, network):
    EfaCluster(stack, "Eks", vpc=network.vpc, kubernetes_version="1.36")
    template = assertions.Template.from_stack(stack)
    template.resource_count_is("AWS::EKS::Nodegroup", 0)
    template.has_resource_properties("AWS::EKS::Cluster", {"ComputeConfig": {"Enabled": False}})


@pytest.mark.parametrize("version", ["latest", "1", "v1.36", "1.36.3"])
def test_refuses_what_is_no_kubernetes_version(stack, network, version):
    with pytest.raises(EfaConstructsError, match=f"'kubernetes_version' must be a minor version.*got '{version}'"):
        EfaCluster(stack, "Eks", vpc=network.vpc, kubernetes_version=version)


@pytest.mark.parametrize("zones", [[], ["us-east-1a"], ["us-east-1a", "us-east-1a"]])
def test_refuses_fewer_than_two_zones(stack, zones):
    with pytest.raises(EfaConstructsError, match="'availability_zones' must be at least two different zones"):
        EfaNetwork(stack, "Network", availability_zones=zones)


def test_refuses_a_zone_without_subnet(network):
    with pytest.raises(EfaConstructsError, match="private subnets in us-east-1b, us-east-1a only"):
        network.private_subnet("us-east-1c")
