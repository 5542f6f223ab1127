"""What nodes offer their accelerators as."""

from __future__ import annotations

import pytest

from efa_constructs import catalogue
from efa_constructs.catalogue.extended_resources import accelerator_resource


@pytest.mark.parametrize(
    ("instance_type", "resource"),
    [
        ("p5.48xlarge", "nvidia.com/gpu"),
        ("trn1.32xlarge", "aws.amazon.com/neuron"),
        ("c6gn.16xlarge", None),
        # Gaudi: there is no plugin of ours for it.
        ("dl1.24xlarge", None),
    ],
)
def test_each_kind_of_accelerator_has_a_resource_of_its_own(instance_type: str, resource: str | None) -> None:
    assert accelerator_resource(catalogue.get(instance_type)) == resource
