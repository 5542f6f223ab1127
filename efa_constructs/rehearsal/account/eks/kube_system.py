"""What EKS runs in the namespace kube-system: the objects of its add-ons, as far as other pods notice them.

Requests are those of the manifests that EKS installs: aws/amazon-vpc-cni-k8s (config/master/aws-k8s-cni.yaml),
"Managing the kube-proxy and CoreDNS add-ons", EKS User Guide, and aws/eks-node-monitoring-agent (charts). They take
CPU, memory and a pod of each node, and nothing else depends on them but the names that CoreDNS resolves.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any

__all__ = ["addon_objects", "runs_on_cluster"]

# Of EKS's images; the same account in most Regions.
_REGISTRY = "602401143452.dkr.ecr.{region}.amazonaws.com"
# The address that every kubelet of EKS gives to pods: the tenth of the Services' range.
_DNS_ADDRESS = "10.100.0.10"
_EVERYTHING = [{"operator": "Exists"}]


@dataclass(frozen=True, slots=True, kw_only=True)
class _Agent:
    """A DaemonSet that tolerates every taint."""

    name: str
    # By container.
    images: dict[str, str]
    requests: dict[str, str]


_AGENTS = {
    "vpc-cni": _Agent(
        name="aws-node",
        images={"aws-node": "amazon-k8s-cni", "aws-eks-nodeagent": "amazon/aws-network-policy-agent"},
        requests={"cpu": "25m"},
    ),
    "kube-proxy": _Agent(name="kube-proxy", images={"kube-proxy": "eks/kube-proxy"}, requests={"cpu": "100m"}),
    "eks-pod-identity-agent": _Agent(
        name="eks-pod-identity-agent",
        images={"eks-pod-identity-agent": "eks/eks-pod-identity-agent"},
        requests={},
    ),
    "eks-node-monitoring-agent": _Agent(
        name="eks-node-monitoring-agent",
        images={"eks-node-monitoring-agent": "eks/eks-node-monitoring-agent"},
        requests={"cpu": "10m", "memory": "30Mi"},
    ),
}
_COREDNS = "coredns"


def runs_on_cluster(addon: str) -> bool:
    """Whether what an add-on runs is known here."""
    return addon in _AGENTS or addon == _COREDNS


def addon_objects(addon: str, *, version: str, region: str, configuration: str | None = None) -> list[dict[str, Any]]:
    """The objects of an add-on, the workload first. Empty: what it runs is not known here.

    :param version: As EKS writes it: ``"v1.20.4-eksbuild.1"``.
    :param configuration: Its ``configurationValues``. Of them, JSON counts that says where its pods go, how many there
        are, and what they request. Default: none.
    """
    registry = _REGISTRY.format(region=region)
    if addon == _COREDNS:
        objects = [_coredns(f"{registry}/eks/coredns:{version}"), _dns_service()]
    elif addon in _AGENTS:
        objects = [_daemon_set(_AGENTS[addon], registry, version)]
    else:
        return []
    _configure(objects[0], configuration)
    return objects


def _daemon_set(agent: _Agent, registry: str, version: str) -> dict[str, Any]:
    labels = {"k8s-app": agent.name}
    return {
        "apiVersion": "apps/v1",
        "kind": "DaemonSet",
        "metadata": {"name": agent.name, "namespace": "kube-system", "labels": labels},
        "spec": {
            "selector": {"matchLabels": labels},
            "updateStrategy": {"type": "RollingUpdate", "rollingUpdate": {"maxUnavailable": "10%"}},
            "template": {
                "metadata": {"labels": labels},
                "spec": {
                    "hostNetwork": True,
                    "priorityClassName": "system-node-critical",
                    "nodeSelector": {"kubernetes.io/os": "linux"},
                    "tolerations": _EVERYTHING,
                    "containers": [
                        {
                            "name": name,
                            "image": f"{registry}/{image}:{version}",
                            "resources": {"requests": agent.requests},
                        }
                        for name, image in agent.images.items()
                    ],
                },
            },
        },
    }


def _coredns(image: str) -> dict[str, Any]:
    labels = {"k8s-app": "kube-dns", "eks.amazonaws.com/component": "coredns"}
    term = {
        "labelSelector": {"matchLabels": {"k8s-app": "kube-dns"}},
        "topologyKey": "kubernetes.io/hostname",
    }
    return {
        "apiVersion": "apps/v1",
        "kind": "Deployment",
        "metadata": {"name": "coredns", "namespace": "kube-system", "labels": labels},
        "spec": {
            "replicas": 2,
            "selector": {"matchLabels": labels},
            "template": {
                "metadata": {"labels": labels},
                "spec": {
                    "priorityClassName": "system-cluster-critical",
                    "nodeSelector": {"kubernetes.io/os": "linux"},
                    "affinity": {
                        "podAntiAffinity": {
                            "preferredDuringSchedulingIgnoredDuringExecution": [
                                {"weight": 100, "podAffinityTerm": term}
                            ]
                        }
                    },
                    # No others: with taints of their own on all nodes, nobody resolves names.
                    "tolerations": [
                        {"key": "node-role.kubernetes.io/control-plane", "effect": "NoSchedule"},
                        {"key": "CriticalAddonsOnly", "operator": "Exists"},
                    ],
                    "containers": [
                        {
                            "name": "coredns",
                            "image": image,
                            "resources": {
                                "requests": {"cpu": "100m", "memory": "70Mi"},
                                "limits": {"memory": "170Mi"},
                            },
                        }
                    ],
                },
            },
        },
    }


def _dns_service() -> dict[str, Any]:
    return {
        "apiVersion": "v1",
        "kind": "Service",
        "metadata": {"name": "kube-dns", "namespace": "kube-system", "labels": {"k8s-app": "kube-dns"}},
        "spec": {
            "clusterIP": _DNS_ADDRESS,
            "selector": {"k8s-app": "kube-dns"},
            "ports": [
                {"name": "dns", "port": 53, "protocol": "UDP"},
                {"name": "dns-tcp", "port": 53, "protocol": "TCP"},
            ],
        },
    }


def _configure(workload: dict[str, Any], configuration: str | None) -> None:
    try:
        values = json.loads(configuration or "{}")
    except ValueError:
        # YAML, which EKS takes too.
        return
    pod = workload["spec"]["template"]["spec"]
    pod.update({key: values[key] for key in ("tolerations", "nodeSelector", "affinity") if key in values})
    if "resources" in values:
        pod["containers"][0]["resources"] = values["resources"]
    if "replicaCount" in values and "replicas" in workload["spec"]:
        workload["spec"]["replicas"] = values["replicaCount"]
