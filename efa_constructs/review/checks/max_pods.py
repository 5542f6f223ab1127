"""Checks of how many pods nodes take, against the addresses that their interfaces have."""

from __future__ import annotations

import re
from collections.abc import Iterator

from ... import catalogue
from ...catalogue import MaxPods, NetworkInterface
from ...catalogue.user_data import max_pods_told, settings_that_count
from ...catalogue.vpc_cni import VARIABLES_OF_OTHER_ADDRESSES, VPC_CNI_ADDON
from ...rules import launch_templates as rules
from ..blueprint import Blueprint
from ..check import Fault, checks_of, fault
from ..launch_template import LaunchTemplate
from ..manifests import KUBERNETES_TYPES
from ..node_group import NodeGroup
from ..values import is_known

__all__ = ["MAX_PODS_CHECKS"]

# Whose AMIs reckon in this way.
_SYSTEMS = ("AL2023", "BOTTLEROCKET")
# A script may reckon the number itself.
_ABOUT_PODS = re.compile(r"max[-_]?pods", re.IGNORECASE)
_PREFIXES = ("Ipv4PrefixCount", "Ipv4Prefixes", "Ipv6PrefixCount", "Ipv6Prefixes")
# What people change to set them: the DaemonSet, and its Helm chart.
_CNI_NAMES = ("aws-node", "aws-vpc-cni")


def _max_pods(blueprint: Blueprint) -> Iterator[Fault]:
    for group in blueprint.node_groups:
        template, instance, ami = group.launch_template, group.instance_type, group.ami_type
        if template is None or instance is None or ami is None or ami.operating_system not in _SYSTEMS:
            continue
        if not template.knows_interfaces or _has_other_addresses(blueprint, group):
            continue
        pods = catalogue.max_pods(instance, _interfaces(group))
        taken = _taken(template, pods)
        if pods.corrected is not None and taken is not None and taken > pods.corrected:
            yield fault(
                rules.MAX_PODS,
                template.resource,
                "LaunchTemplateData.UserData",
                group=group.resource.logical_id,
                taken=taken,
                instance=instance.name,
                usable=pods.corrected,
            )


def _interfaces(group: NodeGroup) -> tuple[NetworkInterface, ...]:
    return tuple(
        NetworkInterface(one.card, one.device, one.type)
        for one in group.interfaces
        if one.card is not None and one.device is not None
    )


def _taken(template: LaunchTemplate, pods: MaxPods) -> int | None:
    """How many pods the kubelet takes. None: not known."""
    document = template.user_data
    if document is None or pods.reported is None:
        return None
    # That EKS overrides what a NodeConfig part says, people report, and nobody at AWS: here it counts.
    settings = settings_that_count(document.decode("utf-8", "replace"), own_image=True)
    told = max_pods_told(settings)
    if told is not None:
        return told
    is_silent = is_known(settings) and not _ABOUT_PODS.search(settings)
    return min(pods.reported, pods.managed_limit) if is_silent else None


def _has_other_addresses(blueprint: Blueprint, group: NodeGroup) -> bool:
    """Whether the templates say, or may say, that pods get addresses in another way than by default."""
    if any(name in one.content for one in group.interfaces for name in _PREFIXES):
        return True
    cluster = blueprint.cluster_of(group)
    if cluster is not None and cluster.get("KubernetesNetworkConfig.IpFamily", "ipv4") != "ipv4":
        return True
    templates = blueprint.templates
    for addon in templates.of_type("AWS::EKS::Addon"):
        settings = str(addon.get("ConfigurationValues", ""))
        if addon.get("AddonName") == VPC_CNI_ADDON and (
            not is_known(settings) or any(name in settings for name in VARIABLES_OF_OTHER_ADDRESSES)
        ):
            return True
    applied = (str(each.properties) for each in templates.of_type(*KUBERNETES_TYPES))
    return any(name in text for text in applied for name in _CNI_NAMES)


MAX_PODS_CHECKS = checks_of(_max_pods, rules.MAX_PODS)
