"""What is different along a column: the place of one change, the size of it, and the slope of an even one.

The place is first where a cumulative sum is farthest from even (E. S. Page, Biometrika 41, 1954), then the posterior of the
place (`_threshold`), given how much likelier each value is after than before: a ratio of densities by logistic regression on
normal scores (J. Qin, Biometrika 85, 1998), so that it holds for any law of the column.
"""

from __future__ import annotations

import math

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from rowsmith.core.errors import DataError
from rowsmith.truth._axis import axis, is_time, shown
from rowsmith.truth._plant import Finding, from_log, normal, portion
from rowsmith.truth._rewrite import is_number
from rowsmith.truth._terms import named, numbers, texts
from rowsmith.truth._threshold import Threshold, threshold

Floats = NDArray[np.float64]
FEWEST = 50
TRIM = 0.02
"""Share of the rows at either end in which no change is looked for."""
LOOKS = 100
"""Places that are as good as apart, in a search over all."""
MOST_LEVELS = 20
ROUNDS = 3


def changes(column: str, on: str, table: pa.Table) -> list[Finding]:
    """The place `point`, and what is different after it: `mean`, `spread` or `share of …`; and the `slope` of numbers.

    Args:
        column: that may change.
        on: along this.
        table: the rows.

    Raises:
        DataError: there is too little to compare.
    """
    where, values = axis(named(table, on), on), named(table, column)
    if is_number(values.type):
        x = numbers(values, column)
        levels: list[str] = []
    else:
        coded = texts(values).dictionary_encode()
        levels = coded.dictionary.to_pylist()
        x = numbers(coded.indices, column)
    kept = np.isfinite(where) & np.isfinite(x)
    where, x = where[kept], x[kept]
    if len(x) < FEWEST or np.ptp(where) == 0 or np.ptp(x) == 0:
        raise DataError(f"{column}, {on}: expected {FEWEST} rows or more with both, not all the same.")
    order = np.argsort(where, kind="stable")
    where, x = where[order], x[order]
    scores = _dummies(x) if levels else _normal_scores(x)
    slope = [] if levels else [_slope(where, x)]
    first = _first(where, scores)
    if first is None:
        none = "no place at which it changes more than by chance"
        return [Finding(name="point", estimate=None, note=none), *slope]
    found = _placed(where, scores, first)
    cut = found.estimate
    note = f"{shown(found.estimate, True)}; 95 %: {shown(found.low, True)} to {shown(found.high, True)}"
    point = found.finding("point", note if is_time(named(table, on)) else "posterior of the place")
    before, after = x[where < cut], x[where >= cut]
    if levels:
        return [
            point,
            *(portion(f"share of {level}", float((after == i).sum()), len(after)) for i, level in enumerate(levels)),
        ]
    return [point, _mean(before, after), _spread(before, after), *slope]


def _placed(where: Floats, scores: Floats, first: float) -> Threshold:
    cut = first
    for _ in range(ROUNDS):
        found = threshold(where, _gain(scores, where >= cut))
        cut = found.estimate  # above the first row, and at most at the last
    return found


def _normal_scores(x: Floats) -> Floats:
    """Place and distance from the middle of each value, whatever the law; shape (n, 2)."""
    from scipy import special, stats

    score = special.ndtri((stats.rankdata(x) - 0.5) / len(x))
    return np.column_stack([score, score**2])


def _dummies(x: Floats) -> Floats:
    """1 in the column of each of the frequent levels but one, shape (n, levels)."""
    levels = np.argsort(-np.bincount(x.astype(np.int64)), kind="stable")[1 : MOST_LEVELS + 1]
    return np.asarray((x[:, None] == levels).astype(float))


def _first(where: Floats, scores: Floats) -> float | None:
    """The place where the sums of scores are farthest from even; None if that may be chance."""
    from scipy import stats

    n = len(where)
    rest = scores - scores.mean(axis=0)
    whitened = rest @ np.linalg.pinv(np.linalg.cholesky(rest.T @ rest / n + 1e-9 * np.eye(rest.shape[1]))).T
    ends = np.flatnonzero(np.diff(where) > 0)
    ends = ends[(ends + 1 >= TRIM * n) & (ends + 1 <= (1 - TRIM) * n)]
    if not len(ends):
        return None
    sums = np.cumsum(whitened, axis=0)[ends]
    size = (sums**2).sum(axis=1) * n / ((ends + 1.0) * (n - ends - 1))
    best = int(size.argmax())
    if size[best] < stats.chi2.isf(0.05 / LOOKS, scores.shape[1]):
        return None
    return float(where[ends[best] + 1])


def _gain(scores: Floats, late: NDArray[np.bool_]) -> Floats:
    """Log of how much likelier each row's value is after the change, shape (n,)."""
    from sklearn.linear_model import LogisticRegression

    model = LogisticRegression(C=1000.0, max_iter=1000).fit(scores, late)
    return np.asarray(model.decision_function(scores) - np.log(late.mean() / (1 - late.mean())))


def _mean(before: Floats, after: Floats) -> Finding:
    error = np.sqrt(before.var() / len(before) + after.var() / len(after))
    return normal("mean", after.mean() - before.mean(), float(error), "difference of the means after and before")


def _spread(before: Floats, after: Floats) -> Finding:
    """Ratio of standard deviations, with an error that needs no normal law (M. W. J. Layard, JASA 68, 1973)."""
    parts = [x - x.mean() for x in (before, after)]
    sds = [float(x.std()) for x in parts]
    if min(sds) == 0:
        return Finding(name="spread", estimate=None, note="all the same before or after")
    variance = sum((float((x**4).mean()) / sd**4 - 1) / (4 * len(x)) for x, sd in zip(parts, sds, strict=True))
    return from_log("spread", math.log(sds[1] / sds[0]), math.sqrt(variance))


def _slope(where: Floats, x: Floats) -> Finding:
    """Least squares, with an error that holds for uneven noise (H. White, Econometrica 48, 1980)."""
    away = where - where.mean()
    slope = float(away @ (x - x.mean()) / (away @ away))
    rest = x - x.mean() - slope * away
    return normal("slope", slope, float(np.sqrt((away**2) @ rest**2) / (away @ away)), "least squares")
