"""Classifier two-sample test: can a good classifier tell synthetic rows from real ones?"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any, ClassVar

import numpy as np

from rowsmith.evaluate._align import Columns
from rowsmith.evaluate._context import Context
from rowsmith.evaluate._measure import Aspect, Figure, Measure, Result, grade, result, unmeasured
from rowsmith.evaluate._noise import apart, interval, of_auc
from rowsmith.evaluate._regions import regions
from rowsmith.evaluate._stats import Floats, auc, stratified_folds
from rowsmith.evaluate._trees import Trees, matrix, predict, side_by_side
from rowsmith.evaluate._words import rows

FEWEST = 50
TOP = 10
LEAST = 0.001
"""Share of the gain from which a column is named."""
FLATTERED = (
    "No holdout was given: the classifier test compares with the training rows, which flatters a generator that "
    "copies them."
)


@dataclass(frozen=True, kw_only=True)
class ClassifierTest(Measure):
    """Area under the ROC curve of boosted trees that tell synthetic rows from unseen real ones; 0.5 is a coin flip.

    It sees everything at once: shapes, pairs, and any relation of more columns. As many synthetic as real rows are
    drawn; each is scored by trees that were trained on the other folds. The real rows are those of the holdout where there
    is one: against the training rows a generator that copied them would look perfect. Where values give away which parent a row of a
    database has, the ceiling is what real rows of other parents read.
    Source: D. Lopez-Paz, M. Oquab, "Revisiting classifier two-sample tests" (2017), section 3, with the AUC in
    place of the accuracy.
    """

    title: ClassVar[str] = "Classifier test"
    aspect: ClassVar[Aspect] = "fidelity"
    order: ClassVar[int] = 30

    good: float = 0.07
    """AUC above the ceiling up to which it is good."""
    fair: float = 0.2
    """AUC above the ceiling up to which it is fair."""
    most_rows: int = 20_000
    """Rows of each side."""
    rounds: int = 200
    """Boosting rounds."""
    folds: int = 3
    """Parts of the rows, each scored by a classifier that was trained on the others."""

    def measure(self, context: Context) -> Result:
        """Judge whole rows."""
        reference = context.real if context.holdout is None else context.holdout
        if not context.features:
            return unmeasured(self, "there is no column that can be compared.")
        if min(reference.n, context.synthetic.n) < FEWEST:
            side = "synthetic table" if context.synthetic.n < reference.n else "real reference"
            n = min(reference.n, context.synthetic.n)
            return unmeasured(self, f"the {side} has {rows(n)}; a classifier needs at least {FEWEST}.")
        unseen, known = (context.holdout, context.real) if context.holdout is not None else context.halves
        n = min(reference.n, context.synthetic.n, self.most_rows)
        trials = [
            (reference, context.synthetic, "synthetic"),
            (reference, context.floor, "floor"),
            (unseen, known, "unseen"),
        ]
        trials += [(*parts, f"apart {i}") for i, parts in enumerate(context.apart)]
        trials = [t for t in trials if min(t[0].n, t[1].n) >= FEWEST]
        scores, gains = self._scores(context, trials)
        value, floor = scores["synthetic"], scores.get("floor")
        best = max((use for use in scores if use not in ("synthetic", "floor")), key=scores.__getitem__, default="")
        ceiling = scores.get(best)
        base = 0.5 if ceiling is None else max(ceiling, 0.5)
        halves = {use: of_auc(scores[use], *[min(a.n, b.n, self.most_rows)] * 2) for a, b, use in trials}
        noise = apart(halves["synthetic"], halves.get(best))
        level = grade(value - base, self.good, self.fair, None if floor is None else floor - base, noise or 0.0)
        top = np.argsort(-gains, kind="stable")[:TOP]
        share = gains / max(float(gains.sum()), 1e-300)
        names = [context.features[i].name for i in top if share[i] >= LEAST]
        hint = " and ".join(repr(x) for x in names[:2])
        sentence = {
            "good": f"A classifier can hardly tell synthetic rows from real ones (AUC {value:.3f}; 0.5 is a coin flip)."
            if not best.startswith("apart") or value < 0.5 + self.good
            else f"A classifier tells synthetic rows from real ones (AUC {value:.3f}) as it tells real rows of some parents from those of "
            f"others (AUC {base:.3f}): their values say whose they are. That is no fault.",
            "fair": f"A classifier tells some synthetic rows from real ones (AUC {value:.3f}), mostly by {hint}: look there.",
            "poor": f"A classifier tells synthetic rows from real ones (AUC {value:.3f}), mostly by {hint}. Do not use the "
            "rows as if they were real; check these columns in the schema, or take a stronger learner.",
        }[level]
        notes = () if context.holdout is not None else (FLATTERED,)
        bars = {
            "title": "What the classifier looks at (share of its gain)",
            "rows": [{"label": context.features[i].name, "share": float(share[i])} for i in top if share[i] >= LEAST],
        }
        return result(
            self,
            level,
            sentence,
            how=f"{rows(n)} of each side; boosted trees, {self.rounds} rounds, {self.folds} folds",
            figures=(
                Figure(
                    name="auc",
                    label="AUC of telling them apart",
                    value=value,
                    unit="AUC",
                    better="lower",
                    ideal=0.5,
                    bad=0.75,
                    floor=floor,
                    ceiling=ceiling,
                    noise=noise,
                    **interval(value, halves["synthetic"], 0.0, 1.0),
                ),
            ),
            details={"bars": bars, "regions": self._regions(context, reference)} if bars["rows"] else {},
            notes=notes,
        )

    def _regions(self, context: Context, reference: Columns) -> list[dict[str, Any]]:
        """Where the two differ, in words; of as many rows as the classifier saw."""
        n = min(reference.n, context.synthetic.n, self.most_rows)
        sides = (context.sample(t, n, "c2st", "regions", i) for i, t in enumerate((reference, context.synthetic)))
        return regions(context.features, *sides)

    def _scores(
        self, context: Context, trials: Sequence[tuple[Columns, Columns, str]]
    ) -> tuple[dict[str, float], Floats]:
        """The out-of-fold AUC of each trial (two tables and a name), and the features' gains in the first."""
        trees = Trees(context.features, self.rounds)
        tasks, folds = [], []
        for real, other, use in trials:
            n = min(real.n, other.n, self.most_rows)
            # Each side and the folds have streams of their own: shared ones would deal equal rows into equal folds.
            sides = [context.sample(t, n, "c2st", use, side) for side, t in (("real", real), ("other", other))]
            x = np.vstack([matrix(context.features, s) for s in sides])
            y = np.repeat([0, 1], n)
            data = trees.dataset(x, y).construct()
            folds.append((y, stratified_folds(y, self.folds, context.rng("c2st", use, "folds"))))
            for k in range(self.folds):
                apart = folds[-1][1] == k
                tasks.append(partial(_fold, trees, data.subset(np.flatnonzero(~apart)), x[apart]))
        found = side_by_side(tasks, context.workers)
        aucs = {}
        for i, (y, fold) in enumerate(folds):
            scores = np.empty(len(y))
            for k in range(self.folds):
                scores[fold == k] = found[i * self.folds + k][0]
            aucs[trials[i][2]] = auc(y, scores)
        gains = np.sum([gain for _, gain in found[: self.folds]], axis=0)
        return aucs, np.asarray(gains, dtype=np.float64)


def _fold(trees: Trees, data: Any, apart: Floats) -> tuple[Floats, Floats]:
    """Scores of the rows that were kept apart, and the features' gains."""
    model = trees.train(data, "binary")
    return predict(model, apart), np.asarray(model.feature_importance("gain"), dtype=np.float64)
