"""What a service account may do, by the roles that are bound to it.

Source: https://kubernetes.io/docs/reference/access-authn-authz/rbac/.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

__all__ = ["Access", "Right", "allows", "bound_cluster_role", "granted_rules", "is_granted"]

KubernetesObject = Mapping[str, Any]

_ALL = "*"
# What stands before "status" in "mpijobs/status".
_SUBRESOURCE = re.compile(r"^[^/]+/")


class Access(Protocol):
    """The roles of a cluster, and to whom they are bound."""

    @property
    def cluster_roles(self) -> Sequence[KubernetesObject]: ...

    @property
    def cluster_role_bindings(self) -> Sequence[KubernetesObject]: ...

    @property
    def roles(self) -> Sequence[KubernetesObject]: ...

    @property
    def role_bindings(self) -> Sequence[KubernetesObject]: ...


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


def bound_cluster_role(access: Access, account: str) -> str | None:
    """The first ClusterRole that is bound to a service account itself, in all namespaces.

    :param account: ``NAMESPACE:NAME``.
    """
    for binding in access.cluster_role_bindings:
        if _names(binding, account, ""):
            return str(binding["roleRef"]["name"])
    return None


def is_granted(access: Access, right: Right) -> bool:
    """Whether a role that is bound to the account has a rule with the right. False: no role that may be read has."""
    return any(allows(rule, right) for rule in granted_rules(access, right.account, right.namespace))


def granted_rules(access: Access, account: str, namespace: str | None) -> Iterator[Mapping[str, list[str]]]:
    """The rules of the roles that are bound to a service account.

    :param account: ``NAMESPACE:NAME``.
    :param namespace: In which they are to hold. None: in all of them.
    """
    of_cluster = {role["metadata"]["name"]: role for role in access.cluster_roles}
    of_namespace = {
        role["metadata"]["name"]: role
        for role in access.roles
        if namespace and role["metadata"]["namespace"] == namespace
    }
    bindings = [
        *access.cluster_role_bindings,
        *(binding for binding in access.role_bindings if namespace and binding["metadata"]["namespace"] == namespace),
    ]
    for binding in bindings:
        if _is_for(binding, account, (binding.get("metadata") or {}).get("namespace", "")):
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


def allows(rule: Mapping[str, list[str]], right: Right) -> bool:
    """Whether a rule of a role has a right."""
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
