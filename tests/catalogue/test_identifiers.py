"""What names and addresses of AWS look like, and of which Region they are."""

from __future__ import annotations

import re

import pytest

from efa_constructs.catalogue.identifiers import (
    KMS_ARN_START,
    KMS_KEY_ARN,
    check_cluster_name,
    in_another_region,
    is_zone_name_of,
)
from efa_constructs.errors import InvalidArgumentError


def test_a_cluster_has_a_name_and_its_arn_is_none() -> None:
    for name in ("training", "7-of_9", "a" * 100):
        check_cluster_name("--cluster", name)
    arn = "arn:aws:eks:us-west-2:123456789012:cluster/training"
    for other in (arn, "", "-training", "a" * 101):
        message = f"'--cluster' is '{other}', use the name of an EKS cluster: letters, digits, - and _, and not its ARN"
        with pytest.raises(InvalidArgumentError, match=f"^{re.escape(message)}$"):
            check_cluster_name("--cluster", other)


@pytest.mark.parametrize(
    ("zone", "is_one"),
    [
        ("us-west-2b", True),
        ("us-west-2-lax-1a", True),
        ("us-west-2-wl1-las-wlz-1", True),
        ("us-west-2", False),
        ("us-west-2B", False),
        ("us-west-2bc", False),
        ("us-west-1b", False),
        ("usw2-az2", False),
        ("us-west-2-", False),
        ("xus-west-2b", False),
    ],
)
def test_the_name_of_a_zone_begins_with_its_region(zone: str, is_one: bool) -> None:
    assert is_zone_name_of("us-west-2", zone) is is_one


def test_a_dot_in_a_region_is_a_dot() -> None:
    assert not is_zone_name_of("us.west.2", "us-west-2b")


@pytest.mark.parametrize(
    ("url", "other"),
    [
        ("https://0A1B.gr7.us-west-2.eks.amazonaws.com", None),
        ("https://0A1B.gr7.eu-west-1.eks.amazonaws.com", "eu-west-1"),
        ("https://oidc.eks.eu-west-1.amazonaws.com/id/us-west-2", "eu-west-1"),
        ("https://oidc.eks.us-west-2.amazonaws.com/id/a.eu-west-1.b", None),
        ("https://oidc.eks.us-west-2.amazonaws.com/id/https://x.eu-west-1.y", None),
        ("https://127.0.0.1:6443", None),
        ("us-east-1", None),
        ("", None),
    ],
)
def test_an_address_names_the_region_that_it_is_in(url: str, other: str | None) -> None:
    assert in_another_region("us-west-2", url) == other


@pytest.mark.parametrize(
    ("arn", "is_key"),
    [
        ("arn:aws:kms:eu-west-1:123456789012:key/01234567-89ab-cdef-0123-456789abcdef", True),
        ("arn:aws-cn:kms:eu-west-1:123456789012:key/mrk-0123456789abcdef0123456789abcdef", True),
        ("arn:aws:kms:eu-west-1:123456789012:alias/training", False),
        ("arn:aws:kms:eu-west-1:⟨?AWS::AccountId⟩:key/01234567-89ab-cdef-0123-456789abcdef", False),
    ],
)
def test_the_arn_of_a_key_begins_with_its_region_whoever_has_it(arn: str, is_key: bool) -> None:
    start, whole = KMS_ARN_START.match(arn), KMS_KEY_ARN.fullmatch(arn)
    assert start is not None and start["region"] == "eu-west-1"
    assert (whole is not None) == is_key
    assert whole is None or whole["region"] == "eu-west-1"
