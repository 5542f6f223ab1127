"""What a review finds in templates that tests synthesize anyway."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from efa_constructs.review import Review, read_assembly_templates, review
from efa_constructs.review.stack_template import StackTemplate
from efa_constructs.review.templates import Templates
from efa_constructs.rules import Severity

__all__ = ["errors_in", "errors_in_template"]


def errors_in(directory: Path) -> list[tuple[str, str]]:
    """Rules that the templates of a cloud assembly break, with the problems: errors only."""
    return _errors(review(read_assembly_templates(directory)))


def errors_in_template(document: Mapping[str, Any]) -> list[tuple[str, str]]:
    """The same of one template."""
    return _errors(review(Templates([StackTemplate(name="Training", document=document, file=Path("t.json"))])))


def _errors(found: Review) -> list[tuple[str, str]]:
    return [(finding.rule.id, finding.problem) for finding in found.findings if finding.rule.severity is Severity.ERROR]
