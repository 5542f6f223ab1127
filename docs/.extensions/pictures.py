"""Writes the pictures of the explanation pages, docs/pictures/*.svg: those of ``efa report`` of the default app."""

from __future__ import annotations

import re
import sys
from collections.abc import Mapping
from importlib.resources import files
from pathlib import Path

from efa_constructs.review import read_assembly_templates, review
from efa_constructs.review.page import LOOK_PACKAGE, render_page

# By the name that the page gives each.
NAMES = {"node-1": "node", "network-1": "network", "groups": "security-groups", "workloads-1": "workloads"}
_PICTURE = re.compile(r'<svg [^>]*class="picture (?P<name>[\w-]+)".*?</svg>', re.DOTALL)
# Of the page's style sheets, what a picture alone needs: colours for light and dark, as far as those for paper.
_COLOURS = re.compile(r".*?(?=@media print)", re.DOTALL)
_OF_PICTURES = re.compile(r"^svg [^\n]*$", re.MULTILINE)


def pictures(assembly: Path) -> Mapping[str, str]:
    """The pictures of a cloud assembly, by the names of their files.

    :param assembly: Of the default app.
    """
    page = render_page(review(read_assembly_templates(assembly)))
    found = {match["name"]: match[0] for match in _PICTURE.finditer(page)}
    return {f"{file}.svg": _alone(found[name]) for name, file in NAMES.items()}


def _alone(picture: str) -> str:
    """A picture with its style, as a file of its own: it has no page around it, so it brings the paper, too."""
    style = f"{_style()}\nsvg {{ background: var(--paper); }}"
    opening, _, rest = picture.partition(">")
    if "xmlns=" not in opening:
        opening = opening.replace("<svg ", '<svg xmlns="http://www.w3.org/2000/svg" ', 1)
    return f"{opening}><style>\n{style}\n</style>{rest}\n"


def _style() -> str:
    look, page = (files(LOOK_PACKAGE).joinpath(name).read_text(encoding="utf-8") for name in ("look.css", "page.css"))
    colours = _COLOURS.match(look)
    assert colours is not None, "the style sheet begins with the colours"
    return "\n".join([colours[0].strip(), *_OF_PICTURES.findall(page)])


if __name__ == "__main__":
    folder = Path(sys.argv[2])
    folder.mkdir(exist_ok=True)
    for name, svg in pictures(Path(sys.argv[1])).items():
        (folder / name).write_text(svg, encoding="utf-8")
