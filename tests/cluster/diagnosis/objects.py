"""Objects of a small cluster for tests, as an API server would give them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from efa_constructs.cluster.diagnosis.cluster_objects import ClusterObjects
from efa_constructs.cluster.diagnosis.diagnosis import diagnose
from efa_constructs.cluster.finding import Finding
from efa_constructs.cluster.snapshot import ClusterSnapshot

from ...rehearsal.deployments import cluster, node, node_group

KubernetesObject = dict[str, Any]

DEPLOYED = cluster(node_group(node("i-0a"), node("i-0b")))
EFA_IMAGE = "602401143452.dkr.ecr.us-east-1.amazonaws.com/eks/aws-efa-k8s-device-plugin:v0.5.21"
NVIDIA_IMAGE = "nvcr.io/nvidia/k8s-device-plugin:v0.20.0"
OPERATOR_IMAGE = "mpioperator/mpi-operator:0.8.2"


def kubernetes_node(name: str, *, taints: Sequence[dict[str, str]] = (), **changes: str | None) -> KubernetesObject:
    """A p4d node with all devices. ``changes``: of what it offers, with _ for - and / in names; None for nothing."""
    offers = {
        "cpu": "95690m",
        "memory": "1061590Mi",
        "pods": "250",
        "hugepages-2Mi": "21122Mi",
        "nvidia.com/gpu": "8",
        "vpc.amazonaws.com/efa": "4",
    }
    for resource in list(offers):
        key = resource.rpartition("/")[2].replace("-", "_")
        if key in changes:
            offers[resource] = str(changes[key])
            if changes[key] is None:
                del offers[resource]
    return {
        "metadata": {
            "name": name,
            "uid": name,
            "labels": {
                "node.kubernetes.io/instance-type": "p4d.24xlarge",
                "topology.kubernetes.io/zone": "us-east-1a",
                "eks.amazonaws.com/nodegroup": "efa",
                "vpc.amazonaws.com/efa.present": "true",
            },
        },
        "spec": {"providerID": f"aws:///us-east-1a/i-{name[-2:]}", "taints": list(taints)},
        "status": {"allocatable": offers},
    }


def nodes(**changes: Any) -> list[KubernetesObject]:
    return [kubernetes_node("ip-10-0-0-0a", **changes), kubernetes_node("ip-10-0-0-0b", **changes)]


def daemon_set(name: str, image: str, **spec: Any) -> KubernetesObject:
    return {
        "metadata": {"name": name, "namespace": "kube-system", "uid": name, "generation": 1},
        "spec": {"template": {"spec": {"containers": [{"name": name, "image": image}], **spec}}},
        "status": {},
    }


EFA_PLUGIN = daemon_set("efa", EFA_IMAGE, nodeSelector={"vpc.amazonaws.com/efa.present": "true"})


def operator(*arguments: str, **spec: Any) -> KubernetesObject:
    container = {"name": "operator", "image": OPERATOR_IMAGE, "args": list(arguments)}
    return {
        "metadata": {"name": "mpi-operator", "namespace": "mpi-operator", "uid": "operator", "generation": 1},
        "spec": {"replicas": 1, "template": {"spec": {"containers": [container]}}, **spec},
        "status": {},
    }


def pod(name: str, owner: KubernetesObject | None, kind: str, **changes: Any) -> KubernetesObject:
    """A pod that runs on the first node."""
    references = [
        {"kind": kind, "name": owner["metadata"]["name"], "uid": owner["metadata"]["uid"], "controller": True}
    ]
    namespace = owner["metadata"]["namespace"] if owner else "default"
    return {
        "metadata": {
            "name": name,
            "namespace": namespace,
            "uid": name,
            "labels": changes.get("labels", {}),
            "annotations": changes.get("annotations", {}),
            "ownerReferences": references if owner else [],
        },
        "spec": {"containers": [{"name": "main"}], "nodeName": "ip-10-0-0-0a", **changes.get("spec", {})},
        "status": {
            "phase": "Running",
            "conditions": [{"type": "Ready", "status": "True"}],
            **changes.get("status", {}),
        },
    }


def operator_pod(deployment: KubernetesObject, **changes: Any) -> KubernetesObject:
    return pod("mpi-operator-x", deployment, "Deployment", **changes)


def job(name: str = "train", *conditions: str, **spec: Any) -> KubernetesObject:
    return {
        "metadata": {"name": name, "namespace": "default", "uid": f"job-{name}"},
        "spec": {"mpiReplicaSpecs": {"Worker": {"replicas": 2, "template": {"spec": {"containers": [{}]}}}}, **spec},
        "status": {"conditions": [{"type": each, "status": "True"} for each in conditions]},
    }


def waiting_worker(
    owner: KubernetesObject, number: int = 0, *, says: str = "0/2 nodes", **spec: Any
) -> KubernetesObject:
    """A worker that no node takes."""
    name = f"{owner['metadata']['name']}-worker-{number}"
    made = pod(name, owner, "MPIJob", labels={"training.kubeflow.org/job-role": "worker"}, spec=spec)
    del made["spec"]["nodeName"]
    conditions = [{"type": "PodScheduled", "status": "False", "message": says}] if says else []
    made["status"] = {"phase": "Pending", "conditions": conditions}
    return made


def asking(**resources: str) -> list[dict[str, Any]]:
    """Containers that ask for this much. ``efa`` and ``gpu`` are the devices."""
    names = {"efa": "vpc.amazonaws.com/efa", "gpu": "nvidia.com/gpu", "hugepages": "hugepages-2Mi"}
    return [{"name": "main", "resources": {"limits": {names.get(key, key): each for key, each in resources.items()}}}]


def snapshot(**objects: Any) -> ClusterSnapshot:
    """A cluster of two nodes with what is given."""
    empty: dict[str, Any] = dict.fromkeys(
        ("pods", "events", "daemon_sets", "deployments", "replica_sets", "jobs", "cluster_role_bindings", "mpi_jobs"),
        (),
    )
    return ClusterSnapshot(**{"cluster_name": "training", "region": "us-east-1", "nodes": nodes(), **empty, **objects})


def cluster_objects(**objects: Any) -> ClusterObjects:
    return ClusterObjects(snapshot(**objects), DEPLOYED)


def found(**objects: Any) -> list[Finding]:
    """What is found in such a cluster."""
    return list(diagnose(cluster_objects(**objects), cluster_objects(**objects)))
