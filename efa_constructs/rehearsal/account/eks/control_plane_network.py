"""What a cluster's control plane puts into the VPC: its security group and its network interfaces."""

from __future__ import annotations

import secrets
from typing import Any

from moto.ec2.exceptions import InvalidSubnetIdError
from moto.ec2.models.security_groups import SecurityGroup
from moto.ec2.models.subnets import Subnet

from ....catalogue import AvailabilityZone
from ....catalogue.address_ranges import ANYWHERE_IPV4
from ..addresses import take_address
from ..eks_refusals import invalid_parameter, unsupported_zone
from ..security_group_use import delete_security_group
from .state import EksState

__all__ = ["attach_control_plane", "cluster_security_group", "detach_control_plane"]

_DESCRIPTION = (
    "EKS created security group applied to ENI that is attached to EKS Control Plane master nodes, as well as any "
    "managed workloads."
)


def attach_control_plane(state: EksState, name: str, wanted: dict[str, Any]) -> dict[str, Any]:
    """Check ``resourcesVpcConfig`` and return it as DescribeCluster shows it, with what EKS made in EC2."""
    subnets = [_subnet(state, subnet_id) for subnet_id in wanted.get("subnetIds") or []]
    if len({subnet.availability_zone for subnet in subnets}) < 2:
        raise invalid_parameter("Subnets specified must be in at least two different AZs")
    if len({subnet.vpc_id for subnet in subnets}) > 1:
        raise invalid_parameter("Subnets specified must belong to the same VPC")
    _check_zones(state, name, subnets)
    additional = wanted.get("securityGroupIds") or []
    for group_id in additional:
        _check_group(state, group_id, subnets[0].vpc_id)
    group = cluster_security_group(state, name, subnets[0].vpc_id)
    _create_interfaces(state, name, subnets, [group.id, *additional])
    public = wanted.get("endpointPublicAccess", True)
    return {
        "subnetIds": [subnet.id for subnet in subnets],
        "securityGroupIds": additional,
        "clusterSecurityGroupId": group.id,
        "vpcId": subnets[0].vpc_id,
        "endpointPublicAccess": public,
        "endpointPrivateAccess": wanted.get("endpointPrivateAccess", False),
        "publicAccessCidrs": (wanted.get("publicAccessCidrs") or [ANYWHERE_IPV4]) if public else [],
    }


def cluster_security_group(state: EksState, name: str, vpc_id: str) -> SecurityGroup:
    """Make the cluster security group with the rules that EKS gives it now.

    Inbound: everything from itself. Outbound: everything to everywhere, and everything to itself, for EFA ("View Amazon
    EKS security group requirements for clusters", EKS User Guide).
    """
    group = state.ec2.create_security_group(
        f"eks-cluster-sg-{name}-{secrets.randbelow(10**10)}",
        _DESCRIPTION,
        vpc_id=vpc_id,
        tags={
            "Name": f"eks-cluster-sg-{name}",
            f"kubernetes.io/cluster/{name}": "owned",
            "aws:eks:cluster-name": name,
        },
    )
    for authorize in (state.ec2.authorize_security_group_ingress, state.ec2.authorize_security_group_egress):
        # moto writes the owner into what it is given: a new list for each call.
        authorize(group.id, "-1", "", "", [], source_groups=[{"GroupId": group.id}])
    return group


def detach_control_plane(state: EksState, network: dict[str, Any], name: str) -> None:
    """Remove what the control plane had in the VPC."""
    for interface in state.ec2.get_all_network_interfaces():
        if interface.requester_managed and interface.description == f"Amazon EKS {name}":
            interface.delete()
    delete_security_group(state.ec2, network["clusterSecurityGroupId"])


def _create_interfaces(state: EksState, name: str, subnets: list[Subnet], groups: list[str]) -> None:
    first_of_zone = {subnet.availability_zone: subnet for subnet in reversed(subnets)}
    for subnet in list(first_of_zone.values())[:2]:
        interface = state.ec2.create_network_interface(
            subnet, take_address(subnet), group_ids=groups, description=f"Amazon EKS {name}"
        )
        interface.requester_managed = True
        interface.status = "in-use"


def _check_zones(state: EksState, name: str, subnets: list[Subnet]) -> None:
    refused = [subnet.availability_zone for subnet in subnets if not _accepted(subnet.availability_zone_id)]
    if refused:
        zones = state.ec2.describe_availability_zones()
        others = sorted(zone.name for zone in zones if _accepted(zone.zone_id))
        # Quoted up to the parenthesis: eksctl-io/eksctl#817, rancher/rancher#14224.
        raise unsupported_zone(
            f"Cannot create cluster '{name}' because {refused[0]}, the targeted availability zone, does not currently "
            "have sufficient capacity to support the cluster. Retry and choose from these availability zones: "
            f"{', '.join(others)} (zone names differ between AWS accounts, and these are of another one)"
        )


def _accepted(zone_id: str) -> bool:
    return AvailabilityZone("", zone_id).accepts_control_plane


def _subnet(state: EksState, subnet_id: str) -> Subnet:
    try:
        return state.ec2.get_subnet(subnet_id)
    except InvalidSubnetIdError:
        raise invalid_parameter(f"The subnet ID '{subnet_id}' does not exist") from None


def _check_group(state: EksState, group_id: str, vpc_id: str) -> None:
    group = state.ec2.get_security_group_from_id(group_id)
    if group is None:
        raise invalid_parameter(f"The security group '{group_id}' does not exist")
    if group.vpc_id != vpc_id:
        raise invalid_parameter(f"Security group(s) [{group_id}] are not in the same VPC as the subnets.")
