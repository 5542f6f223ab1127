"""How a cluster is: its node groups as AWS says, its nodes and jobs as Kubernetes says, and what is wrong with them."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Iterator, Mapping, Set
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from http import HTTPStatus
from pathlib import Path
from typing import Any

from ..errors import AwsRequestError, InvalidArgumentError, KubernetesRequestError
from ..lookups.clients import AwsClients, aws_clients
from ..lookups.deployed import DeployedCluster
from ..lookups.node_group_states import ClusterState, read_cluster_state
from ..lookups.node_groups import read_cluster
from .diagnosis.cluster_objects import ClusterObjects
from .diagnosis.diagnosis import diagnose
from .diagnosis.node_causes import about_nodes, expected_allocatable
from .finding import Finding, Level
from .kubeconfig import Kubeconfig, check_is_for, connected, read_kubeconfig
from .kubernetes_api import API_ERRORS, KubernetesApi, check_name, server_words, status_code
from .node_group_findings import LABEL_MISSING
from .node_group_health import about_health
from .pod_logs import with_logs
from .snapshot import ClusterSnapshot, read_snapshot
from .verdict import judge_node_group

__all__ = ["ClusterStatus", "StatusQuestion", "read_status"]


@dataclass(frozen=True, slots=True, kw_only=True)
class StatusQuestion:
    """Which cluster, and how to reach it."""

    # Default: that of the kubeconfig's context, if its names are those that EKS's tools give.
    cluster_name: str | None = None
    region: str | None = None
    # Of the AWS configuration.
    profile: str | None = None
    kubeconfig: Path | None = None
    context: str | None = None
    # Whose jobs. Default: those of all namespaces.
    namespace: str | None = None
    # Keys and endpoint of another account than this process's.
    environment: Mapping[str, str] | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ClusterStatus:
    """A cluster at one moment. What could not be read is None, and why is said in words."""

    cluster_name: str | None
    region: str | None
    # The node groups as EKS has them.
    state: ClusterState | None
    # The same with their instances and interfaces, which EC2 says.
    deployed: DeployedCluster | None
    # None: there is no kubeconfig.
    kubeconfig: Kubeconfig | None
    snapshot: ClusterSnapshot | None
    # By the node's name, what it should offer: devices, and huge pages in bytes.
    expected: Mapping[str, Mapping[str, int]]
    findings: tuple[Finding, ...]
    # What could not be read, and why.
    not_checked: tuple[str, ...]
    # Whether AWS or Kubernetes was to be asked, and could not be.
    half_missing: bool

    @property
    def unread(self) -> Set[str]:
        """The fields of the snapshot of which not everything may be read."""
        return self.snapshot.unread.keys() if self.snapshot else frozenset()

    @property
    def sound(self) -> bool:
        """Whether both halves that were asked for were read, and nothing is at fault. Warnings do not count."""
        return not self.half_missing and all(finding.level is Level.WARNING for finding in self.findings)


def read_status(question: StatusQuestion) -> ClusterStatus:
    """Read both halves of a cluster at once. Where one cannot be read, the other is.

    :raises InvalidArgumentError: there is no such cluster, the kubeconfig is none, or it is for another cluster.
    :raises KubernetesRequestError: neither half could be read.
    """
    check_name("--namespace", question.namespace)
    kubeconfig = read_kubeconfig(question.kubeconfig, question.context)
    # What only the kubeconfig names is told where there are credentials.
    asked_for_aws = question.cluster_name is not None
    question = _completed(question, kubeconfig)
    not_checked: list[str] = []
    clients = _aws_clients(question, not_checked)
    if clients is not None:
        # Whoever named none has one by AWS_REGION, or by the profile.
        question = replace(question, region=clients.region)
    with ThreadPoolExecutor(1) as pool:
        # While AWS is asked, so that the two together take no longer than one.
        asked = pool.submit(_read_snapshot, kubeconfig, question) if kubeconfig else None
        state, deployed = _read_aws(clients, question.cluster_name, not_checked)
        if kubeconfig is not None and state is not None:
            check_is_for(kubeconfig, name=state.name, endpoint=state.endpoint, region=question.region)
        snapshot = None
        try:
            snapshot = asked.result() if asked else None
        except KubernetesRequestError as error:
            not_checked.append(str(error))
    if kubeconfig is None:
        not_checked.append(
            "what runs on the cluster: there is no kubeconfig; write one with "
            + _update_command(question.cluster_name or "NAME", question.region)
        )
    if state is None and snapshot is None:
        raise KubernetesRequestError("; ".join(not_checked))
    if snapshot is not None:
        not_checked += [f"{name.replace('_', ' ')}: {words}" for name, words in snapshot.unread.items()]
    missing = (kubeconfig is not None and snapshot is None) or (asked_for_aws and state is None)
    found = _judged(question, kubeconfig, state, deployed, snapshot, tuple(not_checked))
    return replace(found, half_missing=missing)


def _completed(question: StatusQuestion, kubeconfig: Kubeconfig | None) -> StatusQuestion:
    """The question with what the kubeconfig says of the cluster."""
    eks = kubeconfig.eks if kubeconfig else None
    if kubeconfig is None or eks is None:
        return question
    differs = question.cluster_name not in (None, eks.name) or (question.region or eks.region) != (
        eks.region or question.region
    )
    if differs:
        name, region = question.cluster_name or eks.name, question.region or eks.region
        raise InvalidArgumentError(
            f"context '{kubeconfig.context}' of the kubeconfig is for another cluster: it is for '{eks.name}' in "
            f"{eks.region or 'no Region that it names'}, and '{name}' in {region or 'any Region'} is asked for; choose "
            f"another with '--context', or run {_update_command(name, region)}"
        )
    return replace(
        question,
        cluster_name=eks.name,
        region=question.region or eks.region,
        profile=question.profile or eks.profile,
    )


def _aws_clients(question: StatusQuestion, not_checked: list[str]) -> AwsClients | None:
    if question.cluster_name is None:
        not_checked.append("the node groups in AWS: neither '--cluster' nor the kubeconfig names an EKS cluster")
        return None
    try:
        return aws_clients(region=question.region, profile=question.profile, environment=question.environment)
    except AwsRequestError as error:
        not_checked.append(f"the node groups in AWS: {error}")
        return None


def _read_aws(
    clients: AwsClients | None, name: str | None, not_checked: list[str]
) -> tuple[ClusterState | None, DeployedCluster | None]:
    if clients is None or name is None:
        return None, None
    try:
        state = read_cluster_state(clients, name)
    except AwsRequestError as error:
        not_checked.append(f"the node groups in AWS: {error}")
        return None, None
    return state, _read_deployed(clients, name, not_checked)


def _read_deployed(clients: AwsClients, name: str, not_checked: list[str]) -> DeployedCluster | None:
    try:
        return read_cluster(clients, name)
    except AwsRequestError as error:
        not_checked.append(f"instances, network interfaces and security groups: {error}")
        return None


def _update_command(name: str, region: str | None) -> str:
    return f"'aws eks update-kubeconfig --name {name}" + (f" --region {region}'" if region else "'")


def _read_snapshot(kubeconfig: Kubeconfig, question: StatusQuestion) -> ClusterSnapshot:
    return asyncio.run(_snapshot(kubeconfig, question))


async def _snapshot(kubeconfig: Kubeconfig, question: StatusQuestion) -> ClusterSnapshot:
    async with connected(kubeconfig) as api:
        try:
            await _check_namespace(api, question.namespace)
            snapshot = await read_snapshot(
                api,
                cluster_name=question.cluster_name or kubeconfig.context,
                region=question.region or "",
                namespace=question.namespace or kubeconfig.namespace,
            )
            return await with_logs(api, snapshot)
        except API_ERRORS as error:
            raise KubernetesRequestError(
                f"what runs on the cluster: the API server {kubeconfig.server} does not answer: {server_words(error)}"
            ) from None


async def _check_namespace(api: KubernetesApi, namespace: str | None) -> None:
    if namespace is None:
        return
    try:
        await api.get(f"/api/v1/namespaces/{namespace}")
    except API_ERRORS as error:
        if status_code(error) == HTTPStatus.NOT_FOUND:
            raise InvalidArgumentError(
                f"there is no namespace '{namespace}': list those there are with 'kubectl get namespaces'"
            ) from None
        if status_code(error) != HTTPStatus.FORBIDDEN:
            raise


def _judged(
    question: StatusQuestion,
    kubeconfig: Kubeconfig | None,
    state: ClusterState | None,
    deployed: DeployedCluster | None,
    snapshot: ClusterSnapshot | None,
    not_checked: tuple[str, ...],
) -> ClusterStatus:
    findings: list[Finding] = [*_about_node_groups(state, deployed, snapshot)]
    expected: Mapping[str, Mapping[str, int]] = {}
    if snapshot is not None:
        if question.namespace is not None:
            snapshot = _of_namespace(snapshot, question.namespace)
        objects = ClusterObjects(snapshot, deployed)
        findings += diagnose(objects, further=about_nodes(objects))
        if question.namespace is not None:
            # What keeps its jobs may be told of others' objects; the rest is not theirs.
            snapshot = replace(snapshot, events=[event for event in snapshot.events if _may_concern(event, question)])
        expected = {node["metadata"]["name"]: expected_allocatable(objects, node) for node in snapshot.nodes}
    order = list(Level)
    return ClusterStatus(
        cluster_name=question.cluster_name,
        region=question.region,
        state=state,
        deployed=deployed,
        kubeconfig=kubeconfig,
        snapshot=snapshot,
        expected=expected,
        findings=tuple(sorted(dict.fromkeys(findings), key=lambda finding: order.index(finding.level))),
        not_checked=not_checked,
        half_missing=False,
    )


def _about_node_groups(
    state: ClusterState | None, deployed: DeployedCluster | None, snapshot: ClusterSnapshot | None
) -> Iterator[Finding]:
    if deployed is None:
        for group in state.node_groups if state else ():
            yield from _of(group.name, about_health(group.status, group.health_issues))
        return
    objects = ClusterObjects(snapshot, deployed) if snapshot else None
    for deployed_group in deployed.node_groups:
        # Where all nodes offer their devices, whatever serves these has found them without labels.
        served = objects is not None and objects.offers_all(deployed_group)
        judged = judge_node_group(deployed_group, deployed).findings
        told = (finding for finding in judged if not (served and finding.code == LABEL_MISSING))
        yield from _of(deployed_group.name, told)


def _of(node_group: str, findings: Iterable[Finding]) -> Iterator[Finding]:
    return (replace(finding, problem=f"node group '{node_group}': {finding.problem}") for finding in findings)


def _of_namespace(snapshot: ClusterSnapshot, namespace: str) -> ClusterSnapshot:
    """The same with the jobs of one namespace. The pods stay: those of others hold nodes, too."""
    jobs = None if snapshot.mpi_jobs is None else [job for job in snapshot.mpi_jobs if _in(job, namespace)]
    return replace(snapshot, mpi_jobs=jobs, jobs=[job for job in snapshot.jobs if _in(job, namespace)])


def _may_concern(event: Mapping[str, Any], question: StatusQuestion) -> bool:
    """Whether an event is about something of the namespace, or of none, such as a node."""
    return (event.get("involvedObject") or {}).get("namespace") in (None, "", question.namespace)


def _in(item: Mapping[str, Mapping[str, str]], namespace: str) -> bool:
    return item["metadata"]["namespace"] == namespace
