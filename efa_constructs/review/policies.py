"""What IAM roles of templates may do, as far as their policies are known."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from fnmatch import fnmatchcase
from typing import Any

from .resource import CLUSTER_TYPES, Resource
from .shapes import as_list, as_mapping, as_mappings, at_path
from .templates import Templates
from .values import is_known, known_text, references_in

__all__ = [
    "WIDEST_POLICIES",
    "Policy",
    "Rights",
    "name_of_aws",
    "policies_in",
    "rights_of",
    "service_accounts_may_assume",
    "services_that_may_assume",
]

# Of those that AWS maintains: all there is, or all but who may do what.
WIDEST_POLICIES = frozenset({"AdministratorAccess", "PowerUserAccess"})
_OF_AWS = re.compile(r"arn:[\w-]+:iam::aws:policy/(?:[\w-]+/)*(?P<name>[\w+=,.@-]+)")
# What an account trusts to say who somebody is, by its property "Url": a cluster, but also GitHub and others.
_IDENTITY_PROVIDERS = ("AWS::IAM::OIDCProvider", "Custom::AWSCDKOpenIdConnectProvider")
# In the URL and in the ARN of that of an EKS cluster.
_OF_EKS = "oidc.eks."
_POLICIES = ("AWS::IAM::Policy", "AWS::IAM::ManagedPolicy", "AWS::IAM::RolePolicy")


@dataclass(frozen=True, kw_only=True, eq=False)
class Policy:
    """A policy that templates write themselves."""

    # The role that it stands in, or its own resource.
    resource: Resource
    # Of its document, in the resource: "Policies.0.PolicyDocument".
    path: str
    document: Mapping[str, Any]
    # Names of the roles that have it, for people.
    roles: tuple[str, ...]

    @property
    def statements(self) -> list[Mapping[str, Any]]:
        """Of its document."""
        return as_mappings(at_path(self.document, "Statement"))


@dataclass(frozen=True, kw_only=True)
class Rights:
    """What a role may do."""

    # Names of AWS's managed policies.
    managed: frozenset[str]
    statements: tuple[Mapping[str, Any], ...]
    # Whether there is nothing that only the deployment knows.
    complete: bool

    def allows(self, action: str) -> bool:
        """Whether a statement allows an action, on whatever. What only the deployment knows may."""
        return any(
            statement.get("Effect") == "Allow"
            and (
                "NotAction" in statement
                or any(
                    not is_known(each) or fnmatchcase(action.lower(), str(each).lower())
                    for each in as_list(at_path(statement, "Action"))
                )
            )
            for statement in self.statements
        )


def policies_in(templates: Templates) -> Iterator[Policy]:
    """All policies of roles, users and groups that templates write."""
    for role in templates.of_type("AWS::IAM::Role"):
        for index, each in enumerate(as_mappings(at_path(role.properties, "Policies"))):
            document = as_mapping(at_path(each, "PolicyDocument"))
            yield Policy(
                resource=role, path=f"Policies.{index}.PolicyDocument", document=document, roles=(role.logical_id,)
            )
    for policy in templates.of_type(*_POLICIES):
        roles = [templates.at(each) for each in _role_values(policy)]
        names = tuple(role.logical_id for role in roles if role is not None)
        document = as_mapping(at_path(policy.properties, "PolicyDocument"))
        yield Policy(resource=policy, path="PolicyDocument", document=document, roles=names)


def _role_values(policy: Resource) -> list[Any]:
    return [*as_list(at_path(policy.properties, "Roles")), *as_list(at_path(policy.properties, "RoleName"))]


def rights_of(templates: Templates, role: Resource) -> Rights:
    """What a role of the templates may do."""
    managed: list[str] = []
    attached: list[Resource] = []
    complete = True
    for value in as_list(at_path(role.properties, "ManagedPolicyArns")):
        resource = templates.at(value)
        if resource is not None:
            attached.append(resource)
        elif (name := name_of_aws(value)) is not None:
            managed.append(name)
        else:
            complete = False
    if any(not isinstance(each, Mapping) for each in as_list(at_path(role.properties, "Policies"))):
        complete = False
    statements = [
        statement
        for policy in policies_in(templates)
        if policy.resource is role
        or policy.resource in attached
        or any(templates.at(each) is role for each in _role_values(policy.resource))
        for statement in policy.statements
    ]
    return Rights(managed=frozenset(managed), statements=tuple(statements), complete=complete)


def name_of_aws(value: Any) -> str | None:
    """The name of a managed policy of AWS's. None: it is another's, and what that allows is not known."""
    match = _OF_AWS.fullmatch(known_text(value) or "")
    return None if match is None else match["name"]


def services_that_may_assume(role: Resource) -> list[str] | None:
    """None: not known."""
    document = role.get("AssumeRolePolicyDocument")
    services: list[str] = []
    for statement in as_mappings(at_path(document, "Statement")):
        if statement.get("Effect") != "Allow":
            continue
        principal = statement.get("Principal")
        if not isinstance(principal, Mapping):
            return None
        services += map(str, as_list(at_path(principal, "Service")))
    return services if isinstance(document, Mapping) and is_known(services) else None


def service_accounts_may_assume(templates: Templates, role: Resource) -> bool:
    """Whether pods act as a role by their service accounts in an EKS cluster, without Pod Identity."""
    return any(
        statement.get("Effect") == "Allow" and _is_issuer(templates, at_path(statement, "Principal", "Federated"))
        for statement in as_mappings(at_path(role.get("AssumeRolePolicyDocument"), "Statement"))
    )


def _is_issuer(templates: Templates, value: Any) -> bool:
    """Whether a value names the OIDC provider of an EKS cluster, or is its URL."""
    if any(_OF_EKS in str(text) for text in as_list(value)):
        return True
    named = [found for reference in references_in(value) if (found := templates.at(reference)) is not None]
    return any(
        one.type in CLUSTER_TYPES or (one.type in _IDENTITY_PROVIDERS and _is_issuer(templates, one.get("Url")))
        for one in named
    )
