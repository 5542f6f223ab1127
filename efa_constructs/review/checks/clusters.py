"""Checks of EKS clusters: endpoint, logs, encryption, version and zones."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from ...catalogue.identifiers import KUBERNETES_VERSION
from ...catalogue.kubernetes_versions import DEFAULT_KUBERNETES_VERSION, EKS_VERSIONS, minor_number
from ...catalogue.vpc_cni import MINIMUM_WITH_EFA_ONLY, VPC_CNI_ADDON, is_version, supports_efa_only
from ...rules import clusters as rules
from ..blueprint import Blueprint
from ..check import Fault, checks_of, fault
from ..kms_keys import other_region_of_key
from ..reach import is_world
from ..resource import CLUSTER_OF_AWS_EKS, Resource
from ..shapes import as_list, as_mappings, at_path
from ..subnets import same_vpc, vpc_of, zone_of
from ..values import is_known, is_true, known_text

__all__ = ["CLUSTER_CHECKS"]

_LOGS = ("api", "audit", "authenticator", "controllerManager", "scheduler")
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
    *checks_of(_watching, rules.NO_CONTROL_PLANE_LOGS, rules.SECRETS_WITHOUT_KEY),
    *checks_of(_keys, rules.KEY_OF_ANOTHER_REGION),
    *checks_of(_versions, rules.ILL_FORMED_VERSION, rules.SUPPORT_ENDED, rules.VERSION_NOT_OFFERED),
    *checks_of(_subnets, rules.CLUSTER_ZONES, rules.SUBNETS_OF_TWO_VPCS),
    *checks_of(_cni, rules.CNI_WITHOUT_EFA_ONLY),
)
