"""One self-contained page about a rehearsal, with a picture of its nodes."""

from .page import report_page

__all__ = ["report_page"]
