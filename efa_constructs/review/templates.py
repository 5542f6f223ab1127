"""Templates that are reviewed together: their resources, and what each refers to."""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from .evaluation import Evaluator
from .resource import Resource
from .shapes import as_mapping, as_mappings, at_path
from .stack_template import NESTED_STACK, StackTemplate
from .values import Reference, known_text, unknown

__all__ = ["Export", "Templates"]


@dataclass(frozen=True, kw_only=True, eq=False)
class Export:
    """An output that other stacks of the same account and Region may import."""

    stack: StackTemplate
    name: str
    # What the deployment will know stands as a mark: see :mod:`.values`.
    value: Any


class Templates:
    """Stacks that are deployed together: references between them are followed."""

    def __init__(
        self, stacks: Iterable[StackTemplate], *, parameters: Mapping[str, Mapping[str, Any]] | None = None
    ) -> None:
        """:param parameters: Values by the name of a stack, and of a parameter. Default: only the deployment knows."""
        self.outermost: Sequence[StackTemplate] = tuple(_told_apart(stacks))
        self.stacks: Sequence[StackTemplate] = tuple(
            each for outermost in self.outermost for each in outermost.with_nested()
        )
        self._parameters = parameters or {}
        self._by_name = {stack.name: stack for stack in self.stacks}
        self._evaluators: dict[str, Evaluator] = {}
        # Exports and outputs that are being looked up: what needs itself is not known.
        self._asked: set[tuple[str, str]] = set()

    def with_parameters(self, parameters: Mapping[str, Mapping[str, Any]]) -> Templates:
        """The same stacks, if somebody deployed them with these values: by the name of a stack, and of a parameter."""
        return Templates(self.outermost, parameters=parameters)

    @property
    def are_refused(self) -> bool:
        """Whether a rule of a template refuses the values of its parameters."""
        return any(self._refuses(stack, rule) for stack in self.stacks for rule in stack.rules)

    def _refuses(self, stack: StackTemplate, rule: Mapping[str, Any]) -> bool:
        evaluator = self._evaluator(stack)
        if "RuleCondition" in rule and evaluator.truth(rule["RuleCondition"]) is not True:
            return False
        return any(evaluator.truth(each.get("Assert")) is False for each in as_mappings(rule.get("Assertions")))

    @cached_property
    def resources(self) -> Sequence[Resource]:
        """All that the deployment may make. Those whose condition does not hold are left out."""
        return tuple(resource for stack in self.stacks for resource in self._resources(stack))

    def of_type(self, *types: str) -> list[Resource]:
        """The resources of some types."""
        return [resource for resource in self.resources if resource.type in types]

    def at(self, value: Any) -> Resource | None:
        """The resource that a value refers to. None: it refers to none of these."""
        if not isinstance(value, Reference):
            return None
        return self._by_reference.get((value.stack, value.logical_id))

    def named(self, stack: StackTemplate, logical_id: str) -> Resource | None:
        """The resource of a stack that has a logical id."""
        return self._by_reference.get((stack.name, logical_id))

    def title(self, value: Any) -> str:
        """Names what a value refers to for people: the logical id of a resource, or the value itself."""
        resource = self.at(value)
        return resource.logical_id if resource is not None else str(value)

    def same(self, one: Any, other: Any) -> bool:
        """Whether two values name the same thing: ``Ref`` of a security group and its ``GroupId`` do."""
        resource = self.at(one)
        return one == other if resource is None else resource is self.at(other)

    def unread_stacks(self) -> list[Resource]:
        """The nested stacks whose templates are somewhere else."""
        return [one for one in self.of_type(NESTED_STACK) if one.logical_id not in one.stack.nested]

    def exports(self) -> Iterator[Export]:
        """What the stacks export, as far as the names are known."""
        for stack in self.stacks:
            evaluator = self._evaluator(stack)
            for output, definition in stack.outputs.items():
                condition = definition.get("Condition")
                name = evaluator.evaluate(at_path(definition, "Export", "Name"))
                if known_text(name) and not (isinstance(condition, str) and evaluator.holds(condition) is False):
                    yield Export(stack=stack, name=name, value=self._output(stack.name, output))

    def importers_of(self, export: Export) -> list[StackTemplate]:
        """The stacks that import an export, of those that say the same of where they go as its own."""
        return [
            stack
            for stack in self.stacks
            if stack.says_same_place_as(export.stack) and export.name in self._imports[stack.name]
        ]

    @cached_property
    def _imports(self) -> Mapping[str, frozenset[str]]:
        """The names of what each stack imports, by the stack's name."""
        return {
            stack.name: frozenset(
                name
                for argument in _arguments_of("Fn::ImportValue", stack.document)
                if (name := known_text(self._evaluator(stack).evaluate(argument)))
            )
            for stack in self.stacks
        }

    @cached_property
    def _by_reference(self) -> Mapping[tuple[str, str], Resource]:
        return {(resource.stack.name, resource.logical_id): resource for resource in self.resources}

    def _resources(self, stack: StackTemplate) -> Iterator[Resource]:
        evaluator = self._evaluator(stack)
        for logical_id, definition in as_mapping(stack.document.get("Resources")).items():
            # A loop, or a transform, stands for resources that the template does not list.
            if not isinstance(definition, Mapping) or str(logical_id).startswith("Fn::"):
                continue
            condition = definition.get("Condition")
            if isinstance(condition, str) and evaluator.holds(condition) is False:
                continue
            yield Resource(
                stack=stack,
                logical_id=str(logical_id),
                type=str(definition.get("Type")),
                properties=as_mapping(evaluator.evaluate(definition.get("Properties"))),
                definition=definition,
            )

    def _evaluator(self, stack: StackTemplate) -> Evaluator:
        if stack.name not in self._evaluators:
            self._evaluators[stack.name] = Evaluator(
                stack=stack.name,
                document=stack.document,
                account=stack.account,
                region=stack.region,
                parameters=self._given_parameters(stack),
                export=lambda name: self._export(stack, name),
                output=self._output,
                attribute=lambda logical_id, attribute: self._nested_output(stack, logical_id, attribute),
            )
        return self._evaluators[stack.name]

    def _given_parameters(self, stack: StackTemplate) -> Mapping[str, Any]:
        parent, _, logical_id = stack.name.rpartition("/")
        if not parent:
            return self._parameters.get(stack.name, {})
        outer = self._by_name[parent]
        properties = outer.document["Resources"][logical_id].get("Properties") or {}
        return as_mapping(self._evaluator(outer).evaluate(properties.get("Parameters")))

    def _export(self, importing: StackTemplate, name: str) -> Any:
        for stack in self.stacks:
            # Another account or Region may have an export of the same name.
            for output, definition in stack.outputs.items() if stack.may_share_place_with(importing) else ():
                export = definition.get("Export")
                if isinstance(export, Mapping) and self._evaluator(stack).evaluate(export.get("Name")) == name:
                    return self._output(stack.name, output)
        return unknown(name)

    def _output(self, stack_name: str, output: str) -> Any:
        stack = self._by_name.get(stack_name)
        definition = stack.outputs.get(output) if stack is not None else None
        key = (stack_name, output)
        if stack is None or definition is None or key in self._asked:
            return unknown(f"{stack_name}.{output}")
        self._asked.add(key)
        try:
            return self._evaluator(stack).evaluate(definition.get("Value"))
        finally:
            self._asked.remove(key)

    def _nested_output(self, stack: StackTemplate, logical_id: str, attribute: str) -> Any:
        if logical_id not in stack.nested or not attribute.startswith("Outputs."):
            return None
        return self._output(f"{stack.name}/{logical_id}", attribute.removeprefix("Outputs."))


def _told_apart(stacks: Iterable[StackTemplate]) -> Iterator[StackTemplate]:
    """Stacks of one name, in Regions or accounts of their own, each with another name: references go by it."""
    names: set[str] = set()
    for stack in stacks:
        others = (f"{stack.name} ({place})" for place in itertools.chain([stack.region], itertools.count(2)) if place)
        name = next(name for name in itertools.chain([stack.name], others) if name not in names)
        names.add(name)
        yield stack if name == stack.name else stack.renamed(name)


def _arguments_of(function: str, value: Any) -> Iterator[Any]:
    """What a function is called with, anywhere in a template."""
    if isinstance(value, Mapping):
        for key, item in value.items():
            if key == function:
                yield item
            yield from _arguments_of(function, item)
    elif isinstance(value, list):
        for item in value:
            yield from _arguments_of(function, item)
