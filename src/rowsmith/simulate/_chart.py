"""A chart as the text of an SVG picture: lines, points, bars or a heat map, with axes whose ticks are round numbers."""

from __future__ import annotations

import base64
import math
import struct
import zlib
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from rowsmith.core.svg import number, plain
from rowsmith.simulate._picture import Picture, Series

WIDTH, HEIGHT = 560.0, 320.0
LEFT, RIGHT, TOP, BOTTOM = 70.0, 16.0, 14.0, 46.0
HUES = ("#2f5079", "#c05a17", "#1d7a6d", "#8a4a9e", "#8f7a12", "#b0314a", "#5b6675")
MOST_POINTS = 3000
"""Of one series; of more, every so many are drawn."""
RAMP = np.array([[247, 251, 255], [198, 219, 239], [107, 174, 214], [33, 113, 181], [8, 48, 107]], dtype=float)
"""Colours of a heat map from its least to its greatest value (ColorBrewer, Blues)."""


@dataclass(frozen=True)
class Axis:
    """From numbers to places.

    Attributes:
        low: number at the beginning.
        high: number at the end.
        start: place of the beginning.
        end: place of the end.
        log: whether it is logarithmic.
    """

    low: float
    high: float
    start: float
    end: float
    log: bool = False

    def at(self, values: NDArray[np.float64]) -> NDArray[np.float64]:
        """Places of numbers, shape (n,)."""
        low, high = self.low, self.high
        if self.log:
            values, low, high = np.log10(values), math.log10(low), math.log10(high)
        return self.start + (values - low) / (high - low) * (self.end - self.start)

    def ticks(self) -> list[float]:
        """Some five round numbers on it.

        >>> Axis(0, 9.3, 0, 100).ticks()
        [0.0, 2.0, 4.0, 6.0, 8.0]
        """
        if self.log:
            first, last = math.ceil(math.log10(self.low) - 1e-9), math.floor(math.log10(self.high) + 1e-9)
            apart = max(1, (last - first) // 6 + 1)
            return [10.0**e for e in range(first, last + 1, apart)]
        rough = (self.high - self.low) / 5
        base = 10.0 ** math.floor(math.log10(rough))
        step = next(m * base for m in (1, 2, 2.5, 5, 10) if m * base >= rough * 0.999)
        begin = math.ceil(self.low / step - 1e-9)
        return [round(i * step, 12) + 0.0 for i in range(begin, math.floor(self.high / step + 1e-9) + 1)]


def chart(picture: Picture) -> str:
    """The SVG text of a picture."""
    drawn = _heat(picture) if picture.heat is not None else _series(picture)
    return "\n".join(
        [
            f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH:g} {HEIGHT:g}" role="img">',
            f"<title>{plain(picture.title)}</title>",
            *drawn,
            f'<text class="axis" x="{number((LEFT + WIDTH - RIGHT) / 2)}" y="{HEIGHT - 8:g}" text-anchor="middle">'
            f"{plain(picture.x)}</text>",
            f'<text class="axis" transform="translate(14 {number((TOP + HEIGHT - BOTTOM) / 2)}) rotate(-90)" '
            f'text-anchor="middle">{plain(picture.y)}</text>',
            "</svg>",
        ]
    )


def _series(picture: Picture) -> list[str]:
    words = [str(x) for x in picture.series[0].x] if picture.series and picture.series[0].mark == "bar" else None
    if words is not None:
        return _bars(picture, words)
    shown = [_points(s, picture) for s in picture.series]
    every_x, every_y = (np.concatenate([s[i] for s in shown]) if shown else np.zeros(0) for i in (0, 1))
    if not len(every_x):
        return [f'<text class="axis" x="{WIDTH / 2:g}" y="{HEIGHT / 2:g}" text-anchor="middle">nothing happened</text>']
    x = _axis(every_x, LEFT, WIDTH - RIGHT, picture.log_x)
    y = _axis(every_y, HEIGHT - BOTTOM, TOP, picture.log_y)
    parts = _grid(x, y)
    for place, (series, (xs, ys)) in enumerate(zip(picture.series, shown, strict=True)):
        hue = _hue(series, place)
        px, py = x.at(xs), y.at(ys)
        if series.mark == "points":
            size = 2.6 if len(px) < 200 else 1.5
            parts += [
                f'<circle cx="{number(a)}" cy="{number(b)}" r="{size}" fill="{hue}"/>'
                for a, b in zip(px, py, strict=True)
            ]
        elif series.mark == "segments":
            path = "".join(
                f"{'L' if i % 2 else 'M'}{number(a)} {number(b)}" for i, (a, b) in enumerate(zip(px, py, strict=True))
            )
            parts.append(f'<path d="{path}" fill="none" stroke="{hue}" stroke-width="3"/>')
        else:
            line = " ".join(f"{number(a)},{number(b)}" for a, b in zip(px, py, strict=True))
            parts.append(f'<polyline points="{line}" fill="none" stroke="{hue}" stroke-width="1.8"/>')
    return parts + _legend(picture.series)


def _hue(series: Series, place: int) -> str:
    return series.hue or HUES[place % len(HUES)]


def _points(series: Series, picture: Picture) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    x, y = np.asarray(series.x, dtype=float), np.asarray(series.y, dtype=float)
    good = np.isfinite(x) & np.isfinite(y)
    good &= (x > 0) if picture.log_x else True
    good &= (y > 0) if picture.log_y else True
    x, y = x[good], y[good]
    step = -(-len(x) // MOST_POINTS)
    return (x, y) if step <= 1 else (x[::step], y[::step])


def _axis(values: NDArray[np.float64], start: float, end: float, log: bool) -> Axis:
    low, high = float(values.min()), float(values.max())
    if log:
        return Axis(low / 1.2, high * 1.2, start, end, True)
    if low > 0 and low < 0.4 * high:
        low = 0.0
    if high == low:
        low, high = low - 0.5, high + 0.5
    margin = (high - low) * 0.04
    return Axis(low if low == 0 else low - margin, high + margin, start, end)


def _bars(picture: Picture, words: Sequence[str]) -> list[str]:
    sets = [np.nan_to_num(np.asarray(s.y, dtype=float)) for s in picture.series]
    top = max((float(s.max()) for s in sets if len(s)), default=1.0) or 1.0
    y = Axis(0.0, top * 1.05, HEIGHT - BOTTOM, TOP)
    each, low = (WIDTH - LEFT - RIGHT) / max(len(words), 1), HEIGHT - BOTTOM
    parts = _grid(None, y)
    wide = each * 0.76 / len(sets)
    skip = max(1, math.ceil((7.2 * max(map(len, words)) + 5) / each)) if words else 1
    for i, word in enumerate(words):
        for j, values in enumerate(sets):
            at = float(y.at(np.array([values[i]]))[0])
            left = LEFT + each * (i + 0.12) + wide * j
            parts.append(
                f'<rect x="{number(left)}" y="{number(at)}" width="{number(wide)}" height="{number(HEIGHT - BOTTOM - at)}" '
                f'fill="{HUES[j % len(HUES)]}"><title>{plain(word)}: {values[i]:,.6g}</title></rect>'
            )
        if i % skip == 0:
            middle = number(LEFT + each * (i + 0.5))
            parts.append(f'<text class="tick" x="{middle}" y="{low + 16:g}" text-anchor="middle">{plain(word)}</text>')
    return parts + _legend(picture.series)


def _heat(picture: Picture) -> list[str]:
    assert picture.heat is not None
    values = np.asarray(picture.heat, dtype=float)
    left, right, bottom, top = picture.span
    x, y = Axis(left, right, LEFT, WIDTH - RIGHT), Axis(bottom, top, HEIGHT - BOTTOM, TOP)
    image = base64.b64encode(_png(_coloured(values)[::-1])).decode()
    return [
        f'<image x="{LEFT:g}" y="{TOP:g}" width="{number(WIDTH - LEFT - RIGHT)}" height="{number(HEIGHT - TOP - BOTTOM)}" '
        f'preserveAspectRatio="none" style="image-rendering:pixelated" href="data:image/png;base64,{image}"/>',
        *_grid(x, y, lines=False),
    ]


def _coloured(values: NDArray[np.float64]) -> NDArray[np.uint8]:
    """Colours of values, shape (rows, columns, 3); white where there is none."""
    good = np.isfinite(values)
    low, high = (float(values[good].min()), float(values[good].max())) if good.any() else (0.0, 1.0)
    place = np.where(good, (values - low) / ((high - low) or 1.0), 0.0) * (len(RAMP) - 1)
    out = np.stack([np.interp(place, np.arange(len(RAMP)), RAMP[:, c]) for c in range(3)], axis=-1)
    out[~good] = 255
    return out.round().astype(np.uint8)


def _png(pixels: NDArray[np.uint8]) -> bytes:
    """A PNG picture (ISO 15948) of colours, shape (height, width, 3), the first row at the top."""
    height, width, _ = pixels.shape

    def chunk(kind: bytes, data: bytes) -> bytes:
        body = kind + data
        return struct.pack(">I", len(data)) + body + struct.pack(">I", zlib.crc32(body))

    rows = np.concatenate([np.zeros((height, 1), np.uint8), pixels.reshape(height, width * 3)], axis=1)
    head = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    return (
        b"\x89PNG\r\n\x1a\n"
        + chunk(b"IHDR", head)
        + chunk(b"IDAT", zlib.compress(rows.tobytes(), 9))
        + chunk(b"IEND", b"")
    )


def _grid(x: Axis | None, y: Axis, lines: bool = True) -> list[str]:
    low, high = HEIGHT - BOTTOM, WIDTH - RIGHT
    parts = []
    for tick in y.ticks():
        at = number(float(y.at(np.array([tick]))[0]))
        if lines:
            parts.append(f'<path class="grid" d="M{LEFT:g} {at}H{high:g}"/>')
        parts.append(f'<text class="tick" x="{LEFT - 7:g}" y="{at}" dy="4" text-anchor="end">{shown(tick)}</text>')
    for tick in x.ticks() if x is not None else ():
        at = number(float(x.at(np.array([tick]))[0])) if x is not None else ""
        if lines:
            parts.append(f'<path class="grid" d="M{at} {TOP:g}V{low:g}"/>')
        parts.append(f'<text class="tick" x="{at}" y="{low + 16:g}" text-anchor="middle">{shown(tick)}</text>')
    return [*parts, f'<path class="frame" d="M{LEFT:g} {TOP:g}V{low:g}H{high:g}"/>']


def _legend(series: Sequence[Series]) -> list[str]:
    names = [s.name for s in series]
    if len(names) < 2:
        return []
    wide = 26 + 6.6 * max(map(len, names))
    left = WIDTH - RIGHT - wide
    parts = [
        f'<rect class="card" x="{number(left)}" y="{TOP + 2:g}" width="{number(wide)}" height="{17 * len(names) + 8}" rx="4"/>'
    ]
    for i, name in enumerate(names):
        y = TOP + 15 + 17 * i
        parts.append(
            f'<rect x="{number(left + 8)}" y="{number(y - 5)}" width="9" height="9" fill="{_hue(series[i], i)}"/>'
        )
        parts.append(f'<text class="tick" x="{number(left + 22)}" y="{number(y + 4)}">{plain(name)}</text>')
    return parts


def shown(value: float) -> str:
    """A number at a tick.

    >>> shown(20_000.0), shown(0.25), shown(1e-05)
    ('20,000', '0.25', '1e-05')
    """
    if value and not 1e-4 <= abs(value) < 1e7:
        return f"{value:.0e}".replace("e+0", "e").replace("e+", "e")
    return f"{value:,.10g}"
