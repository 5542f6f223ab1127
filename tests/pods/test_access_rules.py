"""What roles let a service account do, as Kubernetes' RBAC has it."""

from __future__ import annotations

import dataclasses
from typing import Any

import pytest

from efa_constructs.pods.access_rules import Right, allows, bound_cluster_role, granted_rules, is_granted

ACCOUNT = {"kind": "ServiceAccount", "name": "operator", "namespace": "mpi"}
RULE = {"verbs": ["get", "list"], "apiGroups": ["kubeflow.org"], "resources": ["mpijobs", "mpijobs/status"]}
GET = Right(account="mpi:operator", verb="get", group="kubeflow.org", resource="mpijobs", namespace=None)


@dataclasses.dataclass(kw_only=True)
class Cluster:
    """Roles and bindings of a cluster."""

    cluster_roles: list[Any] = dataclasses.field(default_factory=list)
    cluster_role_bindings: list[Any] = dataclasses.field(default_factory=list)
    roles: list[Any] = dataclasses.field(default_factory=list)
    role_bindings: list[Any] = dataclasses.field(default_factory=list)


def role(name: str, namespace: str | None = None, **changes: Any) -> dict[str, Any]:
    metadata = {"name": name} if namespace is None else {"name": name, "namespace": namespace}
    return {"metadata": metadata, "rules": [{**RULE, **changes}]}


def binding(name: str, *subjects: Any, kind: str = "ClusterRole", namespace: str | None = None) -> dict[str, Any]:
    metadata = {"name": f"{name}-binding"} if namespace is None else {"name": f"{name}-binding", "namespace": namespace}
    return {"metadata": metadata, "roleRef": {"kind": kind, "name": name}, "subjects": list(subjects)}


@pytest.mark.parametrize(
    ("changes", "right", "allowed"),
    [
        ({}, {}, True),
        ({}, {"verb": "delete"}, False),
        ({"verbs": ["*"]}, {"verb": "delete"}, True),
        ({}, {"group": ""}, False),
        ({"apiGroups": ["*"]}, {"group": ""}, True),
        ({"apiGroups": [""]}, {"group": ""}, True),
        ({}, {"resource": "pods"}, False),
        ({"resources": ["*"]}, {"resource": "pods"}, True),
        ({"resources": ["mpijobs"]}, {"resource": "mpijobs/status"}, False),
        ({"resources": ["mpijobs/status"]}, {"resource": "mpijobs"}, False),
        ({"resources": ["*/status"]}, {"resource": "mpijobs/status"}, True),
        ({"resources": ["*/status"]}, {"resource": "mpijobs/scale"}, False),
        ({"resources": ["*/status"]}, {"resource": "mpijobs"}, False),
        # Of one object alone.
        ({"resourceNames": ["one"]}, {}, False),
        ({"resourceNames": []}, {}, True),
        ({"verbs": None}, {}, False),
    ],
    ids=str,
)
def test_a_rule_allows_a_verb_on_a_resource_of_a_group(
    changes: dict[str, Any], right: dict[str, str], allowed: bool
) -> None:
    assert allows({**RULE, **changes}, dataclasses.replace(GET, **right)) is allowed


@pytest.mark.parametrize(
    ("subject", "granted"),
    [
        (ACCOUNT, True),
        ({**ACCOUNT, "namespace": "other"}, False),
        ({**ACCOUNT, "name": "other"}, False),
        # A ClusterRoleBinding has no namespace to complete it.
        ({"kind": "ServiceAccount", "name": "operator"}, False),
        ({"kind": "User", "name": "system:serviceaccount:mpi:operator"}, True),
        ({"kind": "User", "name": "operator"}, False),
        ({"kind": "Group", "name": "system:serviceaccount:mpi:operator"}, False),
        ({"kind": "Group", "name": "system:serviceaccounts"}, True),
        ({"kind": "Group", "name": "system:serviceaccounts:mpi"}, True),
        ({"kind": "Group", "name": "system:serviceaccounts:other"}, False),
        ({"kind": "User", "name": "system:serviceaccounts"}, False),
    ],
    ids=str,
)
def test_a_binding_is_for_accounts_users_and_groups(subject: dict[str, str], granted: bool) -> None:
    cluster = Cluster(cluster_roles=[role("a")], cluster_role_bindings=[binding("a", {"kind": "User"}, subject)])
    assert is_granted(cluster, GET) is granted


def test_a_binding_without_subjects_or_role_grants_nothing() -> None:
    unbound = {"metadata": {"name": "a"}, "roleRef": {"kind": "ClusterRole", "name": "a"}, "subjects": None}
    assert not is_granted(Cluster(cluster_roles=[role("a")], cluster_role_bindings=[unbound]), GET)
    assert not is_granted(Cluster(cluster_role_bindings=[binding("a", ACCOUNT)]), GET)
    empty = {"metadata": {"name": "a"}, "rules": None}
    assert not is_granted(Cluster(cluster_roles=[empty], cluster_role_bindings=[binding("a", ACCOUNT)]), GET)


def test_a_role_of_a_namespace_holds_in_it_alone() -> None:
    cluster = Cluster(
        roles=[role("a", "jobs"), role("a", "other", verbs=["watch"])],
        role_bindings=[binding("a", ACCOUNT, kind="Role", namespace="jobs")],
    )
    granted = {
        namespace: is_granted(cluster, dataclasses.replace(GET, namespace=namespace))
        for namespace in ("jobs", "other", "mpi", None)
    }
    assert granted == {"jobs": True, "other": False, "mpi": False, None: False}


def test_a_cluster_role_that_is_bound_in_a_namespace_holds_in_it_alone() -> None:
    cluster = Cluster(
        cluster_roles=[role("a")],
        # Of the same name, and another role.
        roles=[role("a", "jobs", verbs=["watch"])],
        role_bindings=[binding("a", ACCOUNT, namespace="jobs")],
    )
    assert is_granted(cluster, dataclasses.replace(GET, namespace="jobs"))
    assert not is_granted(cluster, dataclasses.replace(GET, namespace="other"))
    assert not is_granted(cluster, GET)


def test_a_role_binding_completes_the_namespace_of_an_account() -> None:
    subject = {"kind": "ServiceAccount", "name": "operator"}
    for namespace, granted in (("mpi", True), ("jobs", False)):
        cluster = Cluster(cluster_roles=[role("a")], role_bindings=[binding("a", subject, namespace=namespace)])
        assert is_granted(cluster, dataclasses.replace(GET, namespace=namespace)) is granted


def test_all_rules_that_are_bound_are_granted() -> None:
    cluster = Cluster(
        cluster_roles=[role("a"), role("b", verbs=["watch"]), role("c", verbs=["create"])],
        cluster_role_bindings=[binding("a", ACCOUNT), binding("b", ACCOUNT), binding("c")],
        roles=[role("d", "jobs", verbs=["patch"])],
        role_bindings=[binding("d", ACCOUNT, kind="Role", namespace="jobs")],
    )
    assert [rule["verbs"] for rule in granted_rules(cluster, "mpi:operator", "jobs")] == [
        ["get", "list"],
        ["watch"],
        ["patch"],
    ]
    assert [rule["verbs"] for rule in granted_rules(cluster, "mpi:operator", None)] == [["get", "list"], ["watch"]]


def test_names_the_first_cluster_role_of_an_account_itself() -> None:
    everybody = {"kind": "Group", "name": "system:serviceaccounts"}
    cluster = Cluster(cluster_role_bindings=[binding("a", everybody), binding("b", ACCOUNT), binding("c", ACCOUNT)])
    assert bound_cluster_role(cluster, "mpi:operator") == "b"
    assert bound_cluster_role(cluster, "mpi:other") is None
