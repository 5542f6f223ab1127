"""Exports that a deployment could not change, because another stack imports them.

Source: AWS CloudFormation User Guide, "Get exported outputs from a deployed CloudFormation stack": after another stack
imports an output value, neither can the stack be deleted that exports it, nor the value be changed or taken away.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from ..resource import Resource
from ..stack_template import StackTemplate
from ..templates import Export, Templates
from ..values import references_in
from .changes import LATEST_VERSION, Change
from .replacement import Replacement

__all__ = ["ExportInUse", "exports_in_use"]

_Key = tuple[str, str]


@dataclass(frozen=True, kw_only=True, eq=False)
class ExportInUse:
    """An export that deployed stacks import, and that would change or go."""

    # The export's name.
    name: str
    # The stack that has it.
    stack: StackTemplate
    # Those that import it as they are deployed.
    importers: Sequence[StackTemplate]
    # Those of them that import it as they are to be, too.
    remaining: Sequence[StackTemplate]
    # The resource whose replacement changes it. None: the template has another value, or none.
    because_of: Resource | None
    # Whether it goes.
    is_removed: bool
    # Whether that is sure: some replacements depend on what is deployed.
    is_sure: bool

    @property
    def problem(self) -> str:
        """What CloudFormation refuses, as a fact."""
        sure = self.is_sure
        fate = "goes" if self.is_removed else "changes" if sure else "may change"
        if self.because_of is not None:
            fate += f" with {self.because_of.logical_id}"
        return (
            f"the export {self.name} of {self.stack.name}, imported by {_names(self.importers)}, {fate}: "
            f"CloudFormation {'refuses' if sure else 'then refuses'} to update {self.stack.name}"
        )

    @property
    def fix(self) -> str:
        """What to do about it, as an imperative."""
        if not self.remaining:
            first = " ".join(stack.construct_path or stack.name for stack in self.importers)
            return f"deploy first what imports the value no more: 'cdk deploy --exclusively {first}'"
        return (
            f"let {_names(self.remaining)} get the value in another way first, such as by an SSM parameter, and keep "
            "the export until that is deployed (Stack.export_value())"
        )


def exports_in_use(before: Templates, after: Templates, changes: Iterable[Change]) -> tuple[ExportInUse, ...]:
    """The exports that a deployment of ``after`` would change or take away where ``before`` is deployed.

    :param changes: Between the two.
    """
    changed = {
        (change.resource.stack.name, change.resource.logical_id): change
        for change in changes
        if change.kubernetes_object is None
    }
    new = {(export.stack.name, export.name): export for export in after.exports()}
    stacks = {stack.name for stack in after.stacks}
    found = []
    for export in before.exports():
        importers = [stack for stack in before.importers_of(export) if stack is not export.stack]
        # What becomes of a stack that is in none of these templates any more, nobody knows.
        if not importers or export.stack.name not in stacks:
            continue
        fate = _fate(export, new.get((export.stack.name, export.name)), changed)
        if fate is None:
            continue
        still = {stack.name for stack in after.importers_of(export)}
        found.append(
            ExportInUse(
                name=export.name,
                stack=export.stack,
                importers=importers,
                # One that is no longer in these templates stays deployed, and goes on importing.
                remaining=[stack for stack in importers if stack.name in still or stack.name not in stacks],
                because_of=fate[0],
                is_removed=(export.stack.name, export.name) not in new,
                is_sure=fate[1],
            )
        )
    return tuple(found)


def _fate(old: Export, new: Export | None, changed: Mapping[_Key, Change]) -> tuple[Resource | None, bool] | None:
    """Because of which resource the value changes, and whether that is sure. None: it stays."""
    if new is None or old.value != new.value:
        return None, True
    causes = list(_causes(new.value, changed))
    return max(causes, key=lambda cause: cause[1], default=None)


def _causes(value: Any, changed: Mapping[_Key, Change]) -> Iterator[tuple[Resource, bool]]:
    for reference in references_in(value):
        change = changed.get((reference.stack, reference.logical_id))
        if change is None:
            continue
        if reference.attribute == LATEST_VERSION or change.replacement is Replacement.YES:
            yield change.resource, True
        elif change.replacement is Replacement.MAYBE:
            yield change.resource, False


def _names(stacks: Iterable[StackTemplate]) -> str:
    return " and ".join(stack.name for stack in stacks)
