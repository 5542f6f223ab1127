"""What becomes of a pod on a node, and how it is told: kwok plays what an annotation says."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Any

__all__ = ["FABRIC_ANNOTATION", "MESSAGE_ANNOTATION", "OUTCOME_ANNOTATION", "Outcome", "Verdict", "verdict_of"]

OUTCOME_ANNOTATION = "rehearsal.efa-constructs/outcome"
MESSAGE_ANNOTATION = "rehearsal.efa-constructs/message"
# Of a launcher: what carries its traffic, in JSON.
FABRIC_ANNOTATION = "rehearsal.efa-constructs/fabric"


class Outcome(StrEnum):
    """What a pod does once its node has it."""

    # Its containers run, and are ready.
    RUN = "run"
    # Its containers are not made: something that they need is not there.
    WAIT = "wait"
    # Its first container starts, ends and is started again, for ever.
    CRASH_LOOP = "crash-loop"
    # Its containers end with exit status 0.
    COMPLETE = "complete"
    # Its first container ends with exit status 1.
    FAIL = "fail"


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """An outcome, and what the container, or its kubelet, said or what there is to say about it."""

    outcome: Outcome
    message: str = ""


def verdict_of(pod: dict[str, Any]) -> Verdict | None:
    """What a pod was told to do. None: nothing yet."""
    annotations = pod["metadata"].get("annotations") or {}
    outcome = annotations.get(OUTCOME_ANNOTATION)
    if outcome is None:
        return None
    return Verdict(outcome=Outcome(outcome), message=annotations.get(MESSAGE_ANNOTATION, ""))
