"""Linear two-sample test: can a logistic regression tell synthetic rows from real ones?"""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from rowsmith.evaluate._align import Columns
from rowsmith.evaluate._context import Context
from rowsmith.evaluate._design import Design
from rowsmith.evaluate._glm import logistic
from rowsmith.evaluate._measure import Aspect, Figure, Measure, Result, level_of, result, unmeasured
from rowsmith.evaluate._noise import apart, interval, of_auc
from rowsmith.evaluate._stats import auc, stratified_folds
from rowsmith.evaluate._words import rows

FEWEST = 50
FOLDS = 3
RIDGE = 1e-4


@dataclass(frozen=True, kw_only=True)
class LinearTest(Measure):
    """Area under the ROC curve of a logistic regression that tells synthetic from real rows: a weak test.

    It sees means and shares of single columns and little else: shuffled columns, whose relations are all lost, read about
    0.5. It stands here because other tools report it, so that its figure can be held beside the strong test's; it decides
    nothing. The real rows are those of the holdout where there is one.
    Source: "Detection: Logistic" of SDMetrics, with the area itself in place of 1 - 2 |AUC - 0.5|.
    """

    title: ClassVar[str] = "Linear test (weak)"
    aspect: ClassVar[Aspect] = "fidelity"
    order: ClassVar[int] = 31
    decisive: ClassVar[bool] = False

    good: float = 0.03
    """AUC above the ceiling up to which it is good."""
    fair: float = 0.1
    """AUC above the ceiling up to which it is fair."""
    most_rows: int = 5_000
    """Rows of each side."""
    most_levels: int = 8
    """Levels of a category that are told apart."""

    def measure(self, context: Context) -> Result:
        """Judge whole rows, weakly."""
        reference = context.real if context.holdout is None else context.holdout
        if not context.features:
            return unmeasured(self, "there is no column that can be compared.")
        if min(reference.n, context.synthetic.n) < FEWEST:
            return unmeasured(self, f"a classifier needs at least {FEWEST} rows of each side.")
        known, unseen = context.unseen
        design = Design.fit(context.features, context.real, self.most_levels)
        trials = {
            "value": (reference, context.synthetic),
            "floor": (reference, context.floor),
            "ceiling": (unseen, known),
        }
        found, halves = {}, {}
        for use, (a, b) in trials.items():
            n = min(a.n, b.n, self.most_rows)
            if n >= FEWEST:
                found[use] = self._auc(context, design, a, b, n, use)
                halves[use] = of_auc(found[use], n, n)
        figure = Figure(
            name="auc",
            label="AUC of telling them apart, linearly",
            unit="AUC",
            better="lower",
            ideal=0.5,
            bad=0.75,
            value=found["value"],
            floor=found.get("floor"),
            ceiling=found.get("ceiling"),
            noise=apart(halves["value"], halves.get("ceiling")),
            **interval(found["value"], halves["value"], 0.0, 1.0),
        )
        level = level_of(figure, self.good, self.fair)
        said = f"A logistic regression tells synthetic rows from real ones with AUC {found['value']:.3f}"
        sentence = {
            "good": f"{said}. That says little: shuffled columns pass it too; read the classifier test.",
            "fair": f"{said}: means or shares of some columns are off.",
            "poor": f"{said}: means or shares of some columns are plainly wrong; see the columns that head the list.",
        }[level]
        return result(
            self,
            level,
            sentence,
            how=f"at most {rows(self.most_rows)} of each side, {FOLDS} folds, {len(design.names)} terms",
            figures=(figure,),
        )

    def _auc(self, context: Context, design: Design, real: Columns, other: Columns, n: int, use: str) -> float:
        sides = [context.sample(t, n, "c2st_linear", use, side) for side, t in enumerate((real, other))]
        x = np.vstack([design.matrix(s) for s in sides])
        y = np.repeat([0.0, 1.0], n)
        fold = stratified_folds(y, FOLDS, context.rng("c2st_linear", use, "folds"))
        score = np.empty(2 * n)
        for k in range(FOLDS):
            score[fold == k] = x[fold == k] @ logistic(x[fold != k], y[fold != k], RIDGE)[0]
        return auc(y, score)
