"""An On-Demand Capacity Reservation that was made in a cluster placement group.

A node group with a reservation gets no placement group of its own: a new group would have no room in the reservation.
Where the reservation itself was made in a group, the instances must name that group, and then it wins.

Source: Amazon EC2 User Guide, "Capacity Reservations for cluster placement groups".
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
    instance_type="p4de.24xlarge",
    subnet=vpc.private_subnets[0],
    capacity=Capacity.reservation("cr-0123456789abcdef0"),
    placement_group=ec2.PlacementGroup.from_placement_group_name(stack, "Rack", placement_group_name="training-rack"),
    min_size=8,
    desired_size=8,
    max_size=8,
)

app.synth()
