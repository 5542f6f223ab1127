"""What runs on the cluster: device plugins, MPI Operator and the NCCL test."""

from __future__ import annotations

from typing import Any

import aws_cdk as cdk
import cdk8s
from aws_cdk.lambda_layer_kubectl_v36 import KubectlV36Layer
from constructs import Construct

from efa_constructs.aws import ClusterManifests, KubectlAccess

from .charts import Charts, nccl_tests_name
from .explained_findings import explain, managed_policy
from .nodes import EfaNodesStack
from .placement import Placement
from .settings import Settings

__all__ = ["EfaWorkloadsStack"]

# The minor version of the layer's kubectl. Kubernetes documentation, "Version Skew Policy": it works with API servers
# that are at most one minor version older or newer.
_KUBECTL_MINOR = 36


class EfaWorkloadsStack(cdk.Stack):
    """The manifests of the app, applied to the cluster of the nodes."""

    def __init__(
        self,
        scope: Construct,
        id: str,
        *,
        settings: Settings,
        placement: Placement,
        nodes: EfaNodesStack,
        **kwargs: Any,
    ) -> None:
        super().__init__(scope, id, **kwargs)
        # Names are fixed, and no output of the nodes is used: without this, the job could start before there are any.
        self.add_stack_dependency(nodes, "jobs need nodes")
        self._check_version(nodes.target.kubernetes_version)
        k8s_app = cdk8s.App()
        charts = Charts.of(settings, region=placement.region, cluster=k8s_app, jobs=k8s_app)
        target = nodes.target
        access = KubectlAccess(
            self,
            "KubectlAccess",
            cluster=target.cluster,
            kubectl_layer=KubectlV36Layer(self, "Kubectl"),
            kubectl_subnets=[target.node_subnet] if settings.private_endpoint else [],
        )
        self._explain(access)
        ClusterManifests(self, "Manifests", cluster=access.cluster, charts=charts.all)
        if charts.nccl_tests is not None:
            cdk.CfnOutput(
                self,
                "NcclTestsLog",
                value=f"kubectl logs --follow job/{nccl_tests_name(settings)}-launcher",
                description="Shows the log of the NCCL test",
            )

    @staticmethod
    def _explain(access: KubectlAccess) -> None:
        writes_its_log = "lets a function write its log, and in a VPC be attached to its subnets"
        policies = ("AWSLambdaBasicExecutionRole", "AWSLambdaVPCAccessExecutionRole")
        explain(
            access,
            {
                **{managed_policy(f"service-role/{policy}"): writes_its_log for policy in policies},
                "AwsSolutions-IAM5[Resource::<KubectlAccessProviderHandler1CBA9396.Arn>:*]": (
                    "the versions of one function, which CDK's provider calls"
                ),
                "AwsSolutions-L1": "CDK chooses the runtime that its kubectl layer is built for",
                "NIST.800.53.R5-IAMNoInlinePolicy": "of one role each, with which they come and go",
                "NIST.800.53.R5-LambdaConcurrency": (
                    "CloudFormation alone calls these functions; a limit reserved for them would be taken from the "
                    "account's others"
                ),
                "NIST.800.53.R5-LambdaDLQ": "CloudFormation waits for the answer, and shows a failure as the stack's",
                "NIST.800.53.R5-LambdaInsideVPC": (
                    "the API server has a public endpoint; where 'efa:privateEndpoint' takes it away, they run in the "
                    "nodes' subnet"
                ),
                "NIST.800.53.R5-CloudWatchLogGroupEncrypted": (
                    "CloudWatch Logs encrypts them with a key of its own; they hold what kubectl printed, and "
                    "manifests are in the template as well"
                ),
            },
        )

    def _check_version(self, kubernetes_version: str) -> None:
        minor = kubernetes_version.partition(".")[2]
        if minor.isdecimal() and abs(int(minor) - _KUBECTL_MINOR) > 1:
            cdk.Annotations.of(self).add_warning_v2(
                "efa-constructs:kubectl-version",
                f"the cluster runs Kubernetes {kubernetes_version}, and kubectl 1.{_KUBECTL_MINOR}, which applies the "
                "manifests, is made for versions at most one away: if it fails, apply what 'make manifests' writes",
            )
