"""Checks of IAM roles and policies."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from ...catalogue.vpc_cni import VPC_CNI_ADDON
from ...rules import Rule
from ...rules import iam as rules
from ..blueprint import Blueprint
from ..check import Fault, checks_of, fault
from ..manifests import HELM_CHART
from ..policies import policies_in, rights_of, services_that_may_assume
from ..resource import Resource
from ..shapes import as_list, at_path
from ..values import is_known, is_true

__all__ = ["IAM_CHECKS"]

_EVERYTHING = frozenset({"AdministratorAccess", "PowerUserAccess"})
_JOINING = _EVERYTHING | {"AmazonEKSWorkerNodePolicy", "AmazonEKSWorkerNodeMinimalPolicy"}
_NETWORKING = _EVERYTHING | {"AmazonEKS_CNI_Policy"}
# Of IPv4, and of IPv6, for which AWS has no managed policy.
_ADDRESSES = ("ec2:AssignPrivateIpAddresses", "ec2:AssignIpv6Addresses")
# The VPC CNI's service account, and its DaemonSet.
_ACCOUNT = "aws-node"
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
            if (
                not rights.managed & _NETWORKING
                and not any(map(rights.allows, _ADDRESSES))
                and _relies_on(role, blueprint)
            ):
                yield fault(rules.NODES_CANNOT_NETWORK, role, "ManagedPolicyArns", role=role.logical_id)
        yield from _trust(role, "ec2", rules.NODE_ROLE_OF_OTHERS)
    for cluster in blueprint.clusters:
        own = _role(blueprint, cluster.get("RoleArn"))
        if own is not None:
            yield from _trust(own, "eks", rules.CLUSTER_ROLE_OF_OTHERS)


def _relies_on(role: Resource, blueprint: Blueprint) -> bool:
    """Whether the VPC CNI surely gets at AWS by a node role: whatever else templates bring may give it another."""
    templates = blueprint.templates
    for group in blueprint.node_groups:
        cluster = blueprint.cluster_of(group)
        if cluster is None or _role(blueprint, group.resource.get("NodeRole")) is not role:
            continue
        add_ons = [addon.get("AddonName") for addon in templates.of_type("AWS::EKS::Addon")]
        given = [
            addon.get(name)
            for addon in templates.of_type("AWS::EKS::Addon")
            if addon.get("AddonName") == VPC_CNI_ADDON or not is_known(addon.get("AddonName"))
            for name in ("ServiceAccountRoleArn", "PodIdentityAssociations", "ConfigurationValues")
        ]
        accounts = [each.get("ServiceAccount") for each in templates.of_type("AWS::EKS::PodIdentityAssociation")]
        names = [one.object_name for one in blueprint.objects if one.kind in ("DaemonSet", "ServiceAccount")]
        # Without it something else, which is not known, may be the network plugin.
        has_cni = VPC_CNI_ADDON in add_ons or is_true(cluster.get("BootstrapSelfManagedAddons", True))
        others = any(given) or templates.of_type(HELM_CHART) or not has_cni
        return not others and is_known([*accounts, *names]) and _ACCOUNT not in [*accounts, *names]
    return False


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
        rules.NODES_CANNOT_NETWORK,
        rules.NODE_ROLE_OF_OTHERS,
        rules.CLUSTER_ROLE_OF_OTHERS,
    ),
    *checks_of(_wildcards, rules.EVERYTHING_ALLOWED, rules.SERVICE_ALLOWED),
)
