"""What a rehearsal can deploy."""

from __future__ import annotations

import json
import shutil

from ...errors import InvalidArgumentError, RehearsalError
from ...lookups.cluster_facts import ClusterFacts
from ...review.reading.assembly import CloudAssembly
from .zone_context import zones_asked_for

__all__ = ["check_scope"]


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
