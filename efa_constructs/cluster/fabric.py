"""Would EFA packets pass from one deployed node to another, and if not, why.

Sources: EC2 User Guide, "Elastic Fabric Adapter for AI/ML and HPC workloads on Amazon EC2" (limitations) and "Get
started with EFA and MPI" (the security group that allows all traffic to and from itself).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations, groupby

from .. import catalogue
from ..lookups.deployed import DeployedInterface, DeployedNode, SecurityGroup, SecurityGroupRule
from ..rules import Rule
from ..rules.interfaces import NO_EFA_INTERFACE
from ..rules.networks import SUBNET_OF_ANOTHER_VPC
from ..rules.node_groups import OTHER_KIND, SEVERAL_ZONES
from ..rules.security_groups import EFA_DOES_NOT_PASS, EGRESS_TO_ITSELF, INGRESS_FROM_ITSELF
from .finding import Finding, Level

__all__ = [
    "PairVerdict",
    "distinct_pairs",
    "interfaces_in_words",
    "judge_pair",
    "kind_of",
    "obstacles",
]

# How EKS names the security group that it makes for a cluster.
_EKS_OWN_GROUP = "eks-cluster-sg-"
_NO_GROUP = ("a group of its own",)


@dataclass(frozen=True, slots=True, kw_only=True)
class PairVerdict:
    """Whether EFA packets pass between two nodes. EFA needs both ways: what is sent must be acknowledged."""

    first: str
    second: str
    # From the first node to the second. Empty: packets pass.
    forward: tuple[Finding, ...]
    backward: tuple[Finding, ...]

    @property
    def passes(self) -> bool:
        """Whether EFA works between the two."""
        return not self.forward and not self.backward

    @property
    def findings(self) -> tuple[Finding, ...]:
        """What stands in the way, each fact once."""
        return tuple(dict.fromkeys((*self.forward, *self.backward)))


def judge_pair(first: DeployedNode, second: DeployedNode, groups: Mapping[str, SecurityGroup]) -> PairVerdict:
    """Say whether EFA packets pass between two nodes, both ways.

    :param groups: Every security group that the nodes' interfaces carry, by id.
    """
    return PairVerdict(
        first=first.instance_id,
        second=second.instance_id,
        forward=obstacles(first, second, groups),
        backward=obstacles(second, first, groups),
    )


def distinct_pairs(nodes: Iterable[DeployedNode]) -> Iterator[tuple[DeployedNode, DeployedNode]]:
    """One pair of each kind: a thousand equal nodes have half a million pairs with one answer."""
    seen = set()
    for first, second in combinations(nodes, 2):
        kind = (kind_of(first), kind_of(second))
        if kind not in seen:
            seen.add(kind)
            yield first, second


def kind_of(node: DeployedNode) -> tuple[object, ...]:
    """What the verdict about a node depends on."""
    interfaces = tuple(
        (one.network_card_index, one.device_index, one.interface_type, one.security_group_ids)
        for one in node.interfaces
    )
    return node.instance_type, node.availability_zone, node.vpc_id, interfaces


def obstacles(sender: DeployedNode, receiver: DeployedNode, groups: Mapping[str, SecurityGroup]) -> tuple[Finding, ...]:
    """Everything that keeps EFA packets of ``sender`` from ``receiver``. Empty: they pass."""
    return tuple(
        dict.fromkeys(
            (
                *_missing_interfaces((sender, receiver)),
                *_apart(sender, receiver),
                *_closed_groups(sender, receiver, groups),
            )
        )
    )


def interfaces_in_words(interfaces: Iterable[DeployedInterface]) -> str:
    """Name interfaces for a person: ``card 0 device 1, cards 1-31 device 0``."""
    places = sorted((interface.device_index, interface.network_card_index) for interface in interfaces)
    return ", ".join(
        f"card {first} device {device}" if first == last else f"cards {first}-{last} device {device}"
        for first, device, last in sorted(_runs(places))
    )


def _runs(places: Sequence[tuple[int, int]]) -> Iterator[tuple[int, int, int]]:
    """First card, device index and last card of each run of consecutive cards."""
    # In a run, card and position grow together.
    numbered = [(card - position, device, card) for position, (device, card) in enumerate(places)]
    for (_, device), run in groupby(numbered, key=lambda place: (place[0], place[1])):
        cards = [card for _, _, card in run]
        yield cards[0], device, cards[-1]


def _missing_interfaces(nodes: Iterable[DeployedNode]) -> Iterator[Finding]:
    for node in nodes:
        if not node.efa_interfaces:
            yield Finding(
                code="no-efa-interface",
                level=Level.BLOCKS,
                problem=f"{node.instance_id} ({node.instance_type}) has no EFA interface",
                fix="give its launch template interfaces of type efa or efa-only",
                rule=NO_EFA_INTERFACE,
            )


def _apart(sender: DeployedNode, receiver: DeployedNode) -> Iterator[Finding]:
    if sender.vpc_id != receiver.vpc_id:
        yield Finding(
            code="other-vpc",
            level=Level.BLOCKS,
            problem=f"EFA does not cross VPCs: {_places(sender, receiver, 'vpc_id')}",
            fix="put both nodes into one subnet",
            rule=SUBNET_OF_ANOTHER_VPC,
        )
    if sender.availability_zone != receiver.availability_zone:
        yield Finding(
            code="other-zone",
            level=Level.BLOCKS,
            problem=f"EFA does not cross Availability Zones: {_places(sender, receiver, 'availability_zone')}",
            fix=SEVERAL_ZONES.mend(),
            rule=SEVERAL_ZONES,
        )
    families = {node.instance_type.partition(".")[0] for node in (sender, receiver)}
    if len(families) > 1 and any(_keeps_to_its_kind(node.instance_type) for node in (sender, receiver)):
        yield Finding(
            code="other-type",
            level=Level.BLOCKS,
            problem=f"P4d, P4de and DL1 exchange EFA traffic only with their own kind: "
            f"{_places(sender, receiver, 'instance_type')}",
            fix=OTHER_KIND.mend(),
            rule=OTHER_KIND,
        )


def _keeps_to_its_kind(instance_type: str) -> bool:
    """Whether it exchanges EFA traffic with its own kind only. A type that the catalogue lacks is not known to."""
    known = {found.name: found for found in catalogue.all_instance_types()}
    return instance_type in known and known[instance_type].efa_only_with_own_kind


def _places(sender: DeployedNode, receiver: DeployedNode, attribute: str) -> str:
    # In a fixed order, so that the way back gives the same finding.
    nodes = sorted((sender, receiver), key=lambda node: node.instance_id)
    return ", ".join(f"{node.instance_id} is {getattr(node, attribute)}" for node in nodes)


def _closed_groups(
    sender: DeployedNode, receiver: DeployedNode, groups: Mapping[str, SecurityGroup]
) -> Iterator[Finding]:
    """One finding for each two sets of security groups that do not let EFA through."""
    for sending_ids, sending in _by_groups(sender.efa_interfaces):
        for receiving_ids, receiving in _by_groups(receiver.efa_interfaces):
            way = (
                f"from {sender.instance_id} ({interfaces_in_words(sending)}) "
                f"to {receiver.instance_id} ({interfaces_in_words(receiving)})"
            )
            yield from _one_half(sending_ids, receiving_ids, groups, way, egress=True)
            yield from _one_half(receiving_ids, sending_ids, groups, way, egress=False)


def _by_groups(
    interfaces: Iterable[DeployedInterface],
) -> Iterator[tuple[tuple[str, ...], tuple[DeployedInterface, ...]]]:
    def security_groups(interface: DeployedInterface) -> tuple[str, ...]:
        return interface.security_group_ids

    for ids, same in groupby(sorted(interfaces, key=security_groups), key=security_groups):
        yield ids, tuple(same)


def _one_half(
    own_ids: Sequence[str], peer_ids: Sequence[str], groups: Mapping[str, SecurityGroup], way: str, *, egress: bool
) -> Iterator[Finding]:
    """The rules of one end: egress of the sender's groups, or ingress of the receiver's."""
    rules = [rule for id in own_ids if id in groups for rule in groups[id].rules if rule.egress is egress]
    # An EFA packet has no IP address that a CIDR could match: only a rule that names a group counts.
    if any(rule.all_protocols and rule.group_id in peer_ids for rule in rules):
        return
    end, direction, preposition = ("sender", "egress", "to") if egress else ("receiver", "ingress", "from")
    own, peer = _group_to_mend(own_ids, peer_ids, groups, egress=egress)
    yield Finding(
        code=f"no-{direction}-rule",
        level=Level.BLOCKS,
        problem=f"EFA does not pass {way}: the {end}'s security groups ({_names(own_ids, groups)}) have no {direction} "
        f"rule for all traffic {preposition} a group of the other end" + _near_miss(rules, peer_ids, direction),
        fix=f"add an {direction} rule to {_name(own, groups)}: all traffic (protocol -1) {preposition} "
        + ("itself" if own == peer else f"security group {_name(peer, groups)}"),
        rule=_rule(own, peer, egress=egress),
    )


def _rule(own: str, peer: str, *, egress: bool) -> Rule:
    if own != peer:
        return EFA_DOES_NOT_PASS
    return EGRESS_TO_ITSELF if egress else INGRESS_FROM_ITSELF


def _near_miss(rules: Iterable[SecurityGroupRule], peer_ids: Sequence[str], direction: str) -> str:
    """Rules that look as if they were enough."""
    cidrs = sorted({rule.cidr for rule in rules if rule.cidr is not None and rule.all_protocols})
    protocols = sorted({rule.protocol for rule in rules if rule.group_id in peer_ids})
    remarks = []
    if cidrs:
        remarks.append(f"; {direction} for {', '.join(cidrs)} does not count, EFA is matched by security group only")
    if protocols:
        remarks.append(f"; a rule for protocol {', '.join(protocols)} does not count, EFA is none of these")
    return "".join(remarks)


def _group_to_mend(
    own_ids: Sequence[str], peer_ids: Sequence[str], groups: Mapping[str, SecurityGroup], *, egress: bool
) -> tuple[str, str]:
    """The group that needs the rule, and the group that the rule should name."""
    shared = [id for id in own_ids if id in peer_ids]
    if not shared:
        return (own_ids or _NO_GROUP)[-1], (peer_ids or _NO_GROUP)[-1]

    def fitness(id: str) -> tuple[bool, bool]:
        group = groups.get(id)
        # EKS resets the rules of the group that it made. A group with the other half of the rule should have both.
        return (
            group is not None and not group.name.startswith(_EKS_OWN_GROUP),
            group is not None and group.has_rule_to_itself(egress=not egress),
        )

    best = max(shared, key=fitness)
    return best, best


def _names(ids: Iterable[str], groups: Mapping[str, SecurityGroup]) -> str:
    return ", ".join(_name(id, groups) for id in ids) or "none"


def _name(id: str, groups: Mapping[str, SecurityGroup]) -> str:
    return f"{id} '{groups[id].name}'" if id in groups else id
