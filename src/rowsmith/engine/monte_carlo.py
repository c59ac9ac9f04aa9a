"""What a figure of a table may come to: the table is made many times, and the figure of each kept."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from rowsmith.core.errors import SpecError
from rowsmith.core.protocols import Progress, Rows, silent
from rowsmith.core.rng import MAX_SEED, Key
from rowsmith.engine.make import make
from rowsmith.engine.model import Model
from rowsmith.spec.model import Spec

BATCH = 200_000
"""Rows that are drawn at a time."""


class Interval(NamedTuple):
    """An estimate, and the bounds between which the true value lies at the level that was asked for."""

    estimate: float
    low: float
    high: float


@dataclass(frozen=True)
class Outcomes:
    """Values of a figure, one a run: independent draws from its law.

    The intervals say how far the number of runs can be trusted, and nothing of how true the model is.

    Attributes:
        values: shape (runs,), rising.

    >>> outcomes = Outcomes(np.arange(1000.0))
    >>> outcomes.quantile(0.9).estimate, outcomes.beyond(899.5).estimate, outcomes.tail_mean(0.9).estimate
    (899.0, 0.1, 949.5)
    """

    values: NDArray[np.float64]

    def mean(self, level: float = 0.95) -> Interval:
        """Mean of the figure, with the interval of Student's t.

        Args:
            level: of the interval.
        """
        from scipy import special

        _check_share(level, "level")
        n, mean = len(self.values), float(self.values.mean())
        half = float(special.stdtrit(n - 1, (1 + level) / 2) * self.values.std(ddof=1) / np.sqrt(n))
        return Interval(mean, mean - half, mean + half)

    def quantile(self, p: float, level: float = 0.95) -> Interval:
        """The value that the figure stays at or below with probability p: value at risk, if the figure is a loss.

        The bounds are values of runs, whatever the law (W. Conover, "Practical Nonparametric Statistics", 1999, section 3.2); one
        that so few runs cannot give is infinite.

        Args:
            p: from 0 to 1.
            level: of the interval.
        """
        from scipy import stats

        _check_share(p, "p")
        _check_share(level, "level")
        n, tail = len(self.values), (1 - level) / 2
        below, above = int(stats.binom.ppf(tail, n, p)) - 1, int(stats.binom.ppf(1 - tail, n, p))
        low = float(self.values[below]) if below >= 0 else -np.inf
        high = float(self.values[above]) if above < n else np.inf
        return Interval(float(self.values[_rank(n, p)]), low, high)

    def beyond(self, value: float, level: float = 0.95) -> Interval:
        """Probability that the figure exceeds a value, with the exact binomial interval (C. Clopper, E. Pearson, 1934).

        Args:
            value: any number.
            level: of the interval.
        """
        from scipy import special

        _check_share(level, "level")
        n, k, tail = len(self.values), int((self.values > value).sum()), (1 - level) / 2
        low = float(special.betaincinv(k, n - k + 1, tail)) if k else 0.0
        high = float(special.betaincinv(k + 1, n - k, 1 - tail)) if k < n else 1.0
        return Interval(k / n, low, high)

    def tail_mean(self, p: float, level: float = 0.95) -> Interval:
        """Mean of the figure where it exceeds its quantile: expected shortfall, if the figure is a loss.

        Source of the interval: B. Manistre, G. Hancock, "Variance of the CTE estimator", North American Actuarial Journal 9, 2005.

        Args:
            p: of the quantile, from 0 to 1.
            level: of the interval.

        Raises:
            SpecError: fewer than two runs lie beyond.
        """
        from scipy import special

        _check_share(p, "p")
        _check_share(level, "level")
        n, place = len(self.values), _rank(len(self.values), p)
        tail = self.values[place + 1 :]
        if len(tail) < 2:
            raise SpecError(
                f"p={p}: of {n:,} runs, {len(tail)} lie beyond this quantile; make more runs, or take a smaller p."
            )
        mean = float(tail.mean())
        variance = (float(tail.var(ddof=1)) + p * (mean - float(self.values[place])) ** 2) / len(tail)
        half = float(special.ndtri((1 + level) / 2) * np.sqrt(variance))
        return Interval(mean, mean - half, mean + half)


def monte_carlo(
    source: Model | Spec,
    figure: Callable[[Any], float],
    *,
    n: int | None = None,
    runs: int = 1000,
    seed: int = 0,
    progress: Progress = silent,
) -> Outcomes:
    """Make tables many times, and keep a figure of each: a year's claims, the dearest basket, a share of late parcels.

    Args:
        source: a fitted model of a table, or a spec.
        figure: from a drawn table to a number. Of a model, the table is a frame of the kind that it learnt from; of a spec, a
            mapping of names to Arrow tables.
        n: rows of each run, for a model; as many as it learnt from if left out. A spec says its own.
        runs: how often.
        seed: the same seed gives the same figures.
        progress: told how many runs are done.

    Raises:
        SpecError: an argument is wrong, or the figure is no number.

    >>> import pyarrow as pa
    >>> import rowsmith as rs
    >>> claims = rs.fit(pa.table({"paid": [0, 0, 0, 40, 90] * 40}), learner="independent")
    >>> year = monte_carlo(claims, lambda t: sum(t["paid"].to_pylist()), n=50, runs=400)
    >>> year.mean().low < 50 * 26 < year.mean().high
    True
    """
    if isinstance(runs, bool) or not isinstance(runs, int) or runs < 2:
        raise SpecError(f"runs={runs!r}: expected a whole number from 2.")
    if isinstance(source, Spec):
        if n is not None:
            raise SpecError(f"n={n!r}: a spec says how many rows its tables have; leave it out, or change the spec.")
        key, values = Key(seed).child("monte carlo"), []
        for run in range(runs):
            values.append(_number(figure(make(source, seed=key.child(run).integer() % MAX_SEED))))
            progress("runs", run + 1, runs)
    elif isinstance(source, Model):
        values = _of_model(source, figure, source.n_rows if n is None else n, runs, seed, progress)
    else:
        raise SpecError(f"source: is of type {type(source).__name__}; expected a model of a table, or a spec.")
    return Outcomes(np.sort(np.array(values, dtype=np.float64)))


def _of_model(
    model: Model, figure: Callable[[Any], float], n: int, runs: int, seed: int, progress: Progress
) -> list[float]:
    """A figure of each run; runs are drawn many together, as the rows of a table are independent."""
    if isinstance(n, bool) or not isinstance(n, int) or n < 1:
        raise SpecError(f"n={n!r}: expected a whole number from 1.")
    at_once, values = max(1, BATCH // n), []
    for first in range(0, runs, at_once):
        several = min(at_once, runs - first)
        rows = model.table.sample(Rows(first * n, several * n), Key(seed).child("monte carlo", first))
        for run in range(several):
            table = pa.Table.from_batches([rows.slice(run * n, n)])
            values.append(_number(figure(model.frame.restore(table))))
            progress("runs", first + run + 1, runs)
    return values


def _number(value: Any) -> float:
    try:
        number = float(value)
    except (TypeError, ValueError):
        number = np.nan
    if np.isnan(number):
        raise SpecError(f"figure: returned {value!r}; expected a number.")
    return number


def _rank(n: int, p: float) -> int:
    """Place of the least of n rising values that a share p lies at or below."""
    return min(max(int(np.ceil(round(n * p, 9))) - 1, 0), n - 1)


def _check_share(value: float, name: str) -> None:
    if not 0 < value < 1:
        raise SpecError(f"{name}={value!r}: expected a number between 0 and 1.")
