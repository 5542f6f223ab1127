"""The environment of HTML templates: all pages look alike, escape what they show, and refuse unknown names."""

from __future__ import annotations

from jinja2 import ChoiceLoader, Environment, PackageLoader, StrictUndefined, select_autoescape

__all__ = ["page_environment"]


def page_environment(package: str) -> Environment:
    """Of the templates of a package, beside the style sheet that all pages have."""
    return Environment(
        loader=ChoiceLoader([PackageLoader(package, "."), PackageLoader(__package__, ".")]),
        autoescape=select_autoescape(enabled_extensions=("jinja",)),
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
