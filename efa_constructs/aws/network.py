"""A VPC for EFA nodes: private subnets with a way out."""

from __future__ import annotations

from collections.abc import Sequence

from aws_cdk import Acknowledgment, RemovalPolicy, Validations
from aws_cdk import aws_ec2 as ec2
from aws_cdk import aws_logs as logs
from constructs import Construct

from ..argument_kinds import checks_kinds
from ..errors import InvalidArgumentError
from ..rules.clusters import CLUSTER_ZONES
from .argument_kinds import KINDS

__all__ = ["EfaNetwork"]


class EfaNetwork(Construct):
    """A VPC with one private and one public subnet a zone, one NAT gateway, and an S3 gateway endpoint.

    Container images come from Amazon S3 behind Amazon ECR: the gateway endpoint keeps them off the NAT gateway.

    In a stack that knows its account and Region, CDK's ``Vpc`` compares these zones with the account's, and has the CDK
    CLI look them up; a stack of a Region alone, or one that overrides ``availability_zones``, asks nobody.
    """

    @checks_kinds(KINDS)
    def __init__(
        self,
        scope: Construct,
        id: str,
        *,
        availability_zones: Sequence[str],
        nat_gateway_zone: str | None = None,
        cidr: str = "10.0.0.0/16",
    ) -> None:
        """
        :param availability_zones: Every zone that nodes may ever want to be in, and at least two, for the control plane
            of EKS. A subnet's range follows from its zone's place in this list: a deployed network cannot take in
            another zone.
        :param nat_gateway_zone: The nodes' zone, so that their traffic does not pay for crossing zones. Default: the
            first one.
        :param cidr: IPv4 range of the VPC. Default: 10.0.0.0/16, of which every private subnet takes a /19.
        :raises InvalidArgumentError: fewer than two zones, one twice, or a NAT gateway elsewhere.
        """
        super().__init__(scope, id)
        if len(set(availability_zones)) < 2 or len(set(availability_zones)) != len(availability_zones):
            raise InvalidArgumentError(
                CLUSTER_ZONES.refusal(where="'availability_zones'", zones=", ".join(availability_zones))
            )
        nat_gateway_zone = nat_gateway_zone or availability_zones[0]
        if nat_gateway_zone not in availability_zones:
            raise InvalidArgumentError(
                f"'nat_gateway_zone' is {nat_gateway_zone}, but the network is in {', '.join(availability_zones)}"
            )
        log_group = logs.LogGroup(
            self, "FlowLogs", retention=logs.RetentionDays.ONE_MONTH, removal_policy=RemovalPolicy.DESTROY
        )
        self.vpc: ec2.Vpc = ec2.Vpc(
            self,
            "Vpc",
            ip_addresses=ec2.IpAddresses.cidr(cidr),
            availability_zones=list(availability_zones),
            nat_gateways=1,
            nat_gateway_subnets=ec2.SubnetSelection(subnet_group_name="Public", availability_zones=[nat_gateway_zone]),
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
    """An eighth of the range: room for up to seven zones, and for their public subnets."""
    return int(cidr.rpartition("/")[2]) + 3
