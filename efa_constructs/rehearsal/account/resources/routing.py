"""AWS::EC2 types of routing: route tables, routes, NAT gateways and their addresses."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ..on_trust import take_on_trust
from ..resource_type import AwsError, Resource, ResourceRequest, ResourceType
from .ec2_references import check_references
from .ec2_tags import ec2_of, set_tags

__all__ = ["RESOURCE_TYPES", "ElasticIp", "NatGateway", "Route", "RouteTable", "SubnetRouteTableAssociation"]


class RouteTable(ResourceType):
    """A route table."""

    type_name = "AWS::EC2::RouteTable"

    def create(self, request: ResourceRequest) -> Resource:
        """CreateRouteTable."""
        check_references(request)
        table = ec2_of(request).create_route_table(request.properties["VpcId"])
        set_tags(request, table.id)
        return Resource(physical_id=table.id, attributes={"RouteTableId": table.id})

    def update(self, request: ResourceRequest, current: Resource) -> Resource:
        """Change its tags."""
        set_tags(request, current.physical_id)
        return current

    def delete(self, request: ResourceRequest, current: Resource) -> None:
        """DeleteRouteTable: refused while a subnet is associated."""
        ec2_of(request).delete_route_table(current.physical_id)
        ec2_of(request).tags.pop(current.physical_id, None)


class Route(ResourceType):
    """A route."""

    type_name = "AWS::EC2::Route"

    def create(self, request: ResourceRequest) -> Resource:
        """CreateRoute."""
        properties = request.properties
        destination = self._destination(properties)
        check_references(request)
        ec2_of(request).create_route(properties["RouteTableId"], **destination, **self._target(properties))
        block = next(value for value in destination.values() if value)
        return Resource(physical_id=f"{properties['RouteTableId']}|{block}", attributes={"CidrBlock": block})

    def update(self, request: ResourceRequest, current: Resource) -> Resource:
        """ReplaceRoute."""
        properties = request.properties
        check_references(request)
        ec2_of(request).replace_route(
            properties["RouteTableId"], **self._destination(properties), **self._target(properties)
        )
        return current

    def delete(self, request: ResourceRequest, current: Resource) -> None:
        """DeleteRoute."""
        properties = request.properties
        ec2_of(request).delete_route(properties["RouteTableId"], **self._destination(properties))

    @staticmethod
    def _destination(properties: Mapping[str, Any]) -> dict[str, Any]:
        destination = {
            "destination_cidr_block": properties.get("DestinationCidrBlock"),
            "destination_ipv6_cidr_block": properties.get("DestinationIpv6CidrBlock"),
            "destination_prefix_list_id": properties.get("DestinationPrefixListId"),
        }
        if not any(destination.values()):
            raise AwsError("MissingParameter", "The request must contain a destination", service="Ec2")
        return destination

    @staticmethod
    def _target(properties: Mapping[str, Any]) -> dict[str, Any]:
        names = {
            "EgressOnlyInternetGatewayId": "egress_only_igw_id",
            "GatewayId": "gateway_id",
            "InstanceId": "instance_id",
            "NatGatewayId": "nat_gateway_id",
            "NetworkInterfaceId": "interface_id",
            "TransitGatewayId": "transit_gateway_id",
            "VpcPeeringConnectionId": "vpc_peering_connection_id",
        }
        target = {argument: properties[name] for name, argument in names.items() if name in properties}
        if not target:
            raise AwsError("NotImplemented", f"the emulated account routes to [{', '.join(names)}] only", status=501)
        if "transit_gateway_id" in target:
            # It may be another account's, which shares it.
            take_on_trust(f"that the transit gateway {target['transit_gateway_id']} is there, and attached to the VPC")
        return target


class SubnetRouteTableAssociation(ResourceType):
    """Which route table a subnet uses."""

    type_name = "AWS::EC2::SubnetRouteTableAssociation"

    def create(self, request: ResourceRequest) -> Resource:
        """AssociateRouteTable."""
        properties = request.properties
        check_references(request)
        association = ec2_of(request).associate_route_table(
            route_table_id=properties["RouteTableId"], subnet_id=properties["SubnetId"]
        )
        return Resource(physical_id=association, attributes={"Id": association})

    def update(self, request: ResourceRequest, current: Resource) -> Resource:
        """Nothing of it changes in place."""
        return current

    def delete(self, request: ResourceRequest, current: Resource) -> None:
        """DisassociateRouteTable."""
        ec2_of(request).disassociate_route_table(current.physical_id)


class ElasticIp(ResourceType):
    """An Elastic IP address."""

    type_name = "AWS::EC2::EIP"

    def create(self, request: ResourceRequest) -> Resource:
        """AllocateAddress."""
        if "InstanceId" in request.properties:
            raise AwsError(
                "NotImplemented", "the emulated account associates addresses with NAT gateways only", status=501
            )
        address = ec2_of(request).allocate_address("vpc")
        set_tags(request, str(address.allocation_id))
        return Resource(
            physical_id=address.public_ip,
            attributes={"AllocationId": address.allocation_id, "PublicIp": address.public_ip},
        )

    def update(self, request: ResourceRequest, current: Resource) -> Resource:
        """Change its tags."""
        set_tags(request, current.attributes["AllocationId"])
        return current

    def delete(self, request: ResourceRequest, current: Resource) -> None:
        """ReleaseAddress."""
        ec2_of(request).release_address(allocation_id=current.attributes["AllocationId"])
        ec2_of(request).tags.pop(current.attributes["AllocationId"], None)


class NatGateway(ResourceType):
    """A NAT gateway."""

    type_name = "AWS::EC2::NatGateway"

    def create(self, request: ResourceRequest) -> Resource:
        """CreateNatGateway."""
        properties = request.properties
        kind = properties.get("ConnectivityType", "public")
        if kind == "public" and "AllocationId" not in properties:
            raise AwsError("MissingParameter", "The request must contain the parameter AllocationId", service="Ec2")
        check_references(request)
        gateway = ec2_of(request).create_nat_gateway(
            properties["SubnetId"], properties.get("AllocationId", ""), connectivity_type=kind
        )
        set_tags(request, gateway.id)
        return Resource(physical_id=gateway.id, attributes={"NatGatewayId": gateway.id, "EniId": gateway._eni.id})

    def update(self, request: ResourceRequest, current: Resource) -> Resource:
        """Change its tags."""
        set_tags(request, current.physical_id)
        return current

    def delete(self, request: ResourceRequest, current: Resource) -> None:
        """DeleteNatGateway. moto keeps its interface and shows it as deleted for ever: both go here."""
        ec2 = ec2_of(request)
        gateway = ec2.nat_gateways.pop(current.physical_id, None)
        if gateway is None:
            raise AwsError("NatGatewayNotFound", f"NatGateway {current.physical_id} was not found", service="Ec2")
        for address in ec2.addresses:
            if address.eni is gateway._eni:
                ec2.disassociate_address(address=address.public_ip)
        ec2.enis.pop(gateway._eni.id, None)
        ec2.tags.pop(current.physical_id, None)


RESOURCE_TYPES: tuple[type[ResourceType], ...] = (
    RouteTable,
    Route,
    SubnetRouteTableAssociation,
    ElasticIp,
    NatGateway,
)
