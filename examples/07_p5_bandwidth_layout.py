"""Interfaces for IP traffic at the speed of the network cards, besides those for EFA.

The default layout has one interface with an IP address, on network card 0: enough for pods that exchange gradients over
EFA. A job that streams its data over TCP wants more of the cards: ``"bandwidth"`` adds interfaces with an IP address on
further cards. Each costs an address of the subnet, so the nodes here say how many they take.

``efa instances p5.48xlarge`` prints the interfaces of each layout.
"""

import aws_cdk as cdk
from aws_cdk import aws_ec2 as ec2
from aws_cdk import aws_eks_v2 as eks

from efa_constructs import catalogue
from efa_constructs.aws import EfaNodeGroup

app = cdk.App()
stack = cdk.Stack(app, "Training", env=cdk.Environment(account="123456789012", region="us-east-1"))

vpc = ec2.Vpc.from_vpc_attributes(
    stack,
    "Vpc",
    vpc_id="vpc-0a1a2a3a4a5a6a7a8",
    availability_zones=["us-east-1b"],
    private_subnet_ids=["subnet-0d1d2d3d4d5d6d7d8"],
    private_subnet_route_table_ids=["rtb-0e1e2e3e4e5e6e7e8"],
)
cluster = eks.Cluster.from_cluster_attributes(
    stack, "Cluster", cluster_name="training", vpc=vpc, cluster_security_group_id="sg-0c1c2c3c4c5c6c7c8"
)

nodes = EfaNodeGroup(
    stack,
    "Nodes",
    cluster=cluster,
    instance_type="p5.48xlarge",
    subnet=vpc.private_subnets[0],
    interface_layout="bandwidth",
)
cdk.CfnOutput(stack, "EfaPerNode", value=str(nodes.launch_template.efa_interface_count))
cdk.CfnOutput(stack, "AddressesPerNode", value=str(catalogue.ipv4_addresses_used(nodes.launch_template.interfaces)))

app.synth()
