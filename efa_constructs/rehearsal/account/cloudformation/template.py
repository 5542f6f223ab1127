"""CloudFormation templates: reading JSON and YAML, and refusing what CloudFormation calls a format error."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from ....review.reading.template_text import TemplateTextError, load_template_text
from .errors import TemplateError

__all__ = ["PSEUDO_PARAMETERS", "Template", "handled_type", "parse_template", "walk"]

PSEUDO_PARAMETERS = frozenset(
    f"AWS::{name}"
    for name in (
        "AccountId",
        "NotificationARNs",
        "NoValue",
        "Partition",
        "Region",
        "StackId",
        "StackName",
        "URLSuffix",
    )
)

_SECTIONS = frozenset(
    {
        "AWSTemplateFormatVersion",
        "Conditions",
        "Description",
        "Mappings",
        "Metadata",
        "Outputs",
        "Parameters",
        "Resources",
        "Rules",
        "Transform",
    }
)
_RESOURCE_KEYS = frozenset(
    {
        "Condition",
        "CreationPolicy",
        "DeletionPolicy",
        "DependsOn",
        "Description",
        "Metadata",
        "Properties",
        "Type",
        "UpdatePolicy",
        "UpdateReplacePolicy",
    }
)
_POLICIES = {
    "DeletionPolicy": ("Delete", "Retain", "RetainExceptOnCreate", "Snapshot"),
    "UpdateReplacePolicy": ("Delete", "Retain", "Snapshot"),
}
# It only adds functions that are here anyway.
_KNOWN_TRANSFORMS = frozenset({"AWS::LanguageExtensions"})


@dataclass(frozen=True)
class Template:
    """A template whose structure is sound; its functions are not evaluated yet."""

    body: str
    document: Mapping[str, Any]

    @property
    def description(self) -> str | None:
        """The template's description."""
        description: str | None = self.document.get("Description")
        return description

    @property
    def parameters(self) -> Mapping[str, Mapping[str, Any]]:
        """Declared parameters by name."""
        return self._section("Parameters")

    @property
    def mappings(self) -> Mapping[str, Mapping[str, Any]]:
        """Mappings by name."""
        return self._section("Mappings")

    @property
    def conditions(self) -> Mapping[str, Any]:
        """Conditions by name."""
        return self._section("Conditions")

    @property
    def rules(self) -> Mapping[str, Mapping[str, Any]]:
        """Rules by name."""
        return self._section("Rules")

    @property
    def resources(self) -> Mapping[str, Mapping[str, Any]]:
        """Resource definitions by logical id."""
        return self._section("Resources")

    @property
    def outputs(self) -> Mapping[str, Mapping[str, Any]]:
        """Output definitions by name."""
        return self._section("Outputs")

    @property
    def resource_types(self) -> list[str]:
        """The types of its resources, sorted, each once."""
        return sorted({definition["Type"] for definition in self.resources.values()})

    def _section(self, name: str) -> Mapping[str, Any]:
        section: Mapping[str, Any] = self.document.get(name) or {}
        return section


def parse_template(body: str) -> Template:
    """Read a template in JSON or YAML.

    :raises TemplateError: CloudFormation would refuse it with a format error.
    """
    document = _load(body)
    if not isinstance(document, dict):
        raise TemplateError("Template format error: unsupported structure.")
    unknown = sorted(set(document) - _SECTIONS)
    if unknown:
        raise TemplateError(f"Invalid template property or properties [{', '.join(unknown)}]")
    for section in _SECTIONS - {"AWSTemplateFormatVersion", "Description", "Transform"}:
        if document.get(section) is not None and not isinstance(document[section], dict):
            raise TemplateError(f"Template format error: [/{section}] must be an object.")
    template = Template(body, document)
    if not template.resources:
        raise TemplateError("Template format error: At least one Resources member must be defined.")
    _check_transforms(document.get("Transform"))
    for logical_id, definition in template.resources.items():
        _check_resource(logical_id, definition)
    for name, output in template.outputs.items():
        if not isinstance(output, dict) or "Value" not in output:
            raise TemplateError(f"Template format error: Output {name} is malformed. The Value field is required.")
    return template


def _check_resource(logical_id: str, definition: Any) -> None:
    if not logical_id.isalnum():
        raise TemplateError(f"Template format error: Resource name {logical_id} is non alphanumeric.")
    if not isinstance(definition, dict) or not isinstance(definition.get("Type"), str):
        raise TemplateError(
            f"Template format error: [/Resources/{logical_id}] Every Resources object must contain a Type member."
        )
    unknown = sorted(set(definition) - _RESOURCE_KEYS)
    if unknown:
        raise TemplateError(f"Invalid template resource property '{unknown[0]}'")
    if not isinstance(definition.get("Properties") or {}, dict):
        raise TemplateError(f"Template format error: [/Resources/{logical_id}/Properties] must be an object.")
    for policy, allowed in _POLICIES.items():
        if definition.get(policy, allowed[0]) not in allowed:
            raise TemplateError(f"Template error: Unrecognized {policy} {definition[policy]} for resource {logical_id}")
    if "CreationPolicy" in definition and "ResourceSignal" in definition["CreationPolicy"]:
        raise TemplateError(
            f"the emulated account cannot create {logical_id}: its CreationPolicy waits for signals, "
            "and nothing runs here that would send them"
        )


def _check_transforms(transforms: Any) -> None:
    names = transforms if isinstance(transforms, list) else [transforms] if transforms else []
    unknown = [str(name) for name in names if name not in _KNOWN_TRANSFORMS]
    if unknown:
        raise TemplateError(f"the emulated account does not run the transforms [{', '.join(unknown)}]")


def _load(body: str) -> Any:
    try:
        return load_template_text(body)
    except TemplateTextError as error:
        raise TemplateError(f"Template format error: {error}") from None


# The function of every AwsCustomResource of CDK: "AWS", and the id that CDK gives it in all stacks.
_AWS_CUSTOM_RESOURCE = "AWS679f53fac002430cb0da5b7982bd2287"


def handled_type(definition: Mapping[str, Any]) -> str:
    """The type whose rules a resource follows: its own, or ``Custom::AWS`` for an AwsCustomResource of another name."""
    name = str(definition["Type"])
    token = (definition.get("Properties") or {}).get("ServiceToken")
    return "Custom::AWS" if name.startswith("Custom::") and _AWS_CUSTOM_RESOURCE in str(token) else name


def walk(value: Any) -> Iterator[tuple[str, Any]]:
    """Every key of every mapping in a piece of a template, with its value."""
    if isinstance(value, Mapping):
        for key, item in value.items():
            yield key, item
            yield from walk(item)
    elif isinstance(value, list):
        for item in value:
            yield from walk(item)
