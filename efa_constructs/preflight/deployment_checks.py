"""Can the CDK CLI deploy into this account?"""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

from ..lookups.stacks import DEFAULT_QUALIFIER
from .account import Account
from .needed_actions import CREATE_SERVICE_LINKED_ROLE, service_linked_roles
from .own_nodes import make_sure, own_node_groups
from .plan import NODES_STACK, STACKS, Plan
from .rows import Check, Status, Verdict, failed, not_checked, passed, warned

__all__ = ["CHECKS", "MINIMUM_BOOTSTRAP"]

# What stacks with the default synthesizer of aws-cdk-lib 2 demand of it.
MINIMUM_BOOTSTRAP = 6


class _StackState(NamedTuple):
    status: Status
    meaning: str
    fix: str | None = None


# Of statuses that do not say it themselves. CloudFormation User Guide, "Understand stack creation events".
_STACK_STATES: Mapping[str, _StackState] = {
    # The CDK CLI deletes these two itself: lib/api/deployments/deploy-stack.ts of aws-cdk-cli.
    "ROLLBACK_COMPLETE": _StackState(
        Status.WARN, "was never made", "let the CDK CLI delete it, which it does before it deploys"
    ),
    "ROLLBACK_FAILED": _StackState(Status.FAIL, "was never made, nor cleared away", "delete it by hand first"),
    "DELETE_FAILED": _StackState(Status.FAIL, "could not be deleted", "delete it by hand first"),
    "CREATE_FAILED": _StackState(Status.FAIL, "was never made", "delete it by hand first"),
    "UPDATE_ROLLBACK_FAILED": _StackState(
        Status.FAIL, "is between two states", "run 'aws cloudformation continue-update-rollback' first"
    ),
    "IMPORT_ROLLBACK_FAILED": _StackState(
        Status.FAIL, "is between two states", "bring its resources back to what its template says, and import again"
    ),
    "UPDATE_FAILED": _StackState(Status.FAIL, "is between two states", "run 'aws cloudformation rollback-stack' first"),
    # A change set that was never executed: there is no stack yet.
    "REVIEW_IN_PROGRESS": _StackState(Status.PASS, "has nothing in it yet"),
}


def _stacks(plan: Plan, account: Account) -> Verdict:
    statuses = account.stacks.value()
    names = [name for name in STACKS if plan.cluster_name is None or name != "EfaCluster"]
    found = {name: statuses[name] for name in names if name in statuses}
    states = {name: _state(status) for name, status in found.items()}
    for level, verdict in ((Status.FAIL, failed), (Status.WARN, warned)):
        bad = {name: state for name, state in states.items() if state.status is level}
        if bad:
            return verdict(
                "; ".join(f"stack {name} is {found[name]}: it {state.meaning}" for name, state in bad.items()),
                "; ".join(dict.fromkeys(state.fix or "" for state in bad.values())),
            )
    if found:
        return passed(f"there {'is' if len(found) == 1 else 'are'} {', '.join(found)}, and deploying updates them")
    return passed(f"no stack is named {', '.join(names)}")


def _state(status: str) -> _StackState:
    if status in _STACK_STATES:
        return _STACK_STATES[status]
    if status.endswith("_IN_PROGRESS"):
        return _StackState(Status.FAIL, "is being changed", "wait until CloudFormation is done with it")
    return _StackState(Status.PASS, "can be updated")


def _node_group_name(plan: Plan, account: Account) -> Verdict | None:
    name = plan.node_group_name
    if account.cluster is None or account.cluster.node_groups is None:
        return None
    taken = account.cluster.node_groups.value()
    if name in {group.name for group in own_node_groups(plan, account)}:
        return passed(f"node group {name} of cluster {plan.cluster_name} is that of stack {NODES_STACK}")
    if name in taken:
        make_sure(account)
        return failed(
            f"cluster {plan.cluster_name} has a node group {name} already",
            "choose another name, or let CloudFormation generate one",
        )
    return passed(f"cluster {plan.cluster_name} has no node group {name}")


def _bootstrap(plan: Plan, account: Account) -> Verdict:
    version = account.bootstrap_version.value()
    qualifier, own = plan.bootstrap_qualifier, plan.bootstrap_qualifier != DEFAULT_QUALIFIER
    # A stack of another name, or it would change the qualifier of the one that others use.
    options = f" --qualifier {qualifier} --toolkit-stack-name CDKToolkit-{qualifier}" if own else ""
    command = f"run 'npx cdk bootstrap aws://{account.caller.value().account}/{plan.region}{options}'"
    of_qualifier = f", with the qualifier {qualifier}," if own else ""
    if version is None:
        return failed(f"the account is not bootstrapped for the CDK{of_qualifier} in {plan.region}", command)
    if version < MINIMUM_BOOTSTRAP:
        return failed(f"the bootstrap stack is of version {version}, and {MINIMUM_BOOTSTRAP} is needed", command)
    return passed(f"the bootstrap stack is of version {version}, {MINIMUM_BOOTSTRAP} is enough")


def _caller(plan: Plan, account: Account) -> Verdict:
    who = account.caller.value()
    if who.is_root:
        return passed("the account's root user may do everything")
    denied = account.denied_to_caller.value()
    if denied is None:
        return not_checked(
            f"IAM simulates no policies for {who.arn}", "make sure that it may assume the roles of the bootstrap stack"
        )
    if denied:
        return failed(
            f"{who.principal_arn} may not assume the roles of the bootstrap stack, with which the CDK CLI deploys",
            f"allow sts:AssumeRole on arn:{who.partition}:iam::{who.account}:role/cdk-{plan.bootstrap_qualifier}-*",
        )
    return passed(f"{who.principal_arn} may assume the roles of the bootstrap stack")


def _deployment_role(plan: Plan, account: Account) -> Verdict:
    if account.bootstrap_version.value() is None:
        return not_checked(
            "the bootstrap stack is not there, and so not the role either that makes what is deployed",
            "bootstrap the account, and run this again",
        )
    denied = account.denied_to_deployment.value()
    if denied is None:
        return not_checked(
            "the role of CloudFormation has another name than CDK's default",
            "make sure that it may make what the stacks have",
        )
    explicit = sorted(action for action, decision in denied.items() if decision == "explicitDeny")
    if explicit:
        return failed(
            f"the role that makes what is deployed is denied {', '.join(explicit)}",
            "change the policies of the bootstrap stack, the permissions boundary or the organization that deny it",
        )
    if denied:
        return warned(
            f"the role that makes what is deployed may not do this on every resource: {', '.join(sorted(denied))}",
            "make sure that its policies allow it on what the stacks make",
        )
    return passed("the role that makes what is deployed may make it")


def _linked_roles(plan: Plan, account: Account) -> Verdict:
    there = account.service_linked_roles.value()
    missing = [name for name, exists in there.items() if not exists]
    if not missing:
        return passed(f"{', '.join(there)} {'is' if len(there) == 1 else 'are'} there")
    denied = account.denied_to_deployment.value_or_none()
    which = ", ".join(missing)
    if denied is not None and CREATE_SERVICE_LINKED_ROLE not in denied:
        return passed(f"AWS makes {which} itself, for which the role that deploys has the permission")
    services = service_linked_roles(plan)
    are, them = ("is", "it") if len(missing) == 1 else ("are", "them")
    return warned(
        f"{which} {are} not there, and AWS makes {them} only if the role that deploys may {CREATE_SERVICE_LINKED_ROLE}",
        "; ".join(
            f"run 'aws iam create-service-linked-role --aws-service-name {services[name]}' once" for name in missing
        ),
    )


_SUBJECT = "deployment"

CHECKS = (
    Check("stacks", _SUBJECT, _stacks),
    Check("node-group-name", _SUBJECT, _node_group_name),
    Check("cdk-bootstrap", _SUBJECT, _bootstrap),
    Check("caller-permissions", _SUBJECT, _caller),
    Check("deployment-permissions", _SUBJECT, _deployment_role),
    Check("service-linked-roles", _SUBJECT, _linked_roles),
)
