"""The text of a CloudFormation template, in JSON or YAML with CloudFormation's short tags."""

from __future__ import annotations

import json
from typing import Any

import yaml  # type: ignore[import-untyped]

__all__ = ["TemplateTextError", "load_template_text"]


class TemplateTextError(ValueError):
    """A text is neither JSON nor YAML. The message is CloudFormation's."""


def load_template_text(text: str) -> Any:
    """What a template's text says.

    :raises TemplateTextError: it is neither JSON nor YAML.
    """
    try:
        if text.lstrip().startswith("{"):
            return json.loads(text)
        return yaml.load(text, Loader=_Loader)
    except json.JSONDecodeError as error:
        raise TemplateTextError(f"JSON not well-formed. (line {error.lineno}, column {error.colno})") from None
    except yaml.YAMLError as error:
        raise TemplateTextError(f"YAML not well-formed. {_position(error)}".rstrip()) from None


def _position(error: yaml.YAMLError) -> str:
    mark = getattr(error, "problem_mark", None)
    return f"(line {mark.line + 1}, column {mark.column + 1})" if mark else ""


class _Loader(getattr(yaml, "CSafeLoader", yaml.SafeLoader)):  # type: ignore[misc]
    """YAML with CloudFormation's short tags; a date stays the text that it is."""


_Loader.yaml_implicit_resolvers = {
    first: [(tag, pattern) for tag, pattern in resolvers if tag != "tag:yaml.org,2002:timestamp"]
    for first, resolvers in _Loader.yaml_implicit_resolvers.items()
}


def _short_tag(loader: Any, suffix: str, node: yaml.Node) -> dict[str, Any]:
    if isinstance(node, yaml.ScalarNode):
        value: Any = loader.construct_scalar(node)
    elif isinstance(node, yaml.SequenceNode):
        value = loader.construct_sequence(node, deep=True)
    else:
        value = loader.construct_mapping(node, deep=True)
    if suffix == "GetAtt" and isinstance(value, str):
        value = value.split(".", 1)
    return {suffix if suffix in ("Ref", "Condition") else f"Fn::{suffix}": value}


_Loader.add_multi_constructor("!", _short_tag)
