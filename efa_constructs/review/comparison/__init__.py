"""Compares two versions of an app: what changes, what that interrupts, and what CloudFormation would refuse."""

from __future__ import annotations

from .comparison import Comparison, compare

__all__ = ["Comparison", "compare"]
