"""Nodes carry the labels that the device plugins look for, and only those."""

from __future__ import annotations

import pytest

from efa_constructs import catalogue
from efa_constructs.catalogue import EFA_LABEL, GPU_LABEL, NEURON_LABEL, node_labels


@pytest.mark.parametrize(
    ("name", "labels"),
    [
        ("p5.48xlarge", {EFA_LABEL, GPU_LABEL}),
        ("trn2.48xlarge", {EFA_LABEL, NEURON_LABEL}),
        ("hpc7a.96xlarge", {EFA_LABEL}),
        ("dl1.24xlarge", {EFA_LABEL}),
    ],
)
def test_names_what_the_node_has(name, labels):
    instance = catalogue.get(name)
    assert node_labels(instance, has_efa=True) == dict.fromkeys(labels, "true")


def test_promises_no_efa_to_a_node_launched_without():
    assert node_labels(catalogue.get("p5.48xlarge"), has_efa=False) == {GPU_LABEL: "true"}
