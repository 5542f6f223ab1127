"""What becomes of device plugins' pods, and what nodes then offer."""

from __future__ import annotations

from typing import Any

import pytest

from efa_constructs.catalogue import EFA_RESOURCE, GPU_RESOURCE, NEURON_CORE_RESOURCE, NEURON_RESOURCE
from efa_constructs.pods.known_programs import KnownProgram
from efa_constructs.rehearsal.twin.device_plugins import offered_devices, plugin_verdict
from efa_constructs.rehearsal.twin.outcomes import Outcome

from ..live_cluster import p4d_facts

EFA, NVIDIA, NEURON = (
    KnownProgram.EFA_DEVICE_PLUGIN,
    KnownProgram.NVIDIA_DEVICE_PLUGIN,
    KnownProgram.NEURON_DEVICE_PLUGIN,
)
P4D = p4d_facts(1)


def pod(**environment: str) -> dict[str, Any]:
    env = [{"name": name, "value": value} for name, value in environment.items()]
    return {"spec": {"containers": [{"image": "plugin", "env": env}, {"image": "sidecar"}]}}


def test_a_node_offers_what_its_plugins_find() -> None:
    assert offered_devices(P4D, []) == {}
    assert offered_devices(P4D, [EFA]) == {EFA_RESOURCE: 4}
    assert offered_devices(P4D, [EFA, NVIDIA, NEURON]) == {EFA_RESOURCE: 4, GPU_RESOURCE: 8}
    trn1 = p4d_facts(1, accelerator="neuron", driver="neuron", accelerator_count=16, logical_neuron_cores=32)
    assert offered_devices(trn1, [NEURON]) == {NEURON_RESOURCE: 16, NEURON_CORE_RESOURCE: 32}


def test_devices_without_their_driver_are_not_found() -> None:
    assert offered_devices(p4d_facts(1, driver=None), [NVIDIA]) == {}
    assert offered_devices(p4d_facts(1, brings_nvidia_device_plugin=True), []) == {GPU_RESOURCE: 8}


@pytest.mark.parametrize(
    ("program", "node", "outcome"),
    [
        (EFA, P4D, Outcome.RUN),
        (EFA, p4d_facts(1, efa_interfaces=0), Outcome.CRASH_LOOP),
        (NVIDIA, P4D, Outcome.RUN),
        (NVIDIA, p4d_facts(1, driver=None), Outcome.CRASH_LOOP),
        (NVIDIA, p4d_facts(1, accelerator=None, accelerator_count=0), Outcome.CRASH_LOOP),
        (NEURON, P4D, Outcome.CRASH_LOOP),
        (NEURON, p4d_facts(1, accelerator="neuron", driver="neuron"), Outcome.RUN),
    ],
)
def test_a_plugin_runs_where_its_devices_are(program: KnownProgram, node: Any, outcome: Outcome) -> None:
    verdict = plugin_verdict(program, pod(), node)
    assert verdict.outcome is outcome
    assert bool(verdict.message) == (outcome is Outcome.CRASH_LOOP)


@pytest.mark.parametrize(
    ("value", "outcome"), [("false", Outcome.RUN), ("0", Outcome.RUN), ("true", Outcome.CRASH_LOOP)]
)
def test_nvidias_plugin_waits_where_it_is_told_not_to_fail(value: str, outcome: Outcome) -> None:
    assert plugin_verdict(NVIDIA, pod(FAIL_ON_INIT_ERROR=value), p4d_facts(1, driver=None)).outcome is outcome
