"""Two units in one column: a mixture of two equal laws of logarithms, the second a factor away from the first.

Source: expectation and maximisation (A. P. Dempster, N. M. Laird, D. B. Rubin, JRSS B 39, 1977).
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from rowsmith.truth._dirt import share, sure
from rowsmith.truth._plant import Finding, normal
from rowsmith.truth._usual import robust

Array = NDArray[np.float64]
MOST = 200_000
FOR_STARTS = 2_000
STARTS = 30
TURNS, FIRST_TURNS = 400, 8
GAIN = 8.0
"""Log-likelihood that a second unit must gain: chance gains as much in one column of a thousand."""
APART = 2.0
"""Standard deviations between the units below which they are the tail of one (K. Ashman, C. Bird, S. Zepf, Astron. J. 108, 1994)."""
NARROWEST = 1e-7
MOST_SHIFT = 100.0
STEP = 1e-4
"""In standard deviations, by which slopes are taken."""


@dataclass(frozen=True)
class Mixture:
    """Logs of values in two units.

    Attributes:
        b: coefficients of the terms, shape (terms,).
        shift: logarithm of the factor.
        rate: share of the values in the other unit.
        sd: of the logs about what the terms say.
        fit: log-likelihood.
        other: how likely each value is in the other unit, shape (n,).
    """

    b: Array
    shift: float
    rate: float
    sd: float
    fit: float
    other: Array


def find_units(y: Array, x: Array, able: float) -> list[Finding]:
    """The share of values in another unit, at most a half, and its factor.

    Args:
        y: logarithms of the values above 0, shape (n,).
        x: terms that they follow, shape (n, terms), the first all ones.
        able: share of all values that they are: 0 is 0 in every unit.
    """
    step = max(1, len(y) // MOST)
    y, x = y[::step], x[::step]
    n = len(y)
    few = slice(None, None, max(1, n // FOR_STARTS))
    first = robust(y[few], x[few])
    off = y[few] - x[few] @ first
    low, high = np.quantile(off, [0.001, 0.999])
    whole = max(abs(low), abs(high), NARROWEST)
    shifts = np.concatenate([side * np.geomspace(whole / 200, whole, STARTS // 2) for side in (-1, 1)])
    tried = [_fitted(y[few], x[few], first, shift, off, FIRST_TURNS) for shift in shifts]
    best = max(tried, key=lambda mixture: mixture.fit)
    found = _fitted(y, x, best.b, best.shift, y - x @ best.b, TURNS, best.sd, best.rate)
    rest = y - x @ np.linalg.lstsq(x, y, rcond=None)[0]
    alone = -n * (math.log(max(float(rest.std()), NARROWEST)) + 0.5)
    if found.fit - alone < GAIN or abs(found.shift) < APART * found.sd:
        note = "one unit explains them all"
        return [share("rate", 0, n, note), Finding(name="factor", estimate=None, note=note)]
    with np.errstate(over="ignore", invalid="ignore"):
        errors = _errors(y, x, found)
    shift, rate = (found.shift, found.rate) if found.rate <= 0.5 else (-found.shift, 1 - found.rate)
    if abs(shift) > MOST_SHIFT or not np.isfinite(errors).all():
        return [Finding(name="rate", estimate=None, note="the values are too far from each other")]
    factor = math.exp(shift)
    return [sure("rate", rate * able, errors[1] * able), normal("factor", factor, factor * errors[0])]


def _fitted(
    y: Array, x: Array, b: Array, shift: float, off: Array, turns: int, sd: float | None = None, rate: float = 0.2
) -> Mixture:
    """The mixture after some turns, from a start."""
    if sd is None:
        sd = 1.4826 * float(np.median(np.minimum(np.abs(off), np.abs(off - shift))))
    sd, fit, n = max(sd, NARROWEST), -math.inf, len(y)
    inverse = np.linalg.pinv(x)
    other = np.zeros(n)
    for _ in range(turns):
        off = y - x @ b
        own = math.log(1 - rate) - 0.5 * (off / sd) ** 2
        its = math.log(rate) - 0.5 * ((off - shift) / sd) ** 2
        whole = np.logaddexp(own, its)
        other, before, fit = np.exp(its - whole), fit, float(whole.sum()) - n * math.log(sd)
        if fit - before < 1e-7 * abs(fit) or not 1e-6 < other.sum() < n - 1e-6:
            break
        rate = min(max(float(other.mean()), 1 / n), 1 - 1 / n)
        b = inverse @ (y - other * shift)
        off = y - x @ b
        shift = float(other @ off / other.sum())
        sd = max(math.sqrt(float((1 - other) @ off**2 + other @ (off - shift) ** 2) / n), NARROWEST)
    return Mixture(b, shift, rate, sd, fit, other)


def _errors(y: Array, x: Array, m: Mixture) -> tuple[float, float]:
    """Standard errors of the shift and of the rate, that hold though the law is not quite normal.

    They are those of P. J. Huber (5th Berkeley Symposium, 1967): the scores' spread between two inverses of their slope.
    """
    at = np.concatenate([m.b / m.sd, [m.shift / m.sd, m.rate, 1.0]])
    whole = _scores(at, y / m.sd, x)
    steps = np.full(len(at), STEP)
    steps[-2] *= m.rate * (1 - m.rate)
    slope = np.empty((len(at), len(at)))
    for i, step in enumerate(steps):
        up, down = (_scores(at + side * step * np.eye(len(at))[i], y / m.sd, x).sum(axis=0) for side in (1, -1))
        slope[:, i] = (up - down) / (2 * step)
    inverse = np.linalg.pinv((slope + slope.T) / 2)
    errors = np.sqrt(np.clip(np.diag(inverse @ (whole.T @ whole) @ inverse), 0, None))
    return float(errors[-3]) * m.sd, float(errors[-2])


def _scores(at: Array, y: Array, x: Array) -> Array:
    """Slopes of each value's log-likelihood by the coefficients, the shift, the rate and the spread, shape (n, terms + 3)."""
    b, (shift, rate, sd) = at[:-3], at[-3:]
    own = (y - x @ b) / sd
    its = own - shift / sd
    w = 1 / (1 + np.exp(np.clip(0.5 * (its**2 - own**2) + math.log((1 - rate) / rate), -700, 700)))
    off = ((1 - w) * own + w * its) / sd
    spread = ((1 - w) * own**2 + w * its**2 - 1) / sd
    return np.column_stack([x * off[:, None], w * its / sd, (w - rate) / (rate * (1 - rate)), spread])
