"""α-precision, β-recall and authenticity: are the rows typical, do they cover everything, are they new?"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np

from rowsmith.core.nearest import Points
from rowsmith.evaluate._align import Columns
from rowsmith.evaluate._between import between
from rowsmith.evaluate._context import Context
from rowsmith.evaluate._measure import Aspect, Measure, Result, level_of, result, unmeasured, worst
from rowsmith.evaluate._neighbours import nearest_rows
from rowsmith.evaluate._stats import Floats
from rowsmith.evaluate._words import rows

FEWEST = 20
LEVELS = np.linspace(0, 1, 31)


@dataclass(frozen=True, kw_only=True)
class AlphaPrecision(Measure):
    """How typical the rows are (α-precision), how much of the real rows they cover (β-recall), how many are new.

    α-precision: for every α, the ball around the real rows' centre that holds a share α of them should hold a share α
    of the synthetic ones. β-recall: for every β, a real row counts as covered if a synthetic row among the β most central
    ones is no further from it than its nearest real neighbour; a share β should be. Both are 1 less twice the mean gap over all
    shares. Authenticity is the share of synthetic rows that are not nearer to their nearest real row than that is to any other
    real row. Rows are points of ranks and levels, without the learnt embedding of the paper; all tables are cut to one size,
    and each synthetic row is held against its own nearest real row.
    Source: A. Alaa, B. van Breugel, E. Saveliev, M. van der Schaar, "How faithful is your synthetic data?" (2022), section 2.
    """

    title: ClassVar[str] = "Precision, recall, authenticity"
    aspect: ClassVar[Aspect] = "fidelity"
    order: ClassVar[int] = 27
    decisive: ClassVar[bool] = False

    good: float = 0.05
    """Below the ceiling up to which each is good."""
    fair: float = 0.15
    """Below the ceiling up to which each is fair."""
    most_rows: int = 2_000
    """Rows of each table that are looked at; four times as many in a full judgement."""

    def measure(self, context: Context) -> Result:
        """Judge whole rows."""
        tables = [context.real, context.synthetic, *context.unseen]
        if not context.features:
            return unmeasured(self, "there is no column that can be compared.")
        if min(t.n for t in tables) < FEWEST:
            return unmeasured(self, f"there are too few rows; at least {FEWEST} of each table are needed.")

        def statistic(a: Columns, b: Columns) -> Floats:
            return _three(context.space.points(a), context.space.points(b))

        common: dict[str, Any] = {"unit": "", "better": "higher", "ideal": 1.0, "bad": 0.5}
        most = self.most_rows * (4 if context.full else 1)
        figures = between(
            context,
            statistic,
            "alpha_precision",
            {"name": "precision", "label": "α-precision: typical rows", **common},
            {"name": "recall", "label": "β-recall: real rows covered", **common},
            {"name": "authenticity", "label": "authenticity: new rows", **common},
            most=most,
            even=True,
            noisy=1_000,
        )
        levels = [level_of(f, self.good, self.fair) for f in figures]
        level = worst(levels)
        fault = {
            0: "rows are too typical, or too odd",
            1: "parts of the real table are not covered",
            2: "rows are nearer to single real rows than chance allows: read the attacks on privacy",
        }[max(range(3), key=lambda i: ("good", "fair", "poor").index(levels[i]))]
        a, b, c = (f"{f.value:.2f}" for f in figures)
        said = f"α-precision {a}, β-recall {b}, authenticity {c}"
        sentence = f"{said}: as unseen real rows." if level == "good" else f"{said}: {fault}."
        return result(self, level, sentence, how=f"at most {rows(most)} of each table", figures=figures)


def _three(real: Points, made: Points) -> Floats:
    """α-precision, β-recall and authenticity, shape (3,)."""
    centre, middle = real.mean(axis=0), made.mean(axis=0)
    radii = np.quantile(np.linalg.norm(real - centre, axis=1), LEVELS)
    inside = np.searchsorted(np.sort(np.linalg.norm(made - centre, axis=1)), radii, side="right") / len(made)
    usual = nearest_rows(real, real, apart=True)[1]
    closest, distance = nearest_rows(made, real)
    central = np.linalg.norm(made - middle, axis=1)
    limits = np.quantile(central, LEVELS)
    covered = (distance <= usual)[:, None] & (central[closest][:, None] <= limits[None, :])
    neighbour, near = nearest_rows(real, made)
    return np.array(
        [
            1 - 2 * np.trapezoid(np.abs(inside - LEVELS), LEVELS),
            1 - 2 * np.trapezoid(np.abs(covered.mean(axis=0) - LEVELS), LEVELS),
            np.mean(near >= usual[neighbour]),
        ]
    )
