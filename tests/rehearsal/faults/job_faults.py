"""Faults in jobs. They are deployed together: a job that waits takes nothing away from another."""

from __future__ import annotations

from .changed_assembly import Fault

FAULTS: dict[str, Fault] = {}
