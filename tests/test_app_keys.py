"""The keys of the app's configuration, which the command reads, too."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from efa_constructs import app_keys
from efa_constructs.app_keys import AVAILABILITY_ZONE, CLUSTER_FACTS, PLACEMENT_GROUP
from efa_constructs.errors import EfaConstructsError, InvalidConfigurationError
from efa_constructs.rehearsal.rehearse import Rehearsal, rehearse
from stacks.settings import KEYS, Settings

ROOT = Path(__file__).parents[1]


def test_the_keys_are_those_of_the_app() -> None:
    assert tuple(KEYS) == app_keys.KEYS
    assert all(key.startswith(app_keys.PREFIX) for key in KEYS)


def test_takes_a_text_as_the_app_does() -> None:
    assert app_keys.text_of({PLACEMENT_GROUP: " rack "}, PLACEMENT_GROUP) == "rack"
    assert Settings.from_context({PLACEMENT_GROUP: " rack "}).placement_group == "rack"
    assert app_keys.text_of({}, PLACEMENT_GROUP) is None


@pytest.mark.parametrize("key", [AVAILABILITY_ZONE, CLUSTER_FACTS, PLACEMENT_GROUP])
@pytest.mark.parametrize("value", ["", "  ", 5, None])
def test_refuses_what_is_no_text_in_the_words_of_the_app(key: str, value: Any) -> None:
    with pytest.raises(InvalidConfigurationError) as of_the_app:
        Settings.from_context({key: value})
    with pytest.raises(InvalidConfigurationError) as ours:
        app_keys.text_of({key: value}, key)
    assert str(ours.value) == str(of_the_app.value)
    assert f"'{key}': the value must be a text that is not empty, got {value!r}" in str(ours.value)


@pytest.mark.parametrize(
    ("key", "value", "message"),
    [
        (CLUSTER_FACTS, "", "'efa:clusterFacts': the value must be a text that is not empty, got ''"),
        (CLUSTER_FACTS, "nowhere.json", "'efa:clusterFacts': the cluster facts file '.*nowhere.json' does not exist"),
        (CLUSTER_FACTS, "tests", "'efa:clusterFacts': the cluster facts file '.*tests' is a folder"),
        (AVAILABILITY_ZONE, "", "'efa:availabilityZone': the value must be a text that is not empty, got ''"),
        (AVAILABILITY_ZONE, "use1-az1", "'efa:availabilityZone': 'use1-az1' is the id of an Availability Zone"),
    ],
)
def test_a_rehearsal_names_the_key_before_it_starts_anything(key: str, value: str, message: str) -> None:
    with pytest.raises(EfaConstructsError, match=message):
        rehearse(Rehearsal(directory=ROOT, context={key: value}))
