"""A funnel: how far each row came, with known rates from step to step, and what one group does better."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar, Self

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from rowsmith.core.errors import SpecError
from rowsmith.core.protocols import Rows
from rowsmith.core.rng import Key
from rowsmith.truth._plant import Calibration, Fact, Finding, Maker, from_log, portion
from rowsmith.truth._terms import is_level, named, texts


@dataclass(frozen=True, kw_only=True)
class Funnel(Maker):
    """A column with the last step that a row reached. In an A/B test, one group goes on from a step more often."""

    column: str
    """The column of steps that is made."""
    steps: Mapping[str, float]
    """Step to the share of rows that come there from the step before, in order; that of the first step is 1."""
    by: str | None = None
    """A column of groups, such as the variant of a test."""
    lift: Mapping[str, Mapping[str, float]] | None = None
    """Group to its steps to a factor of their rate: {B: {order: 1.2}}. Groups that are left out have the rates as they are."""

    main: ClassVar[str] = "column"

    def at(self, difficulty: float) -> Self:
        """Check the rates; a funnel has nothing that hangs on the difficulty but the number of rows."""
        if len(self.steps) < 2:
            raise SpecError(f"steps={dict(self.steps)!r}: expected at least two steps.")
        for place, (step, rate) in enumerate(self.steps.items()):
            if place == 0 and rate != 1:
                raise SpecError(f"steps.{step}={rate:g}: all rows are at the first step; write 1.")
            if place and not 0 < rate < 1:
                raise SpecError(f"steps.{step}={rate:g}: expected a share above 0 and below 1.")
        if (self.by is None) != (self.lift is None):
            raise SpecError(f"by={self.by!r}, lift={self.lift!r}: expected both of them or none.")
        lifted: dict[str, str] = {}
        for group, factors in (self.lift or {}).items():
            for step, factor in factors.items():
                if lifted.setdefault(step, group) != group:
                    raise SpecError(
                        f"lift.{group}.{step}: {lifted[step]} has a lift of {step} too, and then there is no telling what it "
                        "is against; give one group a lift of a step."
                    )
                if step not in list(self.steps)[1:]:
                    raise SpecError(
                        f"lift.{group}.{step}: expected a step after the first, of {', '.join(self.steps)}."
                    )
                if not 0 < factor * self.steps[step] < 1:
                    most = 1 / self.steps[step]
                    raise SpecError(
                        f"lift.{group}.{step}={factor:g}: would bring the rate of {self.steps[step]:g} to "
                        f"{factor * self.steps[step]:g}; expected a factor above 0 and below {most:g}."
                    )
        return self

    @property
    def reads(self) -> tuple[str, ...]:
        """The groups."""
        return (self.by,) if self.by else ()

    @property
    def makes(self) -> Mapping[str, pa.DataType]:
        """The step."""
        return {self.column: pa.dictionary(pa.int8(), pa.string())}

    def calibrate(self, pilot: Mapping[str, pa.Array]) -> Calibration:
        """Shares of the groups.

        Raises:
            SpecError: a group that is lifted is not there.
        """
        if self.by is None:
            return {}
        words = texts(pilot[self.by])
        groups = sorted(words.unique().drop_null().to_pylist())
        for group in self.lift or {}:
            if group not in groups:
                raise SpecError(f"lift.{group}: {self.by} never has it; expected some of {', '.join(groups[:10])}.")
        return {"groups": {group: float(is_level(words, group).mean()) for group in groups}}

    def sample(self, rows: Rows, key: Key, given: Mapping[str, pa.Array], calibration: Calibration) -> pa.RecordBatch:
        """One uniform number against the shares that come as far as each step."""
        names = list(self.steps)
        groups = texts(given[self.by]) if self.by else None
        reached = np.ones((len(names), rows.n))
        for place, step in enumerate(names[1:], start=1):
            rate = np.full(rows.n, self.steps[step])
            for group, factors in (self.lift or {}).items():
                if step in factors and groups is not None:
                    rate[is_level(groups, group)] *= factors[step]
            reached[place] = reached[place - 1] * rate
        last = (key.generator().random(rows.n) < reached).sum(axis=0) - 1
        codes = pa.array(last.astype(np.int8))
        return pa.record_batch({self.column: pa.DictionaryArray.from_arrays(codes, pa.array(names, pa.string()))})

    def facts(self, calibration: Calibration) -> list[Fact]:
        """The rate of each step over all rows, and what each group does better."""
        found = [
            Fact(
                name=step,
                what=f"share of rows that come to {step} from the step before",
                value=rate,
                null=0.0,
                tolerance=0.02,
                pilot=self.by is not None,
            )
            for step, rate in self._rates(calibration).items()
        ]
        groups = calibration.get("groups", {})
        for group, factors in (self.lift or {}).items():
            for step, factor in factors.items():
                others = [name for name in groups if name != group]
                name, value = (others[0], 1 / factor) if factor < 1 and len(others) == 1 else (group, float(factor))
                what = f"rate of {step} in group {name}, as a factor of that of the other groups"
                near = min(0.1 * value, abs(value - 1) / 2)
                found.append(
                    Fact(name=f"{name}: {step}", what=what, value=value, null=1.0, tolerance=near, public=False)
                )
        return found

    def question(self) -> dict[str, Any]:
        """The columns, and the order of the steps."""
        return {"column": self.column, "steps": list(self.steps)} | ({"by": self.by} if self.by else {})

    def brief(self) -> str:
        """How many come from step to step."""
        steps = ", ".join(self.steps)
        test = (
            f" Does a group of {self.by} come to a step more or less often than the others do from the step before? Give the factor "
            "as `GROUP: STEP`; of two groups, for the one that comes there more often."
            if self.by
            else ""
        )
        return f"{self.column} is the last step that was reached, of {steps}. What share goes on from each step?{test}"

    def how(self, calibration: Calibration) -> str:
        """The rates."""
        rates = ", ".join(f"{step} {rate:.1%}" for step, rate in list(self.steps.items())[1:])
        lifts = [f"{step} × {f:g} in {group}" for group, each in (self.lift or {}).items() for step, f in each.items()]
        return f"Rates from step to step: {rates}{'; ' if lifts else ''}{', '.join(lifts)}."

    def _rates(self, calibration: Calibration) -> dict[str, float]:
        """Step to the share of those at the step before that come there, over all groups."""
        groups, factors = calibration.get("groups", {}), self.lift or {}
        # rows of no group have the rates as they are
        left = {**groups, None: 1 - sum(groups.values())}
        out = {}
        for step, rate in list(self.steps.items())[1:]:
            there = {group: share * rate * factors.get(group, {}).get(step, 1) for group, share in left.items()}
            out[step] = sum(there.values()) / sum(left.values())
            left = there
        return out

    @staticmethod
    def find(question: Mapping[str, Any], table: pa.Table) -> list[Finding]:
        """Shares of those who were at the step before, and their ratios between groups."""
        steps = list(question["steps"])
        places = pc.index_in(texts(named(table, question["column"])), pa.array(steps, pa.string()))
        reached = np.asarray(places.fill_null(-1).to_numpy(zero_copy_only=False))
        found = [
            portion(step, float((reached >= i).sum()), float((reached >= i - 1).sum()), none="nobody came so far")
            for i, step in enumerate(steps)
            if i
        ]
        if "by" in question:
            groups = texts(named(table, question["by"]))
            for group in groups.unique().drop_null().to_pylist():
                mine = is_level(groups, group)
                found += [
                    _factor(f"{group}: {step}", reached >= i, (reached >= i - 1) & mine, (reached >= i - 1) & ~mine)
                    for i, step in enumerate(steps)
                    if i
                ]
        return found


def _factor(name: str, hit: NDArray[np.bool_], mine: NDArray[np.bool_], others: NDArray[np.bool_]) -> Finding:
    """The ratio of two shares, its interval that of its logarithm (D. Katz et al., Biometrics 34, 1978)."""
    if not (hit & mine).any() or not (hit & others).any():
        return Finding(name=name, estimate=None, note="nobody came so far")
    a, b = float(hit[mine].mean()), float(hit[others].mean())
    if a == b == 1:
        return Finding(name=name, estimate=None, note="everybody came so far, so there is no telling how sure it is")
    error = math.sqrt((1 - a) / (a * mine.sum()) + (1 - b) / (b * others.sum()))
    log = math.log(a / b)
    return from_log(name, log, error)
