"""What is committed of the registry is what the generator writes, and says what checks read."""

from __future__ import annotations

from pathlib import Path

from efa_constructs.catalogue import generate_resource_schemas, resource_schemas
from efa_constructs.catalogue.create_only_properties import (
    conditionally_create_only_properties,
    create_only_properties,
    naming_properties,
)


def test_writes_the_committed_files(tmp_path: Path) -> None:
    assert generate_resource_schemas.main(["--to", str(tmp_path)]) == 0
    for name in ("resource_schemas.json", "create_only_properties.json"):
        committed = Path(resource_schemas.__file__).parent / name
        assert (tmp_path / name).read_bytes() == committed.read_bytes(), (
            "run python -m efa_constructs.catalogue.generate_resource_schemas, and commit"
        )


def test_tells_what_cannot_change_from_what_is_not_known() -> None:
    assert "Subnets" in (create_only_properties("AWS::EKS::Nodegroup") or ())
    assert create_only_properties("AWS::IAM::Policy") == ()
    # The registry has no handlers for it, and says nothing.
    assert create_only_properties("AWS::IAM::UserToGroupAddition") is None
    assert create_only_properties("Acme::Thing::Thing") is None
    assert conditionally_create_only_properties("AWS::EC2::VPC") == ("InstanceTenancy",)
    assert conditionally_create_only_properties("AWS::IAM::Policy") == ()


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


def test_knows_by_what_no_two_resources_of_a_type_can_be_alike() -> None:
    assert naming_properties("AWS::EKS::Nodegroup") == ("ClusterName", "NodegroupName")
    assert naming_properties("AWS::IAM::Role") == ("RoleName",)
    # AWS gives the id, or the name; and a log group can only be replaced by one of another name.
    for name in ("AWS::EC2::Subnet", "AWS::EC2::PlacementGroup", "AWS::Logs::LogGroup", "Acme::Thing::Thing"):
        assert naming_properties(name) == ()
