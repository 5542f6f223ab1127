"""IAM's SimulatePrincipalPolicy, which moto does not have: by the policies of users and roles, as moto reads them."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from moto.core.responses import ActionResult
from moto.iam.access_control import IAMPolicy, PermissionResult
from moto.iam.exceptions import NotFoundException
from moto.iam.models import IAMBackend
from moto.iam.responses import IamResponse

__all__ = ["serve_policy_simulation"]

_PRINCIPAL = re.compile(r"arn:[^:]+:iam::\d+:(?P<kind>user|role)/(?:.*/)?(?P<name>[^/]+)")


def serve_policy_simulation() -> None:
    """Teach moto's IAM the operation. Doing it again changes nothing."""
    setattr(IamResponse, "simulate_principal_policy", _simulate)  # noqa: B010


def _simulate(response: Any) -> ActionResult:
    arn = response._get_param("PolicySourceArn")
    policies = [IAMPolicy(policy) for policy in _policies(response.backend, arn)]
    resources = response._get_param("ResourceArns") or ["*"]
    results = [
        {
            "EvalActionName": action,
            "EvalResourceName": resource,
            "EvalDecision": _decision(policies, action, resource),
            "MatchedStatements": [],
            "MissingContextValues": [],
        }
        for action in response._get_param("ActionNames")
        for resource in resources
    ]
    return ActionResult({"EvaluationResults": results, "IsTruncated": False})


def _decision(policies: list[IAMPolicy], action: str, resource: str) -> str:
    results = {policy.is_action_permitted(action, resource) for policy in policies}
    if PermissionResult.DENIED in results:
        return "explicitDeny"
    return "allowed" if PermissionResult.PERMITTED in results else "implicitDeny"


def _policies(iam: IAMBackend, arn: str) -> Iterator[Any]:
    """The policies of a user, of its groups, or of a role: their documents, or what moto keeps of managed ones."""
    principal = _PRINCIPAL.fullmatch(arn)
    holder = _holder(iam, principal) if principal else None
    if holder is None or holder.arn != arn:
        raise NotFoundException(f"The principal {arn} cannot be found.")
    for one in (holder, *_groups(iam, holder)):
        yield from one.policies.values()
        yield from one.managed_policies.values()


def _holder(iam: IAMBackend, principal: re.Match[str]) -> Any:
    if principal["kind"] == "user":
        return iam.users.get(principal["name"])
    return next((role for role in iam.roles.values() if role.name == principal["name"]), None)


def _groups(iam: IAMBackend, holder: Any) -> list[Any]:
    return [group for group in iam.groups.values() if holder in group.users]
