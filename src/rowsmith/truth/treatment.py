"""The effect of a treatment that was not given by chance: a confounder misleads, an instrument helps."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any, ClassVar, Self

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from rowsmith.core.errors import SpecError
from rowsmith.core.protocols import Rows
from rowsmith.core.rng import Key
from rowsmith.truth._linear import flags, least_squares, numbers_of, rows_of, unanswered
from rowsmith.truth._plant import Calibration, Fact, Finding, Maker, normal
from rowsmith.truth._terms import named, numbers


@dataclass(frozen=True, kw_only=True)
class Treatment(Maker):
    """A treatment, true or false, and an outcome that it moves by the same known amount in every row.

    A confounder makes both the treatment more likely and the outcome different, so that the plain difference of the treated
    and the others is off by a known amount. An instrument, if there is one, moves the treatment alone. Source: J. D.
    Angrist, J.-S. Pischke, "Mostly Harmless Econometrics" (2009), chapters 3 and 4.
    """

    outcome: str
    """The column of numbers that is moved; it is made."""
    treatment: str
    """The column of true and false; it is made."""
    confounder: str
    """A column of numbers that both hang on."""
    effect: float
    """What the treatment adds to the outcome; 0 for one that does nothing."""
    instrument: str | None = None
    """A column of numbers, or of true and false, that moves the treatment and has nothing to do with the confounder."""
    bias: float | None = None
    """How much the plain difference is above the effect; by difficulty 0.5 to 1.5 times the effect if left out."""
    noise: float | None = None
    """Standard deviation of the outcome beside both; by difficulty 1 to 2 times the effect if left out."""
    share: float = 0.4
    """Share of the treated, from 0.02 to 0.98."""
    strength: float = 0.8
    """How much the log-odds of being treated rise with one standard deviation of the confounder, not 0."""
    pull: float = 1.2
    """How much they rise with one standard deviation of the instrument, not 0."""
    mean: float = 100.0
    """Mean outcome of the untreated at the confounder's mean."""

    main: ClassVar[str] = "outcome"

    def at(self, difficulty: float) -> Self:
        """Bias and noise by difficulty."""
        columns = [c for c in (self.outcome, self.treatment, self.confounder, self.instrument) if c is not None]
        if len(set(columns)) < len(columns):
            raise SpecError(
                f"{', '.join(columns)}: outcome, treatment, confounder and instrument must be different columns."
            )
        if not 0.02 <= self.share <= 0.98:
            nearest = min(max(self.share, 0.02), 0.98)
            raise SpecError(f"share={self.share:g}: expected 0.02 to 0.98; the nearest is {nearest:g}.")
        for name, value in (("strength", self.strength), ("pull", self.pull)):
            if not 0.05 <= abs(value) <= 5:
                nearest = math.copysign(min(max(abs(value), 0.05), 5.0), value)
                raise SpecError(
                    f"{name}={value:g}: expected 0.05 to 5, or the same below 0, so that it moves the treatment and does not "
                    f"decide it; the nearest is {nearest:g}."
                )
        if self.bias == 0:
            raise SpecError("bias=0: nothing would mislead; give another number, or take a regression.")
        if self.noise is not None and self.noise <= 0:
            raise SpecError(f"noise={self.noise:g}: expected a standard deviation above 0.")
        if self.effect == 0 and (self.bias is None or self.noise is None):
            raise SpecError("effect=0: bias and noise cannot be taken from it; give both.")
        return replace(
            self,
            bias=self.effect * (0.5 + difficulty) if self.bias is None else self.bias,
            noise=abs(self.effect) * (1 + difficulty) if self.noise is None else self.noise,
        )

    @property
    def reads(self) -> tuple[str, ...]:
        """The confounder, and the instrument."""
        return (self.confounder,) if self.instrument is None else (self.confounder, self.instrument)

    @property
    def makes(self) -> Mapping[str, pa.DataType]:
        """The treatment and the outcome."""
        return {self.treatment: pa.bool_(), self.outcome: pa.float64()}

    def calibrate(self, pilot: Mapping[str, pa.Array]) -> Calibration:
        """Means and standard deviations; the log-odds for that share; what the confounder does for that bias."""
        from scipy import optimize, special

        assert self.bias is not None
        values = rows_of(*(numbers(pilot[name], name) for name in self.reads))
        for name, column in zip(self.reads, values, strict=True):
            if not len(column) or np.ptp(column) == 0:
                raise SpecError(f"{name}: is the same in every row, so no treatment can hang on it.")
        means, sds = [float(v.mean()) for v in values], [float(v.std()) for v in values]
        z = [(v - mean) / sd for v, mean, sd in zip(values, means, sds, strict=True)]
        if len(z) == 2:
            together = float(z[0] @ z[1]) / len(z[0])
            if abs(together) > 0.03 + 4 / math.sqrt(len(z[0])):
                raise SpecError(
                    f"instrument={self.instrument!r}: goes with the confounder {self.confounder} (correlation {together:.2f}), so "
                    "it would mislead as that does; expected a column that is independent of it."
                )
        odds = sum(weight * column for weight, column in zip((self.strength, self.pull), z, strict=False))
        base = float(optimize.brentq(lambda b: special.expit(b + odds).mean() - self.share, -80, 80))
        chance = special.expit(base + odds)
        apart = float(z[0] @ chance / chance.sum() - z[0] @ (1 - chance) / (1 - chance).sum())
        if abs(apart) < 1e-3:
            raise SpecError(
                f"confounder={self.confounder!r}: the treated hardly differ in it, so it cannot mislead by {self.bias:g}; "
                "expected a column whose numbers are not nearly all the same."
            )
        return {"means": means, "sds": sds, "base": base, "confounding": self.bias / apart}

    def sample(self, rows: Rows, key: Key, given: Mapping[str, pa.Array], calibration: Calibration) -> pa.RecordBatch:
        """Treat, then add up; null where a column is."""
        from scipy import special

        assert self.noise is not None
        z = [
            (numbers(given[name], name) - mean) / sd
            for name, mean, sd in zip(self.reads, calibration["means"], calibration["sds"], strict=True)
        ]
        odds = calibration["base"] + sum(w * column for w, column in zip((self.strength, self.pull), z, strict=False))
        gone = np.isnan(odds)
        treated = key.child("treatment").generator().random(rows.n) < special.expit(odds)
        noise = self.noise * key.child("outcome").generator().standard_normal(rows.n)
        outcome = self.mean + self.effect * treated + calibration["confounding"] * z[0] + noise
        columns = {self.treatment: pa.array(treated, mask=gone), self.outcome: pa.array(outcome, mask=gone)}
        return pa.record_batch(columns)

    def facts(self, calibration: Calibration) -> list[Fact]:
        """The effect, as it is and as the instrument shows it; and the difference that misleads."""
        assert self.bias is not None
        null = 0.0 if self.effect else None  # of no effect, an interval must hold 0
        slack = max(abs(self.effect), abs(self.bias)) / 4
        effect = f"effect of {self.treatment} on {self.outcome}"
        out = [Fact(name="effect", what=effect, value=float(self.effect), null=null, tolerance=slack, pilot=True)]
        if self.instrument is not None:
            what = f"{effect}, by an instrument"
            out.append(
                Fact(name="effect by instrument", what=what, value=float(self.effect), null=null, tolerance=slack)
            )
        what = f"plain difference in {self.outcome} of the treated and the others, which misleads"
        return [*out, Fact(name="naive", what=what, value=self.effect + self.bias, tolerance=slack, pilot=True)]

    def question(self) -> dict[str, Any]:
        """The columns and their parts."""
        columns = {"outcome": self.outcome, "treatment": self.treatment, "confounder": self.confounder}
        return columns | ({} if self.instrument is None else {"instrument": self.instrument})

    def brief(self) -> str:
        """What the treatment does."""
        others = [c for c in (self.confounder, self.instrument) if c is not None]
        return (
            f"What does {self.treatment} do to {self.outcome}? Compare the plain difference with an estimate of the effect "
            f"that has a reason to be believed; {' and '.join(others)} may be of use."
        )

    def how(self, calibration: Calibration) -> str:
        """The effect, the confounding and the instrument."""
        pull = "" if self.instrument is None else f", and by {self.pull:g} with one of {self.instrument}"
        return (
            f"{self.treatment} adds {self.effect:g} to {self.outcome}. Its log-odds rise by {self.strength:g} with one standard "
            f"deviation of {self.confounder}{pull}. {self.confounder} also moves {self.outcome}, by {calibration['confounding']:.4g}, "
            f"so that the plain difference is off by {self.bias:g}."
        )

    @staticmethod
    def find(question: Mapping[str, Any], table: pa.Table) -> list[Finding]:
        """The plain difference; a regression on treatment and confounder; two-stage least squares. Errors: HC3, HC0 for the last."""
        treated = flags(named(table, question["treatment"]), question["treatment"])
        parts = [numbers_of(table, question["outcome"]), treated, numbers_of(table, question["confounder"])]
        if "instrument" in question:
            parts.append(numbers_of(table, question["instrument"]))
        y, t, c, *instruments = rows_of(*parts)
        names = ["effect", "naive", *["effect by instrument"] * len(instruments)]
        if min(t.sum(), len(t) - t.sum()) < 3 or any(np.ptp(v) == 0 for v in (c, *instruments)):
            note = "too few rows, or a column is the same in all"
            return unanswered(names, note)
        ones, z = np.ones(len(y)), (c - c.mean()) / c.std()
        plain, adjusted = (least_squares(y, np.column_stack([ones, *x])) for x in ((t,), (t, z)))
        if plain is None or adjusted is None:
            return unanswered(names, "too few rows")
        found = [
            normal("effect", adjusted.params[1], adjusted.bse[1], "regression on treatment and confounder"),
            normal("naive", plain.params[1], plain.bse[1], "difference of means"),
        ]
        return [*found, *(_two_stage(y, t, w) for w in instruments)]


def _two_stage(y: NDArray[np.float64], t: NDArray[np.float64], w: NDArray[np.float64]) -> Finding:
    """The effect of t on y by the instrument w; errors hold for uneven noise.

    Source: J. M. Wooldridge, "Econometric Analysis of Cross Section and Panel Data" (2002), sections 5.1 and 5.2.
    """
    w = (w - w.mean()) / w.std()
    first = float(w @ (t - t.mean()))
    if abs(first) < 1e-9 * len(y):
        return Finding(name="effect by instrument", estimate=None, note="the instrument does not move the treatment")
    effect = float(w @ (y - y.mean())) / first
    rest = (y - y.mean()) - effect * (t - t.mean())
    error = math.sqrt(float((w * rest) @ (w * rest))) / abs(first)
    left = (t - t.mean()) - first / len(y) * w
    strength = first**2 / max(float((w * left) @ (w * left)), 1e-300)
    note = f"two-stage least squares, first-stage F = {strength:.0f}" + (" (weak)" if strength < 10 else "")
    return normal("effect by instrument", effect, error, note)
