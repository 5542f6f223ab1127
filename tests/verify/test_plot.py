"""The picture of a run beside what others published."""

from __future__ import annotations

import importlib.util
import re
import xml.etree.ElementTree as ElementTree
from html.parser import HTMLParser
from pathlib import Path

import html5lib
import pytest

from efa_constructs import catalogue
from efa_constructs.errors import InvalidArgumentError
from efa_constructs.verify.bandwidth import judge_bandwidth
from efa_constructs.verify.plot import PlottedRun, check_plot_file, write_plot

from .runs import GIB, MIB, row, run_of, run_with

RUN = run_with([(8, 0.001), (MIB, 15.95), (64 * MIB, 209.19), (2 * GIB, 443.72)])
PLOTTED = PlottedRun(label="run.log", run=RUN, judgement=judge_bandwidth(RUN, instance_type="p5.48xlarge"))


def drawn(suffix: str, folder: Path, *plotted: PlottedRun) -> Path:
    file = folder / f"plot.{suffix}"
    write_plot(file, plotted or (PLOTTED,))
    return file


@pytest.fixture(scope="module")
def svg(tmp_path_factory: pytest.TempPathFactory) -> str:
    return drawn("svg", tmp_path_factory.mktemp("svg")).read_text()


def texts(svg: str) -> list[str]:
    return [
        "".join(element.itertext()) for element in ElementTree.fromstring(svg).iter("{http://www.w3.org/2000/svg}text")
    ]


def test_an_svg_names_the_run_the_ceiling_and_every_source(svg: str) -> None:
    legend = " ".join(texts(svg))
    assert "run.log" in legend
    assert "ceiling of all_reduce on 2 nodes of p5.48xlarge, computed from their EFA bandwidth: 750.0 GB/s" in legend
    assert PLOTTED.judgement is not None and len(PLOTTED.judgement.published) > 3
    for published in PLOTTED.judgement.published:
        assert published.run.source in legend


def test_the_axes_are_logarithmic_and_named_in_units(svg: str) -> None:
    labels = texts(svg)
    assert {"message size", "bus bandwidth, out of place (GB/s)", "1 MiB", "1 GiB", "20", "200"} <= set(labels)


def test_the_same_run_gives_the_same_svg(svg: str, tmp_path: Path) -> None:
    assert drawn("svg", tmp_path).read_text() == svg
    assert not re.search(r"20\d\d-\d\d-\d\dT", svg)


def test_a_png_is_an_image(tmp_path: Path) -> None:
    assert drawn("png", tmp_path).read_bytes().startswith(b"\x89PNG\r\n\x1a\n")


class _Loads(HTMLParser):
    """What a page asks for from elsewhere."""

    def __init__(self) -> None:
        super().__init__()
        self.found: list[str] = []

    def handle_starttag(self, tag: str, attributes: list[tuple[str, str | None]]) -> None:
        if tag in ("script", "link", "img", "iframe"):
            self.found.append(tag)
        self.found += [value for name, value in attributes if name in ("src", "href", "xlink:href") and value]


def test_a_page_is_valid_needs_nothing_and_says_in_numbers_what_it_shows(tmp_path: Path) -> None:
    page = drawn("html", tmp_path).read_text()
    html5lib.HTMLParser(strict=True).parse(page)
    loads = _Loads()
    loads.feed(page)
    assert [value for value in loads.found if not value.startswith("#")] == []
    assert "color-scheme: light dark" in page and "#000000" not in page and "fill: #ffffff" not in page
    assert 'role="img" aria-label="Bus bandwidth over message size' in page
    assert "443.7 GB/s at 2 GiB is in line with what others published" in page
    assert "<td>2 GiB</td><td>443.72</td>" in page


def test_names_in_a_log_do_no_harm_to_a_page(tmp_path: Path) -> None:
    page = drawn("html", tmp_path, PlottedRun(label='<script>"&$x$</script>', run=RUN)).read_text()
    html5lib.HTMLParser(strict=True).parse(page)
    assert "<script" not in page
    assert "&lt;script&gt;" in page


def test_an_odd_name_stands_in_the_legend_as_it_is(tmp_path: Path) -> None:
    svg = drawn("svg", tmp_path, *(PlottedRun(label=name, run=RUN) for name in ("$a_b$.log", "_run.log"))).read_text()
    assert {"$a_b$.log", "_run.log"} <= {text.strip() for text in texts(svg)}


def test_several_runs_are_several_lines(tmp_path: Path) -> None:
    other = PlottedRun(label="other.log", run=run_with([(MIB, 0.9), (2 * GIB, 2.2)]))
    assert {"run.log", "other.log"} <= set(texts(drawn("svg", tmp_path, PLOTTED, other).read_text()))


def test_a_run_without_a_published_one_is_drawn_with_the_ceiling_alone(tmp_path: Path) -> None:
    assert not catalogue.published_runs("p5e.48xlarge")
    judgement = judge_bandwidth(RUN, instance_type="p5e.48xlarge")
    legend = " ".join(
        texts(drawn("svg", tmp_path, PlottedRun(label="run.log", run=RUN, judgement=judgement)).read_text())
    )
    assert "ceiling of all_reduce" in legend and "published" not in legend


@pytest.mark.parametrize("rows", [[], [row(8, 0.0, 0.0)]])
def test_nothing_to_draw_is_an_error(rows: list[object], tmp_path: Path) -> None:
    with pytest.raises(InvalidArgumentError, match=r"nothing to draw in .*: no row has a bandwidth above 0"):
        drawn("svg", tmp_path, PlottedRun(label="run.log", run=run_of(rows)))  # type: ignore[arg-type]
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("plot.pdf", "'--plot' is '.*plot.pdf': name a file that ends in .png, .svg or .html"),
        ("plot", "name a file that ends in"),
        ("folder.svg", "'--plot' is '.*folder.svg', which is a folder: name a file in it"),
        ("missing/plot.svg", "the folder of '--plot' '.*missing/plot.svg' does not exist: make it first"),
    ],
)
def test_refuses_a_file_that_could_not_be_written_before_anything_is_read(
    name: str, message: str, tmp_path: Path
) -> None:
    (tmp_path / "folder.svg").mkdir()
    with pytest.raises(InvalidArgumentError, match=message):
        check_plot_file(tmp_path / name)


def test_says_how_to_install_what_is_missing(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None)
    with pytest.raises(InvalidArgumentError, match=r"pip install 'efa-constructs\[plot\]'"):
        check_plot_file(tmp_path / "plot.svg")


def test_capital_letters_of_a_suffix_do_not_matter(tmp_path: Path) -> None:
    check_plot_file(tmp_path / "PLOT.SVG")
    write_plot(tmp_path / "PLOT.SVG", [PLOTTED])
    assert (tmp_path / "PLOT.SVG").read_text().startswith("<?xml")


def test_a_file_that_cannot_be_written_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(InvalidArgumentError, match=r"cannot write '.*': Not a directory; name another file"):
        (tmp_path / "file").write_text("")
        write_plot(tmp_path / "file" / "plot.svg", [PLOTTED])
