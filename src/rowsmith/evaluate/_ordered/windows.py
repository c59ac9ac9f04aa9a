"""Discriminative score: can a classifier tell windows of synthetic series from windows of real ones?"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any, ClassVar

import numpy as np

from rowsmith.evaluate._align import Feature
from rowsmith.evaluate._measure import Aspect, Figure, Result, level_of, result, unmeasured, worst
from rowsmith.evaluate._noise import apart, interval
from rowsmith.evaluate._order import Ordered
from rowsmith.evaluate._series import Series
from rowsmith.evaluate._series_measure import SeriesMeasure
from rowsmith.evaluate._stats import Floats, Ints, auc
from rowsmith.evaluate._trees import Trees, predict, side_by_side

STUDENT = 2.78
"""The 97.5 % point of Student's t with 4 degrees of freedom."""
FOLDS = 5
BLOCKS = 4
"""Blocks of a fold, of a long series."""
FEWEST = 10
"""Windows of each side."""
SUMMARIES = ("mean", "spread", "least", "most", "rise", "mean step", "largest step", "lag 1", "pauses")


@dataclass(frozen=True, kw_only=True)
class Windows(SeriesMeasure):
    """AUC of boosted trees that tell windows of synthetic series from windows of real ones: of values, and of steps.

    A window is seen by all its values and by nine summaries of each column. Folds are whole blocks of time, or whole series, so that
    windows that overlap are never on both sides. Values of a series that wanders are told by their level alone, as are two halves
    of a real one: then steps are what counts.
    Source: J. Yoon, D. Jarrett, M. van der Schaar, "Time-series generative adversarial networks" (2019), section 5 (discriminative
    score), with trees in place of a recurrent network and the AUC in place of the accuracy.
    """

    title: ClassVar[str] = "Classifier test of windows"
    aspect: ClassVar[Aspect] = "fidelity"
    order: ClassVar[int] = 9

    good: float = 0.1
    """AUC above the ceiling up to which it is good."""
    fair: float = 0.25
    """AUC above the ceiling up to which it is fair."""
    most_windows: int = 1_500
    """Windows of each side."""
    rounds: int = 60
    """Boosting rounds."""

    def measure(self, ordered: Ordered) -> Result:
        """Judge windows of values and of steps."""
        plan = ordered.plan
        if not plan.names:
            return unmeasured(self, "there is no column whose values vary.")
        views = ("values", "steps")
        sides = {
            "value": (ordered.real, ordered.synthetic),
            "floor": (ordered.real, ordered.floor),
            "ceiling": ordered.unseen,
        }
        tasks, keys = [], []
        for view in views:
            for role, pair in sides.items():
                found = self._windows(ordered, pair, view)
                if found is None:
                    continue
                for k in range(FOLDS if role != "floor" else 1):
                    tasks.append(partial(_told, *found, k, self._trees(plan.names)))
                    keys.append((view, role))
        told = side_by_side(tasks, ordered.workers)
        figures = []
        for view in views:
            aucs = {
                r: [t[0] for t, key in zip(told, keys, strict=True) if key == (view, r) and t is not None]
                for r in sides
            }
            if aucs["value"]:
                figures.append(_figure(view, aucs))
        if not figures:
            return unmeasured(self, f"there are fewer than {FEWEST} windows of {plan.window} rows on a side.")
        level = worst([level_of(f, self.good, self.fair) for f in figures])
        gains = sum(t[1] for t, key in zip(told, keys, strict=True) if key == (views[0], "value") and t is not None)
        share = _by_column(gains, plan.names, plan.window)
        top = sorted(share, key=lambda n: -share[n])[:10]
        numbers = " and ".join(f"{f.value:.3f} by {f.name}" for f in figures)
        said = f"A classifier tells windows of {plan.window} rows from real ones with an AUC of {numbers}"
        hint = " and ".join(map(repr, top[:2]))
        sentence = {
            "good": f"{said}; 0.5 is a coin flip, and two parts of the real series read about as much.",
            "fair": f"{said}, mostly by {hint}: look there.",
            "poor": f"{said}, mostly by {hint}: how the series runs is not real.",
        }[level]
        bars = {
            "title": "What the classifier of windows looks at (share of its gain)",
            "rows": [{"label": n, "share": share[n]} for n in top if share[n] > 0],
        }
        how = f"at most {self.most_windows:,} windows of each side; boosted trees, {self.rounds} rounds, {FOLDS} folds of whole blocks"
        return result(
            self, level, sentence, how=how, figures=tuple(figures), details={"bars": bars} if bars["rows"] else {}
        )

    def _trees(self, names: Sequence[str]) -> Trees:
        return Trees(tuple(Feature(n, "number") for n in names), self.rounds, leaves=15, smallest=5, bins=63)

    def _windows(self, ordered: Ordered, pair: tuple[Series, Series], view: str) -> tuple[Floats, Ints, Ints] | None:
        """Windows of two series, the side of each, and its fold."""
        parts = []
        for series in pair:
            x = series.x - ordered.plan.middle if view == "values" else series.steps
            parts.append(windows_of(x / ordered.plan.spread, series, ordered.plan.window, self.most_windows))
        (a, fold), (b, other) = parts
        if min(len(a), len(b)) < FEWEST:
            return None
        return np.vstack([a, b]), np.repeat([0, 1], [len(a), len(b)]), np.concatenate([fold, other])


def windows_of(x: Floats, series: Series, wide: int, most: int) -> tuple[Floats, Ints]:
    """Windows of columns with summaries of each, shape (windows, columns * (wide + 9)), and the fold of each.

    Args:
        x: columns, shape (rows, columns).
        series: whose they are.
        wide: rows of a window.
        most: windows, about.
    """
    bounds = series.bounds
    if len(bounds) >= FOLDS:
        blocks = [(a, b, i % FOLDS) for i, (a, b) in enumerate(bounds)]
    else:
        many = FOLDS * max(1, min(BLOCKS, len(x) // len(bounds) // (4 * FOLDS * wide)))
        blocks = [
            (a + (b - a) * k // many, a + (b - a) * (k + 1) // many, k % FOLDS) for a, b in bounds for k in range(many)
        ]
    every = -(-len(x) // most)
    starts = [np.arange(a, b - wide + 1, every) for a, b, _ in blocks]
    folds = np.repeat([fold for *_, fold in blocks], [len(s) for s in starts])
    at = np.concatenate(starts).astype(np.int64)
    v = x[at[:, None] + np.arange(wide)].transpose(0, 2, 1)  # windows, columns, rows
    if not len(at):
        return np.zeros((0, x.shape[1] * (wide + len(SUMMARIES)))), folds
    known = np.isfinite(v)
    count = np.maximum(known.sum(axis=2), 1)
    mean = np.where(known, v, 0.0).sum(axis=2) / count
    away = np.where(known, v - mean[:, :, None], 0.0)
    spread = np.sqrt((away**2).sum(axis=2) / count)
    d = np.diff(v, axis=2)
    moved = np.isfinite(d)
    size = np.where(moved, np.abs(d), 0.0)
    pairs = known[:, :, 1:] & known[:, :, :-1]
    lag = (away[:, :, 1:] * away[:, :, :-1]).sum(axis=2) / np.maximum(pairs.sum(axis=2), 1) / (spread**2 + 1e-9)
    summaries = [
        np.where(known.any(axis=2), each, np.nan)
        for each in (
            mean,
            spread,
            np.where(known, v, np.inf).min(axis=2),
            np.where(known, v, -np.inf).max(axis=2),
            v[:, :, -1] - v[:, :, 0],
            size.sum(axis=2) / np.maximum(moved.sum(axis=2), 1),
            size.max(axis=2),
            lag,
            (d == 0).mean(axis=2),
        )
    ]
    return np.hstack([v.reshape(len(v), -1), *summaries]), folds


def _told(x: Floats, side: Ints, fold: Ints, k: int, trees: Trees) -> tuple[float, Floats] | None:
    """AUC in one fold of trees that were trained on the others, and the gain of each entry of a window."""
    fit, test = fold != k, fold == k
    if len(np.unique(side[fit])) < 2 or len(np.unique(side[test])) < 2:
        return None
    model = trees.train(trees.dataset(x[fit], side[fit]), "binary", is_unbalance=True)
    return auc(side[test], predict(model, x[test])), np.asarray(model.feature_importance("gain"), dtype=np.float64)


def _by_column(gains: Any, names: Sequence[str], wide: int) -> dict[str, float]:
    """The share of each column of all gains."""
    owner = np.concatenate([np.repeat(np.arange(len(names)), wide), np.tile(np.arange(len(names)), len(SUMMARIES))])
    total = np.bincount(owner, gains, minlength=len(names))
    return dict(zip(names, (total / max(float(total.sum()), 1e-300)).tolist(), strict=True))


def _figure(view: str, aucs: dict[str, list[float]]) -> Figure:
    numbers: dict[str, Any] = {role: float(np.mean(each)) if each else None for role, each in aucs.items()}
    half = {
        role: STUDENT * float(np.std(each, ddof=1)) / len(each) ** 0.5 if len(each) > 2 else None
        for role, each in aucs.items()
    }
    if numbers["ceiling"] is not None:
        numbers["ceiling"] = max(numbers["ceiling"], 0.5)
    return Figure(
        name=view,
        label=f"AUC of telling windows of {view} apart",
        unit="AUC",
        better="lower",
        ideal=0.5,
        bad=0.75,
        **numbers,
        **interval(numbers["value"], half["value"], 0.0, 1.0),
        noise=apart(half["value"], half["ceiling"]),
    )
