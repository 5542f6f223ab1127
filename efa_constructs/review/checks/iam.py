"""Checks of IAM roles and policies."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from ...rules import Rule
from ...rules import iam as rules
from ..blueprint import Blueprint
from ..check import Fault, checks_of, fault
from ..policies import policies_in, rights_of, services_that_may_assume
from ..resource import Resource
from ..shapes import as_list, at_path

__all__ = ["IAM_CHECKS"]

_EVERYTHING = frozenset({"AdministratorAccess", "PowerUserAccess"})
_JOINING = _EVERYTHING | {"AmazonEKSWorkerNodePolicy", "AmazonEKSWorkerNodeMinimalPolicy"}
_PULLING = _EVERYTHING | {
    "AmazonEC2ContainerRegistryPullOnly",
    "AmazonEC2ContainerRegistryReadOnly",
    "AmazonEC2ContainerRegistryPowerUser",
    "AmazonEC2ContainerRegistryFullAccess",
}


def _node_roles(blueprint: Blueprint) -> Iterator[Fault]:
    roles = {_role(blueprint, group.resource.get("NodeRole")) for group in blueprint.node_groups}
    for role in sorted((each for each in roles if each is not None), key=lambda each: each.name):
        rights = rights_of(blueprint.templates, role)
        if rights.complete:
            if not rights.managed & _JOINING and not rights.allows("eks:DescribeCluster"):
                yield fault(rules.NODES_CANNOT_JOIN, role, "ManagedPolicyArns", role=role.logical_id)
            if not rights.managed & _PULLING and not rights.allows("ecr:GetAuthorizationToken"):
                yield fault(rules.NODES_CANNOT_PULL, role, "ManagedPolicyArns", role=role.logical_id)
        yield from _trust(role, "ec2", rules.NODE_ROLE_OF_OTHERS)
    for cluster in blueprint.clusters:
        own = _role(blueprint, cluster.get("RoleArn"))
        if own is not None:
            yield from _trust(own, "eks", rules.CLUSTER_ROLE_OF_OTHERS)


def _role(blueprint: Blueprint, value: Any) -> Resource | None:
    found = blueprint.templates.at(value)
    return found if found is not None and found.type == "AWS::IAM::Role" else None


def _trust(role: Resource, service: str, rule: Rule) -> Iterator[Fault]:
    services = services_that_may_assume(role)
    if services is not None and not any(each.startswith(f"{service}.amazonaws.com") for each in services):
        name = f"{service}.amazonaws.com"
        yield fault(rule, role, "AssumeRolePolicyDocument", role=role.logical_id, service=name)


def _wildcards(blueprint: Blueprint) -> Iterator[Fault]:
    for policy in policies_in(blueprint.templates):
        for statement in policy.statements:
            if statement.get("Effect") != "Allow" or "*" not in as_list(at_path(statement, "Resource")):
                continue
            actions = [str(action) for action in as_list(at_path(statement, "Action"))]
            who = ", ".join(policy.roles) or "whoever has it"
            name = policy.resource.logical_id
            services = [action.removesuffix(":*") for action in actions if action.endswith(":*")]
            if {"*", "*:*"} & set(actions):
                yield fault(rules.EVERYTHING_ALLOWED, policy.resource, policy.path, policy=name, who=who)
            elif services:
                words = ", ".join(services)
                yield fault(rules.SERVICE_ALLOWED, policy.resource, policy.path, policy=name, who=who, services=words)


IAM_CHECKS = (
    *checks_of(
        _node_roles,
        rules.NODES_CANNOT_JOIN,
        rules.NODES_CANNOT_PULL,
        rules.NODE_ROLE_OF_OTHERS,
        rules.CLUSTER_ROLE_OF_OTHERS,
    ),
    *checks_of(_wildcards, rules.EVERYTHING_ALLOWED, rules.SERVICE_ALLOWED),
)
