"""Cutting number lines of which nobody knows where their values lie: first by size, then finer where many rows are.

Every look is a histogram over ranges that are disjoint and do not hang on the rows, so that one person moves one count in
each, and no value shows that was not asked for.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, replace
from itertools import pairwise
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
AHEAD = 3.0
"""Standard deviations from which counts together say that there are rows."""
BEYOND = 0.005
"""Chance at most that counts beyond the outermost rows are taken for rows, on each side."""
WIDTHS = (1, 2, 4, 8, 16, 32, 64)
"""Neighbouring ranges that are looked at together."""
ALONE = 5.0
"""Standard deviations from which a count may be that of a single number that can be told from none."""
SPLIT = 64
"""Parts into which a range is cut at once, at most."""
TURNS = (0.5, 0.25, 0.25)
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
        variance: of the noise of each count.
        shared: how much less two counts of one range, that was cut, vary together than apart: their covariance below 0.
        whole: the range that each is a part of.
        empty: whether a count, or each of those that it sums up, says nothing of rows.
        scale: of the noise of the last look.
    """

    span: Span
    x: Line
    low: Line
    top: float
    rows: NDArray[np.float64]
    variance: NDArray[np.float64]
    shared: NDArray[np.float64]
    whole: NDArray[np.int64]
    empty: NDArray[np.bool_]
    scale: float

    @property
    def high(self) -> Line:
        """Last numbers of ranges."""
        before = self.low[1:] - 1 if self.low.dtype.kind == "i" else np.nextafter(self.low[1:], -np.inf)
        return np.append(before, np.array([self.top]).astype(self.low.dtype))

    @property
    def width(self) -> NDArray[np.float64]:
        """Of each range, above 0."""
        wide = self.high.astype(np.float64) - self.low.astype(np.float64)
        return wide + (1.0 if self.low.dtype.kind == "i" else float(np.finfo(np.float64).tiny))

    @property
    def target(self) -> float:
        """Rows that a range should have."""
        return max(float(self.rows.sum()) / MOST, SIGMAS * self.scale)

    @property
    def done(self) -> Span:
        """The span with its ranges, but for gaps, and for ends that do not surely have rows: what lies there counts as the nearest.

        A gap has no rows as far as the noise says, and fewer than it would have if it were as full as ranges on both sides.
        """
        noise, number = np.sqrt(self.variance), np.arange(len(self.rows))
        sure = self.rows > AHEAD * noise
        sure[self.rows.argmax()] = True
        before = np.maximum.accumulate(np.where(sure, number, -1))
        after = np.minimum.accumulate(np.where(sure, number, len(number))[::-1])[::-1]
        density, inside = self.rows / self.width, (before >= 0) & (after < len(number))
        alike = np.minimum(density[before], density[np.minimum(after, len(number) - 1)]) * self.width
        kept = sure | inside & (self.rows > np.minimum(EMPTY * noise, alike - EMPTY * noise))
        low, high = self.low[kept], self.high[kept]
        span = replace(self.span, low=low[0].item(), high=high[-1].item(), ends=(low, high))
        return _each_apart(span) if _is_few(span) else span

    def finer(self, low: Line, noise: Noise, rho: float, reach: int) -> _Cut:
        """The same cut at more places, and counted once more. Both looks count: each range's is moved by what its parts' sum says.

        Args:
            low: first numbers of ranges, those of this cut among them.
            noise: is added.
            rho: the price of the look.
            reach: rows of one person, at most.
        """
        from scipy.special import ndtri

        rows, scale = _counted(self.x, low, noise, rho, reach)
        whole = np.searchsorted(self.low, low, side="right") - 1
        parts = np.bincount(whole)
        slack = scale**2 / (self.variance + parts * scale**2)
        rows = rows + ((self.rows - np.bincount(whole, weights=rows)) * slack)[whole]
        shared = (scale**2 * slack)[whole]
        variance = scale**2 - shared
        least = max(EMPTY, ndtri(1 - 1 / len(low)))  # about one range of all seems to have rows that has none
        empty = rows < least * np.sqrt(variance)
        return replace(
            self, low=low, rows=rows, variance=variance, shared=shared, whole=whole, empty=empty, scale=scale
        )


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
            out[name] = _each_apart(span)
    cuts = {name: cut for name, cut in cuts.items() if name not in out}
    for part in TURNS[1:]:
        finer = {name: low for name, cut in cuts.items() if len(low := _split(cut)) > len(cut.low)}
        for name, low in finer.items():
            share = rho * part / len(finer)
            ledger.spend("bounds and bins of numbers", share)
            cuts[name] = _merged(cuts[name].finer(low, noise, share, reach))
    return {name: out[name] if name in out else cuts[name].done for name in spans}


def _each_apart(span: Span) -> Span:
    """A span of few points, each a range of its own."""
    assert span.low is not None
    assert span.high is not None
    each = np.arange(int(span.low), max(int(span.low), int(span.high)) + 1, dtype=np.int64)
    return replace(span, ends=(each, each))


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
    n = len(rows)
    cut = _Cut(span, x, starts, top, rows, np.full(n, scale**2), np.zeros(n), np.arange(n), rows < EMPTY * scale, scale)
    first, last = _support(cut)
    low, high, kept = starts[first], cut.high[last], slice(first, last + 1)
    return replace(
        cut,
        span=replace(span, low=low.item(), high=high.item()),
        x=np.clip(x, low, high),
        low=starts[kept],
        top=high.item(),
        **{name: getattr(cut, name)[kept] for name in ("rows", "variance", "shared", "whole", "empty")},
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
    """The first and the last range of a line that are kept, out from the fullest: as far as there are rows.

    Those at the ends that say nothing themselves are taken off again.
    """
    rows, n, full = cut.rows, len(cut.rows), int(cut.rows.argmax())
    first, last = full - _reach(rows[: full + 1][::-1], cut.scale), full + _reach(rows[full:], cut.scale)
    first += _idle(rows[first : last + 1], cut.scale)
    last -= _idle(rows[first : last + 1][::-1], cut.scale)
    while first > 0 and not cut.empty[first - 1]:
        first -= 1
    while last < n - 1 and not cut.empty[last + 1]:
        last += 1
    return 0 if cut.span.low is not None else first, n - 1 if cut.span.high is not None else last


def _reach(rows: NDArray[np.float64], scale: float) -> int:
    """The place up to which counts say that there are rows, out from the first, which has some.

    A few neighbours together must say so, the more surely, the farther they are from those that did: the chances of all
    that could be wrong sum to `BEYOND`, and a stray row near the others is likelier than one far off.
    """
    from scipy.special import ndtri

    edge, total = 0, np.append(0.0, np.cumsum(rows))
    while edge < len(rows) - 1:
        away = np.arange(1, len(rows) - edge)
        least = ndtri(1 - BEYOND / (len(WIDTHS) * away * (away + 1)))
        for width in WIDTHS[: int(np.searchsorted(WIDTHS, len(away), side="right"))]:  # a wide look reaches too far
            together = total[edge + 1 + width :] - total[edge + 1 : len(total) - width]
            sure = np.flatnonzero(together >= least[width - 1 :] * scale * math.sqrt(width))
            if len(sure):
                edge += width + int(sure[-1])
                break
        else:
            break
    return edge


def _idle(rows: NDArray[np.float64], scale: float) -> int:
    """How many counts from the start say nothing, not even together."""
    sure = np.cumsum(rows) >= AHEAD * scale * np.sqrt(np.arange(1, len(rows) + 1))
    return int(sure.argmax()) if sure.any() else 0


def _split(cut: _Cut) -> Line:
    """Starts of ranges, of which those with rows are cut into equal parts, as their rows may all have one number.

    Where they do not, each part has too few to be told from none, and the parts are put together again.
    """
    low, high = cut.low, cut.high
    parts = np.where(cut.rows >= ALONE * np.sqrt(cut.variance), SPLIT, 1)
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
    starts, first = [], 0
    rows, variance, parts = cut.rows[0], cut.variance[0], 1  # of what is put together; and how many of one range are
    for k in range(1, len(cut.low) + 1):
        ends, empty = k == len(cut.low), cut.empty[k - 1]
        enough = rows > AHEAD * math.sqrt(variance) if empty else ends or rows + cut.rows[k] > cut.target
        if ends or cut.empty[k] != empty or enough:
            begin = _begin(cut, first, k) if empty and enough else first
            starts += [first] if begin == first else [first, begin]
            if not ends:
                first, rows, variance, parts = k, cut.rows[k], cut.variance[k], 1
            continue
        parts = parts if cut.whole[k] == cut.whole[k - 1] else 0
        rows, variance, parts = rows + cut.rows[k], variance + cut.variance[k] - 2 * parts * cut.shared[k], parts + 1
    return replace(
        cut,
        low=cut.low[starts],
        rows=np.add.reduceat(cut.rows, starts),
        variance=np.array([_variance(cut, a, b) for a, b in pairwise([*starts, len(cut.low)])]),
        shared=np.zeros(len(starts)),
        whole=np.arange(len(starts)),
        empty=cut.empty[starts],
    )


def _begin(cut: _Cut, first: int, end: int) -> int:
    """Where the rows begin of ranges that have some together: surely fewer before would be spread thin with them."""
    rows, width = cut.rows[first:end], cut.width[first:end]
    last = np.cumsum(rows[::-1]) / np.sqrt(np.cumsum(cut.variance[first:end][::-1]))
    begin = len(rows) - 1 - int(np.argmax(last))
    alike = rows[begin:].sum() / width[begin:].sum() * width[:begin].sum()
    few = rows[:begin].sum() < alike - AHEAD * math.sqrt(_variance(cut, first, first + begin))
    return first + begin if few else first


def _variance(cut: _Cut, first: int, end: int) -> float:
    """Of the sum of counts from one range to before another."""
    _, at, size = np.unique(cut.whole[first:end], return_index=True, return_counts=True)
    shared = size * (size - 1) * cut.shared[first:end][at]
    return float(cut.variance[first:end].sum() - shared.sum())
