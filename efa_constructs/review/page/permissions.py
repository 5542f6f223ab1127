"""Who may do what on what, in plain words: roles, policies, keys, and access to clusters."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from ..blueprint import Blueprint
from ..shapes import as_list, as_mapping, as_mappings, at_path
from ..templates import Resource
from ..values import references_in
from .managed_policies import ACCESS_POLICIES, MANAGED_POLICIES, MANAGED_POLICY_GUIDE
from .names import Names

__all__ = ["Grant", "Principal", "cluster_access", "principals"]

_SERVICES = {
    "cloudformation": "CloudFormation",
    "cloudwatch": "CloudWatch",
    "ec2": "EC2",
    "ecr": "ECR",
    "eks": "EKS",
    "eks-auth": "EKS Pod Identity",
    "elasticfilesystem": "EFS",
    "elasticloadbalancing": "Elastic Load Balancing",
    "fsx": "FSx",
    "iam": "IAM",
    "kms": "KMS",
    "lambda": "Lambda",
    "logs": "CloudWatch Logs",
    "s3": "S3",
    "secretsmanager": "Secrets Manager",
    "sns": "SNS",
    "sqs": "SQS",
    "ssm": "Systems Manager",
    "ssmmessages": "Systems Manager",
    "states": "Step Functions",
    "sts": "STS",
}
_TRUSTED = {
    "ec2.amazonaws.com": "EC2 instances",
    "eks.amazonaws.com": "the EKS control plane",
    "lambda.amazonaws.com": "Lambda functions",
    "pods.eks.amazonaws.com": "pods, by EKS Pod Identity",
    "states.amazonaws.com": "Step Functions",
    "vpc-flow-logs.amazonaws.com": "VPC flow logs",
}
# Where a capital letter begins a word: "DescribeDBInstances", "PutObjectTagging".
_WORD = re.compile(r"[A-Z]+(?=[A-Z][a-z]|\d|$)|[A-Z]?[a-z]+|\d+|\*")


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
    """A role, or a key with a policy of its own."""

    name: str
    stack: str
    type: str
    # Who may take the role.
    trusted: tuple[str, ...]
    # Resources that have it.
    used_by: tuple[str, ...]
    grants: tuple[Grant, ...]


def principals(blueprint: Blueprint, names: Names) -> tuple[Principal, ...]:
    """The roles of the templates, then the resources that have a policy of their own."""
    templates = blueprint.templates
    roles = [
        Principal(
            name=names.of(role),
            stack=role.stack.name,
            type="role",
            trusted=tuple(dict.fromkeys(_trusted(role, names))),
            used_by=tuple(_used_by(blueprint, role, names)),
            grants=tuple(dict.fromkeys(_grants_of_role(blueprint, role, names))),
        )
        for role in templates.of_type("AWS::IAM::Role")
    ]
    keys = [
        Principal(
            name=names.of(key),
            stack=key.stack.name,
            type="key",
            trusted=tuple(dict.fromkeys(_principals_of(key.get("KeyPolicy"), names))),
            used_by=(),
            grants=tuple(_grants_of_document(key.get("KeyPolicy"), "key policy", names, itself=names.of(key))),
        )
        for key in templates.of_type("AWS::KMS::Key")
    ]
    return (*roles, *keys)


def _trusted(role: Resource, names: Names) -> Iterator[str]:
    yield from _principals_of(role.get("AssumeRolePolicyDocument"), names)


def _principals_of(document: Any, names: Names) -> Iterator[str]:
    for statement in as_mappings(as_mapping(document).get("Statement")):
        principal = statement.get("Principal")
        if principal == "*":
            yield "everybody"
        for kind, values in as_mapping(principal).items():
            for value in as_list(values):
                yield _principal(str(kind), value, names)


def _principal(kind: str, value: Any, names: Names) -> str:
    text = names.of_value(value)
    if kind == "Service":
        return _TRUSTED.get(text, text)
    if text == "*":
        return "everybody"
    if kind == "AWS" and text.endswith(":root"):
        account = text.split(":")[-2]
        whose = "this account" if account == "(account)" else f"account {account}"
        return f"whoever the IAM policies of {whose} allow it"
    return f"{kind} {text}" if kind == "Federated" else text


def _used_by(blueprint: Blueprint, role: Resource, names: Names) -> Iterator[str]:
    policies = ("AWS::IAM::Policy", "AWS::IAM::ManagedPolicy", "AWS::IAM::Role")
    for resource in blueprint.templates.resources:
        if resource.type not in policies and resource is not role:
            targets = (blueprint.templates.at(reference) for reference in references_in(dict(resource.properties)))
            if any(target is role for target in targets):
                yield names.of(resource)


def _grants_of_role(blueprint: Blueprint, role: Resource, names: Names) -> Iterator[Grant]:
    for value in as_list(role.get("ManagedPolicyArns")):
        yield _managed_policy(value, names)
    for inline in as_mappings(role.get("Policies")):
        yield from _grants_of_document(inline.get("PolicyDocument"), "its own policy", names)
    for policy in blueprint.templates.of_type("AWS::IAM::Policy", "AWS::IAM::ManagedPolicy"):
        if any(blueprint.templates.at(value) is role for value in as_list(policy.get("Roles"))):
            yield from _grants_of_document(policy.get("PolicyDocument"), names.of(policy), names)


def _managed_policy(value: Any, names: Names) -> Grant:
    text = names.of_value(value)
    name = text.rpartition("/")[2]
    of_aws = ":iam::aws:policy/" in text
    purpose = MANAGED_POLICIES.get(name, "what is in it is not known here")
    broad = name in ("AdministratorAccess", "PowerUserAccess") or name.endswith("FullAccess")
    return Grant(
        what=purpose,
        on="as AWS defines it" if of_aws else "as the policy says",
        by=f"{name} (managed by AWS)" if of_aws else name,
        broad=broad,
        link=f"{MANAGED_POLICY_GUIDE}{name}.html" if of_aws else None,
    )


def _grants_of_document(document: Any, by: str, names: Names, itself: str | None = None) -> Iterator[Grant]:
    for statement in as_mappings(as_mapping(document).get("Statement")):
        actions = [str(action) for action in as_list(statement.get("Action"))]
        excepted = [str(action) for action in as_list(statement.get("NotAction"))]
        targets = [names.of_value(value) for value in as_list(statement.get("Resource"))]
        yield Grant(
            what=_actions(actions) if not excepted else f"everything but {_actions(excepted)}",
            on=_targets(targets, itself) + _condition(statement),
            by=by,
            denies=statement.get("Effect") == "Deny",
            broad=itself is None and _is_broad(actions, excepted, targets),
        )


def _is_broad(actions: Sequence[str], excepted: Sequence[str], targets: Sequence[str]) -> bool:
    return bool(excepted) or "*" in targets or any(action == "*" or action.endswith(":*") for action in actions)


def _actions(actions: Sequence[str]) -> str:
    by_service: dict[str, list[str]] = {}
    for action in actions:
        service, _, name = action.partition(":")
        if service == "*":
            return "everything"
        by_service.setdefault(_SERVICES.get(service.lower(), service), []).append(_in_words(name))
    return "; ".join(f"{service}: {', '.join(words)}" for service, words in by_service.items()) or "nothing"


def _in_words(action: str) -> str:
    if action == "*":
        return "everything"
    words = _WORD.findall(action)
    return " ".join(word if len(word) > 1 and word.isupper() else word.lower() for word in words) or action


def _targets(targets: Sequence[str], itself: str | None) -> str:
    if itself is not None and set(targets) == {"*"}:
        return itself
    short = dict.fromkeys("everything" if target == "*" else target for target in targets)
    # CDK grants a function with and without the suffix that names its versions.
    kept = [target for target in short if not (target.endswith(":*") and target.removesuffix(":*") in short)]
    return ", ".join(kept) or "nothing"


def _condition(statement: Mapping[str, Any]) -> str:
    return ", on a condition" if statement.get("Condition") else ""


def cluster_access(blueprint: Blueprint, names: Names) -> Iterator[tuple[str, str, str, str]]:
    """Access entries: principal, what it may, in which cluster or namespaces, and by which policy."""
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
