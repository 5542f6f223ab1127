"""Templates that are reviewed together: their resources, and what each refers to."""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from pathlib import Path
from typing import Any

from .evaluation import Evaluator
from .shapes import as_mapping, as_mappings, at_path
from .values import Reference, known_text, unknown

__all__ = [
    "CLUSTER",
    "CLUSTER_OF_AWS_EKS",
    "CLUSTER_TYPES",
    "NESTED_STACK",
    "Export",
    "Resource",
    "StackTemplate",
    "Templates",
    "renamed",
]

CLUSTER = "AWS::EKS::Cluster"
CLUSTER_OF_AWS_EKS = "Custom::AWSCDK-EKS-Cluster"
"""The older of CDK's modules makes clusters by a custom resource."""
CLUSTER_TYPES = (CLUSTER, CLUSTER_OF_AWS_EKS)

NESTED_STACK = "AWS::CloudFormation::Stack"


@dataclass(frozen=True, kw_only=True, eq=False)
class StackTemplate:
    """The template of one stack, as it was read."""

    # As CloudFormation names it. A nested stack's: "Stack/LogicalId".
    name: str
    document: Mapping[str, Any]
    file: Path
    # As the app names it: "Stage/Stack". Default: it comes from no app.
    construct_path: str | None = None
    # None: wherever the credentials lead.
    account: str | None = None
    region: str | None = None
    # Bytes of its text. None: it was not read from a file.
    size: int | None = None
    # Of the aws-cdk-lib that wrote it. None: it comes from no app, or from one that does not tell.
    cdk_version: str | None = None
    # Findings that people acknowledge: by the path of a construct, and the rule's id, with the reason.
    acknowledgements: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    # Templates of nested stacks, by the logical id of their resources.
    nested: Mapping[str, StackTemplate] = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True, eq=False)
class Resource:
    """A resource of a template, its functions evaluated as far as they can be."""

    stack: StackTemplate
    logical_id: str
    type: str
    # What the deployment will know stands as a mark: see :mod:`.values`.
    properties: Mapping[str, Any]
    # The whole definition, as it was read.
    definition: Mapping[str, Any]

    @property
    def reference(self) -> Reference:
        """What ``Ref`` of it gives."""
        return Reference(self.stack.name, self.logical_id)

    def attribute(self, name: str) -> Reference:
        """What ``Fn::GetAtt`` of it gives."""
        return Reference(self.stack.name, self.logical_id, name)

    @property
    def metadata(self) -> Mapping[str, Any]:
        """Its ``Metadata``."""
        return as_mapping(self.definition.get("Metadata"))

    @cached_property
    def is_rewritten(self) -> bool:
        """Whether a macro, such as ``AWS::Include``, writes part of it, which may then say anything."""
        return _has_key(self.definition, "Fn::Transform")

    @property
    def is_made(self) -> bool:
        """Whether the deployment makes anything of it. What CDK counts its users by is no thing."""
        return self.type != "AWS::CDK::Metadata"

    @property
    def stays(self) -> bool:
        """Whether CloudFormation leaves it alone where it, or its stack, is deleted."""
        return self.definition.get("DeletionPolicy") in ("Retain", "RetainExceptOnCreate")

    @property
    def construct_path(self) -> str | None:
        """As the app names it. None: it comes from no CDK app, or from one that does not tell."""
        path = self.metadata.get("aws:cdk:path")
        return path if isinstance(path, str) else None

    @property
    def name(self) -> str:
        """Names it for people: ``EfaNodes/SecurityGroup3C76CFA3``."""
        return f"{self.stack.name}/{self.logical_id}"

    def get(self, path: str, default: Any = None) -> Any:
        """A property: ``"LaunchTemplateData.Placement.GroupName"``.

        Those of a cluster of ``aws_eks`` go by the names of ``AWS::EKS::Cluster``.
        """
        value = at_path(self.properties, *path.split("."))
        if value is None and self.type == CLUSTER_OF_AWS_EKS:
            value = at_path(self.properties, *self.path_of(path).split("."))
        return default if value is None else value

    def path_of(self, path: str) -> str:
        """Where the resource has a property: a cluster of ``aws_eks`` has ``Version`` as ``Config.version``."""
        if self.type != CLUSTER_OF_AWS_EKS:
            return path
        # Its resource has what the API of EKS takes: {"Config": {"accessConfig": {"authenticationMode": ...}}}.
        return ".".join(("Config", *(f"{name[:1].lower()}{name[1:]}" for name in path.split("."))))

    def items(self, path: str) -> list[Any]:
        """A property that is a list. What is none, or known only to the deployment, is empty."""
        value = self.get(path)
        return value if isinstance(value, list) else []


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
        self.stacks: Sequence[StackTemplate] = tuple(_with_nested(self.outermost))
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
        return any(self._refuses(stack, rule) for stack in self.stacks for rule in _rules(stack))

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
            for output, definition in _outputs(stack).items():
                condition = definition.get("Condition")
                name = evaluator.evaluate(at_path(definition, "Export", "Name"))
                if known_text(name) and not (isinstance(condition, str) and evaluator.holds(condition) is False):
                    yield Export(stack=stack, name=name, value=self._output(stack.name, output))

    def importers_of(self, export: Export) -> list[StackTemplate]:
        """The stacks that import an export, of those that say the same of where they go as its own."""
        return [
            stack
            for stack in self.stacks
            if _say_same_place(stack, export.stack) and export.name in self._imports[stack.name]
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
            for output, definition in _outputs(stack).items() if _may_share_place(stack, importing) else ():
                export = definition.get("Export")
                if isinstance(export, Mapping) and self._evaluator(stack).evaluate(export.get("Name")) == name:
                    return self._output(stack.name, output)
        return unknown(name)

    def _output(self, stack_name: str, output: str) -> Any:
        stack = self._by_name.get(stack_name)
        definition = _outputs(stack).get(output) if stack is not None else None
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


def _has_key(value: Any, name: str) -> bool:
    if isinstance(value, Mapping):
        return name in value or any(_has_key(item, name) for item in value.values())
    return isinstance(value, list) and any(_has_key(item, name) for item in value)


def _told_apart(stacks: Iterable[StackTemplate]) -> Iterator[StackTemplate]:
    """Stacks of one name, in Regions or accounts of their own, each with another name: references go by it."""
    names: set[str] = set()
    for stack in stacks:
        others = (f"{stack.name} ({place})" for place in itertools.chain([stack.region], itertools.count(2)) if place)
        name = next(name for name in itertools.chain([stack.name], others) if name not in names)
        names.add(name)
        yield stack if name == stack.name else renamed(stack, name)


def renamed(stack: StackTemplate, name: str) -> StackTemplate:
    """The stack under another name, with those nested in it."""
    nested = {logical_id: renamed(inner, f"{name}/{logical_id}") for logical_id, inner in stack.nested.items()}
    return replace(stack, name=name, nested=nested)


def _say_same_place(one: StackTemplate, other: StackTemplate) -> bool:
    """Whether two stacks name the same account and Region, or both leave the same of it to the credentials."""
    return (one.account, one.region) == (other.account, other.region)


def _may_share_place(one: StackTemplate, other: StackTemplate) -> bool:
    """Whether two stacks may be in the same account and Region: one that names none may be in any."""
    places = ((one.account, other.account), (one.region, other.region))
    return all(None in pair or pair[0] == pair[1] for pair in places)


def _with_nested(stacks: Iterable[StackTemplate]) -> Iterator[StackTemplate]:
    for stack in stacks:
        yield stack
        yield from _with_nested(stack.nested.values())


def _rules(stack: StackTemplate) -> list[Mapping[str, Any]]:
    return as_mappings(list(as_mapping(stack.document.get("Rules")).values()))


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


def _outputs(stack: StackTemplate) -> Mapping[str, Mapping[str, Any]]:
    outputs = as_mapping(stack.document.get("Outputs"))
    return {name: definition for name, definition in outputs.items() if isinstance(definition, Mapping)}
