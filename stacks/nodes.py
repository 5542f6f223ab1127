"""The EFA nodes."""

from __future__ import annotations

from typing import Any

import aws_cdk as cdk
from aws_cdk import aws_ec2 as ec2
from aws_cdk import aws_kms as kms
from constructs import Construct

from efa_constructs.aws import EfaNodeGroup
from efa_constructs.rules.launch_templates import KEY_OF_ANOTHER_REGION

from .cluster import EfaClusterStack
from .existing_cluster import ExistingCluster
from .explained_findings import explain, managed_policy
from .kms_keys import key_of
from .placement import Placement
from .settings import Settings

__all__ = ["EfaNodesStack"]


class EfaNodesStack(cdk.Stack):
    """A managed node group on the cluster of the cluster stack, or on an existing one."""

    def __init__(
        self,
        scope: Construct,
        id: str,
        *,
        settings: Settings,
        placement: Placement,
        cluster: EfaClusterStack | None,
        **kwargs: Any,
    ) -> None:
        super().__init__(scope, id, **kwargs)
        # What the nodes join, for whoever builds on them.
        self.target: EfaClusterStack | ExistingCluster = cluster or self._existing_cluster(settings)
        self._warn_of(placement, settings)
        self.node_group = EfaNodeGroup(
            self,
            "NodeGroup",
            cluster=self.target.cluster,
            instance_type=settings.instance_type,
            subnet=self.target.node_subnet,
            min_size=settings.min_size,
            desired_size=settings.desired_size,
            max_size=settings.max_size,
            interface_layout=settings.interface_layout,
            ami_type=settings.ami_type,
            capacity=settings.capacity,
            placement_group=self._placement_group(settings),
            volume_size=cdk.Size.gibibytes(settings.volume_size_gib),
            volume_key=self._volume_key(settings),
        )
        explain(
            self.node_group.role,
            {
                managed_policy("AmazonEKSWorkerNodePolicy"): (
                    "EKS requires it of the node role; AWS extends it as EKS needs more"
                ),
                managed_policy("AmazonEC2ContainerRegistryPullOnly"): (
                    "EKS requires it of the node role: the images of add-ons come from ECR"
                ),
                managed_policy("AmazonEKS_CNI_Policy"): (
                    "the cluster's VPC CNI uses the node role unless somebody gives it one of its own"
                ),
                "AwsSolutions-IAM5[Resource::*]": (
                    "Session Manager, instead of SSH, is how people reach the nodes; its actions are of no resource "
                    "that could be named"
                ),
                "NIST.800.53.R5-IAMNoInlinePolicy": "of one role, with which it comes and goes",
            },
        )
        explain(
            self.node_group.security_group,
            {
                "NIST.800.53.R5-EC2RestrictedCommonPorts": (
                    "the rule is for members of the group alone, and EFA needs all traffic between them; no address "
                    "is let in"
                )
            },
        )
        self._define_outputs(self.node_group)

    def _warn_of(self, placement: Placement, settings: Settings) -> None:
        if not placement.zone_was_named:
            cdk.Annotations.of(self).add_warning_v2(
                "efa-constructs:zone-not-named",
                f"'efa:availabilityZone' is not set: the nodes go to {placement.availability_zone}; make sure that "
                f"this zone of your account offers {settings.instance_type}",
            )
        if placement.region_left is not None:
            cdk.Annotations.of(self).add_warning_v2(
                "efa-constructs:region-from-zone",
                f"the stacks go to {placement.region}, the Region of 'efa:availabilityZone' "
                f"{placement.availability_zone}, and not to {placement.region_left}, the Region of the credentials in "
                "use: name a zone there if this is not meant",
            )

    def _existing_cluster(self, settings: Settings) -> ExistingCluster:
        assert settings.cluster_facts is not None, "without a cluster stack there are cluster facts"
        return ExistingCluster.from_facts(self, settings.cluster_facts, settings)

    def _placement_group(self, settings: Settings) -> ec2.IPlacementGroup | None:
        if settings.placement_group is None:
            return None
        return ec2.PlacementGroup.from_placement_group_name(
            self, "PlacementGroup", placement_group_name=settings.placement_group
        )

    def _volume_key(self, settings: Settings) -> kms.IKey | None:
        if settings.volume_key_arn is None:
            return None
        return key_of(self, "VolumeKey", "efa:volumeKeyArn", settings.volume_key_arn, KEY_OF_ANOTHER_REGION)

    def _define_outputs(self, node_group: EfaNodeGroup) -> None:
        interfaces = [
            f"{interface.network_card_index}/{interface.device_index} {interface.interface_type}"
            for interface in node_group.launch_template.interfaces
        ]
        cdk.CfnOutput(self, "NodeGroupName", value=node_group.node_group_name)
        cdk.CfnOutput(self, "EfaSecurityGroupId", value=node_group.security_group.security_group_id)
        cdk.CfnOutput(
            self,
            "Interfaces",
            value=", ".join(interfaces),
            description="Network card/device and type of each interface of a node",
        )
        cdk.CfnOutput(
            self,
            "EfaPerNode",
            value=str(node_group.launch_template.efa_interface_count),
            description="What a node advertises as vpc.amazonaws.com/efa",
        )
