"""What CloudFormation tells of a deployment, and why it refused one, in the words of its services."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass

from ...errors import RehearsalError
from .kubectl_refusals import in_plain_words

__all__ = ["DeployEvent", "DeploymentRefusedError", "refusals"]

# Resource handler returned message: "... (Service: Eks, Status Code: 400, Request ID: ...)" (RequestToken: ...)
_HANDLER = re.compile(
    r'^Resource handler returned message: "(?P<message>.*?)(?: \(Service: [^"]*)?" \(RequestToken: .*\)$'
)
# CloudFormation's words for what failed because something else did.
_ECHOES = ("Resource creation cancelled", "Resource update cancelled", "The following resource(s) failed")


class DeploymentRefusedError(RehearsalError):
    """The account did not accept a deployment."""

    def __init__(self, reasons: Iterable[str]) -> None:
        self.reasons = tuple(reasons)
        super().__init__(f"'cdk deploy' failed: {'; '.join(self.reasons)}")


@dataclass(frozen=True, slots=True, kw_only=True)
class DeployEvent:
    """Something that CloudFormation did."""

    stack: str
    # Resources done and to do. None: nobody counted.
    done: int | None
    total: int | None
    # "CREATE_COMPLETE".
    status: str
    type: str
    # Construct path, or logical id.
    name: str
    reason: str


def _plain(reason: str) -> str:
    """What a service said, without CloudFormation's wrapping of handlers and request ids."""
    match = _HANDLER.match(reason)
    return in_plain_words(match["message"] if match else reason)


def refusals(events: Iterable[DeployEvent]) -> list[str]:
    """Why resources failed, in the words of their services; not those that failed because others did."""
    reasons = [
        f"{event.name} ({event.type}): {_plain(event.reason)}"
        for event in events
        if event.status.endswith("_FAILED") and event.reason and not event.reason.startswith(_ECHOES)
    ]
    return list(dict.fromkeys(reasons))
