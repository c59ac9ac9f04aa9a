"""Cohort retention: who is still active so many periods after the start, by a known curve."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar, Self

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from rowsmith.core.errors import SpecError
from rowsmith.core.protocols import Rows
from rowsmith.core.rng import Key
from rowsmith.truth._linear import unanswered
from rowsmith.truth._plant import Calibration, Fact, Finding, Maker, from_log, portion
from rowsmith.truth._terms import is_level, named, numbers, texts


@dataclass(frozen=True, kw_only=True)
class Retention(Maker):
    """A column of whether somebody is active in a period: with a share that falls with the age of the cohort.

    Rows are one for each somebody and period, as `per` makes them; whether one is active in a period does not depend on the
    periods before.
    """

    column: str
    """The column of true and false that is made."""
    age: str
    """A column of whole numbers: periods since the start, from 0."""
    rates: tuple[float, ...]
    """Share that is active at age 0, 1, 2 …; the last one holds for all later ages."""
    by: str | None = None
    """A column of cohorts or groups, if one of them differs."""
    better: Mapping[str, float] | None = None
    """Cohort to a factor of the odds of being active, after age 0: {2025-Q2: 1.5}."""

    main: ClassVar[str] = "column"

    def at(self, difficulty: float) -> Self:
        """Check the rates; there is nothing that hangs on the difficulty but the number of rows."""
        if len(self.rates) < 2:
            raise SpecError(f"rates={list(self.rates)}: expected at least two, for age 0 and later.")
        for age, rate in enumerate(self.rates):
            if not 0 < rate <= 1 or (age and rate == 1):
                raise SpecError(
                    f"rates.{age}={rate:g}: expected a share above 0 and {'at most' if not age else 'below'} 1."
                )
        if (self.by is None) != (self.better is None):
            raise SpecError(f"by={self.by!r}, better={self.better!r}: expected both of them or none.")
        if self.better is not None and len(self.better) != 1:
            raise SpecError(f"better={dict(self.better)!r}: expected one cohort, which the others are compared with.")
        for cohort, factor in (self.better or {}).items():
            if not factor > 0 or factor == 1:
                raise SpecError(f"better.{cohort}={factor:g}: expected a factor above 0 that is not 1.")
        return self

    @property
    def reads(self) -> tuple[str, ...]:
        """The age, and the cohorts."""
        return (self.age, self.by) if self.by else (self.age,)

    @property
    def makes(self) -> Mapping[str, pa.DataType]:
        """The column."""
        return {self.column: pa.bool_()}

    def calibrate(self, pilot: Mapping[str, pa.Array]) -> Calibration:
        """Nothing but a look at the ages."""
        ages = numbers(pilot[self.age], self.age)
        wrong = ages[(ages < 0) | (ages != np.floor(ages)) & np.isfinite(ages)]
        if len(wrong):
            raise SpecError(
                f"age={self.age!r}: has numbers such as {wrong[0]:.6g}; expected whole numbers from 0, the periods since the "
                "start."
            )
        return {}

    def sample(self, rows: Rows, key: Key, given: Mapping[str, pa.Array], calibration: Calibration) -> pa.RecordBatch:
        """A coin with the rate of the age; null where the age is."""
        age = numbers(given[self.age], self.age)
        missing = np.isnan(age)
        place = np.clip(np.nan_to_num(age), 0, len(self.rates) - 1).astype(np.int64)
        rate = np.array(self.rates)[place]
        for cohort, factor in (self.better or {}).items():
            assert self.by is not None
            mine = is_level(given[self.by], cohort) & (place > 0)
            odds = factor * rate / np.maximum(1 - rate, 1e-12)
            rate = np.where(mine, odds / (1 + odds), rate)
        active = key.generator().random(rows.n) < rate
        return pa.record_batch({self.column: pa.array(active, mask=missing)})

    def facts(self, calibration: Calibration) -> list[Fact]:
        """The rates after age 0 in cohorts like most, and how much better one is."""
        among = "" if self.by is None else f" where {self.by} is like most"
        found = [
            Fact(
                name=f"age {age}", what=f"share active at age {age}{among}", value=float(rate), null=0.0, tolerance=0.03
            )
            for age, rate in enumerate(self.rates[:-1])
            if age
        ]
        last = len(self.rates) - 1
        what = f"share active at age {last} and later{among}"
        found.append(Fact(name=f"age {last}+", what=what, value=float(self.rates[-1]), null=0.0, tolerance=0.03))
        for cohort, factor in (self.better or {}).items():
            what = "odds of being active after age 0 in the cohort that differs, as a factor of those in the others"
            value = float(factor)
            near = min(0.15 * value, abs(value - 1) / 2)
            found.append(Fact(name="better", what=what, value=value, null=1.0, tolerance=near))
            found.append(Fact(name="cohort", what="the cohort that differs", value=str(cohort)))
        return found

    def question(self) -> dict[str, Any]:
        """The columns, and how many ages there are to tell apart."""
        told = {"column": self.column, "age": self.age, "ages": len(self.rates)}
        return told | ({"by": self.by} if self.by else {})

    def brief(self) -> str:
        """The curve, and who differs."""
        which = (
            f" One {self.by} differs from the others: which, and how much are its odds better or worse?"
            if self.by
            else ""
        )
        return f"What share is {self.column} at each {self.age}?{which}"

    def how(self, calibration: Calibration) -> str:
        """The curve."""
        curve = ", ".join(f"{rate:.1%}" for rate in self.rates)
        better = "".join(f"; odds × {factor:g} in {cohort}" for cohort, factor in (self.better or {}).items())
        return f"Active at age 0, 1, 2 …: {curve} (the last one from then on){better}."

    @staticmethod
    def find(question: Mapping[str, Any], table: pa.Table) -> list[Finding]:
        """Shares by age; the cohort that differs by odds pooled over ages (N. Mantel, W. Haenszel, JNCI 22, 1959)."""
        active, age = (numbers(named(table, question[name]), question[name]) for name in ("column", "age"))
        kept = np.isfinite(active) & np.isfinite(age)
        last = int(question["ages"]) - 1
        hit, place = active[kept] > 0.5, np.clip(age[kept], 0, last).astype(np.int64)
        found, like_most = [], np.ones(len(hit), dtype=bool)
        if "by" in question:
            cohorts = texts(named(table, question["by"])).filter(pa.array(kept))
            names = cohorts.unique().drop_null().to_pylist()
            tested = [(name, *_odds(hit, place, is_level(cohorts, name))) for name in names]
            name, log, error = max(tested, key=lambda each: abs(each[1]) / each[2], default=("", 0.0, math.inf))
            if math.isfinite(error):
                found = [Finding(name="cohort", estimate=str(name)), from_log("better", log, error)]
                like_most = ~is_level(cohorts, name)
            else:
                found = unanswered(["cohort", "better"], "too few rows of any cohort to compare it with the others")
        for each in range(1, last + 1):
            here = hit[(place == each) & like_most]
            name = f"age {each}{'+' if each == last else ''}"
            found.append(portion(name, float(here.sum()), len(here), none="there are no rows of that age"))
        return found


def _odds(hit: NDArray[np.bool_], place: NDArray[np.int64], mine: NDArray[np.bool_]) -> tuple[float, float]:
    """The logarithm of the pooled odds ratio after age 0, with its standard error (J. Robins et al., Biometrics 42, 1986)."""
    size = int(place.max(initial=0)) + 1

    def count(rows: NDArray[np.bool_]) -> NDArray[np.float64]:
        return np.bincount(place[rows], minlength=size)[1:].astype(float)

    a, b, c, d = count(hit & mine), count(~hit & mine), count(hit & ~mine), count(~hit & ~mine)
    n = np.maximum(a + b + c + d, 1)
    r, s, p, q = a * d / n, b * c / n, (a + d) / n, (b + c) / n
    if not r.sum() or not s.sum():
        return 0.0, math.inf
    variance = (
        (p * r).sum() / (2 * r.sum() ** 2)
        + (p * s + q * r).sum() / (2 * r.sum() * s.sum())
        + (q * s).sum() / (2 * s.sum() ** 2)
    )
    return math.log(r.sum() / s.sum()), math.sqrt(variance)
