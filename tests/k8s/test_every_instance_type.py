"""A job that takes every default runs on every EFA type, with one node or many."""

from __future__ import annotations

from fractions import Fraction

import pytest

from efa_constructs import catalogue
from efa_constructs.catalogue import EFA_RESOURCE
from efa_constructs.k8s import MpiJob
from efa_constructs.tree_warnings import warnings_of

from .charts import chart as new_chart

FAMILIES = sorted({instance.family for instance in catalogue.all_instance_types()})


def mebibytes(quantity):
    return int(quantity.removesuffix("Mi"))


@pytest.mark.parametrize("family", FAMILIES)
def test_fits_the_node_with_its_launcher_and_the_daemon_sets(family):
    for instance in catalogue.find(family=family):
        for nodes in (1, 2, 64):
            chart = new_chart()
            job = MpiJob(chart, "Train", instance_type=instance.name, nodes=nodes, image="train:1", command=["./train"])
            assert warnings_of(chart) == [], instance.name
            assert_fits(instance, job, nodes)


def assert_fits(instance, job, nodes):
    node = catalogue.allocatable(instance)
    spec = job.api_object.to_json()["spec"]
    replicas = spec["mpiReplicaSpecs"]
    worker, launcher = (
        replicas[role]["template"]["spec"]["containers"][0]["resources"] for role in ("Worker", "Launcher")
    )
    memory = mebibytes(worker["requests"]["memory"]) + mebibytes(launcher["requests"]["memory"])
    assert memory + catalogue.DAEMON_SETS_MEMORY_MIB <= node.conservative_memory_mib
    cpu = sum(Fraction(one["requests"]["cpu"].removesuffix("m")) for one in (worker, launcher))
    assert cpu + catalogue.DAEMON_SETS_CPU_MILLICORES <= node.cpu_millicores
    hugepages = mebibytes(worker["limits"].get("hugepages-2Mi", "0Mi"))
    assert hugepages % 2 == 0
    assert hugepages <= node.hugepages_2mi_mib
    assert worker["limits"].get(EFA_RESOURCE, 0) == instance.known_efa_interfaces
    resource = catalogue.accelerator_resource(instance)
    assert resource is None or worker["limits"][resource] == instance.accelerator_count
    command = replicas["Launcher"]["template"]["spec"]["containers"][0]["command"]
    assert int(command[command.index("-np") + 1]) == spec["slotsPerWorker"] * nodes
