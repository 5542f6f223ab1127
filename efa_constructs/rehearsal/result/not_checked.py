"""What a rehearsal says nothing about."""

from __future__ import annotations

from collections.abc import Collection

from ...review.reading.assembly import CloudAssembly

__all__ = ["not_checked"]


def not_checked(
    assembly: CloudAssembly,
    placement_group: str | None = None,
    on_trust: tuple[str, ...] = (),
    zones: Collection[str] = (),
    *,
    kubernetes: bool = False,
) -> tuple[str, ...]:
    """What a rehearsal of the assembly says nothing about.

    :param placement_group: The group that the app names and the rehearsal made for it, if any.
    :param on_trust: What the account accepted unchecked, in words.
    :param zones: The Availability Zones that the app asked for and the rehearsal gave it from the catalogue.
    :param kubernetes: Whether clusters had a control plane.
    """
    manifests = assembly.kubernetes_manifest_count
    plural = "" if manifests == 1 else "s"
    self_managed = sum(stack.resource_types.get("AWS::AutoScaling::AutoScalingGroup", 0) for stack in assembly.stacks)
    found = [
        f"{manifests} Kubernetes manifest{plural}: accepted, and not applied, for no Kubernetes control plane runs here"
        if manifests and not kubernetes
        else "",
        f"{self_managed} Auto Scaling groups of your own: only managed node groups are read back"
        if self_managed
        else "",
        f"whether your account has the placement group '{placement_group}': the emulated one was given it"
        if placement_group
        else "",
        f"which Availability Zones your account has: the app asked, and was given {', '.join(zones)}" if zones else "",
        *(f"{each}: the emulated account does not know it" for each in on_trust),
        "whether AWS has the capacity; what efa preflight asks your account for: quotas, reservations, permissions",
        "container images: whether they can be pulled, and what their programs do" if kubernetes else "",
        "EFA packets themselves: the verdict follows from interfaces and security-group rules",
    ]
    return tuple(filter(None, found))
