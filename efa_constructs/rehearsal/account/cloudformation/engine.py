"""The emulated CloudFormation of one account and Region: checks what it is asked, then deploys it."""

from __future__ import annotations

import threading
import uuid
from collections.abc import Callable, Mapping
from dataclasses import replace

from ..resource_type import ResourceType
from .capabilities import missing_capability
from .dependencies import attributes_used, check_references
from .deployment import Deployment, delete_stack
from .errors import CloudFormationError, TemplateError
from .functions import Evaluator, Surroundings
from .parameters import check_rules, parameter_values
from .resource_operations import ResourceOperations
from .schemas import is_aws_type, schema
from .stacks import STACK_TYPE, CloudFormationState, Request, Stack, now
from .template import Template, handled_type, parse_template

__all__ = ["Engine"]

# How long a request waits for the deployment that it starts. Clients repeat a request that takes a minute.
_PATIENCE_SECONDS = 20.0

# States from which a stack can be updated; the last two only because a deployment did not roll back.
_UPDATABLE = frozenset(
    {"CREATE_COMPLETE", "UPDATE_COMPLETE", "UPDATE_ROLLBACK_COMPLETE", "CREATE_FAILED", "UPDATE_FAILED"}
)


class Engine:
    """CloudFormation of one account in one Region."""

    def __init__(
        self,
        state: CloudFormationState,
        resource_type: Callable[[str], ResourceType | None],
        surroundings: Callable[[CloudFormationState, Stack], Surroundings],
        patience: float = _PATIENCE_SECONDS,
    ) -> None:
        """
        :param resource_type: Finds a resource type by its name.
        :param surroundings: What the templates of a stack can ask about.
        :param patience: Seconds after which a deployment goes on behind its caller's back. Default: 20
        """
        self.state = state
        self._patience = patience
        self._find_type = resource_type
        self._surroundings = surroundings

    def resource_type(self, name: str) -> ResourceType | None:
        """The resource type with this name, or None."""
        if name == STACK_TYPE:
            from .nested import NestedStack

            return NestedStack(self)
        return self._find_type(name)

    def new_stack(self, name: str, *, parent: Stack | None = None) -> Stack:
        """A stack with nothing in it, waiting for its first deployment."""
        stack_id = self.state.arn(f"stack/{name}/{uuid.uuid4()}")
        stack = Stack(id=stack_id, name=name, request=None, created=now())
        if parent is not None:
            stack.parent_id = parent.id
            stack.root_id = parent.root_id or parent.id
        return stack

    def request(
        self,
        stack: Stack,
        body: str,
        *,
        parameters: Mapping[str, str] | None = None,
        previous: frozenset[str] = frozenset(),
        tags: Mapping[str, str] | None = None,
        capabilities: list[str] | None = None,
        role_arn: str | None = None,
        notification_arns: list[str] | None = None,
        disable_rollback: bool = False,
    ) -> Request:
        """What a stack is asked to become, checked as CloudFormation checks before it makes anything.

        :param previous: Names of the parameters that keep their value.
        :raises CloudFormationError: CloudFormation would refuse the request.
        """
        template = parse_template(body)
        self._check_template(template, stack)
        given = stack.request.parameters.given if stack.request else {}
        kept = {name: value for name, value in given.items() if name in previous}
        values = parameter_values(template, parameters or {}, kept, self._surroundings(self.state, stack).ssm_parameter)
        missing = missing_capability(template, capabilities or [])
        if missing:
            raise CloudFormationError("InsufficientCapabilitiesException", f"Requires capabilities : [{missing}]")
        request = Request(
            template=template,
            parameters=values,
            tags=tags or {},
            capabilities=capabilities or [],
            role_arn=role_arn,
            notification_arns=notification_arns or [],
            disable_rollback=disable_rollback,
        )
        check_rules(self.evaluator(stack, request))
        return request

    def evaluator(self, stack: Stack, request: Request) -> Evaluator:
        """Evaluates the template of a request, knowing no resource yet."""
        surroundings = self._surroundings(self.state, stack)
        return Evaluator(request.template, request.parameters.resolved, surroundings)

    def deploy(self, stack: Stack, request: Request, *, nested: bool = False) -> None:
        """Create or update a stack.

        :param nested: It is part of a deployment that is on. Default: it waits until no other one is.
        """
        imports: set[str] = set()
        evaluator = self.evaluator(stack, request)
        evaluator.surroundings = _recording(evaluator.surroundings, imports)
        deployment = Deployment(self.state, stack, request, self._operations(stack), evaluator, imports)
        deployment.start()
        self._run(deployment.run, nested)

    def roll_back(self, stack: Stack) -> None:
        """Take back the operation that failed and was told not to roll back."""
        if stack.pending_rollback is None:
            raise CloudFormationError(
                "ValidationError", f"RollbackStack cannot be performed on stack {stack.name} in {stack.status} state"
            )
        deployment: Deployment = stack.pending_rollback
        self._run(lambda: deployment.roll_back("User Initiated"), nested=False)

    def delete(self, stack: Stack, retain: frozenset[str] = frozenset(), *, nested: bool = False) -> None:
        """Delete a stack.

        :param retain: Logical ids of resources to leave alone.
        :param nested: It is part of a deployment that is on. Default: it waits until no other one is.
        """
        self._run(lambda: delete_stack(self.state, stack, self._operations(stack), retain), nested)

    def check_updatable(self, stack: Stack) -> None:
        """Refuse to update a stack that is in no state for it."""
        if stack.status not in _UPDATABLE:
            raise CloudFormationError(
                "ValidationError", f"Stack:{stack.id} is in {stack.status} state and can not be updated."
            )

    def _operations(self, stack: Stack) -> ResourceOperations:
        return ResourceOperations(self.state, stack, self.resource_type)

    def _run(self, work: Callable[[], None], nested: bool) -> None:
        if nested:
            work()
            return

        def locked() -> None:
            with self.state.lock:
                work()

        thread = threading.Thread(target=locked, daemon=True)
        thread.start()
        thread.join(self._patience)

    def _check_template(self, template: Template, stack: Stack) -> None:
        check_references(template)
        self._check_types(template)
        for logical_id, definition in template.resources.items():
            old = stack.resources.get(logical_id)
            if old is not None and old.resource is not None and old.type_name != definition["Type"]:
                raise TemplateError(
                    "Update of resource type is not permitted. The new template modifies resource type of the "
                    f"following resources: [{logical_id}]"
                )
        for logical_id, attribute in attributes_used([template.resources, template.outputs]):
            if logical_id in template.resources:
                _check_attribute(template, logical_id, attribute)

    def _check_types(self, template: Template) -> None:
        definitions = template.resources.values()
        unknown = sorted({each["Type"] for each in definitions if self.resource_type(handled_type(each)) is None})
        custom = [name for name in unknown if name.startswith("Custom::")]
        invalid = [name for name in unknown if name not in custom and not is_aws_type(name)]
        if invalid:
            raise TemplateError(f"Template format error: Unrecognized resource types: [{', '.join(invalid)}]")
        if unknown:
            users = [name for name, definition in template.resources.items() if definition["Type"] in unknown]
            raise TemplateError(
                f"the emulated account does not have the resource types [{', '.join(unknown)}], "
                f"which the template uses for [{', '.join(users)}]: nothing was deployed"
            )


def _check_attribute(template: Template, logical_id: str, attribute: str) -> None:
    type_name = template.resources[logical_id]["Type"]
    known = schema(type_name) if type_name != STACK_TYPE else None
    if known is not None and not known.has_attribute(attribute):
        raise TemplateError(
            f"Template error: resource {logical_id} does not support attribute type {attribute} in Fn::GetAtt"
        )


def _recording(surroundings: Surroundings, imports: set[str]) -> Surroundings:
    def import_value(name: str) -> str:
        value = surroundings.import_value(name)
        imports.add(name)
        return value

    return replace(surroundings, import_value=import_value)
