"""What the team had before: its network, its cluster, and nodes for everything that needs no EFA."""

import aws_cdk as cdk
from aws_cdk import aws_ec2 as ec2
from aws_cdk import aws_eks_v2 as eks
from aws_cdk.lambda_layer_kubectl_v36 import KubectlV36Layer
from constructs import Construct

ZONES = ["us-west-2b", "us-west-2c"]


class PlatformStack(cdk.Stack):
    """A VPC with subnets of the team's own layout, and a cluster of ``aws_eks_v2``."""

    def __init__(self, scope: Construct, id: str, *, env: cdk.Environment) -> None:
        super().__init__(scope, id, env=env)
        self.vpc = ec2.Vpc(
            self,
            "Vpc",
            ip_addresses=ec2.IpAddresses.cidr("10.40.0.0/16"),
            availability_zones=ZONES,
            nat_gateways=1,
            subnet_configuration=[
                ec2.SubnetConfiguration(name="Public", subnet_type=ec2.SubnetType.PUBLIC, cidr_mask=24),
                ec2.SubnetConfiguration(name="Services", subnet_type=ec2.SubnetType.PRIVATE_WITH_EGRESS, cidr_mask=20),
                ec2.SubnetConfiguration(name="Training", subnet_type=ec2.SubnetType.PRIVATE_WITH_EGRESS, cidr_mask=20),
            ],
        )
        self.cluster = eks.Cluster(
            self,
            "Cluster",
            version=eks.KubernetesVersion.of("1.36"),
            vpc=self.vpc,
            vpc_subnets=[ec2.SubnetSelection(subnet_group_name="Services")],
            # Auto Mode, CDK's default, has no nodes with EFA.
            default_capacity_type=eks.DefaultCapacityType.NODEGROUP,
            default_capacity=2,
            default_capacity_instance=ec2.InstanceType("m7i.xlarge"),
            kubectl_provider_options=eks.KubectlProviderOptions(kubectl_layer=KubectlV36Layer(self, "Kubectl")),
        )

    def training_subnet(self, availability_zone: str) -> ec2.ISubnet:
        """The private subnet for training in a zone."""
        selected = self.vpc.select_subnets(subnet_group_name="Training", availability_zones=[availability_zone])
        (subnet,) = selected.subnets
        return subnet
