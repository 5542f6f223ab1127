"""``efa report``: what templates would make, and what is wrong with it, for whoever reviews them."""

from __future__ import annotations

import json
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from ..errors import InvalidArgumentError
from .output import note, print_json

if TYPE_CHECKING:
    from ..review import Review
    from ..review.comparison import Comparison
    from ..review.templates import Templates

__all__ = ["report"]

_ASSEMBLY = Path("cdk.out")
_PAGE = Path("report.html")


class Format(StrEnum):
    """Of findings."""

    TEXT = "text"
    JSON = "json"
    SARIF = "sarif"
    JUNIT = "junit"


def report(
    assembly: Annotated[
        Path | None, typer.Option(metavar="DIR", help="A cloud assembly that 'cdk synth' wrote. Default: cdk.out.")
    ] = None,
    template: Annotated[
        Path | None, typer.Option(metavar="FILE", help="A CloudFormation template alone, in JSON or YAML.")
    ] = None,
    output: Annotated[
        Path | None,
        typer.Option("--output", "-o", metavar="FILE", help="Write the page there. Default: report.html."),
    ] = None,
    against: Annotated[
        Path | None, typer.Option(metavar="DIR|FILE", help="Show what changed since that assembly or template.")
    ] = None,
    check: Annotated[
        bool, typer.Option("--check", help="Print the findings. No page, unless '-o' asks for one.")
    ] = False,
    format_: Annotated[Format, typer.Option("--format", help="Of the findings that '--check' prints.")] = Format.TEXT,
    as_json: Annotated[bool, typer.Option("--json", help="The same as '--check --format json'.")] = False,
) -> int:
    """Review the templates of an app, or one of any other tool. No AWS account is asked.

    Example: efa report --assembly cdk.out -o report.html

    Exit code 1, with '--check': a rule is broken whose severity is error, and nobody acknowledges it; or, with
    '--against', CloudFormation would surely refuse what changes.
    """
    chosen = _format(check, format_, as_json)
    from ..review import review
    from ..review.comparison import compare

    reviewed = review(_read(assembly, template))
    earlier = None if against is None else review(_read_either(against))
    if output is not None or chosen is None:
        _write_page(reviewed, earlier, output or _PAGE)
    if chosen is None:
        return 0
    comparison = None if earlier is None else compare(earlier.blueprint.templates, reviewed.blueprint.templates)
    _print(reviewed, comparison, chosen)
    return 0 if reviewed.passes and not (comparison and comparison.is_refused) else 1


def _format(check: bool, format_: Format, as_json: bool) -> Format | None:
    """None: no findings are printed."""
    if as_json:
        if format_ not in (Format.TEXT, Format.JSON):
            raise InvalidArgumentError(f"'--json' and '--format {format_}' exclude each other: give one of them")
        return Format.JSON
    if not check and format_ is not Format.TEXT:
        raise InvalidArgumentError(f"'--format {format_}' is of findings, which '--check' prints: give that, too")
    return format_ if check else None


def _read(assembly: Path | None, template: Path | None) -> Templates:
    from ..review import read_assembly_templates, read_template_file

    if assembly is not None and template is not None:
        raise InvalidArgumentError("'--assembly' and '--template' exclude each other: give one of them")
    if template is not None:
        return read_template_file(template)
    if assembly is None and not _ASSEMBLY.is_dir():
        raise InvalidArgumentError(
            f"there is no '{_ASSEMBLY}' here: run 'cdk synth', or name what to review with '--assembly' or '--template'"
        )
    return read_assembly_templates(assembly or _ASSEMBLY)


def _read_either(path: Path) -> Templates:
    return _read(path, None) if path.is_dir() else _read(None, path)


def _write_page(reviewed: Review, earlier: Review | None, file: Path) -> None:
    from ..review.page import render_page

    try:
        file.write_text(render_page(reviewed, against=earlier), encoding="utf-8")
    except OSError as error:
        raise InvalidArgumentError(f"cannot write '{file}' of '--output': {error.strerror}") from None
    note(f"Written: {file}")


def _print(reviewed: Review, comparison: Comparison | None, chosen: Format) -> None:
    for stack in reviewed.blueprint.templates.unread_stacks():
        note(f"Not read: the nested stack {stack.name}, whose template is not here")
    if comparison and chosen in (Format.SARIF, Format.JUNIT):
        # Both formats are of findings in templates, not of what is between two versions.
        for change in comparison.refused_changes:
            note(f"{change.resource.name}: {change.refusal}")
        for export in comparison.exports_in_use:
            note(f"{export.problem}: {export.fix}")
    if chosen is Format.JSON:
        from ..review.formats.json_document import to_json

        print_json(to_json(reviewed, comparison))
    elif chosen is Format.SARIF:
        from importlib.metadata import version

        from ..review.formats.sarif import to_sarif

        print(json.dumps(to_sarif(reviewed, version=version("efa-constructs")), indent=2))
    elif chosen is Format.JUNIT:
        from ..review.formats.junit import to_junit

        print(to_junit(reviewed), end="")
    else:
        from .review_text import print_findings, print_refusals

        print_findings(reviewed)
        if comparison:
            print_refusals(comparison)
