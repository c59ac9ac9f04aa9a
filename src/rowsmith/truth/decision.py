"""Decisions by rules: a label that hangs on thresholds of other columns, which a tree should find."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any, ClassVar, Self

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from rowsmith.core.errors import SpecError
from rowsmith.core.protocols import Rows
from rowsmith.core.rng import Key
from rowsmith.truth._feasible import within
from rowsmith.truth._plant import Calibration, Fact, Finding, Maker
from rowsmith.truth._splits import rules
from rowsmith.truth._terms import numbers

COMPARE = {"<": np.less, "<=": np.less_equal, ">": np.greater, ">=": np.greater_equal}
LEAST = 0.02
"""Share of rows whose label must hang on each threshold, or nobody could find it."""


@dataclass(frozen=True)
class _Rule:
    """Conditions that all must hold, and the label then."""

    conditions: Mapping[str, tuple[str, float]]
    then: str


@dataclass(frozen=True, kw_only=True)
class Decision(Maker):
    """A label given by the first rule that holds, but for some rows that get another label by chance.

    Each column has one threshold. A condition does not hold where its column is null.
    """

    target: str
    """The label that is made."""
    rules: tuple[Mapping[str, Any], ...]
    """Rules in order, such as {if: {income: "< 30000", age: ">= 40"}, then: high}; all conditions of one must hold."""
    otherwise: str
    """The label where no rule holds."""
    noise: float | None = None
    """Share of the rows that get another label, from 0 to 0.4; by difficulty 0.01 to 0.2 if left out."""
    among: tuple[str, ...] | None = None
    """Columns that a student is told to look at, these and those of the rules; all numbers of the table if left out."""

    main: ClassVar[str] = "target"

    def at(self, difficulty: float) -> Self:
        """The noise by difficulty."""
        within("noise", self.noise, 0, 0.4, "a share of the rows")
        if not self.rules:
            raise SpecError("rules=[]: expected at least one, such as {if: {income: '< 30000'}, then: high}.")
        labels = {rule.then for rule in self._rules} | {self.otherwise}
        if len(labels) < 2:
            raise SpecError(f"rules: every row would be {self.otherwise!r}; expected another label in one of them.")
        if self.target in self.reads:
            raise SpecError(f"rules: {self.target!r} cannot hang on itself.")
        _ = self._cuts
        return replace(self, noise=0.01 + 0.19 * difficulty) if self.noise is None else self

    @property
    def reads(self) -> tuple[str, ...]:
        """Columns of the rules."""
        return tuple(dict.fromkeys(name for rule in self._rules for name in rule.conditions))

    @property
    def makes(self) -> Mapping[str, pa.DataType]:
        """The label."""
        return {self.target: pa.string()}

    def calibrate(self, pilot: Mapping[str, pa.Array]) -> Calibration:
        """Spread of the columns; refuses a threshold that decides about too few rows."""
        columns = {name: numbers(pilot[name], name) for name in self.reads}
        for name, cut in self._cuts.items():
            values = columns[name][np.isfinite(columns[name])]
            low, high = np.quantile(values, [0.05, 0.95]) if len(values) else (np.nan, np.nan)
            if not low < high:
                raise SpecError(f"rules: {name} is nearly the same in every row, so nothing can hang on it.")
            ends = [self._labelled({**columns, name: np.full(len(columns[name]), end)}) for end in (-np.inf, np.inf)]
            sides = [
                float(np.mean((ends[0] != ends[1]) & side)) for side in (columns[name] < cut, columns[name] >= cut)
            ]
            if min(sides) < LEAST:
                near = min(max(cut, float(low)), float(high))
                hint = (
                    f"; the nearest is {near:.6g}" if near != cut else ", and conditions that hold together more often"
                )
                raise SpecError(
                    f"rules: the threshold {cut:g} of {name} decides about too few rows: of all, {sides[0]:.1%} below and "
                    f"{sides[1]:.1%} above it, and {LEAST:.0%} each are needed; expected one from {low:.6g} to {high:.6g}{hint}."
                )
        return {"spread": {name: float(np.nanstd(values)) for name, values in columns.items()}}

    def sample(self, rows: Rows, key: Key, given: Mapping[str, pa.Array], calibration: Calibration) -> pa.RecordBatch:
        """Apply the rules, and give some rows one of the other labels, each as likely."""
        assert self.noise is not None
        rng = key.generator()
        label = self._labelled({name: numbers(given[name], name) for name in self.reads})
        wrong = rng.random(rows.n) < self.noise
        others = rng.integers(1, max(2, len(self._labels)), rows.n)
        codes = np.where(wrong, (label + others) % len(self._labels), label).astype(np.int32)
        names = pa.array(self._labels, pa.string())
        return pa.record_batch({self.target: pa.DictionaryArray.from_arrays(codes, names).dictionary_decode()})

    def facts(self, calibration: Calibration) -> list[Fact]:
        """The columns, a threshold of each, and how often the label is another."""
        assert self.noise is not None
        columns = Fact(name="columns", what=f"columns that decide on {self.target}", value=tuple(self._cuts))
        cuts = [
            Fact(
                name=f"threshold of {name}",
                what=f"threshold of {name}",
                value=cut,
                tolerance=max(calibration["spread"][name] / 20, abs(cut) / 100),
                public=False,
            )
            for name, cut in self._cuts.items()
        ]
        noise = Fact(name="noise", what="share of rows with another label", value=self.noise, tolerance=0.02)
        return [columns, *cuts, noise]

    def question(self) -> dict[str, Any]:
        """The label, and columns to look at."""
        offered = {} if self.among is None else {"among": sorted({*self.among, *self.reads})}
        return {"target": self.target, **offered}

    def brief(self) -> str:
        """By which rules was it decided."""
        offered = "" if self.among is None else f" among {', '.join(sorted({*self.among, *self.reads}))}"
        return (
            f"By which rules was {self.target} decided? Grow a tree, name the columns{offered} that matter, give the threshold of "
            f"each as `threshold of COLUMN`, and say how often a label breaks the rules."
        )

    def how(self, calibration: Calibration) -> str:
        """The rules."""
        said = "; ".join(
            f"{' and '.join(f'{n} {sign} {cut:g}' for n, (sign, cut) in rule.conditions.items())}: {rule.then}"
            for rule in self._rules
        )
        return f"{self.target} by the first rule that holds: {said}; otherwise {self.otherwise}. {self.noise:.1%} got another label."

    @staticmethod
    def find(question: Mapping[str, Any], table: pa.Table) -> list[Finding]:
        """A tree that is as large as Schwarz's criterion allows, with the place of each threshold refined."""
        return rules(question["target"], question.get("among"), table)

    @property
    def _rules(self) -> tuple[_Rule, ...]:
        return tuple(_read(rule, i) for i, rule in enumerate(self.rules))

    @property
    def _cuts(self) -> dict[str, float]:
        """The threshold of each column."""
        out: dict[str, float] = {}
        for rule in self._rules:
            for name, (_, cut) in rule.conditions.items():
                if out.setdefault(name, cut) != cut:
                    raise SpecError(
                        f"rules: {name} has the thresholds {out[name]:g} and {cut:g}; expected one for each column."
                    )
        return out

    @property
    def _labels(self) -> list[str]:
        return list(dict.fromkeys([*(rule.then for rule in self._rules), self.otherwise]))

    def _labelled(self, columns: Mapping[str, NDArray[np.float64]]) -> NDArray[np.int64]:
        """Number of each row's label in `_labels`."""
        labels = self._labels
        out = np.full(len(next(iter(columns.values()))), labels.index(self.otherwise), dtype=np.int64)
        for rule in reversed(self._rules):
            holds = np.ones(len(out), dtype=bool)
            for name, (sign, cut) in rule.conditions.items():
                holds &= COMPARE[sign](columns[name], cut)
            out[holds] = labels.index(rule.then)
        return out


def _read(rule: Mapping[str, Any], i: int) -> _Rule:
    conditions = rule.get("if")
    if set(rule) != {"if", "then"} or not isinstance(conditions, Mapping) or not conditions:
        raise SpecError(f"rules[{i}]={dict(rule)!r}: expected {{if: {{income: '< 30000'}}, then: high}}.")
    if not isinstance(rule["then"], str):
        raise SpecError(f"rules[{i}].then={rule['then']!r}: expected a text; put quotes around it.")
    read = {}
    for name, condition in conditions.items():
        found = re.fullmatch(r"\s*(<=|>=|<|>)\s*([-+]?[0-9._]+(?:e[-+]?[0-9]+)?)\s*", str(condition), re.IGNORECASE)
        try:
            read[str(name)] = (found[1], float(found[2])) if found else None
        except ValueError:
            read[str(name)] = None
        if read[str(name)] is None:
            raise SpecError(
                f"rules[{i}].if.{name}={condition!r}: expected <, <=, > or >= and a number, such as '< 30000'."
            )
    return _Rule(read, rule["then"])  # type: ignore[arg-type]  # None was refused
