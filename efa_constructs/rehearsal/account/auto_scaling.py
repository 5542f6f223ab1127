"""What Auto Scaling does for node groups: it replaces an instance that somebody terminates."""

from __future__ import annotations

from threading import Timer
from typing import Any

from moto.core.responses import ActionResult
from moto.ec2.responses import EC2Response

from .eks import eks_state
from .eks.node_groups import replace_missing

__all__ = ["serve_auto_scaling"]

# AWS takes a minute to notice, and some more until the new node has booted. Here there is time to see that one is gone.
_REPLACED_AFTER_SECONDS = 5.0

_terminate_instances = EC2Response.terminate_instances


def serve_auto_scaling() -> None:
    """Have what moto's EC2 terminates replaced. Doing it again changes nothing."""
    EC2Response.terminate_instances = _terminate  # type: ignore[method-assign, assignment]


def _terminate(response: Any) -> ActionResult:
    answer = _terminate_instances(response)
    state = eks_state(response.current_account, response.region)
    timer = Timer(_REPLACED_AFTER_SECONDS, replace_missing, [state])
    # It keeps no account from ending.
    timer.daemon = True
    timer.start()
    return answer
