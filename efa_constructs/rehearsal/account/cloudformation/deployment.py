"""Creates or updates one stack: in the order of its dependencies, taking everything back when a resource is refused."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from .dependencies import creation_order, depends_on
from .errors import CloudFormationError, ResourceFailure
from .functions import Evaluator, as_text
from .resource_operations import ResourceOperations, conformed
from .schemas import schema
from .stacks import CloudFormationState, Output, Request, Stack, StackResource, now

__all__ = ["Deployment", "delete_stack", "evaluate_outputs", "unchanged"]


class Deployment:
    """One creation or update of a stack."""

    def __init__(
        self,
        state: CloudFormationState,
        stack: Stack,
        request: Request,
        operations: ResourceOperations,
        evaluator: Evaluator,
        imports: set[str],
    ) -> None:
        """
        :param evaluator: Of the new template, knowing no resource yet.
        :param imports: The exports that the evaluator has imported so far.
        """
        self._state = state
        self._stack = stack
        self._request = request
        self._operations = operations
        self._evaluator = evaluator
        self._imports = imports
        self._before = dict(stack.resources)
        self._previous_request = stack.request
        self._verb = "CREATE" if stack.status in ("REVIEW_IN_PROGRESS", "CREATE_IN_PROGRESS") else "UPDATE"
        self._created: list[StackResource] = []
        self._updated: list[tuple[StackResource, StackResource]] = []
        self._replaced: list[StackResource] = []

    def start(self) -> None:
        """Say that it starts."""
        self._stack.set_status(f"{self._verb}_IN_PROGRESS", "User Initiated")
        self._stack.request = self._request
        self._stack.pending_rollback = None
        if self._verb == "UPDATE":
            self._stack.updated = now()

    def run(self) -> None:
        """Deploy. However it ends, the status of the stack says so."""
        try:
            for logical_id in creation_order(self._request.template.resources):
                if self._evaluator.exists(logical_id):
                    self._deploy(logical_id)
            outputs = evaluate_outputs(self._evaluator)
            self._check_exports(outputs)
        except ResourceFailure as failure:
            verb = "update" if failure.logical_id in self._before else "create"
            self._fail(f"The following resource(s) failed to {verb}: [{failure.logical_id}]. ")
        except CloudFormationError as error:
            self._fail(error.message)
        else:
            self._finish(outputs)

    def roll_back(self, reason: str) -> None:
        """Put back what was there before."""
        self._stack.pending_rollback = None
        if self._verb == "CREATE":
            self._stack.set_status("ROLLBACK_IN_PROGRESS", f"{reason.rstrip('. ')}. Rollback requested by user.")
            left = self._delete_created()
            self._stack.set_status("ROLLBACK_FAILED" if left else "ROLLBACK_COMPLETE", _not_deleted(left))
            return
        self._stack.set_status("UPDATE_ROLLBACK_IN_PROGRESS", reason)
        failed = self._put_back()
        self._stack.resources = self._before
        self._stack.request = self._previous_request
        if failed:
            self._stack.set_status(
                "UPDATE_ROLLBACK_FAILED", f"The following resource(s) failed to update: [{', '.join(failed)}]. "
            )
            return
        self._stack.set_status("UPDATE_ROLLBACK_COMPLETE_CLEANUP_IN_PROGRESS")
        left = self._delete_created()
        self._stack.set_status("UPDATE_ROLLBACK_COMPLETE", _not_deleted(left))

    def _deploy(self, logical_id: str) -> None:
        definition = self._request.template.resources[logical_id]
        old = self._before.get(logical_id)
        if old is not None and old.resource is None:
            old = None
        new = StackResource(
            logical_id=logical_id, type_name=definition["Type"], definition=definition, tags=self._request.tags
        )
        try:
            new.properties = conformed(logical_id, new.type_name, self._evaluator.properties(logical_id))
        except (CloudFormationError, ResourceFailure) as error:
            raise self._operations.failed(new, "UPDATE" if old else "CREATE", error) from None
        if old is not None and unchanged(old, new):
            new = replace(old, definition=definition)
            self._stack.resources[logical_id] = new
        else:
            self._stack.resources[logical_id] = new
            self._apply(new, old)
        assert new.resource is not None
        self._evaluator.resources[logical_id] = new.resource

    def _apply(self, new: StackResource, old: StackResource | None) -> None:
        if old is None:
            self._created.append(new)
            self._operations.create(new)
            return
        known = schema(new.type_name)
        if known and known.needs_replacement(old.properties, new.properties):
            name = known.same_name(old.properties, new.properties)
            if name:
                message = (
                    "CloudFormation cannot update a stack when a custom-named resource requires replacing. "
                    f"Rename {name} and update the stack again."
                )
                raise self._operations.failed(new, "UPDATE", ResourceFailure(new.logical_id, message))
            self._created.append(new)
            self._operations.create(new, replacing=True)
            self._replaced.append(old)
            return
        self._updated.append((new, old))
        try:
            self._operations.update(new, old)
        except ResourceFailure as failure:
            if failure.untouched:
                self._updated.pop()
            raise
        if new.physical_id != old.physical_id:
            # A custom resource answers an update with another id when it has made a new one.
            self._replaced.append(old)

    def _fail(self, reason: str) -> None:
        if self._request.disable_rollback:
            self._stack.pending_rollback = self
            self._stack.set_status(f"{self._verb}_FAILED", reason)
        else:
            self.roll_back(reason)

    def _finish(self, outputs: dict[str, Output]) -> None:
        self._stack.outputs = outputs
        self._stack.imports = set(self._imports)
        if self._verb == "CREATE":
            self._stack.set_status("CREATE_COMPLETE")
            return
        self._stack.set_status("UPDATE_COMPLETE_CLEANUP_IN_PROGRESS")
        left = self._clean_up()
        message = "Update successful. One or more resources could not be deleted." if left else None
        self._stack.set_status("UPDATE_COMPLETE", message)

    def _clean_up(self) -> list[str]:
        """Delete what was replaced, and what the template no longer has."""
        present = {name for name in self._request.template.resources if self._evaluator.exists(name)}
        removed = {name: resource for name, resource in self._before.items() if name not in present}
        replaced = {resource.logical_id: resource for resource in self._replaced}
        left = []
        for logical_id in reversed(creation_order(_definitions(self._before))):
            if logical_id in removed:
                del self._stack.resources[logical_id]
                doomed, retain = removed[logical_id], _retained(removed[logical_id].definition, "DeletionPolicy")
            elif logical_id in replaced:
                doomed = replaced[logical_id]
                retain = _retained(self._request.template.resources[logical_id], "UpdateReplacePolicy")
            else:
                continue
            if not self._operations.delete(doomed, retain=retain):
                left.append(logical_id)
        return left

    def _put_back(self) -> list[str]:
        failed = []
        for new, old in reversed(self._updated):
            try:
                back = replace(old)
                self._operations.update(back, new)
                self._before[old.logical_id] = back
            except ResourceFailure as failure:
                failed.append(failure.logical_id)
        return failed

    def _delete_created(self) -> list[str]:
        left = []
        for resource in reversed(self._created):
            retain = self._verb == "CREATE" and resource.definition.get("DeletionPolicy") == "Retain"
            if not self._operations.delete(resource, retain=retain):
                left.append(resource.logical_id)
        return left

    def _check_exports(self, outputs: Mapping[str, Output]) -> None:
        new = {output.export: output.value for output in outputs.values() if output.export}
        for name, export in self._state.exports().items():
            if export.stack_id != self._stack.id:
                if name in new:
                    other = self._state.stack(export.stack_id).name
                    raise CloudFormationError(
                        "ValidationError", f"Export with name {name} is already exported by stack {other}. "
                    )
                continue
            importers = self._state.importers(name)
            if importers and new.get(name) != export.value:
                verb = "updated" if name in new else "deleted"
                raise CloudFormationError("ValidationError", _in_use(name, verb, importers))


def delete_stack(
    state: CloudFormationState, stack: Stack, operations: ResourceOperations, retain: frozenset[str]
) -> None:
    """Delete a stack and its resources, those that depend on others first.

    :param retain: Logical ids of resources that are left alone.
    """
    for output in stack.outputs.values():
        importers = state.importers(output.export) if output.export else []
        if output.export and importers:
            # CloudFormation leaves the stack in the state in which it was.
            stack.set_status(stack.status, _in_use(output.export, "deleted", importers))
            return
    stack.set_status("DELETE_IN_PROGRESS", "User Initiated")
    needed: set[str] = set()
    left = []
    for logical_id in reversed(creation_order(_definitions(stack.resources))):
        resource = stack.resources[logical_id]
        if logical_id in needed:
            # What depends on it is still there.
            needed |= depends_on(resource.definition)
            continue
        kept = logical_id in retain or _retained(resource.definition, "DeletionPolicy")
        if operations.delete(resource, retain=kept):
            del stack.resources[logical_id]
        else:
            left.append(logical_id)
            needed |= depends_on(resource.definition)
    if left:
        stack.set_status("DELETE_FAILED", _not_deleted(left))
        return
    stack.deleted = now()
    stack.set_status("DELETE_COMPLETE")


def evaluate_outputs(evaluator: Evaluator) -> dict[str, Output]:
    """The outputs of a template, those whose condition holds."""
    outputs = {}
    for name, definition in evaluator.template.outputs.items():
        if "Condition" in definition and not evaluator.condition(definition["Condition"]):
            continue
        export = definition.get("Export", {}).get("Name")
        outputs[name] = Output(
            name=name,
            value=as_text(evaluator.evaluate(definition["Value"])),
            description=definition.get("Description"),
            export=as_text(evaluator.evaluate(export)) if export is not None else None,
        )
    return outputs


def unchanged(old: StackResource, new: StackResource) -> bool:
    """Whether there is nothing to do for a resource. The stack's tags matter only to types whose tags can change."""
    known = schema(new.type_name)
    tags_matter = known is not None and known.tags_can_change
    return old.properties == new.properties and (not tags_matter or old.tags == new.tags)


def _definitions(resources: Mapping[str, StackResource]) -> dict[str, Mapping[str, object]]:
    return {name: resource.definition for name, resource in resources.items()}


def _retained(definition: Mapping[str, object], policy: str) -> bool:
    return definition.get(policy) in ("Retain", "RetainExceptOnCreate")


def _in_use(export: str, verb: str, importers: list[Stack]) -> str:
    return f"Export {export} cannot be {verb} as it is in use by {' and '.join(stack.name for stack in importers)}"


def _not_deleted(logical_ids: list[str]) -> str | None:
    return f"The following resource(s) failed to delete: [{', '.join(logical_ids)}]. " if logical_ids else None
