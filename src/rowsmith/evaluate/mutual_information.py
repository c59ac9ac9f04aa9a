"""Mutual information: does one column say as much of another as in the real table?"""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from rowsmith.evaluate._align import Columns
from rowsmith.evaluate._between import between
from rowsmith.evaluate._bins import Bins, joined
from rowsmith.evaluate._context import Context
from rowsmith.evaluate._measure import Aspect, Measure, Result, level_of, result, unmeasured
from rowsmith.evaluate._stats import Floats, Ints
from rowsmith.evaluate._words import rows, show


@dataclass(frozen=True, kw_only=True)
class MutualInformation(Measure):
    """Mean difference of the pairs' mutual information, in per cent of the smaller of the two columns' own information.

    It sees any relation of two columns, not only straight lines: where correlation reads 0 for a parabola, this does not.
    Numbers are cut at the real quantiles. Source: T. Cover, J. Thomas, "Elements of information theory" (2006), section
    2.3.
    """

    title: ClassVar[str] = "Mutual information"
    aspect: ClassVar[Aspect] = "fidelity"
    order: ClassVar[int] = 21
    decisive: ClassVar[bool] = False

    good: float = 1.0
    """Per cent above the ceiling up to which it is good."""
    fair: float = 4.0
    """Per cent above the ceiling up to which it is fair."""
    cells: int = 8
    """Cells of a column."""
    most_columns: int = 40
    """Columns that are paired; of a wider table, a random choice."""
    most_rows: int = 20_000
    """Rows of each table that are looked at."""

    def measure(self, context: Context) -> Result:
        """Judge every pair of columns."""
        if len(context.features) < 2:
            return unmeasured(self, "a pair takes two columns that can be compared.")
        chosen = np.sort(context.rng("mutual").permutation(len(context.features))[: self.most_columns]).tolist()
        bins = Bins.fit([context.features[i] for i in chosen], context.real.pick(chosen), self.cells)

        def statistic(a: Columns, b: Columns) -> Floats:
            first, second = (_information(bins.cells(t.pick(chosen)), bins.sizes) for t in (a, b))
            return np.array([100 * np.abs(first - second).mean()])

        fields = {"name": "error", "label": "mean difference", "unit": "%", "better": "lower", "ideal": 0.0, "bad": 5.0}
        (figure,) = between(context, statistic, "mutual", fields, most=self.most_rows, even=True, noisy=3_000)
        assert figure.value is not None
        level = level_of(figure, self.good, self.fair)
        said = f"What one column says of another differs by {show(figure.value, '%')} on average"
        sentence = {
            "good": f"{said}: relations of any form are kept.",
            "fair": f"{said}: some relations are weaker or stronger than they should be; see the maps of pairs.",
            "poor": f"{said}: relations are lost. Use a learner of whole rows.",
        }[level]
        return result(
            self,
            level,
            sentence,
            how=f"{len(chosen) * (len(chosen) - 1) // 2:,} pairs; at most {rows(self.most_rows)} of each table",
            figures=(figure,),
        )


def _information(cells: Sequence[Ints], sizes: Sequence[int]) -> Floats:
    """Mutual information of each pair over the smaller entropy, 0 to 1, shape (pairs,)."""
    alone = [_entropy(c, s) for c, s in zip(cells, sizes, strict=True)]
    out = []
    for a, b in itertools.combinations(range(len(cells)), 2):
        least = min(alone[a], alone[b])
        both = _entropy(joined((cells[a], cells[b]), (sizes[a], sizes[b])), sizes[a] * sizes[b])
        out.append((alone[a] + alone[b] - both) / least if least > 1e-9 else 0.0)
    return np.array(out)


def _entropy(cells: Ints, size: int) -> float:
    counts = np.bincount(cells, minlength=size)
    p = counts[counts > 0] / len(cells)
    return float(-(p * np.log(p)).sum())
