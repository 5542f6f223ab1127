"""One self-contained HTML page for reviewers, made from templates alone: no network, no script."""

from __future__ import annotations

from typing import Final

from .page import render_page

__all__ = ["LOOK_PACKAGE", "render_page"]

LOOK_PACKAGE: Final = __name__
"""Where ``look.css`` is: what all pages of this project share."""
