"""The page in a headless Chromium: no overflow, no error, no request, no broken link, and accessible by axe-core."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from ...browser import NO_CHROMIUM, Browser, has_chromium, open_browser
from .test_page import PAGES

AXE = Path(__file__).parents[3] / "node_modules" / "axe-core" / "axe.min.js"
# Every rule of the Web Content Accessibility Guidelines 2.2 that a program can check, and those of axe's own.
AXE_RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
RUN_AXE = f"axe.run({{runOnly: {json.dumps(AXE_RULES)}}}).then(result => JSON.stringify(result))"
BROKEN_LINKS = """
[...document.querySelectorAll('a[href^="#"]')].map(link => link.getAttribute("href").slice(1))
    .filter(id => document.getElementById(id) === null)
"""
# Texts of pictures that end outside of their picture.
OUTSIDE = """
[...document.querySelectorAll("svg text")].filter(text => {
    const box = text.getBoundingClientRect(), picture = text.closest("svg").getBoundingClientRect();
    return box.right > picture.right + 1 || box.left < picture.left - 1 || box.bottom > picture.bottom + 1;
}).map(text => text.textContent)
"""


@pytest.fixture(scope="module")
def browser(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Browser]:
    if not has_chromium():
        pytest.skip(f"{NO_CHROMIUM}: the page is only checked by a strict HTML parser")
    with open_browser(tmp_path_factory.mktemp("profile")) as running:
        yield running


def violations(browser: Browser) -> list[str]:
    """What axe-core finds in the page that is open."""
    browser.ask("Runtime.evaluate", expression=AXE.read_text(encoding="utf-8"))
    answer = browser.ask("Runtime.evaluate", expression=RUN_AXE, awaitPromise=True, returnByValue=True)
    result: dict[str, Any] = json.loads(answer["result"]["value"])
    assert result["passes"]
    return [
        f"{rule['id']}: {node['html']} {node['failureSummary']}"
        for rule in result["violations"]
        for node in rule["nodes"]
    ]


@pytest.mark.parametrize("name", ["connected", "p5", "broken", "refused", "long_names"])
@pytest.mark.parametrize(("width", "dark"), [(1280, False), (390, True)], ids=["wide-light", "narrow-dark"])
def test_shows_it_without_errors_requests_overflow_or_barriers(
    browser: Browser, name: str, width: int, dark: bool, tmp_path: Path
) -> None:
    file = tmp_path / "page.html"
    file.write_text(PAGES[name](), encoding="utf-8")
    browser.open(file.as_uri(), width=width, dark=dark)
    if "SCREENSHOTS" in os.environ:
        Path(os.environ["SCREENSHOTS"], f"{name}-{width}.png").write_bytes(browser.screenshot())
    assert browser.events("Runtime.exceptionThrown", "Runtime.consoleAPICalled", "Log.entryAdded") == []
    urls = [event["request"]["url"] for event in browser.events("Network.requestWillBeSent")]
    assert [url for url in urls if not url.startswith("data:")] == [file.as_uri()]
    assert browser.evaluate("document.documentElement.scrollWidth") <= width
    assert browser.evaluate(BROKEN_LINKS) == []
    assert browser.evaluate(OUTSIDE) == []
    background = browser.evaluate("getComputedStyle(document.body).backgroundColor")
    assert background == ("rgb(18, 22, 27)" if dark else "rgb(255, 255, 255)")
    assert violations(browser) == []


def test_fits_on_paper(browser: Browser, tmp_path: Path) -> None:
    file = tmp_path / "page.html"
    file.write_text(PAGES["changed"](), encoding="utf-8")
    # A4 with its margins, in CSS pixels.
    browser.open(file.as_uri(), width=720)
    browser.ask("Emulation.setEmulatedMedia", media="print")
    assert browser.evaluate("document.documentElement.scrollWidth") <= 720
    assert browser.evaluate("getComputedStyle(document.querySelector('nav')).display") == "none"
    browser.ask("Emulation.setEmulatedMedia", media="")


def test_the_checks_see_barriers_broken_links_and_text_outside(browser: Browser, tmp_path: Path) -> None:
    file = tmp_path / "page.html"
    file.write_text(
        '<!doctype html><html lang="en"><title>t</title><main><h1>t</h1><a href="#nowhere">link</a>'
        '<p style="color: #ccc; background: #fff">pale</p><svg width="9"><text y="9">a long text</text></svg></main>'
    )
    browser.open(file.as_uri(), width=390)
    assert browser.evaluate(BROKEN_LINKS) == ["nowhere"]
    assert browser.evaluate(OUTSIDE) == ["a long text"]
    assert any(found.startswith("color-contrast") for found in violations(browser))
