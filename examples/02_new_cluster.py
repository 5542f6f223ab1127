"""A network, a cluster and its nodes in one stack, where there is nothing yet.

``EfaNetwork`` and ``EfaCluster`` are conveniences: ``EfaNodeGroup`` takes any VPC subnet and any cluster of
``aws_eks_v2`` or ``aws_eks``. What the nodes may do follows CDK's usual verbs, because a node group is grantable.
"""

import aws_cdk as cdk
from aws_cdk import aws_s3 as s3

from efa_constructs.aws import EfaCluster, EfaNetwork, EfaNodeGroup

app = cdk.App()
stack = cdk.Stack(app, "Training", env=cdk.Environment(region="us-west-2"))

# The zone of the nodes comes first: choose one that offers the instance type.
network = EfaNetwork(stack, "Network", availability_zones=["us-west-2c", "us-west-2a"])
eks = EfaCluster(stack, "Eks", vpc=network.vpc, kubernetes_version="1.36")
nodes = EfaNodeGroup(
    stack,
    "Nodes",
    cluster=eks.cluster,
    instance_type="p4d.24xlarge",
    subnet=network.private_subnet("us-west-2c"),
)

checkpoints = s3.Bucket(stack, "Checkpoints", enforce_ssl=True)
checkpoints.grant_read_write(nodes)

app.synth()
