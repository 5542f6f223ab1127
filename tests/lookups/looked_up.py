"""Clusters as they are looked up, in tests: every fact sound, and any of them changed."""

from __future__ import annotations

from typing import Any

from efa_constructs.lookups.cluster_lookup import ClusterLookup
from efa_constructs.lookups.clusters import EksCluster
from efa_constructs.lookups.deployed import WayOut
from efa_constructs.lookups.node_subnets import JudgedSubnet, NodesWanted
from efa_constructs.lookups.subnets import VpcSubnet

__all__ = ["eks_cluster", "judged_subnet", "looked_up"]


def eks_cluster(**changes: Any) -> EksCluster:
    facts: dict[str, Any] = {
        "name": "training",
        "arn": "arn:aws:eks:us-east-1:123456789012:cluster/training",
        "account": "123456789012",
        "status": "ACTIVE",
        "version": "1.35",
        "endpoint": "https://a.gr7.us-east-1.eks.amazonaws.com",
        "certificate_authority_data": "QUJD",
        "oidc_issuer": None,
        "authentication_mode": "API",
        "vpc_id": "vpc-0a1a2a3a",
        "subnet_ids": (),
        "security_group_id": "sg-0a1a2a3a",
        "other_security_group_ids": (),
        "private_endpoint": True,
        "public_endpoint": False,
        "public_access_cidrs": (),
        "support_type": "EXTENDED",
        "auto_mode": False,
    }
    return EksCluster(**{**facts, **changes})


def judged_subnet(number: int = 0, zone: str = "us-east-1a", **changes: Any) -> JudgedSubnet:
    subnet = VpcSubnet(
        id=f"subnet-0000000{number}",
        name=None,
        availability_zone=zone,
        availability_zone_id=f"use1-az{ord(zone[-1]) - ord('a') + 1}",
        cidr_block=changes.pop("cidr_block", f"10.0.{number}.0/24"),
        available_ip_address_count=250,
        on_outpost=False,
    )
    way = WayOut(subnet_id=subnet.id, internet_gateway=False, default_route=True)
    return JudgedSubnet(subnet=subnet, way_out=changes.pop("way_out", way), route_targets=("nat-0a",), **changes)


def looked_up(**changes: Any) -> ClusterLookup:
    facts: dict[str, Any] = {
        "region": "us-east-1",
        "wanted": NodesWanted(instance_type="p4d.24xlarge", nodes=3),
        "cluster": eks_cluster(),
        "cidr_blocks": ("10.0.0.0/16",),
        "subnets": (judged_subnet(),),
        "addons": {"vpc-cni": "v1.20.4-eksbuild.2"},
        "offering_zones": ("us-east-1a",),
        "refusals": {},
    }
    return ClusterLookup(**{**facts, **changes})
