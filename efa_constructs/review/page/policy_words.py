"""Statements of policies in plain words: who, what, on what, and on which condition."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

from ..shapes import as_list, as_mapping
from .names import Names

__all__ = [
    "EVERYBODY",
    "actions_in_words",
    "condition_in_words",
    "principals_in_words",
    "targets_in_words",
]

EVERYBODY = "everybody"

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
    "autoscaling": "EC2 Auto Scaling",
    "ec2": "EC2 instances",
    "eks": "the EKS control plane",
    "lambda": "Lambda functions",
    "logs": "CloudWatch Logs",
    "pods.eks": "pods, by EKS Pod Identity",
    "states": "Step Functions",
    "vpc-flow-logs": "VPC flow logs",
}
# "logs.us-east-1.amazonaws.com", with a Region or without.
_SERVICE_PRINCIPAL = re.compile(
    r"(?P<name>[a-z0-9-]+(?:\.eks)?)(?:\.(?:[a-z-]+-\d|\(Region\)))?\.(?:amazonaws\.com(?:\.cn)?|\(AWS::URLSuffix\))"
)
_ACCOUNT = re.compile(r"(?:arn:[^:]*:iam::)?(?P<account>\d{12}|\(account\))(?::root)?")
# Where a capital letter begins a word: "DescribeDBInstances", "PutObjectTagging".
_WORD = re.compile(r"[A-Z]+(?=[A-Z][a-z]|\d|$)|[A-Z]?[a-z]+|\d+|\*")
_OPERATORS = {
    "ArnEquals": "is",
    "ArnLike": "is like",
    "ArnNotEquals": "is not",
    "ArnNotLike": "is not like",
    "Bool": "is",
    "IpAddress": "is in",
    "NotIpAddress": "is not in",
    "StringEquals": "is",
    "StringEqualsIgnoreCase": "is",
    "StringLike": "is like",
    "StringNotEquals": "is not",
    "StringNotEqualsIgnoreCase": "is not",
    "StringNotLike": "is not like",
}


def principals_in_words(statement: Mapping[str, Any], names: Names) -> Iterator[str]:
    """Whom a statement is about: ``EC2 instances``, ``everybody``."""
    for others in _each(statement.get("NotPrincipal"), names):
        yield f"{EVERYBODY} but {others}"
    yield from _each(statement.get("Principal"), names)


def _each(principal: Any, names: Names) -> Iterator[str]:
    if isinstance(principal, str):
        yield EVERYBODY if principal == "*" else names.of_value(principal)
    for kind, values in as_mapping(principal).items():
        for value in as_list(values):
            yield _principal(str(kind), names.of_value(value))


def _principal(kind: str, text: str) -> str:
    if text == "*":
        return EVERYBODY
    service = _SERVICE_PRINCIPAL.fullmatch(text) if kind == "Service" else None
    if service is not None:
        return _TRUSTED.get(service["name"], text)
    account = _ACCOUNT.fullmatch(text) if kind == "AWS" else None
    if account is not None:
        whose = "this account" if account["account"] == "(account)" else f"account {account['account']}"
        return f"whoever the IAM policies of {whose} allow it"
    return f"who signs in by {text}" if kind == "Federated" else text


def actions_in_words(statement: Mapping[str, Any]) -> str:
    """What a statement is about: ``S3: get object, list bucket``."""
    if "NotAction" in statement:
        return f"everything but {_actions(as_list(statement['NotAction']))}"
    return _actions(as_list(statement.get("Action")))


def _actions(actions: list[Any]) -> str:
    by_service: dict[str, list[str]] = {}
    for action in map(str, actions):
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


def targets_in_words(statement: Mapping[str, Any], names: Names) -> str:
    """On what: ``everything but arn:aws:s3:::secret/*``."""
    if "NotResource" in statement:
        return f"everything but {_targets(statement['NotResource'], names)}"
    return _targets(statement.get("Resource"), names)


def _targets(values: Any, names: Names) -> str:
    targets = [names.of_value(value) for value in as_list(values)]
    short = dict.fromkeys("everything" if target == "*" else target for target in targets)
    # CDK grants a function with and without the suffix that names its versions.
    kept = [target for target in short if not (target.endswith(":*") and target.removesuffix(":*") in short)]
    return ", ".join(kept) or "nothing"


def condition_in_words(statement: Mapping[str, Any], names: Names) -> str:
    """On which condition, with a comma before it. Empty: on none."""
    parts = [
        f"{key} {_operator(str(operator))} {' or '.join(names.of_value(value) for value in as_list(values))}"
        for operator, tests in as_mapping(statement.get("Condition")).items()
        for key, values in as_mapping(tests).items()
    ]
    if parts:
        return f", if {' and '.join(parts)}"
    return ", on a condition that is not known here" if statement.get("Condition") else ""


def _operator(operator: str) -> str:
    """Those that are told in other words are rare: IAM's own name says it then."""
    return _OPERATORS.get(operator.removesuffix("IfExists"), operator) + (
        ", where it is there," if operator.endswith("IfExists") else ""
    )
