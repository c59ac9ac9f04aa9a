"""What is drawn of series: the run of each column, its autocorrelation and its spectrum, real and synthetic."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from rowsmith.evaluate._correlogram import autocorrelation, frequencies, spectrum
from rowsmith.evaluate._order import Ordered
from rowsmith.evaluate._ordered.spectrum import FEWEST, stretch_of
from rowsmith.evaluate._series import Series
from rowsmith.evaluate._stats import Floats

MOST = 6
"""Columns that are drawn, those whose autocorrelation is furthest off first."""
POINTS = 150
"""Of the run of a column."""
FEWEST_ROWS = 5
"""Real rows that a point is the mean of: no single one is shown."""


def pictures(ordered: Ordered) -> list[dict[str, Any]]:
    """A group of plots a column, as JSON values."""
    plan, sides = ordered.plan, {"real": ordered.real, "synthetic": ordered.synthetic}
    if not plan.names:
        return []
    lagged = {role: autocorrelation(s.x, s.begins, plan.lags) for role, s in sides.items()}
    off = np.abs(lagged["real"] - lagged["synthetic"]).mean(axis=0)
    length = stretch_of(*sides.values())
    waves = {role: spectrum(s.x, s.begins, length) if length >= FEWEST else None for role, s in sides.items()}
    out = []
    for i in np.argsort(-off, kind="stable")[:MOST].tolist():
        log = plan.logs[i]
        runs = {role: _run(s, np.exp(s.x[:, i]) if log else s.x[:, i], _step(sides)) for role, s in sides.items()}
        plots = [_plot("Run of the values", "row of the series", "mean value", runs)]
        lags = {r: list(enumerate(_plain(values[:, i]), 1)) for r, values in lagged.items()}
        plots.append(_plot("Autocorrelation", "lag, rows", "correlation", lags) | {"level": 0.0})
        if all(w is not None for w in waves.values()):
            at = np.log10(frequencies(length)[:-1] / length)
            power = {r: list(zip(_plain(at), _plain(w[:, i]), strict=True)) for r, w in waves.items() if w is not None}
            plots.append(_plot("Spectrum", "cycles a row, log₁₀", "share of power, dB", power))
        out.append({"title": plan.names[i], "plots": plots})
    return out


def _plot(title: str, x: str, y: str, sides: Mapping[str, Sequence[Any]]) -> dict[str, Any]:
    lines = [{"label": role, "points": [list(p) for p in points]} for role, points in sides.items()]
    return {"title": title, "x": x, "y": y, "lines": lines}


def _step(sides: Mapping[str, Series]) -> int:
    longest = max(int(s.lengths.max()) for s in sides.values())
    return max(FEWEST_ROWS, -(-longest // POINTS))


def _run(series: Series, values: Floats, step: int) -> list[tuple[float, float | None]]:
    """Means of the values by place in their series, so many rows at a time, over all series."""
    place = (np.arange(series.n) - series.begins[series.series]) // step
    known = np.isfinite(values)
    count = np.bincount(place[known], minlength=int(place.max()) + 1)
    total = np.bincount(place[known], values[known], minlength=len(count))
    return [
        (float((k + 0.5) * step), float(f"{t / n:.5g}") if n >= FEWEST_ROWS else None)
        for k, (t, n) in enumerate(zip(total.tolist(), count.tolist(), strict=True))
    ]


def _plain(values: Any) -> list[float]:
    return [round(float(v), 4) for v in values]
