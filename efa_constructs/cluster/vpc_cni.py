"""Which version of the Amazon VPC CNI plugin a cluster runs, add-on of EKS or not."""

from __future__ import annotations

import asyncio
from http import HTTPStatus

from ..errors import KubernetesRequestError
from ..pods.image_references import image_reference
from .kubeconfig import Kubeconfig, connected
from .kubernetes_api import API_ERRORS, server_words, status_code

__all__ = ["read_vpc_cni_version"]

# As AWS's manifest and Helm chart name the DaemonSet and its container:
# https://github.com/aws/amazon-vpc-cni-k8s/blob/master/config/master/aws-k8s-cni.yaml
_DAEMON_SET = "/apis/apps/v1/namespaces/kube-system/daemonsets/aws-node"
_CONTAINER = "aws-node"


def read_vpc_cni_version(kubeconfig: Kubeconfig) -> str | None:
    """Read the version in the tag of the image of the DaemonSet ``aws-node``, such as ``"v1.20.4"``.

    :returns: None: there is no such DaemonSet, or its image has no tag.
    :raises KubernetesRequestError: the API server does not answer, or may not tell.
    """
    image = asyncio.run(_image(kubeconfig))
    return image_reference(image).tag if image else None


async def _image(kubeconfig: Kubeconfig) -> str | None:
    async with connected(kubeconfig) as api:
        try:
            daemon_set = await api.get(_DAEMON_SET)
        except API_ERRORS as error:
            if status_code(error) == HTTPStatus.NOT_FOUND:
                return None
            raise KubernetesRequestError(
                f"the API server {kubeconfig.server} does not tell of DaemonSet aws-node: {server_words(error)}"
            ) from None
    containers = daemon_set["spec"]["template"]["spec"]["containers"]
    return next((str(each["image"]) for each in containers if each["name"] == _CONTAINER), None)
