"""Checks of managed node groups: sizes, subnets, instance types, and settings in two places."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from ... import catalogue
from ...catalogue.eks_defaults import DEFAULT_INSTANCE_TYPE
from ...catalogue.identifiers import NODE_GROUP_NAME
from ...catalogue.records import RECORDED, refused_types
from ...catalogue.search import is_of_unknown_family, known_instance_type, nearest_instance_types
from ...errors import NotAnEfaInstanceTypeError, UnknownInstanceTypeError
from ...rules import node_groups as rules
from ..blueprint import Blueprint
from ..check import Fault, checks_of, fault
from ..node_group import NodeGroup
from ..resource import Resource
from ..shapes import as_mapping, at_path
from ..subnets import zone_of
from ..values import is_known, known_text, whole_number

__all__ = ["NODE_GROUP_CHECKS"]

# Of a launch template.
_NAMES_TYPES = frozenset({"InstanceRequirements", "InstanceType"})


def _sizes(blueprint: Blueprint) -> Iterator[Fault]:
    for group in blueprint.node_groups:
        sizes = {
            "minimum": whole_number(group.resource.get("ScalingConfig.MinSize")),
            "desired": whole_number(group.resource.get("ScalingConfig.DesiredSize")),
            "maximum": whole_number(group.resource.get("ScalingConfig.MaxSize")),
        }
        given = [size for size in sizes.values() if size is not None]
        if given != sorted(given):
            words = {name: "not known" if size is None else size for name, size in sizes.items()}
            yield fault(rules.SIZES_IN_ORDER, group.resource, "ScalingConfig", **words)


def _names(blueprint: Blueprint) -> Iterator[Fault]:
    for group in blueprint.node_groups:
        name = known_text(group.resource.get("NodegroupName"))
        if name is not None and not NODE_GROUP_NAME.fullmatch(name):
            yield fault(rules.ILL_FORMED_NAME, group.resource, "NodegroupName", name=name)


def _subnets(blueprint: Blueprint) -> Iterator[Fault]:
    for group in blueprint.node_groups:
        given = group.resource.get("Subnets")
        if given == []:
            yield fault(rules.NO_SUBNET, group.resource, "Subnets")
        if not isinstance(given, list) or len(given) < 2 or not group.efa_interfaces:
            continue
        zones = [zone_of(blueprint.templates, subnet) for subnet in given]
        known = [zone for zone in zones if zone is not None]
        if len(set(known)) > 1:
            yield fault(rules.SEVERAL_ZONES, group.resource, "Subnets", count=len(given), zones=", ".join(known))
        elif len(known) < len(zones):
            yield fault(rules.SEVERAL_SUBNETS, group.resource, "Subnets", count=len(given))


def _instance_types(blueprint: Blueprint) -> Iterator[Fault]:
    for group in blueprint.node_groups:
        listed = [name for name in group.resource.items("InstanceTypes") if known_text(name) is not None]
        for name in listed:
            yield from _unknown(group.resource, name, "InstanceTypes")
        own = group.template_data.get("InstanceType")
        if group.resource.items("InstanceTypes") and own:
            yield fault(
                rules.INSTANCE_TYPE_IN_TWO_PLACES,
                group.resource,
                "InstanceTypes",
                names=", ".join(map(str, group.resource.items("InstanceTypes"))),
                in_template=own,
            )
        if group.efa_interfaces and len(set(listed)) > 1:
            yield _several(group, listed)
        if (
            group.efa_interfaces
            and not group.resource.get("InstanceTypes")
            and _NAMES_TYPES.isdisjoint(group.template_data)
        ):
            yield fault(rules.TYPE_OF_NOBODY, group.resource, "InstanceTypes", default=DEFAULT_INSTANCE_TYPE)
    for template in blueprint.launch_templates:
        name = template.instance_type_name
        if name is not None:
            yield from _unknown(template.resource, name, "LaunchTemplateData.InstanceType")


def _unknown(resource: Resource, name: str, path: str) -> Iterator[Fault]:
    try:
        catalogue.get(name)
    except NotAnEfaInstanceTypeError:
        return
    except UnknownInstanceTypeError:
        refusal = refused_types().get(name)
        if refusal is not None:
            alternatives = " or ".join(refusal["alternatives"])
            yield fault(
                rules.UNPUBLISHED_INSTANCE_TYPE,
                resource,
                path,
                name=name,
                unpublished=refusal["refused"],
                alternatives=alternatives,
            )
            return
        rule = rules.UNKNOWN_FAMILY if is_of_unknown_family(name) else rules.UNKNOWN_INSTANCE_TYPE
        yield fault(rule, resource, path, name=name, recorded=RECORDED, hint=nearest_instance_types(name))


def _several(group: NodeGroup, names: list[str]) -> Fault:
    known = [found for found in map(known_instance_type, names) if found is not None]
    own = next((found for found in known if found.efa_only_with_own_kind), None)
    others = [each.name for each in known if own is not None and each.family != own.family]
    if own is not None and others:
        return fault(rules.OTHER_KIND, group.resource, "InstanceTypes", own=own.name, others=", ".join(others))
    return fault(rules.SEVERAL_INSTANCE_TYPES, group.resource, "InstanceTypes", names=", ".join(names))


def _template_versions(blueprint: Blueprint) -> Iterator[Fault]:
    for group in blueprint.node_groups:
        template, resource = group.launch_template, group.resource
        given = at_path(resource.definition, "Properties", "LaunchTemplate", "Version")
        # A parameter of the template is whatever people give at the deployment.
        if template is None or (isinstance(given, Mapping) and "Ref" in given):
            continue
        version = resource.get("LaunchTemplate.Version")
        if version is None:
            words = "not set, which means the default version"
        elif version == template.resource.attribute("DefaultVersionNumber"):
            words = "the default version"
        elif whole_number(version) is not None or version in ("$Latest", "$Default"):
            words = str(version)
        else:
            continue
        yield fault(
            rules.FIXED_TEMPLATE_VERSION,
            resource,
            "LaunchTemplate.Version",
            version=words,
            template=template.resource.logical_id,
        )


def _settings(blueprint: Blueprint) -> Iterator[Fault]:
    for group in blueprint.node_groups:
        resource = group.resource
        if resource.get("LaunchTemplate") is not None:
            if resource.get("DiskSize") is not None:
                yield fault(rules.DISK_SIZE_WITH_TEMPLATE, resource, "DiskSize")
            if resource.get("RemoteAccess") is not None:
                yield fault(rules.REMOTE_ACCESS_WITH_TEMPLATE, resource, "RemoteAccess")
        update = as_mapping(at_path(resource.properties, "UpdateConfig"))
        both = [update.get(name) for name in ("MaxUnavailable", "MaxUnavailablePercentage")]
        if all(value is not None and is_known(value) for value in both):
            yield fault(rules.UNAVAILABLE_TWICE, resource, "UpdateConfig")
        cluster = blueprint.cluster_of(group)
        version = known_text(resource.get("Version"))
        of_cluster = known_text(cluster.get("Version")) if cluster is not None else None
        if version is not None and of_cluster is not None and version != of_cluster:
            yield fault(rules.VERSION_OF_ANOTHER, resource, "Version", version=version, cluster_version=of_cluster)


NODE_GROUP_CHECKS = (
    *checks_of(_sizes, rules.SIZES_IN_ORDER),
    *checks_of(_names, rules.ILL_FORMED_NAME),
    *checks_of(_subnets, rules.NO_SUBNET, rules.SEVERAL_ZONES, rules.SEVERAL_SUBNETS),
    *checks_of(
        _instance_types,
        rules.UNKNOWN_INSTANCE_TYPE,
        rules.UNKNOWN_FAMILY,
        rules.UNPUBLISHED_INSTANCE_TYPE,
        rules.INSTANCE_TYPE_IN_TWO_PLACES,
        rules.TYPE_OF_NOBODY,
        rules.SEVERAL_INSTANCE_TYPES,
        rules.OTHER_KIND,
    ),
    *checks_of(_template_versions, rules.FIXED_TEMPLATE_VERSION),
    *checks_of(
        _settings,
        rules.DISK_SIZE_WITH_TEMPLATE,
        rules.REMOTE_ACCESS_WITH_TEMPLATE,
        rules.UNAVAILABLE_TWICE,
        rules.VERSION_OF_ANOTHER,
    ),
)
