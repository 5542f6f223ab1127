"""One CloudFormation template, deployed as people do who use no CDK."""

from __future__ import annotations

import re
import time
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from ...errors import AwsRequestError, InvalidArgumentError
from ...lookups.clients import TemplateClients, boto3_errors, template_clients
from ...lookups.cluster_facts import ClusterFacts
from ...review.reading.assembly import AssemblyStack, CloudAssembly
from ..account.cloudformation.errors import TemplateError
from ..account.cloudformation.template import parse_template
from ..emulated_account import EmulatedAccount
from .deploy_events import DeployEvent, DeploymentRefusedError, refusals
from .environment import Environment, default_environment
from .rehearsal_input import RehearsalInput

if TYPE_CHECKING:
    from mypy_boto3_cloudformation.type_defs import StackEventTypeDef

__all__ = ["GivenTemplate", "read_template"]

# Bytes of a template in a request. A longer one is read from S3.
# https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/cloudformation-limits.html
_LONGEST_BODY = 51_200
_BUCKET = "rehearsal-templates"
_CHANGE_SET = "rehearsal"
_POLL_SECONDS = 0.1
_NOT_IN_NAMES = re.compile(r"[^A-Za-z0-9-]+")
_REFUSED = re.compile(r"^AWS refused \w+ with \w+: ")


def read_template(file: Path) -> CloudAssembly:
    """The template of a file as the only stack of an assembly, named like the file.

    :raises InvalidArgumentError: the file cannot be read, or is no template.
    """
    try:
        template = parse_template(file.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError) as error:
        raise InvalidArgumentError(f"cannot read the template '{file}' of '--template': {error}") from None
    except TemplateError as error:
        raise InvalidArgumentError(f"'{file}' of '--template' is no CloudFormation template: {error}") from None
    name = _NOT_IN_NAMES.sub("-", file.name.partition(".")[0]).strip("-")
    stack = AssemblyStack(
        # CloudFormation wants a letter first.
        name=name if name[:1].isalpha() else f"stack-{name}".rstrip("-"),
        path=file.name,
        template_file=file,
        account=None,
        region=None,
        resource_types=Counter(str(resource["Type"]) for resource in template.resources.values()),
        bootstrap_qualifier=None,
    )
    return CloudAssembly(directory=file.parent, stacks=(stack,), docker_image_names=())


class GivenTemplate(RehearsalInput):
    """A template. It has no context, no assets, and nothing to bootstrap."""

    deployed_by = "boto3: the change set of the template"

    def __init__(self, file: Path, parameters: Mapping[str, str]) -> None:
        """
        :param parameters: Of the template.
        :raises InvalidArgumentError: the file cannot be read, or is no template.
        """
        self.given: CloudAssembly = read_template(file)
        self._parameters = parameters

    def expected_environment(self, facts: ClusterFacts | None) -> Environment:
        """A template says nothing about it."""
        return default_environment(facts)

    def make_assembly(self, account: EmulatedAccount) -> CloudAssembly:
        """The template itself: nothing is written beside it."""
        return self.given

    def bootstrap(self, account: EmulatedAccount, assembly: CloudAssembly) -> None:
        """Nothing is needed."""

    def deploy(
        self, account: EmulatedAccount, assembly: CloudAssembly, on_event: Callable[[DeployEvent], None]
    ) -> None:
        """Make a change set of the template, and execute it."""
        clients = template_clients(account.environment(), region=account.region)
        _deploy(clients, assembly.stacks[0], self._parameters, on_event)


def _deploy(
    clients: TemplateClients,
    stack: AssemblyStack,
    parameters: Mapping[str, str],
    on_event: Callable[[DeployEvent], None],
) -> None:
    """Make a change set of a template, execute it, and wait for its end.

    :param stack: As :func:`read_template` gives it.
    :param parameters: Of the template.
    :param on_event: Called with what CloudFormation does.
    :raises DeploymentRefusedError: it was not deployed; the reasons are CloudFormation's.
    """
    try:
        with boto3_errors():
            _make_change_set(clients, stack, parameters)
            clients.cloudformation.execute_change_set(StackName=stack.name, ChangeSetName=_CHANGE_SET)
            events = []
            for event in _events(clients, stack.name):
                events.append(event)
                on_event(event)
    except AwsRequestError as error:
        raise DeploymentRefusedError([f"{stack.name}: {_REFUSED.sub('', str(error))}"]) from None
    if events[-1].status != "CREATE_COMPLETE":
        raise DeploymentRefusedError(refusals(events) or [f"{stack.name}: {events[-1].status} {events[-1].reason}"])


def _make_change_set(clients: TemplateClients, stack: AssemblyStack, parameters: Mapping[str, str]) -> None:
    text = stack.template_file.read_text(encoding="utf-8")
    body: dict[str, str] = {"TemplateBody": text}
    if len(text.encode()) > _LONGEST_BODY:
        clients.s3.create_bucket(Bucket=_BUCKET)
        clients.s3.put_object(Bucket=_BUCKET, Key=stack.path, Body=text.encode())
        body = {"TemplateURL": f"https://s3.{clients.region}.amazonaws.com/{_BUCKET}/{stack.path}"}
    clients.cloudformation.create_change_set(
        StackName=stack.name,
        ChangeSetName=_CHANGE_SET,
        ChangeSetType="CREATE",
        Capabilities=["CAPABILITY_IAM", "CAPABILITY_NAMED_IAM", "CAPABILITY_AUTO_EXPAND"],
        Parameters=[{"ParameterKey": key, "ParameterValue": value} for key, value in parameters.items()],
        **body,  # type: ignore[arg-type]
    )
    while True:
        made = clients.cloudformation.describe_change_set(StackName=stack.name, ChangeSetName=_CHANGE_SET)
        if made["Status"] == "FAILED":
            raise DeploymentRefusedError([f"{stack.name}: {made.get('StatusReason', 'no reason given')}"])
        if made["Status"] == "CREATE_COMPLETE":
            return
        time.sleep(_POLL_SECONDS)


def _events(clients: TemplateClients, name: str) -> Iterator[DeployEvent]:
    """What happens to the stack, until it rests."""
    seen: set[str] = set()
    while True:
        pages = clients.cloudformation.get_paginator("describe_stack_events").paginate(StackName=name)
        # Newest first.
        listed = [event for page in pages for event in page["StackEvents"]]
        for event in reversed(listed):
            if event["EventId"] not in seen:
                seen.add(event["EventId"])
                yield _deploy_event(event)
        newest = listed[0]
        rests = newest["ResourceStatus"].endswith(("_COMPLETE", "_FAILED"))
        if newest["PhysicalResourceId"] == newest["StackId"] and rests:
            return
        time.sleep(_POLL_SECONDS)


def _deploy_event(event: StackEventTypeDef) -> DeployEvent:
    return DeployEvent(
        stack=event["StackName"],
        done=None,
        total=None,
        status=event["ResourceStatus"],
        type=event["ResourceType"],
        name=event["LogicalResourceId"],
        reason=event.get("ResourceStatusReason", ""),
    )
