"""Elements of SVG. Colours and fonts are the page's: an element says only which class it is of."""

from __future__ import annotations

from xml.etree import ElementTree

__all__ = ["add", "add_text", "add_tip", "as_text"]


def add(parent: ElementTree.Element, tag: str, css: str = "", **attributes: str | float) -> ElementTree.Element:
    """Add an element. ``css``: its classes. Default: none."""
    values = {name: value if isinstance(value, str) else f"{value:g}" for name, value in attributes.items()}
    return ElementTree.SubElement(parent, tag, {**values, **({"class": css} if css else {})})


def add_text(parent: ElementTree.Element, text: str, x: float, y: float, css: str = "") -> None:
    """Add a line of text, whose baseline begins at a place."""
    add(parent, "text", css, x=x, y=y).text = text


def add_tip(parent: ElementTree.Element, text: str) -> None:
    """What a browser shows when the mouse rests on an element."""
    add(parent, "title").text = text


def as_text(svg: ElementTree.Element, width: float, height: float) -> str:
    """A drawing of a width and a height as text."""
    svg.set("viewBox", f"0 0 {width:g} {height:g}")
    return ElementTree.tostring(svg, encoding="unicode")
