"""Utility: is a model trained on synthetic rows as good, on real rows, as one trained on real ones?"""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray

from rowsmith.evaluate._align import Columns
from rowsmith.evaluate._context import Context
from rowsmith.evaluate._measure import Aspect, Figure, Measure, Result, grade, result, unmeasured
from rowsmith.evaluate._stats import auc
from rowsmith.evaluate._trees import Trees, matrix, predict, side_by_side
from rowsmith.evaluate._words import rows

FEWEST = 20
TEST_SHARE = 0.25
ALL_TREES = 1_000
FEWEST_ROUNDS = 25


@dataclass(frozen=True, kw_only=True)
class Utility(Measure):
    """Quality, on unseen real rows, of boosted trees trained on synthetic rows to predict the target.

    A category, or a number that takes two values, is classified: ROC AUC, the mean over the classes of one against the
    rest. Any other number is regressed: R². The same trees trained on real rows set the ceiling, on independent columns the
    floor. Without a holdout a quarter of the real rows serves as the test, which flatters a generator that copied them.
    Source: C. Esteban, S. Hyland, G. Rätsch, "Real-valued (medical) time series generation with recurrent conditional
    GANs" (2017), section 4 ("train on synthetic, test on real").
    """

    title: ClassVar[str] = "Train on synthetic, test on real"
    aspect: ClassVar[Aspect] = "utility"
    order: ClassVar[int] = 40

    good: float = 0.02
    """AUC below the ceiling up to which it is good (for R², twice that)."""
    fair: float = 0.08
    """AUC below the ceiling up to which it is fair (for R², twice that)."""
    rounds: int = 200
    """Boosting rounds; fewer with many classes, so that there are at most 1,000 trees."""
    most_rows: int = 50_000
    """Rows to train on."""
    most_tests: int = 20_000
    """Real rows to test on."""
    most_classes: int = 30
    """Classes that are told apart; rows of rarer ones are left out."""

    def measure(self, context: Context) -> Result:
        """Judge what the synthetic rows teach."""
        if context.target is None:
            return unmeasured(
                self, "no target was named. Say which column a model should predict (target=…, --target)."
            )
        place = next((i for i, f in enumerate(context.features) if f.name == context.target), None)
        if place is None:
            return unmeasured(self, f"the target {context.target!r} only names rows; there is nothing to predict.")
        if len(context.features) < 2:
            return unmeasured(self, "there is no other column to predict the target from.")
        return _Trial(self, context, place).run()


class _Trial:
    """One target, looked at with one measure's settings."""

    def __init__(self, settings: Utility, context: Context, place: int) -> None:
        self.settings = settings
        self.context = context
        self.place = place
        self.target = context.features[place]
        self.inputs = tuple(f for i, f in enumerate(context.features) if i != place)
        self.notes: list[str] = []

    def run(self) -> Result:
        settings, context = self.settings, self.context
        train, test = self._real()
        classes = self._classes(train, test)
        if classes is not None and len(classes) == 1:
            return unmeasured(settings, f"the target {self.target.name!r} has a single class among the real rows.")
        if min(train.n, test.n) < FEWEST or self._known(context.synthetic).n == 0:
            return unmeasured(
                settings, f"too few rows have a value in {self.target.name!r} (at least {FEWEST} are needed)."
            )
        if classes is None and len(np.unique(test.arrays[self.place])) < 2:
            return unmeasured(settings, f"the target {self.target.name!r} is constant among the real test rows.")
        score = self._regress if classes is None else self._classify
        tables = self._known(context.synthetic), self._known(context.floor), train
        value, floor, ceiling = side_by_side([partial(score, t, test, classes) for t in tables], context.workers)
        unit = "R²" if classes is None else "AUC"
        if value is None or ceiling is None:
            return unmeasured(
                settings, f"a model of {self.target.name!r} gave no finite score; look for extreme values."
            )
        wider = 2.0 if classes is None else 1.0
        base = 0.0 if classes is None else 0.5
        low = max(base, floor if floor is not None else base)
        level = grade(ceiling - value, wider * settings.good, wider * settings.fair, ceiling - low)
        said = (
            f"A model of {self.target.name!r} trained on synthetic rows reaches {unit} {value:.3f} on real ones; "
            f"trained on real rows it reaches {ceiling:.3f}"
        )
        sentence = {
            "good": f"{said}: the synthetic rows teach nearly the same.",
            "fair": f"{said}. Fit to explore and compare models; train the final one on real rows.",
            "poor": f"{said}. The relation to the target is largely lost: do not train on these rows.",
        }[level]
        if ceiling - low <= 2 * wider * settings.good:
            sentence += " (Even real rows hardly predict this target, so this says little.)"
        if context.holdout is None:
            self.notes.append(
                "No holdout was given: utility is tested on rows that the generator may have learnt from."
            )
        figure = Figure(
            name="r2" if classes is None else "auc",
            label=f"{unit} for {self.target.name} on real rows",
            value=value,
            unit=unit,
            better="higher",
            ideal=1.0,
            bad=base,
            floor=floor,
            ceiling=ceiling,
        )
        return result(
            settings,
            level,
            sentence,
            how=f"tested on {rows(test.n)}; boosted trees, {self._rounds(classes)} rounds, up to {rows(settings.most_rows)} to learn from",
            figures=(figure,),
            notes=tuple(self.notes),
        )

    def _real(self) -> tuple[Columns, Columns]:
        context = self.context
        if context.holdout is not None:
            train, test = context.real, context.holdout
        else:
            order = context.rng("utility", "split").permutation(context.real.n)
            cut = round(context.real.n * TEST_SHARE)
            train, test = context.real.take(order[cut:]), context.real.take(order[:cut])
        return self._known(train), self._valid(context.sample(test, self.settings.most_tests, "utility", "test"))

    def _known(self, table: Columns) -> Columns:
        """Rows to train on: those with a target, at most so many."""
        return self.context.sample(self._valid(table), self.settings.most_rows, "utility", "train")

    def _valid(self, table: Columns) -> Columns:
        y = table.arrays[self.place]
        return table.take(y >= 0 if self.target.kind == "category" else np.isfinite(y))

    def _inputs(self, table: Columns) -> NDArray[np.float64]:
        return matrix(self.inputs, table.pick([i for i in range(len(table.arrays)) if i != self.place]))

    def _classes(self, train: Columns, test: Columns) -> list[float] | None:
        """The classes that occur among the test rows but do not fill them, or None for a regression."""
        y, real = test.arrays[self.place], train.arrays[self.place]
        if self.target.kind != "category" and len(np.unique(np.concatenate([real, y]))) > 2:
            return None
        values, counts = np.unique(y, return_counts=True)
        most = values[np.argsort(-counts, kind="stable")][: self.settings.most_classes]
        if len(values) > len(most):
            self.notes.append(
                f"Utility: the {len(most)} most frequent of {len(values)} classes of {self.target.name!r} are told apart."
            )
        return sorted(float(v) for v in most)

    def _rounds(self, classes: list[float] | None) -> int:
        parts = 1 if classes is None or len(classes) <= 2 else len(classes)
        return min(self.settings.rounds, max(FEWEST_ROUNDS, ALL_TREES // parts))

    def _trees(self, classes: list[float] | None) -> Trees:
        return Trees(self.inputs, self._rounds(classes))

    def _classify(self, train: Columns, test: Columns, classes: Any) -> float | None:
        """Mean AUC of one class against the others; a class that was never learnt counts as a coin flip."""
        train = train.take(np.isin(train.arrays[self.place], classes))
        test = test.take(np.isin(test.arrays[self.place], classes))
        learnt = [c for c in classes if (train.arrays[self.place] == c).any()]
        if len(learnt) < 2:
            return 0.5
        y, truth = np.searchsorted(learnt, train.arrays[self.place]), test.arrays[self.place]
        trees = self._trees(classes)
        x = self._inputs(test)
        data = trees.dataset(self._inputs(train), y)
        if len(learnt) == 2:
            p = predict(trees.train(data, "binary"), x)
            scores = dict(zip(learnt, (-p, p), strict=True))
        else:
            raw = predict(trees.train(data, "multiclass", num_class=len(learnt)), x)
            top = raw.max(axis=1, keepdims=True)
            shares = raw - top - np.log(np.exp(raw - top).sum(axis=1, keepdims=True))
            scores = dict(zip(learnt, shares.T, strict=True))
        parts = [auc(truth == c, scores[c]) if c in scores else 0.5 for c in classes]
        return float(np.mean(parts))

    def _regress(self, train: Columns, test: Columns, _: Any) -> float | None:
        """R² on the test rows; the target is standardised, so that it cannot overflow."""
        truth, y = test.arrays[self.place], train.arrays[self.place]
        scale = max(float(np.abs(truth).max()), 1e-300)
        truth, y = truth / scale, np.clip(y / scale, -1e6, 1e6)
        centre, spread = float(truth.mean()), float(truth.std())
        if spread <= 1e-15:
            return None
        truth, y = (truth - centre) / spread, np.clip((y - centre) / spread, -1e6, 1e6)
        trees = self._trees(None)
        found = predict(trees.train(trees.dataset(self._inputs(train), y), "regression"), self._inputs(test))
        score = 1 - float(np.mean((found - truth) ** 2))
        return score if np.isfinite(score) else None
