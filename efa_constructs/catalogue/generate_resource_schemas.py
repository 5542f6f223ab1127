"""Rewrite ``resource_schemas.json``: what the CloudFormation registry says about the resource types that matter here.

    python -m efa_constructs.catalogue.generate_resource_schemas

Made from the schemas that cfn-lint ships, without descriptions and what no check reads.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Mapping
from importlib.metadata import version
from importlib.resources import files
from pathlib import Path
from typing import Any

__all__ = ["main", "write_resource_schemas"]

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
_HERE = Path(__file__).parent


def main(arguments: list[str] | None = None) -> int:
    """The command. Returns its exit status."""
    parser = argparse.ArgumentParser(
        prog="python -m efa_constructs.catalogue.generate_resource_schemas",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--to", type=Path, default=_HERE, metavar="DIR", help="where to write (default: the catalogue)")
    write_resource_schemas(parser.parse_args(arguments).to / "resource_schemas.json")
    return 0


def write_resource_schemas(path: Path) -> None:
    """Write ``resource_schemas.json``, the same bytes for the same cfn-lint."""
    schemas = files("cfnlint.data.schemas")
    names = json.loads(schemas.joinpath("providers", "us-east-1.json").read_text(encoding="utf-8"))
    rows = []
    for name in _TYPES:
        document = json.loads(schemas.joinpath("resources", f"{names[name]}.json").read_text(encoding="utf-8"))
        for place, text in _FORMATS.get(name, {}).items():
            _at(document, place)["format"] = text
        rows.append(f"{json.dumps(name)}:{json.dumps(_trimmed(document), separators=(',', ':'))}")
    header = {
        "made_by": "python -m efa_constructs.catalogue.generate_resource_schemas",
        "made_from": f"the registry schemas in cfn-lint {version('cfn-lint')}",
    }
    lines = [f"{json.dumps(key)}: {json.dumps(value)}" for key, value in header.items()]
    joined = ",\n".join(rows)
    path.write_text("{\n" + ",\n".join([*lines, f'"schemas": {{\n{joined}\n}}']) + "\n}\n", encoding="utf-8")


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
