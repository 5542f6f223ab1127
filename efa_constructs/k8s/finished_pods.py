"""The pods of an MPI job with their overrides."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from functools import cached_property
from typing import Any

from ..pods.requests import pod_requests, total
from .launcher import LauncherPlacement

__all__ = ["FinishedPods", "Pod", "mpi_container", "shown"]

_MIB = 2**20

# The specification of a pod.
Pod = Mapping[str, Any]


@dataclass(frozen=True, kw_only=True)
class FinishedPods:
    """What the operator gets.

    :param worker: Pod template of the workers.
    :param launcher: That of the launcher.
    :param placement: Whether the launcher runs on a worker's node.
    """

    worker: Mapping[str, Any]
    launcher: Mapping[str, Any]
    placement: LauncherPlacement

    @property
    def of_one_node(self) -> list[Pod]:
        """The specifications of the pods that may share a node."""
        with_launcher = self.placement is LauncherPlacement.WORKER_NODE
        return [self.worker["spec"], self.launcher["spec"]] if with_launcher else [self.worker["spec"]]

    @cached_property
    def requests(self) -> Mapping[str, Decimal]:
        """What these request together, by resource."""
        return total(map(pod_requests, self.of_one_node))

    @property
    def who_asks(self) -> str:
        """These pods and their verb, for messages."""
        return "a worker and the launcher beside it ask" if len(self.of_one_node) > 1 else "a worker asks"

    @property
    def plain_variables(self) -> dict[str, str]:
        """The variables of the MPI containers whose values are known."""
        variables = [
            variable
            for pod in (self.launcher["spec"], self.worker["spec"])
            for variable in mpi_container(pod).get("env", [])
        ]
        return {variable["name"]: variable["value"] for variable in variables if "value" in variable}


def mpi_container(pod: Pod) -> Mapping[str, Any]:
    """The container that the operator sets up SSH in."""
    first: Mapping[str, Any] = pod["containers"][0]
    return first


def shown(resource: str, amount: Decimal) -> str:
    """An amount of a resource, exact, for messages."""
    in_bytes = resource == "memory" or resource.startswith("hugepages-")
    # Without zeros at the end, and without an exponent.
    return f"{(amount / _MIB).normalize():f} MiB" if in_bytes else f"{amount.normalize():f}"
