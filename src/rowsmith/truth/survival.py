"""Times until something happens, some of them cut off, with known hazard ratios."""

from __future__ import annotations

import math
import warnings
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any, ClassVar, Self

import numpy as np
import pyarrow as pa

from rowsmith.core.errors import SpecError
from rowsmith.core.protocols import Rows
from rowsmith.core.rng import Key
from rowsmith.truth._linear import enough, one_more, unanswered
from rowsmith.truth._plant import Calibration, Fact, Finding, Maker, from_log, normal
from rowsmith.truth._terms import columns_of, design, named, numbers

_ENDLESS = 20.0
"""Logarithm of a hazard ratio, by one standard deviation of its term, beyond which the fit runs off to infinity."""


@dataclass(frozen=True, kw_only=True)
class Survival(Maker):
    """A column of times and one that says whether it happened by then: proportional hazards with a Weibull law.

    Source: D. R. Cox, "Regression Models and Life-Tables", JRSS B 34 (1972); times by R. Bender, T. Augustin, M. Blettner,
    Statistics in Medicine 24 (2005).
    """

    time: str
    """The column of times that is made."""
    event: str
    """The column that is made of whether it happened; where not, the time is how long nothing had."""
    on: Mapping[str, float]
    """Terms to hazard ratios, each above 0: columns of numbers, `a:b`, `a^2`, `category[level]`."""
    median: float = 12.0
    """Time by which it has happened to half of all, were none cut off."""
    shape: float = 1.0
    """Of the Weibull law: above 1 the hazard rises with time, below 1 it falls."""
    censored: float | None = None
    """Share of the times that are cut off, from 0 to 0.9; by difficulty 0.1 to 0.6 if left out."""
    round: int | None = None
    """Decimals of the times."""

    main: ClassVar[str] = "time"

    def at(self, difficulty: float) -> Self:
        """The share that is cut off, by difficulty."""
        if not self.on:
            raise SpecError("on={}: expected at least one term with its hazard ratio.")
        columns_of(list(self.on))
        if self.time == self.event:
            raise SpecError(
                f"time={self.time!r}, event={self.event!r}: are one column; expected two, as both are made."
            )
        for term, ratio in self.on.items():
            if isinstance(ratio, bool) or not isinstance(ratio, int | float) or not 0 < ratio < 1000 or ratio == 1:
                raise SpecError(
                    f"on.{term}={ratio!r}: expected a hazard ratio above 0 that is not 1, such as 1.5 or 0.7."
                )
        for name in ("median", "shape"):
            if not getattr(self, name) > 0:
                raise SpecError(f"{name}={getattr(self, name):g}: expected a number above 0.")
        if self.censored is not None and not 0 <= self.censored <= 0.9:
            nearest = min(max(self.censored, 0.0), 0.9)
            raise SpecError(f"censored={self.censored:g}: expected a share from 0 to 0.9; the nearest is {nearest:g}.")
        return replace(self, censored=0.1 + 0.5 * difficulty) if self.censored is None else self

    @property
    def reads(self) -> tuple[str, ...]:
        """Columns of the terms."""
        return columns_of(list(self.on))

    @property
    def makes(self) -> Mapping[str, pa.DataType]:
        """The time, and whether it happened."""
        return {self.time: pa.float64(), self.event: pa.bool_()}

    def calibrate(self, pilot: Mapping[str, pa.Array]) -> Calibration:
        """The scale at which half of all have the median, and the end of watching at which so many are cut off.

        Watching ends at a time that is even between 0 and that end.
        """
        from scipy import optimize

        log = self._log_hazard(pilot)
        log = log[np.isfinite(log)]
        if not len(log) or np.ptp(log) == 0:
            raise SpecError("on: the terms are the same in every row, so no ratio can be found.")
        power = self.median**self.shape
        rate = optimize.brentq(lambda r: np.exp(-np.exp(r + log) * power).mean() - 0.5, -200, 200, xtol=1e-10)
        if not self.censored:
            return {"rate": float(rate), "end": None}
        # the share of those who are cut off is the mean of the survival function over the times of watching
        grid = (np.arange(400) + 0.5) / 400
        some = log[:: max(1, len(log) // 4000)]

        def cut_off(end: float) -> float:
            alive = np.exp(-np.exp(rate + some)[:, None] * (math.exp(end) * grid) ** self.shape)
            return float(alive.mean()) - (self.censored or 0.0)

        middle = math.log(self.median)
        end = optimize.brentq(cut_off, middle - 12, middle + 12, xtol=1e-6)
        return {"rate": float(rate), "end": float(math.exp(end))}

    def sample(self, rows: Rows, key: Key, given: Mapping[str, pa.Array], calibration: Calibration) -> pa.RecordBatch:
        """By inversion of the survival function; null where a column is."""
        hazard = np.exp(calibration["rate"] + self._log_hazard(given))
        u = key.generator().random(rows.n)
        time = (-np.log1p(-u) / hazard) ** (1 / self.shape)
        end = calibration["end"]
        watched = np.full(rows.n, np.inf) if end is None else end * key.child("watched").generator().random(rows.n)
        seen, missing = time <= watched, np.isnan(hazard)
        shown = np.minimum(time, watched)
        if self.round is not None:
            # never 0: nobody is watched for no time at all
            shown = np.maximum(np.round(shown, self.round), 10.0**-self.round)
        return pa.record_batch({self.time: pa.array(shown, mask=missing), self.event: pa.array(seen, mask=missing)})

    def facts(self, calibration: Calibration) -> list[Fact]:
        """The hazard ratios, and the share that is cut off."""
        found = [
            Fact(
                name=term,
                what=f"hazard ratio of {one_more(term)}",
                value=float(ratio),
                null=1.0,
                tolerance=min(0.15 * ratio, abs(ratio - 1) / 2),  # "no effect" is not near enough
            )
            for term, ratio in self.on.items()
        ]
        what = f"share of rows in which {self.event} did not happen while watched"
        return [*found, Fact(name="censored", what=what, value=float(self.censored or 0.0), tolerance=0.03)]

    def question(self) -> dict[str, Any]:
        """The columns and the terms."""
        return {"time": self.time, "event": self.event, "terms": list(self.on)}

    def brief(self) -> str:
        """What shortens the time, and by how much."""
        columns = ", ".join(columns_of(list(self.on)))
        return (
            f"{self.time} is how long it took until {self.event}, or how long it had not happened by then. How does the hazard "
            f"depend on {columns}? Give hazard ratios, and the share that was cut off."
        )

    def how(self, calibration: Calibration) -> str:
        """The law."""
        ratios = ", ".join(f"{term} × {ratio:g}" for term, ratio in self.on.items())
        return (
            f"Weibull times (shape {self.shape:g}, median {self.median:g}) with proportional hazards: {ratios}; "
            f"{self.censored:.0%} cut off by the end of watching, which depends on nothing."
        )

    @staticmethod
    def find(question: Mapping[str, Any], table: pa.Table) -> list[Finding]:
        """Cox regression, ties after Breslow."""
        import statsmodels.api as sm

        terms = list(question["terms"])
        time, event = (numbers(named(table, question[name]), question[name]) for name in ("time", "event"))
        x = design(terms, table)
        kept = np.isfinite(time) & np.isfinite(event) & np.isfinite(x).all(axis=1)
        time, event, x = time[kept], event[kept], x[kept]
        share, n = 1 - float(event.mean()) if len(event) else 0.0, max(len(event), 1)
        error = math.sqrt(max(share * (1 - share), 1 / n) / n)
        censored = normal("censored", share, error, least=0, most=1)
        if not event.any() or not enough(np.column_stack([np.ones(len(x)), x])):
            note = "it never happened, there are too few rows, or a term follows from the others"
            return [*unanswered(terms, note), censored if len(event) else unanswered(["censored"], note)[0]]
        scale = x.std(axis=0)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # whether it went well is looked at below
            try:
                fit = sm.PHReg(time, (x - x.mean(axis=0)) / scale, status=event, ties="breslow").fit()
                b, error_of_b = fit.params / scale, fit.bse / scale
                good = np.isfinite(error_of_b).all() and (np.abs(fit.params) < _ENDLESS).all()
            except np.linalg.LinAlgError:
                good = False
        if not good:
            return [*unanswered(terms, "the terms tell the order of events without an error"), censored]
        return [*(from_log(*each) for each in zip(terms, b.tolist(), error_of_b.tolist(), strict=True)), censored]

    def _log_hazard(self, given: Mapping[str, pa.Array]) -> Any:
        return design(list(self.on), given) @ np.log(np.array(list(self.on.values()), dtype=float))
