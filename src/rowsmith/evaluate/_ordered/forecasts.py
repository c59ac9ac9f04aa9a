"""Predictive score: does what a forecaster learns from synthetic series hold for real ones?"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from typing import ClassVar

import numpy as np
from numpy.typing import NDArray

from rowsmith.evaluate._align import Feature
from rowsmith.evaluate._between import figures_of
from rowsmith.evaluate._measure import Aspect, Result, level_of, result, unmeasured, worst
from rowsmith.evaluate._noise import GROUPS, jackknife_parts
from rowsmith.evaluate._order import Ordered
from rowsmith.evaluate._series import Series
from rowsmith.evaluate._series_measure import SeriesMeasure
from rowsmith.evaluate._series_plan import Plan
from rowsmith.evaluate._stats import Floats
from rowsmith.evaluate._trees import Trees, predict, side_by_side
from rowsmith.evaluate._words import show

EARLY = 0.7
"""Share of each series, its first rows, that forecasters learn from; they are tested on the others."""
FEWEST_LEARNT, FEWEST_TESTED = 20, 5


@dataclass(frozen=True, kw_only=True)
class Forecasts(SeriesMeasure):
    """Error of a forecaster that learnt from synthetic series over that of one that learnt from real ones, on real rows that neither saw.

    Boosted trees foretell the change of a column from values now, changes so far and the place in the season: of the next row, and of one
    further ahead. The first 70 % of the rows of each series are learnt, the last 30 % of the real ones tested. The figure is
    the ratio of mean absolute errors, geometric mean over the columns; 1 is ideal.
    Source: J. Yoon, D. Jarrett, M. van der Schaar, "Time-series generative adversarial networks" (2019), section 5 (predictive score).
    """

    title: ClassVar[str] = "Forecasts"
    aspect: ClassVar[Aspect] = "utility"
    order: ClassVar[int] = 41

    good: float = 0.1
    """Ratio above the ceiling up to which it is good."""
    fair: float = 0.4
    """The same up to which it is fair."""
    most_rows: int = 4_000
    """Rows that are learnt, and that are tested."""
    rounds: int = 60
    """Boosting rounds."""

    def measure(self, ordered: Ordered) -> Result:
        """Judge what was learnt."""
        plan = ordered.plan
        if not plan.targets:
            return unmeasured(self, "there is no column of numbers that vary.")
        base, unseen = ordered.unseen
        models = [(ordered.real, s) for s in (ordered.real, ordered.synthetic, ordered.floor)]
        models += [(base, s) for s in (base, unseen)]
        tasks = [partial(self._errors, plan, fit, test, h) for test, fit in models for h in (1, plan.ahead)]
        errors = side_by_side(tasks, ordered.workers)
        found = list(zip(errors[::2], errors[1::2], strict=True))
        pairs = {"value": (1, 0), "floor": (2, 0), "ceiling": (4, 3)}
        numbers = {role: ratios(found, *pair) for role, pair in pairs.items()}
        numbers["ceiling"] = np.maximum(numbers["ceiling"], 1.0)  # below it is the luck of the parts
        if not np.isfinite(numbers["value"]).any():
            return unmeasured(
                self, f"there are fewer than {FEWEST_LEARNT} rows to learn from or {FEWEST_TESTED} to test on."
            )
        halves = {
            role: jackknife_parts(partial(ratios, found, *pair)) for role, pair in pairs.items() if role != "floor"
        }
        common = {"unit": "ratio", "better": "lower", "ideal": 1.0, "bad": 2.0}
        figures = figures_of(
            numbers,
            halves,
            [
                {
                    "name": "next",
                    "label": "error of foretelling the next row, over that of a model of real rows",
                    **common,
                },
                {"name": "ahead", "label": f"the same {plan.ahead} rows ahead", **common},
            ],
        )
        level = worst([level_of(f, self.good, self.fair) for f in figures if f.value is not None])
        names = ", ".join(repr(plan.names[i]) for i in plan.targets)
        times = show(figures[0].value, "ratio")
        said = (
            f"A forecaster of {names} that learnt from synthetic series errs {times} times as much as one of real ones"
        )
        sentence = {
            "good": f"{said}: what it learns holds.",
            "fair": f"{said}: models built on these series lose some of their worth.",
            "poor": f"{said}: do not build forecasts on these series.",
        }[level]
        how = f"{len(plan.targets)} columns, 1 and {plan.ahead} rows ahead; at most {self.most_rows:,} rows; {self.rounds} rounds"
        return result(self, level, sentence, how=how, figures=figures)

    def _errors(self, plan: Plan, fit_on: Series, test_on: Series, h: int) -> Errors:
        """Absolute errors on test rows of a model of each target; None where there are too few rows."""
        x, y, early, _ = _data(plan, fit_on, h)
        seen, truth, _, late = _data(plan, test_on, h)
        trees = Trees(
            tuple(Feature(str(i), "number") for i in range(x.shape[1])), self.rounds, leaves=15, smallest=5, bins=63
        )
        out = []
        for k in range(len(plan.targets)):
            fit, test = (_some(mask & np.isfinite(v[:, k]), self.most_rows) for mask, v in ((early, y), (late, truth)))
            if len(fit) < FEWEST_LEARNT or len(test) < FEWEST_TESTED:
                return None
            model = trees.train(trees.dataset(x[fit], y[fit, k]), "regression")
            out.append(np.abs(predict(model, seen[test]) - truth[test, k]))
        return out


def _data(plan: Plan, series: Series, h: int) -> tuple[Floats, Floats, NDArray[np.bool_], NDArray[np.bool_]]:
    """What a forecaster sees in each row, the changes to be foretold, and whether the row is to learn from, or to test on."""
    at, number = np.arange(series.n), series.series
    first, length = series.begins[number], series.lengths[number]
    place = at - first
    parts = [series.x]
    for k in plan.past:
        parts.append(np.where((place >= k)[:, None], series.x - series.x[np.maximum(at - k, 0)], np.nan))
    parts += [phase[:, None].astype(np.float64) for phase in series.phases.values()]
    targets = list(plan.targets)
    later = np.minimum(at + h, series.n - 1)
    change = np.where((place + h < length)[:, None], series.x[later][:, targets] - series.x[:, targets], np.nan)
    return np.hstack(parts), change, place + h < EARLY * length, place >= EARLY * length


def _some(mask: NDArray[np.bool_], most: int) -> NDArray[np.int64]:
    """Rows of a mask, at most so many, evenly spread."""
    rows = np.flatnonzero(mask)
    return rows[np.linspace(0, len(rows) - 1, min(most, len(rows))).astype(np.int64)]


Errors = list[Floats] | None
"""Absolute errors on the tested rows, of each target."""


def ratios(found: Sequence[tuple[Errors, Errors]], own: int, other: int, left: int | None = None) -> Floats:
    """Ratios of the errors of two models, at both horizons.

    Args:
        found: errors of each model, at both horizons.
        own: number of the one.
        other: number of the other.
        left: of ten stretches of the tested rows one that does not count.
    """
    return np.array([_ratio(a, b, left) for a, b in zip(found[own], found[other], strict=True)])


def _ratio(own: Errors, other: Errors, left: int | None = None) -> float:
    """Geometric mean over the targets of the ratio of mean errors; without one of ten stretches of the tested rows, if one is named."""
    if own is None or other is None:
        return float("nan")
    ratios = []
    for a, b in zip(own, other, strict=True):
        kept = np.ones(len(a), dtype=bool) if left is None else np.arange(len(a)) * GROUPS // len(a) != left
        if b[kept].mean() <= 0:
            return float("nan")
        ratios.append(np.log(max(float(a[kept].mean()), 1e-300) / float(b[kept].mean())))
    return float(np.exp(np.mean(ratios)))
