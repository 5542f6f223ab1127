"""The configuration is the contract's, and a mistake in it is named."""

from __future__ import annotations

import dataclasses

import pytest

from efa_constructs.errors import EfaConstructsError
from stacks.settings import KEYS, Settings


def test_reads_the_keys_of_the_contract():
    contract = {
        "instanceType", "minSize", "desiredSize", "maxSize", "volumeSizeGiB", "interfaceLayout", "availabilityZone",
        "kubernetesVersion", "clusterFacts", "placementGroup", "capacityReservationId", "capacityBlockId", "amiType",
        "ncclTests",
    }  # fmt: skip
    assert {f"efa:{key}" for key in contract} <= set(KEYS)


def test_has_a_field_for_every_key_and_no_other():
    assert {field for field, _ in KEYS.values()} == {field.name for field in dataclasses.fields(Settings)}


def test_starts_from_the_defaults_that_cdk_json_shows(project_context):
    assert Settings.from_context(project_context) == Settings()


def test_takes_what_the_command_line_passes_as_text():
    settings = Settings.from_context({"efa:desiredSize": "4", "efa:maxSize": "4", "efa:ncclTests": "false"})
    assert (settings.desired_size, settings.max_size, settings.nccl_tests) == (4, 4, False)


def test_leaves_the_keys_of_others_alone():
    assert Settings.from_context({"@aws-cdk/core:anything": True, "team": "vision"}) == Settings()


@pytest.mark.parametrize(
    ("context", "message"),
    [
        ({"efa:instancetype": "p4d.24xlarge"}, "'efa:instancetype'.*did you mean 'efa:instanceType'"),
        ({"EFA:instanceType": "p4d.24xlarge"}, "'EFA:instanceType'.*did you mean 'efa:instanceType'"),
        ({"efa:spot": "true"}, r"'efa:spot' is not a configuration key"),
        ({"efa:minSize": "two"}, "'efa:minSize'.*whole number from 0, got 'two'"),
        ({"efa:minSize": "-1"}, "'efa:minSize'.*whole number from 0, got '-1'"),
        ({"efa:maxSize": 2.5}, r"'efa:maxSize'.*whole number from 0, got 2.5"),
        ({"efa:desiredSize": True}, "'efa:desiredSize'.*whole number from 0, got True"),
        ({"efa:ncclTests": "yes"}, "'efa:ncclTests'.*true or false, got 'yes'"),
        ({"efa:instanceType": ""}, "'efa:instanceType'.*not empty, got ''"),
        ({"efa:amiType": ["AL2023_x86_64_NVIDIA"]}, "'efa:amiType'.*text"),
        ({"efa:volumeKeyArn": "alias/ebs"}, "'efa:volumeKeyArn'.*ARN of a KMS key, such as .*, got 'alias/ebs'"),
        ({"efa:secretsKeyArn": "arn:aws:kms:us-east-1:123456789012:alias/x"}, "'efa:secretsKeyArn'.*an alias may be"),
        ({"efa:mpiOperatorImage": "mirror.example.com/mpi"}, "'efa:mpiOperatorImage': 'image' is 'mirror.*has no tag"),
        ({"efa:clusterFacts": "nowhere.json"}, r"'efa:clusterFacts'.*'nowhere.json' does not exist"),
    ],
)
def test_fails_with_a_message_that_says_what_to_change(context, message):
    with pytest.raises(EfaConstructsError, match=message):
        Settings.from_context(context)


@pytest.mark.parametrize("key", KEYS)
@pytest.mark.parametrize("value", ["", " ", None])
def test_takes_no_empty_value_for_a_key_that_is_left_out(key, value):
    with pytest.raises(EfaConstructsError, match=rf"^'{key}': the value must be .*got {value!r}"):
        Settings.from_context({key: value})


def test_refuses_a_reservation_together_with_a_capacity_block():
    settings = Settings(capacity_reservation_id="cr-0123456789abcdef0", capacity_block_id="cr-0123456789abcdef1")
    with pytest.raises(EfaConstructsError, match="exclude each other"):
        _ = settings.capacity
