"""The committed schemas are those that the generator writes, and say what checks read."""

from __future__ import annotations

from pathlib import Path

import pytest

from efa_constructs.catalogue import generate_resource_schemas, resource_schemas


def test_writes_the_committed_file(tmp_path: Path) -> None:
    # The schemas are cfn-lint's: 'make test-minimum' tests what importers use, and has none.
    pytest.importorskip("cfnlint")
    assert generate_resource_schemas.main(["--to", str(tmp_path)]) == 0
    committed = Path(resource_schemas.__file__).parent / "resource_schemas.json"
    assert (tmp_path / "resource_schemas.json").read_bytes() == committed.read_bytes(), (
        "run python -m efa_constructs.catalogue.generate_resource_schemas, and commit"
    )


def test_keeps_properties_that_are_called_like_keywords_of_schemas() -> None:
    schema = resource_schemas.resource_schemas()["AWS::EC2::LaunchTemplate"]
    assert "Description" in schema["definitions"]["NetworkInterface"]["properties"]
    assert "description" not in schema["definitions"]["NetworkInterface"]


def test_keeps_every_definition_that_something_refers_to() -> None:
    for name, schema in resource_schemas.resource_schemas().items():
        for pointer in references(schema):
            assert pointer.removeprefix("#/definitions/") in schema["definitions"], (name, pointer)


def references(value):
    if isinstance(value, dict):
        if isinstance(value.get("$ref"), str):
            yield value["$ref"]
        for item in value.values():
            yield from references(item)
    elif isinstance(value, list):
        for item in value:
            yield from references(item)
