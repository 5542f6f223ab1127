"""The EFA device plugin."""

from __future__ import annotations

from collections.abc import Sequence

from cdk8s_plus_27 import k8s
from constructs import Construct

from ..argument_kinds import checks_kinds
from ..catalogue import EFA_LABEL, DevicePlugin, eks_image_registry
from ..errors import InvalidArgumentError
from .argument_kinds import KINDS
from .images import check_tag
from .names import check_label_name
from .plugin_daemon_set import DEVICE_PLUGINS_FOLDER, HostPath, Identity, check_plugin, plugin_daemon_set
from .tokens import has_token

__all__ = ["EfaDevicePlugin"]

# The newest: https://github.com/aws/eks-charts/pull/1366, 2026-09-10
_VERSION = "v0.5.21-eksbuild.13"


class EfaDevicePlugin(Construct):
    """Offers the EFA interfaces of a node to pods, as the resource ``vpc.amazonaws.com/efa``.

    A DaemonSet of the shape of AWS's chart. It runs on nodes with the label
    :data:`efa_constructs.catalogue.EFA_LABEL`, which an ``EfaNodeGroup`` sets, and not by a list of instance types: on
    a node of an EFA type without an EFA interface, the plugin crash-loops. It tolerates the well-known taints of EFA,
    GPU and Neuron nodes, which the chart does not, and stays away from nodes of EKS Auto Mode, which bring it.

    It is privileged, as upstream: since v0.5.9 it reads which EFA is near which GPU or Neuron device. People report
    that it works on GPU nodes without (https://github.com/NVIDIA/aicr/pull/872); nothing here was run on AWS.

    Source: https://github.com/aws/eks-charts, ``stable/aws-efa-k8s-device-plugin``, chart v0.5.30.
    """

    @checks_kinds(KINDS)
    def __init__(
        self,
        scope: Construct,
        id: str,
        *,
        region: str | None = None,
        image: str | None = None,
        version: str = _VERSION,
        namespace: str = "kube-system",
        name: str = "aws-efa-k8s-device-plugin",
        tolerations: Sequence[k8s.Toleration] = (),
        node_taints: Sequence[k8s.Taint] = (),
    ) -> None:
        """
        :param region: Region of the cluster, from whose registry the nodes pull the image: another Region's is out of
            reach from another partition, and without a way to the internet. Give this or ``image``.
        :param image: Image with a tag or digest. Where AWS CDK knows the Region only at deployment, give
            ``EfaDevicePlugin.image_in(registry)`` with what a CloudFormation mapping of
            :data:`efa_constructs.catalogue.EKS_IMAGE_REGISTRIES` finds. Give this or ``region``.
        :param version: Tag of the image in the Region's registry. Default: ``"v0.5.21-eksbuild.13"``.
        :param namespace: Namespace, which must exist. Default: ``"kube-system"``.
        :param name: Name of the DaemonSet, and label of its pods. Default: ``"aws-efa-k8s-device-plugin"``.
        :param tolerations: Taints of your own to tolerate, beside the well-known ones. Default: none.
        :param node_taints: Taints that the nodes have: refused if the plugin would not tolerate one, for such a node
            would offer nothing, silently.
        :raises InvalidArgumentError: Neither or both of ``region`` and ``image`` are given, the registry of the Region
            is not known, the image or version is not pinned, a name is none, or a toleration would not do.
        """
        image = _image(region, image, version)
        check_label_name("name", name)
        check_plugin(
            DevicePlugin.EFA, image=image, namespace=namespace, tolerations=tolerations, node_taints=node_taints
        )
        super().__init__(scope, id)
        self.daemon_set: k8s.KubeDaemonSet = plugin_daemon_set(
            self,
            Identity(name=name, namespace=namespace, selector=name),
            node_label=EFA_LABEL,
            tolerations=tolerations,
            image=image,
            security_context=k8s.SecurityContext(
                privileged=True, allow_privilege_escalation=True, run_as_non_root=False, run_as_user=0
            ),
            host_paths=[
                DEVICE_PLUGINS_FOLDER,
                HostPath(name="infiniband-volume", path="/dev/infiniband/"),
                # Made where it is missing: on nodes without Neuron devices.
                HostPath(name="neuron-tools", path="/opt/aws/neuron/", type="DirectoryOrCreate"),
            ],
            resources=k8s.ResourceRequirements(
                requests={"cpu": k8s.Quantity.from_string("10m"), "memory": k8s.Quantity.from_string("20Mi")}
            ),
            host_network=True,
        )

    @staticmethod
    def image_in(registry: str, version: str = _VERSION) -> str:
        """Return the plugin's image in a registry of EKS, which may be a token of AWS CDK.

        :param version: Tag. Default: ``"v0.5.21-eksbuild.13"``.
        """
        return f"{registry}/eks/aws-efa-k8s-device-plugin:{version}"


def _image(region: str | None, image: str | None, version: str) -> str:
    if region is None and image is None:
        raise InvalidArgumentError(
            "neither 'region' nor 'image' is given: give the Region of the cluster, from whose registry the image comes"
        )
    if image is not None:
        if region is not None:
            raise InvalidArgumentError(
                f"'region' is '{region}' and 'image' is '{image}', which names its registry itself: give one of them"
            )
        if version != _VERSION:
            raise InvalidArgumentError(
                f"'version' is '{version}' and 'image' is '{image}', which has a tag or digest itself: give one of them"
            )
        return image
    assert region is not None
    if has_token(region):
        raise InvalidArgumentError(
            f"'region' is '{region}', which is known only at deployment: pass 'image', made by "
            "EfaDevicePlugin.image_in() with the registry that a CloudFormation mapping of EKS_IMAGE_REGISTRIES finds"
        )
    check_tag("version", version)
    return EfaDevicePlugin.image_in(eks_image_registry(region), version)
