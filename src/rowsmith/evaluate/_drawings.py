"""Drawings of the report as numbers for SVG: sharp at any size, printed well, light or dark as the page is."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping, Sequence
from itertools import zip_longest
from typing import Any

from rowsmith.core.curves import Curves
from rowsmith.evaluate._summary import PairResult
from rowsmith.evaluate._words import percent, readable

WIDTH, HEIGHT = 300, 90
BAR = 4
"""Width of the bar of a single value."""
CURVE = 260
LEAST = 1e-3
"""Where an axis by powers of ten begins."""
STYLES = 4
"""Ways to draw a line."""
SHADES = 6
CELL = 16
LETTER = 7.2
"""Width of a letter beside a map, in a wide typeface."""
LETTERS = 18
"""Letters of a label beside a map; longer names are cut."""
ONE_BY_ONE = 20
"""Columns from which a map takes the width of the page."""
STRONG = 0.2
"""Error of a pair that is drawn in full colour."""


def histogram(real: Sequence[float], synthetic: Sequence[float]) -> dict[str, Any]:
    """Two step paths over the same bins: the real one closed (an area), the synthetic one open (a line)."""
    most = max([*real, *synthetic, 1e-12])
    area, line = (_steps(values, most) for values in (real, synthetic))
    return {
        "area": f"M0 {HEIGHT}L" + area[1:] + f"V{HEIGHT}Z",
        "line": line,
        "top": percent(most),
        "width": WIDTH,
        "height": HEIGHT,
    }


def spike_bars(at: float, real: float, synthetic: float) -> dict[str, Any]:
    """Two bars for a value that would dwarf all others, side by side: the higher one as high as the picture.

    Args:
        at: where the value stands, from 0 to 1.
        real: its share.
        synthetic: likewise.
    """
    most = max(real, synthetic, 1e-12)
    left = min(max(WIDTH * at - BAR, 0.0), WIDTH - 2 * BAR)
    heights = [round(HEIGHT * share / most, 1) for share in (real, synthetic)]
    return {
        "width": BAR,
        "bars": [
            {"name": name, "x": round(left + BAR * i, 1), "y": HEIGHT - height, "height": height}
            for i, (name, height) in enumerate(zip(("real", "made"), heights, strict=True))
        ],
    }


def _steps(values: Sequence[float], most: float) -> str:
    step = WIDTH / len(values)
    heights = [HEIGHT - (HEIGHT - 4) * v / most for v in values]
    parts = [f"M0 {heights[0]:.1f}"]
    for i, y in enumerate(heights):
        parts.append(f"V{y:.1f}H{(i + 1) * step:.1f}")
    return "".join(parts)


def curve(drawn: Mapping[str, Any]) -> dict[str, Any]:
    """Lines in the unit square, (0, 0) at the lower left; by powers of ten from `LEAST` if they are to be."""
    log = bool(drawn.get("log", False))

    def place(share: float) -> float:
        return 1 - math.log10(max(share, LEAST)) / math.log10(LEAST) if log else share

    lines = []
    for number, line in enumerate(drawn["lines"]):
        points = " ".join(f"{CURVE * place(x):.1f},{CURVE * (1 - place(y)):.1f}" for x, y in line["points"])
        lines.append({"label": line["label"], "points": points, "number": number % STYLES})
    ticks = [LEAST * 10**k for k in range(round(-math.log10(LEAST)) + 1)] if log else [0.0, 0.5, 1.0]
    return {
        "title": drawn["title"],
        "x": drawn["x"],
        "y": drawn["y"],
        "lines": lines,
        "size": CURVE,
        "ticks": [{"at": round(CURVE * place(t), 1), "text": percent(t) if log else f"{t:g}"} for t in ticks],
        "log": log,
    }


def training(name: str, found: Curves) -> dict[str, Any]:
    """Losses of a network over the steps of its training, from the least to the most that the second half of a line begins with.

    The first losses are far above all others; so the picture is cut where the highest line is after a fiftieth of the steps.
    """
    early = len(found.step) // 50
    low = min(min(values) for values in found.losses.values())
    high = max(max(values[early:]) for values in found.losses.values())
    span = (high - low) or 1.0
    lines = [
        {
            "label": readable(label, 40),
            "number": number % STYLES,
            "points": " ".join(
                f"{CURVE * x / found.step[-1]:.1f},{CURVE * (1 - min((y - low) / span, 1.0)):.1f}"
                for x, y in zip(found.step, values, strict=True)
            ),
        }
        for number, (label, values) in enumerate(found.losses.items())
    ]
    return {
        "title": f"Training of the model: {readable(name, 60)}",
        "said": found.said,
        "lines": lines,
        "size": CURVE,
        "kept": round(CURVE * found.kept / found.step[-1], 1),
        "steps": f"{found.step[-1]:,}",
        "low": f"{low:.4g}",
        "high": f"{high:.4g}",
    }


def clouds(drawn: Mapping[str, Any]) -> dict[str, Any]:
    """Three pictures of one plane: real rows, synthetic rows, and where there are more or fewer than there should be.

    Shades go by the root of the share, so that thin parts can be seen; each is one path of unit squares.
    """
    real, made = drawn["real"], drawn["synthetic"]
    most = max([*real, *made, 1e-12])
    apart = [m - r for r, m in zip(real, made, strict=True)]
    largest = max([*map(abs, apart), most / 10])
    wide = drawn["width"]
    return {
        "title": drawn["title"],
        "width": wide,
        "height": drawn["height"],
        "axes": [" and ".join(readable(n) for n in names) for names in drawn["axes"]],
        "pictures": [
            {"title": "Real rows", "layers": _shades(real, most, wide, "real")},
            {"title": "Synthetic rows", "layers": _shades(made, most, wide, "made")},
            {
                "title": "Difference",
                "layers": _shades([max(-x, 0.0) for x in apart], largest, wide, "real")
                + _shades([max(x, 0.0) for x in apart], largest, wide, "made"),
            },
        ],
    }


def _shades(shares: Sequence[float], most: float, wide: int, name: str) -> list[dict[str, Any]]:
    layers: list[list[str]] = [[] for _ in range(SHADES)]
    for i, share in enumerate(shares):
        shade = round(SHADES * math.sqrt(share / most))
        if shade > 0:
            layers[min(shade, SHADES) - 1].append(f"M{i % wide} {i // wide}h1v1h-1z")
    return [
        {"path": "".join(paths), "opacity": round((k + 1) / SHADES, 2), "name": name}
        for k, paths in enumerate(layers)
        if paths
    ]


def heat_maps(pairs: Sequence[PairResult], order: Sequence[str], most: int) -> list[dict[str, Any]]:
    """Two maps of the columns that are in most error: association in both tables, and the error.

    Args:
        pairs: worst first.
        order: names of the columns, worst first.
        most: columns of a map.
    """
    if not pairs:
        return []
    totals: dict[str, float] = {}
    for pair in pairs:
        for name in (pair.a, pair.b):
            totals[name] = totals.get(name, 0.0) + pair.error
    names = sorted(totals, key=lambda n: -totals[n])[:most]
    place = {name: i for i, name in enumerate(names)}
    shown = [p for p in pairs if p.a in place and p.b in place]
    both: list[dict[str, Any]] = []
    errors: list[dict[str, Any]] = []
    for pair in shown:
        i, j = sorted((place[pair.a], place[pair.b]))
        title = (
            f"{readable(pair.a)} × {readable(pair.b)}: association {pair.real:.2f} real, {pair.synthetic:.2f} synthetic; "
            f"error {percent(pair.error)}"
        )
        both.append(_cell(j, i, pair.real, title))
        both.append(_cell(i, j, pair.synthetic, title))
        errors.append(_cell(i, j, min(1.0, pair.error / STRONG), title))
    full = [readable(n) for n in names]
    short = _short(full)
    labels = [
        {"at": CELL * i + CELL * 0.72, "full": f, "short": s} for i, (f, s) in enumerate(zip(full, short, strict=True))
    ]
    left = "" if len(totals) <= most else f" The {most} columns with the largest errors of {len(totals)}."
    side = CELL * len(names)
    margin = round(10 + LETTER * max(map(len, short)))
    common = {"labels": labels, "side": side, "cell": CELL, "margin": margin, "large": len(names) > ONE_BY_ONE}
    worst = shown[0]
    return [
        common
        | {
            "title": "Association: real above the diagonal, synthetic below",
            "note": f"If both triangles mirror each other, the relations are kept. Full colour is 1 (|r| or Cramér's V).{left}",
            "cells": both,
            "class": "association",
        },
        common
        | {
            "title": "Error of each pair",
            "note": f"Full colour is {percent(STRONG)} or more. Worst: {readable(worst.a)} with {readable(worst.b)}, "
            f"{percent(worst.error)}.",
            "cells": errors,
            "class": "error",
        },
    ]


def _short(names: Sequence[str]) -> list[str]:
    """Names that fit beside a map: beginning and end of a long one, or where it begins to differ from those cut alike.

    >>> _short(["size", "sensor_reading_01_temperature", "sensor_reading_02_temperature"])
    ['size', '…01_temperature', '…02_temperature']
    >>> _short(["the_only_very_long_name"])
    ['the_only…long_name']
    """
    cut = [n if len(n) <= LETTERS else n[: LETTERS // 2 - 1] + "…" + n[-(LETTERS // 2) :] for n in names]
    out = []
    for name, short in zip(names, cut, strict=True):
        alike = {n for n, other in zip(names, cut, strict=True) if other == short}
        if len(alike) > 1:
            place = next(i for i, letters in enumerate(zip_longest(*alike)) if len(set(letters)) > 1)
            place -= len(re.findall(r"\d*$", name[:place])[0])  # a number is not cut
            rest = name[place:]
            short = "…" + (rest if len(rest) < LETTERS else rest[: LETTERS - 2] + "…")
        out.append(short)
    return out


def _cell(column: int, row: int, strength: float, title: str) -> dict[str, Any]:
    return {"x": CELL * column, "y": CELL * row, "strength": round(strength, 3), "title": title}
