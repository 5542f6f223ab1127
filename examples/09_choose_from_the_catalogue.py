"""Choose the instance type from what a job needs, at synthesis, without asking AWS.

The catalogue knows every EFA instance type: accelerators, network cards, EFA interfaces, memory, ways to pay. Here: the
type with Neuron accelerators that has the fewest EFA interfaces of those that offer at least eight. The AMI type, the
interfaces and the labels follow from it.
"""

import aws_cdk as cdk
from aws_cdk import aws_ec2 as ec2
from aws_cdk import aws_eks as eks

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
# A cluster of CDK's first EKS library will do as well.
cluster = eks.Cluster.from_cluster_attributes(
    stack, "Cluster", cluster_name="training", vpc=vpc, cluster_security_group_id="sg-0c1c2c3c4c5c6c7c8"
)

candidates = catalogue.find(accelerator="neuron", efa_interfaces=8, usage_class="on-demand")
chosen = min(candidates, key=lambda instance: instance.maximum_efa_interfaces or 0)

nodes = EfaNodeGroup(stack, "Nodes", cluster=cluster, instance_type=chosen.name, subnet=vpc.private_subnets[0])
cdk.CfnOutput(stack, "InstanceType", value=chosen.name)

app.synth()
