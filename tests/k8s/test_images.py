"""An image is pinned."""

from __future__ import annotations

import pytest
from aws_cdk import Aws, Fn

from efa_constructs.errors import InvalidArgumentError
from efa_constructs.k8s.images import check_image, check_tag


@pytest.mark.parametrize(
    "image",
    [
        "mpioperator/mpi-operator:0.8.2",
        "602401143452.dkr.ecr.us-west-2.amazonaws.com/eks/aws-efa-k8s-device-plugin:v0.5.21-eksbuild.9",
        "localhost:5000/training:1",
        "Registry.Example.com/team_a/train-er__x.y:V1",
        "${Token[Repository.Uri.4]}:1",
        "registry.example.com/${Token[Repository.Name.4]}/train-${Token[Stage.5]}:1",
        "registry-${Token[TOKEN.12]}.example.com:5000/training:1",
        "registry.example.com/training@sha256:" + "0" * 64,
        "registry.example.com/training:latest@sha256:" + "0" * 64,
        "${Token[TOKEN.12]}/eks/aws-efa-k8s-device-plugin:v0.5.21-eksbuild.13",
        "registry.example.com/training:${Token[Version.3]}",
        "registry.example.com/training@${Token[Digest.3]}",
        "${Token[AWS.Image.7]}",
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
        ("${Token[TOKEN.12]}/training", "which has no tag"),
        ("${Token[TOKEN.12]}/training:latest", "which has the tag 'latest', which moves"),
        ("", "no reference to a container image"),
        (
            "train ing:1",
            r"no reference to a container image: give one such as registry.example.com/train:1.2.3.* \(EFA-K8S-016\)",
        ),
        ("Train:1", "no reference to a container image"),
        ("registry.example.com/Train:1", "no reference to a container image"),
        ("/train:1", "no reference to a container image"),
        ("https://registry.example.com/train:1", "no reference to a container image"),
        ("registry.example.com//train:1", "no reference to a container image"),
        ("registry.example.com/train:1:2", "no reference to a container image"),
    ],
)
def test_refuses_what_moves(image, message):
    with pytest.raises(InvalidArgumentError, match=message):
        check_image("image", image)


def test_lets_what_aws_cdk_makes_of_a_token_pass():
    check_image("image", Fn.find_in_map("Registries", Fn.ref("AWS::Region"), "eks"))
    with pytest.raises(InvalidArgumentError, match="has no tag"):
        check_image("image", f"{Aws.ACCOUNT_ID}.dkr.ecr.{Aws.REGION}.{Aws.URL_SUFFIX}/training")


@pytest.mark.parametrize("tag", ["v1", "2.32.0.0", "v0.5.21-eksbuild.13", "${Token[Version.3]}"])
def test_takes_a_tag_that_stays(tag):
    check_tag("version", tag)


@pytest.mark.parametrize(
    ("tag", "message"),
    [
        ("latest", "'version' is 'latest', which moves: pin it by a version, such as 1.2.3"),
        ("", "'version' is '', which is no tag"),
        ("v1:2", "'version' is 'v1:2', which is no tag"),
    ],
)
def test_refuses_another_tag(tag, message):
    with pytest.raises(InvalidArgumentError, match=message):
        check_tag("version", tag)
