"""What hangs together over time: correlations with earlier rows, and the power of waves, of many columns at once."""

from __future__ import annotations

import warnings

import numpy as np
from numpy.typing import NDArray

from rowsmith.evaluate._stats import Floats, Ints

CROSSED = (0, 1, 2, 5, 10)
"""Lags at which two columns are compared, either before the other."""
STRETCH = 1024
"""Most rows of a stretch whose waves are counted."""
BINS = 25
"""Bounds of the bins of frequencies, evenly spaced on a scale of logarithms."""
CELLS = 4_000_000
"""Values of stretches that are held at a time."""
LEAST = 1e-7
"""Added to shares of power, so that none is nothing."""


def centred(x: Floats, begins: Ints) -> Floats:
    """Columns less their mean in each series; nan where they are."""
    known = np.isfinite(x)
    sums = np.add.reduceat(np.where(known, x, 0.0), begins[:-1], axis=0)
    counts = np.add.reduceat(known.astype(np.float64), begins[:-1], axis=0)
    means = sums / np.maximum(counts, 1)
    return np.where(known, x - np.repeat(means, np.diff(begins), axis=0), np.nan)


def spaced(x: Floats, begins: Ints, gap: int) -> tuple[Floats, NDArray[np.bool_]]:
    """Series one after another with so many rows of nothing behind each, and which values are there."""
    n = len(begins) - 1
    at = np.arange(len(x)) + gap * np.repeat(np.arange(n), np.diff(begins))
    out = np.zeros((len(x) + gap * n, x.shape[1]))
    there = np.zeros(out.shape, dtype=bool)
    there[at] = np.isfinite(x)
    out[at] = np.where(np.isfinite(x), x, 0.0)
    return out, there


def autocorrelation(x: Floats, begins: Ints, lags: int) -> Floats:
    """Autocorrelation of each column at the lags from 1, pooled over the series, shape (lags, columns).

    Each lag is divided by the number of pairs that it has, so that nulls do not pull it to 0.

    >>> autocorrelation(np.array([[1.0], [-1.0]] * 50), np.array([0, 100]), 2).round(2).ravel().tolist()
    [-1.0, 1.0]
    """
    values, there = spaced(centred(x, begins), begins, lags)
    size = 1 << int(np.ceil(np.log2(len(values) + lags)))
    covariance, pairs = (_lagged(v, size, lags) for v in (values, there.astype(np.float64)))
    covariance /= np.maximum(pairs, 1)
    return np.where(pairs[1:] > 1.5, covariance[1:] / np.maximum(covariance[0], 1e-12), 0.0)


def _lagged(values: Floats, size: int, lags: int) -> Floats:
    """Sums of products of rows so many rows apart, shape (lags + 1, columns)."""
    waves = np.fft.rfft(values, size, axis=0)
    return np.asarray(np.fft.irfft(np.abs(waves) ** 2, size, axis=0)[: lags + 1])


def cross_correlation(x: Floats, begins: Ints) -> Floats:
    """Correlation of every two columns at the same row and with each a few rows before, shape (lags, pairs)."""
    values, there = spaced(centred(x, begins), begins, max(CROSSED))
    spread = np.sqrt((values**2).sum(axis=0) / np.maximum(there.sum(axis=0), 1))
    values = values / np.where(spread > 1e-12, spread, np.inf)
    known = there.astype(np.float64)
    one, other = np.triu_indices(x.shape[1], 1)
    out = []
    for lag in CROSSED:
        n = len(values) - lag
        found = values[:n].T @ values[lag:] / np.maximum(known[:n].T @ known[lag:], 1)
        out += [found[one, other], *([found[other, one]] if lag else [])]
    return np.array(out)


def remainder(x: Floats, begins: Ints, trend: int, phases: list[Ints]) -> Floats:
    """What a moving average and the means of each part of the season leave, shape (rows, columns).

    Args:
        x: columns.
        begins: first row of each series, and the number of rows.
        trend: rows of the moving average, an odd number; fewer at the ends.
        phases: places of the rows in each part of the season.
    """
    x = centred(x, begins)
    known = np.isfinite(x)
    sums, counts = (
        np.concatenate([np.zeros((1, x.shape[1])), np.cumsum(v, axis=0)])
        for v in (np.where(known, x, 0.0), known.astype(np.float64))
    )
    at, half = np.arange(len(x)), trend // 2
    lengths = np.diff(begins)
    low = np.maximum(at - half, np.repeat(begins[:-1], lengths))
    high = np.minimum(at + half + 1, np.repeat(begins[1:], lengths))
    with np.errstate(invalid="ignore", divide="ignore"):
        x = x - (sums[high] - sums[low]) / (counts[high] - counts[low])
        for phase in phases:
            x = x - profile(x, phase, int(phase.max(initial=0)) + 1)[phase]
    return x


def profile(x: Floats, phase: Ints, cells: int) -> Floats:
    """Mean of each column at each place of a part of the season, shape (cells, columns); nan where there is none."""
    known = np.isfinite(x)
    out = np.empty((cells, x.shape[1]))
    for i in range(x.shape[1]):
        rows = known[:, i]
        count = np.bincount(phase[rows], minlength=cells)
        with np.errstate(invalid="ignore", divide="ignore"):
            out[:, i] = np.bincount(phase[rows], x[rows, i], minlength=cells) / count
    return out


def spectrum(x: Floats, begins: Ints, length: int) -> Floats | None:
    """Decibels of the share of power in bins of frequencies, shape (bins, columns); None where no series is so long.

    Stretches overlap by half, are freed of a straight line and weighted by a Hann window, as P. Welch does (1967).

    Args:
        x: columns; nulls are filled in on a straight line.
        begins: first row of each series, and the number of rows.
        length: rows of a stretch.
    """
    lengths, hop = np.diff(begins), max(1, length // 2)
    many = np.where(lengths >= length, (lengths - length) // hop + 1, 0)
    if not many.any():
        return None
    number = np.arange(many.sum()) - np.repeat(np.cumsum(many) - many, many)
    starts = np.repeat(begins[:-1], many) + hop * number
    x = _filled(x, begins)
    line = np.arange(length) - (length - 1) / 2
    window = 0.5 - 0.5 * np.cos(2 * np.pi * np.arange(length) / length)
    power = np.zeros((length // 2 + 1, x.shape[1]))
    for some in np.array_split(starts, -(-len(starts) * length * x.shape[1] // CELLS)):
        part = x[some[:, None] + np.arange(length)]
        part = part - part.mean(axis=1, keepdims=True)
        slope = np.tensordot(part, line / (line @ line), (1, 0))
        part = (part - line[:, None] * slope[:, None, :]) * window[:, None]
        power += (np.abs(np.fft.rfft(part, axis=1)) ** 2).sum(axis=0)
    if length % 2 == 0:
        power[-1] /= 2  # all others stand for two waves, back and forth
    bins = frequencies(length)
    binned = np.add.reduceat(power[1:], bins[:-1] - 1, axis=0)
    shares = binned / np.maximum(binned.sum(axis=0), 1e-300)
    return np.asarray(10 * np.log10(shares + LEAST))


def frequencies(length: int) -> Ints:
    """Bounds of the bins of frequencies of stretches of so many rows, as cycles a stretch."""
    return np.unique(np.geomspace(1, length // 2 + 1, BINS).astype(np.int64))


def _filled(x: Floats, begins: Ints) -> Floats:
    """Columns with nulls on a straight line between their neighbours in the series, and level at its ends; 0 where it has no value."""
    known = np.isfinite(x)
    if known.all():
        return x
    at, lengths = np.arange(len(x))[:, None], np.diff(begins)
    before = np.maximum.accumulate(np.where(known, at, -1), axis=0)
    after = np.minimum.accumulate(np.where(known, at, len(x))[::-1], axis=0)[::-1]
    first, last = (np.repeat(ends, lengths)[:, None] for ends in (begins[:-1], begins[1:]))
    left, right = before >= first, after < last
    columns = np.arange(x.shape[1])
    low, high = x[np.where(left, before, 0), columns], x[np.where(right, after, 0), columns]
    share = np.where(left & right, (at - before) / np.maximum(after - before, 1), np.where(left, 0.0, 1.0))
    mixed = np.where(left, low, 0.0) * (1 - share) + np.where(right, high, 0.0) * share
    return np.where(known, x, mixed)


def difference(a: Floats, b: Floats) -> float:
    """Mean difference of two arrays, where both are numbers; nan where there is nothing."""
    with warnings.catch_warnings(), np.errstate(invalid="ignore"):
        warnings.simplefilter("ignore", RuntimeWarning)
        return float(np.nanmean(np.abs(a - b))) if a.size else float("nan")
