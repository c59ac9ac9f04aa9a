"""Importances: does a model of synthetic rows look at the same columns?"""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from rowsmith.evaluate._context import Context
from rowsmith.evaluate._measure import Aspect, Figure, Measure, Result, level_of, result, unmeasured
from rowsmith.evaluate._noise import apart, interval
from rowsmith.evaluate._stats import spearman
from rowsmith.evaluate._words import readable, rows

FEWEST = 100
SHOWN = 12


@dataclass(frozen=True, kw_only=True)
class Importances(Measure):
    """Spearman's correlation of what the columns gain in boosted trees of synthetic and of real rows.

    The columns' gains are compared as two vectors of numbers. The ceiling is the same correlation between two halves of
    the real rows. With few columns it moves by large steps; its interval is Fisher's.
    Source: L. Hansen, N. Seedat, M. van der Schaar, A. Petrovic, "Reimagining synthetic tabular data generation through
    data-centric AI" (2023), section 4 ("feature selection"), over the scores themselves.
    """

    title: ClassVar[str] = "Which columns matter"
    aspect: ClassVar[Aspect] = "utility"
    order: ClassVar[int] = 41
    decisive: ClassVar[bool] = False

    good: float = 0.1
    """Below the ceiling up to which it is good."""
    fair: float = 0.3
    """Below the ceiling up to which it is fair."""

    def measure(self, context: Context) -> Result:
        """Compare what two models look at."""
        trained = context.trained
        if isinstance(trained, str):
            return unmeasured(self, trained)
        task = trained.task
        if len(task.inputs) < 3:
            return unmeasured(self, "an order takes three columns besides the target.")
        if trained.tables["real"].n < FEWEST:
            return unmeasured(self, f"it takes at least {FEWEST} real rows to learn from.")
        real, made = trained.real.gains, trained.synthetic.gains
        value, floor = spearman(real, made), spearman(real, trained.floor.gains)
        if value is None:
            return unmeasured(self, "one of the models looks at no column.")
        ceiling = spearman(*(model.gains for model, _ in trained.halves))
        half = _fisher(value, len(real))
        figure = Figure(
            name="spearman",
            label="rank correlation of the columns' gains",
            value=value,
            floor=floor,
            ceiling=ceiling,
            unit="",
            better="higher",
            ideal=1.0,
            bad=0.0,
            noise=None if ceiling is None else apart(half, _fisher(ceiling, len(real))),
            **interval(value, half, -1.0, 1.0),
        )
        level = level_of(figure, self.good, self.fair)
        names = [f.name for f in task.inputs]
        off = names[int(np.argmax(np.abs(real - made)))]
        said = f"Models of real and of synthetic rows rank the columns alike to {value:.2f} (1 is the same order)"
        sentence = {
            "good": f"{said}.",
            "fair": f"{said}; they differ most in {readable(off)!r}. Choose features on real rows.",
            "poor": f"{said}; they differ most in {readable(off)!r}. Do not choose features on these rows.",
        }[level]
        order = np.argsort(-np.maximum(real, made), kind="stable")[:SHOWN]
        return result(
            self,
            level,
            sentence,
            how=f"share of the gain of {len(names)} columns; trees of up to {rows(trained.tables['real'].n)}",
            figures=(figure,),
            details={
                "twins": {
                    "title": f"What a model of {task.target.name} looks at (share of its gain)",
                    "rows": [{"label": names[i], "real": float(real[i]), "synthetic": float(made[i])} for i in order],
                }
            },
        )


def _fisher(value: float, n: int) -> float:
    """Half the 95 % interval of a rank correlation of n pairs, about; after D. Bonett, T. Wright (2000)."""
    if n <= 3:
        return 1.0
    at = np.arctanh(min(max(value, -0.999), 0.999))
    step = 1.96 * np.sqrt((1 + value**2 / 2) / (n - 3))
    return float(np.tanh(at + step) - np.tanh(at - step)) / 2
