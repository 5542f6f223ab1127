"""What the DaemonSets of all device plugins have in common."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from cdk8s_plus_27 import k8s
from constructs import Construct

from ..catalogue import DevicePlugin
from ..rules.device_plugins import PLUGIN_TOLERATES_TAINTS
from .images import check_image
from .names import check_label_name
from .node_selection import AUTO_MODE, affinity_away_from, check_tolerated, check_tolerations, plugin_tolerations

__all__ = ["DEVICE_PLUGINS_FOLDER", "HostPath", "Identity", "check_plugin", "plugin_daemon_set"]


@dataclass(frozen=True, kw_only=True)
class HostPath:
    """A path of the node that the plugin sees under the same name."""

    name: str
    path: str
    type: str | None = None
    read_only: bool | None = None


# Where the kubelet listens for plugins. Kubernetes documentation, "Device Plugins"
DEVICE_PLUGINS_FOLDER = HostPath(name="device-plugin", path="/var/lib/kubelet/device-plugins")


@dataclass(frozen=True, kw_only=True)
class Identity:
    """What a plugin's objects are called."""

    name: str
    namespace: str
    # The value of the label "name", which upstream's DaemonSets, too, select their pods by.
    selector: str

    @property
    def labels(self) -> Mapping[str, str]:
        """The labels of all objects of the plugin."""
        return {"app.kubernetes.io/name": self.name, "app.kubernetes.io/component": "device-plugin"}

    def metadata(self, *, namespaced: bool = True) -> k8s.ObjectMeta:
        """The metadata of an object of the plugin."""
        return k8s.ObjectMeta(
            name=self.name, namespace=self.namespace if namespaced else None, labels=dict(self.labels)
        )


def check_plugin(
    plugin: DevicePlugin,
    *,
    image: str,
    namespace: str,
    tolerations: Sequence[k8s.Toleration],
    node_taints: Sequence[k8s.Taint],
) -> None:
    """Refuse what no device plugin could do with. For the arguments see any of the three.

    :param plugin: Which it is, for messages.
    :raises InvalidArgumentError: The image is not pinned, the namespace is no name, or the API server would refuse a
        toleration, or the plugin would not tolerate a taint of the nodes.
    """
    check_image("image", image)
    check_label_name("namespace", namespace)
    check_tolerations(tolerations)
    check_tolerated(plugin.heading, node_taints, [*plugin_tolerations(), *tolerations], PLUGIN_TOLERATES_TAINTS)


def plugin_daemon_set(
    scope: Construct,
    identity: Identity,
    *,
    node_label: str,
    avoid: Sequence[tuple[str, str]] = (),
    tolerations: Sequence[k8s.Toleration],
    image: str,
    security_context: k8s.SecurityContext,
    host_paths: Sequence[HostPath],
    env: Sequence[k8s.EnvVar] | None = None,
    resources: k8s.ResourceRequirements | None = None,
    host_network: bool | None = None,
    service_account_name: str | None = None,
) -> k8s.KubeDaemonSet:
    """Run a device plugin on every node that has a label, but for those of EKS Auto Mode.

    Without a service account of its own it speaks to the kubelet alone, and gets no token for the API server.

    :param avoid: Labels, with their values, of further nodes to stay away from.
    """
    selector = {"name": identity.selector}
    container = k8s.Container(
        name=identity.name,
        image=image,
        env=env,
        resources=resources,
        security_context=security_context,
        volume_mounts=[
            k8s.VolumeMount(name=path.name, mount_path=path.path, read_only=path.read_only) for path in host_paths
        ],
    )
    pod = k8s.PodSpec(
        affinity=affinity_away_from(AUTO_MODE, *avoid),
        automount_service_account_token=False if service_account_name is None else None,
        containers=[container],
        host_network=host_network,
        node_selector={node_label: "true"},
        # Nodes without their plugin are useless: it is the last to be evicted.
        priority_class_name="system-node-critical",
        service_account_name=service_account_name,
        tolerations=[*plugin_tolerations(), *tolerations],
        volumes=[
            k8s.Volume(name=path.name, host_path=k8s.HostPathVolumeSource(path=path.path, type=path.type))
            for path in host_paths
        ],
    )
    return k8s.KubeDaemonSet(
        scope,
        # ApiObject.of(), the escape hatch of cdk8s, finds what has this id.
        "Resource",
        metadata=identity.metadata(),
        spec=k8s.DaemonSetSpec(
            selector=k8s.LabelSelector(match_labels=selector),
            update_strategy=k8s.DaemonSetUpdateStrategy(type="RollingUpdate"),
            template=k8s.PodTemplateSpec(
                metadata=k8s.ObjectMeta(labels={**identity.labels, **selector}),
                spec=pod,
            ),
        ),
    )
