"""Security groups of templates, with the rules that stand within them and beside them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from .resource import Resource
from .templates import Templates

__all__ = ["GroupRule", "group_rules"]

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


def group_rules(templates: Templates) -> Iterator[GroupRule]:
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
