"""A target to predict from the other columns: which rows count, what a prediction is, how good it is."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from rowsmith.evaluate._align import Columns, Feature
from rowsmith.evaluate._context import Context
from rowsmith.evaluate._stats import Floats, Ints, auc
from rowsmith.evaluate._trees import Trees, matrix, predict

MOST_CLASSES = 30
"""Classes that are told apart; rows of rarer ones are left out."""
MOST_ROWS = 50_000
"""Rows to train on."""
MOST_TESTS = 20_000
"""Real rows to test on."""
FEWEST = 20
TEST_SHARE = 0.25
"""Share of the real rows that serve as the test where there is no holdout."""
ROUNDS = 200
"""Boosting rounds; fewer with many classes, so that there are at most ALL_TREES."""
ALL_TREES = 1_000
FEWEST_ROUNDS = 25
MOST_COUNT = 20
"""Mean up to which whole numbers, zeros among them, are taken for counts."""
LEAST_RATE = 0.01
"""Share of the mean count below which no prediction of a count may fall: a rate of 0 is wrong without bounds."""
FAR = 1e6
"""Standard deviations at which a number to learn from is cut, so that nothing overflows."""


@dataclass(frozen=True)
class Task:
    """What is predicted, and the real rows to learn it from and to test it on.

    Attributes:
        place: of the target among the features.
        target: the feature.
        inputs: the other features.
        classes: the values of a category, or of a number that takes two; None for a regression.
        counts: whether it counts something (whole numbers from 0 on, few on average), so that its rate is modelled.
        centre: of the target among the test rows, in units of `scale`.
        spread: its standard deviation there, likewise.
        scale: its largest magnitude there.
        train: real rows to learn from.
        test: real rows to test on, all with a value (and of one of the classes).
        notes: what was left out.
    """

    place: int
    target: Feature
    inputs: tuple[Feature, ...]
    classes: tuple[float, ...] | None
    counts: bool
    centre: float
    spread: float
    scale: float
    train: Columns
    test: Columns
    notes: tuple[str, ...]

    @classmethod
    def of(cls, context: Context) -> Task | str:
        """The task that a judgement's target sets, or why there is none."""
        if context.target is None:
            return "no target was named. Say which column a model should predict (target=…, --target)."
        place = context.target_place
        if place is None:
            return f"the target {context.target!r} only names rows; there is nothing to predict."
        if len(context.features) < 2:
            return "there is no other column to predict the target from."
        target = context.features[place]
        train, test = (_valid(t, target, place) for t in _split(context))
        train, test = context.sample(train, MOST_ROWS, "task"), context.sample(test, MOST_TESTS, "task", "test")
        classes = _classes(target, train.arrays[place], test.arrays[place])
        notes: list[str] = []
        if classes is not None:
            distinct = len(np.unique(test.arrays[place]))
            if distinct > len(classes):
                notes.append(
                    f"Utility: the {len(classes)} most frequent of {distinct} classes of {target.name!r} are told apart."
                )
            test = test.take(np.isin(test.arrays[place], classes))
        if classes is not None and len(classes) == 1:
            return f"the target {target.name!r} has a single class among the real rows."
        known = _valid(context.synthetic, target, place).n
        if min(train.n, test.n) < FEWEST or known == 0:
            return f"too few rows have a value in {target.name!r} (at least {FEWEST} are needed)."
        y = test.arrays[place].astype(np.float64)
        scale = max(float(np.abs(y).max()), 1e-300)
        spread = float((y / scale).std())
        if classes is None and spread <= 1e-15:
            return f"the target {target.name!r} is constant among the real test rows."
        if context.holdout is None:
            notes.append("No holdout was given: utility is tested on rows that the generator may have learnt from.")
        inputs = tuple(f for i, f in enumerate(context.features) if i != place)
        counts = classes is None and all(_counts(t.arrays[place]) for t in (train, test))
        centre = float((y / scale).mean())
        return cls(place, target, inputs, classes, counts, centre, spread, scale, train, test, tuple(notes))

    def usable(self, context: Context, table: Columns, *names: str | int) -> Columns:
        """The rows of a table that can be learnt from, at most MOST_ROWS."""
        table = context.sample(_valid(table, self.target, self.place), MOST_ROWS, "task", *names)
        return table if self.classes is None else table.take(np.isin(table.arrays[self.place], self.classes))

    def x(self, table: Columns) -> Floats:
        """The inputs, shape (rows, inputs)."""
        return matrix(self.inputs, self.others(table))

    def others(self, table: Columns) -> Columns:
        """The columns of the inputs."""
        return table.pick([i for i in range(len(table.arrays)) if i != self.place])

    def y(self, table: Columns) -> Floats:
        """The number of each row's class, a count, or any other target in standard deviations, shape (rows,)."""
        values = table.arrays[self.place]
        if self.counts:  # what the synthetic rows hold besides counts is moved to the nearest
            return np.asarray(np.rint(np.clip(values, 0, FAR)), dtype=np.float64)
        if self.classes is not None:
            return np.searchsorted(self.classes, values).astype(np.float64)
        return np.asarray(np.clip((values / self.scale - self.centre) / self.spread, -FAR, FAR), dtype=np.float64)

    @property
    def rounds(self) -> int:
        """Boosting rounds."""
        parts = 1 if self.classes is None or len(self.classes) <= 2 else len(self.classes)
        return min(ROUNDS, max(FEWEST_ROUNDS, ALL_TREES // parts))

    @property
    def unit(self) -> str:
        """What `score` is."""
        return "D²" if self.counts else "R²" if self.classes is None else "AUC"

    @property
    def guess(self) -> float:
        """What a model scores that knows nothing."""
        return 0.0 if self.classes is None else 0.5

    def score(self, y: Floats, found: Floats) -> float | None:
        """How good predictions are.

        Args:
            y: the truth, as `y` gives it.
            found: shape (rows, classes), chances; or (rows,), the target (of counts, their rate).

        Returns:
            R²; of counts D², the share of the Poisson deviance that is explained (P. McCullagh, J. Nelder, "Generalized
            linear models" (1989), section 6.2); or the mean AUC of one class against the rest over the classes that
            occur. None if it is not finite.
        """
        if len(y) == 0:
            return None
        if self.classes is None:
            lost = _deviance if self.counts else _squares
            most = lost(y, np.full(len(y), y.mean()))
            value = 1 - lost(y, found) / most if most > 0 else np.nan
            return value if np.isfinite(value) else None
        asked = [1] if len(self.classes) == 2 else range(len(self.classes))
        parts = [auc(y == c, found[:, c]) for c in asked if 0 < (y == c).sum() < len(y)]
        return float(np.mean(parts)) if parts else None


@dataclass(frozen=True)
class Fitted:
    """Boosted trees of one table.

    Attributes:
        task: what they predict.
        learnt: the classes that occurred in the table, by number.
        model: the booster; None where there was nothing to learn.
    """

    task: Task
    learnt: Ints
    model: Any

    @classmethod
    def of(cls, task: Task, table: Columns) -> Fitted:
        """Train on usable rows."""
        trees = Trees(task.inputs, task.rounds)
        y = task.y(table)
        if task.classes is None:
            objective = "poisson" if task.counts else "regression"
            able = table.n > 0 and (not task.counts or y.any())  # a Poisson law without a single event has no rate
            model = trees.train(trees.dataset(task.x(table), y), objective) if able else None
            return cls(task, np.array([], dtype=np.int64), model)
        learnt, codes = np.unique(y.astype(np.int64), return_inverse=True)
        if len(learnt) < 2:
            return cls(task, learnt, None)
        more: dict[str, Any] = {"num_class": len(learnt)} if len(learnt) > 2 else {}
        data = trees.dataset(task.x(table), codes)
        return cls(task, learnt, trees.train(data, "multiclass" if more else "binary", **more))

    def predict(self, x: NDArray[np.float64]) -> Floats:
        """Chances of the classes, shape (rows, classes), 0 of one that was never learnt; or the target, shape (rows,)."""
        if self.task.classes is None:
            raw = np.zeros(len(x)) if self.model is None or len(x) == 0 else predict(self.model, x)
            if self.task.counts:
                return np.zeros(len(x)) if self.model is None else np.exp(np.minimum(raw, np.log(FAR)))
            return raw
        out = np.zeros((len(x), len(self.task.classes)))
        if self.model is None or len(x) == 0:
            out[:, self.learnt] = 1.0
            return out
        raw = predict(self.model, x)
        raw = np.stack([-raw / 2, raw / 2], axis=1) if raw.ndim == 1 else raw
        shares = np.exp(raw - raw.max(axis=1, keepdims=True))
        out[:, self.learnt] = shares / shares.sum(axis=1, keepdims=True)
        return out

    @property
    def gains(self) -> Floats:
        """Share of each input in what the trees gained, shape (inputs,); zeros where nothing was learnt."""
        if self.model is None:
            return np.zeros(len(self.task.inputs))
        gains = np.asarray(self.model.feature_importance("gain"), dtype=np.float64)
        return gains / max(float(gains.sum()), 1e-300)


def _split(context: Context) -> tuple[Columns, Columns]:
    if context.holdout is not None:
        return context.real, context.holdout
    order = context.rng("utility", "split").permutation(context.real.n)
    cut = round(context.real.n * TEST_SHARE)
    return context.real.take(order[cut:]), context.real.take(order[:cut])


def _valid(table: Columns, target: Feature, place: int) -> Columns:
    y = table.arrays[place]
    return table.take(y >= 0 if target.kind == "category" else np.isfinite(y))


def _classes(target: Feature, train: NDArray[Any], test: NDArray[Any]) -> tuple[float, ...] | None:
    """The most frequent classes among the test rows, or None for a regression."""
    if target.kind != "category" and len(np.unique(np.concatenate([train, test]))) > 2:
        return None
    values, counts = np.unique(test, return_counts=True)
    return tuple(sorted(float(v) for v in values[np.argsort(-counts, kind="stable")][:MOST_CLASSES]))


def _counts(values: NDArray[Any]) -> bool:
    """Whether a column counts something; the nulls are gone."""
    if values.dtype.kind not in "iuf" or len(values) == 0 or float(values.mean()) > MOST_COUNT:
        return False
    return float(values.min()) == 0 and bool((values == np.rint(values)).all())


def _squares(y: Floats, found: Floats) -> float:
    return float(np.mean((found - y) ** 2))


def _deviance(y: Floats, rate: Floats) -> float:
    """Mean Poisson deviance."""
    rate = np.maximum(rate, LEAST_RATE * max(float(y.mean()), 1e-300))
    ratio = np.where(y > 0, y, 1.0) / rate
    return float(2 * np.mean(np.where(y > 0, y * np.log(ratio), 0.0) - (y - rate)))
