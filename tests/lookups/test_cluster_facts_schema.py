"""The JSON Schema of cluster facts files says what the reader says."""

from __future__ import annotations

import copy
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator

from efa_constructs.errors import InvalidConfigurationError
from efa_constructs.lookups.cluster_facts import cluster_facts_text, read_cluster_facts
from efa_constructs.lookups.cluster_facts_schema import cluster_facts_schema

from .test_cluster_facts import ACCEPTED, EXAMPLE, put

PUBLISHED = Path(__file__).parents[2] / "docs" / "reference" / "cluster-facts.schema.json"


def valid(document: Any) -> bool:
    return Draft202012Validator(json.loads(PUBLISHED.read_text())).is_valid(document)


def reads(document: Any, folder: Path) -> bool:
    file = folder / "facts.json"
    file.write_text(json.dumps(document))
    try:
        read_cluster_facts(file)
    except InvalidConfigurationError:
        return False
    return True


def test_the_published_schema_is_the_one_of_the_dataclasses() -> None:
    assert json.loads(PUBLISHED.read_text()) == cluster_facts_schema(), "run 'make schema'"


def test_is_a_schema() -> None:
    Draft202012Validator.check_schema(cluster_facts_schema())


def test_takes_the_example_which_is_as_the_command_writes_it() -> None:
    assert valid(json.loads(EXAMPLE.read_text()))
    assert cluster_facts_text(read_cluster_facts(EXAMPLE)) == EXAMPLE.read_text()


@pytest.mark.parametrize(("path", "value"), ACCEPTED)
def test_takes_what_the_reader_takes(path: str, value: Any) -> None:
    document = json.loads(EXAMPLE.read_text())
    put(path, value)(document)
    assert valid(document)


def places(document: Any, place: tuple[str | int, ...] = ()) -> Iterator[tuple[str | int, ...]]:
    """Every place of a document, but of equal items of a list the first one's only."""
    if isinstance(document, dict):
        for key, value in document.items():
            yield (*place, key)
            yield from places(value, (*place, key))
    elif isinstance(document, list):
        yield (*place, 0)
        yield from places(document[0], (*place, 0))


def changed(place: tuple[str | int, ...], change: str) -> Any:
    document = copy.deepcopy(json.loads(EXAMPLE.read_text()))
    *way, last = place
    target = document
    for step in way:
        target = target[step]
    if change == "gone":
        del target[last]
    else:
        target[last] = {"null": None, "of another kind": 3.5, "empty": ""}[change]
    return document


# Whether a list's item or a mapping's entry may go is not the schema's to say of the rest of the document.
ABOUT_OTHERS = {("vpc", "cidrBlocks", 0), ("subnets", 0), ("instanceTypeOfferings", "p4d.24xlarge", 0)}


@pytest.mark.parametrize("change", ["gone", "null", "of another kind", "empty"])
def test_refuses_what_the_reader_refuses_whichever_field_is_wrong(change: str, tmp_path: Path) -> None:
    compared = 0
    for place in places(json.loads(EXAMPLE.read_text())):
        if change == "gone" and place in ABOUT_OTHERS:
            continue
        document = changed(place, change)
        assert valid(document) == reads(document, tmp_path), (place, change)
        compared += 1
    assert compared > 25


def test_refuses_an_unknown_field() -> None:
    for place in ((), ("cluster",), ("subnets", 0)):
        document = json.loads(EXAMPLE.read_text())
        target = document
        for step in place:
            target = target[step]
        target["extra"] = 1
        assert not valid(document)


def test_refuses_another_version() -> None:
    document = json.loads(EXAMPLE.read_text())
    document["schemaVersion"] = 2
    assert not valid(document)
