"""Reads what is reviewed: a cloud assembly, or a template alone."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from ..errors import InvalidArgumentError
from .assembly import AssemblyStack, read_assembly
from .loops import without_loops
from .shapes import as_mapping, as_mappings, at_path
from .template_text import TemplateTextError, load_template_text
from .templates import NESTED_STACK, StackTemplate, Templates

__all__ = ["read_assembly_templates", "read_stack_template", "read_template_file"]

# Of its plans and states, and of configurations in JSON: https://developer.hashicorp.com/terraform/internals/json-format
_TERRAFORM = frozenset({"terraform", "terraform_version", "resource"})
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


def read_template_file(file: Path) -> Templates:
    """A template that belongs to no assembly, in JSON or YAML.

    :raises InvalidArgumentError: the file cannot be read, or is no CloudFormation template.
    """
    template = read_stack_template(file, name=file.name.partition(".")[0])
    if "Resources" not in template.document:
        raise InvalidArgumentError(f"'{file}' is no CloudFormation template: it {_what_it_is(template.document)}")
    return Templates([template])


def _what_it_is(document: Any) -> str:
    """What has no resources of CloudFormation, in words."""
    of_terraform = _TERRAFORM.intersection(document) if isinstance(document, Mapping) else ()
    return "is Terraform's" if of_terraform else "has no 'Resources'"


def read_stack_template(
    file: Path,
    *,
    name: str,
    account: str | None = None,
    region: str | None = None,
    outer: tuple[Path, ...] = (),
) -> StackTemplate:
    """A stack's template, with those of its nested stacks. A stack of an app may have no resources: CDK passes over it.

    :param name: Of the stack.
    :param account: Where it goes. Default: not known.
    :param region: The same.
    :param outer: Templates that the stack is nested in. Default: none.
    :raises InvalidArgumentError: a file cannot be read, or is no CloudFormation template.
    """
    if file in outer:
        raise InvalidArgumentError(f"the template '{file}' is nested in itself")
    try:
        document, size = load_template_text(file.read_text(encoding="utf-8")), file.stat().st_size
    except OSError as error:
        raise InvalidArgumentError(f"cannot read the template '{file}': {error.strerror}") from None
    except UnicodeDecodeError as error:
        raise InvalidArgumentError(f"cannot read the template '{file}': {error}") from None
    except TemplateTextError as error:
        raise InvalidArgumentError(f"'{file}' is no CloudFormation template: {error}") from None
    resources = document.get("Resources", {}) if isinstance(document, Mapping) else None
    if not isinstance(document, Mapping) or not isinstance(resources, Mapping):
        raise InvalidArgumentError(f"'{file}' is no CloudFormation template: it {_what_it_is(document)}")
    document, assets = without_loops(document), _assets_in(file.parent)
    return StackTemplate(
        name=name,
        document=document,
        file=file,
        account=account,
        region=region,
        size=size,
        nested={
            logical_id: read_stack_template(
                path,
                name=f"{name}/{logical_id}",
                account=account,
                region=region,
                outer=(*outer, file),
            )
            for logical_id, definition in document.get("Resources", {}).items()
            if (path := _nested_template(definition, file, assets)) is not None
        },
    )


def _cdk_version(directory: Path) -> str | None:
    """As the construct tree has it, which apps may leave out."""
    information = as_mapping(at_path(_json_in(directory / "tree.json"), "tree", "constructInfo"))
    return str(information["version"]) if information.get("fqn") == "aws-cdk-lib.App" else None


def _json_in(file: Path) -> Any:
    """What a file says that need not be there."""
    try:
        return json.loads(file.read_text(encoding="utf-8"))
    except (OSError, ValueError, RecursionError):
        return None


def _nested_template(definition: Any, file: Path, assets: Mapping[str, str]) -> Path | None:
    """The file with the template of a nested stack. None: it is no nested stack, or has its template elsewhere.

    :param assets: Files of the folder, by their keys in S3.
    """
    if not isinstance(definition, Mapping) or definition.get("Type") != NESTED_STACK:
        return None
    path = at_path(definition, "Metadata", "aws:asset:path")
    if path is not None:
        return file.parent / str(path)
    url = at_path(definition, "Properties", "TemplateURL")
    # What 'aws cloudformation package' uploads.
    if isinstance(url, str) and "://" not in url and _is_file(file.parent / url):
        return file.parent / url
    # Without the CDK CLI, an app writes no such metadata.
    text = json.dumps(url)
    return next((file.parent / source for key, source in assets.items() if key in text), None)


def _assets_in(folder: Path) -> Mapping[str, str]:
    found: dict[str, str] = {}
    for file in sorted(folder.glob("*.assets.json")):
        for asset in as_mapping(as_mapping(_json_in(file)).get("files")).values():
            source = at_path(asset, "source", "path")
            for destination in as_mapping(at_path(asset, "destinations")).values():
                key = at_path(destination, "objectKey")
                if isinstance(key, str) and isinstance(source, str) and key:
                    found[key] = source
    return found


def _is_file(path: Path) -> bool:
    try:
        return path.is_file()
    except OSError:
        # A name that is too long to be one.
        return False


def _acknowledgements(stack: AssemblyStack) -> Mapping[str, Mapping[str, str]]:
    found: dict[str, dict[str, str]] = {}
    for path, entries in stack.metadata.items():
        for entry in entries:
            if entry.get("type") == _ACKNOWLEDGED and isinstance(entry.get("data"), Mapping):
                found.setdefault(path.removeprefix("/"), {}).update(entry["data"])
    return found


def _acknowledgements_of_app(directory: Path) -> Mapping[str, Mapping[str, str]]:
    """What the app itself or a stage acknowledges: no stack says so, but CDK's report does, of rules that it ran."""
    report = _json_in(directory / "validation-report.json")
    found: dict[str, dict[str, str]] = {}
    for plugin in as_mappings(at_path(report, "pluginReports")):
        for accepted in as_mappings(plugin.get("suppressedViolations")):
            for construct in as_mappings(accepted.get("violatingConstructs")):
                reasons = found.setdefault(str(construct.get("constructPath")), {})
                reasons[str(accepted.get("acknowledgedId"))] = str(accepted.get("reason") or "")
    return found
