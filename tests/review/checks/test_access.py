"""Access entries: what one may have depends on its type."""

from __future__ import annotations

import pytest

from ..templates import all_of, broken_rules, put, whole

POLICY = {
    "PolicyArn": "arn:aws:eks::aws:cluster-access-policy/AmazonEKSAutoNodePolicy",
    "AccessScope": {"Type": "cluster"},
}


@pytest.mark.parametrize(
    ("kind", "name", "value", "is_allowed"),
    [
        ("STANDARD", "AccessPolicies", [POLICY], True),
        ("STANDARD", "KubernetesGroups", ["team"], True),
        # Nodes of EKS Auto Mode have their rights by a policy.
        ("EC2", "AccessPolicies", [POLICY], True),
        ("EC2", "KubernetesGroups", ["team"], False),
        ("EC2_LINUX", "AccessPolicies", [POLICY], False),
        ("EC2_LINUX", "Username", "node", False),
        ({"Ref": "Subnet"}, "Username", "node", True),
    ],
)
def test_only_some_types_have_groups_names_and_policies(
    kind: object, name: str, value: object, is_allowed: bool
) -> None:
    change = all_of(whole, put("Entry.Type", kind), put(f"Entry.{name}", value))
    assert ("EFA-EKS-014" not in broken_rules(change)) == is_allowed
