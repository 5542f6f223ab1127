"""What a rehearsal found out: its parts, each judged, and the whole as a JSON document."""

from __future__ import annotations

from .result import RehearsalResult
from .result_json import to_json

__all__ = ["RehearsalResult", "to_json"]
