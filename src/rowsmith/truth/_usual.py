"""How the usual values of a column lie, when some are not usual: a scale on which they are symmetric, or what other columns say.

Sources: a power that makes quantiles symmetric (D. V. Hinkley, "On Power Transformations to Symmetry", Biometrika 62, 1975);
the biweight, for a regression that outliers do not bend (A. E. Beaton, J. W. Tukey, Technometrics 16, 1974).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from rowsmith.core.errors import DataError
from rowsmith.truth._terms import Given, named, numbers, texts

Array = NDArray[np.float64]
POWERS = (1.0, 0.5, 1 / 3, 0.0)
MOST_LEVELS = 100
QUANTILES = (0.05, 0.1, 0.25, 0.5, 0.75, 0.9, 0.95)
DECIMALS, ENOUGH = 6, 10_000
LARGEST = 1e100
"""Numbers beyond which squares overflow: no usual ones."""
TURNS, CLOSE = 30, 1e-3
Q10 = 1.2815516
"""Of the normal law: so many standard deviations below the middle lies a tenth."""


@dataclass(frozen=True)
class Usual:
    """Where usual values of n rows lie: on some scale normal about a center, with a spread of its own on either side.

    Attributes:
        sign: -1 where usual values are negative and are looked at from the other side.
        power: of the scale; 0 for the logarithm, 1 for the numbers as they are, also below 0.
        center: on that scale, shape (n,).
        below: standard deviation below the center.
        above: that above it.
        grain: the last place of the values: nothing is told from less than that.
    """

    sign: float
    power: float
    center: Array
    below: float
    above: float
    grain: float

    def scores(self, x: Array) -> Array:
        """How many standard deviations values are off, shape (n,); infinite where the scale ends before."""
        off = _scaled(self.sign * x, self.power) - self.center
        off = np.where(np.abs(self.sign * x - self.middle) <= self.grain, 0.0, off)
        return np.asarray(np.where(off < 0, off / self.below, off / self.above))

    def logs(self, x: Array) -> Array:
        """Log-density of usual values at x, shape (n,); minus infinity where there are none."""
        z, x = self.scores(x), self.sign * x
        with np.errstate(divide="ignore", invalid="ignore"):
            slope = np.zeros(len(x)) if self.power == 1 else (self.power - 1) * np.log(np.where(x > 0, x, np.nan))
        out = -0.5 * z**2 - np.log((self.below + self.above) / 2) - 0.9189385 + slope
        return np.asarray(np.where(np.isfinite(out), out, -np.inf))

    @property
    def middle(self) -> Array:
        """The center as a number of the column, or its opposite where `sign` is -1; shape (n,)."""
        if self.power == 0:
            return np.exp(self.center)
        if self.power == 1:
            return self.center
        return np.asarray(np.maximum(self.power * self.center + 1, 0.0) ** (1 / self.power))

    def ends(self, score: float) -> Array:
        """The numbers of the column that are so many standard deviations below and above the center of all, shape (2,)."""
        center = float(np.nanmedian(self.center))
        ends = np.array([center - score * self.below, center + score * self.above])
        return self.sign * Usual(self.sign, self.power, ends, self.below, self.above, self.grain).middle

    def rows(self, which: NDArray[np.int64]) -> Usual:
        """The same for some of the rows."""
        return Usual(self.sign, self.power, self.center[which], self.below, self.above, self.grain)


def usual(x: Array, given: Given, by: Sequence[str]) -> Usual:
    """How usual values lie.

    Args:
        x: shape (n,), finite, a few of them outliers.
        given: columns of the same rows.
        by: those of them that the values follow; none to look at the values alone.
    """
    sign = -1.0 if (x < 0).mean() > 0.5 else 1.0
    y, grain = sign * x, _grain(x)
    positive = bool((y > 0).mean() >= 0.9)
    if not by:
        power = _power(y[y > 0]) if positive else 1.0
        low, center, high = np.quantile(_scaled(y[y > 0] if power != 1 else y, power), [0.1, 0.5, 0.9])
        step = float(np.diff(_scaled(np.array([middle := np.median(y), middle + grain]), power))[0]) / 2
        below, above = (max(side / Q10, step, 1e-12) for side in (center - low, high - center))
        return Usual(sign, power, np.full(len(x), center), below, above, grain)
    options = []
    for power in (1.0, 0.0) if positive else (1.0,):
        terms = predictors(given, by, logs=power == 0)
        kept = np.isfinite(terms).all(axis=1) & ((y > 0) | (power == 1))
        target = _scaled(y, power)
        b = robust(target[kept], terms[kept])
        center = np.where(np.isfinite(terms).all(axis=1), np.nan_to_num(terms) @ b, np.nan)
        if not kept.any():
            continue
        spread = float(np.median(np.abs(target[kept] - center[kept]))) * 1.4826
        as_numbers = spread * (float(np.median(y[kept])) if power == 0 else 1.0)
        options.append((as_numbers, Usual(sign, power, center, max(spread, 1e-12), max(spread, 1e-12), grain)))
    return min(options, key=lambda option: option[0])[1] if options else usual(x, given, ())


def predictors(given: Given, by: Sequence[str], logs: bool) -> Array:
    """Columns as terms of a regression, shape (n, terms), the first all ones; numbers above 0 as logarithms if `logs`.

    Raises:
        DataError: a column of texts has more than `MOST_LEVELS` values.
    """
    out = []
    for name in by:
        column = named(given, name)
        try:
            values = numbers(column, name)
        except DataError:
            coded = texts(column).dictionary_encode()
            if len(coded.dictionary) > MOST_LEVELS:
                raise DataError(
                    f"{name}: has {len(coded.dictionary)} values; expected numbers, or few levels."
                ) from None
            codes = coded.indices.fill_null(-1).to_numpy(zero_copy_only=False)
            out += [(codes == level).astype(float) for level in range(1, len(coded.dictionary))]
            continue
        values = np.where(np.abs(values) <= LARGEST, values, np.nan)
        if logs and np.nanmin(values, initial=np.inf) > 0:
            values = np.log(values)
        out.append(values)
    n = len(named(given, by[0])) if by else 0
    return np.column_stack([np.ones(n), *out])


def robust(y: Array, x: Array) -> Array:
    """Coefficients of a linear regression that outliers do not bend, shape (terms,): least absolute, then the biweight."""
    weights: Array = np.ones(len(y))
    b: Array = np.zeros(x.shape[1])
    if not len(y):
        return b
    for least_absolute in (True, False):
        for _ in range(TURNS):
            before, root = b, np.sqrt(weights)
            b = np.asarray(np.linalg.lstsq(x * root[:, None], y * root, rcond=None)[0])
            off = np.abs(y - x @ b)
            scale = max(float(np.median(off)) * 1.4826, 1e-12 * float(np.abs(y).max(initial=1.0)))
            if least_absolute:
                weights = 1 / np.maximum(off, scale / 100)
            else:
                weights = np.clip(1 - (off / (4.685 * scale)) ** 2, 0, None) ** 2
            if np.abs(b - before).max() <= CLOSE * scale:
                break
    return b


def decimals(x: Array) -> int | None:
    """Places after the point that most numbers have, at most `DECIMALS`; None where they have more."""
    x = x[:: max(1, len(x) // ENOUGH)] if len(x) else np.zeros(1)
    for places in range(DECIMALS + 1):
        scaled = x * 10.0**places
        if (np.abs(scaled - np.rint(scaled)) <= np.maximum(np.abs(scaled) * 1e-14, 1e-9)).mean() >= 0.99:
            return places
    return None


def _grain(x: Array) -> float:
    places = decimals(x)
    return 0.0 if places is None else 1.01 * 10.0**-places


def _scaled(x: Array, power: float) -> Array:
    with np.errstate(divide="ignore", invalid="ignore"):
        if power == 1:
            return x
        inside = np.where(x > 0, x, np.nan)
        out = np.log(inside) if power == 0 else (inside**power - 1) / power
    return np.where(x > 0, out, -np.inf)


def _power(x: Array) -> float:
    """The power under which quantiles on both sides lie the most alike."""

    def lean(power: float) -> float:
        q = np.quantile(_scaled(x, power), QUANTILES)
        wide = q[: -len(q) // 2 : -1] - q[: len(q) // 2]
        return float(
            np.abs((q[: -len(q) // 2 : -1] + q[: len(q) // 2] - 2 * q[len(q) // 2]) / np.maximum(wide, 1e-300)).sum()
        )

    return min(POWERS, key=lambda power: (round(lean(power), 2), -power))
