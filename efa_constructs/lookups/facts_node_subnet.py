"""Which subnet of a cluster facts file the app takes for its nodes."""

from __future__ import annotations

from collections.abc import Sequence

from ..errors import InvalidConfigurationError
from ..rules.networks import PUBLIC_SUBNET
from ..rules.node_groups import SEVERAL_ZONES
from .cluster_facts import ClusterFacts, Subnet

__all__ = ["node_subnet"]


def node_subnet(facts: ClusterFacts, availability_zone: str | None) -> Subnet:
    """The private subnet for the nodes: the one in the named zone, else the one that the facts propose.

    :raises InvalidConfigurationError: there is none, or no way to choose between several, or the proposed one is
        public.
    """
    private = [subnet for subnet in facts.subnets if subnet.private]
    proposed = facts.subnet(facts.node_subnet_id) if facts.node_subnet_id else None
    if proposed is not None and availability_zone in (None, proposed.availability_zone):
        if proposed.private is False:
            raise InvalidConfigurationError(
                PUBLIC_SUBNET.refusal(
                    f"'nodeSubnetId' {proposed.id} is a public subnet, and nodes with several interfaces get no public "
                    "address",
                    f"use a private one, {_list(private)}",
                )
            )
        return proposed
    candidates = [subnet for subnet in private if availability_zone in (None, subnet.availability_zone)]
    if len(candidates) == 1:
        return candidates[0]
    where = f"in {availability_zone}" if availability_zone else f"of cluster {facts.cluster.name}"
    if not candidates:
        unknown = [subnet for subnet in facts.subnets if subnet.private is None]
        hint = f"; whether {_list(unknown)} are private is not known: name one as 'nodeSubnetId'" if unknown else ""
        raise InvalidConfigurationError(
            PUBLIC_SUBNET.cited(
                f"no private subnet {where}: EFA nodes need one; the private subnets are {_list(private)}{hint}"
            )
        )
    raise InvalidConfigurationError(
        SEVERAL_ZONES.refusal(
            f"{len(candidates)} private subnets {where} could take the nodes ({_list(candidates)}), and EFA traffic "
            "does not cross zones",
            "set 'efa:availabilityZone', or 'nodeSubnetId' in the cluster facts file",
        )
    )


def _list(subnets: Sequence[Subnet]) -> str:
    return ", ".join(f"{subnet.id} in {subnet.availability_zone}" for subnet in subnets) or "none"
