"""Which versions of the Amazon VPC CNI plugin can live with EFA interfaces, and how many addresses it takes."""

from __future__ import annotations

from .instance_types import InstanceType
from .interfaces import NetworkInterface
from .release_numbers import release_numbers

__all__ = [
    "MINIMUM_WITH_EFA",
    "MINIMUM_WITH_EFA_ONLY",
    "VARIABLES_OF_OTHER_ADDRESSES",
    "VPC_CNI_ADDON",
    "is_version",
    "supports_efa",
    "supports_efa_only",
    "warm_pool_addresses",
]

VPC_CNI_ADDON = "vpc-cni"
"""The plugin's name among EKS's add-ons: Amazon EKS User Guide, "AWS add-ons"."""

# https://docs.aws.amazon.com/eks/latest/userguide/node-efa.html, "Prerequisites"
MINIMUM_WITH_EFA = "1.7.10"
# Older ones take an interface without an address for one of theirs.
# https://docs.aws.amazon.com/eks/latest/userguide/node-efa.html, "Considerations"
MINIMUM_WITH_EFA_ONLY = "1.18.5"
VARIABLES_OF_OTHER_ADDRESSES = ("ENABLE_PREFIX_DELEGATION", "ENABLE_MULTI_NIC", "AWS_VPC_K8S_CNI_CUSTOM_NETWORK_CFG")
"""With these it gives pods other addresses than secondary ones of network card 0.

Source: https://github.com/aws/amazon-vpc-cni-k8s#cni-configuration-variables
"""
# One interface for the pods that run, and WARM_ENI_TARGET's one for those to come.
_INTERFACES_OF_FEW_PODS = 2


def supports_efa(version: str) -> bool:
    """Whether a version, such as ``"v1.20.4-eksbuild.2"``, leaves interfaces with EFA and an address alone."""
    return release_numbers(version) >= release_numbers(MINIMUM_WITH_EFA)


def supports_efa_only(version: str) -> bool:
    """Whether a version, such as ``"v1.20.4-eksbuild.2"``, leaves ``efa-only`` interfaces alone."""
    return release_numbers(version) >= release_numbers(MINIMUM_WITH_EFA_ONLY)


def is_version(text: str) -> bool:
    """Whether a text, such as the tag of an image, says a version that the others here can judge."""
    return bool(release_numbers(text))


def warm_pool_addresses(instance_type: InstanceType, interfaces: tuple[NetworkInterface, ...]) -> int | None:
    """Return how many more addresses of the subnet the plugin takes for a node with a few pods.

    As it is set by default, it fills the primary interface with addresses as the node starts, and attaches and fills
    another one with the first pod: https://github.com/aws/amazon-vpc-cni-k8s/blob/master/docs/eni-and-ip-target.md

    :param interfaces: Those of the launch template, which leave fewer places on network card 0, the only one that the
        plugin uses.
    :returns: Addresses beside those of the template's interfaces. None: AWS publishes too little to know.
    """
    each, places = instance_type.ipv4_addresses_per_interface, instance_type.network_cards[0].maximum_interfaces
    if each is None or places is None:
        return None
    taken = sum(interface.network_card_index == 0 for interface in interfaces)
    further = min(_INTERFACES_OF_FEW_PODS - 1, places - taken)
    return (each - 1) + max(further, 0) * each
