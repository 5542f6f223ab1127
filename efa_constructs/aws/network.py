"""A VPC for EFA nodes: private subnets with a way out, and the nodes' zone first."""

from __future__ import annotations

from collections.abc import Sequence

from aws_cdk import Acknowledgment, RemovalPolicy, Validations
from aws_cdk import aws_ec2 as ec2
from aws_cdk import aws_logs as logs
from constructs import Construct

from ..errors import InvalidArgumentError

__all__ = ["EfaNetwork"]


class EfaNetwork(Construct):
    """A VPC with one private and one public subnet a zone, one NAT gateway, and an S3 gateway endpoint.

    The NAT gateway stands in the first zone, where the nodes are, so that their traffic does not pay for crossing
    zones. Container images come from Amazon S3 behind Amazon ECR: the gateway endpoint keeps them off the NAT gateway.
    """

    def __init__(
        self,
        scope: Construct,
        id: str,
        *,
        availability_zones: Sequence[str],
        cidr: str = "10.0.0.0/16",
    ) -> None:
        """
        :param availability_zones: The nodes' zone first; EKS needs at least one more for its control plane.
        :param cidr: IPv4 range of the VPC. Default: 10.0.0.0/16, of which every private subnet takes a /18.
        :raises InvalidArgumentError: fewer than two zones, or one twice.
        """
        super().__init__(scope, id)
        if len(set(availability_zones)) < 2 or len(set(availability_zones)) != len(availability_zones):
            raise InvalidArgumentError(
                f"'availability_zones' must be at least two different zones, got {', '.join(availability_zones)}"
            )
        log_group = logs.LogGroup(
            self, "FlowLogs", retention=logs.RetentionDays.ONE_MONTH, removal_policy=RemovalPolicy.DESTROY
        )
        self.vpc = ec2.Vpc(
            self,
            "Vpc",
            ip_addresses=ec2.IpAddresses.cidr(cidr),
            availability_zones=list(availability_zones),
            nat_gateways=1,
            subnet_configuration=[
                ec2.SubnetConfiguration(
                    name="Private", subnet_type=ec2.SubnetType.PRIVATE_WITH_EGRESS, cidr_mask=_private_mask(cidr)
                ),
                ec2.SubnetConfiguration(
                    name="Public", subnet_type=ec2.SubnetType.PUBLIC, cidr_mask=24, map_public_ip_on_launch=False
                ),
            ],
            gateway_endpoints={"S3": ec2.GatewayVpcEndpointOptions(service=ec2.GatewayVpcEndpointAwsService.S3)},
            flow_logs={
                "Rejected": ec2.FlowLogOptions(
                    destination=ec2.FlowLogDestination.to_cloud_watch_logs(log_group),
                    traffic_type=ec2.FlowLogTrafficType.REJECT,
                )
            },
        )
        # CDK's own validation, and cfn-lint, would rather have zones looked up than named.
        Validations.of(self.vpc).acknowledge(
            Acknowledgment(
                id="CloudFormation-Validate::W3010", reason="the zones are chosen: they must offer the nodes"
            )
        )

    def private_subnet(self, availability_zone: str) -> ec2.ISubnet:
        """The private subnet of a zone.

        :raises InvalidArgumentError: the network has none there.
        """
        for subnet in self.vpc.private_subnets:
            if subnet.availability_zone == availability_zone:
                return subnet
        zones = ", ".join(subnet.availability_zone for subnet in self.vpc.private_subnets)
        raise InvalidArgumentError(
            f"'availability_zone' is '{availability_zone}', but the network has private subnets in {zones} only"
        )


def _private_mask(cidr: str) -> int:
    """A quarter of the range: room for two zones, and for as many public subnets."""
    return int(cidr.rpartition("/")[2]) + 2
