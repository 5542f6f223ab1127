"""Checks of launch templates: what is forbidden there, instance metadata and volumes."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from ...catalogue.instance_metadata import MAXIMUM_HOP_LIMIT
from ...catalogue.volume_types import VOLUME_TYPES, volume_misfit
from ...rules import launch_templates as rules
from ..blueprint import Blueprint
from ..check import Fault, checks_of, fault
from ..kms_keys import other_region_of_key
from ..launch_template import LaunchTemplate
from ..shapes import as_mapping, at_path
from ..values import is_known, is_true, known_text, whole_number

__all__ = ["LAUNCH_TEMPLATE_CHECKS"]

_DEVICES = "LaunchTemplateData.BlockDeviceMappings"
# GiB: of who makes a volume so large nobody means the system's own, which has a few.
_ROOMY = 50
_SHUTDOWN = ("InstanceInitiatedShutdownBehavior", "HibernationOptions")


def _forbidden(blueprint: Blueprint) -> Iterator[Fault]:
    for template in blueprint.launch_templates:
        data, resource = template.data, template.resource
        if blueprint.node_groups_of(template):
            yield from _forbidden_by_eks(template)
        for setting in ("SecurityGroupIds", "SecurityGroups"):
            if data.get(setting) and data.get("NetworkInterfaces"):
                yield fault(rules.GROUPS_IN_TWO_PLACES, resource, f"LaunchTemplateData.{setting}", setting=setting)


def _forbidden_by_eks(template: LaunchTemplate) -> Iterator[Fault]:
    if template.data.get("IamInstanceProfile"):
        yield fault(rules.INSTANCE_PROFILE, template.resource, "LaunchTemplateData.IamInstanceProfile")
    for setting in _SHUTDOWN:
        if template.data.get(setting):
            yield fault(rules.SHUTDOWN_BEHAVIOUR, template.resource, "LaunchTemplateData", setting=setting)


def _metadata(blueprint: Blueprint) -> Iterator[Fault]:
    for template in blueprint.launch_templates:
        options = template.data.get("MetadataOptions", {})
        if not isinstance(options, Mapping) or options.get("HttpEndpoint") == "disabled":
            continue
        path = "LaunchTemplateData.MetadataOptions"
        tokens, limit = options.get("HttpTokens"), whole_number(options.get("HttpPutResponseHopLimit"))
        if tokens in (None, "optional"):
            words = tokens or "not set"
            yield fault(rules.METADATA_WITHOUT_TOKENS, template.resource, f"{path}.HttpTokens", tokens=words)
        if limit is None:
            continue
        path = f"{path}.HttpPutResponseHopLimit"
        if not 1 <= limit <= MAXIMUM_HOP_LIMIT:
            yield fault(rules.HOP_LIMIT, template.resource, path, limit=limit, maximum=MAXIMUM_HOP_LIMIT)
        elif limit > 1:
            yield fault(rules.METADATA_REACHES_PODS, template.resource, path, limit=limit)


def _volumes(blueprint: Blueprint) -> Iterator[Fault]:
    for template in blueprint.launch_templates:
        seen = set()
        mappings = template.data.get("BlockDeviceMappings")
        for index, mapping in enumerate(mappings if isinstance(mappings, list) else ()):
            path = f"LaunchTemplateData.BlockDeviceMappings.{index}"
            name = known_text(mapping.get("DeviceName")) if isinstance(mapping, Mapping) else None
            if name is not None and name in seen:
                yield fault(rules.DEVICE_NAMED_TWICE, template.resource, path, device=name)
            seen.add(name)
            ebs = as_mapping(at_path(mapping, "Ebs"))
            if ebs:
                yield from _volume(blueprint, template, f"{path}.Ebs", name, ebs)


def _volumes_of_others(blueprint: Blueprint) -> Iterator[Fault]:
    for template in blueprint.launch_templates:
        amis = {group.ami_type for group in blueprint.node_groups_of(template)}
        ami = amis.pop() if len(amis) == 1 else None
        mappings = template.resource.items(_DEVICES)
        names = [mapping.get("DeviceName") for mapping in mappings if isinstance(mapping, Mapping)]
        if ami is None or ami.volume_device is None or not names or not is_known(names) or template.data.get("ImageId"):
            continue
        sizes = [whole_number(at_path(mapping, "Ebs", "VolumeSize")) for mapping in mappings]
        # A script may format another volume, and let containerd use it. Bottlerocket runs none.
        if template.user_data != b"" and ami.operating_system != "BOTTLEROCKET":
            continue
        if ami.volume_device not in names and any(size is not None and size >= _ROOMY for size in sizes):
            yield fault(
                rules.VOLUME_OF_ANOTHER_DEVICE,
                template.resource,
                _DEVICES,
                devices=" and ".join(map(str, names)),
                ami_type=ami.name,
                own=ami.volume_device,
            )


def _volume(
    blueprint: Blueprint, template: LaunchTemplate, path: str, device: str | None, ebs: Mapping[str, Any]
) -> Iterator[Fault]:
    encrypted = ebs.get("Encrypted", False)
    if is_known(encrypted) and not is_true(encrypted) and "SnapshotId" not in ebs:
        yield fault(rules.UNENCRYPTED_VOLUME, template.resource, path)
    region = other_region_of_key(blueprint.templates, template.resource, ebs.get("KmsKeyId"))
    if region is not None:
        own = template.resource.stack.region
        yield fault(rules.KEY_OF_ANOTHER_REGION, template.resource, f"{path}.KmsKeyId", region=region, own=own)
    size = whole_number(ebs.get("VolumeSize"))
    ami = next((each.ami_type for each in blueprint.node_groups_of(template)), None)
    smallest = ami.minimum_volume_gib if ami is not None and ami.volume_device == device else None
    if ami is not None and size is not None and smallest is not None and size < smallest:
        path = f"{path}.VolumeSize"
        yield fault(rules.VOLUME_TOO_SMALL, template.resource, path, size=size, smallest=smallest, ami_type=ami.name)
    else:
        yield from _volume_type(template, path, ebs)


def _volume_type(template: LaunchTemplate, path: str, ebs: Mapping[str, Any]) -> Iterator[Fault]:
    kind = str(ebs.get("VolumeType"))
    if kind not in VOLUME_TYPES:
        return
    if kind in ("io1", "io2") and "Iops" not in ebs:
        yield fault(rules.IOPS_MISSING, template.resource, path, type=kind)
    misfit = volume_misfit(
        VOLUME_TYPES[kind],
        gibibytes=whole_number(ebs.get("VolumeSize")),
        iops=whole_number(ebs.get("Iops")),
        throughput=whole_number(ebs.get("Throughput")),
    )
    if misfit is not None:
        yield fault(
            rules.VOLUME_MISFIT,
            template.resource,
            path,
            where=f"the {misfit.setting} of {path}",
            value=misfit.value_in_words,
            allowed=misfit.allowed_in_words,
            type=kind,
        )


LAUNCH_TEMPLATE_CHECKS = (
    *checks_of(_forbidden, rules.INSTANCE_PROFILE, rules.SHUTDOWN_BEHAVIOUR, rules.GROUPS_IN_TWO_PLACES),
    *checks_of(_metadata, rules.HOP_LIMIT, rules.METADATA_WITHOUT_TOKENS, rules.METADATA_REACHES_PODS),
    *checks_of(
        _volumes,
        rules.UNENCRYPTED_VOLUME,
        rules.DEVICE_NAMED_TWICE,
        rules.VOLUME_TOO_SMALL,
        rules.VOLUME_MISFIT,
        rules.IOPS_MISSING,
        rules.KEY_OF_ANOTHER_REGION,
    ),
    *checks_of(_volumes_of_others, rules.VOLUME_OF_ANOTHER_DEVICE),
)
