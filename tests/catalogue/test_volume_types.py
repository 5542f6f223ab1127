"""Limits of EBS volumes, held to what EC2's own API model says of them."""

from __future__ import annotations

import re

import botocore.session
import pytest

from efa_constructs.catalogue.instance_metadata import MAXIMUM_HOP_LIMIT
from efa_constructs.catalogue.volume_types import VOLUME_TYPES, volume_misfit


def documentation(shape: str, member: str) -> str:
    model = botocore.session.get_session().get_service_model("ec2")
    text = str(model.shape_for(shape).members[member].documentation)
    return re.sub(r"<[^>]+>|,", "", text)


@pytest.mark.parametrize("name", VOLUME_TYPES)
def test_has_the_sizes_that_the_api_reference_has(name: str) -> None:
    said = documentation("LaunchTemplateEbsBlockDeviceRequest", "VolumeSize")
    found = re.search(rf"\b{name}\b[^:]*: (\d+) - (\d+)", said)
    assert found is not None
    assert VOLUME_TYPES[name].gibibytes == (int(found[1]), int(found[2]))


@pytest.mark.parametrize("name", VOLUME_TYPES)
def test_has_the_iops_that_the_api_reference_has(name: str) -> None:
    said = documentation("LaunchTemplateEbsBlockDeviceRequest", "Iops")
    found = re.search(rf"\b{name}: (\d+) - (\d+) IOPS", said)
    assert VOLUME_TYPES[name].iops == (None if found is None else (int(found[1]), int(found[2])))


def test_has_the_throughput_that_the_api_reference_has() -> None:
    said = documentation("LaunchTemplateEbsBlockDeviceRequest", "Throughput")
    found = re.search(r"Minimum value of (\d+)\. Maximum value of (\d+)", said)
    assert found is not None
    assert VOLUME_TYPES["gp3"].throughput == (int(found[1]), int(found[2]))
    assert [name for name, found in VOLUME_TYPES.items() if found.throughput] == ["gp3"]


def test_has_the_hop_limit_that_the_api_reference_has() -> None:
    said = documentation("LaunchTemplateInstanceMetadataOptionsRequest", "HttpPutResponseHopLimit")
    assert f"Integers from 1 to {MAXIMUM_HOP_LIMIT}" in said


@pytest.mark.parametrize(
    ("name", "gibibytes", "iops", "throughput", "told"),
    [
        ("gp3", 300, None, None, None),
        ("gp3", 160, 80_000, 2_000, None),
        # The IOPS that every volume of the type has need no size.
        ("gp3", 1, 3_000, None, None),
        ("gp3", None, 80_000, None, None),
        ("gp2", 1, None, None, None),
        ("gp3", 300, None, 750, None),
        ("gp3", 65_537, None, None, ("size", "65537 GiB", "1 to 65536")),
        ("gp3", 159, 80_000, None, ("iops per GiB", "503.1446541", "at most 500")),
        ("gp3", 300, None, 751, ("throughput per iops", "0.2503333333", "at most 0.25")),
        ("gp3", 300, None, 124, ("throughput", "124 MiB/s", "125 to 2000")),
        ("gp2", 300, 3_000, None, ("iops", "3000", "none that could be set")),
        ("io2", 300, 3_000, 125, ("throughput", "125 MiB/s", "none that could be set")),
        ("io1", 10, 501, None, ("iops per GiB", "50.1", "at most 50")),
    ],
)
def test_tells_the_setting_that_does_not_fit_and_what_would(
    name: str, gibibytes: int | None, iops: int | None, throughput: int | None, told: tuple[str, str, str] | None
) -> None:
    misfit = volume_misfit(VOLUME_TYPES[name], gibibytes=gibibytes, iops=iops, throughput=throughput)
    assert (misfit and (misfit.setting, misfit.value_in_words, misfit.allowed_in_words)) == told
