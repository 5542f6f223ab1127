"""What costs money, without prices: how much of what, and where it comes from."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from ..blueprint import Blueprint
from ..networks import Network, Subnet
from ..node_group import NodeGroup
from ..shapes import as_list, as_mapping, as_mappings, at_path
from ..values import whole_number
from .names import Names

__all__ = ["CostDriver", "cost_drivers"]


@dataclass(frozen=True, kw_only=True)
class CostDriver:
    """One thing that is billed."""

    what: str
    # "2 x p4d.24xlarge (1 to 3)".
    amount: str
    # How it is counted: "each hour that an instance runs".
    counted: str
    source: str


def cost_drivers(blueprint: Blueprint, networks: Sequence[Network], names: Names) -> tuple[CostDriver, ...]:
    """The largest first, as far as that can be told without prices."""
    return (
        *(driver for group in blueprint.node_groups for driver in _of_group(group, names)),
        *_of_clusters(blueprint, names),
        *_of_networks(blueprint, networks, names),
        *_of_logs(blueprint, names),
        *_of_the_rest(blueprint, names),
        *_of_kubernetes(blueprint),
        *_not_judged(blueprint, names),
    )


def _of_group(group: NodeGroup, names: Names) -> Iterator[CostDriver]:
    low, usual, high = (_number(group.resource.get(f"ScalingConfig.{name}Size")) for name in ("Min", "Desired", "Max"))
    source = names.of(group.resource)
    how = {"SPOT": "Spot, ", "CAPACITY_BLOCK": "Capacity Block, paid in advance, ", "ON_DEMAND": "on demand, "}
    capacity = how.get(str(group.resource.get("CapacityType", "ON_DEMAND")), "")
    types = " or ".join(group.instance_type_names) or "instance of a type that only the deployment knows"
    bounds = f" ({low} to {high})" if "?" not in (low, high) else ""
    usual = "EKS's number of" if group.resource.get("ScalingConfig.DesiredSize") is None else f"{usual} x"
    yield CostDriver(
        what="Instances",
        amount=f"{usual} {types}{bounds}",
        counted=f"{capacity}each hour that an instance runs, used or not",
        source=source,
    )
    for volume in _volumes(group):
        size = volume.get("VolumeSize")
        kind = names.of_value(volume.get("VolumeType", "gp2"))
        yield CostDriver(
            what="EBS volumes",
            amount=f"{usual} {'the size of the snapshot' if size is None else f'{names.of_value(size)} GiB'} {kind}",
            counted="each GiB and month, while the node is there",
            source=source,
        )


def _number(value: Any) -> str:
    number = whole_number(value)
    return "?" if number is None else str(number)


def _volumes(group: NodeGroup) -> list[Any]:
    if group.launch_template is None:
        disk = group.resource.get("DiskSize")
        return [{"VolumeSize": 20 if disk is None else disk, "VolumeType": "of EKS's choice"}]
    mappings = as_mappings(group.launch_template.data.get("BlockDeviceMappings"))
    return [as_mapping(mapping["Ebs"]) for mapping in mappings if "Ebs" in mapping]


def _of_clusters(blueprint: Blueprint, names: Names) -> Iterator[CostDriver]:
    for cluster in blueprint.clusters:
        counted = "each hour; more an hour once its version is in extended support"
        yield CostDriver(what="EKS control plane", amount="1 cluster", counted=counted, source=names.of(cluster))
        kinds = [names.of_value(one.get("Type", "")) for one in as_mappings(_log_types(cluster.get("Logging")))]
        if kinds:
            yield CostDriver(
                what="Logs of the control plane",
                amount=f"{len(kinds)} kinds: {', '.join(kinds)}",
                counted="each GB that CloudWatch Logs takes in, and keeps; audit logs are the most",
                source=names.of(cluster),
            )


def _log_types(logging: Any) -> Any:
    return as_mapping(as_mapping(logging).get("ClusterLogging")).get("EnabledTypes")


def _of_networks(blueprint: Blueprint, networks: Sequence[Network], names: Names) -> Iterator[CostDriver]:
    for gateway in blueprint.templates.of_type("AWS::EC2::NatGateway"):
        yield CostDriver(
            what="NAT gateway",
            amount="1",
            counted="each hour, and each GB through it: images of containers are pulled through it",
            source=names.of(gateway),
        )
    addresses = blueprint.templates.of_type("AWS::EC2::EIP")
    if addresses:
        where = ", ".join(map(names.of, addresses))
        yield CostDriver(what="Public IPv4 addresses", amount=str(len(addresses)), counted="each hour", source=where)
    for network in networks:
        for endpoint in network.endpoints:
            zones = len(as_list(endpoint.get("SubnetIds")))
            if zones:
                amount = f"{zones} zone{'s' * (zones != 1)}: {names.of_value(endpoint.get('ServiceName'))}"
                counted = "each hour and zone, and each GB through it"
                yield CostDriver(what="Interface endpoint", amount=amount, counted=counted, source=names.of(endpoint))
        yield from _across_zones(network, names)


def _across_zones(network: Network, names: Names) -> Iterator[CostDriver]:
    zones = [(gateway.reference, other.zone) for other in network.subnets for gateway in other.nat_gateways]
    for subnet in network.subnets:
        zone = next((zone for gateway, zone in zones if gateway == subnet.way_out_to), None)
        if zone is not None and subnet.zone not in (None, zone):
            yield CostDriver(
                what="Traffic between zones",
                amount=f"{subnet.zone} to {zone}",
                counted="each GB that a pod there sends to or gets from the internet",
                source=_name(subnet, names),
            )


def _name(subnet: Subnet, names: Names) -> str:
    return names.of_value(subnet.value)


def _of_logs(blueprint: Blueprint, names: Names) -> Iterator[CostDriver]:
    for log in blueprint.templates.of_type("AWS::EC2::FlowLog"):
        kind = str(log.get("TrafficType", "ALL"))
        yield CostDriver(
            what="Flow log",
            amount={"REJECT": "rejected traffic only", "ACCEPT": "accepted traffic only"}.get(kind, "all traffic"),
            counted="each GB that is written",
            source=names.of(log),
        )
    for group in blueprint.templates.of_type("AWS::Logs::LogGroup"):
        days = group.get("RetentionInDays")
        yield CostDriver(
            what="Kept logs",
            amount="kept for ever" if days is None else f"kept {names.of_value(days)} days",
            counted="each GB and month",
            source=names.of(group),
        )


_OTHERS = {
    "AWS::EC2::Instance": ("EC2 instance beside node groups", "each hour that it runs"),
    "AWS::AutoScaling::AutoScalingGroup": ("Auto Scaling group", "each hour that its instances run"),
    "AWS::KMS::Key": ("KMS key", "each month, and each use"),
    "AWS::EFS::FileSystem": ("EFS file system", "each GB and month"),
    "AWS::FSx::FileSystem": ("FSx file system", "each GB of capacity and month, used or not"),
    "AWS::Lambda::Function": ("Lambda function", "each call, by its memory and time"),
    "AWS::ElasticLoadBalancingV2::LoadBalancer": ("Load balancer", "each hour, and by traffic"),
    "AWS::EC2::CapacityReservation": ("Capacity reservation", "each hour, used or not"),
}


def _of_the_rest(blueprint: Blueprint, names: Names) -> Iterator[CostDriver]:
    for type_, (what, counted) in _OTHERS.items():
        found = blueprint.templates.of_type(type_)
        if found:
            where = ", ".join(map(names.of, found))
            yield CostDriver(what=what, amount=str(len(found)), counted=counted, source=where)


def _of_kubernetes(blueprint: Blueprint) -> Iterator[CostDriver]:
    for each in blueprint.objects_of_kind("Service", "PersistentVolumeClaim"):
        spec = as_mapping(each.content.get("spec"))
        if each.kind == "PersistentVolumeClaim":
            amount = str(at_path(spec, "resources", "requests", "storage") or "?")
            counted = "as its storage class is: most by GiB and month"
            yield CostDriver(what="Volume of Kubernetes", amount=amount, counted=counted, source=each.title)
        elif spec.get("type") == "LoadBalancer":
            counted = _OTHERS["AWS::ElasticLoadBalancingV2::LoadBalancer"][1]
            yield CostDriver(what="Load balancer of Kubernetes", amount="1", counted=counted, source=each.title)


# Told above, or billed by nothing of their own.
_JUDGED = (
    "AWS::AutoScaling::",
    "AWS::CDK::",
    "AWS::CloudFormation::",
    "AWS::EFS::",
    "AWS::EKS::",
    "AWS::FSx::",
    "AWS::IAM::",
    "AWS::KMS::",
    "AWS::Lambda::",
    "AWS::Logs::",
    "AWS::SSM::Parameter",
    "Custom::",
)
_OF_EC2 = (
    "CapacityReservation DHCPOptions EgressOnlyInternetGateway EIP EIPAssociation FlowLog Instance InternetGateway "
    "KeyPair LaunchTemplate NatGateway NetworkAcl NetworkAclEntry NetworkInterface PlacementGroup PrefixList Route "
    "RouteTable SecurityGroup SecurityGroupEgress SecurityGroupIngress Subnet SubnetNetworkAclAssociation "
    "SubnetRouteTableAssociation VPC VPCCidrBlock VPCDHCPOptionsAssociation VPCEndpoint VPCGatewayAttachment"
)
_JUDGED_OF_EC2 = frozenset(f"AWS::EC2::{name}" for name in _OF_EC2.split())


def _not_judged(blueprint: Blueprint, names: Names) -> Iterator[CostDriver]:
    types: dict[str, list[str]] = {}
    for resource in blueprint.templates.resources:
        if not resource.type.startswith(_JUDGED) and resource.type not in (*_JUDGED_OF_EC2, *_OTHERS):
            types.setdefault(resource.type, []).append(names.of(resource))
    for type_, of_type in types.items():
        counted = "not known here: see what AWS bills for it"
        yield CostDriver(what=type_, amount=str(len(of_type)), counted=counted, source=", ".join(of_type))
