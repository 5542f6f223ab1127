"""The real programs of a control plane."""

from __future__ import annotations

from ..rehearsal.conftest import binaries, control_plane

__all__ = ["binaries", "control_plane"]
