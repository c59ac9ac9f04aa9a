"""What a page of a run shows, as plain data: titles, axes, numbers. `_page` draws it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from numpy.typing import NDArray


@dataclass(frozen=True, kw_only=True)
class Series:
    """One line, cloud of points or set of bars.

    Attributes:
        x: shape (n,); for bars, texts.
        y: shape (n,).
        name: in the legend; none, where it is the only one.
        mark: "line", "points", "bar", or "segments": each two points are the ends of a line.
        hue: its colour; the next in turn, if left out.
    """

    x: NDArray[Any] | Sequence[Any]
    y: NDArray[Any] | Sequence[Any]
    name: str = ""
    mark: str = "line"
    hue: str = ""


@dataclass(frozen=True, kw_only=True)
class Picture:
    """One chart.

    Attributes:
        title: what is to be seen in it.
        x: what the axis says.
        y: what the axis says.
        series: what is drawn.
        heat: in the place of series, a matrix, shape (rows, columns), its first row at the bottom; NaN is left blank.
        span: of the heat's axes: left, right, bottom, top.
        log_x: whether the axis is logarithmic.
        log_y: whether the axis is logarithmic.
        note: a sentence under it.
    """

    title: str
    x: str
    y: str
    series: Sequence[Series] = field(default_factory=tuple)
    heat: NDArray[Any] | None = None
    span: tuple[float, float, float, float] = (0.0, 1.0, 0.0, 1.0)
    log_x: bool = False
    log_y: bool = False
    note: str = ""
