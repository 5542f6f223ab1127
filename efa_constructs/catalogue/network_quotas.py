"""The quotas that a new network meets.

Sources: Amazon VPC User Guide, "Amazon VPC quotas"; Amazon EC2 User Guide, "Elastic IP address quota".
"""

from __future__ import annotations

from typing import NamedTuple

__all__ = ["ELASTIC_IPS", "VPCS", "NetworkQuota"]


class NetworkQuota(NamedTuple):
    """A quota of a Region."""

    service: str
    # As Service Quotas names it.
    name: str
    code: str


VPCS = NetworkQuota("vpc", "VPCs per Region", "L-F678F1CE")
ELASTIC_IPS = NetworkQuota("ec2", "EC2-VPC Elastic IPs", "L-0263D0A3")
