"""Rules about the DaemonSets that offer a node's devices to pods."""

from __future__ import annotations

from .rule import Rule, Severity

__all__ = [
    "DEVICE_PLUGIN_RULES",
    "GPU_PLUGIN_LEAVES_EFAS",
    "PLUGIN_IS_THERE",
    "PLUGIN_KNOWS_TYPE",
    "PLUGIN_REACHES_KUBELET",
    "PLUGIN_SELECTS_NODES",
    "PLUGIN_SELECTS_TYPES",
    "PLUGIN_TOLERATES_TAINTS",
]

_EKS_GUIDE = "https://docs.aws.amazon.com/eks/latest/userguide/node-efa.html"
_TAINTS = "https://kubernetes.io/docs/concepts/scheduling-eviction/taint-and-toleration/"
_DEVICE_PLUGINS = (
    "https://kubernetes.io/docs/concepts/extend-kubernetes/compute-storage-net/device-plugins/#device-plugin-deployment"
)

PLUGIN_IS_THERE = Rule(
    id="EFA-K8S-001",
    severity=Severity.ERROR,
    title="What offers the devices that pods ask for runs on the cluster",
    problem="{object} asks for {resource}, and no DaemonSet of these templates offers it on the cluster that they make",
    why="A node offers a device only while its plugin runs there. Pods that ask for one stay Pending for ever.",
    fix="apply {plugin}, for example by {construct}",
    source=_DEVICE_PLUGINS,
)
PLUGIN_TOLERATES_TAINTS = Rule(
    id="EFA-K8S-002",
    severity=Severity.ERROR,
    title="Device plugins tolerate the taints of the nodes whose devices they offer",
    problem="{object} does not tolerate the taint {taint} of node group {group}, whose nodes have {resource}",
    why="No pod of the plugin runs there, the nodes offer no device, and pods that ask for one stay Pending. Nothing "
    "fails.",
    fix="give the DaemonSet a toleration with the key '{key}' and the operator Exists",
    source=_TAINTS,
)
PLUGIN_SELECTS_TYPES = Rule(
    id="EFA-K8S-003",
    severity=Severity.ERROR,
    title="Device plugins do not leave out the instance types whose devices they should offer",
    problem="{object} goes only to nodes with {requirement}, which {types} of node group {group} are not",
    why="Lists of instance types grow stale: on a type that is not on it no pod of the plugin runs, the nodes offer no "
    "device, and pods that ask for one stay Pending. Nothing fails.",
    fix="let the DaemonSet select nodes by a label that the node group sets, such as {label}",
    source="https://github.com/aws-samples/aws-efa-eks/issues/15",
)
PLUGIN_SELECTS_NODES = Rule(
    id="EFA-K8S-004",
    severity=Severity.WARNING,
    title="Device plugins select nodes by what the node groups say of them",
    problem="{object} goes only to nodes with {requirement}, which node group {group} does not set",
    why="Unless something else sets the label, no pod of the plugin runs there, the nodes offer no device, and pods "
    "that ask for one stay Pending.",
    fix="set the label on the node group, which this project gives {label}, or let the DaemonSet select nodes by one "
    "that the node group sets",
    source=_EKS_GUIDE,
)
GPU_PLUGIN_LEAVES_EFAS = Rule(
    id="EFA-K8S-011",
    severity=Severity.WARNING,
    title="NVIDIA's device plugin leaves EFA devices to the EFA device plugin",
    problem="{object} has MOFED_ENABLED {setting}, on a cluster with EFA",
    why="With it, NVIDIA's plugin gives every pod that asks for a GPU all of /dev/infiniband, past the EFA device "
    "plugin.",
    fix="set MOFED_ENABLED to false",
    source="https://docs.aws.amazon.com/eks/latest/userguide/device-management-efa.html",
)
PLUGIN_KNOWS_TYPE = Rule(
    id="EFA-K8S-012",
    severity=Severity.ERROR,
    title="The EFA device plugin knows the devices of the instance type",
    problem="{object} has version {version}, and {types} of node group {group} needs {oldest} or later",
    why="On P6-B200, older versions take the two controllers of the NVLink fabric for EFAs: a node offers ten of them, "
    "and a job that gets one of the two fails in NCCL.",
    fix="use the newest version, such as that of EfaDevicePlugin",
    source=_EKS_GUIDE,
)
PLUGIN_REACHES_KUBELET = Rule(
    id="EFA-K8S-022",
    severity=Severity.ERROR,
    title="Device plugins mount the folder in which they and the kubelet meet",
    problem="{object} does not mount {folder} of its node",
    why="A plugin registers with the kubelet by a socket in that folder, and listens at another one there. Without it "
    "the nodes offer no device, and pods that ask for one stay Pending.",
    fix="mount {folder} of the node (hostPath) at the same path of the container",
    source="https://kubernetes.io/docs/concepts/extend-kubernetes/compute-storage-net/device-plugins/"
    "#device-plugin-deployment",
)
DEVICE_PLUGIN_RULES = (
    PLUGIN_IS_THERE,
    PLUGIN_TOLERATES_TAINTS,
    PLUGIN_SELECTS_TYPES,
    PLUGIN_SELECTS_NODES,
    GPU_PLUGIN_LEAVES_EFAS,
    PLUGIN_KNOWS_TYPE,
    PLUGIN_REACHES_KUBELET,
)
