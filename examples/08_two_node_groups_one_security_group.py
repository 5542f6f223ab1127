"""Two node groups whose nodes exchange EFA traffic with each other.

EFA traffic passes between members of one security group. So that a job may span both node groups, they share the group
and stand in one subnet; each keeps its own launch template. The placement group is shared as well, so that all nodes
are close: EC2 advises against two instance types in one, so both have the same type, one on demand, one on Spot.
"""

import aws_cdk as cdk
from aws_cdk import aws_ec2 as ec2
from aws_cdk import aws_eks_v2 as eks

from efa_constructs.aws import Capacity, EfaNodeGroup, EfaSecurityGroup

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

security_group = EfaSecurityGroup(stack, "Efa", vpc=vpc)
placement_group = ec2.PlacementGroup(stack, "Rack", strategy=ec2.PlacementGroupStrategy.CLUSTER)

for name, capacity in (("Steady", Capacity.on_demand()), ("Extra", Capacity.spot())):
    EfaNodeGroup(
        stack,
        name,
        cluster=cluster,
        instance_type="g6e.48xlarge",
        subnet=vpc.private_subnets[0],
        capacity=capacity,
        security_group=security_group,
        placement_group=placement_group,
        labels={"capacity": name.lower()},
    )

app.synth()
