"""Which devices a node offers: those of the device plugins that run on it."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from ...catalogue import EFA_RESOURCE, GPU_RESOURCE, NEURON_CORE_RESOURCE, NEURON_RESOURCE
from ...pods.known_programs import KnownProgram
from .node_objects import NodeFacts
from .outcomes import Outcome, Verdict

__all__ = ["offered_devices", "plugin_verdict"]


def plugin_verdict(program: KnownProgram, pod: dict[str, Any], node: NodeFacts) -> Verdict:
    """What becomes of a device plugin's pod on a node."""
    match program:
        case KnownProgram.EFA_DEVICE_PLUGIN if not node.efa_interfaces:
            # https://github.com/aws/eks-charts/issues/1239
            return Verdict(outcome=Outcome.CRASH_LOOP, message="No valid EFA devices found")
        case KnownProgram.NVIDIA_DEVICE_PLUGIN if not _has(node, "nvidia") and _fails_without_devices(pod):
            # https://github.com/NVIDIA/k8s-device-plugin, cmd/nvidia-device-plugin/main.go
            return Verdict(
                outcome=Outcome.CRASH_LOOP,
                message="error starting plugins: error creating plugin manager: unable to create plugin manager: "
                "Incompatible strategy detected auto: no NVIDIA driver found on the node",
            )
        case KnownProgram.NEURON_DEVICE_PLUGIN if not _has(node, "neuron"):
            return Verdict(outcome=Outcome.CRASH_LOOP, message="no Neuron devices found on the node")
        case _:
            return Verdict(outcome=Outcome.RUN)


def offered_devices(node: NodeFacts, running: Iterable[KnownProgram]) -> dict[str, int]:
    """The extended resources that a node offers.

    :param running: The device plugins that run on it.
    """
    programs = set(running)
    if node.brings_nvidia_device_plugin:
        programs.add(KnownProgram.NVIDIA_DEVICE_PLUGIN)
    offered = {}
    if KnownProgram.EFA_DEVICE_PLUGIN in programs and node.efa_interfaces:
        offered[EFA_RESOURCE] = node.efa_interfaces
    if KnownProgram.NVIDIA_DEVICE_PLUGIN in programs and _has(node, "nvidia"):
        offered[GPU_RESOURCE] = node.accelerator_count
    if KnownProgram.NEURON_DEVICE_PLUGIN in programs and _has(node, "neuron"):
        offered[NEURON_RESOURCE] = node.accelerator_count
        # That the plugin counts logical cores, of which Trainium2 has half as many as physical ones, is an inference:
        # they are what a program can be given.
        offered[NEURON_CORE_RESOURCE] = node.logical_neuron_cores
    return offered


def _has(node: NodeFacts, maker: str) -> bool:
    """Whether the node has such accelerators, and their driver."""
    return node.accelerator == maker and node.driver == maker


def _fails_without_devices(pod: dict[str, Any]) -> bool:
    """The plugin's default: FAIL_ON_INIT_ERROR, in its README."""
    values = [
        variable.get("value", "")
        for container in pod["spec"]["containers"]
        for variable in container.get("env") or ()
        if variable["name"] == "FAIL_ON_INIT_ERROR"
    ]
    return not values or values[-1].lower() not in ("false", "0", "f")
