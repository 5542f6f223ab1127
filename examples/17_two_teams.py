"""Two teams with nodes of their own in one cluster, and a job of each.

The nodes of a team carry its label, which its jobs select, and its taint, which keeps the others away. Device plugins
and the MPI Operator are there once, for both. Each team works in a namespace of its own.

``KubectlAccess`` lets CDK apply manifests to a cluster that you have; its authentication mode must allow access
entries. The operator, as much else of a cluster, needs some node without such a taint.
"""

import aws_cdk as cdk
import cdk8s
from aws_cdk import aws_ec2 as ec2
from aws_cdk import aws_eks_v2 as eks
from aws_cdk.lambda_layer_kubectl_v36 import KubectlV36Layer
from cdk8s_plus_27 import k8s

from efa_constructs.aws import ClusterManifests, EfaNodeGroup, KubectlAccess
from efa_constructs.k8s import EfaDevicePlugin, MpiJob, MpiOperator, NvidiaDevicePlugin

REGION = "us-east-1"
TEAM = "example.com/team"
INSTANCE_TYPES = {"vision": "p4d.24xlarge", "language": "p5.48xlarge"}
NODES = 2

app = cdk.App()
stack = cdk.Stack(app, "Training", env=cdk.Environment(account="123456789012", region=REGION))

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

charts = cdk8s.App()
shared = cdk8s.Chart(charts, "shared")
any_team = [k8s.Toleration(key=TEAM, operator="Exists")]
EfaDevicePlugin(shared, "EfaDevicePlugin", region=REGION, tolerations=any_team)
NvidiaDevicePlugin(shared, "NvidiaDevicePlugin", tolerations=any_team)
MpiOperator(shared, "MpiOperator")

jobs = cdk8s.Chart(charts, "jobs")
node_groups = []
for team, instance_type in INSTANCE_TYPES.items():
    node_group = EfaNodeGroup(
        stack,
        f"{team.capitalize()}Nodes",
        cluster=cluster,
        instance_type=instance_type,
        subnet=vpc.private_subnets[0],
        desired_size=NODES,
        max_size=NODES,
        labels={TEAM: team},
        taints=[eks.TaintSpec(key=TEAM, value=team, effect=eks.TaintEffect.NO_SCHEDULE)],
    )
    node_groups.append(node_group)
    k8s.KubeNamespace(jobs, f"{team.capitalize()}Namespace", metadata=k8s.ObjectMeta(name=team))
    MpiJob(
        jobs,
        f"{team.capitalize()}Training",
        name="training",
        namespace=team,
        instance_type=instance_type,
        nodes=NODES,
        image=f"registry.example.com/{team}:1.0",
        command=["/opt/train"],
        node_selector={TEAM: team},
        tolerations=[k8s.Toleration(key=TEAM, operator="Equal", value=team, effect="NoSchedule")],
        # Checked against the tolerations: without these, synthesis fails here.
        node_taints=[k8s.Taint(key=TEAM, value=team, effect="NoSchedule")],
    )

access = KubectlAccess(stack, "KubectlAccess", cluster=cluster, kubectl_layer=KubectlV36Layer(stack, "Kubectl"))
ClusterManifests(stack, "Manifests", cluster=access.cluster, charts=[shared, jobs], jobs_depend_on=node_groups)

app.synth()
