"""Where AWS publishes the AMI that an AMI type stands for."""

from __future__ import annotations

import pytest

from efa_constructs.catalogue import AMI_TYPES, ami_parameter


@pytest.mark.parametrize(
    ("ami_type", "parameter"),
    [
        (
            "AL2023_x86_64_NVIDIA",
            "/aws/service/eks/optimized-ami/1.35/amazon-linux-2023/x86_64/nvidia/recommended/image_id",
        ),
        (
            "AL2023_ARM_64_STANDARD",
            "/aws/service/eks/optimized-ami/1.35/amazon-linux-2023/arm64/standard/recommended/image_id",
        ),
        (
            "AL2023_x86_64_NEURON",
            "/aws/service/eks/optimized-ami/1.35/amazon-linux-2023/x86_64/neuron/recommended/image_id",
        ),
        ("BOTTLEROCKET_x86_64", "/aws/service/bottlerocket/aws-k8s-1.35/x86_64/latest/image_id"),
        (
            "BOTTLEROCKET_ARM_64_NVIDIA_FIPS",
            "/aws/service/bottlerocket/aws-k8s-1.35-nvidia-fips/arm64/latest/image_id",
        ),
    ],
)
def test_names_the_parameter(ami_type: str, parameter: str) -> None:
    assert ami_parameter(AMI_TYPES[ami_type], "1.35") == parameter


def test_there_is_none_for_an_ami_of_ones_own() -> None:
    assert ami_parameter(AMI_TYPES["CUSTOM"], "1.35") is None


def test_no_two_usable_types_share_a_parameter() -> None:
    found = [ami_parameter(each, "1.35") for each in AMI_TYPES.values() if not each.refused]
    assert None not in found
    assert len(set(found)) == len(found)
