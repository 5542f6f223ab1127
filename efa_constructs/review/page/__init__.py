"""One self-contained HTML page for reviewers, made from templates alone: no network, no script."""

from .page import render_page

__all__ = ["render_page"]
