"""Gaps in values: are nulls as frequent, and as long in a row, as in the real series?"""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np
from numpy.typing import NDArray

from rowsmith.evaluate._measure import Aspect, Result, level_of, result, unmeasured, worst
from rowsmith.evaluate._order import Ordered
from rowsmith.evaluate._series import Series, known
from rowsmith.evaluate._series_measure import SeriesMeasure
from rowsmith.evaluate._stats import Floats
from rowsmith.evaluate._words import percent, show


@dataclass(frozen=True, kw_only=True)
class Missing(SeriesMeasure):
    """How far the share of nulls, and the mean length of a run of them, are off: |log₂ of the ratio|, mean over columns that have some.

    1 is wrong by a factor of two. Nulls of a sensor come in stretches: shares alone say nothing of that.
    """

    title: ClassVar[str] = "Missing stretches"
    aspect: ClassVar[Aspect] = "fidelity"
    order: ClassVar[int] = 8

    good: float = 0.3
    """|log₂| above the ceiling up to which it is good; shares within 20 % are."""
    fair: float = 1.0
    """The same up to which it is fair."""
    least: float = 0.001
    """Share of nulls of a real column from which on it is looked at."""

    def measure(self, ordered: Ordered) -> Result:
        """Look at every column with nulls."""
        nulls = [
            float((~known(v, f)).mean()) for f, v in zip(ordered.features, ordered.real.columns.arrays, strict=True)
        ]
        places = [i for i, share in enumerate(nulls) if share >= self.least]
        if not places:
            return unmeasured(self, "no real column has nulls.", decisive=False)

        def each(series: Series) -> Floats:
            gone = np.stack([~known(series.columns.arrays[i], ordered.features[i]) for i in places], axis=1)
            rows = ~series.left if len(series.left) else np.ones(series.n, dtype=bool)
            least = 0.5 / max(int(rows.sum()), 1)
            shares = np.maximum(gone[rows].mean(axis=0), least)
            runs = np.array([_run(gone[:, k] & rows, series) for k in range(len(places))])
            return np.asarray(np.log2(np.stack([shares, runs])))

        def statistic(a: Series, b: Series) -> Floats:
            return np.asarray(np.abs(each(a) - each(b)).mean(axis=1))

        common = {"unit": "doublings", "better": "lower", "ideal": 0.0, "bad": 3.0}
        figures = ordered.figures(
            statistic,
            {"name": "shares", "label": "|log₂| of the ratio of the shares of null", **common},
            {"name": "runs", "label": "|log₂| of the ratio of the mean lengths of runs of nulls", **common},
        )
        level = worst([level_of(f, self.good, self.fair) for f in figures if f.value is not None])
        most = ordered.features[places[int(np.argmax([nulls[i] for i in places]))]]
        made = ordered.synthetic.columns.arrays[ordered.features.index(most)]
        shares = f"{most.name!r} has {percent(max(nulls))} of nulls, the synthetic one {percent(float((~known(made, most)).mean()))}"
        said = f"Shares of nulls are {show(figures[0].value, 'doublings')} doublings off, their runs {show(figures[1].value, 'doublings')}"
        sentence = {
            "good": f"{said}: values go missing as in real series ({shares}).",
            "fair": f"{said} ({shares}).",
            "poor": f"{said} ({shares}): do not test how gaps are dealt with on these series.",
        }[level]
        return result(self, level, sentence, how=f"columns with nulls: {len(places)}", figures=figures)


def _run(gone: NDArray[np.bool_], series: Series) -> float:
    """Mean length of the runs of true values within series; 1 where there is none."""
    begins = gone & ~np.roll(gone, 1)
    begins[series.begins[:-1]] = gone[series.begins[:-1]]
    return float(gone.sum() / begins.sum()) if begins.any() else 1.0
