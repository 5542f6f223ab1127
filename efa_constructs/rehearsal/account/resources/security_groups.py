"""AWS::EC2::SecurityGroup and its rules."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from moto.ec2.models import EC2Backend, ec2_backends
from moto.ec2.models.security_groups import SecurityGroup, SecurityGroupRule

from ....catalogue.address_ranges import ANYWHERE_IPV4
from ..cloudformation.physical_names import physical_name
from ..resource_type import AwsError, Resource, ResourceRequest, ResourceType
from ..security_group_use import delete_security_group
from .api_parameters import system_tags, tag_list
from .ec2_references import check_references
from .ec2_tags import set_tags

__all__ = ["Egress", "Group", "Ingress"]


class Group(ResourceType):
    """A security group with its inline rules."""

    type_name = "AWS::EC2::SecurityGroup"

    def create(self, request: ResourceRequest) -> Resource:
        """Make the group. With outbound rules of its own it loses the one to everywhere that EC2 gives it."""
        check_references(request)
        ec2, properties = _ec2(request), request.properties
        group = ec2.create_security_group(
            properties.get("GroupName") or physical_name(request),
            properties["GroupDescription"],
            vpc_id=properties.get("VpcId"),
            tags=system_tags(request) | tag_list(request),
        )
        self._set_rules(ec2, group, properties)
        return Resource(physical_id=group.id, attributes={"GroupId": group.id, "Id": group.id, "VpcId": group.vpc_id})

    def update(self, request: ResourceRequest, current: Resource) -> Resource:
        """Change its inline rules and tags. Rules that are resources of their own stay."""
        ec2 = _ec2(request)
        group = _group(ec2, current.physical_id)
        own = {(rule.group_id, rule.id) for rule in _inline(group)}
        group.ingress_rules = [rule for rule in group.ingress_rules if (rule.group_id, rule.id) not in own]
        group.egress_rules = [rule for rule in group.egress_rules if (rule.group_id, rule.id) not in own]
        if not request.properties.get("SecurityGroupEgress") and not group.egress_rules:
            _authorize(ec2, group, {"IpProtocol": "-1", "CidrIp": ANYWHERE_IPV4}, egress=True, inline=True)
        self._set_rules(ec2, group, request.properties)
        set_tags(request, group.id)
        return current

    def delete(self, request: ResourceRequest, current: Resource) -> None:
        """Delete the group, unless something uses it."""
        if _ec2(request).get_security_group_from_id(current.physical_id):
            delete_security_group(_ec2(request), current.physical_id)

    def _set_rules(self, ec2: EC2Backend, group: SecurityGroup, properties: Mapping[str, Any]) -> None:
        if properties.get("SecurityGroupEgress"):
            group.egress_rules = [rule for rule in group.egress_rules if not _to_everywhere(rule)]
        for egress, name in ((False, "SecurityGroupIngress"), (True, "SecurityGroupEgress")):
            for rule in properties.get(name) or ():
                _authorize(ec2, group, rule, egress=egress, inline=True)


class _Rule(ResourceType):
    """One rule of a group that another resource, or nobody in this stack, made."""

    egress: bool

    def create(self, request: ResourceRequest) -> Resource:
        """Add the rule. EC2 refuses one that is there already."""
        ec2, properties = _ec2(request), request.properties
        group = _group(ec2, properties.get("GroupId") or properties.get("GroupName") or "")
        rule = _authorize(ec2, group, properties, egress=self.egress, inline=False)
        return Resource(physical_id=rule.id, attributes={"Id": rule.id})

    def update(self, request: ResourceRequest, current: Resource) -> Resource:
        """Only the description changes in place."""
        for rule in self._rules(request):
            if rule.id == current.physical_id:
                peer = rule.source_group or rule.ip_range
                peer["Description"] = request.properties.get("Description", "")
        return current

    def delete(self, request: ResourceRequest, current: Resource) -> None:
        """Revoke the rule, if its group is still there."""
        rules = self._rules(request)
        rules[:] = [rule for rule in rules if rule.id != current.physical_id]

    def _rules(self, request: ResourceRequest) -> list[SecurityGroupRule]:
        properties = request.properties
        group = _ec2(request).get_security_group_by_name_or_id(
            properties.get("GroupId") or properties.get("GroupName") or ""
        )
        if group is None:
            return []
        return group.egress_rules if self.egress else group.ingress_rules


class Ingress(_Rule):
    """An inbound rule."""

    type_name = "AWS::EC2::SecurityGroupIngress"
    egress = False


class Egress(_Rule):
    """An outbound rule."""

    type_name = "AWS::EC2::SecurityGroupEgress"
    egress = True


# Rules made inline belong to their group; moto's rules can carry a mark, and its API does not show it.
_INLINE = "made_inline"


def _inline(group: SecurityGroup) -> list[SecurityGroupRule]:
    return [rule for rule in (*group.ingress_rules, *group.egress_rules) if getattr(rule, _INLINE, False)]


def _authorize(
    ec2: EC2Backend, group: SecurityGroup, rule: Mapping[str, Any], *, egress: bool, inline: bool
) -> SecurityGroupRule:
    peer = _peer(ec2, rule, egress)
    protocol = str(rule["IpProtocol"])
    if protocol != "-1" and ("FromPort" not in rule or "ToPort" not in rule):
        raise AwsError(
            "InvalidParameterValue",
            "Invalid value for portRange. Must specify both from and to ports with TCP/UDP.",
            service="Ec2",
        )
    authorize = ec2.authorize_security_group_egress if egress else ec2.authorize_security_group_ingress
    before = list(group.egress_rules if egress else group.ingress_rules)
    _refuse_duplicate(before, protocol, rule, peer)
    ports = ("", "") if protocol == "-1" else (str(rule["FromPort"]), str(rule["ToPort"]))
    (added,), _ = authorize(group.id, protocol, *ports, **peer)
    setattr(added, _INLINE, inline)
    return added


def _refuse_duplicate(
    rules: list[SecurityGroupRule], protocol: str, rule: Mapping[str, Any], peer: Mapping[str, Any]
) -> None:
    ports = (None, None) if protocol == "-1" else (int(rule["FromPort"]), int(rule["ToPort"]))
    wanted = [entry.get("GroupId") for entry in peer.get("source_groups", ())]
    wanted += [entry.get("CidrIp") or entry.get("CidrIpv6") for entry in peer["ip_ranges"]]
    wanted += [entry["PrefixListId"] for entry in peer.get("prefix_list_ids", ())]
    for other in rules:
        same = other.source_group.get("GroupId") or other.cidr_ipv4 or other.cidr_ipv6 or other.prefix_list_id
        if (other.ip_protocol, other.from_port, other.to_port) == (protocol, *ports) and same in wanted:
            raise AwsError(
                "InvalidPermission.Duplicate",
                f'the specified rule "peer: {same}, {_all(protocol)}" already exists',
                service="Ec2",
            )


def _all(protocol: str) -> str:
    return "ALL, ALLOW" if protocol == "-1" else f"{protocol.upper()}, ALLOW"


def _peer(ec2: EC2Backend, rule: Mapping[str, Any], egress: bool) -> dict[str, Any]:
    text = {"Description": str(rule["Description"])} if rule.get("Description") else {}
    group_key, list_key = (
        ("DestinationSecurityGroupId", "DestinationPrefixListId")
        if egress
        else ("SourceSecurityGroupId", "SourcePrefixListId")
    )
    if rule.get(group_key) or rule.get("SourceSecurityGroupName"):
        other = _group(ec2, rule.get(group_key) or rule["SourceSecurityGroupName"])
        return {"ip_ranges": [], "source_groups": [{"GroupId": other.id, **text}]}
    if rule.get(list_key):
        return {"ip_ranges": [], "prefix_list_ids": [{"PrefixListId": rule[list_key], **text}]}
    for key in ("CidrIp", "CidrIpv6"):
        if rule.get(key):
            return {"ip_ranges": [{key: rule[key], **text}]}
    raise AwsError(
        "InvalidParameterValue",
        "Exactly one of a CIDR block, a prefix list or a security group must be specified.",
        service="Ec2",
    )


def _to_everywhere(rule: SecurityGroupRule) -> bool:
    return rule.ip_protocol == "-1" and not rule.source_group and rule.prefix_list_id is None


def _group(ec2: EC2Backend, name_or_id: str) -> SecurityGroup:
    group = ec2.get_security_group_by_name_or_id(name_or_id)
    if group is None:
        raise AwsError("InvalidGroup.NotFound", f"The security group '{name_or_id}' does not exist", service="Ec2")
    return group


def _ec2(request: ResourceRequest) -> EC2Backend:
    return ec2_backends[request.account][request.region]
