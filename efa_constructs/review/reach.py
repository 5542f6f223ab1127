"""Who may talk to whom: the rules of all security groups of templates, and the endpoints of clusters."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from ipaddress import IPv4Network, IPv6Network, collapse_addresses, ip_network
from typing import Any

from ..catalogue.address_ranges import ANYWHERE_IPV4
from .blueprint import Blueprint
from .resource import CLUSTER_TYPES, Resource
from .security_groups import GroupRule
from .shapes import as_list, as_mapping, as_mappings, at_path
from .templates import Templates

__all__ = ["Path", "Peer", "are_world", "is_world", "paths", "peer_of"]

_GROUP = "AWS::EC2::SecurityGroup"
_PREFIX_LISTS = ("SourcePrefixListId", "DestinationPrefixListId")


def is_world(addresses: Any) -> bool:
    """Whether a range is every address there is, in whatever form.

    EC2 reads ``10.0.0.0/0`` as ``0.0.0.0/0``, and ``0::/0`` as ``::/0`` (Amazon EC2 API Reference, IpRange).
    """
    return are_world([addresses])


def are_world(ranges: Iterable[Any]) -> bool:
    """Whether ranges together are every address there is, such as ``0.0.0.0/1`` and ``128.0.0.0/1``."""
    networks = [network for each in ranges if (network := _network(each)) is not None]
    of_4 = collapse_addresses(network for network in networks if isinstance(network, IPv4Network))
    of_6 = collapse_addresses(network for network in networks if isinstance(network, IPv6Network))
    return any(network.prefixlen == 0 for network in of_4) or any(network.prefixlen == 0 for network in of_6)


def _network(addresses: Any) -> IPv4Network | IPv6Network | None:
    try:
        return ip_network(str(addresses).strip(), strict=False)
    except ValueError:
        return None


@dataclass(frozen=True, kw_only=True)
class Peer:
    """One end of a path."""

    # "group", "cluster group" (of EKS's making), "group elsewhere", "addresses", "prefix list", "endpoint" (of a
    # cluster's Kubernetes API) or "service" (a load balancer of Kubernetes).
    kind: str
    # A range of addresses, an id, or a mark: see :mod:`.values`.
    value: str
    # The security group, or the cluster. None: it is not of these templates.
    resource: Resource | None = None

    @property
    def is_world(self) -> bool:
        """Whether it is everybody."""
        return is_world(self.value)


@dataclass(frozen=True, kw_only=True)
class Path:
    """Traffic that a rule lets through."""

    source: Peer
    destination: Peer
    # "all traffic", "tcp 443".
    traffic: str
    # What the rule's author says about it.
    description: str
    # "Ingress" or "Egress": the side whose rule it is.
    direction: str
    # Who says so, where no rule of the templates does.
    implied_by: str | None = None


def paths(blueprint: Blueprint) -> tuple[Path, ...]:
    """All that is let through, each once."""
    templates = blueprint.templates
    found = [
        *_of_groups(blueprint),
        *_of_groups_elsewhere(blueprint),
        *_of_cluster_groups(templates),
        *_of_endpoints(templates),
        *_of_load_balancers(blueprint),
    ]
    return tuple(dict.fromkeys(found))


def _of_groups(blueprint: Blueprint) -> Iterator[Path]:
    for group in blueprint.templates.of_type(_GROUP):
        own = Peer(kind="group", value=str(group.reference), resource=group)
        for rule in blueprint.rules_of(group):
            yield from _of_rule(blueprint.templates, rule, own)
        if not group.items("SecurityGroupEgress"):
            # EC2 API Reference, CreateSecurityGroup: it stays until the group names rules of its own.
            everybody = Peer(kind="addresses", value=ANYWHERE_IPV4)
            yield Path(
                source=own,
                destination=everybody,
                traffic="all traffic",
                description="",
                direction="Egress",
                implied_by="EC2 lets all traffic out of a group that names no rule for it",
            )


def _of_groups_elsewhere(blueprint: Blueprint) -> Iterator[Path]:
    """Rules that the templates add to groups which they do not make."""
    for rule in blueprint.group_rules:
        own = peer_of(blueprint.templates, rule.resource.get("GroupId"))
        if rule.resource.type != _GROUP and own.kind != "group":
            yield from _of_rule(blueprint.templates, rule, own)


def _of_rule(templates: Templates, rule: GroupRule, own: Peer) -> Iterator[Path]:
    for other in _others(templates, rule):
        ingress = rule.direction == "Ingress"
        yield Path(
            source=other if ingress else own,
            destination=own if ingress else other,
            traffic=_traffic(rule),
            description=str(rule.content.get("Description") or ""),
            direction=rule.direction,
        )


def _others(templates: Templates, rule: GroupRule) -> Iterator[Peer]:
    if rule.peer_group is not None:
        yield peer_of(templates, rule.peer_group)
    for cidr in rule.cidrs:
        yield Peer(kind="addresses", value=str(cidr))
    for name in _PREFIX_LISTS:
        if name in rule.content:
            yield Peer(kind="prefix list", value=str(rule.content[name]))


def peer_of(templates: Templates, value: Any) -> Peer:
    """The security group that a value names."""
    resource = templates.at(value)
    if resource is not None and resource.type == _GROUP:
        return Peer(kind="group", value=str(resource.reference), resource=resource)
    if resource is not None and resource.type in CLUSTER_TYPES:
        return _cluster_group(resource)
    return Peer(kind="group elsewhere", value=str(value))


def _cluster_group(cluster: Resource) -> Peer:
    return Peer(kind="cluster group", value=str(cluster.attribute("ClusterSecurityGroupId")), resource=cluster)


def _of_cluster_groups(templates: Templates) -> Iterator[Path]:
    """Amazon EKS User Guide, "View Amazon EKS security group requirements for clusters"."""
    for cluster in templates.of_type(*CLUSTER_TYPES):
        own = _cluster_group(cluster)
        made = "EKS makes the cluster security group, whose members talk to each other and to everybody"
        for destination in (own, Peer(kind="addresses", value=ANYWHERE_IPV4)):
            yield Path(
                source=own,
                destination=destination,
                traffic="all traffic",
                description="",
                direction="Ingress" if destination is own else "Egress",
                implied_by=made,
            )


def _of_endpoints(templates: Templates) -> Iterator[Path]:
    for cluster in templates.of_type(*CLUSTER_TYPES):
        endpoint = Peer(kind="endpoint", value=str(cluster.reference), resource=cluster)
        # EKS API Reference, VpcConfigRequest: public and open to all, unless said otherwise.
        if str(cluster.get("ResourcesVpcConfig.EndpointPublicAccess", True)).lower() == "false":
            continue
        given = as_list(cluster.get("ResourcesVpcConfig.PublicAccessCidrs"))
        for cidr in given or [ANYWHERE_IPV4]:
            yield Path(
                source=Peer(kind="addresses", value=str(cidr)),
                destination=endpoint,
                traffic="tcp 443",
                description="Whoever calls needs credentials that the cluster lets in.",
                direction="Ingress",
                implied_by=None if given else "EKS lets everybody reach a public endpoint that names no ranges",
            )


# https://kubernetes-sigs.github.io/aws-load-balancer-controller/latest/guide/service/annotations/#lb-scheme
_SCHEMES = (
    "service.beta.kubernetes.io/aws-load-balancer-scheme",
    "service.beta.kubernetes.io/aws-load-balancer-internal",
)
_INTERNAL = ("internal", "true")


def _of_load_balancers(blueprint: Blueprint) -> Iterator[Path]:
    for each in blueprint.objects_of_kind("Service"):
        annotations = as_mapping(at_path(each.content, "metadata", "annotations"))
        given = [str(annotations[name]) for name in _SCHEMES if name in annotations]
        if at_path(each.content, "spec", "type") != "LoadBalancer" or any(one in _INTERNAL for one in given):
            continue
        ranges = as_list(at_path(each.content, "spec", "loadBalancerSourceRanges"))
        ports = as_mappings(at_path(each.content, "spec", "ports"))
        for cidr in ranges or [ANYWHERE_IPV4]:
            for port in ports:
                yield Path(
                    source=Peer(kind="addresses", value=str(cidr)),
                    destination=Peer(kind="service", value=each.title),
                    traffic=f"{str(port.get('protocol', 'TCP')).lower()} {port.get('port')}",
                    description="",
                    direction="Ingress",
                    implied_by=None if given else "a load balancer that names no scheme may face the internet",
                )


def _traffic(rule: GroupRule) -> str:
    if rule.is_of_all_traffic:
        return "all traffic"
    first, last = rule.content.get("FromPort"), rule.content.get("ToPort")
    protocol = {"1": "icmp", "6": "tcp", "17": "udp", "58": "icmpv6"}.get(rule.protocol, rule.protocol)
    if first is None or str(first) == "-1":
        return f"all {protocol}"
    if protocol.startswith("icmp"):
        # Type and code stand where others have ports.
        return f"{protocol} type {first}" + ("" if last is None or str(last) == "-1" else f" code {last}")
    return f"{protocol} {first}" if first == last or last is None else f"{protocol} {first}-{last}"
