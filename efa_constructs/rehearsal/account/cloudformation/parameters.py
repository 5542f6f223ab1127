"""The values of a template's parameters: given, kept from before, or by default; and the template's rules on them."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from .errors import TemplateError
from .functions import Evaluator
from .template import Template

__all__ = ["ParameterValues", "check_rules", "parameter_values"]

_SSM_TYPE = re.compile(r"AWS::SSM::Parameter::Value<(.+)>")


@dataclass(frozen=True, kw_only=True)
class ParameterValues:
    """The parameters of a stack."""

    # As they were given, by default or by the caller: what the next update keeps.
    given: Mapping[str, str]
    # What ``Ref`` gives: a Systems Manager parameter's value, a list for list types.
    resolved: Mapping[str, Any]


def parameter_values(
    template: Template,
    given: Mapping[str, str],
    previous: Mapping[str, str],
    ssm_parameter: Callable[[str], str],
) -> ParameterValues:
    """
    :param given: What the request gives, without those for which it asks the previous value.
    :param previous: Values to keep, those for which the request asks it.
    :raises TemplateError: A parameter is missing, unknown, or breaks its constraint.
    """
    unknown = sorted(set(given) - set(template.parameters))
    if unknown:
        raise TemplateError(f"Parameters: [{', '.join(unknown)}] do not exist in the template")
    defaults = {
        name: str(declared["Default"])
        if not isinstance(declared["Default"], bool)
        else str(declared["Default"]).lower()
        for name, declared in template.parameters.items()
        if "Default" in declared
    }
    kept = {name: value for name, value in previous.items() if name in template.parameters}
    values = {**defaults, **kept, **given}
    missing = [name for name in template.parameters if name not in values]
    if missing:
        raise TemplateError(f"Parameters: [{', '.join(missing)}] must have values")
    ordered = {name: values[name] for name in template.parameters}
    resolved = {
        name: _resolve(name, declared, ordered[name], ssm_parameter) for name, declared in template.parameters.items()
    }
    return ParameterValues(given=ordered, resolved=resolved)


def check_rules(evaluator: Evaluator) -> None:
    """Refuse parameters on which a rule of the template has something to say."""
    for name, rule in evaluator.template.rules.items():
        if "RuleCondition" in rule and not evaluator.evaluate(rule["RuleCondition"]):
            continue
        for assertion in rule.get("Assertions", []):
            if not evaluator.evaluate(assertion["Assert"]):
                description = assertion.get("AssertDescription", "an assertion does not hold")
                raise TemplateError(f"Template validation error: rule {name} failed: {description}")


def _resolve(name: str, declared: Mapping[str, Any], value: str, ssm_parameter: Callable[[str], str]) -> Any:
    kind = declared.get("Type", "String")
    stored = _SSM_TYPE.fullmatch(kind)
    if stored:
        kind, value = stored[1], ssm_parameter(value)
    if kind == "CommaDelimitedList" or kind.startswith("List<"):
        values = [item.strip() for item in value.split(",")] if value else []
        for item in values:
            _check(name, declared, item, number=kind == "List<Number>")
        # An empty list is a list with one empty text: Fn::Join of it gives "".
        return values or [""]
    _check(name, declared, value, number=kind == "Number")
    return value


def _check(name: str, declared: Mapping[str, Any], value: str, *, number: bool) -> None:
    explanation = declared.get("ConstraintDescription")
    problem = _number_problem(declared, value) if number else _text_problem(declared, value)
    allowed = declared.get("AllowedValues")
    if allowed is not None and value not in [str(item) for item in allowed]:
        problem = f"must be one of AllowedValues [{', '.join(map(str, allowed))}]"
    if problem and explanation:
        raise TemplateError(f"Parameter {name} failed to satisfy constraint: {explanation}")
    if problem:
        raise TemplateError(f"Parameter '{name}' {problem}")


def _number_problem(declared: Mapping[str, Any], value: str) -> str | None:
    try:
        number = float(value)
    except ValueError:
        return "must be a number."
    if "MinValue" in declared and number < float(declared["MinValue"]):
        return f"must be a number not less than {declared['MinValue']}"
    if "MaxValue" in declared and number > float(declared["MaxValue"]):
        return f"must be a number not greater than {declared['MaxValue']}"
    return None


def _text_problem(declared: Mapping[str, Any], value: str) -> str | None:
    pattern = declared.get("AllowedPattern")
    if pattern and not re.fullmatch(pattern, value):
        return f"must match pattern {pattern}"
    if len(value) < int(declared.get("MinLength", 0)):
        return f"must contain at least {declared['MinLength']} characters"
    if "MaxLength" in declared and len(value) > int(declared["MaxLength"]):
        return f"must contain at most {declared['MaxLength']} characters"
    return None
