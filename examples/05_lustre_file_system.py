"""A file system of FSx for Lustre that the nodes read and write over EFA.

Amazon FSx refuses to make such a file system unless its security group lets all traffic pass to itself and, if the
clients have a group of their own, to theirs. ``EfaSecurityGroup`` is such a group, and ``connect()`` joins two. The
file system waits for the rules: it is checked when it is created.

The Lustre client on the nodes must be told to use EFA as well: Amazon EKS User Guide, "Optimize Amazon FSx for Lustre
performance on nodes (EFA)"; such a script goes into ``user_data`` (example 06).

Source: FSx for Lustre User Guide, "EFA-enabled security groups".
"""

import aws_cdk as cdk
from aws_cdk import aws_ec2 as ec2
from aws_cdk import aws_eks_v2 as eks
from aws_cdk import aws_fsx as fsx

from efa_constructs.aws import EfaNodeGroup, EfaSecurityGroup

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
subnet = vpc.private_subnets[0]
cluster = eks.Cluster.from_cluster_attributes(
    stack, "Cluster", cluster_name="training", vpc=vpc, cluster_security_group_id="sg-0c1c2c3c4c5c6c7c8"
)
nodes = EfaNodeGroup(stack, "Nodes", cluster=cluster, instance_type="p5.48xlarge", subnet=subnet)

storage_group = EfaSecurityGroup(stack, "StorageGroup", vpc=vpc, description="EFA: the file system of the training")
storage_group.connect("Nodes", nodes.security_group)

# The level 2 construct has no switch for EFA.
file_system = fsx.CfnFileSystem(
    stack,
    "FileSystem",
    file_system_type="LUSTRE",
    file_system_type_version="2.15",
    storage_capacity=4800,
    # The subnet of the nodes: EFA traffic does not leave its zone.
    subnet_ids=[subnet.subnet_id],
    security_group_ids=[storage_group.security_group_id],
    lustre_configuration=fsx.CfnFileSystem.LustreConfigurationProperty(
        deployment_type="PERSISTENT_2",
        per_unit_storage_throughput=1000,
        efa_enabled=True,
        metadata_configuration=fsx.CfnFileSystem.MetadataConfigurationProperty(mode="AUTOMATIC"),
    ),
)
file_system.node.add_dependency(storage_group)
file_system.apply_removal_policy(cdk.RemovalPolicy.RETAIN)
cdk.CfnOutput(stack, "FileSystemId", value=file_system.ref)

app.synth()
