"""An imported network and cluster: cheap to define, and what most teams have."""

from __future__ import annotations

import dataclasses
from typing import Any

import aws_cdk as cdk
import pytest
from aws_cdk import assertions
from aws_cdk import aws_ec2 as ec2
from aws_cdk import aws_eks_v2 as eks

from efa_constructs.aws import EfaNodeGroup
from tests.apps import UNSTAGED, UNVALIDATED


@dataclasses.dataclass
class Bench:
    """A stack with something to build on."""

    stack: cdk.Stack
    vpc: ec2.IVpc
    cluster: eks.ICluster

    @property
    def subnet(self) -> ec2.ISubnet:
        return self.vpc.private_subnets[0]

    def node_group(self, **overrides: Any) -> EfaNodeGroup:
        arguments = {"cluster": self.cluster, "instance_type": "p4d.24xlarge", "subnet": self.subnet}
        return EfaNodeGroup(self.stack, "Nodes", **arguments | overrides)

    @property
    def template(self) -> assertions.Template:
        return assertions.Template.from_stack(self.stack)

    def only(self, type_name: str) -> dict[str, Any]:
        """Properties of the only resource of a type."""
        (resource,) = self.template.find_resources(type_name).values()
        return resource["Properties"]

    @property
    def launch_template_data(self) -> dict[str, Any]:
        return self.only("AWS::EC2::LaunchTemplate")["LaunchTemplateData"]


@pytest.fixture
def bench() -> Bench:
    app = cdk.App(context=UNSTAGED, **UNVALIDATED)
    stack = cdk.Stack(app, "Training", env=cdk.Environment(account="123456789012", region="us-east-1"))
    vpc = ec2.Vpc.from_vpc_attributes(
        stack,
        "Vpc",
        vpc_id="vpc-0123456789abcdef0",
        availability_zones=["us-east-1a", "us-east-1b"],
        private_subnet_ids=["subnet-0aaaaaaaaaaaaaaa1", "subnet-0aaaaaaaaaaaaaaa2"],
        public_subnet_ids=["subnet-0bbbbbbbbbbbbbbb1", "subnet-0bbbbbbbbbbbbbbb2"],
    )
    cluster = eks.Cluster.from_cluster_attributes(
        stack, "Cluster", cluster_name="training", vpc=vpc, cluster_security_group_id="sg-0123456789abcdef0"
    )
    return Bench(stack, vpc, cluster)
