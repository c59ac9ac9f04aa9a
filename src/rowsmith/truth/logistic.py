"""A logistic regression: a yes or no whose odds follow other columns by known coefficients."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any, ClassVar, Self

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from rowsmith.core.errors import SpecError
from rowsmith.core.protocols import Rows
from rowsmith.core.rng import Key
from rowsmith.truth._linear import (
    check_coefficients,
    check_terms,
    enough,
    flags,
    lengths_of,
    logit,
    one_more,
    predictor,
    ratios,
    rows_of,
    unanswered,
    with_intercept,
)
from rowsmith.truth._plant import Calibration, Fact, Finding, Maker, normal
from rowsmith.truth._terms import columns_of, named

_LEAST_CHANCE = 0.01
"""Least share of the target's variance that must be left to chance, or the fit runs off to infinity."""


@dataclass(frozen=True, kw_only=True)
class Logistic(Maker):
    """A yes or no whose log-odds are a sum of other columns times coefficients.

    Source: D. W. Hosmer, S. Lemeshow, "Applied Logistic Regression" (1989), chapter 1.
    """

    target: str
    """The column that is made."""
    on: Mapping[str, float]
    """Terms to coefficients, in log-odds a unit: columns of numbers, `a:b`, `a^2`, or `category[level]`."""
    intercept: float | None = None
    """The log-odds of a yes where all terms are 0, instead of `share`."""
    share: float | None = None
    """Share of yes in the long run, above 0 to below 1; by difficulty 0.4 to 0.1 if left out."""
    values: tuple[str, ...] | None = None
    """Two texts, for no and for yes; true and false if left out."""

    main: ClassVar[str] = "target"

    def at(self, difficulty: float) -> Self:
        """The share by difficulty: the rarer a yes, the less there is to learn from."""
        check_coefficients(self.on)
        if self.intercept is not None and self.share is not None:
            raise SpecError(
                f"intercept={self.intercept:g}, share={self.share:g}: each follows from the other; give one of them."
            )
        if self.share is not None and not 0 < self.share < 1:
            nearest = min(max(self.share, 0.001), 0.999)
            raise SpecError(f"share={self.share:g}: expected a share above 0 and below 1; the nearest is {nearest:g}.")
        if self.values is not None and len(set(self.values)) != 2:
            raise SpecError(f"values={list(self.values)}: expected two texts, that for no and that for yes.")
        if self.intercept is None and self.share is None:
            return replace(self, share=0.4 - 0.3 * difficulty)
        return self

    @property
    def reads(self) -> tuple[str, ...]:
        """Columns of the terms."""
        return columns_of(list(self.on))

    @property
    def makes(self) -> Mapping[str, pa.DataType]:
        """The target."""
        return {self.target: pa.bool_() if self.values is None else pa.string()}

    def calibrate(self, pilot: Mapping[str, pa.Array]) -> Calibration:
        """The intercept at which so many say yes."""
        from scipy import special

        check_terms(list(self.on), pilot)
        odds = predictor(self.on, pilot)
        odds = odds[np.isfinite(odds)]
        base = self._base(odds)
        share, left = _share_and_left(special.expit(base + odds))
        if left < _LEAST_CHANCE:
            raise SpecError(self._too_strong(odds, share))
        return {"intercept": base, "share": share}

    def sample(self, rows: Rows, key: Key, given: Mapping[str, pa.Array], calibration: Calibration) -> pa.RecordBatch:
        """Throw a coin for each row; null where a column is."""
        from scipy import special

        chance = special.expit(calibration["intercept"] + predictor(self.on, given))
        yes, gone = key.generator().random(rows.n) < chance, np.isnan(chance)
        if self.values is None:
            return pa.record_batch({self.target: pa.array(yes, mask=gone)})
        codes = pa.array(yes.astype(np.int8), mask=gone)
        return pa.record_batch({self.target: pa.array(self.values, pa.string()).take(codes)})

    def facts(self, calibration: Calibration) -> list[Fact]:
        """Each coefficient, and the intercept."""
        on = [
            Fact(
                name=term,
                what=f"log-odds of {one_more(term)}",
                value=float(value),
                null=0.0,
                tolerance=abs(value) / 4,
            )
            for term, value in self.on.items()
        ]
        base = calibration["intercept"]
        return [*on, Fact(name="intercept", what="intercept (log-odds)", value=base, tolerance=abs(base) / 4 + 0.1)]

    def question(self) -> dict[str, Any]:
        """The target and the terms."""
        yes = {} if self.values is None else {"yes": self.values[1]}
        return {"target": self.target, "terms": list(self.on)} | yes

    def brief(self) -> str:
        """Which columns move the odds, and by how much."""
        yes = "true" if self.values is None else self.values[1]
        columns = ", ".join(columns_of(list(self.on)))
        return (
            f"What makes {self.target} more likely to be {yes}? Estimate a logistic regression on {columns}, with an "
            "interval for each coefficient, and say what it means for the odds."
        )

    def how(self, calibration: Calibration) -> str:
        """The equation."""
        terms = "".join(f" {'+' if value >= 0 else '−'} {abs(value):g}·{term}" for term, value in self.on.items())
        return (
            f"log-odds of {self.target} = {calibration['intercept']:.4g}{terms}; {calibration['share']:.1%} say yes; "
            f"{ratios('odds', self.on)}"
        )

    @staticmethod
    def find(question: Mapping[str, Any], table: pa.Table) -> list[Finding]:
        """Logistic regression by maximum likelihood."""
        terms = list(question["terms"])
        yes = flags(named(table, question["target"]), question["target"], question.get("yes"))
        y, x = rows_of(yes, with_intercept(terms, table))
        names, scale = ["intercept", *terms], lengths_of(x)
        if not 0 < y.sum() < len(y) or not enough(x):
            return unanswered(names, "too few rows, all say the same, or a term follows from the others")
        fit = logit(y, x / scale)
        if fit is None:
            return unanswered(names, "the terms tell yes from no without an error, so the fit has no end")
        return [normal(name, b, e) for name, b, e in zip(names, fit.params / scale, fit.bse / scale, strict=True)]

    def _base(self, odds: NDArray[np.float64]) -> float:
        """The intercept that was asked for, or that of the share."""
        from scipy import optimize, special

        if self.intercept is not None:
            return float(self.intercept)
        reach = 40 + float(np.abs(odds).max())
        return float(optimize.brentq(lambda b: special.expit(b + odds).mean() - self.share, -reach, reach))

    def _too_strong(self, odds: NDArray[np.float64], share: float) -> str:
        """The sentence, with a factor for the coefficients that leaves enough to chance."""
        from scipy import special

        for factor in 0.8 ** np.arange(1, 120):
            smaller = factor * odds
            if _share_and_left(special.expit(self._base(smaller) + smaller))[1] >= 2 * _LEAST_CHANCE:
                return (
                    "on: the terms decide nearly every row, so no regression can tell the coefficients; expected smaller "
                    f"ones: {factor:.2g} times these leave enough to chance."
                )
        return f"intercept={self.intercept:g}: all rows would say the same ({share:.0%} yes); expected one nearer to 0."


def _share_and_left(chance: NDArray[np.float64]) -> tuple[float, float]:
    """The share of yes, and of its variance what is left to chance when the terms are known."""
    share = float(chance.mean())
    # below one yes, or no, in a million rows there is nothing to learn from
    return share, float((chance * (1 - chance)).mean() / (share * (1 - share))) if 1e-6 < share < 1 - 1e-6 else 0.0
