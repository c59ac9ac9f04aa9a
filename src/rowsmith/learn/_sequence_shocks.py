"""Shocks of series: heavy in the tails, larger after large ones, and alike in several columns.

Each column's are a Student's t (T. Bollerslev, "A Conditionally Heteroskedastic Time Series Model for Speculative Prices and
Rates of Return", 1987), whose variance hangs on the shock before where that is likelier; those of one tick hang together by a
Gaussian copula.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Self

import numpy as np
from numpy.typing import NDArray

from rowsmith.core.state import State

Floats = NDArray[np.float64]

HEAVIEST, GAUSSIAN = 2.1, 200.0
"""Degrees of freedom, the fewest and the most, that are tried; from the latter on a t is as good as normal."""
CLUSTERED = 200
"""Shocks from which on it is asked whether large ones come together."""
SURE = 1e-6
"""Probability on either side of which scores are cut off."""


@dataclass(frozen=True)
class Shocks:
    """The law of the shocks of several columns.

    Attributes:
        scale: standard deviations, shape (columns,).
        freedom: degrees of freedom, shape (columns,).
        after: part of the variance that is the square of the shock before, shape (columns,).
        lasting: part of it that is the variance before, shape (columns,).
        root: a factor of the correlations of normal scores, shape (columns, columns).
    """

    scale: Floats
    freedom: Floats
    after: Floats
    lasting: Floats
    root: Floats

    def draw(self, n: int, rng: np.random.Generator, before: Floats) -> Floats:
        """Shocks one after the other, shape (n, columns).

        Args:
            n: how many.
            rng: random numbers.
            before: those that came before, which say how large the next ones are, shape (m, columns).
        """
        from scipy import stats

        scores = rng.standard_normal((n, len(self.scale))) @ self.root.T
        share = np.clip(stats.norm.cdf(scores), SURE, 1 - SURE)
        plain = stats.t.ppf(share, self.freedom) * np.sqrt(1 - 2 / self.freedom)
        out = self.scale * plain
        if not self.after.any():
            return np.asarray(out)
        usual = self.scale**2
        fixed, variance = usual * (1 - self.after - self.lasting), usual
        for shock in before:
            variance = fixed + self.after * shock**2 + self.lasting * variance
        for i in range(n):
            out[i] = np.sqrt(variance) * plain[i]
            variance = fixed + self.after * out[i] ** 2 + self.lasting * variance
        return np.asarray(out)

    def state(self) -> State:
        """The arrays."""
        return dict(vars(self))

    @classmethod
    def from_state(cls, state: State, columns: int) -> Self:
        """The inverse of `state`.

        Raises:
            ValueError: it is of another number of columns, or of no law.
        """
        found = cls(**state)
        vectors = (found.scale, found.freedom, found.after, found.lasting)
        sound = all(v.shape == (columns,) and np.isfinite(v).all() and (v >= 0).all() for v in vectors)
        sound = sound and bool(np.isfinite(found.root).all() and (found.after + found.lasting < 1).all())
        if not sound or found.root.shape != (columns, columns) or (found.freedom <= 2).any():
            raise ValueError("shocks that are no law")
        return found


def fit_shocks(shocks: Floats) -> Shocks:
    """The law of real shocks, nan where one is not known, shape (n, columns)."""
    from scipy import stats

    n, columns = shocks.shape
    scale = np.sqrt(np.nanmean(shocks**2, axis=0))
    freedom, after, lasting = np.full(columns, GAUSSIAN), np.zeros(columns), np.zeros(columns)
    scores = np.zeros((n, columns))
    for k in range(columns):
        known = np.isfinite(shocks[:, k])
        if scale[k] <= 0:
            continue
        plain = shocks[known, k] / scale[k]
        freedom[k], after[k], lasting[k] = _law(plain)
        spread = np.sqrt(_variances(plain, after[k], lasting[k]))
        share = stats.t.cdf(plain / spread / np.sqrt(1 - 2 / freedom[k]), freedom[k])
        scores[known, k] = stats.norm.ppf(np.clip(share, SURE, 1 - SURE))
    size = np.sqrt((scores**2).mean(axis=0))
    correlation = np.eye(columns)
    some = size > 0
    correlation[np.ix_(some, some)] = (scores.T @ scores / n)[np.ix_(some, some)] / np.outer(size[some], size[some])
    values, vectors = np.linalg.eigh(correlation)
    return Shocks(scale, freedom, after, lasting, vectors * np.sqrt(np.maximum(values, 0.0)))


def _law(plain: Floats) -> tuple[float, float, float]:
    """Degrees of freedom, and what the variance hangs on, of shocks of variance 1: what is likelier by BIC."""
    from scipy.optimize import minimize, minimize_scalar

    loss = minimize_scalar(lambda f: _loss(plain, np.exp(f), 0.0, 0.0), bounds=(np.log(HEAVIEST), np.log(GAUSSIAN)))
    alone, freedom = float(loss.fun), float(np.exp(loss.x))
    if len(plain) < CLUSTERED:
        return freedom, 0.0, 0.0
    found = minimize(
        lambda x: _loss(plain, np.exp(x[0]), x[1], x[2] * (1 - x[1])),
        (np.log(min(max(freedom, 3.0), 30.0)), 0.08, 0.9),
        bounds=((np.log(HEAVIEST), np.log(GAUSSIAN)), (0.0, 0.5), (0.0, 0.995)),
        method="L-BFGS-B",
    )
    if 2 * (alone - float(found.fun)) <= 2 * np.log(len(plain)):
        return freedom, 0.0, 0.0
    return float(np.exp(found.x[0])), float(found.x[1]), float(found.x[2] * (1 - found.x[1]))


def _variances(plain: Floats, after: float, lasting: float) -> Floats:
    """What variances are before each shock, shape (n,)."""
    from scipy.signal import lfilter

    if after == 0 and lasting == 0:
        return np.ones(len(plain))
    into = np.concatenate([[1.0 - lasting], 1 - after - lasting + after * plain[:-1] ** 2])
    return np.asarray(lfilter([1.0], [1.0, -lasting], into, zi=[lasting])[0])


def _loss(plain: Floats, freedom: float, after: float, lasting: float) -> float:
    """Minus the logarithm of the likelihood."""
    from scipy.special import gammaln

    variance = _variances(plain, after, lasting) * (freedom - 2)
    each = gammaln((freedom + 1) / 2) - gammaln(freedom / 2) - np.log(np.pi * variance) / 2
    return -float((each - (freedom + 1) / 2 * np.log1p(plain**2 / variance)).sum())
