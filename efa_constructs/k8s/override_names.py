"""Names in overrides of a pod template: what the API server would refuse."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from .names import (
    check_keys,
    check_label_name,
    check_labels,
    check_port,
    check_subdomain_name,
    check_variable_names,
)
from .node_selection import check_tolerations, tolerations_of

__all__ = ["check_names_of"]

_NAMES_OF_OBJECTS = ("priorityClassName", "runtimeClassName", "serviceAccountName")


def check_names_of(argument: str, overrides: Mapping[str, Any]) -> None:
    """Refuse names, labels, ports and tolerations that the API server would refuse.

    :param argument: Where the overrides were given, for messages.
    :param overrides: Right in their kinds.
    :raises InvalidArgumentError: naming the field.
    """
    metadata, spec = overrides.get("metadata", {}), overrides.get("spec", {})
    check_labels(f"{argument}.metadata.labels", metadata.get("labels", {}))
    check_keys(f"{argument}.metadata.annotations", metadata.get("annotations", {}))
    check_labels(f"{argument}.spec.nodeSelector", spec.get("nodeSelector", {}))
    for field in _NAMES_OF_OBJECTS:
        if field in spec:
            check_subdomain_name(f"{argument}.spec.{field}", spec[field])
    for index, volume in enumerate(spec.get("volumes", [])):
        check_label_name(f"{argument}.spec.volumes[{index}].name", volume["name"])
    for field in ("containers", "initContainers"):
        for index, container in enumerate(spec.get(field, [])):
            _check_container(f"{argument}.spec.{field}[{index}]", container)
    check_tolerations(tolerations_of(spec), f"{argument}.spec.tolerations")


def _check_container(where: str, container: Mapping[str, Any]) -> None:
    check_label_name(f"{where}.name", container["name"])
    check_variable_names(f"{where}.env", (variable["name"] for variable in container.get("env", [])))
    for index, port in enumerate(container.get("ports", [])):
        check_port(f"{where}.ports[{index}]", port["containerPort"], port.get("name"))
