"""The ids of the constructs that the public ones make, from which CloudFormation's logical ids follow."""

from __future__ import annotations

import aws_cdk as cdk
import cdk8s
from aws_cdk.lambda_layer_kubectl_v36 import KubectlV36Layer

from efa_constructs.aws import (
    ClusterManifests,
    EfaCluster,
    EfaNetwork,
    EfaNodeGroup,
    EksImageRegistry,
    KubectlAccess,
)
from efa_constructs.k8s import EfaDevicePlugin, MpiOperator, NcclTests, NvidiaDevicePlugin
from tests.apps import UNSTAGED


def construct_ids() -> list[str]:
    """The path of every resource of a stack with each construct, and its type."""
    stack = cdk.Stack(cdk.App(context=UNSTAGED), "Stack")
    network = EfaNetwork(stack, "EfaNetwork", availability_zones=["us-east-1a", "us-east-1b"])
    cluster = EfaCluster(stack, "EfaCluster", vpc=network.vpc, kubernetes_version="1.36").cluster
    subnet = network.private_subnet("us-east-1a")
    EfaNodeGroup(stack, "EfaNodeGroup", cluster=cluster, instance_type="p4d.24xlarge", subnet=subnet)
    EksImageRegistry(stack, "EksImageRegistry")
    access = KubectlAccess(stack, "KubectlAccess", cluster=cluster, kubectl_layer=KubectlV36Layer(stack, "Kubectl"))
    chart = cdk8s.Chart(cdk8s.App(), "chart")
    EfaDevicePlugin(chart, "EfaDevicePlugin", region="us-east-1")
    NvidiaDevicePlugin(chart, "NvidiaDevicePlugin")
    MpiOperator(chart, "MpiOperator")
    NcclTests(chart, "NcclTests", instance_type="p4d.24xlarge")
    ClusterManifests(stack, "ClusterManifests", cluster=access.cluster, charts=[chart])
    found = [each for each in stack.node.find_all() if isinstance(each, cdk.CfnResource)]
    return sorted(f"{each.node.path.removeprefix('Stack/')}  {each.cfn_resource_type}" for each in found)
