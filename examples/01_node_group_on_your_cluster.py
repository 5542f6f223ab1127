"""A node group of two p4d.24xlarge on a cluster that you have.

One construct defines the security group, the placement group, the launch template with every EFA interface, the node
role and the managed node group. Nothing is looked up at synthesis: the identifiers are yours to fill in.

    cdk synth --app ".venv/bin/python examples/01_node_group_on_your_cluster.py"
"""

import aws_cdk as cdk
from aws_cdk import aws_ec2 as ec2
from aws_cdk import aws_eks_v2 as eks

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
    stack,
    "Cluster",
    cluster_name="training",
    vpc=vpc,
    # Not one of those that you gave when you made the cluster: the one that EKS made for it.
    cluster_security_group_id="sg-0c1c2c3c4c5c6c7c8",
)

nodes = EfaNodeGroup(
    stack,
    "Nodes",
    cluster=cluster,
    instance_type="p4d.24xlarge",
    subnet=vpc.private_subnets[0],
)
cdk.CfnOutput(stack, "NodeGroupName", value=nodes.node_group_name)

app.synth()
