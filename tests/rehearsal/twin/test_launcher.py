"""What a launcher reads, whom it reaches, and what carries the traffic."""

from __future__ import annotations

from typing import Any

import pytest

from efa_constructs.catalogue import EFA_RESOURCE
from efa_constructs.rehearsal.twin.launcher import (
    LauncherSurroundings,
    Transport,
    Worker,
    carried_by,
    has_dns,
    hostfile_hosts,
    resolve,
)

from ..deployments import CLUSTER, EFA, GROUPS, cluster, group, ingress, node, node_group

HOSTS = ["job-worker-0.job.default.svc", "job-worker-1.job.default.svc"]


def launcher(*volumes: dict[str, Any]) -> dict[str, Any]:
    return {"metadata": {"namespace": "default"}, "spec": {"volumes": list(volumes)}}


def worker(number: int, efas: int = 4, node_name: str | None = None) -> dict[str, Any]:
    limits = {EFA_RESOURCE: str(efas)} if efas else {}
    spec = {"nodeName": node_name or f"node-{number}", "containers": [{"resources": {"limits": limits}}, {}]}
    return {"metadata": {"name": f"job-worker-{number}"}, "spec": spec}


def around(hostfile: str = "", *, ready: bool | None = True, unready_too: bool = False) -> LauncherSurroundings:
    pods = {("default", f"job-worker-{number}"): worker(number) for number in range(2)}
    endpoints = [
        {
            "hostname": name,
            "targetRef": {"kind": "Pod", "name": name},
            "conditions": {} if ready is None else {"ready": ready},
        }
        for _, name in pods
    ]
    slices = {"metadata": {"labels": {"kubernetes.io/service-name": "job"}}, "endpoints": endpoints}
    return LauncherSurroundings(
        pods=pods,
        config_maps={("default", "config"): {"data": {"hostfile": hostfile}}},
        services={("default", "job"): {"spec": {"publishNotReadyAddresses": unready_too}}},
        endpoint_slices={("default", "job-1"): slices},
    )


CONFIG = {"configMap": {"name": "config"}}


@pytest.mark.parametrize(
    ("text", "hosts"),
    [
        (
            "a.job.default.svc slots=8\nb.job.default.svc slots=8\n",
            [("a.job.default.svc", 8), ("b.job.default.svc", 8)],
        ),
        ("# comment\n\na:4\n", [("a", 4)]),
        ("a\n", [("a", None)]),
        ("a max_slots=8 slots=2\n", [("a", 2)]),
        ("a slots=many\n", [("a", None)]),
        ("", []),
    ],
)
def test_reads_hostfiles_of_all_implementations(text: str, hosts: list[tuple[str, int | None]]) -> None:
    assert hostfile_hosts(launcher({"secret": {}}, CONFIG), around(text)) == hosts


def test_knows_when_no_hostfile_is_mounted() -> None:
    assert hostfile_hosts(launcher(), around("a\n")) is None
    assert hostfile_hosts(launcher({"configMap": {"name": "other"}}), around("a\n")) is None


def names(surroundings: LauncherSurroundings, hosts: list[str] = HOSTS) -> list[str | None]:
    workers = resolve("default", [(host, None) for host in hosts], surroundings)
    return [one.pod["metadata"]["name"] if one.pod else None for one in workers]


def test_names_resolve_by_the_service_to_its_pods() -> None:
    assert names(around()) == ["job-worker-0", "job-worker-1"]
    assert names(around(ready=None)) == ["job-worker-0", "job-worker-1"]
    assert names(around(), ["job-worker-0.other.default.svc", "job-worker-7.job.default.svc"]) == [None, None]


def test_pods_that_are_not_ready_have_names_only_where_the_service_says_so() -> None:
    assert names(around(ready=False)) == [None, None]
    assert names(around(ready=False, unready_too=True)) == ["job-worker-0", "job-worker-1"]


def dns(*, ready: bool) -> LauncherSurroundings:
    endpoints = [{"conditions": {"ready": ready}}]
    slices = {"metadata": {"labels": {"kubernetes.io/service-name": "kube-dns"}}, "endpoints": endpoints}
    return LauncherSurroundings(
        pods={},
        config_maps={},
        services={("kube-system", "kube-dns"): {"spec": {}}},
        endpoint_slices={("kube-system", "kube-dns-1"): slices},
    )


def test_names_resolve_only_while_something_answers_for_kube_dns() -> None:
    assert has_dns(dns(ready=True))
    assert not has_dns(dns(ready=False))
    assert not has_dns(around())


def workers(*nodes: str, efas: int = 4) -> list[Worker]:
    return [Worker(host="", slots=8, pod=worker(number, efas, name)) for number, name in enumerate(nodes)]


NODES = {"one": "i-0a", "two": "i-0b"}
DEPLOYED = cluster(node_group(node("i-0a"), node("i-0b")))


def test_efa_carries_the_traffic_where_all_pairs_of_nodes_pass() -> None:
    fabric = carried_by(workers("one", "two"), NODES, DEPLOYED)
    assert fabric is not None and (fabric.transport, fabric.findings) == (Transport.EFA, ())


def test_tcp_carries_it_where_the_security_group_stops_efa() -> None:
    closed = group(EFA.id, "efa", ingress(EFA.id))
    fabric = carried_by(
        workers("one", "two"),
        NODES,
        cluster(
            node_group(node("i-0a"), node("i-0b")), security_groups={**GROUPS, EFA.id: closed, CLUSTER.id: CLUSTER}
        ),
    )
    assert fabric is not None
    assert fabric.transport is Transport.TCP_INSTEAD
    assert fabric.findings


def test_other_ways_of_the_traffic() -> None:
    assert carried_by(workers("one", "one"), NODES, DEPLOYED).transport is Transport.SINGLE_NODE  # type: ignore[union-attr]
    assert carried_by(workers("one", "two", efas=0), NODES, DEPLOYED).transport is Transport.TCP  # type: ignore[union-attr]


def test_nothing_is_said_of_an_instance_that_is_gone() -> None:
    assert carried_by(workers("one", "two"), NODES, cluster(node_group(node("i-0a")))) is None
    assert carried_by(workers("one", "three"), NODES, DEPLOYED) is None
