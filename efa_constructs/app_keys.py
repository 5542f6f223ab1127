"""The keys of the app's configuration in a CDK context. ``stacks/settings.py`` says what their values mean."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from .errors import EfaConstructsError, InvalidConfigurationError

__all__ = [
    "ADMIN_ROLE_ARN",
    "AMI_TYPE",
    "AVAILABILITY_ZONE",
    "CAPACITY_BLOCK_ID",
    "CAPACITY_RESERVATION_ID",
    "CLUSTER_FACTS",
    "DESIRED_SIZE",
    "EFA_DEVICE_PLUGIN_IMAGE",
    "INSTANCE_TYPE",
    "INTERFACE_LAYOUT",
    "KEYS",
    "KUBERNETES_VERSION",
    "MAX_SIZE",
    "MIN_SIZE",
    "MPI_OPERATOR_IMAGE",
    "NCCL_TESTS",
    "NCCL_TESTS_IMAGE",
    "NETWORK_ZONES",
    "NEURON_DEVICE_PLUGIN_IMAGE",
    "NVIDIA_DEVICE_PLUGIN_IMAGE",
    "PLACEMENT_GROUP",
    "PREFIX",
    "PRIVATE_ENDPOINT",
    "PUBLIC_ACCESS_CIDRS",
    "SECRETS_KEY_ARN",
    "VOLUME_KEY_ARN",
    "VOLUME_SIZE_GIB",
    "errors_naming",
    "text_of",
]

# A key that begins with it is the app's, and one that is none of these is a mistake.
PREFIX = "efa:"

INSTANCE_TYPE = "efa:instanceType"
MIN_SIZE = "efa:minSize"
DESIRED_SIZE = "efa:desiredSize"
MAX_SIZE = "efa:maxSize"
VOLUME_SIZE_GIB = "efa:volumeSizeGiB"
INTERFACE_LAYOUT = "efa:interfaceLayout"
AVAILABILITY_ZONE = "efa:availabilityZone"
KUBERNETES_VERSION = "efa:kubernetesVersion"
CLUSTER_FACTS = "efa:clusterFacts"
PLACEMENT_GROUP = "efa:placementGroup"
CAPACITY_RESERVATION_ID = "efa:capacityReservationId"
CAPACITY_BLOCK_ID = "efa:capacityBlockId"
AMI_TYPE = "efa:amiType"
NETWORK_ZONES = "efa:networkZones"
ADMIN_ROLE_ARN = "efa:adminRoleArn"
PRIVATE_ENDPOINT = "efa:privateEndpoint"
PUBLIC_ACCESS_CIDRS = "efa:publicAccessCidrs"
VOLUME_KEY_ARN = "efa:volumeKeyArn"
SECRETS_KEY_ARN = "efa:secretsKeyArn"
EFA_DEVICE_PLUGIN_IMAGE = "efa:efaDevicePluginImage"
NVIDIA_DEVICE_PLUGIN_IMAGE = "efa:nvidiaDevicePluginImage"
NEURON_DEVICE_PLUGIN_IMAGE = "efa:neuronDevicePluginImage"
MPI_OPERATOR_IMAGE = "efa:mpiOperatorImage"
NCCL_TESTS_IMAGE = "efa:ncclTestsImage"
NCCL_TESTS = "efa:ncclTests"

# In the order in which people read them.
KEYS = (
    INSTANCE_TYPE,
    MIN_SIZE,
    DESIRED_SIZE,
    MAX_SIZE,
    VOLUME_SIZE_GIB,
    INTERFACE_LAYOUT,
    AVAILABILITY_ZONE,
    KUBERNETES_VERSION,
    CLUSTER_FACTS,
    PLACEMENT_GROUP,
    CAPACITY_RESERVATION_ID,
    CAPACITY_BLOCK_ID,
    AMI_TYPE,
    NETWORK_ZONES,
    ADMIN_ROLE_ARN,
    PRIVATE_ENDPOINT,
    PUBLIC_ACCESS_CIDRS,
    VOLUME_KEY_ARN,
    SECRETS_KEY_ARN,
    EFA_DEVICE_PLUGIN_IMAGE,
    NVIDIA_DEVICE_PLUGIN_IMAGE,
    NEURON_DEVICE_PLUGIN_IMAGE,
    MPI_OPERATOR_IMAGE,
    NCCL_TESTS_IMAGE,
    NCCL_TESTS,
)


def text_of(context: Mapping[str, Any], key: str) -> str | None:
    """The text under a key, as the app reads it. None: the context has no such key.

    :raises InvalidConfigurationError: it is no text, or an empty one.
    """
    if key not in context:
        return None
    value = context[key]
    if not isinstance(value, str) or not value.strip():
        raise InvalidConfigurationError(
            f"'{key}': the value must be a text that is not empty, got {value!r}; leave the key out for its default"
        )
    return value.strip()


@contextmanager
def errors_naming(key: str) -> Iterator[None]:
    """Let errors about a value name the key under which it was given.

    :raises InvalidConfigurationError: in place of any other error of this project.
    """
    try:
        yield
    except EfaConstructsError as error:
        raise InvalidConfigurationError(f"'{key}': {error}") from None
