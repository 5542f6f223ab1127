"""The text of a CloudFormation template, in JSON or YAML with CloudFormation's short tags."""

from __future__ import annotations

import json
from typing import Any

import yaml  # type: ignore[import-untyped]

__all__ = ["TemplateTextError", "load_template_text"]


# No template that people write comes near: these keep whoever walks through one from never coming back.
_MOST_LEVELS = 200
_MOST_VALUES = 500_000


class TemplateTextError(ValueError):
    """A text is neither JSON nor YAML, in CloudFormation's words, or no template could be like that."""


def load_template_text(text: str) -> Any:
    """What a template's text says.

    :raises TemplateTextError: it is neither JSON nor YAML, or deeper or longer than any template.
    """
    try:
        document = json.loads(text) if text.lstrip().startswith("{") else yaml.load(text, Loader=_Loader)
    except RecursionError:
        raise TemplateTextError(_TOO_DEEP) from None
    except json.JSONDecodeError as error:
        raise TemplateTextError(f"JSON not well-formed. (line {error.lineno}, column {error.colno})") from None
    except yaml.YAMLError as error:
        raise TemplateTextError(f"YAML not well-formed. {_position(error)}".rstrip()) from None
    except ValueError as error:
        # A number of thousands of digits.
        raise TemplateTextError(str(error)) from None
    _check(document)
    return document


_TOO_DEEP = f"it has values within values, more than {_MOST_LEVELS} levels deep"


def _check(document: Any) -> None:
    """Aliases of YAML may stand for what they are in, or for more than fits anywhere."""
    level, depth, count = [document], 0, 0
    while level:
        depth, count = depth + 1, count + len(level)
        if depth > _MOST_LEVELS:
            raise TemplateTextError(_TOO_DEEP)
        if count > _MOST_VALUES:
            raise TemplateTextError(f"it has more than {_MOST_VALUES:,} values")
        for value in level:
            if isinstance(value, str) and not value.isascii():
                _check_text(value)
        level = [item for value in level for item in _items(value)]


def _items(value: Any) -> list[Any]:
    if isinstance(value, dict):
        return [*value, *value.values()]
    return value if isinstance(value, list) else []


def _check_text(text: str) -> None:
    try:
        text.encode()
    except UnicodeEncodeError:
        raise TemplateTextError(f"it has half of a surrogate pair, in {text[:20]!a}") from None


def _position(error: yaml.YAMLError) -> str:
    mark = getattr(error, "problem_mark", None)
    return f"(line {mark.line + 1}, column {mark.column + 1})" if mark else ""


class _Loader(getattr(yaml, "CSafeLoader", yaml.SafeLoader)):  # type: ignore[misc]
    """YAML with CloudFormation's short tags; a date stays the text that it is, and so does the name of a field."""

    def construct_mapping(self, node: yaml.Node, deep: bool = False) -> dict[Any, Any]:
        """A mapping whose keys are texts as they stand there: YAML takes ``1`` for a number and ``on`` for true."""
        if isinstance(node, yaml.MappingNode):
            self.flatten_mapping(node)
            node.value = [(_as_text(key), value) for key, value in node.value]
        mapping: dict[Any, Any] = super().construct_mapping(node, deep=deep)
        return mapping


def _as_text(key: yaml.Node) -> yaml.Node:
    if not isinstance(key, yaml.ScalarNode) or key.tag.startswith("!"):
        return key
    return yaml.ScalarNode("tag:yaml.org,2002:str", key.value, key.start_mark, key.end_mark)


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
