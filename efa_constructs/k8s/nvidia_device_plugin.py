"""NVIDIA's device plugin."""

from __future__ import annotations

from collections.abc import Sequence

from cdk8s_plus_27 import k8s
from constructs import Construct

from ..argument_kinds import checks_kinds
from ..catalogue import GPU_LABEL, NVIDIA_DEVICE_PLUGIN_LABEL, DevicePlugin
from .argument_kinds import KINDS
from .plugin_daemon_set import DEVICE_PLUGINS_FOLDER, Identity, check_plugin, plugin_daemon_set
from .security_contexts import unprivileged

__all__ = ["NvidiaDevicePlugin"]


class NvidiaDevicePlugin(Construct):
    """Offers the NVIDIA GPUs of a node to pods, as the resource ``nvidia.com/gpu``.

    A DaemonSet of the shape of NVIDIA's static manifest. It runs on nodes with the label
    :data:`efa_constructs.catalogue.GPU_LABEL`, which an ``EfaNodeGroup`` sets: on a node without a GPU the plugin
    crash-loops. It tolerates the well-known taints of GPU and EFA nodes.

    A second plugin on a node takes the GPUs away from the first
    (https://github.com/bottlerocket-os/bottlerocket/issues/4309). So it stays away from nodes that bring one: those of
    EKS Auto Mode, which EKS labels, and those with the label
    :data:`efa_constructs.catalogue.NVIDIA_DEVICE_PLUGIN_LABEL`, ``"false"``, which an ``EfaNodeGroup`` sets on
    Bottlerocket's NVIDIA AMIs. Neither EKS nor Bottlerocket sets a label that tells such a node from another: **on
    Bottlerocket nodes of another making that carry the GPU label, set** ``"false"`` **yourself.** AL2023 nodes set the
    GPU label themselves from Kubernetes 1.35 on; whether Bottlerocket's do is not verified.
    :func:`efa_constructs.catalogue.device_plugins_needed` says where the plugin is needed at all.

    Do not run it beside NVIDIA's GPU Operator, which has a plugin of its own and may overwrite that label
    (https://github.com/NVIDIA/gpu-operator/issues/2288).

    Source: https://github.com/NVIDIA/k8s-device-plugin, ``deployments/static/nvidia-device-plugin.yml``, v0.20.0.
    """

    @checks_kinds(KINDS)
    def __init__(
        self,
        scope: Construct,
        id: str,
        *,
        image: str = "nvcr.io/nvidia/k8s-device-plugin:v0.20.0",
        namespace: str = "kube-system",
        tolerations: Sequence[k8s.Toleration] = (),
        node_taints: Sequence[k8s.Taint] = (),
    ) -> None:
        """
        :param image: Image with a tag or digest: your own copy where nodes have no way to ``nvcr.io``.
        :param namespace: Namespace, which must exist. Default: ``"kube-system"``.
        :param tolerations: Taints of your own to tolerate, beside the well-known ones. Default: none.
        :param node_taints: Taints that the nodes have: refused if the plugin would not tolerate one, for such a node
            would offer nothing, silently.
        :raises InvalidArgumentError: The image is not pinned, the namespace is no name, or a toleration would not do.
        """
        check_plugin(
            DevicePlugin.NVIDIA, image=image, namespace=namespace, tolerations=tolerations, node_taints=node_taints
        )
        super().__init__(scope, id)
        self.daemon_set: k8s.KubeDaemonSet = plugin_daemon_set(
            self,
            Identity(name="nvidia-device-plugin-daemonset", namespace=namespace, selector="nvidia-device-plugin-ds"),
            node_label=GPU_LABEL,
            avoid=[(NVIDIA_DEVICE_PLUGIN_LABEL, "false")],
            tolerations=tolerations,
            image=image,
            # From v0.19.0 to v0.19.2 it was on by default, and every GPU pod was given all of /dev/infiniband, past
            # the EFA plugin: https://github.com/NVIDIA/k8s-device-plugin/issues/1692
            env=[k8s.EnvVar(name="MOFED_ENABLED", value="false")],
            security_context=unprivileged(),
            host_paths=[DEVICE_PLUGINS_FOLDER],
        )
