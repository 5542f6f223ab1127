"""An image is pinned."""

from __future__ import annotations

import pytest

from efa_constructs.errors import InvalidArgumentError
from efa_constructs.k8s.images import check_image


@pytest.mark.parametrize(
    "image",
    [
        "mpioperator/mpi-operator:0.8.2",
        "602401143452.dkr.ecr.us-west-2.amazonaws.com/eks/aws-efa-k8s-device-plugin:v0.5.21-eksbuild.9",
        "localhost:5000/training:1",
        "registry.example.com/training@sha256:" + "0" * 64,
        "registry.example.com/training:latest@sha256:" + "0" * 64,
    ],
)
def test_takes_a_tag_or_a_digest(image):
    check_image("image", image)


@pytest.mark.parametrize(
    ("image", "message"),
    [
        ("training", "'image' is 'training', which has no tag: pin it by a version, such as training:1.2.3"),
        ("localhost:5000/training", "which has no tag"),
        ("training:latest", "which has the tag 'latest', which moves"),
        ("training:master", "which has the tag 'master', which moves"),
        ("", "no reference to a container image"),
        ("train ing:1", "no reference to a container image"),
    ],
)
def test_refuses_what_moves(image, message):
    with pytest.raises(InvalidArgumentError, match=message):
        check_image("image", image)
