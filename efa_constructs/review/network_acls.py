"""Network ACLs of subnets: what they surely drop.

Source: Amazon VPC User Guide, "Control subnet traffic with network access control lists": the rule with the lowest
number that matches decides, what none matches is dropped, and an answer needs a rule as a request does. Traffic within
a subnet does not pass its network ACL.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from ipaddress import IPv4Network
from typing import Any

from .resource import Resource
from .templates import Templates
from .values import is_known, is_true, known_text, whole_number

__all__ = ["Traffic", "network_acl_of", "surely_drops"]

_ENTRY = "AWS::EC2::NetworkAclEntry"
_ALL, _TCP = "-1", "6"
_PORTS = (0, 65535)


@dataclass(frozen=True, kw_only=True)
class Traffic:
    """TCP connections into a subnet, or out of it."""

    # Out of the subnet, not into it.
    egress: bool
    # From the first to the last.
    ports: tuple[int, int]
    # Of who is not in the subnet.
    addresses: IPv4Network

    def __str__(self) -> str:
        """For people: ``tcp 443 to 0.0.0.0/0``."""
        first, last = self.ports
        ports = str(first) if first == last else f"{first}-{last}"
        return f"tcp {ports} {'to' if self.egress else 'from'} {self.addresses}"


def network_acl_of(templates: Templates, subnet: Any) -> Resource | None:
    """The network ACL of a subnet. None: the default one of its VPC, or one of elsewhere.

    :param subnet: Its id, or a reference to it.
    """
    found = [
        templates.at(association.get("NetworkAclId"))
        for association in templates.of_type("AWS::EC2::SubnetNetworkAclAssociation")
        if templates.same(association.get("SubnetId"), subnet)
    ]
    return found[0] if len(found) == 1 and found[0] is not None and found[0].type == "AWS::EC2::NetworkAcl" else None


def surely_drops(templates: Templates, acl: Resource, traffic: Traffic) -> bool:
    """Whether a network ACL lets nothing of some traffic pass. False, too: only the deployment knows."""
    # An entry of an ACL that is not known may be of this one.
    if any(templates.at(entry.get("NetworkAclId")) is None for entry in templates.of_type(_ENTRY)):
        return False
    for entry in _in_order(templates, acl):
        if entry.get("RuleAction") == "deny":
            if _covers(entry, traffic):
                return True
        elif _may_match(entry, traffic):
            return False
    return True


def _in_order(templates: Templates, acl: Resource) -> Iterator[Resource]:
    """By number. One whose number is not known stands where it lets most pass."""
    entries = [entry for entry in templates.of_type(_ENTRY) if templates.at(entry.get("NetworkAclId")) is acl]

    def place(entry: Resource) -> float:
        number = whole_number(entry.get("RuleNumber"))
        return number if number is not None else float("inf" if entry.get("RuleAction") == "deny" else "-inf")

    return iter(sorted(entries, key=place))


def _covers(entry: Resource, traffic: Traffic) -> bool:
    """Whether an entry is surely about all of the traffic."""
    egress, addresses, ports = entry.get("Egress", False), _addresses(entry), _ports(entry)
    return (
        is_known(egress)
        and is_true(egress) is traffic.egress
        and str(entry.get("Protocol")) in (_ALL, _TCP)
        and addresses is not None
        and traffic.addresses.subnet_of(addresses)
        and ports is not None
        and ports[0] <= traffic.ports[0]
        and traffic.ports[1] <= ports[1]
    )


def _may_match(entry: Resource, traffic: Traffic) -> bool:
    """Whether an entry may be about some of the traffic."""
    egress, protocol = entry.get("Egress", False), entry.get("Protocol")
    if is_known(egress) and is_true(egress) is not traffic.egress:
        return False
    if is_known(protocol) and str(protocol) not in (_ALL, _TCP):
        return False
    if entry.get("CidrBlock") is None and entry.get("Ipv6CidrBlock") is not None:
        return False
    addresses, ports = _addresses(entry), _ports(entry)
    if addresses is not None and not addresses.overlaps(traffic.addresses):
        return False
    return ports is None or (ports[0] <= traffic.ports[1] and traffic.ports[0] <= ports[1])


def _addresses(entry: Resource) -> IPv4Network | None:
    """None: not known."""
    try:
        return IPv4Network(known_text(entry.get("CidrBlock")) or "", strict=False)
    except ValueError:
        return None


def _ports(entry: Resource) -> tuple[int, int] | None:
    """None: not known."""
    if str(entry.get("Protocol")) == _ALL:
        return _PORTS
    first, last = whole_number(entry.get("PortRange.From")), whole_number(entry.get("PortRange.To"))
    return (first, last) if first is not None and last is not None else None
