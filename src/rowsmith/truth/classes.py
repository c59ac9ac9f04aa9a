"""Two classes, one of them rare, that can be told apart as well as is asked for and no better."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any, ClassVar, Self

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from rowsmith.core.errors import DataError, SpecError
from rowsmith.core.protocols import Rows
from rowsmith.core.rng import Key
from rowsmith.truth._feasible import within
from rowsmith.truth._plant import Calibration, Fact, Finding, Maker, normal, portion
from rowsmith.truth._roc import area, area_finding, placements
from rowsmith.truth._terms import columns_of, design, named, texts
from rowsmith.truth._units import Unit, units

Floats = NDArray[np.float64]
FOLDS = 5
TO_LEARN = 200_000
"""Rows of a longer table that the area is found by."""
STEEPEST = 300.0
"""Rise of the log-odds with one standard deviation: a class that hangs on the score nearly without chance."""


@dataclass(frozen=True, kw_only=True)
class Classes(Maker):
    """A column of two classes, with a known share of the rare one and a known best area under the ROC curve.

    Either the class follows from columns that are there (`on`: a logistic regression), or columns are made from the class
    (`features`: normal in both classes, with means apart: Fisher's discriminant). No model that is fitted to the rows can
    beat the area in the long run.
    """

    target: str
    """The column of classes that is made."""
    on: Mapping[str, float] | None = None
    """Terms that the class follows from, to the weight of one standard deviation of each; terms as those of a regression."""
    features: Mapping[str, float] | None = None
    """Columns that are made from the class instead, to how far apart the classes are in each, in proportion."""
    share: float | None = None
    """Share of the rare class, from 0.001 to 0.5; by difficulty 0.3 to 0.05 if left out."""
    auc: float | None = None
    """Area under the ROC curve of the best model, from 0.55 to 0.999; by difficulty 0.95 to 0.75 if left out."""
    labels: tuple[str, ...] = ("no", "yes")
    """Names of the two classes, the rare one last."""
    scale: Mapping[str, Any] | None = None
    """Feature to [mean, standard deviation], over both classes; [0, 1] for those left out."""
    round: int | None = None
    """Decimals of the features."""

    main: ClassVar[str] = "target"

    def at(self, difficulty: float) -> Self:
        """Share and area by difficulty."""
        if (self.on is None) == (self.features is None):
            raise SpecError("on, features: expected one of them: what the class follows from, or what follows from it.")
        setting, weights = ("on", self.on) if self.on is not None else ("features", self.features)
        assert weights is not None
        if not any(weights.values()):
            raise SpecError(f"{setting}={dict(weights)}: expected at least one name with a weight that is not 0.")
        if len(self.labels) != 2 or self.labels[0] == self.labels[1]:
            raise SpecError(f"labels={list(self.labels)}: expected two different names, the rare class last.")
        if self.target in weights:
            raise SpecError(f"{setting}.{self.target}: is the class itself; expected other columns.")
        within("share", self.share, 0.001, 0.5, "a share of the rare class")
        within("auc", self.auc, 0.55, 0.999, "an area under the ROC curve")
        if self.on is not None:
            columns_of(list(self.on))
            if self.scale is not None or self.round is not None:
                raise SpecError("scale, round: are of `features` that are made; with `on` no numbers are.")
        _ = self._units
        return replace(
            self,
            share=0.3 - 0.25 * difficulty if self.share is None else self.share,
            auc=0.95 - 0.2 * difficulty if self.auc is None else self.auc,
        )

    @property
    def reads(self) -> tuple[str, ...]:
        """Columns of the terms."""
        return () if self.on is None else columns_of(list(self.on))

    @property
    def makes(self) -> Mapping[str, pa.DataType]:
        """The class, and the features."""
        return {**{name: pa.float64() for name in self.features or ()}, self.target: pa.string()}

    def calibrate(self, pilot: Mapping[str, pa.Array]) -> Calibration:
        """For `on`: how the log-odds follow from the terms. For `features`: the distance of the classes in each."""
        from scipy import optimize, special

        assert self.share is not None
        assert self.auc is not None
        if self.features is not None:
            apart = np.sqrt(2) * special.ndtri(self.auc)
            weights = np.array(list(self.features.values()), dtype=float)
            return {"apart": (apart * weights / np.linalg.norm(weights)).tolist()}
        assert self.on is not None
        terms = design(list(self.on), pilot)
        terms = terms[np.isfinite(terms).all(axis=1)]
        center, spread = terms.mean(axis=0), terms.std(axis=0)
        if not len(terms) or (spread == 0).any():
            flat = [name for name, s in zip(self.on, spread, strict=True) if not s > 0]
            raise SpecError(f"on: {', '.join(flat)} is the same in every row, so no class can follow from it.")
        score = ((terms - center) / spread) @ np.array(list(self.on.values()), dtype=float)
        size = float(score.std())
        if size < 1e-9:
            raise SpecError("on: the terms cancel one another, so no class can follow from them.")
        values, group = np.unique(score / size, return_inverse=True)
        count = np.bincount(group).astype(float)

        def base(slope: float) -> float:
            bound = 60 + slope * float(np.abs(values).max())
            chance = lambda b: count @ special.expit(b + slope * values) / count.sum() - self.share  # noqa: E731
            return float(optimize.brentq(chance, -bound, bound))

        def best(slope: float) -> float:
            return _best_area(special.expit(base(slope) + slope * values), count)

        most = best(STEEPEST)
        if most < self.auc:
            raise SpecError(
                f"auc={self.auc:g}: {', '.join(self.on)} cannot tell the classes apart so well, as many rows are alike in "
                f"them; with share={self.share:g} at most {np.floor(most * 1000) / 1000:g} is feasible."
            )
        slope = float(optimize.brentq(lambda s: best(s) - self.auc, 1e-6, STEEPEST, xtol=1e-9))
        return {
            "center": center.tolist(),
            "weights": (np.array(list(self.on.values())) / spread / size).tolist(),
            "slope": slope,
            "base": base(slope),
        }

    def sample(self, rows: Rows, key: Key, given: Mapping[str, pa.Array], calibration: Calibration) -> pa.RecordBatch:
        """Draw the classes, and the features; the class is null where a term is."""
        from scipy import special

        assert self.share is not None
        rng = key.generator()
        u = rng.random(rows.n)
        if self.on is not None:
            terms = design(list(self.on), given) - np.array(calibration["center"])
            odds = calibration["base"] + calibration["slope"] * (terms @ np.array(calibration["weights"]))
            return pa.record_batch({self.target: self._labels(u < special.expit(odds), np.isnan(odds))})
        rare = u < self.share
        out = {}
        for (name, unit), apart in zip(self._units.items(), calibration["apart"], strict=True):
            # centred and scaled so that the whole column, not one class of it, has the mean and deviation that are asked
            z = rng.standard_normal(rows.n) + apart * (rare - self.share)
            out[name] = unit(z / np.sqrt(1 + self.share * (1 - self.share) * apart**2))
        return pa.record_batch({**out, self.target: self._labels(rare, np.zeros(rows.n, dtype=bool))})

    def facts(self, calibration: Calibration) -> list[Fact]:
        """The share, the area, and how far apart the classes are in each feature."""
        assert self.share is not None
        assert self.auc is not None
        apart = [
            Fact(
                name=f"d′ of {name}",
                what=f"difference of {name} between {self.labels[1]} and {self.labels[0]}, in standard deviations within a class",
                value=float(value),
                null=0.0 if value else None,
                tolerance=max(0.05, abs(value) / 5),
            )
            for name, value in zip(self.features or (), calibration.get("apart", ()), strict=True)
        ]
        what = f"area under the ROC curve of the best model for {self.target}"
        return [
            Fact(
                name="share",
                what=f"share of rows with {self._rare}",
                value=self.share,
                tolerance=0.02,
                pilot=self.on is not None,
            ),
            Fact(name="AUC", what=what, value=self.auc, null=0.5, tolerance=0.03, pilot=self.on is not None),
            *apart,
        ]

    def question(self) -> dict[str, Any]:
        """The classes, and the terms to tell them by."""
        return {"target": self.target, "class": self.labels[1], "terms": list(self.on or self.features or ())}

    def brief(self) -> str:
        """How rare, and how well can it be told."""
        columns = ", ".join(columns_of(list(self.on)) if self.on is not None else self.features or ())
        return (
            f"How rare is {self._rare}, and how well can {columns} tell it? Fit a classifier and give its "
            f"area under the ROC curve on rows that it has not seen."
        )

    def how(self, calibration: Calibration) -> str:
        """The mechanism."""
        rare = f"{self.share:.1%} of the rows are {self.labels[1]}"
        if self.on is not None:
            weights = ", ".join(f"{name} {weight:g}" for name, weight in self.on.items())
            return (
                f"{rare}, by a logistic regression on {weights} (per standard deviation); the best AUC is {self.auc:g}."
            )
        apart = ", ".join(f"{n} {d:.2f}" for n, d in zip(self.features or (), calibration["apart"], strict=True))
        return f"{rare}; features are normal, apart by {apart} standard deviations; the best AUC is {self.auc:g}."

    @staticmethod
    def find(question: Mapping[str, Any], table: pa.Table) -> list[Finding]:
        """The share; a logistic regression's area in five folds; and Cohen's d of each column."""
        column = texts(named(table, question["target"]))
        terms = list(question["terms"])
        x = design(terms, table)
        rare = np.asarray(pc.equal(column, question["class"]).fill_null(False).to_numpy(zero_copy_only=False))
        there = ~column.is_null().to_numpy(zero_copy_only=False)
        share = portion("share", float(rare.sum()), int(there.sum()))
        kept = there & np.isfinite(x).all(axis=1)
        x, rare = x[kept], rare[kept]
        if min(rare.sum(), (~rare).sum()) < 2 * FOLDS:
            raise DataError(
                f"{question['target']}={question['class']}: {int(rare.sum())} of {len(rare)} rows; expected {2 * FOLDS} or "
                f"more of it and of the rest, or nothing can be learnt."
            )
        apart = [_cohen(f"d′ of {name}", values, rare) for name, values in zip(terms, x.T, strict=True)]
        return [share, _validated(x, rare), *apart]

    @property
    def _rare(self) -> str:
        """The rare class in words: "churn = yes", or "sepsis" alone where class and column have one name."""
        label = self.labels[1]
        return label if label.casefold() == self.target.casefold() else f"{self.target} = {label}"

    @property
    def _units(self) -> dict[str, Unit]:
        return units(list(self.features or ()), self.scale, self.round)

    def _labels(self, rare: NDArray[np.bool_], gone: NDArray[np.bool_]) -> pa.Array:
        codes = pa.array(rare.astype(np.int32), mask=gone)
        return pa.DictionaryArray.from_arrays(codes, pa.array(self.labels, pa.string())).dictionary_decode()


def _best_area(chance: Floats, count: Floats) -> float:
    """Area under the ROC curve of the chance itself: that of any row of the class above any of the others.

    Args:
        chance: of the class, in ascending groups of rows that are alike.
        count: of rows in each group.
    """
    inside, outside = count * chance, count * (1 - chance)
    below = np.cumsum(outside) - outside / 2
    return float(inside @ below / (inside.sum() * outside.sum()))


def _validated(x: Floats, rare: NDArray[np.bool_]) -> Finding:
    """Area of a logistic regression, on rows that it was not fitted to."""
    from sklearn.linear_model import LogisticRegression
    from sklearn.model_selection import StratifiedKFold

    if len(x) > TO_LEARN:
        some = np.linspace(0, len(x) - 1, TO_LEARN).astype(np.int64)
        x, rare = x[some], rare[some]
    x = (x - x.mean(axis=0)) / np.where(x.std(axis=0) > 0, x.std(axis=0), 1.0)
    highs, lows = [], []
    for train, test in StratifiedKFold(FOLDS, shuffle=True, random_state=0).split(x, rare):
        model = LogisticRegression(C=100.0, max_iter=1000).fit(x[train], rare[train])
        high, low = placements(model.decision_function(x[test]), rare[test])
        highs.append(high)
        lows.append(low)
    value, error = area(np.concatenate(highs), np.concatenate(lows))
    return area_finding("AUC", value, error, f"logistic regression, {FOLDS} folds")


def _cohen(name: str, values: Floats, rare: NDArray[np.bool_]) -> Finding:
    """Difference of means in standard deviations within a class.

    Source: L. V. Hedges, J. Educ. Stat. 6 (1981), for the error.
    """
    a, b = values[rare], values[~rare]
    n = len(a) + len(b)
    sd = np.sqrt((a.var() * len(a) + b.var() * len(b)) / (n - 2))
    if sd == 0:
        return Finding(name=name, estimate=None, note="the same in every row of a class")
    d = float((a.mean() - b.mean()) / sd)
    return normal(name, d, float(np.sqrt(n / (len(a) * len(b)) + d**2 / (2 * n))))
