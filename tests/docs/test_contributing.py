"""The page for contributors says where things are."""

from __future__ import annotations

import re

from tests.test_imports import MAY_IMPORT

from . import shown
from .pages import ROOT


def test_the_layout_names_what_is_there():
    there, folder = set(), ""
    for line in shown.LAYOUT.block.text.splitlines():
        indent, name = re.match(r"( *)(\S+)", line).groups()
        if len(indent) > 2:
            # Goes on with what the line above says.
            continue
        folder = name if name.endswith("/") and not indent else folder
        path = f"{folder}{name}" if indent else name
        assert (ROOT / path).exists(), path
        there.add(path.rstrip("/"))
    package = {
        str(path.relative_to(ROOT)) for path in (ROOT / "efa_constructs").iterdir()
        if path.suffix == ".py" or (path / "__init__.py").exists()
    }  # fmt: skip
    assert package - {"efa_constructs/__init__.py"} <= there


def test_the_order_of_imports_is_the_one_that_is_tested():
    layers = [
        [name.strip() for name in layer.split(",")] for layer in shown.IMPORTS.block.text.strip().split("<-")
    ]  # fmt: skip
    places = {name: number for number, layer in enumerate(layers) for name in layer}
    for part, others in MAY_IMPORT.items():
        for other in others:
            above, below = (each.removeprefix("efa_constructs.") for each in (part, other))
            if {above, below} <= set(places) and below != "errors":
                assert places[below] < places[above], f"{part} may import {other}"
