"""Everything that a preflight check asks AWS, all of it at once."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from .. import catalogue
from ..catalogue.network_quotas import ELASTIC_IPS, VPCS
from ..catalogue.vpc_cni import VPC_CNI_ADDON
from ..lookups.addons import read_addon_version
from ..lookups.capacity_reservations import (
    CapacityReservation,
    read_capacity_reservation,
    read_open_reservations,
)
from ..lookups.clients import AccountClients
from ..lookups.cluster_versions import ClusterVersion, read_cluster_versions
from ..lookups.clusters import EksCluster, read_cluster
from ..lookups.deployed import PlacementGroup, SecurityGroup, WayOut
from ..lookups.instance_type_offerings import read_offerings
from ..lookups.node_groups import read_node_group_names
from ..lookups.parameters import read_parameter
from ..lookups.permissions import Caller, read_caller, read_denied, role_exists
from ..lookups.placement_groups import read_placement_group
from ..lookups.questions import Answer, ask
from ..lookups.quotas import VcpusInUse, count_elastic_ips, count_vpcs, read_quota, read_vcpus_in_use
from ..lookups.security_groups import read_security_group
from ..lookups.stack_nodes import StackNodeGroup, read_stack_node_groups
from ..lookups.stacks import read_bootstrap_version, read_stack_statuses
from ..lookups.subnets import VpcSubnet, read_subnets
from ..lookups.vpc_dns import VpcDns, read_vpc_dns
from ..lookups.vpcs import read_cidr_blocks
from ..lookups.ways_out import read_route_tables, read_vpc_endpoints, ways_out
from .needed_actions import grants_of_caller, grants_of_deployment_role, service_linked_roles
from .plan import NODES_STACK, STACKS, Capacity, Plan

if TYPE_CHECKING:
    from mypy_boto3_ec2.type_defs import VpcEndpointTypeDef

__all__ = ["Account", "ClusterAnswers", "NetworkQuotaAnswers", "ask_account", "kubernetes_version"]


@dataclass(frozen=True, slots=True, kw_only=True)
class ClusterAnswers:
    """About a cluster that exists, and its network."""

    cluster: Answer[EksCluster]
    # The version of the add-on, or None: it is none.
    vpc_cni: Answer[str | None]
    # Of its DaemonSet, where it is no add-on. None: nobody can ask Kubernetes.
    vpc_cni_daemon_set: Answer[str | None] | None
    # The names of its node groups. None: not asked, because the new one is not named.
    node_groups: Answer[tuple[str, ...]] | None
    # The one that EKS itself made.
    security_group: Answer[SecurityGroup | None]
    subnets: Answer[tuple[VpcSubnet, ...]]
    # By subnet. None: EC2 does not show the routes of a VPC that another account shares. Where VPC endpoints could not
    # be read, it is as if there were none.
    ways_out: Answer[Mapping[str, WayOut | None]]
    vpc_endpoints: Answer[Sequence[VpcEndpointTypeDef]]
    dns: Answer[VpcDns]
    # IPv4. None: not asked, because no file says which they are.
    cidr_blocks: Answer[tuple[str, ...]] | None


@dataclass(frozen=True, slots=True, kw_only=True)
class NetworkQuotaAnswers:
    """About the room for a new network."""

    vpcs: Answer[int]
    vpcs_quota: Answer[float]
    elastic_ips: Answer[int]
    elastic_ips_quota: Answer[float]


@dataclass(frozen=True, slots=True, kw_only=True)
class Account:
    """The answers. None: not asked, because it is not about this deployment."""

    caller: Answer[Caller]
    # Zones of the Region that offer the type.
    offerings: Answer[tuple[str, ...]]
    versions: Answer[Mapping[str, ClusterVersion]]
    # The id of the AMI, or None where AWS publishes none.
    ami_id: Answer[str | None]
    # vCPUs.
    vcpu_quota: Answer[float] | None
    vcpus_in_use: Answer[VcpusInUse] | None
    reservation: Answer[CapacityReservation | None] | None
    # Of the type, which EC2 uses for On-Demand Instances that name none.
    open_reservations: Answer[tuple[CapacityReservation, ...]] | None
    placement_group: Answer[PlacementGroup | None] | None
    stacks: Answer[Mapping[str, str]]
    # What the stack of the nodes has made so far.
    own_node_groups: Answer[tuple[StackNodeGroup, ...]]
    bootstrap_version: Answer[int | None]
    # Actions that the caller may not do, and that the role may not do with which CloudFormation makes what is deployed,
    # each with how IAM decided. None: IAM simulates nothing for that principal.
    denied_to_caller: Answer[Mapping[str, str] | None]
    denied_to_deployment: Answer[Mapping[str, str] | None]
    # Whether each role is there, by name.
    service_linked_roles: Answer[Mapping[str, bool]]
    cluster: ClusterAnswers | None
    network_quotas: NetworkQuotaAnswers | None


def ask_account(
    clients: AccountClients, plan: Plan, *, read_vpc_cni: Callable[[EksCluster], str | None] | None = None
) -> Account:
    """Ask everything about a deployment, and do not wait for the answers.

    :param read_vpc_cni: Asks a cluster which version of the VPC CNI it runs, where that is no add-on of EKS. Default:
        it is not asked.
    """
    caller = ask(read_caller, clients)
    cluster = None
    if plan.cluster_name is not None:
        cluster = _ask_about_cluster(clients, plan, plan.cluster_name, read_vpc_cni)
    quota = None
    if plan.capacity is not Capacity.CAPACITY_BLOCK:
        quota = catalogue.vcpu_quota(plan.instance.name, spot=plan.capacity is Capacity.SPOT)
    reservation, group = plan.capacity_reservation_id, plan.placement_group
    stacks = ask(read_stack_statuses, clients, STACKS)
    return Account(
        caller=caller,
        offerings=ask(lambda: read_offerings(clients, [plan.instance.name])[plan.instance.name]),
        versions=ask(read_cluster_versions, clients),
        ami_id=ask(_ami_id, clients, plan, cluster),
        vcpu_quota=ask(read_quota, clients, "ec2", quota.code) if quota else None,
        vcpus_in_use=ask(read_vcpus_in_use, clients, quota, spot=plan.capacity is Capacity.SPOT) if quota else None,
        reservation=ask(read_capacity_reservation, clients, reservation) if reservation else None,
        open_reservations=_ask_for_open_reservations(clients, plan),
        placement_group=ask(read_placement_group, clients, group) if group else None,
        stacks=stacks,
        own_node_groups=ask(_own_node_groups, clients, stacks),
        bootstrap_version=ask(read_bootstrap_version, clients, plan.bootstrap_qualifier),
        denied_to_caller=ask(_denied_to_caller, clients, caller, plan),
        denied_to_deployment=ask(_denied_to_deployment, clients, caller, plan),
        service_linked_roles=ask(_roles_that_are_there, clients, plan),
        cluster=cluster,
        network_quotas=_ask_about_network_quotas(clients) if cluster is None else None,
    )


def kubernetes_version(plan: Plan, cluster: ClusterAnswers | None) -> str:
    """The version that the nodes will run: the cluster's.

    :raises AwsRequestError: AWS refused to say which version the cluster has.
    """
    if cluster is not None:
        return cluster.cluster.value().version
    assert plan.kubernetes_version is not None, "a new cluster gets the app's"
    return plan.kubernetes_version


def _ask_about_cluster(
    clients: AccountClients, plan: Plan, name: str, read_vpc_cni: Callable[[EksCluster], str | None] | None
) -> ClusterAnswers:
    cluster = ask(read_cluster, clients, name)

    def vpc_id() -> str:
        return cluster.value().vpc_id or ""

    subnets = ask(lambda: read_subnets(clients, vpc_id()))
    tables = ask(lambda: read_route_tables(clients, vpc_id()))
    endpoints = ask(lambda: read_vpc_endpoints(clients, vpc_id()))

    def of_subnets() -> Mapping[str, WayOut | None]:
        return ways_out(
            subnets.value(),
            tables.value(),
            endpoints.value_or_none(),
            account=cluster.value().account,
            region=clients.region,
        )

    vpc_cni = ask(read_addon_version, clients, name, VPC_CNI_ADDON)

    def of_daemon_set(read: Callable[[EksCluster], str | None]) -> str | None:
        return read(cluster.value()) if vpc_cni.value() is None else None

    return ClusterAnswers(
        cluster=cluster,
        vpc_cni=vpc_cni,
        vpc_cni_daemon_set=ask(of_daemon_set, read_vpc_cni) if read_vpc_cni else None,
        node_groups=ask(read_node_group_names, clients, name) if plan.node_group_name else None,
        security_group=ask(lambda: read_security_group(clients, cluster.value().security_group_id or "")),
        subnets=subnets,
        ways_out=ask(of_subnets),
        vpc_endpoints=endpoints,
        dns=ask(lambda: read_vpc_dns(clients, vpc_id())),
        cidr_blocks=ask(lambda: read_cidr_blocks(clients, vpc_id())) if plan.facts else None,
    )


def _ask_for_open_reservations(clients: AccountClients, plan: Plan) -> Answer[tuple[CapacityReservation, ...]] | None:
    if plan.capacity is not Capacity.ON_DEMAND or plan.capacity_reservation_id is not None:
        return None
    return ask(read_open_reservations, clients, plan.instance.name)


def _ask_about_network_quotas(clients: AccountClients) -> NetworkQuotaAnswers:
    return NetworkQuotaAnswers(
        vpcs=ask(count_vpcs, clients),
        vpcs_quota=ask(read_quota, clients, VPCS.service, VPCS.code),
        elastic_ips=ask(count_elastic_ips, clients),
        elastic_ips_quota=ask(read_quota, clients, ELASTIC_IPS.service, ELASTIC_IPS.code),
    )


def _ami_id(clients: AccountClients, plan: Plan, cluster: ClusterAnswers | None) -> str | None:
    parameter = catalogue.ami_parameter(plan.ami, kubernetes_version(plan, cluster))
    assert parameter is not None, "a plan has no AMI of one's own"
    return read_parameter(clients, parameter)


def _own_node_groups(clients: AccountClients, stacks: Answer[Mapping[str, str]]) -> tuple[StackNodeGroup, ...]:
    return read_stack_node_groups(clients, NODES_STACK) if NODES_STACK in stacks.value() else ()


def _denied_to_caller(clients: AccountClients, caller: Answer[Caller], plan: Plan) -> Mapping[str, str] | None:
    who = caller.value()
    if who.is_root:
        return {}
    if who.principal_arn is None:
        return None
    return read_denied(clients, who.principal_arn, grants_of_caller(who, plan))


def _denied_to_deployment(clients: AccountClients, caller: Answer[Caller], plan: Plan) -> Mapping[str, str] | None:
    role, grants = grants_of_deployment_role(caller.value(), plan)
    return read_denied(clients, role, grants)


def _roles_that_are_there(clients: AccountClients, plan: Plan) -> Mapping[str, bool]:
    asked = {role: ask(role_exists, clients, role) for role in service_linked_roles(plan)}
    return {role: answer.value() for role, answer in asked.items()}
