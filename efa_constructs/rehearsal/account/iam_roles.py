"""Questions about IAM roles that services ask before they use one."""

from __future__ import annotations

import json
from typing import Any

from moto.iam.models import IAMBackend, Role

__all__ = ["role_by_arn", "trusted_role"]


def role_by_arn(iam: IAMBackend, arn: str) -> Role | None:
    """The role with this ARN, or None."""
    return next((role for role in iam.roles.values() if role.arn == arn), None)


def trusted_role(iam: IAMBackend, arn: str, service: str) -> bool:
    """Whether the role exists and a service, such as ``"ec2.amazonaws.com"``, may assume it."""
    role = role_by_arn(iam, arn)
    if role is None:
        return False
    document = role.assume_role_policy_document
    policy: dict[str, Any] = json.loads(document) if isinstance(document, str) else document
    statements = policy["Statement"] if isinstance(policy["Statement"], list) else [policy["Statement"]]
    return any(
        statement["Effect"] == "Allow" and service in _services(statement.get("Principal", {}))
        for statement in statements
    )


def _services(principal: Any) -> list[str]:
    services = principal.get("Service", []) if isinstance(principal, dict) else []
    return [services] if isinstance(services, str) else list(services)
