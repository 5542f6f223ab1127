"""Reads the templates of a cloud assembly, with what their app says of them: what it acknowledges, and its CDK."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

from ..shapes import as_mapping, as_mappings, at_path
from ..stack_template import StackTemplate
from ..templates import Templates
from .assembly import AssemblyStack, read_assembly
from .json_files import json_if_there
from .template_file import read_stack_template

__all__ = ["read_assembly_templates"]

# https://docs.aws.amazon.com/cdk/api/v2/docs/aws-cdk-lib.Validations.html
_ACKNOWLEDGED = "aws:cdk:acknowledged-rules"


def read_assembly_templates(directory: Path) -> Templates:
    """The templates of a cloud assembly, those of stages and nested stacks included.

    :param directory: Such as ``cdk.out``.
    :raises InvalidArgumentError: it is no cloud assembly, or a template of it cannot be read.
    """
    cdk_version, of_app = _cdk_version(directory), _acknowledgements_of_app(directory)
    return Templates(
        replace(
            _acknowledging(
                read_stack_template(stack.template_file, name=stack.name, account=stack.account, region=stack.region),
                _together(of_app, _acknowledgements(stack)),
            ),
            construct_path=stack.path,
            cdk_version=cdk_version,
        )
        for stack in read_assembly(directory).stacks
    )


def _together(*acknowledgements: Mapping[str, Mapping[str, str]]) -> Mapping[str, Mapping[str, str]]:
    paths = dict.fromkeys(path for each in acknowledgements for path in each)
    return {
        path: {name: reason for each in acknowledgements for name, reason in each.get(path, {}).items()}
        for path in paths
    }


def _acknowledging(stack: StackTemplate, acknowledgements: Mapping[str, Mapping[str, str]]) -> StackTemplate:
    """The stack, with those within it: what a construct acknowledges holds in the templates of nested stacks, too."""
    nested = {logical_id: _acknowledging(inner, acknowledgements) for logical_id, inner in stack.nested.items()}
    return replace(stack, acknowledgements=acknowledgements, nested=nested)


def _acknowledgements(stack: AssemblyStack) -> Mapping[str, Mapping[str, str]]:
    found: dict[str, dict[str, str]] = {}
    for path, entries in stack.metadata.items():
        for entry in entries:
            if entry.get("type") == _ACKNOWLEDGED and isinstance(entry.get("data"), Mapping):
                found.setdefault(path.removeprefix("/"), {}).update(entry["data"])
    return found


def _acknowledgements_of_app(directory: Path) -> Mapping[str, Mapping[str, str]]:
    """What the app itself or a stage acknowledges: no stack says so, but CDK's report does, of rules that it ran."""
    report = json_if_there(directory / "validation-report.json")
    found: dict[str, dict[str, str]] = {}
    for plugin in as_mappings(at_path(report, "pluginReports")):
        for accepted in as_mappings(plugin.get("suppressedViolations")):
            for construct in as_mappings(accepted.get("violatingConstructs")):
                reasons = found.setdefault(str(construct.get("constructPath")), {})
                reasons[str(accepted.get("acknowledgedId"))] = str(accepted.get("reason") or "")
    return found


def _cdk_version(directory: Path) -> str | None:
    """As the construct tree has it, which apps may leave out."""
    information = as_mapping(at_path(json_if_there(directory / "tree.json"), "tree", "constructInfo"))
    return str(information["version"]) if information.get("fqn") == "aws-cdk-lib.App" else None
