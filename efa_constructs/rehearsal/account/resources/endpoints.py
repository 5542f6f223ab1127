"""AWS::EC2 types beside a network: VPC endpoints and flow logs."""

from __future__ import annotations

import json
from typing import Any

from ..resource_type import AwsError, Resource, ResourceRequest, ResourceType
from .ec2_references import check_references
from .ec2_tags import ec2_of, set_tags

__all__ = ["RESOURCE_TYPES", "FlowLog", "VpcEndpoint"]


class VpcEndpoint(ResourceType):
    """A gateway or interface endpoint."""

    type_name = "AWS::EC2::VPCEndpoint"

    def create(self, request: ResourceRequest) -> Resource:
        """CreateVpcEndpoint."""
        check_references(request)
        properties, ec2 = request.properties, ec2_of(request)
        kind = properties.get("VpcEndpointType", "Gateway")
        policy = properties.get("PolicyDocument")
        endpoint = ec2.create_vpc_endpoint(
            properties["VpcId"],
            properties["ServiceName"],
            kind,
            json.dumps(policy) if isinstance(policy, dict) else policy,
            list(properties.get("RouteTableIds", [])),
            # moto would put interfaces with random addresses into them.
            subnet_ids=[],
            security_group_ids=list(properties.get("SecurityGroupIds", [])),
            private_dns_enabled=properties.get("PrivateDnsEnabled", False),
        )
        endpoint.subnet_ids = list(properties.get("SubnetIds", []))
        for subnet_id in endpoint.subnet_ids:
            subnet = ec2.get_subnet(subnet_id)
            interface = ec2.create_network_interface(
                subnet,
                subnet.get_available_subnet_ip(None),  # type: ignore[arg-type] # it is noted, and read nowhere
                group_ids=endpoint.security_group_ids,
                description=f"VPC Endpoint Interface {endpoint.id}",
            )
            endpoint.network_interface_ids.append(interface.id)
        set_tags(request, endpoint.id)
        return Resource(
            physical_id=endpoint.id,
            attributes={
                "Id": endpoint.id,
                "CreationTimestamp": endpoint.creation_timestamp.isoformat(),
                "DnsEntries": [],
                "NetworkInterfaceIds": endpoint.network_interface_ids,
            },
        )

    def update(self, request: ResourceRequest, current: Resource) -> Resource:
        """Change its tags and policy."""
        endpoint = ec2_of(request).vpc_end_points[current.physical_id]
        properties = request.properties
        for name, present in (
            ("RouteTableIds", endpoint.route_table_ids),
            ("SubnetIds", endpoint.subnet_ids),
            ("SecurityGroupIds", endpoint.security_group_ids),
        ):
            if sorted(properties.get(name, [])) != sorted(present or []):
                raise AwsError(
                    "NotUpdatable", f"the emulated account cannot change {name} of a VPC endpoint in place", status=501
                )
        if "PolicyDocument" in properties:
            endpoint.policy_document = json.dumps(properties["PolicyDocument"])
        endpoint.private_dns_enabled = properties.get("PrivateDnsEnabled", False)
        set_tags(request, current.physical_id)
        return current

    def delete(self, request: ResourceRequest, current: Resource) -> None:
        """DeleteVpcEndpoints. moto shows a deleted one for ever."""
        ec2 = ec2_of(request)
        endpoint = ec2.vpc_end_points.pop(current.physical_id, None)
        if endpoint is None:
            raise AwsError(
                "InvalidVpcEndpointId.NotFound", f"The Vpc Endpoint Id '{current.physical_id}' does not exist"
            )
        for interface in endpoint.network_interface_ids:
            ec2.enis.pop(interface, None)
        for table_id in endpoint.route_table_ids:
            table = ec2.route_tables.get(table_id)
            routes = table._routes if table else {}
            for route_id in [key for key, route in routes.items() if route.gateway_id == endpoint.id]:
                del routes[route_id]
        ec2.tags.pop(current.physical_id, None)


class FlowLog(ResourceType):
    """A flow log."""

    type_name = "AWS::EC2::FlowLog"

    def create(self, request: ResourceRequest) -> Resource:
        """CreateFlowLogs."""
        properties = request.properties
        # moto gives what is None its default, and says so nowhere in its annotations.
        optional: list[Any] = [
            properties.get(name)
            for name in (
                "DeliverLogsPermissionArn",
                "LogDestinationType",
                "LogDestination",
                "LogGroupName",
                "LogFormat",
                "MaxAggregationInterval",
            )
        ]
        made, failed = ec2_of(request).create_flow_logs(
            properties["ResourceType"], [properties["ResourceId"]], properties.get("TrafficType", "ALL"), *optional
        )
        if failed:
            raise AwsError("InvalidParameter", failed[0][2], service="Ec2")
        set_tags(request, made[0].id)
        return Resource(physical_id=made[0].id, attributes={"Id": made[0].id})

    def update(self, request: ResourceRequest, current: Resource) -> Resource:
        """Change its tags."""
        set_tags(request, current.physical_id)
        return current

    def delete(self, request: ResourceRequest, current: Resource) -> None:
        """DeleteFlowLogs."""
        ec2_of(request).delete_flow_logs([current.physical_id])
        ec2_of(request).tags.pop(current.physical_id, None)


RESOURCE_TYPES: tuple[type[ResourceType], ...] = (VpcEndpoint, FlowLog)
