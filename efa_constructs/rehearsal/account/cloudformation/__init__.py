"""AWS CloudFormation in the emulated account.

moto has a CloudFormation of its own, but it leaves out resource types that it does not know, never rolls back, replaces
nothing, and cannot execute a change set that updates a stack.
"""

from __future__ import annotations

from .errors import CloudFormationError
from .stacks import Stack, cloudformation_state

__all__ = ["CloudFormationError", "Stack", "cloudformation_state"]
