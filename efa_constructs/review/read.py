"""Reads what is reviewed: a cloud assembly, or a template alone."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from ..errors import InvalidArgumentError
from .assembly import AssemblyStack, read_assembly
from .shapes import as_mapping, at_path
from .template_text import TemplateTextError, load_template_text
from .templates import NESTED_STACK, StackTemplate, Templates

__all__ = ["read_assembly_templates", "read_stack_template", "read_template_file"]

# https://docs.aws.amazon.com/cdk/api/v2/docs/aws-cdk-lib.Validations.html
_ACKNOWLEDGED = "aws:cdk:acknowledged-rules"


def read_assembly_templates(directory: Path) -> Templates:
    """The templates of a cloud assembly, those of stages and nested stacks included.

    :param directory: Such as ``cdk.out``.
    :raises InvalidArgumentError: it is no cloud assembly, or a template of it cannot be read.
    """
    cdk_version = _cdk_version(directory)
    return Templates(
        replace(
            read_stack_template(stack.template_file, name=stack.name, account=stack.account, region=stack.region),
            construct_path=stack.path,
            cdk_version=cdk_version,
            acknowledgements=_acknowledgements(stack),
        )
        for stack in read_assembly(directory).stacks
    )


def read_template_file(file: Path) -> Templates:
    """A template that belongs to no assembly, in JSON or YAML.

    :raises InvalidArgumentError: the file cannot be read, or is no CloudFormation template.
    """
    template = read_stack_template(file, name=file.name.partition(".")[0])
    if "Resources" not in template.document:
        raise InvalidArgumentError(f"'{file}' is no CloudFormation template: it has no 'Resources'")
    return Templates([template])


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
        document = load_template_text(file.read_text(encoding="utf-8"))
    except OSError as error:
        raise InvalidArgumentError(f"cannot read the template '{file}': {error.strerror}") from None
    except UnicodeDecodeError as error:
        raise InvalidArgumentError(f"cannot read the template '{file}': {error}") from None
    except TemplateTextError as error:
        raise InvalidArgumentError(f"'{file}' is no CloudFormation template: {error}") from None
    resources = document.get("Resources", {}) if isinstance(document, Mapping) else None
    if not isinstance(document, Mapping) or not isinstance(resources, Mapping):
        raise InvalidArgumentError(f"'{file}' is no CloudFormation template: it has no 'Resources'")
    assets = _assets_in(file.parent)
    return StackTemplate(
        name=name,
        document=document,
        file=file,
        account=account,
        region=region,
        nested={
            logical_id: read_stack_template(
                file.parent / path,
                name=f"{name}/{logical_id}",
                account=account,
                region=region,
                outer=(*outer, file),
            )
            for logical_id, definition in resources.items()
            if (path := _asset_path(definition, assets)) is not None
        },
    )


def _cdk_version(directory: Path) -> str | None:
    """As the construct tree has it, which apps may leave out."""
    try:
        tree = json.loads((directory / "tree.json").read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return None
    information = as_mapping(at_path(tree, "tree", "constructInfo"))
    return str(information["version"]) if information.get("fqn") == "aws-cdk-lib.App" else None


def _asset_path(definition: Any, assets: Mapping[str, str]) -> str | None:
    """Where CDK wrote the template of a nested stack. ``assets``: files of the folder, by their keys in S3."""
    if not isinstance(definition, Mapping) or definition.get("Type") != NESTED_STACK:
        return None
    path = at_path(definition, "Metadata", "aws:asset:path")
    if path is not None:
        return str(path)
    # Without the CDK CLI, an app writes no such metadata.
    url = json.dumps(at_path(definition, "Properties", "TemplateURL"))
    return next((source for key, source in assets.items() if key in url), None)


def _assets_in(folder: Path) -> Mapping[str, str]:
    found: dict[str, str] = {}
    for file in sorted(folder.glob("*.assets.json")):
        try:
            manifest = json.loads(file.read_text(encoding="utf-8"))
        except (OSError, ValueError, RecursionError):
            continue
        for asset in as_mapping(as_mapping(manifest).get("files")).values():
            source = at_path(asset, "source", "path")
            for destination in as_mapping(at_path(asset, "destinations")).values():
                key = at_path(destination, "objectKey")
                if isinstance(key, str) and isinstance(source, str) and key:
                    found[key] = source
    return found


def _acknowledgements(stack: AssemblyStack) -> Mapping[str, Mapping[str, str]]:
    found: dict[str, dict[str, str]] = {}
    for path, entries in stack.metadata.items():
        for entry in entries:
            if entry.get("type") == _ACKNOWLEDGED and isinstance(entry.get("data"), Mapping):
                found.setdefault(path.removeprefix("/"), {}).update(entry["data"])
    return found
