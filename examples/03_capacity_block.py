"""Room for four p5.48xlarge from a Capacity Block that was bought beforehand.

The reservation decides the zone and places the instances side by side, so there is no placement group. Instances cannot
start before the block begins: deploy with a desired size of 0, and raise it then. EKS begins to scale the node group
down 40 minutes before the block ends.

Source: Amazon EKS User Guide, "Create a managed node group with Capacity Blocks for ML".
"""

import aws_cdk as cdk
from aws_cdk import aws_ec2 as ec2
from aws_cdk import aws_eks_v2 as eks

from efa_constructs.aws import Capacity, EfaNodeGroup

app = cdk.App()
stack = cdk.Stack(app, "Training", env=cdk.Environment(account="123456789012", region="us-east-1"))

vpc = ec2.Vpc.from_vpc_attributes(
    stack,
    "Vpc",
    vpc_id="vpc-0a1a2a3a4a5a6a7a8",
    # The zone of the Capacity Block.
    availability_zones=["us-east-1b"],
    private_subnet_ids=["subnet-0d1d2d3d4d5d6d7d8"],
    private_subnet_route_table_ids=["rtb-0e1e2e3e4e5e6e7e8"],
)
cluster = eks.Cluster.from_cluster_attributes(
    stack, "Cluster", cluster_name="training", vpc=vpc, cluster_security_group_id="sg-0c1c2c3c4c5c6c7c8"
)

EfaNodeGroup(
    stack,
    "Nodes",
    cluster=cluster,
    instance_type="p5.48xlarge",
    subnet=vpc.private_subnets[0],
    capacity=Capacity.capacity_block("cr-0123456789abcdef0"),
    min_size=0,
    desired_size=0,
    max_size=4,
)

app.synth()
