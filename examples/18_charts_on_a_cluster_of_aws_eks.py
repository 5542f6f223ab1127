"""A chart applied to a cluster of ``aws_eks``, the older of CDK's two libraries: the EFA plugin, and a check of EFA.

``FabricCheck`` is the smallest proof that pods reach EFA: on each of two nodes a pod in which libfabric lists its
endpoints. It needs neither GPUs nor the MPI Operator. For the newer library see ``17_two_teams.py``.

    kubectl logs --selector job-name=fabric-check
"""

import aws_cdk as cdk
import cdk8s
from aws_cdk import aws_eks as eks
from aws_cdk.lambda_layer_kubectl_v36 import KubectlV36Layer

from efa_constructs.aws import ClusterManifests
from efa_constructs.k8s import EfaDevicePlugin, FabricCheck

app = cdk.App()
stack = cdk.Stack(app, "Training", env=cdk.Environment(account="123456789012", region="us-east-1"))
cluster = eks.Cluster.from_cluster_attributes(
    stack,
    "Cluster",
    cluster_name="training",
    kubectl_role_arn="arn:aws:iam::123456789012:role/training-kubectl",
    kubectl_layer=KubectlV36Layer(stack, "Kubectl"),
)

chart = cdk8s.Chart(cdk8s.App(), "fabric")
EfaDevicePlugin(chart, "EfaDevicePlugin", region="us-east-1")
FabricCheck(chart, "FabricCheck", instance_type="p4d.24xlarge", nodes=2)

ClusterManifests(stack, "Manifests", cluster=cluster, charts=[chart])

app.synth()
