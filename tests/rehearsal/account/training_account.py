"""An emulated account with a network, roles and, if asked, a cluster: what most tests start from."""

from __future__ import annotations

import json
import uuid
from dataclasses import dataclass, field
from typing import Any

from moto.ec2.models import EC2Backend, ec2_backends
from moto.ec2.models.instances import Instance
from moto.iam.models import IAMBackend, iam_backends

from efa_constructs.rehearsal.account import eks
from efa_constructs.rehearsal.account.resource_type import Resource, ResourceRequest, ResourceType

REGION = "us-east-1"


@dataclass
class TrainingAccount:
    """One account of its own for one test."""

    id: str = field(default_factory=lambda: str(uuid.uuid4().int)[:12])

    def __post_init__(self) -> None:
        vpc = self.ec2.create_vpc("10.0.0.0/16")
        self.vpc_id = vpc.id
        self.subnets = [
            self.ec2.create_subnet(vpc.id, f"10.0.{number}.0/24", availability_zone=f"{REGION}{zone}")
            for number, zone in enumerate("ab")
        ]
        self.cluster_role = self.role("cluster", "eks.amazonaws.com")
        self.node_role = self.role("nodes", "ec2.amazonaws.com")

    @property
    def ec2(self) -> EC2Backend:
        return ec2_backends[self.id][REGION]

    @property
    def iam(self) -> IAMBackend:
        return iam_backends[self.id]["aws"]

    def role(self, name: str, service: str) -> str:
        policy = {"Statement": [{"Effect": "Allow", "Principal": {"Service": service}, "Action": "sts:AssumeRole"}]}
        role = self.iam.create_role(name, json.dumps(policy), "/", None, None, [], "3600")
        return str(role.arn)

    def call(self, operation: str, **parameters: Any) -> dict[str, Any]:
        return eks.call(operation, parameters, self.id, REGION)

    def create_cluster(self, **changes: Any) -> dict[str, Any]:
        parameters = {
            "name": "training",
            "version": "1.34",
            "roleArn": self.cluster_role,
            "resourcesVpcConfig": {"subnetIds": [subnet.id for subnet in self.subnets]},
            "accessConfig": {"authenticationMode": "API"},
        }
        cluster: dict[str, Any] = self.call("CreateCluster", **parameters | changes)["cluster"]
        return cluster

    def launch_template(self, **changes: Any) -> str:
        """A template of p4d.24xlarge with the interfaces that AWS recommends; a change of None takes a setting out."""
        template = self.ec2.create_launch_template(
            str(uuid.uuid4()), "", {key: value for key, value in (p4d() | changes).items() if value is not None}, {}
        )
        return str(template.id)

    def node_group_parameters(self, **changes: Any) -> dict[str, Any]:
        parameters = {
            "clusterName": "training",
            "nodegroupName": "p4d",
            "subnets": [self.subnets[0].id],
            "nodeRole": self.node_role,
            "amiType": "AL2023_x86_64_NVIDIA",
            "scalingConfig": {"minSize": 1, "desiredSize": 2, "maxSize": 3},
        } | changes
        return {key: value for key, value in parameters.items() if value is not None}

    def create_node_group(self, **changes: Any) -> dict[str, Any]:
        if "launchTemplate" not in changes:
            changes["launchTemplate"] = {"id": self.launch_template()}
        group: dict[str, Any] = self.call("CreateNodegroup", **self.node_group_parameters(**changes))["nodegroup"]
        return group

    def nodes(self) -> list[Instance]:
        return self.ec2.all_running_instances()

    def request(
        self, resource_type: type[ResourceType], properties: dict[str, Any], logical_id: str = "It"
    ) -> ResourceRequest:
        return ResourceRequest(
            account=self.id,
            region=REGION,
            stack_name="training",
            stack_id="arn:aws:cloudformation:us-east-1:123456789012:stack/training/1",
            logical_id=logical_id,
            type_name=resource_type.type_name,
            properties=properties,
            tags={"team": "training"},
        )

    def make(self, resource_type: type[ResourceType], properties: dict[str, Any], logical_id: str = "It") -> Resource:
        return resource_type().create(self.request(resource_type, properties, logical_id))


def p4d() -> dict[str, Any]:
    """LaunchTemplateData of a p4d.24xlarge node: one ENA and four EFA-only interfaces."""
    positions = [(0, 1), (1, 0), (2, 0), (3, 0)]
    return {
        "InstanceType": "p4d.24xlarge",
        "NetworkInterfaces": [
            {"NetworkCardIndex": 0, "DeviceIndex": 0, "InterfaceType": "interface", "DeleteOnTermination": True},
            *(
                {
                    "NetworkCardIndex": card,
                    "DeviceIndex": device,
                    "InterfaceType": "efa-only",
                    "DeleteOnTermination": True,
                }
                for card, device in positions
            ),
        ],
        "BlockDeviceMappings": [{"DeviceName": "/dev/xvda", "Ebs": {"VolumeSize": 300, "VolumeType": "gp3"}}],
    }
