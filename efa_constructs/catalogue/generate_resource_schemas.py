"""Rewrite what the catalogue has of the CloudFormation registry.

    python -m efa_constructs.catalogue.generate_resource_schemas

``resource_schemas.json`` is what it says about the resource types that matter here, ``create_only_properties.json``
which properties of any type only a new resource can take on, and which name it. Made from the schemas that cfn-lint
ships, without descriptions and what no check reads.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Iterator, Mapping
from importlib.metadata import version
from importlib.resources import files
from pathlib import Path
from typing import Any

__all__ = ["main", "write_create_only_properties", "write_resource_schemas"]

_TYPES = (
    "AWS::EC2::CapacityReservation",
    "AWS::EC2::InternetGateway",
    "AWS::EC2::LaunchTemplate",
    "AWS::EC2::NatGateway",
    "AWS::EC2::PlacementGroup",
    "AWS::EC2::Route",
    "AWS::EC2::RouteTable",
    "AWS::EC2::SecurityGroup",
    "AWS::EC2::SecurityGroupEgress",
    "AWS::EC2::SecurityGroupIngress",
    "AWS::EC2::Subnet",
    "AWS::EC2::SubnetRouteTableAssociation",
    "AWS::EC2::VPC",
    "AWS::EKS::AccessEntry",
    "AWS::EKS::Addon",
    "AWS::EKS::Cluster",
    "AWS::EKS::Nodegroup",
    "AWS::EKS::PodIdentityAssociation",
    "AWS::IAM::InstanceProfile",
    "AWS::IAM::ManagedPolicy",
    "AWS::IAM::Role",
)
_KEPT = frozenset(
    {
        "$ref", "additionalProperties", "allOf", "anyOf", "const", "enum", "format", "items", "maxItems", "maxLength",
        "maximum", "minItems", "minLength", "minimum", "oneOf", "pattern", "patternProperties", "properties",
        "required", "requiredXor", "type", "uniqueItems",
    }
)  # fmt: skip
# What ids look like is said where they are used, but not everywhere.
_FORMATS: Mapping[str, Mapping[tuple[str, ...], str]] = {
    "AWS::EC2::LaunchTemplate": {
        ("definitions", "NetworkInterface", "properties", "Groups", "items"): "AWS::EC2::SecurityGroup.Id",
        ("definitions", "LaunchTemplateData", "properties", "SecurityGroupIds", "items"): "AWS::EC2::SecurityGroup.Id",
    },
    "AWS::EKS::Nodegroup": {("properties", "NodeRole"): "AWS::IAM::Role.Arn"},
}
# The services refuse two of a name here as well, which CloudFormation knows by ids.
_NAMED: Mapping[str, str] = {
    "AWS::EC2::LaunchTemplate": "LaunchTemplateName",
    "AWS::EC2::SecurityGroup": "GroupName VpcId",
    "AWS::EKS::Nodegroup": "ClusterName NodegroupName",
}
_SCHEMAS = files("cfnlint.data.schemas")
_HERE = Path(__file__).parent


def main(arguments: list[str] | None = None) -> int:
    """The command. Returns its exit status."""
    parser = argparse.ArgumentParser(
        prog="python -m efa_constructs.catalogue.generate_resource_schemas",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--to", type=Path, default=_HERE, metavar="DIR", help="where to write (default: the catalogue)")
    folder = parser.parse_args(arguments).to
    write_resource_schemas(folder / "resource_schemas.json")
    write_create_only_properties(folder / "create_only_properties.json")
    return 0


def write_resource_schemas(path: Path) -> None:
    """Write ``resource_schemas.json``, the same bytes for the same cfn-lint."""
    schemas = {}
    for name in _TYPES:
        document = _document(_file_names()[name])
        for place, text in _FORMATS.get(name, {}).items():
            _at(document, place)["format"] = text
        schemas[name] = _trimmed(document)
    _write(path, {"schemas": schemas})


def write_create_only_properties(path: Path) -> None:
    """Write ``create_only_properties.json``, the same bytes for the same cfn-lint."""
    always, sometimes, named = {}, {}, dict(_NAMED)
    for name, file_name in sorted(_file_names().items()):
        document = _document(file_name)
        # What the registry has no handlers for, it may say nothing about: cfn-lint made up these schemas.
        if "createOnlyProperties" in document or "handlers" in document:
            always[name] = " ".join(sorted(_paths(document, "createOnlyProperties")))
        if conditional := sorted(_paths(document, "conditionalCreateOnlyProperties")):
            sometimes[name] = " ".join(conditional)
        if identifier := _given_identifier(document):
            named[name] = " ".join(sorted(identifier))
    _write(
        path,
        {"create_only": always, "conditionally_create_only": sometimes, "names": dict(sorted(named.items()))},
    )


def _given_identifier(document: Mapping[str, Any]) -> set[str]:
    """The properties that identify a resource, if templates give all of them, and another one can replace it."""
    identifier = set(_paths(document, "primaryIdentifier"))
    if identifier.intersection(_paths(document, "readOnlyProperties")) or "handlers" not in document:
        return set()
    return identifier if set(_paths(document, "createOnlyProperties")) - identifier else set()


def _file_names() -> Mapping[str, str]:
    """By resource type. The Region is the one that has all of them."""
    names: Mapping[str, str] = json.loads(_SCHEMAS.joinpath("providers", "us-east-1.json").read_text(encoding="utf-8"))
    return names


def _document(file_name: str) -> dict[str, Any]:
    text = _SCHEMAS.joinpath("resources", f"{file_name}.json").read_text(encoding="utf-8")
    document: dict[str, Any] = json.loads(text)
    return document


def _paths(document: Mapping[str, Any], keyword: str) -> Iterator[str]:
    """Pointers such as ``/properties/Listeners/*/Port``, as paths: ``Listeners.*.Port``."""
    for pointer in document.get(keyword, ()):
        yield pointer.removeprefix("/properties/").replace("/", ".")


def _write(path: Path, tables: Mapping[str, Mapping[str, Any]]) -> None:
    """Each row of a table in a line of its own, so that a change can be read."""
    header = {
        "made_by": "python -m efa_constructs.catalogue.generate_resource_schemas",
        "made_from": f"the registry schemas in cfn-lint {version('cfn-lint')}",
    }
    lines = [f"{json.dumps(key)}: {json.dumps(value)}" for key, value in header.items()]
    for title, table in tables.items():
        rows = ",\n".join(f"{json.dumps(name)}:{json.dumps(row, separators=(',', ':'))}" for name, row in table.items())
        lines.append(f"{json.dumps(title)}: {{\n{rows}\n}}")
    path.write_text("{\n" + ",\n".join(lines) + "\n}\n", encoding="utf-8")


def _at(document: Any, place: tuple[str, ...]) -> Any:
    for name in place:
        document = document[name]
    return document


def _trimmed(document: Mapping[str, Any]) -> dict[str, Any]:
    """A whole schema. Beside what a value must be, it says which properties are only to be read."""
    kept: dict[str, Any] = _schema(document)
    kept["definitions"] = {name: _schema(each) for name, each in document.get("definitions", {}).items()}
    kept["readOnlyProperties"] = document.get("readOnlyProperties", [])
    return kept


def _schema(schema: Any) -> Any:
    """What is checked of a schema, or of a list of them."""
    if isinstance(schema, list):
        return [_schema(each) for each in schema]
    if not isinstance(schema, Mapping):
        return schema
    kept = {}
    for name, value in schema.items():
        if name in ("properties", "patternProperties"):
            # People, or AWS, chose these names.
            kept[name] = {key: _schema(each) for key, each in value.items()}
        elif name in ("enum", "const", "required", "requiredXor", "type"):
            kept[name] = value
        elif name in _KEPT:
            kept[name] = _schema(value)
    return kept


if __name__ == "__main__":
    sys.exit(main())
