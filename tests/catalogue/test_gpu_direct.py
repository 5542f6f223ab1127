"""Which types NCCL gets GPUDirect RDMA on."""

from __future__ import annotations

import pytest

from efa_constructs import catalogue


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("p4d.24xlarge", True),
        ("p5.48xlarge", True),
        ("p5en.48xlarge", True),
        ("p6-b300.48xlarge", True),
        ("p6e-gb200.36xlarge", True),
        ("g5.48xlarge", False),
        ("g6e.48xlarge", False),
        ("p3dn.24xlarge", False),
        ("g7e.8xlarge", False),
        ("hpc7a.96xlarge", False),
        ("trn1.32xlarge", False),
        ("p5.4xlarge", None),
        ("g7e.48xlarge", None),
    ],
)
def test_says_what_a_source_says(name: str, expected: bool | None) -> None:
    assert catalogue.has_gpu_direct_rdma(catalogue.get(name)) is expected


def test_a_type_that_has_it_has_rdma() -> None:
    having = [one for one in catalogue.all_instance_types() if catalogue.has_gpu_direct_rdma(one)]
    assert len(having) >= 8
    assert [one.name for one in having if not one.rdma] == []
