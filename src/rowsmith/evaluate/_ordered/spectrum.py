"""Spectrum: do slow and fast movements have the power that they have in the real series?"""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from rowsmith.evaluate._correlogram import STRETCH, difference, spectrum
from rowsmith.evaluate._measure import Aspect, Result, level_of, result, unmeasured
from rowsmith.evaluate._order import Ordered
from rowsmith.evaluate._series import Series
from rowsmith.evaluate._series_measure import SeriesMeasure
from rowsmith.evaluate._stats import Floats
from rowsmith.evaluate._words import show

FEWEST = 32
"""Rows of a stretch: of fewer, chance is all that is seen."""


def stretch_of(*series: Series) -> int:
    """Rows of the stretches by which series are compared."""
    return min(STRETCH, *(int(np.median(s.lengths)) for s in series))


@dataclass(frozen=True, kw_only=True)
class Spectrum(SeriesMeasure):
    """Mean difference of the logarithm of power over frequencies and columns, in decibels; the variance is divided out.

    Source: P. Welch, "The use of fast Fourier transform for the estimation of power spectra" (1967).
    """

    title: ClassVar[str] = "Spectrum"
    aspect: ClassVar[Aspect] = "fidelity"
    order: ClassVar[int] = 4

    good: float = 0.75
    """Decibels above the ceiling up to which it is good."""
    fair: float = 2.5
    """Decibels above the ceiling up to which it is fair."""

    def measure(self, ordered: Ordered) -> Result:
        """Look at every column."""
        length = stretch_of(ordered.real, ordered.synthetic, *ordered.unseen)
        if length < FEWEST or not ordered.plan.names:
            return unmeasured(
                self, f"series are too short for waves: half of them have fewer than {FEWEST} rows, or nothing varies."
            )

        def statistic(a: Series, b: Series) -> Floats:
            n = stretch_of(a, b)
            one, other = (spectrum(s.x, s.begins, n) for s in (a, b))
            return np.array([np.nan if one is None or other is None else difference(one, other)])

        fields = {"name": "error", "label": "difference of the power of waves", "unit": "dB", "better": "lower"}
        (figure,) = ordered.figures(statistic, {**fields, "ideal": 0.0, "bad": 6.0})
        if figure.value is None:
            return unmeasured(self, "series are too short.")
        level = level_of(figure, self.good, self.fair)
        said = f"The power of waves is {show(figure.value, 'dB')} dB off on average"
        sentence = {
            "good": f"{said}: slow and fast movements have their real shares.",
            "fair": f"{said}: some movements are too strong or too weak; the picture shows which.",
            "poor": f"{said}: seasons or noise are not those of the real series.",
        }[level]
        return result(
            self,
            level,
            sentence,
            how=f"stretches of {stretch_of(ordered.real, ordered.synthetic)} rows",
            figures=(figure,),
        )
