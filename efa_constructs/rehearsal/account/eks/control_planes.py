"""What the account asks of the Kubernetes control plane of a cluster, where clusters have one."""

from __future__ import annotations

from concurrent.futures import Future
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

if TYPE_CHECKING:
    from ...programs import Programs
    from .state import AccessEntry, Cluster, EksState

__all__ = ["ClusterControlPlane", "ControlPlanes", "control_planes", "set_control_planes"]


class ClusterControlPlane(Protocol):
    """The control plane of one cluster, and what stands in for its nodes."""

    @property
    def url(self) -> str:
        """Where the API server answers."""

    @property
    def certificate_authority(self) -> str:
        """The certificate in PEM that has signed the API server's."""

    @property
    def folder(self) -> Path:
        """Where those who work with it may keep files until it ends."""

    @property
    def programs(self) -> Programs:
        """Among which those who work with it may run others, which end before it does."""

    def kubeconfig_for(self, principal_arn: str, entry: AccessEntry | None) -> Path:
        """A file with which kubectl reaches it as a principal of IAM.

        :param principal_arn: Role or user.
        :param entry: Its access entry, whose groups and policies it has. None for the principal that made the cluster.
        """

    def join_nodes(self) -> None:
        """Let the instances of the cluster's node groups be its nodes, and wait until they are ready.

        :raises AwsError: they do not become ready.
        """

    def wait_until_ready(self) -> int:
        """Wait until the API server answers. Return how often it was started again so far.

        :raises AwsError: it does not answer.
        """

    def install_addon(self, name: str, version: str, configuration: str | None = None) -> None:
        """Run on the cluster what an add-on runs, or change it.

        :raises AwsError: the API server refuses it.
        """

    def remove_addon(self, name: str) -> None:
        """Delete from the cluster what an add-on runs.

        :raises AwsError: the API server refuses it.
        """

    def stop(self) -> None:
        """End it."""


class ControlPlanes(Protocol):
    """Gives clusters their control planes."""

    def start(self, state: EksState, cluster: Cluster) -> ClusterControlPlane:
        """Start one, and wait until it answers.

        :raises AwsError: it does not start.
        """

    def describe(self) -> list[dict[str, Any]]:
        """Which clusters have one, and where its files are: for whoever reads them."""

    def stop(self) -> None:
        """End all of them."""


# It takes seconds to load. None: clusters have no control plane.
_CONTROL_PLANES: Future[ControlPlanes] | None = None


def set_control_planes(provider: Future[ControlPlanes]) -> None:
    """Say where the clusters of this account get their control planes, which may still be on its way."""
    global _CONTROL_PLANES
    _CONTROL_PLANES = provider


def control_planes() -> ControlPlanes | None:
    """Where they get them. Waits until it is there."""
    return _CONTROL_PLANES.result() if _CONTROL_PLANES is not None else None
