"""A regression of counts: whole numbers whose rate follows other columns by known coefficients."""

from __future__ import annotations

import math
import warnings
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any, ClassVar, Self

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from rowsmith.core.errors import DataError, SpecError
from rowsmith.core.protocols import Rows
from rowsmith.core.rng import Key
from rowsmith.truth._linear import (
    check_coefficients,
    check_from_zero,
    check_terms,
    enough,
    lengths_of,
    numbers_of,
    one_more,
    predictor,
    ratios,
    rows_of,
    unanswered,
    with_intercept,
)
from rowsmith.truth._plant import Calibration, Fact, Finding, Maker, normal
from rowsmith.truth._terms import columns_of, named, numbers

_MOST = 1e9
"""Greatest expected count of a row in the pilot: beyond it the intercept is mostly in the wrong unit."""
_LEAST_SHARE, _LEAST_ROWS = 0.001, 20
"""Least share of the rows, and least number of them, that may hold nearly all counts."""
_NEVER = 1e15
"""Where the rate of any row ends, so that no count leaves 64 bits."""


@dataclass(frozen=True, kw_only=True)
class Counts(Maker):
    """A count whose logarithm of the rate is a sum of other columns times coefficients: Poisson, or negative binomial.

    Source: A. C. Cameron, P. K. Trivedi, "Regression Analysis of Count Data" (1998), chapter 3.
    """

    target: str
    """The column that is made."""
    on: Mapping[str, float]
    """Terms to coefficients of the log rate: columns of numbers, `a:b`, `a^2`, or `category[level]`."""
    intercept: float | None = None
    """Logarithm of the rate where all terms are 0, instead of `mean`."""
    mean: float | None = None
    """Mean count of a row in the long run; by difficulty 8 to 1 if left out."""
    exposure: str | None = None
    """A column of numbers above 0 that the count is in proportion to, such as hours or inhabitants."""
    dispersion: float = 0.0
    """How much more counts vary than Poisson's: their variance is m + dispersion·m² about their expected value m."""

    main: ClassVar[str] = "target"

    def at(self, difficulty: float) -> Self:
        """The mean by difficulty: the fewer are counted, the less there is to learn from."""
        check_coefficients(self.on)
        if self.intercept is not None and self.mean is not None:
            raise SpecError(
                f"intercept={self.intercept:g}, mean={self.mean:g}: each follows from the other; give one of them."
            )
        if self.mean is not None and not 0 < self.mean <= 1e6:
            raise SpecError(f"mean={self.mean:g}: expected a number above 0 and at most 1,000,000.")
        if not 0 <= self.dispersion <= 20:
            nearest = min(max(self.dispersion, 0.0), 20.0)
            raise SpecError(f"dispersion={self.dispersion:g}: expected 0 to 20; the nearest is {nearest:g}.")
        return replace(self, mean=8 - 7 * difficulty) if self.intercept is None and self.mean is None else self

    @property
    def reads(self) -> tuple[str, ...]:
        """Columns of the terms, and the exposure."""
        return tuple(dict.fromkeys([*columns_of(list(self.on)), *([self.exposure] if self.exposure else [])]))

    @property
    def makes(self) -> Mapping[str, pa.DataType]:
        """The target."""
        return {self.target: pa.int64()}

    def calibrate(self, pilot: Mapping[str, pa.Array]) -> Calibration:
        """The intercept at which rows have that mean count."""
        check_terms(list(self.on), pilot)
        check_from_zero("exposure", self.exposure, pilot)
        signal = predictor(self.on, pilot)
        with np.errstate(divide="ignore"):
            exposed = np.log(self._exposed(pilot)) + np.zeros(len(signal))
        kept = ~np.isnan(signal + exposed)
        signal, exposed = signal[kept], exposed[kept]
        if not np.isfinite(exposed).any():
            raise SpecError(f"exposure={self.exposure!r}: is 0 in every row; expected a column with numbers above 0.")
        if not _speak(signal + exposed):
            raise SpecError(self._too_strong(signal, exposed))
        top = float((signal + exposed).max())
        mean = math.log(float(np.exp(signal + exposed - top).mean())) + top
        if self.intercept is not None:
            base = float(self.intercept)
        else:
            assert self.mean is not None
            base = math.log(self.mean) - mean
        if base + top > math.log(_MOST):
            nearest = math.log(_MOST) - top
            setting, most = ("intercept", nearest) if self.mean is None else ("mean", math.exp(nearest + mean))
            raise SpecError(
                f"{setting}={getattr(self, setting):g}: the greatest expected count of a row is above {_MOST:g}; expected at most "
                f"{most:.4g}."
            )
        return {"intercept": base, "mean": math.exp(base + mean)}

    def sample(self, rows: Rows, key: Key, given: Mapping[str, pa.Array], calibration: Calibration) -> pa.RecordBatch:
        """Count; null where a column is."""
        log_rate = calibration["intercept"] + predictor(self.on, given)
        rate = np.exp(np.minimum(log_rate, math.log(_NEVER))) * self._exposed(given)
        gone = np.isnan(rate)
        rate = np.minimum(np.where(gone, 0.0, rate), _NEVER)
        if self.dispersion:
            # a Poisson whose rate is itself drawn from a gamma is a negative binomial
            shape = 1 / self.dispersion
            drawn = key.child("rate").generator().standard_gamma(shape, rows.n) / shape
            rate = np.minimum(rate * drawn, _NEVER)
        counts = key.generator().poisson(rate)
        return pa.record_batch({self.target: pa.array(counts.astype(np.int64), mask=gone)})

    def facts(self, calibration: Calibration) -> list[Fact]:
        """Each coefficient, the intercept, and the dispersion if there is any."""
        on = [
            Fact(
                name=term,
                what=f"log rate of {one_more(term)}",
                value=float(value),
                null=0.0,
                tolerance=abs(value) / 5,
            )
            for term, value in self.on.items()
        ]
        base = calibration["intercept"]
        level = Fact(name="intercept", what="intercept (log rate)", value=base, tolerance=abs(base) / 5 + 0.1)
        if not self.dispersion:
            return [*on, level]
        what = "dispersion: variance = m + dispersion·m²"
        near = self.dispersion / 3
        more = Fact(name="dispersion", what=what, value=self.dispersion, null=0.0, tolerance=near, public=False)
        return [*on, level, more]

    def question(self) -> dict[str, Any]:
        """The target, the terms and the exposure."""
        return {"target": self.target, "terms": list(self.on)} | ({"exposure": self.exposure} if self.exposure else {})

    def brief(self) -> str:
        """Which columns move the rate, and whether it is Poisson's."""
        columns = ", ".join(columns_of(list(self.on)))
        per = f", counted per {self.exposure}" if self.exposure else ""
        return (
            f"What drives the count {self.target}{per}? Estimate a regression of counts on {columns}, with an interval "
            "for each coefficient. If the counts vary more than Poisson's, give as `dispersion` how much: their variance is "
            "m + dispersion·m² about their expected value m."
        )

    def how(self, calibration: Calibration) -> str:
        """The equation."""
        terms = "".join(f" {'+' if value >= 0 else '−'} {abs(value):g}·{term}" for term, value in self.on.items())
        per = f" + log {self.exposure}" if self.exposure else ""
        law = f"negative binomial, dispersion {self.dispersion:g}" if self.dispersion else "Poisson"
        mean = f"{calibration['mean']:.3g} a row"
        return f"log rate of {self.target} = {calibration['intercept']:.4g}{terms}{per} ({law}, {mean}); {ratios('rate', self.on)}"

    @staticmethod
    def find(question: Mapping[str, Any], table: pa.Table) -> list[Finding]:
        """Poisson's regression; where counts vary more, the negative binomial's. Errors hold for another variance too."""
        import statsmodels.api as sm

        terms, names = list(question["terms"]), ["intercept", *question["terms"]]
        y, x = numbers_of(table, question["target"]), with_intercept(terms, table)
        exposed = numbers_of(table, question["exposure"]) if "exposure" in question else np.ones(len(y))
        # a row that was exposed for no time says nothing
        y, x, exposed = rows_of(y, x, np.where(exposed > 0, exposed, np.nan))
        scale = lengths_of(x)
        if (y < 0).any():
            raise DataError(f"{question['target']}: expected counts, and it has numbers below 0.")
        if not y.any() or not enough(x):
            note = "too few rows, nothing was counted, or a term follows from the others"
            return unanswered([*names, "dispersion"], note)

        def fitted(family: Any) -> Any:
            return sm.GLM(y, x / scale, family=family, offset=np.log(exposed)).fit(cov_type="HC1")

        fit = fitted(sm.families.Poisson())
        dispersion = _dispersion(y, np.asarray(fit.mu))
        if dispersion.low is not None and dispersion.low > 0:
            fit = fitted(sm.families.NegativeBinomial(alpha=dispersion.estimate))
            dispersion = _dispersion(y, np.asarray(fit.mu))
        found = [normal(name, b, e) for name, b, e in zip(names, fit.params / scale, fit.bse / scale, strict=True)]
        return [*found, dispersion]

    def _too_strong(self, signal: NDArray[np.float64], exposed: NDArray[np.float64]) -> str:
        """The sentence, with a factor for the coefficients at which enough rows speak."""
        for factor in 0.8 ** np.arange(1, 120):
            if _speak(factor * signal + exposed, 2.0):
                return (
                    "on: a few rows would hold nearly all counts, so the others say nothing; expected smaller coefficients: "
                    f"{factor:.2g} times these do."
                )
        return (
            f"exposure={self.exposure!r}: a few rows hold nearly all of it; expected one that is spread over more rows."
        )

    def _exposed(self, given: Mapping[str, pa.Array]) -> Any:
        if self.exposure is None:
            return np.ones(())
        return np.maximum(numbers(named(given, self.exposure), self.exposure), 0.0)  # of other rows than the pilot's


def _speak(log_rate: NDArray[np.float64], times: float = 1.0) -> bool:
    """Whether enough rows hold counts, by so many times as are needed; by their effective number (L. Kish, 1965, 8.2)."""
    rate = np.exp(log_rate - log_rate.max())
    share = float(rate.mean() ** 2 / (rate**2).mean())
    return share >= times * max(_LEAST_SHARE, min(_LEAST_ROWS / len(rate), 0.1))


def _dispersion(y: NDArray[np.float64], mean: NDArray[np.float64]) -> Finding:
    """The dispersion of most likelihood at given means, whose error does not hang on that of the coefficients.

    Source: J. F. Lawless, "Negative binomial and mixed Poisson regression", Canadian Journal of Statistics 15 (1987).
    """
    from scipy import optimize, special

    def likelihood(log_a: float) -> float:
        shape = math.exp(-log_a)
        parts = special.gammaln(y + shape) - special.gammaln(shape) - (y + shape) * np.log1p(mean / shape)
        return float((parts + y * np.log(mean / shape)).sum())

    with warnings.catch_warnings():
        warnings.simplefilter("ignore", RuntimeWarning)  # at the edges of the search
        best = optimize.minimize_scalar(lambda a: -likelihood(a), bounds=(-14, 5), method="bounded")
        h = 1e-3
        bend = -(likelihood(best.x + h) - 2 * likelihood(best.x) + likelihood(best.x - h)) / h**2
    estimate = math.exp(best.x)
    if best.x < -9 or not bend > 0:
        return Finding(name="dispersion", estimate=0.0, low=0.0, high=0.0, note="no more than Poisson's")
    return normal("dispersion", estimate, estimate / math.sqrt(bend))
