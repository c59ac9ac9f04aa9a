"""Marginals of three columns: are combinations as frequent as among real rows?"""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from rowsmith.evaluate._align import Columns
from rowsmith.evaluate._between import between
from rowsmith.evaluate._bins import Bins, joined
from rowsmith.evaluate._context import Context
from rowsmith.evaluate._measure import Aspect, Measure, Result, level_of, result, unmeasured
from rowsmith.evaluate._stats import Floats, total_variation
from rowsmith.evaluate._words import rows, show


@dataclass(frozen=True, kw_only=True)
class Marginals(Measure):
    """Mean total variation of the counts of three columns together, over random threes of columns, in per cent.

    Numbers are cut at the real quantiles, rare levels are pooled. Source: NIST's k-marginal score of the 2018 and 2020
    challenges on differentially private synthetic data (C. McKay Bowen, J. Snoke, "Comparative study of differentially private
    synthetic data algorithms from the NIST PSCR challenge", 2021, section 3), as an error in place of a score.
    """

    title: ClassVar[str] = "Three-way marginals"
    aspect: ClassVar[Aspect] = "fidelity"
    order: ClassVar[int] = 22
    decisive: ClassVar[bool] = False

    good: float = 3.0
    """Per cent above the ceiling up to which it is good."""
    fair: float = 8.0
    """Per cent above the ceiling up to which it is fair."""
    columns: int = 3
    """Columns taken together."""
    choices: int = 100
    """Random choices of columns."""
    cells: int = 5
    """Cells of a column."""
    most_rows: int = 20_000
    """Rows of each table that are looked at."""

    def measure(self, context: Context) -> Result:
        """Judge threes of columns."""
        d = len(context.features)
        if d < self.columns:
            return unmeasured(self, f"it takes {self.columns} columns that can be compared.")
        bins = Bins.fit(context.features, context.real, self.cells)
        rng = context.rng("marginals", "choices")
        drawn = (tuple(sorted(rng.permutation(d)[: self.columns].tolist())) for _ in range(self.choices))
        choices = sorted(set(drawn))

        def statistic(a: Columns, b: Columns) -> Floats:
            p, q = bins.cells(a), bins.cells(b)
            return np.array([100 * np.mean([_error(p, q, bins.sizes, some) for some in choices])])

        fields = {"name": "error", "label": "mean error", "unit": "%", "better": "lower", "ideal": 0.0, "bad": 30.0}
        (figure,) = between(context, statistic, "marginals", fields, most=self.most_rows, even=True)
        assert figure.value is not None
        level = level_of(figure, self.good, self.fair)
        said = f"Counts of {self.columns} columns together are {show(figure.value, '%')} off"
        sentence = {
            "good": f"{said}, as those of other real rows.",
            "fair": f"{said}: some combinations are too frequent or too rare.",
            "poor": f"{said}: combinations are wrong; do not count in cells of several columns.",
        }[level]
        return result(
            self,
            level,
            sentence,
            how=f"{len(choices)} choices of {self.columns} columns; at most {rows(self.most_rows)} of each table",
            figures=(figure,),
        )


def _error(p: list[np.ndarray], q: list[np.ndarray], sizes: tuple[int, ...], some: tuple[int, ...]) -> float:
    own = [sizes[i] for i in some]
    a, b = (np.bincount(joined([x[i] for i in some], own), minlength=int(np.prod(own))) for x in (p, q))
    return total_variation(a, b)
