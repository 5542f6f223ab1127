"""Looks an existing cluster up: everything that the app must know about it, and the subnet for its EFA nodes."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from ..catalogue import MINIMUM_WITH_EFA_ONLY, supports_efa_only
from ..catalogue.vpc_cni import VPC_CNI_ADDON
from ..errors import AwsRequestError
from .addons import read_addon_versions
from .clients import AwsClients
from .cluster_facts import SCHEMA_VERSION, Cluster, ClusterFacts, Subnet, Vpc
from .clusters import EksCluster, read_cluster
from .instance_type_offerings import read_offerings
from .node_subnets import JudgedSubnet, NodesWanted, judge_subnets
from .questions import Answer, ask, refusals
from .subnets import VpcSubnet, read_subnets
from .vpcs import read_cidr_blocks
from .ways_out import read_route_tables, read_vpc_endpoints, route_targets, ways_out

if TYPE_CHECKING:
    from mypy_boto3_ec2.type_defs import RouteTableTypeDef, VpcEndpointTypeDef

__all__ = ["ClusterLookup", "look_up_cluster"]

# What EKS calls a cluster that takes nodes.
_USABLE = ("ACTIVE", "UPDATING")


@dataclass(frozen=True, slots=True, kw_only=True)
class ClusterLookup:
    """What AWS said of a cluster and its network. None: it refused to say, and :attr:`refusals` has why."""

    region: str
    wanted: NodesWanted
    cluster: EksCluster
    cidr_blocks: tuple[str, ...] | None
    # All of the cluster's VPC, private ones first.
    subnets: tuple[JudgedSubnet, ...] | None
    # Versions by name.
    addons: Mapping[str, str] | None
    # Zones that offer the instance type.
    offering_zones: tuple[str, ...] | None
    # Why something is not known, by what that is and what follows from it, in words.
    refusals: Mapping[str, AwsRequestError]

    @property
    def candidates(self) -> tuple[JudgedSubnet, ...]:
        """The subnets that nodes can go to. One that was asked for may be doubtful."""
        subnets = self.subnets or ()
        if self.wanted.subnet_id is not None:
            return tuple(each for each in subnets if not each.against)
        return tuple(each for each in subnets if each.suits)

    @property
    def node_subnet(self) -> JudgedSubnet | None:
        """The one subnet that nodes can go to. None: there is none, or several, and only their owner can choose."""
        candidates = self.candidates
        return candidates[0] if len(candidates) == 1 else None

    @property
    def problems(self) -> tuple[str, ...]:
        """Why the app cannot use the cluster as it is, or not without more being said. Empty: it can."""
        found = []
        cluster = self.cluster
        if cluster.status not in _USABLE:
            found.append(f"cluster {cluster.name} is {cluster.status}: look it up again when it is ACTIVE")
        elif not _is_complete(cluster):
            found.append(f"EKS shows no endpoint, certificate or VPC of cluster {cluster.name}: the app needs them")
        elif self.subnets is None or self.cidr_blocks is None:
            found.append(f"the VPC {cluster.vpc_id} of the cluster could not be read: the app needs it")
        elif not self.candidates:
            found.append(self._no_subnet())
        elif len(self.candidates) > 1:
            found.append(self._several_subnets())
        return tuple(found)

    def _no_subnet(self) -> str:
        wanted = self.wanted
        nodes = f"{wanted.nodes} nodes of {wanted.instance_type}"
        if wanted.subnet_id is not None:
            return f"{wanted.subnet_id} cannot take {nodes}"
        where = f"in {wanted.zone}" if wanted.zone else f"of {self.cluster.vpc_id}"
        return f"no subnet {where} is known to take {nodes}"

    def _several_subnets(self) -> str:
        zones = sorted({each.subnet.availability_zone for each in self.candidates})
        if len(zones) == len(self.candidates):
            choice = f"--zone, one of {', '.join(zones)}"
        else:
            choice = f"--subnet, one of {', '.join(each.subnet.id for each in self.candidates)}"
        return (
            f"{len(self.candidates)} subnets could take the nodes, and all nodes go to one, for EFA traffic does not "
            f"cross zones: choose with {choice}"
        )

    @property
    def warnings(self) -> tuple[str, ...]:
        """What the app will refuse or doubt of the cluster although its facts are whole."""
        found = []
        if self.cluster.authentication_mode == "CONFIG_MAP":
            found.append(
                "the authentication mode CONFIG_MAP knows no access entries, by which the app's manifests get in: "
                "change it to API_AND_CONFIG_MAP"
            )
        version = (self.addons or {}).get(VPC_CNI_ADDON)
        if version is not None and not supports_efa_only(version):
            found.append(
                f"the vpc-cni add-on is {version}, but efa-only interfaces need {MINIMUM_WITH_EFA_ONLY} or newer: "
                "update it"
            )
        if version is None and self.addons is not None:
            found.append(
                "there is no vpc-cni add-on, and the version of a VPC CNI that was installed without EKS, a DaemonSet, "
                f"only Kubernetes knows: see that 'kubectl -n kube-system describe daemonset aws-node' shows "
                f"{MINIMUM_WITH_EFA_ONLY} or newer, which efa-only interfaces need"
            )
        return tuple(found)

    def facts(self) -> ClusterFacts | None:
        """The facts for the app. None: :attr:`problems` says why there are none."""
        if self.problems or self.cidr_blocks is None:
            return None
        node_subnet = self.node_subnet
        return ClusterFacts(
            schema_version=SCHEMA_VERSION,
            account=self.cluster.account,
            region=self.region,
            cluster=_cluster(self.cluster),
            vpc=Vpc(id=self.cluster.vpc_id or "", cidr_blocks=self.cidr_blocks),
            subnets=tuple(_subnet(each) for each in self.subnets or () if each.subnet.cidr_block is not None),
            addons=self.addons or {},
            instance_type_offerings=(
                {} if self.offering_zones is None else {self.wanted.instance_type: self.offering_zones}
            ),
            node_subnet_id=node_subnet.subnet.id if node_subnet else None,
        )


def look_up_cluster(clients: AwsClients, name: str, wanted: NodesWanted) -> ClusterLookup:
    """Ask EKS and EC2 about a cluster and its network, several questions at the same time.

    :param name: Name of the cluster.
    :param wanted: The nodes that are to join it.
    :raises AwsRequestError: there is no such cluster, or DescribeCluster is not allowed, or AWS could not be asked.
    :raises InvalidArgumentError: the wanted zone or subnet is none of the cluster's VPC.
    """
    offerings = ask(read_offerings, clients, [wanted.instance_type])
    addons = ask(read_addon_versions, clients, name)
    cluster = read_cluster(clients, name)
    network = _Network(clients, cluster.vpc_id) if cluster.vpc_id else None
    offering_zones = None if offerings.refusal else offerings.value()[wanted.instance_type]
    return ClusterLookup(
        region=clients.region,
        wanted=wanted,
        cluster=cluster,
        cidr_blocks=network.cidr_blocks.value_or_none() if network else None,
        subnets=network.judge(clients.region, wanted, offering_zones, cluster) if network else None,
        addons=addons.value_or_none(),
        offering_zones=offering_zones,
        refusals=refusals(
            {
                "which add-ons the cluster has; the app cannot refuse a VPC CNI that is too old": addons,
                f"which zones offer {wanted.instance_type}; the app cannot refuse one that does not": offerings,
                **(network.answers if network else {}),
            }
        ),
    )


class _Network:
    """The VPC of a cluster: what was asked about it."""

    def __init__(self, clients: AwsClients, vpc_id: str) -> None:
        self.cidr_blocks: Answer[tuple[str, ...]] = ask(read_cidr_blocks, clients, vpc_id)
        self.subnets: Answer[tuple[VpcSubnet, ...]] = ask(read_subnets, clients, vpc_id)
        self.route_tables: Answer[list[RouteTableTypeDef]] = ask(read_route_tables, clients, vpc_id)
        self.endpoints: Answer[list[VpcEndpointTypeDef]] = ask(read_vpc_endpoints, clients, vpc_id)

    @property
    def answers(self) -> Mapping[str, Answer[object]]:
        return {
            "which IPv4 ranges the VPC has; without them there is no cluster facts file": self.cidr_blocks,
            "which subnets the VPC has; without them there is no cluster facts file": self.subnets,
            "which subnets are private; name one with --subnet that is": self.route_tables,
            "which VPC endpoints there are; a subnet without a route out of the VPC is not proposed": self.endpoints,
        }

    def judge(
        self, region: str, wanted: NodesWanted, offering_zones: tuple[str, ...] | None, cluster: EksCluster
    ) -> tuple[JudgedSubnet, ...] | None:
        subnets = self.subnets.value_or_none()
        if subnets is None:
            return None
        tables, endpoints = self.route_tables.value_or_none(), self.endpoints.value_or_none()
        judged = judge_subnets(
            subnets,
            wanted,
            region=region,
            ways_out=(
                None if tables is None else ways_out(subnets, tables, endpoints, account=cluster.account, region=region)
            ),
            route_targets={subnet.id: route_targets(subnet.id, tables or []) for subnet in subnets},
            offering_zones=offering_zones,
            private_endpoint=cluster.private_endpoint,
        )
        return tuple(sorted(judged, key=_order))


def _order(judged: JudgedSubnet) -> tuple[int, str, str]:
    private_first = {True: 0, None: 1, False: 2}[judged.private]
    return private_first, judged.subnet.availability_zone, judged.subnet.id


def _is_complete(cluster: EksCluster) -> bool:
    return all((cluster.endpoint, cluster.certificate_authority_data, cluster.vpc_id, cluster.security_group_id))


def _cluster(cluster: EksCluster) -> Cluster:
    return Cluster(
        name=cluster.name,
        version=cluster.version,
        endpoint=cluster.endpoint or "",
        certificate_authority_data=cluster.certificate_authority_data or "",
        authentication_mode=cluster.authentication_mode,
        security_group_id=cluster.security_group_id or "",
        oidc_issuer=cluster.oidc_issuer,
    )


def _subnet(judged: JudgedSubnet) -> Subnet:
    subnet = judged.subnet
    return Subnet(
        id=subnet.id,
        availability_zone=subnet.availability_zone,
        availability_zone_id=subnet.availability_zone_id,
        cidr_block=subnet.cidr_block or "",
        available_ip_address_count=subnet.available_ip_address_count,
        private=judged.private,
    )
