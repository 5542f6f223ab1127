"""The template of one stack, as it was read."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from .shapes import as_mapping, as_mappings

__all__ = ["NESTED_STACK", "StackTemplate"]

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

    @property
    def outputs(self) -> Mapping[str, Mapping[str, Any]]:
        """Its outputs, by their names."""
        listed = as_mapping(self.document.get("Outputs"))
        return {name: definition for name, definition in listed.items() if isinstance(definition, Mapping)}

    @property
    def rules(self) -> Sequence[Mapping[str, Any]]:
        """What it demands of the values of its parameters."""
        return as_mappings(list(as_mapping(self.document.get("Rules")).values()))

    def with_nested(self) -> Iterator[StackTemplate]:
        """The stack, and all that are nested in it, and in those."""
        yield self
        for inner in self.nested.values():
            yield from inner.with_nested()

    def renamed(self, name: str) -> StackTemplate:
        """The stack under another name, with those nested in it."""
        nested = {logical_id: inner.renamed(f"{name}/{logical_id}") for logical_id, inner in self.nested.items()}
        return replace(self, name=name, nested=nested)

    def says_same_place_as(self, other: StackTemplate) -> bool:
        """Whether both name the same account and Region, or leave the same of it to the credentials."""
        return (self.account, self.region) == (other.account, other.region)

    def may_share_place_with(self, other: StackTemplate) -> bool:
        """Whether both may be in the same account and Region: one that names none may be in any."""
        places = ((self.account, other.account), (self.region, other.region))
        return all(None in pair or pair[0] == pair[1] for pair in places)
