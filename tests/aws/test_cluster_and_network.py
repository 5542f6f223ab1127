"""A cluster and a network of their own, for those who have none."""

from __future__ import annotations

import aws_cdk as cdk
import pytest
from aws_cdk import assertions
from aws_cdk import aws_iam as iam
from aws_cdk import aws_kms as kms

from efa_constructs.aws import EfaCluster, EfaNetwork, EfaNodeGroup
from efa_constructs.errors import EfaConstructsError
from tests.apps import UNVALIDATED


@pytest.fixture
def stack():
    app = cdk.App(**UNVALIDATED)
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
    assert {addon["Properties"]["AddonName"] for addon in addons} == {
        "vpc-cni", "kube-proxy", "eks-pod-identity-agent", "eks-node-monitoring-agent",
    }  # fmt: skip


def test_starts_no_nodes_of_its_own(stack, network):
    EfaCluster(stack, "Eks", vpc=network.vpc, kubernetes_version="1.36")
    template = assertions.Template.from_stack(stack)
    template.resource_count_is("AWS::EKS::Nodegroup", 0)
    template.has_resource_properties("AWS::EKS::Cluster", {"ComputeConfig": {"Enabled": False}})


def test_puts_the_nat_gateway_where_the_nodes_are(stack):
    network = EfaNetwork(
        stack, "Network", availability_zones=["us-east-1a", "us-east-1b"], nat_gateway_zone="us-east-1b"
    )
    (subnet,) = [subnet for subnet in network.vpc.public_subnets if subnet.availability_zone == "us-east-1b"]
    (gateway,) = assertions.Template.from_stack(stack).find_resources("AWS::EC2::NatGateway").values()
    assert gateway["Properties"]["SubnetId"] == stack.resolve(subnet.subnet_id)
    with pytest.raises(EfaConstructsError, match="'nat_gateway_zone' is us-east-1c"):
        EfaNetwork(stack, "Other", availability_zones=["us-east-1a", "us-east-1b"], nat_gateway_zone="us-east-1c")


def test_lets_in_a_given_administrator_from_given_addresses(stack, network):
    role = iam.Role.from_role_arn(stack, "Admin", "arn:aws:iam::123456789012:role/admin")
    EfaCluster(
        stack,
        "Eks",
        vpc=network.vpc,
        kubernetes_version="1.36",
        admin_role=role,
        public_access_cidrs=["203.0.113.0/24"],
    )
    template = assertions.Template.from_stack(stack)
    template.has_resource_properties("AWS::EKS::AccessEntry", {"PrincipalArn": role.role_arn})
    template.has_resource_properties(
        "AWS::EKS::Cluster", {"ResourcesVpcConfig": {"PublicAccessCidrs": ["203.0.113.0/24"]}}
    )


def test_encrypts_what_the_api_server_stores_with_a_key_of_its_own(stack, network):
    made = EfaCluster(stack, "Eks", vpc=network.vpc, kubernetes_version="1.36")
    template = assertions.Template.from_stack(stack)
    template.has_resource_properties("AWS::KMS::Key", {"EnableKeyRotation": True})
    assert encryption(template) == stack.resolve(made.secrets_key.key_arn)


def test_encrypts_what_the_api_server_stores_with_the_key_given(stack, network):
    arn = "arn:aws:kms:us-east-1:123456789012:key/1234abcd-12ab-34cd-56ef-1234567890ab"
    key = kms.Key.from_key_arn(stack, "Key", arn)
    EfaCluster(stack, "Eks", vpc=network.vpc, kubernetes_version="1.36", secrets_key=key)
    template = assertions.Template.from_stack(stack)
    template.resource_count_is("AWS::KMS::Key", 0)
    assert encryption(template) == arn


def encryption(template):
    (cluster,) = template.find_resources("AWS::EKS::Cluster").values()
    (configuration,) = cluster["Properties"]["EncryptionConfig"]
    assert configuration["Resources"] == ["secrets"]
    return configuration["Provider"]["KeyArn"]


def test_refuses_public_addresses_for_a_private_endpoint(stack, network):
    with pytest.raises(
        EfaConstructsError, match=r"'public_access_cidrs' beside 'private_endpoint' is 203.0.113.0/24, .*EFA-EKS-005"
    ):
        EfaCluster(
            stack,
            "Eks",
            vpc=network.vpc,
            kubernetes_version="1.36",
            private_endpoint=True,
            public_access_cidrs=["203.0.113.0/24"],
        )


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


@pytest.mark.parametrize(
    ("name", "value"),
    [("logging", {"cluster_logging": {"enabled_types": []}}), ("upgrade_policy", {"support_type": "STANDARD"})],
)
def test_refuses_to_lose_what_an_escape_hatch_set_on_the_cluster(stack, network, name, value):
    cluster = EfaCluster(stack, "Eks", vpc=network.vpc, kubernetes_version="1.36")
    setattr(cluster.cluster.node.default_child, name, value)
    with pytest.raises(RuntimeError, match=r"was set to an object that is now empty: a dict with snake_case"):
        assertions.Template.from_stack(stack)
