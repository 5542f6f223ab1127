"""When EC2 lets go of a security group."""

from __future__ import annotations

from moto.ec2.models import EC2Backend

from .resource_type import AwsError

__all__ = ["delete_security_group"]


def delete_security_group(ec2: EC2Backend, group_id: str) -> None:
    """Delete a security group, unless an interface uses it or another group's rule refers to it."""
    interfaces = any(group_id in _ids(interface._group_set) for interface in ec2.get_all_network_interfaces())
    if interfaces or _referred_to(ec2, group_id):
        raise AwsError("DependencyViolation", f"resource {group_id} has a dependent object", service="Ec2")
    ec2.delete_security_group(group_id=group_id)
    ec2.tags.pop(group_id, None)


def _referred_to(ec2: EC2Backend, group_id: str) -> bool:
    return any(
        rule.source_group.get("GroupId") == group_id
        for group in ec2.describe_security_groups()
        if group.id != group_id
        for rule in (*group.ingress_rules, *group.egress_rules)
    )


def _ids(groups: list[object]) -> list[str]:
    return [group.id for group in groups]  # type: ignore[attr-defined]
