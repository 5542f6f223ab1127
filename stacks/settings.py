"""The app's configuration: flat CDK context under ``efa:``, parsed once."""

from __future__ import annotations

import difflib
import ipaddress
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from efa_constructs import app_keys, catalogue
from efa_constructs.aws import Capacity
from efa_constructs.catalogue.identifiers import IAM_ROLE_ARN, KMS_KEY_ARN
from efa_constructs.errors import EfaConstructsError, InvalidConfigurationError
from efa_constructs.lookups.cluster_facts import ClusterFacts, read_cluster_facts

__all__ = ["KEYS", "Settings", "errors_by_key"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """What the app deploys. Defaults are those of the EKS guide: two p4d.24xlarge, on a new cluster."""

    instance_type: str = "p4d.24xlarge"
    min_size: int = 1
    desired_size: int = 2
    max_size: int = 3
    volume_size_gib: int = 300
    interface_layout: str = "default"
    availability_zone: str | None = None
    kubernetes_version: str | None = None
    cluster_facts: ClusterFacts | None = None
    placement_group: str | None = None
    capacity_reservation_id: str | None = None
    capacity_block_id: str | None = None
    ami_type: str | None = None
    network_zones: tuple[str, ...] = ()
    admin_role_arn: str | None = None
    private_endpoint: bool = False
    public_access_cidrs: tuple[str, ...] = ()
    volume_key_arn: str | None = None
    secrets_key_arn: str | None = None
    efa_device_plugin_image: str | None = None
    nvidia_device_plugin_image: str | None = None
    neuron_device_plugin_image: str | None = None
    mpi_operator_image: str | None = None
    nccl_tests_image: str | None = None
    # None: where the nodes could run it.
    nccl_tests: bool | None = None

    @staticmethod
    def from_context(context: Mapping[str, Any]) -> Settings:
        """Parse the ``efa:`` keys of a CDK context; other keys are none of ours.

        :raises InvalidConfigurationError: an unknown key, or a value of the wrong kind; it names the key, the value and
            what is allowed.
        """
        values = {}
        for key, value in context.items():
            if not key.lower().startswith(app_keys.PREFIX):
                continue
            if key not in KEYS:
                raise InvalidConfigurationError(f"'{key}' is not a configuration key, {_proposal(key)}")
            field, parse = KEYS[key]
            try:
                values[field] = parse(value)
            except EfaConstructsError as error:
                raise InvalidConfigurationError(f"'{key}': {error}") from None
        return Settings(**values)

    @property
    def capacity(self) -> Capacity:
        """How the instances are paid for.

        :raises EfaConstructsError: both a reservation and a Capacity Block, or what EC2 does not offer for the type.
        """
        if self.capacity_block_id is not None and self.capacity_reservation_id is not None:
            raise InvalidConfigurationError(
                f"'efa:capacityBlockId' {self.capacity_block_id} and 'efa:capacityReservationId' "
                f"{self.capacity_reservation_id} exclude each other: give one of them"
            )
        if self.capacity_block_id is not None:
            capacity = Capacity.capacity_block(self.capacity_block_id)
        elif self.capacity_reservation_id is not None:
            capacity = Capacity.reservation(self.capacity_reservation_id)
        else:
            capacity = Capacity.on_demand()
        try:
            capacity.check(catalogue.get(self.instance_type))
        except EfaConstructsError as error:
            raise InvalidConfigurationError(
                f"'efa:capacityBlockId' is {self.capacity_block_id or 'not set'}, which does not go with "
                f"'efa:instanceType' {self.instance_type}: {error}"
            ) from None
        return capacity


def _text(value: Any) -> str:
    if not isinstance(value, str) or not value.strip():
        # Not "the default": whoever passes an empty variable of a shell would deploy something else than they meant.
        raise InvalidConfigurationError(
            f"the value must be a text that is not empty, got {value!r}; leave the key out for its default"
        )
    return value.strip()


def _instance_type(value: Any) -> str:
    return catalogue.get(_text(value)).name


def _availability_zone(value: Any) -> str:
    zone = _text(value)
    catalogue.region_of_zone(zone)
    return zone


def _reservation(value: Any) -> str:
    identifier = _text(value)
    Capacity.reservation(identifier)
    return identifier


def _role_arn(value: Any) -> str:
    arn = _text(value)
    if not IAM_ROLE_ARN.fullmatch(arn):
        raise InvalidConfigurationError(
            f"the value must be the ARN of an IAM role, such as arn:aws:iam::123456789012:role/admin, got {arn!r}; of "
            "an assumed role (sts) give the role itself"
        )
    return arn


def _key_arn(value: Any) -> str:
    arn = _text(value)
    if not KMS_KEY_ARN.fullmatch(arn):
        raise InvalidConfigurationError(
            "the value must be the ARN of a KMS key, such as arn:aws:kms:us-east-1:123456789012:key/"
            f"1234abcd-12ab-34cd-56ef-1234567890ab, got {arn!r}; an alias may be moved to another key"
        )
    return arn


def _image(value: Any) -> str:
    # It loads cdk8s, which an app of nodes alone does without.
    from efa_constructs.k8s.images import check_image

    image = _text(value)
    check_image("image", image)
    return image


def _number(value: Any) -> int:
    if isinstance(value, int) and not isinstance(value, bool):
        return value
    if isinstance(value, float) and value.is_integer():
        return int(value)
    if isinstance(value, str) and value.strip().isdecimal():
        return int(value)
    raise InvalidConfigurationError(f"the value must be a whole number from 0, got {value!r}")


def _boolean(value: Any) -> bool:
    if isinstance(value, bool):
        return value
    if value in ("true", "false"):
        return bool(value == "true")
    raise InvalidConfigurationError(f"the value must be true or false, got {value!r}")


def _texts(value: Any) -> tuple[str, ...]:
    """A list, or what the command line passes for one: texts with commas between them."""
    items = value.split(",") if isinstance(value, str) else value
    if not isinstance(items, list) or not items:
        raise InvalidConfigurationError(f"the value must be a list of texts, or texts with commas, got {value!r}")
    return tuple(_text(item) for item in items)


def _network_zones(value: Any) -> tuple[str, ...]:
    return tuple(_availability_zone(zone) for zone in _texts(value))


def _cidrs(value: Any) -> tuple[str, ...]:
    cidrs = _texts(value)
    for cidr in cidrs:
        try:
            ipaddress.IPv4Network(cidr)
        except ValueError:
            raise InvalidConfigurationError(
                f"the value must be IPv4 ranges such as 203.0.113.0/24, got {cidr!r}"
            ) from None
    return cidrs


def _facts(value: Any) -> ClusterFacts:
    return read_cluster_facts(Path(_text(value)))


# Configuration key: the field of Settings, and how its value is read.
KEYS: Mapping[str, tuple[str, Callable[[Any], Any]]] = {
    app_keys.INSTANCE_TYPE: ("instance_type", _instance_type),
    app_keys.MIN_SIZE: ("min_size", _number),
    app_keys.DESIRED_SIZE: ("desired_size", _number),
    app_keys.MAX_SIZE: ("max_size", _number),
    app_keys.VOLUME_SIZE_GIB: ("volume_size_gib", _number),
    app_keys.INTERFACE_LAYOUT: ("interface_layout", _text),
    app_keys.AVAILABILITY_ZONE: ("availability_zone", _availability_zone),
    app_keys.KUBERNETES_VERSION: ("kubernetes_version", _text),
    app_keys.CLUSTER_FACTS: ("cluster_facts", _facts),
    app_keys.PLACEMENT_GROUP: ("placement_group", _text),
    app_keys.CAPACITY_RESERVATION_ID: ("capacity_reservation_id", _reservation),
    app_keys.CAPACITY_BLOCK_ID: ("capacity_block_id", _reservation),
    app_keys.AMI_TYPE: ("ami_type", _text),
    app_keys.NETWORK_ZONES: ("network_zones", _network_zones),
    app_keys.ADMIN_ROLE_ARN: ("admin_role_arn", _role_arn),
    app_keys.PRIVATE_ENDPOINT: ("private_endpoint", _boolean),
    app_keys.PUBLIC_ACCESS_CIDRS: ("public_access_cidrs", _cidrs),
    app_keys.VOLUME_KEY_ARN: ("volume_key_arn", _key_arn),
    app_keys.SECRETS_KEY_ARN: ("secrets_key_arn", _key_arn),
    app_keys.EFA_DEVICE_PLUGIN_IMAGE: ("efa_device_plugin_image", _image),
    app_keys.NVIDIA_DEVICE_PLUGIN_IMAGE: ("nvidia_device_plugin_image", _image),
    app_keys.NEURON_DEVICE_PLUGIN_IMAGE: ("neuron_device_plugin_image", _image),
    app_keys.MPI_OPERATOR_IMAGE: ("mpi_operator_image", _image),
    app_keys.NCCL_TESTS_IMAGE: ("nccl_tests_image", _image),
    app_keys.NCCL_TESTS: ("nccl_tests", _boolean),
}


# Arguments of constructs that are not named like the field of Settings from which they come.
_OTHER_NAMES = {"volume_size": app_keys.VOLUME_SIZE_GIB}


@contextmanager
def errors_by_key() -> Iterator[None]:
    """Let errors of constructs name the configuration key, where they name the argument that it became.

    :raises InvalidConfigurationError: in place of any other error of this project.
    """
    try:
        yield
    except EfaConstructsError as error:
        message = str(error)
        for argument, key in {**{field: key for key, (field, _) in KEYS.items()}, **_OTHER_NAMES}.items():
            message = message.replace(f"'{argument}'", f"'{key}'")
        raise InvalidConfigurationError(message) from error


def _proposal(key: str) -> str:
    close = difflib.get_close_matches(key, KEYS, n=1)
    return f"did you mean '{close[0]}'?" if close else f"use one of: {', '.join(KEYS)}"
