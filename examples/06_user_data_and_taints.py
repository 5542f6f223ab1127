"""Nodes with a script of yours, kubelet settings, a data volume, a taint, and a tag for the bill.

EKS takes user data as MIME parts only; each part here says what it is, and what is none is refused at synthesis. Parts
run in the order given, before the node joins the cluster.
"""

import aws_cdk as cdk
from aws_cdk import aws_ec2 as ec2
from aws_cdk import aws_eks_v2 as eks

from efa_constructs.aws import EfaNodeGroup, MimePart

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

FILE_WATCHES = """\
#!/bin/bash
echo 'fs.inotify.max_user_instances = 8192' > /etc/sysctl.d/90-file-watches.conf
sysctl --system
"""

CONTAINER_LOGS = """\
apiVersion: node.eks.aws/v1alpha1
kind: NodeConfig
spec:
  kubelet:
    config:
      containerLogMaxSize: 50Mi
"""

nodes = EfaNodeGroup(
    stack,
    "Nodes",
    cluster=cluster,
    instance_type="p4d.24xlarge",
    subnet=vpc.private_subnets[0],
    volume_size=cdk.Size.gibibytes(500),
    block_devices=[ec2.BlockDevice(device_name="/dev/xvdb", volume=ec2.BlockDeviceVolume.ebs(1000))],
    user_data=[MimePart.shell_script(FILE_WATCHES), MimePart.node_config(CONTAINER_LOGS)],
    labels={"team": "research"},
    taints=[eks.TaintSpec(key="nvidia.com/gpu", value="true", effect=eks.TaintEffect.NO_SCHEDULE)],
)
# Instances, volumes and interfaces get the tag, too.
cdk.Tags.of(nodes).add("cost-center", "research")

app.synth()
