"""Charts of the example pages as SVG text: panels of bars, lines and dots, drawn by ourselves so that bytes are the same everywhere.

A panel is given rows of one query: (x, y), or (x, y, series) for several lines. Dates and moments are placed by their time.
"""

from __future__ import annotations

import datetime
import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

from rowsmith.core.svg import number, plain
from rowsmith.spec.diagram import HUES

Row = Sequence[Any]

WIDE, HIGH = 300.0, 236.0
"""Of a panel."""
GAP = 20.0
HEAD, LEFT, FOOT, RIGHT = 46.0, 46.0, 40.0, 8.0
"""Around the drawing within a panel."""
LETTER = 7.2
"""Width of a letter of 12 pixels, in a wide typeface."""
COLUMNS = 2
MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
COLOURS = (HUES[0], "#c2410c", HUES[1], HUES[2])
STYLE = (
    ".card{fill:#fff;stroke:#d8dee6}"
    "text{font:12px system-ui,-apple-system,'Segoe UI',Roboto,'DejaVu Sans',sans-serif;fill:#586474}"
    ".title{font-size:13.5px;font-weight:600;fill:#1b232e}"
    ".grid{stroke:#e3e8ee}.axis{stroke:#9aa7b8}"
    ".bar{fill:#5b7ba6}.line{fill:none;stroke-width:1.6;stroke-linejoin:round}.dot{fill:#2f5079;fill-opacity:.45}"
)


@dataclass(frozen=True, kw_only=True)
class Panel:
    """One chart."""

    title: str
    """What is seen, in a few words."""
    kind: str
    """`bars`, `across` (bars to the right, for long names), `histogram` (bars of numbers that touch), `line` or `dots`."""
    y: str = ""
    """What the upright axis counts, in a few words."""
    x: str = ""
    """What stands on the level axis; not beside a legend of several lines."""
    rows: Sequence[Row]
    """(x, y) or (x, y, series), in order."""


def figure(panels: Sequence[Panel], title: str) -> str:
    """The SVG text of panels, two beside each other."""
    lines = math.ceil(len(panels) / COLUMNS)
    width, height = COLUMNS * (WIDE + GAP) + GAP, lines * (HIGH + GAP) + GAP
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{number(width)}" height="{number(height)}" '
        f'viewBox="0 0 {number(width)} {number(height)}" role="img">',
        f"<title>{plain(title)}</title>",
        f"<style>{STYLE}</style>",
        f'<rect class="card" x=".5" y=".5" width="{number(width - 1)}" height="{number(height - 1)}" rx="10"/>',
    ]
    for place, panel in enumerate(panels):
        x, y = GAP + place % COLUMNS * (WIDE + GAP), GAP + place // COLUMNS * (HIGH + GAP)
        parts += [f'<g transform="translate({number(x)} {number(y)})">', *_panel(panel), "</g>"]
    return "\n".join([*parts, "</svg>"]) + "\n"


def _panel(panel: Panel) -> Iterator[str]:
    assert panel.rows, panel.title
    assert len(panel.title) * 7.4 < WIDE, panel.title
    yield _text("title", 0, 14, panel.title)
    if panel.kind != "across":
        yield _text("", 0, 32, panel.y)
    yield from KINDS[panel.kind](panel)
    if panel.x:
        yield _text("", (LEFT + WIDE - RIGHT) / 2, HIGH - 4, panel.x, anchor="middle")


def _bars(panel: Panel) -> Iterator[str]:
    tops = [float(y) for _, y in panel.rows]
    up, ticks = _scale(0.0, max(tops), HIGH - FOOT, HEAD)
    yield from _levels(up, ticks)
    step = (WIDE - LEFT - RIGHT) / len(tops)
    gap = 0.0 if panel.kind == "histogram" else step * 0.2
    edges = [LEFT + i * step for i in range(len(tops))]
    for x, top in zip(edges, tops, strict=True):
        size = max(step - gap - (panel.kind == "histogram"), 0.8)
        yield _rect(x + gap / 2, up(top), size, up(0.0) - up(top))
    yield _rule(LEFT, up(0.0), WIDE - RIGHT, up(0.0), "axis")
    if panel.kind == "histogram":  # numbers stand under the left edge of their bar
        yield from _labels([(x, _said(row[0])) for x, row in zip(edges, panel.rows, strict=True)])
    else:
        yield from _labels([(x + step / 2, _said(row[0])) for x, row in zip(edges, panel.rows, strict=True)])


def _across(panel: Panel) -> Iterator[str]:
    most = max(float(y) for _, y in panel.rows)
    left = max(len(_said(name)) for name, _ in panel.rows) * LETTER + 8
    room = WIDE - left - max(len(_count(float(y))) for _, y in panel.rows) * LETTER - 8
    step = (HIGH - 30) / len(panel.rows)
    for i, (name, y) in enumerate(panel.rows):
        top, size = 26 + i * step, float(y) / most * room
        yield _text("", left - 8, top + step / 2 + 4, _said(name), anchor="end")
        yield _rect(left, top + step * 0.15, size, step * 0.7)
        yield _text("", left + size + 6, top + step / 2 + 4, _count(float(y)))


def _lines(panel: Panel) -> Iterator[str]:
    series = {str(row[2]) if len(row) > 2 else "": [] for row in panel.rows}
    for row in panel.rows:
        series[str(row[2]) if len(row) > 2 else ""].append(row)
    known = [float(row[1]) for row in panel.rows if row[1] is not None]
    low = min(known)
    up, ticks = _scale(0.0 if 0 <= low < max(known) * 0.6 else low, max(known), HIGH - FOOT, HEAD)
    yield from _levels(up, ticks)
    along = _along(panel, [row[0] for row in panel.rows])
    yield _rule(LEFT, HIGH - FOOT, WIDE - RIGHT, HIGH - FOOT, "axis")
    yield from along.labels
    for (name, rows), colour in zip(series.items(), COLOURS, strict=False):
        path, pen = "", "M"
        for x, y, *_ in rows:
            if y is None:  # a gap
                pen = "M"
                continue
            path += f"{pen}{number(along.place(x))} {number(up(float(y)))}"
            pen = "L"
        yield f'<path class="line" stroke="{colour}" d="{path}"><title>{plain(name or panel.title)}</title></path>'
    yield from _legend(list(series)) if len(series) > 1 else ()


def _dots(panel: Panel) -> Iterator[str]:
    ys = [float(y) for _, y in panel.rows]
    up, ticks = _scale(min(ys), max(ys), HIGH - FOOT, HEAD)
    yield from _levels(up, ticks)
    along = _along(panel, [x for x, _ in panel.rows])
    yield _rule(LEFT, HIGH - FOOT, WIDE - RIGHT, HIGH - FOOT, "axis")
    yield from along.labels
    for x, y in panel.rows:
        yield f'<circle class="dot" cx="{number(along.place(x))}" cy="{number(up(float(y)))}" r="2.2"/>'


KINDS: Mapping[str, Callable[[Panel], Iterator[str]]] = {
    "bars": _bars,
    "histogram": _bars,
    "across": _across,
    "line": _lines,
    "dots": _dots,
}


@dataclass(frozen=True)
class _Along:
    """The level axis: where a value stands, and what is written below."""

    place: Callable[[Any], float]
    labels: Sequence[str]


def _along(panel: Panel, values: Sequence[Any]) -> _Along:
    distinct = sorted(set(values))
    low, high = _number(distinct[0]), _number(distinct[-1])
    span = (high - low) or 1.0

    def place(value: Any) -> float:
        return LEFT + (WIDE - LEFT - RIGHT) * (_number(value) - low) / span

    if isinstance(distinct[0], datetime.date) or (panel.kind == "line" and len(distinct) <= 26):
        named = [(place(v), _said(v)) for v in distinct]
    else:
        step = _step(span, 5)
        ticks = [math.ceil(low / step) * step + i * step for i in range(8)]
        named = [(place(t), _count(t)) for t in ticks if low <= t <= high]
    return _Along(place, list(_labels(named)))


def _number(value: Any) -> float:
    if isinstance(value, datetime.datetime):
        return (value - datetime.datetime(2000, 1, 1)).total_seconds() / 86_400
    if isinstance(value, datetime.date):
        return float((value - datetime.date(2000, 1, 1)).days)
    return float(value)


def _step(span: float, most: int) -> float:
    """The least of 1, 2, 5, 10, … that cuts a span into so many parts at most.

    >>> _step(23.0, 4), _step(0.7, 4)
    (10.0, 0.2)
    """
    power = 10.0 ** math.floor(math.log10(span / most))
    return round(next(power * m for m in (1, 2, 5, 10) if span / (power * m) <= most), 9)


def _scale(low: float, high: float, bottom: float, top: float) -> tuple[Callable[[float], float], list[float]]:
    """Where a value stands on the upright axis, and the round values that are written beside it."""
    step = _step((high - low) or 1.0, 4)
    first, last = math.floor(low / step + 1e-9), math.ceil(high / step - 1e-9)
    last = max(last, first + 1)

    def up(value: float) -> float:
        return bottom - (bottom - top) * (value - first * step) / ((last - first) * step)

    return up, [round(i * step, 9) for i in range(first, last + 1)]


def _levels(up: Callable[[float], float], ticks: Sequence[float]) -> Iterator[str]:
    for tick in ticks:
        yield _rule(LEFT, up(tick), WIDE - RIGHT, up(tick), "grid")
        yield _text("", LEFT - 6, up(tick) + 4, _count(tick), anchor="end")


def _labels(named: Sequence[tuple[float, str]]) -> Iterator[str]:
    """As many labels below the axis as there is room for: every one, or every second, and so on."""
    wide = max(len(text) for _, text in named) * LETTER + 6
    each = next(k for k in range(1, len(named) + 1) if all(b[0] - a[0] >= wide for a, b in pairwise(named[::k])))
    for x, text in named[::each]:
        half = len(text) * LETTER / 2
        yield _text("", min(max(x, half), WIDE - half), HIGH - FOOT + 18, text, anchor="middle")


def _legend(names: Sequence[str]) -> Iterator[str]:
    x = LEFT
    for name, colour in zip(names, COLOURS, strict=False):
        yield f'<rect x="{number(x)}" y="{number(HIGH - 11)}" width="14" height="3" fill="{colour}"/>'
        yield _text("", x + 19, HIGH - 5, name)
        x += 19 + len(name) * LETTER + 14


def _said(value: Any) -> str:
    """A value as a label."""
    if isinstance(value, datetime.date):  # a datetime too
        month = MONTHS[value.month - 1]  # not the machine's own words
        return f"{month} {value.year}" if value.day == 1 else f"{value.day} {month}"
    return _count(float(value)) if not isinstance(value, str) else value


def _count(value: float) -> str:
    """A number as a label.

    >>> _count(20_000), _count(1_500), _count(0.25), _count(-3.0), _count(2_500_000)
    ('20k', '1,500', '0.25', '-3', '2.5M')
    """
    for size, letter in ((1e6, "M"), (1e3, "k")):
        if abs(value) >= 10 * size or (size == 1e6 and abs(value) >= size):
            return f"{value / size:.4g}{letter}"
    return f"{value:,.0f}" if value == round(value) else f"{value:.4g}"


def _text(kind: str, x: float, y: float, text: str, anchor: str = "") -> str:
    name = f' class="{kind}"' if kind else ""
    where = f' text-anchor="{anchor}"' if anchor else ""
    return f'<text{name} x="{number(x)}" y="{number(y)}"{where}>{plain(text)}</text>'


def _rect(x: float, y: float, width: float, height: float) -> str:
    return f'<rect class="bar" x="{number(x)}" y="{number(y)}" width="{number(width)}" height="{number(max(height, 0.0))}"/>'


def _rule(x1: float, y1: float, x2: float, y2: float, kind: str) -> str:
    return f'<path class="{kind}" d="M{number(x1)} {number(y1)}L{number(x2)} {number(y2)}"/>'
