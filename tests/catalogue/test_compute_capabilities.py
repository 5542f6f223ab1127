"""Which programs of CUDA the GPUs of a type run."""

from __future__ import annotations

import pytest

from efa_constructs import catalogue


@pytest.mark.parametrize(
    ("instance_type", "capability"),
    [
        ("p4d.24xlarge", (8, 0)),
        ("p5.48xlarge", (9, 0)),
        ("p6-b300.48xlarge", (10, 3)),
        ("g4dn.8xlarge", (7, 5)),
        ("trn1.32xlarge", None),
        ("hpc7a.96xlarge", None),
    ],
)
def test_is_that_of_the_gpus_model(instance_type, capability):
    assert catalogue.compute_capability(catalogue.get(instance_type)) == capability


def test_is_known_of_every_gpu_of_the_catalogue():
    types = [instance for instance in catalogue.all_instance_types() if instance.has_nvidia_gpus]
    assert [instance.name for instance in types if catalogue.compute_capability(instance) is None] == []
