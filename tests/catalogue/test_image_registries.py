"""EKS's images come from the right account, at the right address, in every Region."""

from __future__ import annotations

import json
import re
from pathlib import Path

import botocore
import pytest

from efa_constructs.catalogue import EKS_IMAGE_REGISTRIES, eks_image_registry, regions
from efa_constructs.catalogue.image_registries import right_eks_image_registry
from efa_constructs.errors import InvalidArgumentError


@pytest.mark.parametrize(
    ("region", "registry"),
    [
        ("us-west-2", "602401143452.dkr.ecr.us-west-2.amazonaws.com"),
        ("ap-east-1", "800184023465.dkr.ecr.ap-east-1.amazonaws.com"),
        ("il-central-1", "066635153087.dkr.ecr.il-central-1.amazonaws.com"),
        ("us-gov-west-1", "013241004608.dkr.ecr.us-gov-west-1.amazonaws.com"),
        ("cn-north-1", "918309763551.dkr.ecr.cn-north-1.amazonaws.com.cn"),
        ("us-isob-east-1", "187977181151.dkr.ecr.us-isob-east-1.sc2s.sgov.gov"),
    ],
)
def test_is_the_account_of_the_region_under_the_domain_of_its_partition(region, registry):
    assert eks_image_registry(region) == registry


def test_has_a_registry_for_every_region_of_the_catalogue():
    assert set(regions()) < set(EKS_IMAGE_REGISTRIES)


def test_agrees_with_botocore_about_the_domain_of_every_region():
    data = json.loads((Path(botocore.__file__).parent / "data" / "partitions.json").read_text())
    for region, registry in EKS_IMAGE_REGISTRIES.items():
        (suffix,) = [
            partition["outputs"]["dnsSuffix"]
            for partition in data["partitions"]
            if re.fullmatch(partition["regionRegex"], region)
        ]
        assert re.fullmatch(rf"\d{{12}}\.dkr\.ecr\.{region}\.{re.escape(suffix)}", registry)


@pytest.mark.parametrize(
    ("region", "message"),
    [
        (
            "us-west-22",
            "'region' is 'us-west-22', of which .*: did you mean us-west-2, .*? Otherwise pass 'image', with the",
        ),
        ("", "'region' is '', of which the account of EKS's image registry is not known: pass 'image'"),
    ],
)
def test_says_to_pass_an_image_where_it_does_not_know_the_account(region, message):
    with pytest.raises(InvalidArgumentError, match=message):
        eks_image_registry(region)


@pytest.mark.parametrize(
    ("registry", "region", "right"),
    [
        ("602401143452.dkr.ecr.us-west-2.amazonaws.com", "us-west-2", None),
        # Another Region of the partition, and one that nobody knows before the deployment.
        ("602401143452.dkr.ecr.us-west-2.amazonaws.com", "us-east-1", None),
        ("602401143452.dkr.ecr.us-west-2.amazonaws.com", None, None),
        # Of that Region the account is another one.
        ("602401143452.dkr.ecr.eu-south-1.amazonaws.com", None, "590381155156.dkr.ecr.eu-south-1.amazonaws.com"),
        ("590381155156.dkr.ecr.us-west-2.amazonaws.com", "eu-south-1", "602401143452.dkr.ecr.us-west-2.amazonaws.com"),
        (
            "602401143452.dkr.ecr.us-west-2.amazonaws.com",
            "us-gov-west-1",
            "013241004608.dkr.ecr.us-gov-west-1.amazonaws.com",
        ),
        ("013241004608.dkr.ecr.us-gov-west-1.amazonaws.com", "us-gov-east-1", None),
        (
            "602401143452.dkr.ecr.us-west-2.amazonaws.com",
            "cn-north-1",
            "918309763551.dkr.ecr.cn-north-1.amazonaws.com.cn",
        ),
        # Not EKS's, or of a Region that is newer than the catalogue.
        ("123456789012.dkr.ecr.eu-south-1.amazonaws.com", "eu-south-1", None),
        ("602401143452.dkr.ecr.xx-west-1.amazonaws.com", "us-west-2", None),
        ("public.ecr.aws", "cn-north-1", None),
    ],
)
def test_says_which_registry_has_the_images_where_one_has_not(
    registry: str, region: str | None, right: str | None
) -> None:
    assert right_eks_image_registry(registry, region) == right
