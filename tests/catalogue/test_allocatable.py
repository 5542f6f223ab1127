"""What a node has for pods: the figures of nodes that were seen, and what holds for every type."""

from __future__ import annotations

import pytest

from efa_constructs import catalogue
from efa_constructs.catalogue import allocatable, node_allocatable
from efa_constructs.errors import InvalidArgumentError

EVERY_TYPE = catalogue.all_instance_types()


@pytest.mark.parametrize(
    ("names", "cpu", "hugepages", "most", "surely"),
    [
        ("p4d.24xlarge p4de.24xlarge", 95690, 21122, 1119157, 1061590),
        ("p5.48xlarge p5e.48xlarge", 191450, 42242, 2004381, 1896168),
        ("p5en.48xlarge p6-b200.48xlarge", 191450, 42242, 2003303, 1895090),
        ("p6-b300.48xlarge", 191450, 42242, 4051382, 3834956),
        ("p5.4xlarge", 15890, 3522, 250834, 237308),
    ],
)
def test_computes_cpu_memory_and_huge_pages_of_gpu_nodes(names, cpu, hugepages, most, surely):
    for name in names.split():
        found = allocatable(name)
        assert (found.cpu_millicores, found.hugepages_2mi_mib) == (cpu, hugepages), name
        assert (found.memory_mib, found.conservative_memory_mib) == (most, surely), name


# Allocatable of `kubectl describe node`, in awslabs/awsome-distributed-ai; for p5 the memory is the capacity, less what
# is reserved.
@pytest.mark.parametrize(
    ("name", "cpu", "hugepages", "memory_kib"),
    [
        ("p4de.24xlarge", 95690, 21122, 1_146_004_920),
        ("p5.48xlarge", 191450, 42242, 2_097_112_716 - (1355 + 100 + 42242) * 1024),
    ],
)
def test_agrees_with_nodes_that_were_seen(name, cpu, hugepages, memory_kib):
    found = allocatable(name)
    assert (found.cpu_millicores, found.hugepages_2mi_mib) == (cpu, hugepages)
    seen = memory_kib / 1024
    assert found.conservative_memory_mib < seen <= found.memory_mib
    # The larger figure is close enough to be of use: within 0.01 %.
    assert found.memory_mib - seen < seen / 10_000


def test_holds_together_for_every_type():
    for instance_type in EVERY_TYPE:
        found = allocatable(instance_type)
        name = instance_type.name
        assert 0 < found.cpu_millicores < instance_type.vcpus * 1000, name
        assert 0 < found.conservative_memory_mib <= found.memory_mib < instance_type.memory_mib, name
        assert 0 < found.hugepages_2mi_mib < found.conservative_memory_mib, name
        assert found.hugepages_2mi_mib % 2 == 0, name


def test_bottlerocket_reserves_one_huge_page_less():
    found, al2023 = allocatable("p4d.24xlarge", operating_system="BOTTLEROCKET"), allocatable("p4d.24xlarge")
    assert found.hugepages_2mi_mib == al2023.hugepages_2mi_mib - 2 == 21120
    assert found.memory_mib == al2023.memory_mib + 2
    assert found.cpu_millicores == al2023.cpu_millicores


def test_reserves_memory_for_the_pods_that_are_given():
    few, many = allocatable("p4d.24xlarge", max_pods=250), allocatable("p4d.24xlarge", max_pods=737)
    assert many == allocatable("p4d.24xlarge")
    assert few.memory_mib - many.memory_mib == (737 - 250) * 11
    assert few.conservative_memory_mib - many.conservative_memory_mib == (737 - 250) * 11


def test_bounds_the_memory_on_both_sides_where_the_number_of_pods_is_unknown():
    unknown = catalogue.get("p6e-gb200.36xlarge")
    assert catalogue.max_pods(unknown, catalogue.network_interfaces(unknown)).reported is None
    found = allocatable(unknown)
    every = [catalogue.max_pods(known, catalogue.network_interfaces(known)).reported for known in EVERY_TYPE]
    for pods in filter(None, every):
        known = allocatable(unknown, max_pods=pods)
        assert found.conservative_memory_mib <= known.conservative_memory_mib
        assert known.memory_mib <= found.memory_mib


@pytest.mark.parametrize(
    ("name", "arguments", "message"),
    [
        ("p4d.24xlarge", {"max_pods": 0}, "'max_pods' must be at least 1, got 0"),
        ("p4d.24xlarge", {"operating_system": "AL2"}, "'operating_system' must be AL2023 or BOTTLEROCKET, got 'AL2'"),
        ("trn1.32xlarge", {"operating_system": "BOTTLEROCKET"}, "use AL2023"),
    ],
)
def test_refuses_what_no_node_can_be(name, arguments, message):
    with pytest.raises(InvalidArgumentError, match=message):
        allocatable(name, **arguments)


def test_nodes_of_any_type_have_what_those_of_efa_types_have():
    p5 = catalogue.get("p5.48xlarge")
    found = node_allocatable(vcpus=p5.vcpus, memory_mib=p5.memory_mib, max_pods=100, has_efa=True)
    # How much memory its kernel sees is known for p4d alone.
    assert found == allocatable(p5, max_pods=100)


def test_a_node_without_efa_reserves_no_huge_pages_and_a_small_one_less_cpu():
    # t3.medium, 17 pods: nodeadm reserves 60 + 10 millicores, 11 MiB a pod and 255.
    found = node_allocatable(vcpus=2, memory_mib=4096, max_pods=17, has_efa=False)
    assert (found.cpu_millicores, found.hugepages_2mi_mib) == (1930, 0)
    assert found.conservative_memory_mib == int(4096 * 0.925) - (11 * 17 + 255) - 100
    assert node_allocatable(vcpus=1, memory_mib=1024, max_pods=4, has_efa=False).cpu_millicores == 940


@pytest.mark.parametrize(("vcpus", "reserved"), [(1, 60), (2, 70), (3, 75), (4, 80), (8, 90), (192, 550)])
def test_reserves_less_of_every_further_core(vcpus, reserved):
    found = node_allocatable(vcpus=vcpus, memory_mib=4096, max_pods=1, has_efa=False)
    assert found.cpu_millicores == vcpus * 1000 - reserved


def test_bottlerocket_reserves_one_huge_page_less_on_any_type():
    of_type = {"vcpus": 96, "memory_mib": 1_179_648, "max_pods": 737, "has_efa": True}
    found = node_allocatable(**of_type, operating_system="BOTTLEROCKET")
    assert found.hugepages_2mi_mib == 21120
    assert found.hugepages_2mi_mib == node_allocatable(**of_type).hugepages_2mi_mib - 2


def test_a_node_may_be_for_a_single_pod():
    assert allocatable("p4d.24xlarge", max_pods=1).memory_mib == allocatable("p4d.24xlarge").memory_mib + 736 * 11
