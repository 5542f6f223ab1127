"""Security groups of templates, with the rules that stand within them and beside them."""

from __future__ import annotations

import functools
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from .resource import Resource
from .templates import Templates

__all__ = ["GroupRule", "all_group_rules", "directions_to_itself", "rules_of"]

ALL_TRAFFIC = "-1"
_DIRECTIONS = ("Ingress", "Egress")
_PEERS = {"Ingress": "SourceSecurityGroupId", "Egress": "DestinationSecurityGroupId"}


@dataclass(frozen=True, kw_only=True, eq=False)
class GroupRule:
    """One rule of a security group."""

    # "Ingress" or "Egress".
    direction: str
    content: Mapping[str, Any]
    # The resource that has it: the group itself, or one of its own.
    resource: Resource
    # Where in it.
    path: str
    # The security group. None: it is of elsewhere.
    group: Resource | None

    @property
    def peer_group(self) -> Any:
        """The security group that may send, or receive. None: the rule names none."""
        return self.content.get(_PEERS[self.direction])

    @property
    def protocol(self) -> str:
        """As the template has it: "-1" is all."""
        return str(self.content.get("IpProtocol"))

    @property
    def cidrs(self) -> list[Any]:
        """The ranges of addresses that it is about."""
        return [self.content[name] for name in ("CidrIp", "CidrIpv6") if name in self.content]

    @property
    def is_of_all_traffic(self) -> bool:
        """Whether it is about every protocol and port."""
        return self.protocol == ALL_TRAFFIC


def rules_of(templates: Templates, group: Resource) -> list[GroupRule]:
    """The rules of a security group of the templates."""
    return _rules_by_group(templates).get(group, [])


# A review asks for those of the same templates many times.
@functools.lru_cache(maxsize=1)
def _rules_by_group(templates: Templates) -> Mapping[Resource | None, list[GroupRule]]:
    by_group: dict[Resource | None, list[GroupRule]] = {}
    for rule in all_group_rules(templates):
        by_group.setdefault(rule.group, []).append(rule)
    return by_group


def directions_to_itself(templates: Templates, group: Resource) -> frozenset[str]:
    """The directions, of "Ingress" and "Egress", in which members of a group exchange all traffic by its own rules."""
    return frozenset(
        rule.direction
        for rule in rules_of(templates, group)
        if rule.is_of_all_traffic and templates.at(rule.peer_group) is group
    )


def all_group_rules(templates: Templates) -> Iterator[GroupRule]:
    """The rules of all security groups, those of groups of elsewhere included."""
    for direction in _DIRECTIONS:
        name = f"SecurityGroup{direction}"
        for group in templates.of_type("AWS::EC2::SecurityGroup"):
            for index, content in enumerate(group.items(name)):
                if isinstance(content, Mapping):
                    yield GroupRule(
                        direction=direction, content=content, resource=group, path=f"{name}.{index}", group=group
                    )
        for resource in templates.of_type(f"AWS::EC2::{name}"):
            group_of_it = templates.at(resource.get("GroupId"))
            yield GroupRule(
                direction=direction, content=resource.properties, resource=resource, path="", group=group_of_it
            )
