"""The Neuron device plugin."""

from __future__ import annotations

from collections.abc import Sequence

from cdk8s_plus_27 import k8s
from constructs import Construct

from ..argument_kinds import checks_kinds
from ..catalogue import NEURON_LABEL, DevicePlugin
from .argument_kinds import KINDS
from .plugin_daemon_set import DEVICE_PLUGINS_FOLDER, HostPath, Identity, check_plugin, plugin_daemon_set
from .security_contexts import unprivileged

__all__ = ["NeuronDevicePlugin"]

# charts/neuron-helm-chart/templates/device-plugin/device-plugin-rbac.yaml
_RULES: tuple[tuple[str, tuple[str, ...]], ...] = (
    ("nodes", ("get", "list", "watch")),
    ("events", ("create", "patch")),
    ("pods", ("update", "patch", "get", "list", "watch")),
    ("nodes/status", ("patch", "update")),
)
# The chart allows "list" as well, for which there is no request: the API server and kubelets ask for "get" alone.
_NODES_PROXY = ("nodes/proxy", ("get",))


class NeuronDevicePlugin(Construct):
    """Offers Trainium and Inferentia devices to pods: ``aws.amazon.com/neuron``, ``aws.amazon.com/neuroncore``.

    A DaemonSet with its service account and cluster role, of the shape of AWS's chart. It runs on nodes with the label
    :data:`efa_constructs.catalogue.NEURON_LABEL`, which an ``EfaNodeGroup`` sets, tolerates the well-known taints of
    Neuron and EFA nodes, and stays away from nodes of EKS Auto Mode, as the chart does.

    Not verified: that the pod needs no more than no capability at all, which is what eksctl gives it (the chart leaves
    it the runtime's default), and whether the newer Neuron SDK 2.33 has an image of its own. Nothing here was run on
    AWS. Do not run it on nodes of the Neuron DRA driver: neither knows what the other gave away.

    Sources: https://github.com/aws-neuron/neuron-helm-charts, chart 1.10.0 (image 2.32.0.0, of August 2026);
    https://github.com/eksctl-io/eksctl, ``pkg/addons/assets/neuron-device-plugin.yaml``.
    """

    @checks_kinds(KINDS)
    def __init__(
        self,
        scope: Construct,
        id: str,
        *,
        nodes_proxy: bool = True,
        image: str = "public.ecr.aws/neuron/neuron-device-plugin:2.32.0.0",
        namespace: str = "kube-system",
        tolerations: Sequence[k8s.Toleration] = (),
        node_taints: Sequence[k8s.Taint] = (),
    ) -> None:
        """
        :param nodes_proxy: Whether it may ask the kubelets of all nodes whatever they answer, as the chart lets it:
            whoever gets hold of its token runs commands in every pod then
            (https://kubernetes.io/docs/concepts/security/rbac-good-practices/). eksctl gives its older version no such
            right; try ``False``, and look whether nodes offer ``aws.amazon.com/neuron``. Default: True
        :param image: Image with a tag or digest: your own copy where nodes have no way to ``public.ecr.aws``.
        :param namespace: Namespace, which must exist. Default: ``"kube-system"``.
        :param tolerations: Taints of your own to tolerate, beside the well-known ones. Default: none.
        :param node_taints: Taints that the nodes have: refused if the plugin would not tolerate one, for such a node
            would offer nothing, silently.
        :raises InvalidArgumentError: The image is not pinned, the namespace is no name, or a toleration would not do.
        """
        check_plugin(
            DevicePlugin.NEURON, image=image, namespace=namespace, tolerations=tolerations, node_taints=node_taints
        )
        super().__init__(scope, id)
        identity = Identity(name="neuron-device-plugin", namespace=namespace, selector="neuron-device-plugin-ds")
        rules = [*_RULES, _NODES_PROXY] if nodes_proxy else _RULES
        self.service_account: k8s.KubeServiceAccount = k8s.KubeServiceAccount(
            self, "ServiceAccount", metadata=identity.metadata()
        )
        k8s.KubeClusterRole(
            self,
            "ClusterRole",
            metadata=identity.metadata(namespaced=False),
            rules=[
                k8s.PolicyRule(api_groups=[""], resources=[resource], verbs=list(verbs)) for resource, verbs in rules
            ],
        )
        k8s.KubeClusterRoleBinding(
            self,
            "ClusterRoleBinding",
            metadata=identity.metadata(namespaced=False),
            role_ref=k8s.RoleRef(api_group="rbac.authorization.k8s.io", kind="ClusterRole", name=identity.name),
            subjects=[k8s.Subject(kind="ServiceAccount", name=identity.name, namespace=namespace)],
        )
        self.daemon_set: k8s.KubeDaemonSet = plugin_daemon_set(
            self,
            identity,
            node_label=NEURON_LABEL,
            tolerations=tolerations,
            image=image,
            env=[
                k8s.EnvVar(name="KUBECONFIG", value="/etc/kubernetes/kubelet.conf"),
                k8s.EnvVar(
                    name="NODE_NAME",
                    value_from=k8s.EnvVarSource(field_ref=k8s.ObjectFieldSelector(field_path="spec.nodeName")),
                ),
            ],
            security_context=unprivileged(),
            host_paths=[
                DEVICE_PLUGINS_FOLDER,
                HostPath(name="infa-map", path="/run"),
                HostPath(name="aws-config", path="/opt/aws", read_only=True),
            ],
            service_account_name=identity.name,
        )
