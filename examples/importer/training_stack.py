"""What the team adds: nodes with EFA on its cluster, what they need there, and two jobs."""

import aws_cdk as cdk
import cdk8s
from aws_cdk import aws_ec2 as ec2
from aws_cdk import aws_eks_v2 as eks
from aws_cdk import aws_s3 as s3
from constructs import Construct

from efa_constructs import catalogue
from efa_constructs.aws import ClusterManifests, EfaNodeGroup
from efa_constructs.k8s import EfaDevicePlugin, MpiJob, MpiOperator, NcclTests, NvidiaDevicePlugin

# Each of the two jobs has so many, and they run side by side.
NODES_OF_A_JOB = 2
POOL = {"example.com/pool": "training"}


class TrainingStack(cdk.Stack):
    """Nodes, device plugins, the MPI Operator, the NCCL test, and the team's own job."""

    def __init__(
        self,
        scope: Construct,
        id: str,
        *,
        env: cdk.Environment,
        cluster: eks.Cluster,
        subnet: ec2.ISubnet,
        instance_type: str,
    ) -> None:
        super().__init__(scope, id, env=env)
        self.nodes = EfaNodeGroup(
            self,
            "Nodes",
            cluster=cluster,
            instance_type=instance_type,
            subnet=subnet,
            desired_size=2 * NODES_OF_A_JOB,
            max_size=2 * NODES_OF_A_JOB,
            labels=POOL,
        )
        checkpoints = s3.Bucket(self, "Checkpoints", enforce_ssl=True)
        checkpoints.grant_read_write(self.nodes)

        charts = cdk8s.App()
        ClusterManifests(
            self,
            "Manifests",
            cluster=cluster,
            charts=[cluster_chart(charts, self.region), jobs_chart(charts, instance_type, checkpoints.bucket_name)],
            jobs_depend_on=[self.nodes],
        )
        efas = catalogue.efa_interface_count(self.nodes.launch_template.interfaces)
        cdk.CfnOutput(self, "EfasOfANode", value=str(efas))


def cluster_chart(scope: Construct, region: str) -> cdk8s.Chart:
    """What is on the cluster once."""
    chart = cdk8s.Chart(scope, "training")
    EfaDevicePlugin(chart, "EfaDevicePlugin", region=region)
    NvidiaDevicePlugin(chart, "NvidiaDevicePlugin")
    MpiOperator(chart, "MpiOperator")
    return chart


def jobs_chart(scope: Construct, instance_type: str, bucket: str) -> cdk8s.Chart:
    """The jobs: a changed one needs another name, because an MPIJob starts once."""
    chart = cdk8s.Chart(scope, "jobs")
    NcclTests(chart, "NcclTests", instance_type=instance_type, nodes=NODES_OF_A_JOB, node_selector=POOL)
    MpiJob(
        chart,
        "Pretraining",
        name="pretraining-1",
        instance_type=instance_type,
        nodes=NODES_OF_A_JOB,
        image="registry.example.com/pretraining:1.4.2",
        command=["/opt/pretrain", "--checkpoints", f"s3://{bucket}/pretraining-1"],
        node_selector=POOL,
    )
    return chart
