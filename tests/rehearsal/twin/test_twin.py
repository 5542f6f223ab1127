"""What stands in for a cluster's nodes, on a real control plane: device plugins, launchers, nodes that come and go."""

from __future__ import annotations

import os
import signal
import threading
import time
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest

from efa_constructs.catalogue import EFA_RESOURCE, GPU_RESOURCE
from efa_constructs.errors import RehearsalError
from efa_constructs.pods.known_programs import JOB_ROLE_LABEL
from efa_constructs.rehearsal.account.eks.kube_system import addon_objects
from efa_constructs.rehearsal.control_plane.binaries import Binaries
from efa_constructs.rehearsal.control_plane.control_plane import ControlPlane
from efa_constructs.rehearsal.twin.node_objects import NodeFacts, Taint
from efa_constructs.rehearsal.twin.outcomes import FABRIC_ANNOTATION, MESSAGE_ANNOTATION, OUTCOME_ANNOTATION
from efa_constructs.rehearsal.twin.twin import Twin

from ..live_cluster import (
    LiveCluster,
    container_state,
    eventually,
    is_ready,
    last_words,
    p4d_facts,
    plugin,
    waits_because,
)

EFA_IMAGE = "602401143452.dkr.ecr.us-east-1.amazonaws.com/eks/aws-efa-k8s-device-plugin:v0.5.14"
NVIDIA_IMAGE = "nvcr.io/nvidia/k8s-device-plugin:v0.19.0"
NEURON_IMAGE = "public.ecr.aws/neuron/neuron-device-plugin:2.30.0"
DAEMON_SETS = "/apis/apps/v1/namespaces/kube-system/daemonsets"


@pytest.fixture(scope="module")
def shared(control_plane: ControlPlane, binaries: Binaries) -> Iterator[LiveCluster]:
    cluster = LiveCluster(control_plane, binaries)
    eventually(lambda: cluster.find("/api/v1/namespaces/default/serviceaccounts/default"), "pods have an account")
    eventually(lambda: cluster.find("/api/v1/namespaces/kube-system/serviceaccounts/default"), "pods have an account")
    cluster.apply(*addon_objects("coredns", version="v1", region="us-east-1"))
    yield cluster
    cluster.twin.stop()


@pytest.fixture
def cluster(shared: LiveCluster) -> Iterator[LiveCluster]:
    """The cluster without nodes, and without whatever another test put there."""
    yield shared
    for path in (
        DAEMON_SETS,
        "/apis/batch/v1/namespaces/default/jobs",
        "/api/v1/namespaces/default/pods",
        "/api/v1/namespaces/default/configmaps",
    ):
        shared.delete(path, propagationPolicy="Background", gracePeriodSeconds="0")
    for service in shared.items("/api/v1/namespaces/default/services"):
        if service["metadata"]["name"] != "kubernetes":
            shared.delete(f"/api/v1/namespaces/default/services/{service['metadata']['name']}")
    shared.set_nodes()
    eventually(lambda: not shared.pods() and not shared.items(DAEMON_SETS), "everything is gone")


def pod(name: str, image: str = "busybox", **spec: Any) -> dict[str, Any]:
    metadata = {"name": name, "namespace": "default", **spec.pop("metadata", {})}
    containers = [{"name": "main", "image": image}]
    return {"apiVersion": "v1", "kind": "Pod", "metadata": metadata, "spec": {"containers": containers, **spec}}


def plugin_pod(cluster: LiveCluster, name: str) -> dict[str, Any] | None:
    return next(iter(cluster.pods("kube-system", app=name)), None)


NODE = p4d_facts(10)


def test_a_node_offers_efas_while_the_plugins_pod_runs_on_it_and_no_longer(cluster: LiveCluster) -> None:
    cluster.set_nodes(NODE)
    assert is_ready(cluster.node(NODE.name))
    assert cluster.offers(NODE.name, EFA_RESOURCE) is None
    cluster.apply(plugin("efa", EFA_IMAGE), plugin("nvidia", NVIDIA_IMAGE))
    eventually(lambda: cluster.offers(NODE.name, EFA_RESOURCE) == "4", "EFAs are offered")
    eventually(lambda: cluster.offers(NODE.name, GPU_RESOURCE) == "8", "GPUs are offered")
    cluster.delete(f"{DAEMON_SETS}/efa")
    eventually(lambda: cluster.offers(NODE.name, EFA_RESOURCE) is None, "EFAs are gone")
    assert cluster.offers(NODE.name, GPU_RESOURCE) == "8"


def test_a_selector_that_leaves_the_node_takes_its_efas(cluster: LiveCluster) -> None:
    cluster.set_nodes(NODE)
    cluster.apply(plugin("efa", EFA_IMAGE))
    eventually(lambda: cluster.offers(NODE.name, EFA_RESOURCE) == "4", "EFAs are offered")
    selector = {"node.kubernetes.io/instance-type": "p3dn.24xlarge"}
    cluster.patch(f"{DAEMON_SETS}/efa", {"spec": {"template": {"spec": {"nodeSelector": selector}}}})
    eventually(lambda: cluster.offers(NODE.name, EFA_RESOURCE) is None, "EFAs are gone")


def test_a_taint_that_the_plugin_no_longer_tolerates_takes_its_efas(cluster: LiveCluster) -> None:
    tainted = replace(NODE, taints=(Taint(key="training", value="yes", effect="NoExecute"),))
    cluster.set_nodes(tainted)
    tolerations = [{"key": "training", "operator": "Exists"}]
    cluster.apply(plugin("efa", EFA_IMAGE, tolerations=tolerations))
    eventually(lambda: cluster.offers(NODE.name, EFA_RESOURCE) == "4", "EFAs are offered")
    cluster.patch(f"{DAEMON_SETS}/efa", {"spec": {"template": {"spec": {"tolerations": None}}}})
    eventually(lambda: cluster.offers(NODE.name, EFA_RESOURCE) is None, "EFAs are gone")


def test_the_efa_plugin_crash_loops_on_a_node_without_efa_until_it_has_one(cluster: LiveCluster) -> None:
    cluster.set_nodes(replace(NODE, efa_interfaces=0))
    cluster.apply(plugin("efa", EFA_IMAGE))
    eventually(lambda: waits_because(plugin_pod(cluster, "efa")) == "CrashLoopBackOff", "it crash-loops")
    assert last_words(plugin_pod(cluster, "efa")) == "No valid EFA devices found"
    assert not is_ready(plugin_pod(cluster, "efa"))
    assert cluster.offers(NODE.name, EFA_RESOURCE) is None
    cluster.set_nodes(replace(NODE, efa_interfaces=1))
    eventually(lambda: cluster.offers(NODE.name, EFA_RESOURCE) == "1", "the EFA is offered")
    assert is_ready(plugin_pod(cluster, "efa"))


def test_the_nvidia_plugin_crash_loops_on_a_node_without_the_driver(cluster: LiveCluster) -> None:
    cluster.set_nodes(replace(NODE, driver=None))
    cluster.apply(plugin("nvidia", NVIDIA_IMAGE))
    eventually(lambda: waits_because(plugin_pod(cluster, "nvidia")) == "CrashLoopBackOff", "it crash-loops")
    assert "no NVIDIA driver" in last_words(plugin_pod(cluster, "nvidia"))
    assert cluster.offers(NODE.name, GPU_RESOURCE) is None


def test_the_nvidia_plugin_waits_without_devices_where_it_is_told_to(cluster: LiveCluster) -> None:
    cluster.set_nodes(replace(NODE, driver=None))
    cluster.apply(plugin("nvidia", NVIDIA_IMAGE, env=[{"name": "FAIL_ON_INIT_ERROR", "value": "false"}]))
    eventually(lambda: is_ready(plugin_pod(cluster, "nvidia")), "it runs")
    assert cluster.offers(NODE.name, GPU_RESOURCE) is None


def test_bottlerocket_offers_gpus_by_itself(cluster: LiveCluster) -> None:
    cluster.set_nodes(replace(NODE, brings_nvidia_device_plugin=True))
    eventually(lambda: cluster.offers(NODE.name, GPU_RESOURCE) == "8", "GPUs are offered")


def test_the_neuron_plugin_offers_neuron_devices_and_their_cores(cluster: LiveCluster) -> None:
    cluster.set_nodes(
        replace(NODE, accelerator="neuron", driver="neuron", accelerator_count=16, logical_neuron_cores=32)
    )
    cluster.apply(plugin("neuron", NEURON_IMAGE))
    eventually(lambda: cluster.offers(NODE.name, "aws.amazon.com/neuron") == "16", "devices are offered")
    eventually(lambda: cluster.offers(NODE.name, "aws.amazon.com/neuroncore") == "32", "their cores are offered")


def test_the_scheduler_gives_devices_to_pods_that_ask_and_no_more_than_there_are(cluster: LiveCluster) -> None:
    cluster.set_nodes(NODE)
    cluster.apply(plugin("efa", EFA_IMAGE))
    eventually(lambda: cluster.offers(NODE.name, EFA_RESOURCE) == "4", "EFAs are offered")
    for name in ("first", "second"):
        item = pod(name)
        item["spec"]["containers"][0]["resources"] = {"limits": {EFA_RESOURCE: "3"}}
        cluster.apply(item)
    eventually(lambda: is_ready(cluster.pod("first")), "the first runs")

    def why_not() -> str:
        conditions = (cluster.pod("second") or {})["status"].get("conditions") or [{}]
        return str(conditions[0].get("message", ""))

    assert "Insufficient vpc.amazonaws.com/efa" in eventually(why_not, "the second waits")


def test_a_pod_has_no_address_that_a_node_could_have(cluster: LiveCluster) -> None:
    cluster.set_nodes(NODE)
    cluster.create("/api/v1/namespaces/default/pods", pod("train"))
    eventually(lambda: cluster.phase("train") == "Running", "the pod runs")
    assert cluster.pod("train")["status"]["podIP"].startswith("100.64.")


def test_a_pod_of_a_job_completes_and_another_runs(cluster: LiveCluster) -> None:
    cluster.set_nodes(NODE)
    job = {"restartPolicy": "Never", "containers": [{"name": "main", "image": "busybox"}]}
    cluster.apply(
        {
            "apiVersion": "batch/v1",
            "kind": "Job",
            "metadata": {"name": "once", "namespace": "default"},
            "spec": {"template": {"spec": job}},
        },
        pod("always"),
    )
    eventually(lambda: cluster.get("/apis/batch/v1/namespaces/default/jobs/once")["status"].get("succeeded"), "it ends")
    assert is_ready(cluster.pod("always"))


VOLUME = {"volumes": [{"name": "v", "configMap": {"name": "settings"}}]}
SETTINGS = {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "settings", "namespace": "default"}}


def found_pod(cluster: LiveCluster, name: str) -> dict[str, Any] | None:
    return cluster.find(f"/api/v1/namespaces/default/pods/{name}")


def test_a_pod_waits_until_the_config_map_is_there_that_it_mounts(cluster: LiveCluster) -> None:
    cluster.set_nodes(NODE)
    cluster.apply(pod("waits", **VOLUME), pod("runs"))
    eventually(lambda: waits_because(found_pod(cluster, "waits")) == "ContainerCreating", "it waits")
    eventually(lambda: is_ready(found_pod(cluster, "runs")), "another runs")
    assert not is_ready(found_pod(cluster, "waits"))
    cluster.apply(SETTINGS)
    eventually(lambda: is_ready(found_pod(cluster, "waits")), "it runs")


def test_pods_are_ready_again_after_their_node_was_not(cluster: LiveCluster, control_plane: ControlPlane) -> None:
    cluster.set_nodes(NODE)
    cluster.apply(SETTINGS, pod("plain"), pod("reader", **VOLUME))
    names = ("plain", "reader")
    eventually(lambda: all(is_ready(found_pod(cluster, name)) for name in names), "both run")
    # What runs goes on without it.
    cluster.delete("/api/v1/namespaces/default/configmaps/settings")
    kwok = control_plane.processes.process_id("kwok")
    os.kill(kwok, signal.SIGSTOP)
    try:
        for name in names:
            # As the controller of nodes has it once a kubelet has been silent for 50 seconds.
            silent = [{"type": "Ready", "status": "False"}]
            cluster.patch(f"/api/v1/namespaces/default/pods/{name}/status", {"status": {"conditions": silent}})
        # Long enough for the twin to look at them, and more than once.
        time.sleep(2)
        reader = cluster.get("/api/v1/namespaces/default/pods/reader")
        assert reader["metadata"]["annotations"][OUTCOME_ANNOTATION] == "run"
    finally:
        os.kill(kwok, signal.SIGCONT)
    eventually(lambda: all(is_ready(found_pod(cluster, name)) for name in names), "both are ready again", seconds=15)


@pytest.mark.parametrize(
    "spec",
    [
        {"volumes": [{"name": "v", "secret": {"secretName": "key"}}]},
        {"volumes": [{"name": "v", "projected": {"sources": [{"secret": {"name": "key"}}]}}]},
        {"containers": [{"name": "a", "image": "busybox", "envFrom": [{"secretRef": {"name": "key"}}]}]},
        {
            "containers": [
                {
                    "name": "a",
                    "image": "busybox",
                    "env": [
                        {"name": "A", "value": "a"},
                        {"name": "B", "valueFrom": {"secretKeyRef": {"name": "key", "key": "k"}}},
                    ],
                }
            ]
        },
    ],
    ids=["volume", "projected volume", "envFrom", "env"],
)
def test_a_pod_waits_for_a_secret(cluster: LiveCluster, spec: dict[str, Any]) -> None:
    cluster.set_nodes(NODE)
    made = pod("waits")
    made["spec"] |= spec
    cluster.apply(made)
    eventually(lambda: waits_because(found_pod(cluster, "waits")) == "ContainerCreating", "it waits")
    annotations = cluster.get("/api/v1/namespaces/default/pods/waits")["metadata"]["annotations"]
    assert annotations[MESSAGE_ANNOTATION] == 'secret "key" not found'


def test_a_pod_does_not_wait_for_what_is_optional_or_for_what_the_operator_makes(cluster: LiveCluster) -> None:
    cluster.set_nodes(NODE)
    optional = {"name": "v", "configMap": {"name": "settings", "optional": True}}
    ssh = {"name": "ssh", "secret": {"secretName": "train-ssh"}}
    labels = {"training.kubeflow.org/job-name": "train"}
    cluster.apply(pod("runs", volumes=[optional, ssh], metadata={"labels": labels}))
    made = eventually(lambda: (one := found_pod(cluster, "runs")) and is_ready(one) and one, "it runs")
    # A thousand workers need no word about each.
    assert OUTCOME_ANNOTATION not in (made["metadata"].get("annotations") or {})


def test_a_plugin_that_is_not_known_runs_and_offers_nothing(cluster: LiveCluster) -> None:
    cluster.set_nodes(NODE)
    cluster.apply(plugin("other", "example.com/another-device-plugin:1"))
    eventually(lambda: is_ready(plugin_pod(cluster, "other")), "it runs")
    assert cluster.offers(NODE.name, EFA_RESOURCE) is None


def test_forgets_pods_that_are_gone(cluster: LiveCluster) -> None:
    cluster.set_nodes(NODE)
    cluster.apply(plugin("efa", EFA_IMAGE))
    eventually(lambda: cluster.twin._told, "it told the pod what to do")
    cluster.delete(f"{DAEMON_SETS}/efa")
    eventually(lambda: not cluster.twin._told, "it has forgotten")


# Nodes that come, change and go.


def test_labels_and_taints_of_a_group_change_on_the_nodes_that_it_has(cluster: LiveCluster) -> None:
    old = (Taint(key="a", value="1", effect="NoSchedule"), Taint(key="b", value=None, effect="NoSchedule"))
    first = replace(NODE, labels={"team": "one", "stays": "yes", "goes": "yes"}, taints=old)
    cluster.set_nodes(first)
    before = cluster.get(f"/api/v1/nodes/{NODE.name}")
    own = [{"key": "a", "value": "1", "effect": "NoSchedule"}, {"key": "b", "effect": "NoSchedule"}]
    cluster.patch(
        f"/api/v1/nodes/{NODE.name}",
        {
            "metadata": {"labels": {"by-hand": "yes"}},
            "spec": {"taints": [*own, {"key": "hand", "effect": "NoSchedule"}]},
        },
    )
    new = (Taint(key="b", value="2", effect="NoSchedule"), Taint(key="c", value=None, effect="NoExecute"))
    cluster.set_nodes(replace(first, labels={"team": "two", "stays": "yes"}, taints=new))
    after = cluster.get(f"/api/v1/nodes/{NODE.name}")
    assert after["metadata"]["uid"] == before["metadata"]["uid"]
    labels = after["metadata"]["labels"]
    assert (labels["team"], labels["stays"], labels["by-hand"]) == ("two", "yes", "yes")
    assert "goes" not in labels
    assert labels["eks.amazonaws.com/nodegroup"] == "efa"
    assert {(one["key"], one.get("value"), one["effect"]) for one in after["spec"]["taints"]} == {
        ("hand", None, "NoSchedule"),
        ("b", "2", "NoSchedule"),
        ("c", None, "NoExecute"),
    }


def test_a_node_whose_instance_is_gone_goes_and_its_pods_after_it(cluster: LiveCluster) -> None:
    second = p4d_facts(11)
    cluster.set_nodes(NODE, second)
    cluster.apply(pod("on-first", nodeName=NODE.name), pod("on-second", nodeName=second.name))
    eventually(lambda: is_ready(cluster.pod("on-first")) and is_ready(cluster.pod("on-second")), "both run")
    cluster.set_nodes(second)
    assert cluster.node(NODE.name) is None
    assert cluster.pod("on-first") is None
    assert is_ready(cluster.pod("on-second"))


def test_another_instance_with_the_address_of_one_that_is_gone_is_a_new_node(cluster: LiveCluster) -> None:
    cluster.set_nodes(NODE)
    before = cluster.get(f"/api/v1/nodes/{NODE.name}")["metadata"]["uid"]
    cluster.set_nodes(replace(NODE, instance_id="i-0fedcba9876543210"))
    node = cluster.get(f"/api/v1/nodes/{NODE.name}")
    assert node["metadata"]["uid"] != before
    assert node["spec"]["providerID"] == "aws:///us-east-1a/i-0fedcba9876543210"


def test_a_node_that_somebody_deleted_stays_deleted_and_disturbs_nobody(cluster: LiveCluster) -> None:
    second = p4d_facts(11)
    cluster.set_nodes(NODE)
    cluster.delete(f"/api/v1/nodes/{NODE.name}")
    cluster.set_nodes(replace(NODE, labels={"team": "two"}), second)
    assert cluster.node(NODE.name) is None
    assert is_ready(cluster.node(second.name))


def test_nodes_go_on_renewing_their_leases(cluster: LiveCluster) -> None:
    cluster.set_nodes(NODE)
    lease = f"/apis/coordination.k8s.io/v1/namespaces/kube-node-lease/leases/{NODE.name}"

    def renewed() -> Any:
        return (cluster.find(lease) or {}).get("spec", {}).get("renewTime")

    first = eventually(renewed, "there is a lease")
    # The controller takes a node for lost after 50 seconds without.
    eventually(lambda: renewed() != first, "it is renewed", seconds=40)


def test_a_hundred_nodes_join_within_seconds(cluster: LiveCluster) -> None:
    began = time.monotonic()
    cluster.set_nodes(*(p4d_facts(number) for number in range(100)))
    assert time.monotonic() - began < 20
    assert len(cluster.items("/api/v1/nodes")) == 100


def test_nodes_that_join_while_the_api_server_is_away_join_when_it_is_back(
    cluster: LiveCluster, control_plane: ControlPlane
) -> None:
    os.kill(control_plane.processes.process_id("kube-apiserver"), signal.SIGKILL)
    cluster.set_nodes(*(p4d_facts(number) for number in range(5)))
    assert sum(is_ready(node) for node in cluster.items("/api/v1/nodes")) == 5


def test_the_twin_can_be_stopped_while_nodes_join(
    cluster: LiveCluster, control_plane: ControlPlane, binaries: Binaries
) -> None:
    other = Twin(
        control_plane,
        operator=binaries.mpi_operator,
        kubernetes_version="v1.36.3",
        read_cluster=cluster._deployed,
    )
    other.start()
    kwok = control_plane.processes.process_id("kwok")
    errors: list[Exception] = []

    def join() -> None:
        try:
            other.set_nodes([p4d_facts(99)])
        except RehearsalError as error:
            errors.append(error)

    os.kill(kwok, signal.SIGSTOP)
    try:
        joining = threading.Thread(target=join)
        joining.start()
        eventually(lambda: cluster.node(p4d_facts(99).name), "the node is there, and not ready")
        other.stop()
        joining.join(10)
        assert not joining.is_alive()
    finally:
        os.kill(kwok, signal.SIGCONT)
        cluster.delete(f"/api/v1/nodes/{p4d_facts(99).name}")
    assert str(errors[0]) == "the cluster is ending"
    with pytest.raises(RehearsalError, match=r"^the cluster is ending$"):
        other.set_nodes([])
    other.stop()


# What EKS runs on every node.


def test_agents_of_eks_run_on_tainted_nodes_and_coredns_does_not(cluster: LiveCluster) -> None:
    for addon in ("vpc-cni", "kube-proxy", "eks-pod-identity-agent", "eks-node-monitoring-agent"):
        cluster.apply(*addon_objects(addon, version="v1", region="us-east-1"))
    cluster.set_nodes(replace(NODE, taints=(Taint(key="nvidia.com/gpu", value=None, effect="NoSchedule"),)))

    def running() -> set[str]:
        return {pod["metadata"]["labels"]["k8s-app"] for pod in cluster.pods("kube-system") if is_ready(pod)}

    agents = {"aws-node", "kube-proxy", "eks-pod-identity-agent", "eks-node-monitoring-agent"}
    eventually(lambda: running() == agents, "the agents run")
    coredns = cluster.pods("kube-system", **{"k8s-app": "kube-dns"})
    assert [pod["status"]["phase"] for pod in coredns] == ["Pending", "Pending"]


# Launchers, with what the MPI Operator makes for them.


def launch(cluster: LiveCluster, workers: list[NodeFacts], hosts: list[str] | None = None) -> None:
    """A launcher and its workers, one on each node."""
    names = [f"job-worker-{number}" for number in range(len(workers))]
    hosts = [f"{name}.job.default.svc" for name in names] if hosts is None else hosts
    selector = {"job": "job"}
    cluster.apply(
        {
            "apiVersion": "v1",
            "kind": "Service",
            "metadata": {"name": "job", "namespace": "default"},
            "spec": {"clusterIP": "None", "selector": selector, "publishNotReadyAddresses": True},
        },
        {
            "apiVersion": "v1",
            "kind": "ConfigMap",
            "metadata": {"name": "job-config", "namespace": "default"},
            "data": {"hostfile": "".join(f"{host} slots=8\n" for host in hosts)},
        },
        *(
            pod(name, nodeName=node.name, hostname=name, subdomain="job", metadata={"labels": selector})
            for name, node in zip(names, workers, strict=True)
        ),
        pod(
            "launcher",
            metadata={"labels": {JOB_ROLE_LABEL: "launcher"}},
            volumes=[{"name": "config", "configMap": {"name": "job-config"}}],
            restartPolicy="Never",
        ),
    )


@pytest.fixture
def two_nodes(cluster: LiveCluster) -> list[NodeFacts]:
    nodes = [NODE, p4d_facts(11)]
    cluster.set_nodes(*nodes)
    dns = {"k8s-app": "kube-dns"}
    eventually(lambda: any(is_ready(pod) for pod in cluster.pods("kube-system", **dns)), "names resolve")
    return nodes


def launcher(cluster: LiveCluster) -> dict[str, Any] | None:
    return cluster.pod("launcher")


def test_a_launcher_runs_once_its_workers_are_there_and_says_what_carries_the_traffic(
    cluster: LiveCluster, two_nodes: list[NodeFacts]
) -> None:
    launch(cluster, two_nodes)
    eventually(lambda: is_ready(launcher(cluster)), "it runs")
    metadata = (launcher(cluster) or {})["metadata"]
    # Its workers ask for no EFA.
    assert metadata["annotations"][FABRIC_ANNOTATION] == '{"transport": "tcp", "findings": []}'


def test_a_launcher_waits_for_names_that_the_control_plane_is_late_with(
    cluster: LiveCluster, two_nodes: list[NodeFacts], control_plane: ControlPlane
) -> None:
    manager = control_plane.processes.process_id("kube-controller-manager")
    os.kill(manager, signal.SIGSTOP)
    try:
        launch(cluster, two_nodes)
        eventually(lambda: all(is_ready(cluster.pod(f"job-worker-{number}")) for number in (0, 1)), "workers run")
        # Longer than for a name that nobody ever has.
        time.sleep(7)
        assert cluster.phase("launcher") == "Pending"
    finally:
        os.kill(manager, signal.SIGCONT)
    eventually(lambda: is_ready(launcher(cluster)), "it runs")


def test_a_launcher_fails_when_a_name_does_not_resolve(cluster: LiveCluster, two_nodes: list[NodeFacts]) -> None:
    launch(cluster, two_nodes, hosts=["job-worker-0.job.default.svc", "job-worker-9.job.default.svc"])
    eventually(lambda: cluster.phase("launcher") == "Failed", "it fails")
    ended = container_state(launcher(cluster))["terminated"]
    assert ended["exitCode"] == 1
    assert ended["message"] == (
        "ssh: Could not resolve hostname job-worker-9.job.default.svc: Name or service not known"
    )


def test_a_launcher_fails_when_no_coredns_runs(cluster: LiveCluster, two_nodes: list[NodeFacts]) -> None:
    coredns = "/apis/apps/v1/namespaces/kube-system/deployments/coredns"
    cluster.patch(coredns, {"spec": {"replicas": 0}})
    try:
        eventually(lambda: not cluster.pods("kube-system", **{"k8s-app": "kube-dns"}), "CoreDNS is gone")
        launch(cluster, two_nodes)
        eventually(lambda: cluster.phase("launcher") == "Failed", "it fails")
        assert last_words(launcher(cluster)) == (
            "ssh: Could not resolve hostname job-worker-0.job.default.svc: Temporary failure in name resolution"
        )
    finally:
        cluster.patch(coredns, {"spec": {"replicas": 2}})


def test_a_launcher_fails_when_the_node_of_a_worker_is_lost(cluster: LiveCluster, two_nodes: list[NodeFacts]) -> None:
    launch(cluster, two_nodes)
    eventually(lambda: is_ready(launcher(cluster)), "it runs")
    own = (launcher(cluster) or {})["spec"]["nodeName"]
    (lost,) = (number for number, node in enumerate(two_nodes) if node.name != own)
    cluster.set_nodes(*(node for node in two_nodes if node.name == own))
    eventually(lambda: cluster.phase("launcher") == "Failed", "it fails")
    assert last_words(launcher(cluster)) == f"the connection to job-worker-{lost}.job.default.svc was lost"


def test_a_launcher_without_a_hostfile_fails(cluster: LiveCluster, two_nodes: list[NodeFacts]) -> None:
    cluster.apply(pod("launcher", metadata={"labels": {JOB_ROLE_LABEL: "launcher"}}, restartPolicy="Never"))
    eventually(lambda: cluster.phase("launcher") == "Failed", "it fails")
    assert last_words(launcher(cluster)) == "no hostfile is mounted"
