"""What the emulated EKS remembers: the clusters of each account and Region."""

from __future__ import annotations

import datetime
import secrets
import threading
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from moto.ec2.models import EC2Backend, ec2_backends
from moto.iam.models import IAMBackend, iam_backends

from ..eks_refusals import not_found
from .control_planes import ClusterControlPlane

__all__ = ["AccessEntry", "Cluster", "EksState", "Manifest", "eks_state", "identifier", "now"]


@dataclass(frozen=True, kw_only=True)
class Manifest:
    """Something that an app asked a cluster without a control plane to run.

    The account accepts a manifest after the checks it can make, and keeps it for whoever has a control plane. Nothing
    here was applied.
    """

    # "Custom::AWSCDK-EKS-KubernetesResource", "Custom::AWSCDK-EKS-HelmChart", ...
    type_name: str
    physical_id: str
    stack_name: str
    logical_id: str
    properties: Mapping[str, Any]


@dataclass(kw_only=True)
class AccessEntry:
    """An access entry, and the access policies associated with it by policy ARN; all as the API shows them."""

    description: dict[str, Any]
    policies: dict[str, dict[str, Any]] = field(default_factory=dict)
    # EKS made it for the nodes of its node groups, and deletes it with the last of them.
    of_node_groups: bool = False


@dataclass(kw_only=True)
class Cluster:
    """A cluster and all that belongs to it; descriptions are as the API shows them."""

    description: dict[str, Any]
    # The principal that made it, which may do everything in it; None where that is nobody who uses kubectl here.
    creator: str | None = None
    # Whether it was there before the app, with nodes that nobody knows here.
    existed: bool = False
    # None: the account's clusters have none.
    control_plane: ClusterControlPlane | None = None
    node_groups: dict[str, dict[str, Any]] = field(default_factory=dict)
    access_entries: dict[str, AccessEntry] = field(default_factory=dict)
    addons: dict[str, dict[str, Any]] = field(default_factory=dict)
    pod_identity_associations: dict[str, dict[str, Any]] = field(default_factory=dict)
    updates: dict[str, dict[str, Any]] = field(default_factory=dict)
    # Accepted, but not applied: by physical id, in the order in which they came.
    manifests: dict[str, Manifest] = field(default_factory=dict)

    @property
    def name(self) -> str:
        """The cluster's name."""
        return str(self.description["name"])

    def node_group(self, name: str) -> dict[str, Any]:
        """The node group with this name."""
        if name not in self.node_groups:
            raise not_found(f"No node group found for name: {name}.")
        return self.node_groups[name]

    def record_update(self, kind: str, params: Mapping[str, Any]) -> dict[str, Any]:
        """Remember an update that succeeded at once."""
        unique = identifier()
        update = {
            "id": unique,
            "status": "Successful",
            "type": kind,
            "params": [{"type": key, "value": str(value)} for key, value in params.items()],
            "createdAt": now(),
            "errors": [],
        }
        self.updates[unique] = update
        return update


class EksState:
    """The clusters of one account in one Region, and the services beside them."""

    def __init__(self, account: str, region: str) -> None:
        self.account = account
        self.region = region
        self.clusters: dict[str, Cluster] = {}
        # Held while instances of node groups are launched or terminated: Auto Scaling does it beside requests.
        self.scaling = threading.RLock()

    @property
    def ec2(self) -> EC2Backend:
        """EC2 of the same account and Region."""
        return ec2_backends[self.account][self.region]

    @property
    def iam(self) -> IAMBackend:
        """IAM of the same account."""
        return iam_backends[self.account]["aws"]

    def arn(self, resource: str) -> str:
        """The ARN of an EKS resource, such as ``"cluster/training"``."""
        return f"arn:aws:eks:{self.region}:{self.account}:{resource}"

    def cluster(self, name: str) -> Cluster:
        """The cluster with this name."""
        if name not in self.clusters:
            raise not_found(f"No cluster found for name: {name}.")
        return self.clusters[name]


_STATES: dict[tuple[str, str], EksState] = {}


def eks_state(account: str, region: str) -> EksState:
    """EKS of one account in one Region."""
    return _STATES.setdefault((account, region), EksState(account, region))


def now() -> datetime.datetime:
    """The time of the request, in UTC."""
    return datetime.datetime.now(datetime.UTC)


def identifier() -> str:
    """A random identifier in the form of a UUID, as EKS gives to node groups, add-ons and updates."""
    digits = secrets.token_hex(16)
    return "-".join((digits[:8], digits[8:12], digits[12:16], digits[16:20], digits[20:]))
