"""The launch template that gives every node all of its EFA interfaces."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from functools import partial
from typing import Any

import jsii
from aws_cdk import Fn, IStableAnyProducer, ITaggable, Lazy, Size, TagManager, TagType, Token
from aws_cdk import aws_ec2 as ec2
from aws_cdk import aws_kms as kms
from constructs import Construct

from .. import catalogue
from ..argument_kinds import checks_kinds
from ..catalogue import EFA_INTERFACE_TYPES, InstanceType, NetworkInterface
from ..catalogue.instance_metadata import MAXIMUM_HOP_LIMIT
from ..errors import InvalidArgumentError
from ..rules.launch_templates import HOP_LIMIT
from ..rules.security_groups import NO_SECURITY_GROUP
from .argument_kinds import KINDS
from .capacity import Capacity
from .launch_plan import LaunchPlan
from .lost_properties import IntactProperties, Properties
from .user_data import MimePart
from .volume_key import let_auto_scaling_use

__all__ = ["EfaLaunchTemplate"]

# Below that of tags that an app adds with Tags.of(), which is 100.
_NAME_PRIORITY = 1


@jsii.implements(ITaggable)
class EfaLaunchTemplate(Construct):
    """A launch template for a managed node group, with one network interface for each EFA of the instance type.

    It names the instance type, the security groups of every interface, the placement, the capacity, the disks, the user
    data and the tags of what it launches (``Tags.of()`` reaches them); never a subnet, an instance profile or a
    shutdown behaviour, which EKS refuses.

    Source: Amazon EKS User Guide, "Customize managed nodes with launch templates".
    """

    @checks_kinds(KINDS)
    def __init__(
        self,
        scope: Construct,
        id: str,
        *,
        instance_type: str,
        security_groups: Sequence[ec2.ISecurityGroup],
        ami_type: str | None = None,
        interface_layout: str = "default",
        placement_group: ec2.IPlacementGroup | None = None,
        capacity: Capacity | None = None,
        volume_size: Size | None = None,
        volume_key: kms.IKey | None = None,
        block_devices: Sequence[ec2.BlockDevice] = (),
        instance_store_raid0: bool = True,
        user_data: Sequence[MimePart] = (),
        key_pair: ec2.IKeyPair | None = None,
        metadata_hop_limit: int = 1,
    ) -> None:
        """
        :param instance_type: An EFA instance type, such as ``"p4d.24xlarge"``.
        :param security_groups: Groups of every interface. EKS adds none of its own to a template that names any, so
            the cluster's group must be among them.
        :param ami_type: The EKS AMI type of the node group, such as ``"AL2023_x86_64_NVIDIA"``: it decides the format
            of the user data. Default: the AL2023 type that fits the instance type.
        :param interface_layout: ``"default"`` (one IP address a node), ``"bandwidth"`` (further interfaces for IP
            traffic), or ``"classic"`` (an IP address for every EFA). Default: ``"default"``.
        :param placement_group: Where the instances go. Default: no placement group.
        :param capacity: How the instances are paid for. Default: On-Demand.
        :param volume_size: Size of the root volume (Bottlerocket: of the data volume). Default: 300 GiB
        :param volume_key: Customer managed key of the root volume, and of encrypted further volumes that name none. Its
            policy must let Amazon EC2 Auto Scaling use it, or no instance starts: that of a key which this app makes is
            made to. Default: the AWS managed key of EBS.
        :param block_devices: Further volumes. Default: none.
        :param instance_store_raid0: Join the instance store's disks to one RAID 0 volume for the kubelet and
            containerd. No effect on types without instance store. Default: True
        :param user_data: Further MIME parts, which run before the node joins. Default: none.
        :param key_pair: For SSH. Default: no key; nodes are reached through Session Manager.
        :param metadata_hop_limit: How many network hops away instance metadata answers. 1 keeps pods that are not on
            the host network from the node role's credentials, 2 gives them these. Default: 1
        :raises EfaConstructsError: the type has no EFA, or an argument does not fit it.
        """
        super().__init__(scope, id)
        plan = LaunchPlan.make(
            instance_type=instance_type,
            ami_type=ami_type,
            interface_layout=interface_layout,
            capacity=capacity,
            placement_group=placement_group,
            volume_size=volume_size,
            volume_key=volume_key,
            block_devices=block_devices,
            instance_store_raid0=instance_store_raid0,
            user_data=user_data,
        )
        _check_hop_limit(metadata_hop_limit)
        if not security_groups:
            raise InvalidArgumentError(NO_SECURITY_GROUP.refusal(where="'security_groups'"))
        if volume_key is not None:
            let_auto_scaling_use(self, volume_key)

        self._tags = TagManager(TagType.STANDARD, "AWS::EC2::LaunchTemplate")
        self._tags.set_tag("Name", self.node.path, _NAME_PRIORITY)
        self.instance: InstanceType = plan.instance
        self.interfaces: tuple[NetworkInterface, ...] = plan.interfaces
        # Read once: each read is a call to jsii's process, and a p5 has 33 interfaces.
        groups = [group.security_group_id for group in security_groups]
        self._resource = ec2.CfnLaunchTemplate(
            self,
            "Resource",
            launch_template_data=ec2.CfnLaunchTemplate.LaunchTemplateDataProperty(
                instance_type=plan.instance.name,
                network_interfaces=[_interface(interface, groups) for interface in plan.interfaces],
                placement=_placement(placement_group),
                capacity_reservation_specification=plan.capacity.specification(),
                instance_market_options=plan.capacity.market_options(),
                block_device_mappings=plan.block_device_mappings,
                metadata_options=ec2.CfnLaunchTemplate.MetadataOptionsProperty(
                    http_tokens="required", http_put_response_hop_limit=metadata_hop_limit
                ),
                user_data=plan.user_data and Fn.base64(plan.user_data),
                key_name=key_pair.key_pair_name if key_pair else None,
                tag_specifications=Lazy.any(_TagSpecifications(self._tags)),
            ),
        )
        self.launch_template_id: str = self._resource.ref
        self.latest_version_number: str = self._resource.attr_latest_version_number
        self.node.add_validation(IntactProperties(self._resource, partial(_lost_interfaces, plan.interfaces)))

    @property
    def tags(self) -> TagManager:
        """Tags of the instances, volumes and interfaces; ``Tags.of(scope).add()`` adds to them."""
        return self._tags

    @property
    def efa_interface_count(self) -> int:
        """How many EFAs a node advertises as ``vpc.amazonaws.com/efa``."""
        return catalogue.efa_interface_count(self.interfaces)


@jsii.implements(IStableAnyProducer)
class _TagSpecifications:
    """Writes the tags as they are at synthesis, when every ``Tags.of()`` of the app has spoken."""

    def __init__(self, tags: TagManager) -> None:
        self._tags = tags

    def produce(self) -> list[dict[str, Any]]:
        """The same tags for all that an instance is made of, under the names that the level 1 construct expects."""
        tags = self._tags.render_tags()
        return [{"resourceType": kind, "tags": tags} for kind in ("instance", "volume", "network-interface")]


def _lost_interfaces(planned: tuple[NetworkInterface, ...], properties: Properties) -> Iterator[str]:
    """What escape hatches have lost of the interfaces and of the instance type. Tokens are not looked into."""
    data = properties["launchTemplateData"]
    if not isinstance(data, Mapping):
        return
    for name in ("instanceType", "blockDeviceMappings"):
        if not data.get(name):
            yield f"'launchTemplateData' was set to something without {name}"
    interfaces = data.get("networkInterfaces", [])
    if not isinstance(interfaces, Sequence) or not all(isinstance(interface, Mapping) for interface in interfaces):
        return
    efas = [interface for interface in interfaces if interface.get("interfaceType") in EFA_INTERFACE_TYPES]
    wanted = catalogue.efa_interface_count(planned)
    if len(efas) < wanted:
        yield (
            f"'launchTemplateData.networkInterfaces' was set to {len(interfaces)} interfaces, {len(efas)} of them "
            f"with EFA, instead of {len(planned)}, {wanted} of them with EFA"
        )
    if any("groups" not in interface for interface in interfaces):
        yield "'launchTemplateData.networkInterfaces' has an interface without groups"
    places = [(interface.get("networkCardIndex", 0), interface.get("deviceIndex", 0)) for interface in interfaces]
    if len(set(map(str, places))) < len(places):
        yield "'launchTemplateData.networkInterfaces' has two interfaces on one device of one network card"


def _interface(interface: NetworkInterface, groups: list[str]) -> ec2.CfnLaunchTemplate.NetworkInterfaceProperty:
    # Nothing is said about a public address: with several interfaces EC2 gives none, and refuses to be asked for one.
    return ec2.CfnLaunchTemplate.NetworkInterfaceProperty(
        network_card_index=interface.network_card_index,
        device_index=interface.device_index,
        interface_type=interface.interface_type,
        groups=groups,
        delete_on_termination=True,
    )


def _placement(group: ec2.IPlacementGroup | None) -> ec2.CfnLaunchTemplate.PlacementProperty | None:
    if group is None:
        return None
    return ec2.CfnLaunchTemplate.PlacementProperty(group_name=group.placement_group_name)


def _check_hop_limit(limit: int) -> None:
    if not Token.is_unresolved(limit) and not 1 <= limit <= MAXIMUM_HOP_LIMIT:
        raise InvalidArgumentError(
            HOP_LIMIT.refusal(where="'metadata_hop_limit'", maximum=MAXIMUM_HOP_LIMIT, limit=limit)
        )
