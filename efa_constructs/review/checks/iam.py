"""Checks of IAM roles and policies."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from ...catalogue.vpc_cni import VPC_CNI_ADDON
from ...rules import Rule
from ...rules import iam as rules
from ..blueprint import Blueprint
from ..check import Fault, checks_of, fault
from ..manifests import HELM_CHART
from ..policies import (
    WIDEST_POLICIES,
    name_of_aws,
    policies_in,
    rights_of,
    service_accounts_may_assume,
    services_that_may_assume,
)
from ..resource import CLUSTER_TYPES, Resource
from ..shapes import as_list, at_path
from ..values import is_known, is_true

__all__ = ["IAM_CHECKS"]

_JOINING = WIDEST_POLICIES | {"AmazonEKSWorkerNodePolicy", "AmazonEKSWorkerNodeMinimalPolicy"}
_NETWORKING = WIDEST_POLICIES | {"AmazonEKS_CNI_Policy"}
# Of IPv4, and of IPv6, for which AWS has no managed policy.
_ADDRESSES = ("ec2:AssignPrivateIpAddresses", "ec2:AssignIpv6Addresses")
# The VPC CNI's service account, and its DaemonSet.
_ACCOUNT = "aws-node"
_PULLING = WIDEST_POLICIES | {
    "AmazonEC2ContainerRegistryPullOnly",
    "AmazonEC2ContainerRegistryReadOnly",
    "AmazonEC2ContainerRegistryPowerUser",
    "AmazonEC2ContainerRegistryFullAccess",
}


# What AWS's widest policies allow on every resource: AWS Managed Policy Reference Guide.
_WIDE_POLICIES: Mapping[str, tuple[Rule, Mapping[str, str]]] = {
    "AdministratorAccess": (rules.EVERYTHING_ALLOWED, {}),
    "PowerUserAccess": (rules.EVERYTHING_BUT_ALLOWED, {"others": "iam:*, organizations:*, account:*"}),
    # Who writes policies has what they allow.
    "IAMFullAccess": (rules.SERVICE_ALLOWED, {"services": "iam"}),
}
# What acts as a role, and by which property.
_ROLES_OF = {
    "AWS::EKS::Nodegroup": "NodeRole",
    **dict.fromkeys(CLUSTER_TYPES, "RoleArn"),
    "AWS::EKS::Addon": "ServiceAccountRoleArn",
    "AWS::EKS::PodIdentityAssociation": "RoleArn",
    "AWS::IAM::InstanceProfile": "Roles",
    "AWS::Lambda::Function": "Role",
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


def _widely(blueprint: Blueprint) -> Iterator[Fault]:
    yield from _wildcards(blueprint)
    yield from _wide_policies(blueprint)


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
            elif _allows_the_rest(statement):
                others = ", ".join(map(str, as_list(statement["NotAction"])))
                yield fault(
                    rules.EVERYTHING_BUT_ALLOWED, policy.resource, policy.path, policy=name, who=who, others=others
                )


def _allows_the_rest(statement: Mapping[str, Any]) -> bool:
    """Whether a statement surely allows nearly everything. On a condition it may allow anything."""
    others = as_list(statement.get("NotAction"))
    return (
        bool(others) and is_known(others) and not {"*", "*:*"} & set(map(str, others)) and "Condition" not in statement
    )


def _wide_policies(blueprint: Blueprint) -> Iterator[Fault]:
    """Policies of AWS's that allow as much, on roles that nodes, clusters, functions and pods act as."""
    for role in _roles_in_use(blueprint):
        for index, value in enumerate(as_list(role.get("ManagedPolicyArns"))):
            found = _WIDE_POLICIES.get(name_of_aws(value) or "")
            if found is not None:
                rule, words = found
                name = name_of_aws(value)
                yield fault(rule, role, f"ManagedPolicyArns.{index}", policy=name, who=role.logical_id, **words)


def _roles_in_use(blueprint: Blueprint) -> Iterable[Resource]:
    values = (
        value
        for resource in blueprint.templates.resources
        if resource.type in _ROLES_OF
        for value in as_list(resource.get(_ROLES_OF[resource.type]))
    )
    named = (role for value in values if (role := _role(blueprint, value)) is not None)
    templates = blueprint.templates
    of_pods = (role for role in templates.of_type("AWS::IAM::Role") if service_accounts_may_assume(templates, role))
    return dict.fromkeys((*named, *of_pods))


IAM_CHECKS = (
    *checks_of(
        _node_roles,
        rules.NODES_CANNOT_JOIN,
        rules.NODES_CANNOT_PULL,
        rules.NODES_CANNOT_NETWORK,
        rules.NODE_ROLE_OF_OTHERS,
        rules.CLUSTER_ROLE_OF_OTHERS,
    ),
    *checks_of(_widely, rules.EVERYTHING_ALLOWED, rules.SERVICE_ALLOWED, rules.EVERYTHING_BUT_ALLOWED),
)
