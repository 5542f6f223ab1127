"""Checks of who gets into a cluster, and when."""

from __future__ import annotations

from collections.abc import Iterator

from ...rules import clusters as rules
from ..blueprint import Blueprint
from ..check import Fault, checks_of, fault
from ..manifests import KUBERNETES_TYPES
from ..needs import needs_of
from ..resource import Resource
from ..shapes import as_mapping, at_path
from ..values import known_text

__all__ = ["ACCESS_CHECKS"]

_ENTRY = "AWS::EKS::AccessEntry"


def _modes(blueprint: Blueprint) -> Iterator[Fault]:
    for entry in blueprint.templates.of_type(_ENTRY):
        cluster = blueprint.cluster_named(entry.get("ClusterName"))
        if cluster is None:
            continue
        # Amazon EKS API Reference, "CreateAccessConfigRequest": CONFIG_MAP is the default.
        mode = cluster.get("AccessConfig.AuthenticationMode", "CONFIG_MAP")
        if mode == "CONFIG_MAP":
            yield fault(
                rules.ENTRIES_WITHOUT_API,
                cluster,
                cluster.path_of("AccessConfig"),
                cluster=cluster.logical_id,
                mode=mode,
                entry=entry.logical_id,
            )


def _manifests(blueprint: Blueprint) -> Iterator[Fault]:
    templates = blueprint.templates
    entries = templates.of_type(_ENTRY)
    if not entries:
        return
    for manifest in templates.of_type(*KUBERNETES_TYPES):
        needed = needs_of(templates, manifest)
        for entry in entries:
            same = entry.stack is manifest.stack and templates.same(
                entry.get("ClusterName"), manifest.get("ClusterName")
            )
            role = templates.at(entry.get("PrincipalArn"))
            # The function that applies the manifest has the role that the entry lets in.
            if same and role in needed and entry not in needed:
                yield fault(rules.MANIFEST_BEFORE_ENTRY, manifest, manifest=manifest.logical_id, entry=entry.logical_id)


_RESERVED = ("system:", "eks:", "aws:", "amazon:", "iam:")
# The types of access entries that may have each.
_TYPES_WITH = {
    "KubernetesGroups": ("STANDARD",),
    "Username": ("STANDARD",),
    "AccessPolicies": ("STANDARD", "EC2"),
}


def _entries(blueprint: Blueprint) -> Iterator[Fault]:
    for entry in blueprint.templates.of_type(_ENTRY):
        yield from _of_another_type(entry)
        for group in entry.items("KubernetesGroups"):
            prefix = next((each for each in _RESERVED if str(group).startswith(each)), None)
            if prefix is not None:
                yield fault(rules.RESERVED_KUBERNETES_GROUP, entry, "KubernetesGroups", group=group, prefix=prefix)
        for index, policy in enumerate(entry.items("AccessPolicies")):
            scope, path = as_mapping(at_path(policy, "AccessScope")), f"AccessPolicies.{index}.AccessScope"
            if scope.get("Type") == "namespace" and not scope.get("Namespaces"):
                yield fault(rules.SCOPE_WITHOUT_NAMESPACES, entry, path)


def _of_another_type(entry: Resource) -> Iterator[Fault]:
    """What an entry of its type may not have."""
    kind = known_text(entry.get("Type", "STANDARD"))
    for name, types in _TYPES_WITH.items():
        if entry.get(name) and kind is not None and kind not in types:
            yield fault(rules.GROUPS_OF_NODES, entry, name, type=kind)


ACCESS_CHECKS = (
    *checks_of(_modes, rules.ENTRIES_WITHOUT_API),
    *checks_of(_manifests, rules.MANIFEST_BEFORE_ENTRY),
    *checks_of(_entries, rules.GROUPS_OF_NODES, rules.RESERVED_KUBERNETES_GROUP, rules.SCOPE_WITHOUT_NAMESPACES),
)
