"""Cutting number lines of which nobody knows where their values lie: first by size, then finer where many rows are.

Every look is a histogram over ranges that are disjoint and do not hang on the rows, so that one person moves one count in
each, and no value shows that was not asked for.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from rowsmith.core.domains import Span
from rowsmith.core.line import MAX_DIGITS, Line, float_type, line_limits, scaled
from rowsmith.learn._private_budget import Ledger
from rowsmith.learn._private_noise import Noise, scale_of

LINEAR = 64
"""Ranges of equal width into which declared bounds are cut, besides those by size."""
OCTAVE = 4
"""Ranges into which the numbers from each power of two to the next are cut."""
FLOATS, WHOLE = (-40, 100), (0, 62)
"""Powers of two between which floats and whole numbers are told apart by size."""
MOST = 128
"""Ranges of a column, about; one of at most twice as many points is not cut, but has a code for each."""
SIGMAS = 3.0
"""Rows of a range, in standard deviations of the noise of its count, at least."""
EMPTY = 1.5
"""Standard deviations up to which a count says nothing of rows."""
SURE, AHEAD = 4.5, 3.0
"""Standard deviations from which counts together say that there are rows, where many are tried, and where few are."""
SPLIT = 64
"""Parts into which a range is cut at once, at most."""
TURNS = (0.4, 0.3, 0.3)
"""Parts of the price: the look by size, and those in which full ranges are cut finer."""
VOTE = 0.1
"""Part of the first look's price that says how many decimals floats have, where that is not known."""
EXACT = 0.001
"""Share of the numbers that may have more decimals than are kept."""


@dataclass(frozen=True)
class _Cut:
    """A line that is being cut.

    Attributes:
        span: what is known of it.
        x: the numbers, shape (n,).
        low: first numbers of ranges, rising; each ends before the next one.
        top: the last number of the last range.
        rows: noisy count of each.
        scale: of the noise.
        parts: how many counts each is the sum of.
    """

    span: Span
    x: Line
    low: Line
    top: float
    rows: NDArray[np.float64]
    scale: float
    parts: NDArray[np.int64]

    @property
    def high(self) -> Line:
        """Last numbers of ranges."""
        before = self.low[1:] - 1 if self.low.dtype.kind == "i" else np.nextafter(self.low[1:], -np.inf)
        return np.append(before, np.array([self.top]).astype(self.low.dtype))

    @property
    def target(self) -> float:
        """Rows that a range should have."""
        return max(float(self.rows.sum()) / MOST, SIGMAS * self.scale)

    @property
    def done(self) -> Span:
        """The span with its ranges, those apart that have no rows as far as the noise says: what lies there counts as the nearest."""
        kept = (self.rows >= EMPTY * self.scale * self.parts) | (self.rows > AHEAD * self.scale * np.sqrt(self.parts))
        kept[self.rows.argmax()] = True
        return replace(self.span, ends=(self.low[kept], self.high[kept]))


def cut_spans(
    spans: Mapping[str, tuple[Span, Line]], ledger: Ledger, noise: Noise, *, rho: float, reach: int
) -> dict[str, Span]:
    """Spans with ranges of about equal shares, as far as the noise lets them be told apart.

    Args:
        spans: what is declared of columns, and their numbers, without nulls and "not a number".
        ledger: pays.
        noise: is added.
        rho: the price; where every column has a few points, which are declared, nothing of it is spent.
        reach: rows of one person, at most.
    """
    price = rho / max(1, sum(not _free(span) for span, _ in spans.values()))
    out, cuts = dict[str, Span](), dict[str, _Cut]()
    for name, (span, x) in spans.items():
        if span.lattice is None:
            ledger.spend("decimals of numbers", VOTE * price)
            span = _with_digits(span, x, noise, VOTE * price, reach)
        span, x = _on_line(span, x)
        if not _is_few(span):
            ledger.spend("bounds and bins of numbers", TURNS[0] * price)
            cuts[name] = _merged(_first_look(span, x, noise, TURNS[0] * price, reach))
            span = cuts[name].span
        if _is_few(span):
            assert span.low is not None
            assert span.high is not None
            each = np.arange(int(span.low), max(int(span.low), int(span.high)) + 1, dtype=np.int64)
            out[name] = replace(span, ends=(each, each))
    cuts = {name: cut for name, cut in cuts.items() if name not in out}
    for part in TURNS[1:]:
        finer = {name: low for name, cut in cuts.items() if len(low := _split(cut)) > len(cut.low)}
        for name, low in finer.items():
            share = rho * part / len(finer)
            ledger.spend("bounds and bins of numbers", share)
            rows, scale = _counted(cuts[name].x, low, noise, share, reach)
            ones = np.ones(len(low), dtype=np.int64)
            cuts[name] = _merged(replace(cuts[name], low=low, rows=rows, scale=scale, parts=ones))
    return {name: out[name] if name in out else cuts[name].done for name in spans}


def _free(span: Span) -> bool:
    """Whether all is declared that is needed."""
    empty = np.zeros(0, dtype=np.int64 if span.digits is None else np.float64)
    return span.lattice is not None and _is_few(_on_line(span, empty)[0])


def _is_few(span: Span) -> bool:
    """Whether a span, on its line, has so few points that each can have a code of its own."""
    return bool(span.lattice and span.low is not None and span.high is not None and span.high - span.low < 2 * MOST)


def _on_line(span: Span, x: Line) -> tuple[Span, Line]:
    """A span and its numbers in units of the last decimal, where there is one."""
    if span.digits is None:
        return span, x
    unit = 10.0**span.digits
    low = None if span.low is None else math.ceil(span.low * unit - 1e-6)
    high = None if span.high is None else math.floor(span.high * unit + 1e-6)
    return replace(span, low=low, high=high), scaled(x, span.digits)


def _with_digits(span: Span, x: Line, noise: Noise, rho: float, reach: int) -> Span:
    """A span of floats with the decimals that nearly all numbers have, by a vote of the rows."""
    dtype, needed = float_type(span.type), np.full(len(x), MAX_DIGITS + 1)
    for digits in range(MAX_DIGITS, -1, -1):
        unit = 10.0**digits
        with np.errstate(over="ignore", invalid="ignore"):
            needed[(np.rint(x * unit) / unit).astype(dtype) == x.astype(dtype)] = digits
    scale = scale_of(rho, reach)
    votes, _ = noise.gaussian(np.bincount(needed, minlength=MAX_DIGITS + 2), scale, reach)
    above = np.cumsum(votes[::-1])[::-1] - votes  # rows that need more decimals
    enough = np.flatnonzero(above <= max(EXACT * votes.sum(), SIGMAS * scale * math.sqrt(MAX_DIGITS)))
    digits = int(enough[0])
    return replace(span, digits=digits if digits <= MAX_DIGITS else None, lattice=digits <= MAX_DIGITS)


def _counted(x: Line, low: Line, noise: Noise, rho: float, reach: int) -> tuple[NDArray[np.float64], float]:
    """Noisy counts of ranges, what lies before the first counted with it; and the scale of the noise."""
    scale = scale_of(rho, reach)
    places = np.maximum(np.searchsorted(low, x, side="right") - 1, 0)
    return noise.gaussian(np.bincount(places, minlength=len(low)), scale, reach)[0].astype(np.float64), scale


def _first_look(span: Span, x: Line, noise: Noise, rho: float, reach: int) -> _Cut:
    """A line cut by the size of its numbers, between bounds that are declared or beyond which hardly any row is."""
    starts, top = _by_size(x.dtype, span)
    rows, scale = _counted(x, starts, noise, rho, reach)
    cut = _Cut(span, x, starts, top, rows, scale, np.ones(len(starts), dtype=np.int64))
    first, last = _support(cut)
    low, high, kept = starts[first], cut.high[last], slice(first, last + 1)
    return _Cut(
        span=replace(span, low=low.item(), high=high.item()),
        x=np.clip(x, low, high),
        low=starts[kept],
        top=high.item(),
        rows=rows[kept],
        scale=scale,
        parts=cut.parts[kept],
    )


def _by_size(dtype: np.dtype[Any], span: Span) -> tuple[Line, Any]:
    """Starts of ranges that get wider with the numbers' size, zero on its own, and the end of the last."""
    first, last = WHOLE if dtype.kind == "i" else FLOATS
    sizes = np.array([2.0**e * (1 + k / OCTAVE) for e in range(first, last) for k in range(OCTAVE)])
    if dtype.kind == "i":
        sizes = np.unique(np.ceil(sizes)).astype(np.int64)
        ends = np.append(sizes[1:], 1 << WHOLE[1]) - 1
        starts = np.concatenate([-ends[::-1], [0], sizes])
    else:
        sizes = np.concatenate([[np.nextafter(0.0, 1.0)], sizes])
        ends = np.nextafter(np.append(sizes[1:], 2.0 ** FLOATS[1]), 0.0)
        starts = np.concatenate([-ends[::-1], [0.0], sizes])
    least, most = line_limits(span.type)
    low = max(starts[0], least) if span.low is None else span.low
    high = min(ends[-1], most) if span.high is None else span.high
    if span.low is not None and span.high is not None:
        starts = np.concatenate([starts, np.linspace(low, high, LINEAR, endpoint=False).astype(dtype)])
    inside = starts[(starts > low) & (starts <= high)]
    return np.unique(np.concatenate([np.array([low], dtype=dtype), inside])), np.array(high, dtype=dtype).item()


def _support(cut: _Cut) -> tuple[int, int]:
    """The first and the last range of a line that are kept: those of the outermost neighbours that together surely have rows.

    Those at the ends that say nothing themselves are taken off again.
    """
    total, n = np.append(0.0, np.cumsum(cut.rows)), len(cut.rows)
    first, last = int(cut.rows.argmax()), int(cut.rows.argmax())
    for width in (1, 2, 4, 8, 16, 32, 64):
        if width <= n:
            together = total[width:] - total[:-width]
            sure = np.flatnonzero(together >= SURE * cut.scale * math.sqrt(width))
            if len(sure):
                first, last = min(first, int(sure[0])), max(last, int(sure[-1]) + width - 1)
    first += _idle(cut.rows[first : last + 1], cut.scale)
    last -= _idle(cut.rows[first : last + 1][::-1], cut.scale)
    while first > 0 and cut.rows[first - 1] > EMPTY * cut.scale:
        first -= 1
    while last < n - 1 and cut.rows[last + 1] > EMPTY * cut.scale:
        last += 1
    return 0 if cut.span.low is not None else first, n - 1 if cut.span.high is not None else last


def _idle(rows: NDArray[np.float64], scale: float) -> int:
    """How many counts from the start say nothing, not even together."""
    sure = np.cumsum(rows) >= AHEAD * scale * np.sqrt(np.arange(1, len(rows) + 1))
    return int(sure.argmax()) if sure.any() else 0


def _split(cut: _Cut) -> Line:
    """Starts of ranges, of which those with too many rows are cut into equal parts."""
    low, high = cut.low, cut.high
    parts = np.clip(np.ceil(2 * cut.rows / cut.target), 1, SPLIT)
    parts[cut.rows < 1.5 * cut.target] = 1
    out = []
    for start, end, n in zip(low, high, parts.astype(np.int64).tolist(), strict=True):
        if n == 1 or start == end:
            out.append(np.array([start]))
        elif low.dtype.kind == "i":
            width = int(end) - int(start) + 1
            out.append(int(start) + np.array([width * k // n for k in range(n)], dtype=np.int64))
        else:
            out.append(start + (end - start) * (np.arange(n) / n))
    return np.unique(np.concatenate(out))


def _merged(cut: _Cut) -> _Cut:
    """A line of which neighbouring ranges are put together as long as they have too few rows; not full ones with empty ones."""
    starts, rows, empty = [0], [cut.rows[0]], cut.rows < EMPTY * cut.scale
    for k in range(1, len(cut.low)):
        enough = (
            rows[-1] > AHEAD * cut.scale * math.sqrt(k - starts[-1])
            if empty[k]
            else rows[-1] + cut.rows[k] > cut.target
        )
        if empty[k] != empty[k - 1] or enough:
            starts.append(k)
            rows.append(cut.rows[k])
        else:
            rows[-1] += cut.rows[k]
    parts = np.diff(np.append(starts, len(cut.low)))
    return replace(cut, low=cut.low[starts], rows=np.array(rows), parts=parts)
