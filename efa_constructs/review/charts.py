"""What the Helm charts of templates bring to a cluster, as far as that is known of a chart by its name."""

from __future__ import annotations

from ..pods.known_programs import KnownProgram
from .resource import Resource
from .values import known_text

__all__ = ["may_bring", "may_bring_nodes"]

# Wherever they are from: companies keep copies of charts.
_BRING = {
    "aws-efa-k8s-device-plugin": KnownProgram.EFA_DEVICE_PLUGIN,
    "gpu-operator": KnownProgram.NVIDIA_DEVICE_PLUGIN,
    "mpi-operator": KnownProgram.MPI_OPERATOR,
    "neuron-helm-chart": KnownProgram.NEURON_DEVICE_PLUGIN,
    "nvidia-device-plugin": KnownProgram.NVIDIA_DEVICE_PLUGIN,
}
# Neither a device plugin nor the MPI Operator nor nodes: charts that clusters on EKS have for other things, from those
# who make them. A chart of the same name from elsewhere may be anything.
_BRING_NEITHER = {
    "https://aws.github.io/eks-charts": (
        "aws-cloudwatch-metrics",
        "aws-for-fluent-bit",
        "aws-load-balancer-controller",
        "aws-node-termination-handler",
    ),
    "https://charts.jetstack.io": ("cert-manager",),
    "https://kubernetes-sigs.github.io/aws-ebs-csi-driver": ("aws-ebs-csi-driver",),
    "https://kubernetes-sigs.github.io/aws-efs-csi-driver": ("aws-efs-csi-driver",),
    "https://kubernetes-sigs.github.io/aws-fsx-csi-driver": ("aws-fsx-csi-driver",),
    "https://kubernetes-sigs.github.io/external-dns": ("external-dns",),
    "https://kubernetes-sigs.github.io/metrics-server": ("metrics-server",),
    # It changes the size of groups that there are.
    "https://kubernetes.github.io/autoscaler": ("cluster-autoscaler",),
    "https://kubernetes.github.io/ingress-nginx": ("ingress-nginx",),
    "https://prometheus-community.github.io/helm-charts": ("kube-prometheus-stack",),
}


def may_bring(chart: Resource, program: KnownProgram) -> bool:
    """Whether a chart may run a program: one that is not known may bring anything."""
    name = _name(chart)
    return _BRING[name] is program if name in _BRING else not _brings_neither(chart)


def may_bring_nodes(chart: Resource) -> bool:
    """Whether a chart may make nodes, as Karpenter does, or give them labels."""
    return _name(chart) not in _BRING and not _brings_neither(chart)


def _brings_neither(chart: Resource) -> bool:
    return _name(chart) in _BRING_NEITHER.get((known_text(chart.get("Repository")) or "").rstrip("/"), ())


def _name(chart: Resource) -> str | None:
    """Of the chart. None: it comes from a file, or only the deployment knows."""
    # The repository of a chart in a registry of containers is the chart: oci://public.ecr.aws/neuron/neuron-helm-chart
    named = known_text(chart.get("Chart")) or known_text(chart.get("Repository"))
    return named.rstrip("/").rpartition("/")[2] if named is not None else None
