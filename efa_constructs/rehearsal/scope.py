"""What a rehearsal can deploy, and what it says nothing about."""

from __future__ import annotations

import json
import shutil
from collections.abc import Collection

from ..errors import InvalidArgumentError, RehearsalError
from ..lookups.cluster_facts import ClusterFacts
from ..review.reading.assembly import CloudAssembly
from .zone_context import zones_asked_for

__all__ = ["check_scope", "not_checked"]


def check_scope(assembly: CloudAssembly, facts: ClusterFacts | None) -> None:
    """Refuse an assembly that no rehearsal can deploy.

    :param facts: Facts of the cluster that is put into the account, if any.
    :raises InvalidArgumentError: the assembly lacks looked-up context, or is for several accounts or another one.
    :raises RehearsalError: it builds container images, and docker is missing.
    """
    if assembly.missing_context:
        raise InvalidArgumentError(_missing_context(assembly.missing_context))
    if len(assembly.accounts) > 1:
        raise InvalidArgumentError(
            f"the stacks go to several accounts ({', '.join(assembly.accounts)}), and a rehearsal has one: rehearse "
            "the stacks of one account at a time"
        )
    if facts is not None:
        for what, fact, named in (
            ("account", facts.account, assembly.accounts),
            ("Region", facts.region, assembly.regions),
        ):
            if named and fact not in named:
                raise InvalidArgumentError(
                    f"the cluster facts are of {what} {fact}, and the stacks go to {', '.join(named)}: give the facts "
                    "of a cluster there"
                )
    if assembly.docker_image_names and shutil.which("docker") is None:
        raise RehearsalError(
            f"the cloud assembly builds container images ({', '.join(assembly.docker_image_names)}), and there is no "
            "docker here"
        )


def _missing_context(missing: tuple[str, ...]) -> str:
    zones = zones_asked_for(missing)
    others = [key for key in missing if key not in zones]
    if others:
        return (
            f"the cloud assembly lacks what the app looks up in AWS ({', '.join(others)}): run 'cdk synth' once with "
            "credentials of the real account, so that cdk.context.json has it"
        )
    return (
        "the cloud assembly has placeholders for Availability Zones, because nobody looked those up: run 'efa "
        "rehearse' in the folder of the app, which gives it the zones, or add to its cdk.context.json "
        f"{json.dumps(zones)} and run 'cdk synth' again"
    )


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
