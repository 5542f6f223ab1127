"""EC2 instances whose network interfaces are those of their launch template, cards and types included.

moto's own instances put every interface on card 0, give each an address, and have room for one of each device index.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from moto.core.exceptions import ServiceException
from moto.core.utils import utcnow
from moto.ec2.models import EC2Backend
from moto.ec2.models import elastic_network_interfaces as moto_interfaces
from moto.ec2.models import instances as moto_instances
from moto.ec2.models.block_device import BlockDeviceType
from moto.ec2.models.elastic_block_store import VolumeAttachment
from moto.ec2.models.subnets import Subnet
from moto.ec2.utils import parse_user_data, random_eni_attach_id, random_reservation_id

from .addresses import take_address
from .resource_type import AwsError

__all__ = ["Instance", "InstanceLaunch", "NetworkInterface", "run_instance"]

# A template's interfaces are keyed by card and device together: no card has this many interfaces.
_DEVICES = 1000


@dataclass(frozen=True, kw_only=True)
class InstanceLaunch:
    """What to launch: a launch template put together with what the caller adds."""

    image_id: str
    instance_type: str
    # LaunchTemplateData with the names and types of the EC2 API.
    template: Mapping[str, Any]
    # Security groups of a template that names none.
    default_groups: Sequence[str]
    tags: Mapping[str, str] = field(default_factory=dict)
    # "spot", "capacity-block" or None for on-demand.
    lifecycle: str | None = None
    launch_template_id: str | None = None
    launch_template_version: str | None = None

    def interfaces(self) -> list[dict[str, Any]]:
        """The interfaces of one instance: those of the template, or one with the template's security groups."""
        groups = self.template.get("SecurityGroupIds")
        given = self.template.get("NetworkInterfaces") or [{"DeviceIndex": 0, "Groups": groups}]
        named = any(interface.get("Groups") for interface in given)
        return [
            {**interface, "Groups": interface.get("Groups") or ([] if named else list(self.default_groups))}
            for interface in given
        ]


class _Attachment(moto_interfaces.Attachment):
    def __init__(self, interface: NetworkInterface) -> None:
        super().__init__(interface)
        self.network_card_index = interface.network_card_index


class NetworkInterface(moto_interfaces.NetworkInterface):
    """An interface as a launch template describes it: no address if it is ``efa-only``."""

    # moto's serializer finds "NetworkInterfaceId" in ``id`` by the name of the class, so the name stays.

    def __init__(self, ec2: EC2Backend, subnet: Subnet, specification: Mapping[str, Any]) -> None:
        kind = specification.get("InterfaceType") or "interface"
        address = take_address(subnet) if kind != "efa-only" else "0.0.0.0"
        super().__init__(
            ec2,
            subnet,
            address,
            device_index=int(specification.get("DeviceIndex") or 0),
            public_ip_auto_assign=bool(specification.get("AssociatePublicIpAddress")),
            group_ids=list(specification["Groups"]),
            description=specification.get("Description"),
            # An interface that a launch makes goes with its instance unless the template says otherwise.
            delete_on_termination=specification.get("DeleteOnTermination") is not False,
        )
        self.interface_type = kind
        self.network_card_index = int(specification.get("NetworkCardIndex") or 0)
        if kind == "efa-only":
            self.private_ip_address = None
            self.private_ip_addresses = []

    def get_tags(self) -> list[dict[str, str]]:
        """Its tags: moto would go through those of the whole Region, for each interface that it shows."""
        return _tags(self.ec2_backend, self.id, "network-interface")

    @property
    def attachment(self) -> _Attachment | None:
        """Where the interface is attached, network card included."""
        return _Attachment(self) if self.attachment_id else None

    @property
    def group_set(self) -> list[Any]:
        """Its own security groups only: with several interfaces, an instance has none beside theirs."""
        return list(self._group_set)


class Instance(moto_instances.Instance):
    """An instance with the interfaces of a :class:`InstanceLaunch`."""

    capacity_reservation_id: str | None = None

    def prep_nics(self, nic_spec: list[dict[str, Any]], *args: Any, **kwargs: Any) -> None:
        """Make and attach the interfaces. moto calls it while it makes the instance."""
        self.nics: dict[int, Any] = {}
        try:
            self._attach_interfaces(nic_spec)
        except AwsError:
            for interface in self.nics.values():
                interface.delete()
            raise
        self.security_groups = self.nics[0].group_set

    def _attach_interfaces(self, nic_spec: list[dict[str, Any]]) -> None:
        subnet = self.ec2_backend.get_subnet(self._subnet_id)
        for specification in nic_spec:
            interface = NetworkInterface(self.ec2_backend, subnet, specification)  # type: ignore[abstract]
            self.ec2_backend.enis[interface.id] = interface
            interface.instance = self
            interface.attachment_id = random_eni_attach_id()
            interface.attach_time = utcnow()
            interface.status = "in-use"
            self.nics[interface.network_card_index * _DEVICES + (interface.device_index or 0)] = interface

    def get_tags(self) -> list[dict[str, str]]:
        """Its tags: moto would go through those of the whole Region, for each instance that it shows."""
        return _tags(self.ec2_backend, self.id, "instance")

    def teardown_defaults(self) -> None:
        """Detach its volumes, and delete those that go with it; moto would look for the instance among all others."""
        for device in self.block_device_mapping.values():
            self.ec2_backend.volumes[device.volume_id].attachment = None
            if device.delete_on_termination:
                self.ec2_backend.delete_volume(device.volume_id)
        self.block_device_mapping.clear()

    def terminate(self) -> moto_instances.InstanceState:
        """Terminate: the interfaces that go with the instance are gone from it too."""
        state = super().terminate()
        self.nics = {}
        return state

    @property
    def private_ip(self) -> str | None:
        """The primary interface's address, while there is one."""
        return self.nics[0].private_ip_address if self.nics else None

    @property
    def private_ip_address(self) -> str | None:
        """The same, under the API's name."""
        return self.private_ip

    @property
    def private_dns_name(self) -> str:
        """The name that the address gives, "" after termination."""
        return super().private_dns_name if self.nics else ""

    @property
    def public_ip(self) -> str | None:
        """The primary interface's public address, while there is one."""
        return self.nics[0].public_ip if self.nics else None

    @property
    def public_ip_address(self) -> str | None:
        """The same, under the API's name."""
        return self.public_ip


def run_instance(ec2: EC2Backend, launch: InstanceLaunch, subnet: Subnet) -> Instance:
    """Run one instance in a subnet. Whoever calls has asked the launch rules before.

    :raises AwsError: the subnet has no address left, or a volume's snapshot is not there. Nothing is left of it.
    :raises ServiceException: the same, where moto refuses: a volume without the IOPS that its type needs.
    """
    template = launch.template
    user_data = template.get("UserData")
    # moto's classes are abstract to a type checker, and nowhere else.
    instance = Instance(  # type: ignore[abstract]
        ec2,
        launch.image_id,
        parse_user_data(str(user_data)) if user_data else None,
        [],
        nics=launch.interfaces(),
        instance_type=launch.instance_type,
        region_name=ec2.region_name,
        subnet_id=subnet.id,
        key_name=template.get("KeyName"),
        ebs_optimized=template.get("EbsOptimized", False),
        lifecycle=launch.lifecycle,
        metadata_options=template.get("MetadataOptions", {}),
        launch_template=_launch_template(launch),
    )
    placement = template.get("Placement", {})
    instance.placement.group_name = placement.get("GroupName") or ""
    target = template.get("CapacityReservationSpecification", {}).get("CapacityReservationTarget", {})
    instance.capacity_reservation_id = target.get("CapacityReservationId")
    instance.add_tags(dict(launch.tags))
    try:
        _add_volumes(instance, template.get("BlockDeviceMappings") or [{"DeviceName": "/dev/xvda", "Ebs": {}}])
    except (AwsError, ServiceException):
        instance.terminate()
        raise
    reservation = moto_instances.Reservation(random_reservation_id(), owner_id=ec2.account_id)
    reservation.instances.append(instance)
    ec2.reservations[reservation.id] = reservation
    return instance


def _tags(ec2: EC2Backend, resource_id: str, resource_type: str) -> list[dict[str, str]]:
    return [
        {"resource_id": resource_id, "key": key, "value": value, "resource_type": resource_type}
        for key, value in ec2.tags.get(resource_id, {}).items()
    ]


def _launch_template(launch: InstanceLaunch) -> dict[str, str]:
    if launch.launch_template_id is None or launch.launch_template_version is None:
        return {}
    return {"LaunchTemplateId": launch.launch_template_id, "Version": launch.launch_template_version}


def _add_volumes(instance: Instance, mappings: Sequence[Mapping[str, Any]]) -> None:
    """Make and attach the volumes. moto's way drops IOPS, and looks for the instance among all others each time."""
    for mapping in mappings:
        ebs = mapping.get("Ebs")
        if ebs is None:
            continue
        snapshot_id = ebs.get("SnapshotId")
        if snapshot_id and snapshot_id not in instance.ec2_backend.snapshots:
            # moto refuses it too, without a word.
            raise AwsError("InvalidSnapshot.NotFound", f"The snapshot '{snapshot_id}' does not exist.", service="Ec2")
        volume = instance.ec2_backend.create_volume(
            # 20 GiB is what EKS gives a node unless told otherwise.
            size=int(ebs.get("VolumeSize") or 20),
            zone_name=instance.placement.zone,
            snapshot_id=snapshot_id,
            encrypted=bool(ebs.get("Encrypted", False)),
            kms_key_id=ebs.get("KmsKeyId"),
            volume_type=ebs.get("VolumeType", "gp3"),
            iops=ebs.get("Iops"),
            throughput=ebs.get("Throughput"),
        )
        device = mapping["DeviceName"]
        volume.attachment = VolumeAttachment(volume, instance, device, "attached")  # type: ignore[abstract]
        instance.block_device_mapping[device] = BlockDeviceType(
            volume_id=volume.id,
            status=volume.status,
            size=volume.size,
            attach_time=utcnow(),
            delete_on_termination=ebs.get("DeleteOnTermination") is not False,
        )
