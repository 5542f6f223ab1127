"""Makes a row of every check."""

from __future__ import annotations

from collections.abc import Iterable

from ..errors import AwsRequestError, KubernetesRequestError
from . import (
    capacity_checks,
    cluster_checks,
    cluster_facts_checks,
    deployment_checks,
    instance_type_checks,
    network_checks,
)
from .account import Account
from .plan import Plan
from .rows import Check, NoSubnetError, Row, Status, Verdict

__all__ = ["CHECKS", "judge"]

# In the order in which people read them.
CHECKS: tuple[Check, ...] = (
    *instance_type_checks.CHECKS,
    *capacity_checks.CHECKS,
    *network_checks.CHECKS,
    *cluster_facts_checks.CHECKS,
    *cluster_checks.CHECKS,
    *deployment_checks.CHECKS,
)


def judge(plan: Plan, account: Account, checks: Iterable[Check] = CHECKS) -> tuple[Row, ...]:
    """Judge a deployment by what AWS answers. What AWS refuses to say is "not checked", and spoils no other row.

    :param checks: Default: all of them.
    :raises AwsRequestError: AWS knows nobody by the credentials in use, or cannot be reached; or there is no such
        cluster.
    """
    account.caller.value()
    if account.cluster is not None:
        refusal = account.cluster.cluster.refusal
        # Refused for lack of a permission, the rows about it say so; else nothing would be left to judge.
        if refusal is not None and refusal.denied_action is None:
            raise refusal
    verdicts = [(check, _verdict(check, plan, account)) for check in checks]
    return tuple(
        Row(id=check.id, subject=check.subject, **verdict._asdict())
        for check, verdict in verdicts
        if verdict is not None
    )


def _verdict(check: Check, plan: Plan, account: Account) -> Verdict | None:
    try:
        return check.judge(plan, account)
    except NoSubnetError:
        return Verdict(Status.NOT_CHECKED, "which subnet the nodes go to is not decided", "see the row 'subnet'")
    except AwsRequestError as error:
        return Verdict(Status.NOT_CHECKED, str(error), _fix(error))
    except KubernetesRequestError as error:
        return Verdict(Status.NOT_CHECKED, str(error), "let the kubeconfig reach the cluster, and run this again")


def _fix(error: AwsRequestError) -> str:
    action = error.denied_action
    if action is None:
        return "run this again"
    if error.denied_explicitly:
        return f"have the policy changed that denies '{action}'"
    return f"allow '{action}' in the IAM policy of the identity in use"
