"""Drift: a column that changes from a date on, or from a value of another column, or little by little."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, ClassVar, Self

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from rowsmith.core.errors import SpecError
from rowsmith.core.protocols import Rows
from rowsmith.core.rng import Key
from rowsmith.truth._axis import axis, is_time, place, shown
from rowsmith.truth._feasible import within
from rowsmith.truth._period import changes
from rowsmith.truth._plant import Calibration, Change, Changer, Fact, Finding
from rowsmith.truth._rewrite import decimals, is_number, with_numbers, with_words
from rowsmith.truth._terms import kind_of, numbers, texts

Floats = NDArray[np.float64]
LEAST = 0.05
"""Share of rows that there must be before and after."""
MOST_LEVELS = 1000
SEEN = 0.02
"""How far the share of a level must move for a fact of its own, if no setting names it."""


@dataclass(frozen=True, kw_only=True)
class Drift(Changer):
    """A column whose mean, spread or shares shift in time, or along any other column.

    Numbers are moved and stretched around their mean; categories change to others in as few rows as the new shares need.
    """

    column: str
    """The column that drifts: numbers or a category."""
    on: str
    """The column of dates, moments or numbers along which it does."""
    since: float | str | dt.date | None = None
    """The date or number from which on it has changed; the middle of the rows if left out."""
    mean: float | None = None
    """How far the mean moves, in the column's standard deviations; by difficulty 1 to 0.3 if nothing else is to change."""
    spread: float | None = None
    """What the standard deviation is multiplied by, from 0.1 to 10."""
    shares: Mapping[str, float] | None = None
    """For a category: levels to their shares after; the others share the rest as they did."""
    gradual: bool = False
    """Whether the mean moves evenly from the first to the last of `on`, instead of at once."""

    main: ClassVar[str] = "column"

    def at(self, difficulty: float) -> Self:
        """The shift of the mean by difficulty."""
        if self.on == self.column:
            raise SpecError(f"on={self.on!r}: is the column itself; expected another, along which it drifts.")
        if self.shares is not None and (self.mean is not None or self.spread is not None):
            raise SpecError("shares, mean, spread: `shares` is for a category, and the others for numbers.")
        if self.gradual and (self.shares is not None or self.spread is not None or self.since is not None):
            raise SpecError("gradual=True: only the mean can move little by little, and over the whole of `on`.")
        for level, share in (self.shares or {}).items():
            if isinstance(share, bool) or not isinstance(share, int | float):
                raise SpecError(f"shares.{level}={share!r}: expected a number.")
            within(f"shares.{level}", share, 0, 1, "a share of the rows")
        if self.shares is not None and (not self.shares or sum(self.shares.values()) > 1 + 1e-9):
            raise SpecError(f"shares={dict(self.shares)}: expected shares of levels that add up to 1 or less.")
        within("mean", self.mean, -20, 20, "a number of standard deviations")
        within("spread", self.spread, 0.1, 10, "a factor")
        if self.mean == 0 or self.spread == 1:
            raise SpecError("mean=0 or spread=1: changes nothing; leave it out, or give another number.")
        if isinstance(self.since, dt.date):
            return replace(self, since=self.since.isoformat()).at(difficulty)
        if self.since is not None:
            place(self.since)
        only = self.mean is None and self.spread is None and self.shares is None
        return replace(self, mean=1 - 0.7 * difficulty) if only else self

    @property
    def reads(self) -> tuple[str, ...]:
        """What it drifts along, and the column itself."""
        return (self.on, self.column)

    @property
    def changes(self) -> tuple[str, ...]:
        """The column."""
        return (self.column,)

    def calibrate(self, pilot: Mapping[str, pa.Array]) -> Calibration:
        """Where on `on`, and what the column is like before."""
        where = axis(pilot[self.on], self.on)
        where = where[np.isfinite(where)]
        if not len(where) or np.ptp(where) == 0:
            raise SpecError(f"on={self.on!r}: is the same in every row, so nothing can drift along it.")
        time = is_time(pilot[self.on])
        out: dict[str, Any] = {"time": time, "first": float(where.min()), "last": float(where.max())}
        out["since"] = self._since(where, time)
        column = pilot[self.column]
        if self.shares is not None:
            return out | self._levels(column)
        if not is_number(column.type):
            raise SpecError(
                f"{self.column}: is {kind_of(column.type)}; its mean and spread cannot drift; give `shares` of levels."
            )
        values = numbers(column, self.column)
        values = values[np.isfinite(values)]
        if not len(values) or np.ptp(values) == 0:
            raise SpecError(f"{self.column}: is the same in every row; expected numbers that differ.")
        return out | {"center": float(values.mean()), "sd": float(values.std()), "decimals": decimals(values)}

    def change(
        self, batch: pa.RecordBatch, rows: Rows, key: Key, given: Mapping[str, pa.Array], calibration: Calibration
    ) -> tuple[pa.RecordBatch, Sequence[Change]]:
        """Move the values of rows that are late enough; nothing where `on` is null."""
        column, where = batch.column(self.column), axis(given[self.on], self.on)
        late = np.isfinite(where) if self.gradual else where >= calibration["since"]
        rng = key.generator()
        if self.shares is not None:
            after = self._replaced(column, late, rng, calibration)
        else:
            moved = self._moved(numbers(column, self.column)[late], where[late], calibration)
            after = with_numbers(column, np.flatnonzero(late), moved, calibration["decimals"], rng.random(len(moved)))
        unlike = pc.not_equal(*(texts(a) if self.shares is not None else a for a in (column, after)))
        touched = np.flatnonzero(unlike.fill_null(False).to_numpy(zero_copy_only=False))
        if not len(touched):
            return batch, []
        out = batch.set_column(batch.schema.names.index(self.column), batch.schema.field(self.column), after)
        taken = pa.array(touched)
        return out, [Change(touched, self.column, column.take(taken), after.take(taken), "drift")]

    def facts(self, calibration: Calibration) -> list[Fact]:
        """Where, and how much."""
        sd, time = calibration.get("sd", 1.0), calibration["time"]
        length = calibration["last"] - calibration["first"]
        if self.gradual:
            assert self.mean is not None
            what = f"change of the mean of {self.column} with {'a day' if time else f'1 of {self.on}'}"
            slope = self.mean * sd / length
            return [Fact(name="slope", what=what, value=slope, null=0.0, tolerance=abs(slope) / 4, public=False)]
        since = calibration["since"]
        what = f"place on {self.on} from which {self.column} has changed"
        found = [Fact(name="point", what=what, value=since, tolerance=length / 50, time=time, public=False)]
        if self.mean is not None:
            moved = self.mean * sd
            what = f"change of the mean of {self.column}"
            found.append(Fact(name="mean", what=what, value=moved, null=0.0, tolerance=abs(moved) / 4, public=False))
        if self.spread is not None:
            what = f"standard deviation of {self.column} after, divided by that before"
            near = self.spread / 10
            found.append(Fact(name="spread", what=what, value=self.spread, null=1.0, tolerance=near, public=False))
        return [*found, *(self._shares(calibration) if self.shares else [])]

    def question(self) -> dict[str, Any]:
        """The two columns."""
        return {"column": self.column, "on": self.on}

    def brief(self) -> str:
        """What changes, from where on, and by how much."""
        what = (
            f"for each level whose share moves by {SEEN:g} or more, as `share of LEVEL`, its share after"
            if self.shares
            else "`mean`, by how much the mean moves, and `spread`, the standard deviation after divided by that before; if it changes "
            f"little by little, give as `slope` how much the mean moves with one more of {self.on}, or with a day if it is a time"
        )
        return (
            f"Is {self.column} the same all along {self.on}? If it changes at once, give as `point` from where on, and of what changes: "
            f"{what}."
        )

    def how(self, calibration: Calibration) -> str:
        """The mechanism."""
        if self.gradual:
            first, last = (shown(calibration[end], calibration["time"]) for end in ("first", "last"))
            return f"The mean of {self.column} moves by {self.mean:g} standard deviations, evenly from {self.on} = {first} to {last}."
        what = []
        if self.mean is not None:
            what.append(f"the mean moves by {self.mean:g} standard deviations")
        if self.spread is not None:
            what.append(f"the standard deviation is multiplied by {self.spread:g}")
        if self.shares is not None:
            what.append("shares become " + ", ".join(f"{level} {share:g}" for level, share in self.shares.items()))
        return f"From {self.on} = {shown(calibration['since'], calibration['time'])} on, in {self.column} {' and '.join(what)}."

    @staticmethod
    def find(question: Mapping[str, Any], table: pa.Table) -> list[Finding]:
        """The place of one change, what is different after it, and the slope of an even one."""
        return changes(question["column"], question["on"], table)

    def _shares(self, calibration: Calibration) -> list[Fact]:
        """The share after of every level that was named, and of others that make room for them."""
        assert self.shares is not None
        found = []
        for level, before, after in zip(*(calibration[name] for name in ("levels", "before", "after")), strict=True):
            if level in self.shares or abs(after - before) >= SEEN:
                null = before if level in self.shares else None  # it moves by chance too little to be seen
                what = f"share of {level} in {self.column} after"
                found.append(
                    Fact(
                        name=f"share of {level}",
                        what=what,
                        value=float(after),
                        null=null,
                        tolerance=0.03,
                        public=False,
                        pilot=level not in self.shares,
                    )
                )
        return found

    def _since(self, where: Floats, time: bool) -> float:
        if self.since is None:
            return float(np.sort(where)[len(where) // 2])
        assert not isinstance(self.since, dt.date)
        since = place(self.since)
        low, high = (float(end) for end in np.quantile(where, [LEAST, 1 - LEAST]))
        if not low <= since <= high:
            near = low if since < low else high
            raise SpecError(
                f"since={self.since!r}: leaves too few rows before or after; expected {self.on} from {shown(low, time)} to "
                f"{shown(high, time)}; the nearest is {shown(near, time)}."
            )
        return since

    def _levels(self, column: pa.Array) -> dict[str, Any]:
        """Levels, with their shares before and after."""
        assert self.shares is not None
        coded = texts(column).drop_null().dictionary_encode()
        levels = coded.dictionary.to_pylist()
        if len(levels) > MOST_LEVELS:
            raise SpecError(
                f"{self.column}: has {len(levels)} values and more; expected a category of {MOST_LEVELS} at most."
            )
        for level in self.shares:
            if level not in levels:
                raise SpecError(
                    f"shares.{level}: {self.column} never has it; expected some of {', '.join(levels[:10])}."
                )
        before = np.bincount(coded.indices.to_numpy(), minlength=len(levels)) / len(coded)
        named = np.array([level in self.shares for level in levels])
        left = 1 - sum(self.shares.values())
        if named.all() and abs(left) > 1e-6:
            raise SpecError(f"shares={dict(self.shares)}: name all levels, so they must add up to 1.")
        after = np.array([self.shares.get(level, 0.0) for level in levels])
        after = np.where(named, after, before * max(left, 0.0) / max(before[~named].sum(), 1e-300))
        if np.abs(after - before).max() < 0.01:
            raise SpecError(f"shares={dict(self.shares)}: are what they are before, so nothing would change.")
        return {"levels": levels, "before": before.tolist(), "after": after.tolist()}

    def _moved(self, values: Floats, where: Floats, calibration: Calibration) -> Floats:
        center, shift = calibration["center"], (self.mean or 0.0) * calibration["sd"]
        if self.gradual:
            length = calibration["last"] - calibration["first"]
            return np.asarray(values + shift * (where - calibration["first"]) / length)
        factor = 1.0 if self.spread is None else self.spread
        return np.asarray(center + factor * (values - center) + shift)

    def _replaced(
        self, column: pa.Array, late: NDArray[np.bool_], rng: np.random.Generator, calibration: Calibration
    ) -> pa.Array:
        """Levels that lose share give rows to those that gain, so that a row changes no more often than it must."""
        before, after = np.array(calibration["before"]), np.array(calibration["after"])
        u, v = rng.random(len(column)), rng.random(len(column))
        leaves = np.clip(1 - after / before, 0, None)
        gains = np.cumsum(np.clip(after - before, 0, None))
        levels = pa.array(calibration["levels"], pa.string())
        coded = texts(column).dictionary_encode()
        known = coded.dictionary.to_pylist()
        place_of = {level: i for i, level in enumerate(calibration["levels"])}
        chance = np.array([leaves[place_of[level]] if level in place_of else 0.0 for level in known] + [0.0])
        codes = coded.indices.fill_null(len(known)).to_numpy(zero_copy_only=False)
        goes = late & (u < chance[codes])
        to = np.searchsorted(gains, v[goes] * gains[-1], "right")
        return with_words(column, np.flatnonzero(goes), levels.take(pa.array(np.minimum(to, len(gains) - 1))))
