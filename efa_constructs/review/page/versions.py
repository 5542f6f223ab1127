"""Versions in the templates, against the newest that are known."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from ...catalogue import newest_versions
from ..blueprint import Blueprint
from .images import Image
from .names import Names

__all__ = ["Version", "versions"]

_KUBERNETES_SOURCE = "https://docs.aws.amazon.com/eks/latest/userguide/kubernetes-versions.html"
_ADD_ON_SOURCE = "https://docs.aws.amazon.com/eks/latest/userguide/updating-an-add-on.html"
_AMI_SOURCE = "https://docs.aws.amazon.com/eks/latest/userguide/eks-linux-ami-versions.html"


@dataclass(frozen=True, kw_only=True)
class Version:
    """The version of one thing."""

    what: str
    # As the templates have it, or why they have none.
    here: str
    # None: it is not known.
    newest: str | None
    # "newest", "older", "newer than known", "EKS chooses" or "not known".
    state: str
    source: str


def versions(blueprint: Blueprint, images: Sequence[Image], names: Names) -> tuple[Version, ...]:
    """Of clusters, add-ons, machine images, programs in the cluster, and of the CDK."""
    return (
        *_of_clusters(blueprint, names),
        *_of_add_ons(blueprint, names),
        *_of_machine_images(blueprint, names),
        *_of_images(images),
        *_of_cdk(blueprint),
    )


def _of_clusters(blueprint: Blueprint, names: Names) -> Iterator[Version]:
    for cluster in blueprint.clusters:
        version = cluster.get("Version")
        yield _version(
            f"Kubernetes of {names.of(cluster)}",
            None if version is None else names.of_value(str(version)),
            newest_versions.NEWEST_KUBERNETES,
            _KUBERNETES_SOURCE,
        )


def _of_add_ons(blueprint: Blueprint, names: Names) -> Iterator[Version]:
    for add_on in blueprint.templates.of_type("AWS::EKS::Addon"):
        version = add_on.get("AddonVersion")
        name = names.of_value(add_on.get("AddonName", ""))
        given = None if version is None else names.of_value(version)
        yield _version(f"add-on {name}", given, None, _ADD_ON_SOURCE)


def _of_machine_images(blueprint: Blueprint, names: Names) -> Iterator[Version]:
    for group in blueprint.node_groups:
        release = group.resource.get("ReleaseVersion")
        ami_type = names.of_value(group.resource.get("AmiType", "of EKS's choice"))
        given = None if release is None else names.of_value(release)
        yield _version(f"AMI {ami_type} of {names.of(group.resource)}", given, None, _AMI_SOURCE)


def _of_images(images: Sequence[Image]) -> Iterator[Version]:
    for image in images:
        known = newest_versions.newest_version_of_image(image.reference.repository)
        if known is not None:
            yield _version(known.title, image.reference.tag or image.reference.digest, known.version, known.source)


def _of_cdk(blueprint: Blueprint) -> Iterator[Version]:
    known = next(one for one in newest_versions.NEWEST_VERSIONS if one.title == "aws-cdk-lib")
    for version in dict.fromkeys(stack.cdk_version for stack in blueprint.templates.stacks):
        if version is not None:
            yield _version("aws-cdk-lib", version, known.version, known.source)


def _version(what: str, here: str | None, newest: str | None, source: str) -> Version:
    if here is None:
        return Version(what=what, here="not given", newest=newest, state="EKS chooses", source=source)
    return Version(what=what, here=here, newest=newest, state=_state(here, newest), source=source)


def _state(here: str, newest: str | None) -> str:
    if newest is None:
        return "not known"
    if here == newest:
        return "newest"
    one, other = _numbers(here), _numbers(newest)
    if not one:
        return "not known"
    return "older" if one < other else "newer than known"


def _numbers(version: str) -> tuple[int, ...]:
    # A digest has digits that count nothing.
    return () if ":" in version else tuple(map(int, re.findall(r"\d+", version)))
