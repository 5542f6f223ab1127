"""The launch template alone, for node groups that something else makes.

``EfaLaunchTemplate`` holds all that is peculiar to EFA: one interface for each EFA on the right network cards, both
security groups on every interface, placement, disks and user data. It never names a subnet, an instance profile or a
shutdown behaviour, so that EKS accepts it for a managed node group, whoever makes that.
"""

import aws_cdk as cdk
from aws_cdk import aws_ec2 as ec2

from efa_constructs.aws import EfaLaunchTemplate, EfaSecurityGroup

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
# EKS adds no group of its own to a launch template that names any: the cluster's must be among them.
cluster_group = ec2.SecurityGroup.from_security_group_id(stack, "ClusterGroup", "sg-0c1c2c3c4c5c6c7c8")

template = EfaLaunchTemplate(
    stack,
    "Template",
    instance_type="hpc7a.96xlarge",
    security_groups=[cluster_group, EfaSecurityGroup(stack, "Efa", vpc=vpc)],
    placement_group=ec2.PlacementGroup(stack, "Rack", strategy=ec2.PlacementGroupStrategy.CLUSTER),
)
cdk.CfnOutput(stack, "LaunchTemplateId", value=template.launch_template_id)
cdk.CfnOutput(stack, "LaunchTemplateVersion", value=template.latest_version_number)

app.synth()
