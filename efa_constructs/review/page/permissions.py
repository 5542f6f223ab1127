"""Who may do what on what, in plain words: roles, users, policies of resources, and access to clusters."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from ..blueprint import Blueprint
from ..policies import WIDEST_POLICIES
from ..resource import Resource
from ..shapes import as_list, as_mapping, as_mappings, at_path
from ..templates import Templates
from ..values import references_in
from .managed_policies import ACCESS_POLICIES, MANAGED_POLICIES, MANAGED_POLICY_GUIDE
from .names import Names
from .policy_words import actions_in_words, condition_in_words, principals_in_words, targets_in_words

__all__ = ["Grant", "Principal", "cluster_access", "principals"]

_KINDS = {"AWS::IAM::Role": "role", "AWS::IAM::User": "user", "AWS::IAM::Group": "group"}
# Policies that are resources of their own, with the properties that name who has them, by the kind of these.
_ATTACHED = {
    "AWS::IAM::Policy": {"role": "Roles", "user": "Users", "group": "Groups"},
    "AWS::IAM::ManagedPolicy": {"role": "Roles", "user": "Users", "group": "Groups"},
    "AWS::IAM::RolePolicy": {"role": "RoleName"},
    "AWS::IAM::UserPolicy": {"user": "UserName"},
    "AWS::IAM::GroupPolicy": {"group": "GroupName"},
}
# What names a role without having it.
_NOT_USERS = (*_ATTACHED, *_KINDS, "AWS::EKS::AccessEntry")


@dataclass(frozen=True, kw_only=True)
class Grant:
    """What a policy lets somebody do."""

    # "CloudWatch Logs: create log stream, put log events".
    what: str
    # "Network/FlowLogs", "everything".
    on: str
    # By which policy.
    by: str
    denies: bool = False
    # Whether it is about everything of a service, or on everything.
    broad: bool = False
    # A page that says what is in a policy of AWS's.
    link: str | None = None


@dataclass(frozen=True, kw_only=True)
class Principal:
    """Somebody of IAM."""

    name: str
    # "role in EfaNodes", "role that exists already".
    kind: str
    # Who acts as it, in words.
    taken_by: str
    grants: tuple[Grant, ...]


def principals(blueprint: Blueprint, names: Names) -> tuple[Principal, ...]:
    """Roles, users and groups of the templates, then those of elsewhere that policies of the templates name."""
    templates = blueprint.templates
    own = [
        Principal(
            name=names.of(one),
            kind=f"{_KINDS[one.type]} in {one.stack.name}",
            taken_by=_taken_by(templates, one, names),
            grants=tuple(dict.fromkeys(_grants_of(templates, one, names))),
        )
        for one in templates.of_type(*_KINDS)
    ]
    return (*own, *_of_elsewhere(templates, names))


def _taken_by(templates: Templates, one: Resource, names: Names) -> str:
    if one.type == "AWS::IAM::User":
        groups = ", ".join(names.of_value(group) for group in as_list(one.get("Groups")))
        return "Taken by whoever has its password or keys" + (f"; in the group {groups}" if groups else "")
    if one.type == "AWS::IAM::Group":
        return "Taken by its users"
    trusted = ", ".join(dict.fromkeys(_trusted(one, names))) or "nobody"
    users = ", ".join(dict.fromkeys(_used_by(templates, one, names)))
    return f"Taken by {trusted}" + (f"; given to {users}" if users else "")


def _trusted(role: Resource, names: Names) -> Iterator[str]:
    for statement in as_mappings(as_mapping(role.get("AssumeRolePolicyDocument")).get("Statement")):
        refused = "not " if statement.get("Effect") == "Deny" else ""
        for who in principals_in_words(statement, names):
            yield f"{refused}{who}{condition_in_words(statement, names)}"


def _used_by(templates: Templates, role: Resource, names: Names) -> Iterator[str]:
    for resource in templates.resources:
        if resource.type in _NOT_USERS:
            continue
        targets = (templates.at(reference) for reference in references_in(dict(resource.properties)))
        if any(target is role for target in targets):
            yield _user(resource, names)


def _user(resource: Resource, names: Names) -> str:
    if resource.type != "AWS::EKS::PodIdentityAssociation":
        return names.of(resource)
    space, account, cluster = (
        names.of_value(resource.get(key, "")) for key in ("Namespace", "ServiceAccount", "ClusterName")
    )
    return f"pods of the service account {space}/{account} in {cluster}"


def _grants_of(templates: Templates, one: Resource, names: Names) -> Iterator[Grant]:
    for value in as_list(one.get("ManagedPolicyArns")):
        policy = templates.at(value)
        if policy is None:
            yield _managed_policy(value, names)
        else:
            yield from _grants_of_document(policy.get("PolicyDocument"), names.of(policy), names)
    for inline in as_mappings(one.get("Policies")):
        yield from _grants_of_document(inline.get("PolicyDocument"), "its own policy", names)
    for policy, kind, value in _attachments(templates):
        if kind == _KINDS[one.type] and _is(templates, value, one):
            yield from _grants_of_document(policy.get("PolicyDocument"), names.of(policy), names)
    boundary = one.get("PermissionsBoundary")
    if boundary is not None:
        name = names.of_value(boundary).rpartition("/")[2]
        yield Grant(what="everything that its boundary does not allow", on="everything", by=name, denies=True)


def _attachments(templates: Templates) -> Iterator[tuple[Resource, str, Any]]:
    """Policies with the kind and the name, or a mark, of each that has them."""
    for policy in templates.of_type(*_ATTACHED):
        for kind, property_ in _ATTACHED[policy.type].items():
            yield from ((policy, kind, value) for value in as_list(policy.get(property_)))


def _is(templates: Templates, value: Any, one: Resource) -> bool:
    own_name = one.get(f"{_KINDS[one.type].capitalize()}Name")
    return templates.at(value) is one or (own_name is not None and value == own_name)


def _of_elsewhere(templates: Templates, names: Names) -> Iterator[Principal]:
    found: dict[tuple[str, str], list[Grant]] = {}
    of_templates = templates.of_type(*_KINDS)
    for policy, kind, value in _attachments(templates):
        if not any(_KINDS[one.type] == kind and _is(templates, value, one) for one in of_templates):
            grants = _grants_of_document(policy.get("PolicyDocument"), names.of(policy), names)
            found.setdefault((kind, names.of_value(value)), []).extend(grants)
    for (kind, name), given in found.items():
        taken_by = "Who takes it, and what else it may, these templates do not say"
        yield Principal(name=name, kind=f"{kind} that exists already", taken_by=taken_by, grants=tuple(given))


def _managed_policy(value: Any, names: Names) -> Grant:
    text = names.of_value(value)
    name = text.rpartition("/")[2]
    of_aws = ":iam::aws:policy/" in text
    purpose = MANAGED_POLICIES.get(name, "what is in it is not known here")
    broad = name in WIDEST_POLICIES or name.endswith("FullAccess")
    return Grant(
        what=purpose,
        on="as AWS defines it" if of_aws else "as the policy says",
        by=f"{name} (managed by AWS)" if of_aws else name,
        broad=broad,
        link=f"{MANAGED_POLICY_GUIDE}{name}.html" if of_aws else None,
    )


def _grants_of_document(document: Any, by: str, names: Names) -> Iterator[Grant]:
    for statement in as_mappings(as_mapping(document).get("Statement")):
        denies = statement.get("Effect") == "Deny"
        yield Grant(
            what=actions_in_words(statement),
            on=targets_in_words(statement, names) + condition_in_words(statement, names),
            by=by,
            denies=denies,
            broad=not denies and _is_broad(statement),
        )


def _is_broad(statement: Mapping[str, Any]) -> bool:
    if "NotAction" in statement or "NotResource" in statement or "*" in as_list(statement.get("Resource")):
        return True
    actions = [str(action) for action in as_list(statement.get("Action"))]
    return any(action == "*" or action.endswith(":*") for action in actions)


def cluster_access(blueprint: Blueprint, names: Names) -> Iterator[tuple[str, str, str, str]]:
    """Who is let in: principal, what it may, in which cluster or namespaces, and by which policy."""
    for made in blueprint.clusters:
        # EKS API Reference, CreateAccessConfigRequest: it is so unless it is refused.
        given = made.get("AccessConfig.BootstrapClusterCreatorAdminPermissions", True)
        if str(given).lower() != "false":
            who = "whoever makes the cluster, such as the role of CloudFormation"
            yield who, "everything in the cluster", names.of(made), "EKS, unless the template refuses it"
    for entry in blueprint.templates.of_type("AWS::EKS::AccessEntry"):
        who = names.of_value(entry.get("PrincipalArn", ""))
        cluster = names.of_value(entry.get("ClusterName", ""))
        for association in as_mappings(entry.get("AccessPolicies")):
            name = names.of_value(association.get("PolicyArn", "")).rpartition("/")[2]
            spaces = as_list(at_path(association, "AccessScope", "Namespaces"))
            where = f"namespaces {', '.join(map(str, spaces))} of {cluster}" if spaces else cluster
            yield who, ACCESS_POLICIES.get(name, "what is in it is not known here"), where, name
        for group in as_list(entry.get("KubernetesGroups")):
            yield who, f"what RBAC gives the group {group}", cluster, "access entry"
        if str(entry.get("Type", "STANDARD")) != "STANDARD":
            yield who, "join as a node", cluster, "access entry"
