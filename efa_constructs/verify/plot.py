"""Draws bus bandwidth over message size, beside published runs and the ceiling: as PNG, SVG or a page.

It needs the extra ``plot`` (matplotlib), which is imported when something is drawn, and not before.
"""

from __future__ import annotations

import html
import importlib.util
import io
import re
import textwrap
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from ..errors import InvalidArgumentError
from .bandwidth import BandwidthJudgement
from .in_words import bandwidth_in_words, printable, size_in_words
from .results import NcclTestsRun
from .verified import VerifiedLog

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

__all__ = ["PlottedRun", "check_plot_file", "plotted_runs", "write_plot"]

_FORMATS = ("png", "svg", "html")
_TITLE = "Bus bandwidth over message size"
# Colours that most colour-blind people tell apart, and that are readable on white and on black:
# Okabe and Ito, Color Universal Design, https://jfly.uni-koeln.de/color/
_COLOURS = ("#D55E00", "#009E73", "#CC79A7", "#56B4E9", "#E69F00")
# Of what was measured: the second one is as dark, or as light, as the text.
_MEASURED = ("#0072B2", "#000000")
_DASHES = ("--", "-.", (0, (1, 1)), (0, (5, 1)), (0, (3, 1, 1, 1)))
_QUIET = "#808080"
_LEGEND_WIDTH = 105


@dataclass(frozen=True, slots=True, kw_only=True)
class PlottedRun:
    """A run, and how it is called in the legend."""

    label: str
    run: NcclTestsRun
    # Published runs and the ceiling are drawn from it. None: neither.
    judgement: BandwidthJudgement | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class _Curve:
    label: str
    # (size in bytes, bus bandwidth in GB/s), none of them 0.
    points: tuple[tuple[int, float], ...]


def check_plot_file(file: Path, option: str = "--plot") -> None:
    """Refuse a file that could not be drawn, before anything is read.

    :param file: What is to be written.
    :param option: What named it. Default: ``--plot``.
    :raises InvalidArgumentError: Its suffix is none that can be drawn, it is a folder or in none, or the extra is
        missing.
    """
    if file.suffix.lower().removeprefix(".") not in _FORMATS:
        raise InvalidArgumentError(f"'{option}' is '{file}': name a file that ends in .png, .svg or .html")
    if file.is_dir():
        raise InvalidArgumentError(f"'{option}' is '{file}', which is a folder: name a file in it")
    if not file.absolute().parent.is_dir():
        raise InvalidArgumentError(f"the folder of '{option}' '{file}' does not exist: make it first")
    if importlib.util.find_spec("matplotlib") is None:
        raise InvalidArgumentError(
            f"'{option}' needs matplotlib, which is not installed: pip install 'efa-constructs[plot]'"
        )


def plotted_runs(verified: VerifiedLog, name: str) -> list[PlottedRun]:
    """Return the runs of a log with labels that tell them apart.

    :param verified: The log.
    :param name: What it is called in the legend, such as the name of its file.
    """
    several = len(verified.runs) > 1
    return [
        PlottedRun(
            label=f"{_what_ran(one.run)}: {name}{f', run {number}' if several else ''}",
            run=one.run,
            judgement=one.bandwidth,
        )
        for number, one in enumerate(verified.runs, start=1)
    ]


def _what_ran(run: NcclTestsRun) -> str:
    ranks = "" if run.ranks is None else f", {run.ranks} ranks"
    nodes = "" if run.nodes is None else f" on {run.nodes} nodes"
    return f"{run.collective or 'collective not named'}{ranks}{nodes}"


def write_plot(file: Path, plotted: Sequence[PlottedRun]) -> None:
    """Draw the runs. The same runs give the same SVG and page.

    :param file: Ends in .png, .svg or .html.
    :param plotted: At least one has a row with a size and a bandwidth above 0: the axes are logarithmic.
    :raises InvalidArgumentError: There is nothing to draw, or the file cannot be written.
    """
    curves = [curve for one in plotted if (curve := _curve(one)).points]
    if not curves:
        raise InvalidArgumentError(f"nothing to draw in '{file}': no row has a bandwidth above 0")
    figure_format = file.suffix.lower().removeprefix(".")
    published, ceilings = _published_curves(plotted), _ceilings(plotted)
    try:
        if figure_format == "html":
            svg = _drawn(curves, published, ceilings, "svg", transparent=True).decode()
            file.write_text(_page(svg, plotted, curves, published, ceilings), encoding="utf-8")
        else:
            file.write_bytes(_drawn(curves, published, ceilings, figure_format))
    except OSError as failure:
        raise InvalidArgumentError(f"cannot write '{file}': {failure.strerror}; name another file") from None


def _curve(one: PlottedRun) -> _Curve:
    measured = ((row.size_bytes, row.out_of_place or row.in_place) for row in one.run.rows)
    points = {size: value.bus_bandwidth for size, value in measured if value is not None}
    return _Curve(
        label=printable(one.label),
        points=tuple(sorted((size, bandwidth) for size, bandwidth in points.items() if size > 0 and bandwidth > 0)),
    )


def _published_curves(plotted: Sequence[PlottedRun]) -> list[_Curve]:
    runs = dict.fromkeys(one.run for each in plotted if each.judgement for one in each.judgement.published)
    return [
        _Curve(
            label=f"published: {run.instance_type}, {run.nodes} nodes, {run.source}"
            + (f" ({run.date})" if run.date else ""),
            points=run.bus_bandwidths,
        )
        for run in runs
    ]


def _ceilings(plotted: Sequence[PlottedRun]) -> list[tuple[str, float]]:
    found = {}
    for one in plotted:
        judged = one.judgement
        if judged is not None and judged.ceiling is not None:
            found[
                f"ceiling of {one.run.collective} on {judged.nodes} nodes of {judged.instance_type}, computed from "
                f"their EFA bandwidth: {bandwidth_in_words(judged.ceiling)}"
                + (f" for each of {one.run.groups} groups of ranks" if one.run.groups > 1 else "")
            ] = judged.ceiling
    return list(found.items())


def _drawn(
    curves: Sequence[_Curve],
    published: Sequence[_Curve],
    ceilings: Sequence[tuple[str, float]],
    figure_format: str,
    *,
    transparent: bool = False,
) -> bytes:
    import matplotlib
    from matplotlib.figure import Figure

    drawn = io.BytesIO()
    # Text stays text, and ids follow from the content: the same runs give the same bytes.
    with matplotlib.rc_context({"svg.fonttype": "none", "svg.hashsalt": "efa-constructs", "font.size": 10}):
        labels = [*(curve.label for curve in (*curves, *published)), *(label for label, _ in ceilings)]
        legend_lines = sum(len(_wrapped(label).splitlines()) for label in labels)
        figure = Figure(figsize=(9, 5 + 0.19 * legend_lines), layout="constrained")
        _draw(figure.subplots(), curves, published, ceilings)
        _add_legend(figure)
        metadata = {"svg": {"Date": None, "Title": _TITLE, "Creator": "efa verify"}, "png": {"Title": _TITLE}}
        figure.savefig(drawn, format=figure_format, dpi=150, metadata=metadata[figure_format], transparent=transparent)
    return drawn.getvalue()


def _draw(
    axes: Axes, curves: Sequence[_Curve], published: Sequence[_Curve], ceilings: Sequence[tuple[str, float]]
) -> None:
    from matplotlib.ticker import LogLocator, NullFormatter

    for number, (label, bound) in enumerate(ceilings):
        axes.axhline(bound, color=_QUIET, linestyle=":", linewidth=1.5 + number, label=_wrapped(label))
    for number, curve in enumerate(published):
        sizes, bandwidths = zip(*curve.points, strict=True)
        axes.plot(
            sizes,
            bandwidths,
            color=_COLOURS[number % len(_COLOURS)],
            linestyle=_DASHES[number % len(_DASHES)],
            linewidth=1,
            marker="s",
            markersize=3,
            label=_wrapped(curve.label),
        )
    for number, curve in enumerate(curves):
        sizes, bandwidths = zip(*curve.points, strict=True)
        axes.plot(
            sizes,
            bandwidths,
            color=_MEASURED[number % len(_MEASURED)],
            linestyle="-" if number < len(_MEASURED) else _DASHES[number % len(_DASHES)],
            linewidth=2.5,
            marker="o",
            markersize=4,
            label=_wrapped(curve.label),
        )
    axes.set_xscale("log", base=2)
    axes.set_yscale("log", base=10)
    axes.xaxis.set_major_formatter(lambda size, _: size_in_words(round(size)))
    axes.yaxis.set_major_locator(LogLocator(base=10, subs=(1, 2, 5)))
    axes.yaxis.set_major_formatter(lambda bandwidth, _: f"{bandwidth:g}")
    axes.yaxis.set_minor_formatter(NullFormatter())
    axes.set_xlabel("message size")
    axes.set_ylabel("bus bandwidth, out of place (GB/s)")
    axes.set_title(_TITLE)
    axes.grid(True, which="major", color=_QUIET, alpha=0.35, linewidth=0.6)


def _add_legend(figure: Figure) -> None:
    handles, labels = figure.axes[0].get_legend_handles_labels()
    # What was measured comes first.
    legend = figure.legend(
        handles[::-1], labels[::-1], loc="outside lower left", fontsize=8, frameon=False, alignment="left", ncols=1
    )
    for text in legend.get_texts():
        # Dollars in the name of a file make no formula.
        text.set_parse_math(False)


def _wrapped(label: str) -> str:
    # matplotlib leaves labels with an underscore at the start out of the legend.
    return textwrap.fill(f" {label}" if label.startswith("_") else label, _LEGEND_WIDTH, break_on_hyphens=False)


def _page(
    svg: str,
    plotted: Sequence[PlottedRun],
    curves: Sequence[_Curve],
    published: Sequence[_Curve],
    ceilings: Sequence[tuple[str, float]],
) -> str:
    """A page that needs no network and no script, and says in words and numbers what the picture shows."""
    words = [sentence for one in plotted if one.judgement for sentence in one.judgement.words]
    description = f"{_TITLE}, both axes logarithmic. " + "; ".join(curve.label for curve in (*curves, *published))
    return f"""<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>{_TITLE}</title>
<style>
:root {{ color-scheme: light dark; }}
body {{ margin: 0 auto; max-width: 62rem; padding: 1rem; background: Canvas; color: CanvasText;
  font: 16px/1.5 system-ui, sans-serif; overflow-wrap: anywhere; }}
figure {{ margin: 1rem 0; }}
svg {{ display: block; width: 100%; height: auto; }}
svg text {{ fill: currentColor; }}
.scroll {{ overflow-x: auto; }}
table {{ border-collapse: collapse; }}
th, td {{ border-bottom: 1px solid GrayText; padding: .1rem .8rem .1rem 0; text-align: right; }}
h2, h3 {{ font-size: 1.1rem; margin: 1.2rem 0 .3rem; }}
h3 {{ font-size: 1rem; }}
</style>
</head>
<body>
<h1>{_TITLE}</h1>
{"".join(f"<p>{html.escape(sentence)}</p>" for sentence in words)}
<figure role="img" aria-label="{html.escape(description)}">
{_inline(svg)}
</figure>
<h2>The numbers</h2>
<p>Bus bandwidth in GB/s, out of place where a run has that.</p>
{_tables([*curves, *published])}
{"".join(f"<p>{html.escape(label)}</p>" for label, _ in ceilings)}
</body>
</html>
"""


def _inline(svg: str) -> str:
    """The picture as an element of a page, in the colour of its text, which is dark or light."""
    element = svg[svg.index("<svg") :]
    element = re.sub(r"<metadata>.*?</metadata>", "", element, count=1, flags=re.DOTALL)
    return re.sub(r"(fill|stroke): #000000", r"\1: currentColor", element).strip()


def _tables(curves: Sequence[_Curve]) -> str:
    return "".join(_table(curve) for curve in curves)


def _table(curve: _Curve) -> str:
    rows = "".join(_rows(curve.points))
    return (
        f'<h3>{html.escape(curve.label)}</h3><div class="scroll"><table>'
        f'<thead><tr><th scope="col">size</th><th scope="col">GB/s</th></tr></thead><tbody>{rows}</tbody></table></div>'
    )


def _rows(points: Sequence[tuple[int, float]]) -> Iterator[str]:
    for size, bandwidth in points:
        yield f"<tr><td>{size_in_words(size)}</td><td>{bandwidth:g}</td></tr>"
