"""What a service account may do, by the roles that are bound to it.

Source: https://kubernetes.io/docs/reference/access-authn-authz/rbac/.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from ..snapshot import ClusterSnapshot, KubernetesObject

__all__ = ["Right", "bound_cluster_role", "is_granted"]

_ALL = "*"
# What stands before "status" in "mpijobs/status".
_SUBRESOURCE = re.compile(r"^[^/]+/")


@dataclass(frozen=True, slots=True, kw_only=True)
class Right:
    """One verb on one resource."""

    # "NAMESPACE:NAME"
    account: str
    verb: str
    # "" is the first API.
    group: str
    # "mpijobs", or "mpijobs/status".
    resource: str
    # None: in all of them, or it has none.
    namespace: str | None


def bound_cluster_role(snapshot: ClusterSnapshot, account: str) -> str | None:
    """The first ClusterRole that is bound to a service account itself, in all namespaces.

    :param account: ``NAMESPACE:NAME``.
    """
    for binding in snapshot.cluster_role_bindings:
        if _names(binding, account, ""):
            return str(binding["roleRef"]["name"])
    return None


def is_granted(snapshot: ClusterSnapshot, right: Right) -> bool:
    """Whether a role that is bound to the account has a rule with the right. False: no role that may be read has."""
    return any(_allows(rule, right) for rule in _rules(snapshot, right))


def _rules(snapshot: ClusterSnapshot, right: Right) -> Iterator[Mapping[str, list[str]]]:
    of_cluster = {role["metadata"]["name"]: role for role in snapshot.cluster_roles}
    of_namespace = {
        role["metadata"]["name"]: role
        for role in snapshot.roles
        if right.namespace and role["metadata"]["namespace"] == right.namespace
    }
    bindings = [
        *snapshot.cluster_role_bindings,
        *(
            binding
            for binding in snapshot.role_bindings
            if right.namespace and binding["metadata"]["namespace"] == right.namespace
        ),
    ]
    for binding in bindings:
        if _is_for(binding, right.account, (binding.get("metadata") or {}).get("namespace", "")):
            roles = of_namespace if binding["roleRef"].get("kind") == "Role" else of_cluster
            yield from roles.get(binding["roleRef"]["name"], {}).get("rules") or ()


def _is_for(binding: KubernetesObject, account: str, namespace: str) -> bool:
    groups = ("system:serviceaccounts", f"system:serviceaccounts:{account.partition(':')[0]}")
    return _names(binding, account, namespace) or any(
        subject.get("kind") == "Group" and subject.get("name") in groups for subject in binding.get("subjects") or ()
    )


def _names(binding: KubernetesObject, account: str, namespace: str) -> bool:
    own_namespace, _, name = account.partition(":")
    for subject in binding.get("subjects") or ():
        if subject.get("kind") == "ServiceAccount":
            if (subject.get("namespace") or namespace, subject.get("name")) == (own_namespace, name):
                return True
        elif (subject.get("kind"), subject.get("name")) == ("User", f"system:serviceaccount:{account}"):
            return True
    return False


def _allows(rule: Mapping[str, list[str]], right: Right) -> bool:
    # One for single objects does not give what was refused of others.
    return (
        not rule.get("resourceNames")
        and _has(rule, "verbs", right.verb)
        and _has(rule, "apiGroups", right.group)
        and (_has(rule, "resources", right.resource) or _has(rule, "resources", _SUBRESOURCE.sub("*/", right.resource)))
    )


def _has(rule: Mapping[str, list[str]], field: str, value: str) -> bool:
    values = rule.get(field) or ()
    return value in values or _ALL in values
