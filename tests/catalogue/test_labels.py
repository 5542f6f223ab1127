"""Nodes carry the labels that the device plugins look for, and only those."""

from __future__ import annotations

import pytest

from efa_constructs import catalogue
from efa_constructs.catalogue import EFA_LABEL, GPU_LABEL, NEURON_LABEL, NVIDIA_DEVICE_PLUGIN_LABEL, node_labels


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


@pytest.mark.parametrize(
    ("ami_type", "brings_the_plugin"),
    [
        ("BOTTLEROCKET_x86_64_NVIDIA", True),
        ("BOTTLEROCKET_x86_64_NVIDIA_FIPS", True),
        ("BOTTLEROCKET_x86_64", False),
        ("AL2023_x86_64_NVIDIA", False),
    ],
)
def test_keeps_nvidias_plugin_off_nodes_that_bring_it(ami_type, brings_the_plugin):
    labels = node_labels(catalogue.get("p5.48xlarge"), has_efa=True, ami_type=catalogue.AMI_TYPES[ami_type])
    assert labels.get(NVIDIA_DEVICE_PLUGIN_LABEL) == ("false" if brings_the_plugin else None)
