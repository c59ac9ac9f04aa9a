"""Propensity score: how far is the chance of being synthetic from a coin flip?"""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from rowsmith.evaluate._align import Columns
from rowsmith.evaluate._between import between
from rowsmith.evaluate._context import Context
from rowsmith.evaluate._design import Design
from rowsmith.evaluate._glm import chances, logistic
from rowsmith.evaluate._measure import Aspect, Measure, Result, level_of, result, unmeasured
from rowsmith.evaluate._stats import Floats
from rowsmith.evaluate._words import rows

FEWEST = 50
TERM = 5
"""Rows of each side for each term of the regression."""


@dataclass(frozen=True, kw_only=True)
class Propensity(Measure):
    """Propensity-score mean-squared error over its expectation for rows drawn from the right model of the real ones.

    A logistic regression with all columns, and the squares of numbers, gives each row its chance of being synthetic; the
    mean squared distance of these chances from the share of synthetic rows is divided by that expectation. 1 is ideal; other
    real rows, which differ from the first by their own chance too, read about 2. The ratio grows with the number of
    rows, so it is taken at a stated number. It sees no relations: shuffled columns read about 1.
    Source: J. Snoke, G. Raab, B. Nowok, C. Dibben, A. Slavkovic, "General and
    specific utility measures for synthetic data" (2018), section 3, theorem 1; the limits of 3 and 10 are those of
    synthpop's "S_pMSE" (G. Raab et al., 2021).
    """

    title: ClassVar[str] = "Propensity score"
    aspect: ClassVar[Aspect] = "fidelity"
    order: ClassVar[int] = 32
    decisive: ClassVar[bool] = False

    good: float = 2.0
    """Above the ceiling up to which it is good."""
    fair: float = 9.0
    """Above the ceiling up to which it is fair."""
    most_rows: int = 5_000
    """Rows of each side."""
    most_levels: int = 8
    """Levels of a category that are told apart."""

    def measure(self, context: Context) -> Result:
        """Judge single columns together."""
        if not context.features:
            return unmeasured(self, "there is no column that can be compared.")
        if min(context.real.n, context.synthetic.n) < FEWEST:
            return unmeasured(self, f"a regression needs at least {FEWEST} rows of each side.")
        design = Design.fit(context.features, context.real, self.most_levels, squares=True)

        if min(context.real.n, context.synthetic.n) < TERM * len(design.names):
            return unmeasured(
                self, f"{len(design.names)} terms take at least {rows(TERM * len(design.names))} of each side."
            )

        def statistic(a: Columns, b: Columns) -> Floats:
            return np.array([_ratio(design.matrix(a), design.matrix(b))])

        fields = {
            "name": "ratio",
            "label": "pMSE over its expectation",
            "unit": "",
            "better": "lower",
            "ideal": 1.0,
            "bad": 10.0,
        }
        (figure,) = between(context, statistic, "propensity", fields, most=self.most_rows, even=True, noisy=1_500)
        assert figure.value is not None
        level = level_of(figure, self.good, self.fair)
        said = f"The propensity error is {figure.value:.2f} times that of a right model"
        sentence = {
            "good": f"{said}: single columns, taken together, are as in real rows.",
            "fair": f"{said}: some columns are off; see those that head the list.",
            "poor": f"{said}: columns are plainly off; check their kinds in the schema.",
        }[level]
        return result(
            self,
            level,
            sentence,
            how=f"at most {rows(self.most_rows)} of each side, {len(design.names)} terms",
            figures=(figure,),
        )


def _ratio(real: Floats, made: Floats) -> float:
    """PMSE of n real and m synthetic rows over its null expectation (k - 1) (1 - c)² c / N."""
    x = np.vstack([real, made])
    x = x[:, np.append(True, np.ptp(x[:, 1:], axis=0) > 1e-12)]
    y = np.repeat([0.0, 1.0], [len(real), len(made)])
    c = len(made) / len(x)
    p = chances(x, logistic(x, y, 1e-5)[0])
    spectrum = np.linalg.eigvalsh(x.T @ x)
    expected = (int((spectrum > 1e-9 * spectrum[-1]).sum()) - 1) * (1 - c) ** 2 * c / len(x)
    return float(np.mean((p - c) ** 2) / expected) if expected > 0 else 1.0
