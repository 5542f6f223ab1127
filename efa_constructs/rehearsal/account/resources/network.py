"""AWS::EC2 types of a network: VPC, subnets, internet gateway. moto's own drop most of their properties."""

from __future__ import annotations

from moto.ec2.models import EC2Backend
from moto.ec2.models.network_acls import NetworkAclAssociation

from ..resource_type import AwsError, Resource, ResourceRequest, ResourceType
from .ec2_references import check_references
from .ec2_tags import ec2_of, set_tags

__all__ = ["RESOURCE_TYPES", "InternetGateway", "InternetGatewayAttachment", "Subnet", "Vpc"]


class Vpc(ResourceType):
    """A VPC."""

    type_name = "AWS::EC2::VPC"

    def create(self, request: ResourceRequest) -> Resource:
        """CreateVpc and ModifyVpcAttribute."""
        properties = request.properties
        if "CidrBlock" not in properties:
            raise AwsError("NotImplemented", "the emulated account has no IPAM pools: give 'CidrBlock'", status=501)
        vpc = ec2_of(request).create_vpc(properties["CidrBlock"], properties.get("InstanceTenancy", "default"))
        return self._configure(request, vpc.id)

    def update(self, request: ResourceRequest, current: Resource) -> Resource:
        """Change its DNS attributes, tenancy and tags."""
        ec2_of(request).get_vpc(current.physical_id).instance_tenancy = request.properties.get(
            "InstanceTenancy", "default"
        )
        return self._configure(request, current.physical_id)

    def delete(self, request: ResourceRequest, current: Resource) -> None:
        """DeleteVpc: refused while anything but what came with the VPC is in it."""
        ec2, vpc_id = ec2_of(request), current.physical_id
        if _occupied(ec2, vpc_id):
            raise AwsError(
                "DependencyViolation", f"The vpc '{vpc_id}' has dependencies and cannot be deleted.", service="Ec2"
            )
        ec2.delete_vpc(vpc_id)
        for acl in [acl for acl in ec2.network_acls.values() if acl.vpc_id == vpc_id]:
            del ec2.network_acls[acl.id]
        ec2.tags.pop(vpc_id, None)

    @staticmethod
    def _configure(request: ResourceRequest, vpc_id: str) -> Resource:
        ec2, properties = ec2_of(request), request.properties
        vpc = ec2.get_vpc(vpc_id)
        vpc.enable_dns_support = properties.get("EnableDnsSupport", True)
        vpc.enable_dns_hostnames = properties.get("EnableDnsHostnames", False)
        set_tags(request, vpc_id)
        default_group = ec2.get_security_group_from_name("default", vpc_id=vpc_id)
        default_acl = next(acl for acl in ec2.network_acls.values() if acl.vpc_id == vpc_id and acl.default)
        return Resource(
            physical_id=vpc_id,
            attributes={
                "VpcId": vpc_id,
                "CidrBlock": vpc.cidr_block,
                "CidrBlockAssociations": [item["association_id"] for item in vpc.get_cidr_block_association_set()],
                "DefaultNetworkAcl": default_acl.id,
                "DefaultSecurityGroup": default_group.id if default_group else None,
                "Ipv6CidrBlocks": [],
            },
        )


def _check_zone(request: ResourceRequest, zone: str | None) -> None:
    """In EC2's words, which name the zones of the Region; moto names those of the world."""
    zones = [known.name for known in ec2_of(request).describe_availability_zones()]
    if zone is not None and zone not in zones:
        raise AwsError(
            "InvalidParameterValue",
            f"Value ({zone}) for parameter availabilityZone is invalid. Subnets can currently only be created in the "
            f"following availability zones: {', '.join(zones)}.",
            service="Ec2",
        )


class Subnet(ResourceType):
    """A subnet."""

    type_name = "AWS::EC2::Subnet"

    def create(self, request: ResourceRequest) -> Resource:
        """CreateSubnet and ModifySubnetAttribute."""
        properties = request.properties
        if "CidrBlock" not in properties:
            raise AwsError("NotImplemented", "the emulated account has IPv4 subnets only: give 'CidrBlock'", status=501)
        check_references(request)
        _check_zone(request, properties.get("AvailabilityZone"))
        subnet = ec2_of(request).create_subnet(
            properties["VpcId"],
            properties["CidrBlock"],
            availability_zone=properties.get("AvailabilityZone"),
            availability_zone_id=properties.get("AvailabilityZoneId"),
        )
        return self._configure(request, subnet.id)

    def update(self, request: ResourceRequest, current: Resource) -> Resource:
        """Change whether instances get public addresses, and its tags."""
        return self._configure(request, current.physical_id)

    def delete(self, request: ResourceRequest, current: Resource) -> None:
        """DeleteSubnet: refused while an interface is in it."""
        ec2, subnet_id = ec2_of(request), current.physical_id
        if any(interface.subnet.id == subnet_id for interface in ec2.get_all_network_interfaces()):
            raise AwsError(
                "DependencyViolation",
                f"The subnet '{subnet_id}' has dependencies and cannot be deleted.",
                service="Ec2",
            )
        ec2.delete_subnet(subnet_id)
        for acl in ec2.network_acls.values():
            for association in [found for found in acl.associations if found.subnet_id == subnet_id]:
                del acl._associations[association.id]
        ec2.tags.pop(subnet_id, None)

    @staticmethod
    def _configure(request: ResourceRequest, subnet_id: str) -> Resource:
        ec2 = ec2_of(request)
        subnet = ec2.get_subnet(subnet_id)
        subnet.map_public_ip_on_launch = request.properties.get("MapPublicIpOnLaunch", False)
        set_tags(request, subnet_id)
        associations = [found.id for found in _acl_associations(ec2, subnet_id)]
        return Resource(
            physical_id=subnet_id,
            attributes={
                "SubnetId": subnet_id,
                "VpcId": subnet.vpc_id,
                "CidrBlock": subnet.cidr_block,
                "AvailabilityZone": subnet.availability_zone,
                "AvailabilityZoneId": subnet.availability_zone_id,
                "NetworkAclAssociationId": associations[0] if associations else "",
                "Ipv6CidrBlocks": [],
            },
        )


class InternetGateway(ResourceType):
    """An internet gateway, not attached yet."""

    type_name = "AWS::EC2::InternetGateway"

    def create(self, request: ResourceRequest) -> Resource:
        """CreateInternetGateway."""
        gateway = ec2_of(request).create_internet_gateway()
        set_tags(request, gateway.id)
        return Resource(physical_id=gateway.id, attributes={"InternetGatewayId": gateway.id})

    def update(self, request: ResourceRequest, current: Resource) -> Resource:
        """Change its tags."""
        set_tags(request, current.physical_id)
        return current

    def delete(self, request: ResourceRequest, current: Resource) -> None:
        """DeleteInternetGateway: refused while it is attached."""
        ec2_of(request).delete_internet_gateway(current.physical_id)
        ec2_of(request).tags.pop(current.physical_id, None)


class InternetGatewayAttachment(ResourceType):
    """What attaches an internet gateway to a VPC."""

    type_name = "AWS::EC2::VPCGatewayAttachment"

    def create(self, request: ResourceRequest) -> Resource:
        """AttachInternetGateway."""
        gateway_id, vpc_id = self._gateway(request), request.properties["VpcId"]
        check_references(request)
        ec2_of(request).attach_internet_gateway(gateway_id, vpc_id)
        return Resource(physical_id=f"IGW|{vpc_id}", attributes={"AttachmentType": "IGW"})

    def update(self, request: ResourceRequest, current: Resource) -> Resource:
        """Attach another gateway in its place."""
        vpc_id, ec2 = request.properties["VpcId"], ec2_of(request)
        for gateway in list(ec2.internet_gateways.values()):
            if gateway.vpc is not None and gateway.vpc.id == vpc_id:
                ec2.detach_internet_gateway(gateway.id, vpc_id)
        return self.create(request)

    def delete(self, request: ResourceRequest, current: Resource) -> None:
        """DetachInternetGateway."""
        ec2_of(request).detach_internet_gateway(self._gateway(request), request.properties["VpcId"])

    @staticmethod
    def _gateway(request: ResourceRequest) -> str:
        if "InternetGatewayId" not in request.properties:
            raise AwsError("NotImplemented", "the emulated account attaches internet gateways only", status=501)
        gateway_id: str = request.properties["InternetGatewayId"]
        return gateway_id


def _occupied(ec2: EC2Backend, vpc_id: str) -> bool:
    groups = [group for group in ec2.describe_security_groups() if group.vpc_id == vpc_id and group.name != "default"]
    gateways = [gateway for gateway in ec2.internet_gateways.values() if gateway.vpc and gateway.vpc.id == vpc_id]
    return bool(groups or gateways)


def _acl_associations(ec2: EC2Backend, subnet_id: str) -> list[NetworkAclAssociation]:
    return [
        association
        for acl in ec2.network_acls.values()
        for association in acl.associations
        if association.subnet_id == subnet_id
    ]


RESOURCE_TYPES: tuple[type[ResourceType], ...] = (Vpc, Subnet, InternetGateway, InternetGatewayAttachment)
