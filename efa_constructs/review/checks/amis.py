"""Checks of the AMI types of node groups."""

from __future__ import annotations

from collections.abc import Iterator

from ... import catalogue
from ...catalogue import AmiType
from ...catalogue.ami_releases import missing_driver
from ...catalogue.kubernetes_versions import LAST_VERSION_WITH_AL2, minor_number
from ...rules import node_groups as rules
from ..blueprint import Blueprint
from ..check import Fault, checks_of, fault
from ..node_group import NodeGroup
from ..values import is_known, known_text

__all__ = ["AMI_CHECKS"]


def _amis(blueprint: Blueprint) -> Iterator[Fault]:
    for group in blueprint.node_groups:
        if group.ami_type is not None:
            yield from _in_two_places(group, group.ami_type)
            yield from _misfit(blueprint, group, group.ami_type)
            yield from _too_old(group, group.ami_type)
        elif group.resource.get("AmiType") is None:
            yield from _unnamed(group)
        if group.template_data.get("ImageId"):
            for name in ("Version", "ReleaseVersion"):
                if group.resource.get(name) is not None:
                    yield fault(rules.AMI_VERSION_WITH_IMAGE, group.resource, name)


def _too_old(group: NodeGroup, ami: AmiType) -> Iterator[Fault]:
    instance, release = group.instance_type, known_text(group.resource.get("ReleaseVersion"))
    missing = missing_driver(instance, ami, release) if instance is not None and release is not None else None
    if instance is not None and missing is not None:
        yield fault(
            rules.AMI_TOO_OLD,
            group.resource,
            "ReleaseVersion",
            release=release,
            instance=instance.name,
            driver=missing.driver,
            ami_type=ami.name,
            oldest=missing.oldest,
        )


def _in_two_places(group: NodeGroup, ami: AmiType) -> Iterator[Fault]:
    image = group.template_data.get("ImageId")
    if image and ami.name != "CUSTOM" and (known_text(image) or not is_known(image)):
        yield fault(rules.AMI_IN_TWO_PLACES, group.resource, "AmiType", ami_type=ami.name)
    if ami.name == "CUSTOM" and group.has_own_template and not image:
        yield fault(rules.AMI_OF_NOBODY, group.resource, "AmiType")


def _misfit(blueprint: Blueprint, group: NodeGroup, ami: AmiType) -> Iterator[Fault]:
    instance = group.instance_type
    if instance is None:
        # EKS has none for nodes without EFA, either.
        yield from _retired(blueprint, group, ami, " or ".join(_alike(ami)))
        return
    # What an AMI of one's own contains, nobody can tell.
    misfit = catalogue.ami_type_misfit(ami, instance)
    if misfit is None or ami.operating_system is None:
        return
    if not misfit.retired:
        yield fault(
            rules.AMI_TYPE_MISFIT,
            group.resource,
            "AmiType",
            ami_type=ami.name,
            misfit=misfit.problem,
            instead=misfit.instead,
        )
        return
    retired = list(_retired(blueprint, group, ami, misfit.instead))
    yield from retired
    if not retired:
        yield fault(rules.AMI_TYPE_OUT_OF_DATE, group.resource, "AmiType", ami_type=ami.name, instead=misfit.instead)


def _retired(blueprint: Blueprint, group: NodeGroup, ami: AmiType, instead: str) -> Iterator[Fault]:
    cluster = blueprint.cluster_of(group)
    version = known_text(cluster.get("Version")) if cluster is not None else None
    newest = minor_number(LAST_VERSION_WITH_AL2)
    if ami.operating_system == "AL2" and version is not None and minor_number(version) > newest:
        yield fault(
            rules.AMI_TYPE_RETIRED, group.resource, "AmiType", ami_type=ami.name, version=version, instead=instead
        )


def _alike(ami: AmiType) -> Iterator[str]:
    """The AMI types of today that may stand in place of one: that of accelerators was for all of them."""
    for each in catalogue.AMI_TYPES.values():
        of_same_kind = (each.accelerator is None) == (ami.accelerator is None)
        if each.operating_system == "AL2023" and each.architecture == ami.architecture and of_same_kind:
            yield each.name


def _unnamed(group: NodeGroup) -> Iterator[Fault]:
    instance = group.instance_type
    if instance is None or not group.has_own_template or group.template_data.get("ImageId"):
        return
    if instance.has_nvidia_gpus or instance.has_neuron_devices:
        instead = catalogue.default_ami_type(instance).name
        yield fault(rules.AMI_TYPE_UNNAMED, group.resource, instance=instance.name, instead=instead)


AMI_CHECKS = checks_of(
    _amis,
    rules.AMI_TYPE_MISFIT,
    rules.AMI_TOO_OLD,
    rules.AMI_TYPE_OUT_OF_DATE,
    rules.AMI_TYPE_RETIRED,
    rules.AMI_TYPE_UNNAMED,
    rules.AMI_IN_TWO_PLACES,
    rules.AMI_OF_NOBODY,
    rules.AMI_VERSION_WITH_IMAGE,
)
