"""Checks of EKS clusters: endpoint, logs, encryption, version and zones."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

from ...catalogue.eks_defaults import BOOTSTRAPPED_ADDONS
from ...catalogue.identifiers import KUBERNETES_VERSION
from ...catalogue.kubernetes_versions import DEFAULT_KUBERNETES_VERSION, EKS_VERSIONS, minor_number
from ...catalogue.vpc_cni import MINIMUM_WITH_EFA_ONLY, VPC_CNI_ADDON, is_version, supports_efa_only
from ...rules import clusters as rules
from ..blueprint import Blueprint
from ..check import Fault, checks_of, fault
from ..clusters import clusters_of
from ..kms_keys import other_region_of_key
from ..needs import needs_of
from ..reach import is_world
from ..resource import CLUSTER_OF_AWS_EKS, Resource
from ..shapes import as_list, as_mappings, at_path
from ..subnets import default_routes, same_vpc, vpc_of, zone_of
from ..templates import Templates
from ..values import is_known, is_true, known_text

__all__ = ["CLUSTER_CHECKS"]

_LOGS = ("api", "audit", "authenticator", "controllerManager", "scheduler")
# What brings one of them as an object, or does without.
_OF_NETWORKS = re.compile(r"aws-node|calico|cilium|cni|coredns|flannel|kube-proxy|network|tigera|⟨")
_NETWORK = "ResourcesVpcConfig"
_RANGES = f"{_NETWORK}.PublicAccessCidrs"


def _told(blueprint: Blueprint) -> list[Resource]:
    """The clusters whose settings the templates tell: what of ``aws_eks`` stands elsewhere is left out."""
    return [
        cluster
        for cluster in blueprint.clusters
        if cluster.type != CLUSTER_OF_AWS_EKS or isinstance(cluster.properties.get("Config"), Mapping)
    ]


def _endpoints(blueprint: Blueprint) -> Iterator[Fault]:
    for cluster in _told(blueprint):
        # Amazon EKS API Reference, "VpcConfigRequest": the public endpoint is on, and the private one off.
        public = cluster.get(f"{_NETWORK}.EndpointPublicAccess", True)
        if isinstance(cluster.get(_NETWORK, {}), Mapping) and is_known(public):
            yield from _public_endpoint(cluster) if is_true(public) else _no_public_endpoint(cluster)


def _public_endpoint(cluster: Resource) -> Iterator[Fault]:
    ranges = as_list(cluster.get(_RANGES))
    if is_known(ranges) and (not ranges or any(map(is_world, ranges))):
        yield fault(rules.PUBLIC_ENDPOINT, cluster, cluster.path_of(_RANGES))


def _no_public_endpoint(cluster: Resource) -> Iterator[Fault]:
    private, ranges = cluster.get(f"{_NETWORK}.EndpointPrivateAccess", False), as_list(cluster.get(_RANGES))
    if is_known(private) and not is_true(private):
        yield fault(rules.NO_ENDPOINT, cluster, cluster.path_of(_NETWORK))
    if ranges:
        cidrs = ", ".join(map(str, ranges))
        yield fault(rules.RANGES_WITHOUT_ENDPOINT, cluster, cluster.path_of(_RANGES), cidrs=cidrs)


def _outside(blueprint: Blueprint) -> Iterator[Fault]:
    for group in blueprint.node_groups:
        cluster = blueprint.cluster_of(group)
        if cluster is None or cluster not in _told(blueprint):
            continue
        subnets = group.resource.items("Subnets")
        if not subnets or not all(_has_new_address(blueprint.templates, subnet) for subnet in subnets):
            continue
        private, ranges = cluster.get(f"{_NETWORK}.EndpointPrivateAccess", False), as_list(cluster.get(_RANGES))
        # Where some of them is known to the deployment alone, it may be the NAT gateway's.
        if not is_known(private) or is_true(private) or not ranges or not is_known(ranges):
            continue
        if not any(map(is_world, ranges)) and is_true(cluster.get(f"{_NETWORK}.EndpointPublicAccess", True)):
            cidrs, name = ", ".join(map(str, ranges)), group.resource.logical_id
            yield fault(rules.NODES_OUTSIDE_OF_RANGES, cluster, cluster.path_of(_RANGES), cidrs=cidrs, group=name)


def _has_new_address(templates: Templates, subnet: Any) -> bool:
    """Whether a subnet leads out by a NAT gateway whose address nobody knows before the deployment."""
    gateways = [templates.at(route.get("NatGatewayId")) for route in default_routes(templates, subnet)]
    return any(
        (address := templates.at(gateway.get("AllocationId"))) is not None and address.type == "AWS::EC2::EIP"
        for gateway in gateways
        if gateway is not None
    )


def _add_ons(blueprint: Blueprint) -> Iterator[Fault]:
    for cluster in clusters_of(blueprint):
        # What applies charts or manifests may bring another network plugin, and do without kube-proxy.
        if cluster.resource is None or not cluster.node_groups or cluster.charts or cluster.applies_more:
            continue
        given = cluster.resource.get("BootstrapSelfManagedAddons")
        if given is None or not is_known(given) or is_true(given) or cluster.may_be_automatic:
            continue
        names = [each.get("AddonName") for each in blueprint.templates.of_type("AWS::EKS::Addon")]
        missing = [name for name in BOOTSTRAPPED_ADDONS if name not in names]
        brought = [one.object_name for one in cluster.objects if one.kind in ("DaemonSet", "Deployment")]
        if missing and is_known(names) and not any(_OF_NETWORKS.search(name) for name in brought):
            path = cluster.resource.path_of("BootstrapSelfManagedAddons")
            yield fault(rules.NO_NETWORKING_ADD_ONS, cluster.resource, path, missing=", ".join(missing))


def _late_network(blueprint: Blueprint) -> Iterator[Fault]:
    for addon in blueprint.templates.of_type("AWS::EKS::Addon"):
        cluster = blueprint.cluster_named(addon.get("ClusterName"))
        bare = cluster.get("BootstrapSelfManagedAddons") if cluster is not None else None
        if addon.get("AddonName") != VPC_CNI_ADDON or bare is None or not is_known(bare) or is_true(bare):
            continue
        needed = needs_of(blueprint.templates, addon)
        for group in blueprint.node_groups:
            if group.resource in needed and blueprint.cluster_of(group) is cluster:
                name = group.resource.logical_id
                yield fault(rules.CNI_AFTER_NODES, addon, add_on=addon.logical_id, group=name)


def _watching(blueprint: Blueprint) -> Iterator[Fault]:
    for cluster in _told(blueprint):
        enabled = list(_logs_of(cluster))
        missing = [name for name in _LOGS if name not in enabled]
        if missing and is_known(cluster.get("Logging")) and is_known(enabled):
            yield fault(rules.NO_CONTROL_PLANE_LOGS, cluster, cluster.path_of("Logging"), missing=", ".join(missing))
        if not cluster.get("EncryptionConfig"):
            yield fault(rules.SECRETS_WITHOUT_KEY, cluster, cluster.path_of("EncryptionConfig"))


def _keys(blueprint: Blueprint) -> Iterator[Fault]:
    for cluster in _told(blueprint):
        for index, encryption in enumerate(as_list(cluster.get("EncryptionConfig"))):
            path = cluster.path_of(f"EncryptionConfig.{index}.Provider.KeyArn")
            key = at_path(encryption, *path.split(".")[-2:])
            region, own = other_region_of_key(blueprint.templates, cluster, key), cluster.stack.region
            if region is not None:
                yield fault(rules.KEY_OF_ANOTHER_REGION, cluster, path, region=region, own=own)


def _logs_of(cluster: Resource) -> Iterator[Any]:
    """The logs that a cluster writes, as far as they are known."""
    if cluster.type == CLUSTER_OF_AWS_EKS:
        # Amazon EKS API Reference, "LogSetup": {"types": ["api", "audit"], "enabled": true}.
        for each in as_mappings(cluster.get("Logging.ClusterLogging")):
            if is_true(each.get("enabled")):
                yield from as_list(each.get("types"))
        return
    for each in as_list(cluster.get("Logging.ClusterLogging.EnabledTypes")):
        yield each.get("Type") if isinstance(each, dict) else each


def _versions(blueprint: Blueprint) -> Iterator[Fault]:
    for cluster in _told(blueprint):
        # YAML takes 1.30 for a number.
        given = cluster.get("Version")
        version = str(given) if isinstance(given, int | float) else known_text(given)
        if version is not None:
            yield from _version(cluster, version)


def _version(cluster: Resource, version: str) -> Iterator[Fault]:
    newest, support, path = DEFAULT_KUBERNETES_VERSION, EKS_VERSIONS.get(version), cluster.path_of("Version")
    if not KUBERNETES_VERSION.fullmatch(version):
        yield fault(rules.ILL_FORMED_VERSION, cluster, path, version=version, newest=newest)
    elif support is not None and support.status == "EXTENDED_SUPPORT":
        end = support.ends[0] if support.ends else "a date that has passed"
        yield fault(rules.SUPPORT_ENDED, cluster, path, version=version, end=end, newest=newest)
    # What is newer than this catalogue may be there.
    elif support is None and minor_number(version) < min(map(minor_number, EKS_VERSIONS)):
        yield fault(rules.VERSION_NOT_OFFERED, cluster, path, version=version, newest=newest)


def _subnets(blueprint: Blueprint) -> Iterator[Fault]:
    for cluster in _told(blueprint):
        subnets = cluster.get(f"{_NETWORK}.SubnetIds")
        if not isinstance(subnets, list) or not subnets:
            continue
        zones = [zone_of(blueprint.templates, each) for each in subnets]
        known = sorted({zone for zone in zones if zone is not None})
        path = cluster.path_of(f"{_NETWORK}.SubnetIds")
        vpcs = [vpc for vpc in (vpc_of(blueprint.templates, each) for each in subnets) if vpc is not None]
        if any(not same_vpc(blueprint.templates, vpcs[0], vpc) for vpc in vpcs):
            names = dict.fromkeys(blueprint.templates.title(vpc) for vpc in vpcs)
            yield fault(rules.SUBNETS_OF_TWO_VPCS, cluster, path, vpcs=", ".join(names))
        if len(known) < 2 and None not in zones:
            yield fault(rules.CLUSTER_ZONES, cluster, path, zones=", ".join(known))


def _cni(blueprint: Blueprint) -> Iterator[Fault]:
    for addon in blueprint.templates.of_type("AWS::EKS::Addon"):
        version, cluster = known_text(addon.get("AddonVersion")), blueprint.cluster_named(addon.get("ClusterName"))
        if addon.get("AddonName") != VPC_CNI_ADDON or version is None or cluster is None:
            continue
        if not is_version(version) or supports_efa_only(version):
            continue
        for group in blueprint.node_groups:
            has_efa_only = any(one.type == "efa-only" for one in group.interfaces)
            if has_efa_only and blueprint.cluster_of(group) is cluster:
                yield fault(
                    rules.CNI_WITHOUT_EFA_ONLY,
                    addon,
                    "AddonVersion",
                    version=version,
                    group=group.resource.name,
                    minimum=MINIMUM_WITH_EFA_ONLY,
                )


CLUSTER_CHECKS = (
    *checks_of(_endpoints, rules.PUBLIC_ENDPOINT, rules.NO_ENDPOINT, rules.RANGES_WITHOUT_ENDPOINT),
    *checks_of(_outside, rules.NODES_OUTSIDE_OF_RANGES),
    *checks_of(_add_ons, rules.NO_NETWORKING_ADD_ONS),
    *checks_of(_late_network, rules.CNI_AFTER_NODES),
    *checks_of(_watching, rules.NO_CONTROL_PLANE_LOGS, rules.SECRETS_WITHOUT_KEY),
    *checks_of(_keys, rules.KEY_OF_ANOTHER_REGION),
    *checks_of(_versions, rules.ILL_FORMED_VERSION, rules.SUPPORT_ENDED, rules.VERSION_NOT_OFFERED),
    *checks_of(_subnets, rules.CLUSTER_ZONES, rules.SUBNETS_OF_TWO_VPCS),
    *checks_of(_cni, rules.CNI_WITHOUT_EFA_ONLY),
)
