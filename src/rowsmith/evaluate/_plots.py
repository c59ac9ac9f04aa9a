"""Lines and dots over two axes of numbers: what series and rules are drawn with.

A plot is a dict of title, x and y (what the axes show), and `lines` (label, and points as pairs; None breaks a line) or `dots`
(label, x, y). `equal` draws the diagonal where both axes are the same, with one scale for both; `level` a line at a height. The label of
a line is real or synthetic.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import groupby
from typing import Any

from rowsmith.core.svg import number
from rowsmith.evaluate._axis import point, rounded
from rowsmith.evaluate._words import readable

WIDE, HIGH, SQUARE = 300.0, 130.0, 240.0
"""Width and height of the frame; of one with equal axes both."""
MARGIN = 0.04
"""Share of an axis that is left free beyond the outermost values."""
LINES = {"real": "real", "synthetic": "made"}


def plot(drawn: Mapping[str, Any]) -> dict[str, Any]:
    """The numbers of an SVG picture of a plot."""
    lines, dots, equal = drawn.get("lines", []), drawn.get("dots", []), bool(drawn.get("equal"))
    points = [p for line in lines for p in line["points"] if p[1] is not None] + [(d["x"], d["y"]) for d in dots]
    xs, ys = [p[0] for p in points], [p[1] for p in points]
    if drawn.get("level") is not None:
        ys.append(drawn["level"])
    across, up = _ends(xs, margin=equal), _ends(ys)
    if equal:
        across = up = (min(across[0], up[0]), max(across[1], up[1]))
    wide, high = (SQUARE, SQUARE) if equal else (WIDE, HIGH)

    def at(x: float, y: float) -> tuple[str, str]:
        return (
            number(wide * (x - across[0]) / (across[1] - across[0])),
            number(high * (1 - (y - up[0]) / (up[1] - up[0]))),
        )

    return {
        "title": readable(drawn["title"], 100),
        "x": readable(drawn["x"], 100),
        "y": readable(drawn["y"], 100),
        "width": number(wide),
        "height": number(high),
        "lines": [
            {"name": LINES[line["label"]], "points": " ".join(",".join(at(*p)) for p in run)}
            for line in lines
            for run in _runs(line["points"])
        ],
        "dots": [
            {
                "at": at(d["x"], d["y"]),
                "label": readable(f"{d['label']}: {point(d['x'])} real, {point(d['y'])} synthetic", 160),
            }
            for d in dots
        ],
        "level": None if drawn.get("level") is None else at(across[0], drawn["level"])[1],
        "equal": equal,
        "across": [{"at": at(v, up[0])[0], "text": text} for text, v in rounded(*across)],
        "up": [{"at": at(across[0], v)[1], "text": text} for text, v in rounded(*up)],
    }


def _runs(points: Sequence[Sequence[float | None]]) -> list[list[Any]]:
    """Stretches of points that are there."""
    return [list(run) for there, run in groupby(points, lambda p: p[1] is not None) if there]


def _ends(values: Sequence[float], *, margin: bool = True) -> tuple[float, float]:
    low, high = min(values, default=0.0), max(values, default=1.0)
    if low == high:
        low, high = low - 0.5, high + 0.5
    free = MARGIN * (high - low) if margin else 0.0
    return low - free, high + free
