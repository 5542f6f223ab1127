"""Reads a file with a template, and the files of the stacks nested in it."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from ...errors import InvalidArgumentError
from ..shapes import as_mapping, at_path
from ..stack_template import NESTED_STACK, StackTemplate
from ..templates import Templates
from .json_files import json_if_there
from .loops import without_loops
from .template_text import TemplateTextError, load_template_text

__all__ = ["read_stack_template", "read_template_file"]

# Of its plans and states, and of configurations in JSON: https://developer.hashicorp.com/terraform/internals/json-format
_TERRAFORM = frozenset({"terraform", "terraform_version", "resource"})


def read_template_file(file: Path) -> Templates:
    """A template that belongs to no assembly, in JSON or YAML.

    :raises InvalidArgumentError: the file cannot be read, or is no CloudFormation template.
    """
    template = read_stack_template(file, name=file.name.partition(".")[0])
    if "Resources" not in template.document:
        raise InvalidArgumentError(f"'{file}' is no CloudFormation template: it {_what_it_is(template.document)}")
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
    document, size = _read(file)
    return StackTemplate(
        name=name,
        document=document,
        file=file,
        account=account,
        region=region,
        size=size,
        nested={
            logical_id: read_stack_template(
                path, name=f"{name}/{logical_id}", account=account, region=region, outer=(*outer, file)
            )
            for logical_id, path in _nested_templates(document, file)
        },
    )


def _read(file: Path) -> tuple[Mapping[str, Any], int]:
    """What a template says, its loops written out, and how many bytes it is."""
    try:
        document, size = load_template_text(file.read_text(encoding="utf-8")), file.stat().st_size
    except OSError as error:
        raise InvalidArgumentError(f"cannot read the template '{file}': {error.strerror}") from None
    except UnicodeDecodeError as error:
        raise InvalidArgumentError(f"cannot read the template '{file}': {error}") from None
    except TemplateTextError as error:
        raise InvalidArgumentError(f"'{file}' is no CloudFormation template: {error}") from None
    if not isinstance(document, Mapping) or not isinstance(document.get("Resources", {}), Mapping):
        raise InvalidArgumentError(f"'{file}' is no CloudFormation template: it {_what_it_is(document)}")
    return without_loops(document), size


def _what_it_is(document: Any) -> str:
    """What has no resources of CloudFormation, in words."""
    of_terraform = _TERRAFORM.intersection(document) if isinstance(document, Mapping) else ()
    return "is Terraform's" if of_terraform else "has no 'Resources'"


def _nested_templates(document: Mapping[str, Any], file: Path) -> Iterator[tuple[str, Path]]:
    """The nested stacks of a template whose own templates are files, too."""
    assets = _assets_in(file.parent)
    for logical_id, definition in document.get("Resources", {}).items():
        path = _nested_template(definition, file, assets)
        if path is not None:
            yield logical_id, path


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
        for asset in as_mapping(as_mapping(json_if_there(file)).get("files")).values():
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
