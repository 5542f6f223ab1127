"""What a launcher of an MPIJob would meet: do the names of its workers resolve, and what carries their traffic.

mpirun itself does not run. What it reads is there: the hostfile that the operator wrote, and the addresses that the
Service's EndpointSlices give to the names in it.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from ...catalogue import EFA_RESOURCE
from ...cluster.fabric import distinct_pairs, judge_pair
from ...cluster.finding import Finding
from ...cluster.snapshot import condition
from ...lookups.deployed import DeployedCluster, DeployedNode

__all__ = [
    "Fabric",
    "LauncherSurroundings",
    "Transport",
    "Worker",
    "carried_by",
    "has_dns",
    "hostfile_hosts",
    "names_are_on_their_way",
    "resolve",
]

Key = tuple[str, str]

# The Service at whose address pods ask for names.
_DNS = ("kube-system", "kube-dns")


class Transport(StrEnum):
    """What carries the traffic between the nodes of a job."""

    # EFA, between every two nodes.
    EFA = "efa"
    # TCP, although the workers ask for EFAs: packets do not pass, or not everywhere.
    TCP_INSTEAD = "tcp-instead"
    # TCP, as the job wants it: its workers ask for no EFA.
    TCP = "tcp"
    # Nothing: all workers are on one node.
    SINGLE_NODE = "single-node"


@dataclass(frozen=True, slots=True, kw_only=True)
class LauncherSurroundings:
    """The objects that a launcher depends on, by namespace and name."""

    pods: Mapping[Key, dict[str, Any]]
    config_maps: Mapping[Key, dict[str, Any]]
    services: Mapping[Key, dict[str, Any]]
    endpoint_slices: Mapping[Key, dict[str, Any]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Worker:
    """A line of a hostfile, and the pod that it leads to."""

    host: str
    slots: int | None
    # None: the name does not resolve.
    pod: dict[str, Any] | None

    @property
    def node_name(self) -> str:
        """The node of its pod."""
        assert self.pod is not None
        return str(self.pod["spec"]["nodeName"])

    @property
    def efas(self) -> int:
        """How many EFAs its containers ask for together."""
        assert self.pod is not None
        return sum(
            int((container.get("resources") or {}).get("limits", {}).get(EFA_RESOURCE, 0))
            for container in self.pod["spec"]["containers"]
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Fabric:
    """What carries a job's traffic, and why it is not EFA."""

    transport: Transport
    findings: tuple[Finding, ...] = ()


def hostfile_hosts(launcher: dict[str, Any], around: LauncherSurroundings) -> list[tuple[str, int | None]] | None:
    """The hosts of the hostfile that is mounted into a launcher, with their slots. None: there is none."""
    namespace = launcher["metadata"]["namespace"]
    for volume in launcher["spec"].get("volumes") or ():
        name = (volume.get("configMap") or {}).get("name", "")
        text = (around.config_maps.get((namespace, name), {}).get("data") or {}).get("hostfile")
        if text is not None:
            return [_host(line) for line in text.splitlines() if line.strip() and not line.lstrip().startswith("#")]
    return None


def has_dns(around: LauncherSurroundings) -> bool:
    """Whether anything answers at the address that kubelets give to pods as that of their name server."""
    namespace, name = _DNS
    return any(
        service_name == name and (endpoint.get("conditions") or {}).get("ready") is not False
        for service_name, endpoint in _endpoints(namespace, around)
    )


def names_are_on_their_way(namespace: str, around: LauncherSurroundings) -> bool:
    """Whether a pod runs that the control plane has not given its name yet: seconds, on a machine that is busy."""
    for (where, name), service in around.services.items():
        selector = service["spec"].get("selector")
        if not selector or (where != namespace and (where, name) != _DNS):
            continue
        named = {
            (endpoint.get("targetRef") or {}).get("name")
            for service_name, endpoint in _endpoints(where, around)
            if service_name == name
        }
        for (pod_namespace, pod_name), pod in around.pods.items():
            if pod_namespace == where and pod_name not in named and _is_selected(pod, selector):
                return True
    return False


def _is_selected(pod: dict[str, Any], selector: Mapping[str, str]) -> bool:
    metadata = pod["metadata"]
    return (
        "deletionTimestamp" not in metadata
        and selector.items() <= (metadata.get("labels") or {}).items()
        and condition(pod, "Ready")
    )


def resolve(namespace: str, hosts: Iterable[tuple[str, int | None]], around: LauncherSurroundings) -> list[Worker]:
    """Look up the hosts of a hostfile as the cluster's DNS does."""
    addresses = {
        (name, endpoint.get("hostname")): endpoint
        for name, endpoint in _endpoints(namespace, around)
        if (endpoint.get("targetRef") or {}).get("kind") == "Pod"
    }
    workers = []
    for host, slots in hosts:
        # POD.SERVICE.NAMESPACE.svc
        pod_name, _, rest = host.partition(".")
        endpoint = addresses.get((rest.partition(".")[0], pod_name))
        pod = around.pods.get((namespace, endpoint["targetRef"]["name"])) if endpoint else None
        workers.append(Worker(host=host, slots=slots, pod=pod))
    return workers


def carried_by(workers: Sequence[Worker], nodes: Mapping[str, str], cluster: DeployedCluster) -> Fabric | None:
    """Say what carries the traffic between workers, all of which resolve. None: an instance of theirs is gone.

    :param nodes: Instance ids by the name of the node.
    :param cluster: The cluster as it is deployed.
    """
    instances = {node.instance_id: node for group in cluster.node_groups for node in group.nodes}
    names = dict.fromkeys(worker.node_name for worker in workers)
    used = [instances[nodes[name]] for name in names if nodes.get(name) in instances]
    if len(used) < len(names):
        return None
    if len(used) < 2:
        return Fabric(transport=Transport.SINGLE_NODE)
    if not any(worker.efas for worker in workers):
        return Fabric(transport=Transport.TCP)
    findings = _obstacles(used, cluster)
    return Fabric(transport=Transport.TCP_INSTEAD if findings else Transport.EFA, findings=findings)


def _obstacles(nodes: Iterable[DeployedNode], cluster: DeployedCluster) -> tuple[Finding, ...]:
    verdicts = (judge_pair(first, second, cluster.security_groups) for first, second in distinct_pairs(nodes))
    return tuple(dict.fromkeys(finding for verdict in verdicts for finding in verdict.findings))


def _host(line: str) -> tuple[str, int | None]:
    # Open MPI writes "HOST slots=N", Intel MPI and MPICH "HOST:N".
    host, *options = line.split()
    if options:
        slots = next((option.partition("=")[2] for option in options if option.startswith("slots=")), "")
    else:
        host, _, slots = host.partition(":")
    return host, int(slots) if slots.isdecimal() else None


def _endpoints(namespace: str, around: LauncherSurroundings) -> Iterable[tuple[str, dict[str, Any]]]:
    """The endpoints that the cluster's DNS has names for, each with the name of its Service."""
    for (where, _), endpoint_slice in around.endpoint_slices.items():
        service_name = (endpoint_slice["metadata"].get("labels") or {}).get("kubernetes.io/service-name", "")
        service = around.services.get((namespace, service_name))
        if where != namespace or service is None:
            continue
        unready_too = service["spec"].get("publishNotReadyAddresses", False)
        for endpoint in endpoint_slice.get("endpoints") or ():
            if unready_too or (endpoint.get("conditions") or {}).get("ready") is not False:
                yield service_name, endpoint
