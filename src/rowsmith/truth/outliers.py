"""Outliers: values that are wrong in a way that shows, by one of several mechanisms."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import Any, ClassVar, Literal, Self

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from rowsmith.core.errors import SpecError
from rowsmith.core.protocols import Rows
from rowsmith.core.rng import Key
from rowsmith.core.types import is_number
from rowsmith.truth._digits import swapped
from rowsmith.truth._dirt import chance, check_by, check_factor, check_rate, fill, replaced, struck, within
from rowsmith.truth._outlying import FENCE, find_outliers, share_seen, spikes, suspects
from rowsmith.truth._plant import Calibration, Change, Changer, Fact, Finding
from rowsmith.truth._terms import kind_of, named, numbers
from rowsmith.truth._usual import LARGEST, Usual, decimals, usual

Array = NDArray[np.float64]
LOOKED_AT = 20_000
FEWEST_ROWS = 20
NEAREST = 8.0
"""Standard deviations from the mean from which on an outlier is gross."""
ENOUGH = 0.6
"""Share of the outliers that must be beyond all usual values, for facts that can be asked for."""
NEAR_POWER = 0.1
"""Decimal logarithm of the distance from a power of ten that a factor must have."""
LURKING = 0.1
"""Share of the outliers that usual values may add to them, at most."""


@dataclass(frozen=True, kw_only=True)
class Outliers(Changer):
    """Wrong values in a column of numbers.

    `decimal-shift`: the decimal point moved; `sign-flip`: the sign is wrong; `unit-spike`: in another unit, all times one
    factor; `gross`: far from the mean; `swapped-digits`: two neighbouring digits changed places; `sentinel`: a number that
    stands for "not known". Where a mechanism leaves too many values among the usual ones, as a shift by one place does in a
    column that spans several powers of ten, nobody can find the facts and none are asked for; `by` can help.
    """

    column: str
    """The column of numbers."""
    kind: Literal["decimal-shift", "sign-flip", "unit-spike", "gross", "swapped-digits", "sentinel"] = "decimal-shift"
    """How outliers come about."""
    rate: float | None = None
    """Share of the values, above 0 to 0.05; by difficulty 0.02 to 0.006 if left out."""
    shifts: tuple[float, ...] = (10.0, 100.0, 0.1)
    """For decimal-shift: factors, each a power of ten, one of which is drawn for each outlier."""
    factor: float = 25.4
    """For unit-spike: what values are multiplied by."""
    k: float | None = None
    """For gross: standard deviations from the mean from which on they lie, on either side; if left out 8, or more where the
    column is so lopsided that usual values go as far."""
    values: tuple[float, ...] = (999.0, -1.0)
    """For sentinel: the numbers, one of which is drawn for each."""
    by: tuple[str, ...] = ()
    """Columns that the values follow, so that a value can be wrong for its row; without them swapped digits cannot be found."""

    main: ClassVar[str] = "column"

    def at(self, difficulty: float) -> Self:
        """The rate by difficulty."""
        check_rate(self.rate, 0.05)
        for shift in self.shifts:
            if not 0 < shift < np.inf or shift == 1 or abs(np.log10(shift) - np.rint(np.log10(shift))) > 1e-9:
                raise SpecError(
                    f"shifts={list(self.shifts)}: expected powers of ten other than 1, such as [10, 100, 0.1]."
                )
        if not self.shifts or not self.values:
            raise SpecError("shifts, values: expected at least one number in each.")
        check_factor(self.factor)
        if self.k is not None and not self.k >= 3:
            raise SpecError(f"k={self.k:g}: values so near to the mean are no outliers; expected 3 or more.")
        check_by(self.column, self.by)
        return replace(self, rate=0.02 - 0.014 * difficulty) if self.rate is None else self

    @property
    def reads(self) -> tuple[str, ...]:
        """The column, and those that it follows."""
        return (self.column, *self.by)

    @property
    def changes(self) -> tuple[str, ...]:
        """The column."""
        return (self.column,)

    def calibrate(self, pilot: Mapping[str, pa.Array]) -> Calibration:
        """Mean and spread, the decimals, how many values can be changed, and what share of the outliers can be seen."""
        column, rate = pilot[self.column], self.rate
        assert rate is not None
        if not is_number(column.type):
            raise SpecError(f"{self.column}: is {kind_of(column.type)}; expected a column of numbers.")
        values = numbers(column, self.column)
        kept = np.isfinite(values)
        values = values[kept]
        if np.abs(values).max(initial=0.0) > LARGEST:
            raise SpecError(f"{self.column}: has numbers beyond {LARGEST:g}; expected smaller ones.")
        values = values if len(values) else np.zeros(1)
        found: dict[str, Any] = {"mean": float(values.mean()), "sd": float(values.std()), "places": decimals(values)}
        if len(values) < 2 or found["sd"] == 0:
            raise SpecError(f"{self.column}: is the same in every row; expected a column with a spread.")
        if self.kind == "swapped-digits" and found["places"] is None:
            raise SpecError(f"{self.column}: has numbers with no end of digits; round them, or take another kind.")
        some = kept.nonzero()[0][:LOOKED_AT]
        look = partial(usual, given={name: pilot[name].take(pa.array(some)) for name in self.by}, by=self.by)
        self._check(values)
        if self.kind == "gross":
            found["k"] = self._far(values, look(values[: len(some)]), found)
        dirty = self._dirty(values, column.type, Key(0).child("pilot").generator(), found)
        able = float((np.isfinite(dirty) & (dirty != values)).mean())
        why = f"{self.kind} leaves values as they are, or makes some that {column.type} cannot hold"
        found["chance"] = chance(rate, able, why)
        found["seen"] = self._seen(values[: len(some)], dirty[: len(some)], look, found)
        return found

    def change(
        self, batch: pa.RecordBatch, rows: Rows, key: Key, given: Mapping[str, pa.Array], calibration: Calibration
    ) -> tuple[pa.RecordBatch, Sequence[Change]]:
        """Spoil values, each by chance."""
        generator = key.generator()
        column = batch.column(self.column)
        where = struck(generator, column, calibration["chance"])
        clean = numbers(column.take(pa.array(where)), self.column)
        dirty = self._dirty(clean, column.type, generator, calibration)
        good = np.isfinite(dirty) & (dirty != clean)
        return replaced(batch, self.column, where[good], fill(dirty[good], column.type), self.kind)

    def facts(self, calibration: Calibration) -> list[Fact]:
        """The share and the kind, the numbers of sentinels and the factor; nothing where they cannot be told from usual values."""
        assert self.rate is not None
        if not calibration["seen"]:
            return []
        what = f"share of outliers in {self.column}"
        found = [
            Fact(name="rate", what=what, value=self.rate, null=0.0, tolerance=self.rate / 2),
            Fact(name="kind", what="how they came about", value=self.kind),
        ]
        if self.kind == "sentinel":
            words = tuple(f"{value:g}" for value in sorted(self.values))
            found.append(Fact(name="values", what="numbers that stand for a missing value", value=words, public=False))
        if self.kind == "unit-spike":
            what = "factor by which they are off"
            found.append(
                Fact(name="factor", what=what, value=self.factor, null=1.0, tolerance=self.factor / 4, public=False)
            )
        return found

    def question(self) -> dict[str, Any]:
        """The column, and those that it follows."""
        return {"column": self.column} | ({"by": list(self.by)} if self.by else {})

    def brief(self) -> str:
        """How many, and what happened."""
        hint = f" {', '.join(self.by)} tell what to expect." if self.by else ""
        kinds = "decimal-shift, sign-flip, unit-spike, gross, swapped-digits or sentinel"
        return (
            f"Which values of {self.column} cannot be right, how many are there, and what went wrong ({kinds})?{hint} "
            "Of sentinels, list the numbers as `values`; of a unit-spike, give the factor as `factor`."
        )

    def how(self, calibration: Calibration) -> str:
        """The mechanism."""
        what = {
            "decimal-shift": f"multiplied by one of {', '.join(f'{s:g}' for s in self.shifts)}",
            "sign-flip": "given the other sign",
            "unit-spike": f"multiplied by {self.factor:g}",
            "gross": f"replaced by numbers {calibration.get('k', 0):.3g} standard deviations and more from the mean",
            "swapped-digits": "written with two neighbouring digits swapped",
            "sentinel": f"replaced by one of {', '.join(f'{v:g}' for v in self.values)}",
        }[self.kind]
        seen = "" if calibration["seen"] else " Too many of them lie among usual values for anybody to count them."
        return f"{self.rate:.2%} of the values of {self.column} were {what}.{seen}"

    @staticmethod
    def find(question: Mapping[str, Any], table: pa.Table) -> list[Finding]:
        """Suspects beyond a fence, told by how they may have come about, and corrected for those that nobody sees."""
        by = tuple(question.get("by", ()))
        values = numbers(named(table, question["column"]), question["column"])
        kept = np.abs(values) <= LARGEST
        table = table.filter(pa.array(kept))
        if kept.sum() < FEWEST_ROWS:
            return [Finding(name="rate", estimate=None, note=f"{kept.sum()} values are too few to tell usual ones")]
        return find_outliers(values[kept], usual(values[kept], table, by), bool(by))

    def _far(self, values: Array, model: Usual, found: Mapping[str, Any]) -> float:
        """How far from the mean gross outliers begin: beyond where usual values can be, on either side."""
        assert self.rate is not None
        ends = model.ends(FENCE + 1)
        least = max(*(np.abs(ends - found["mean"]) / found["sd"]), 0.0)
        far = np.abs(values - found["mean"]) / found["sd"]
        least = max(float(least), float(np.quantile(far, 1 - LURKING * self.rate)))
        if self.k is not None and self.k < least:
            raise SpecError(
                f"k={self.k:g}: {self.column} has usual values as far from the mean; expected {least:.3g} or more."
            )
        return max(NEAREST, least) if self.k is None else self.k

    def _check(self, values: Array) -> None:
        """See that usual values do not look like the outliers themselves."""
        assert self.rate is not None
        most = LURKING * self.rate
        place = np.rint(np.log10(self.factor))
        near = NEAR_POWER if place and not self.by else 1e-9  # where `by` says what to expect, both can be told apart
        if self.kind == "unit-spike" and abs(np.log10(self.factor) - place) < near:
            raise SpecError(
                f"factor={self.factor:g}: is {10**place:g} or so near to it that it looks like a moved decimal point, which is "
                f"kind decimal-shift; expected one such as {10 ** (place - 2 * near):.3g} or {10 ** (place + 2 * near):.3g}."
            )
        if self.kind == "sentinel":
            for value in self.values:
                if (values == value).mean() > most:
                    raise SpecError(
                        f"values: {value:g} is {(values == value).mean():.2%} of {self.column} by itself; expected a number "
                        f"that the column does not have, such as {10.0 ** np.ceil(np.log10(np.abs(values).max() + 2)) - 1:g}."
                    )

    def _seen(self, values: Array, dirty: Array, look: Callable[[Array], Usual], found: Mapping[str, Any]) -> bool:
        """Whether enough of the outliers would be seen, and hardly any others, by who takes them for usual values at first."""
        assert self.rate is not None
        able = np.isfinite(dirty) & (dirty != values)
        some = np.arange(len(values)) % max(1, round(1 / self.rate)) == 0
        mixed = np.where(able & some, dirty, values)
        model = look(mixed)
        if self.kind == "sentinel":
            return bool(set(spikes(mixed, model)) == set(self.values))
        if self.kind == "swapped-digits":
            seen = share_seen(values, model, found["places"]) if self.by else 0.0
        else:
            seen = float((suspects(np.where(able, dirty, values), model) & able).sum() / able.sum())
        return bool(seen >= ENOUGH and suspects(values, model).mean() <= LURKING * self.rate)

    def _dirty(self, x: Array, kind: pa.DataType, generator: np.random.Generator, found: Mapping[str, Any]) -> Array:
        """Wrong values in place of right ones, shape (n,); nan where there is none that fits the type."""
        n = len(x)
        pick = generator.random(n)
        if self.kind == "decimal-shift":
            out = x * np.array(self.shifts)[(pick * len(self.shifts)).astype(int)]
        elif self.kind == "sign-flip":
            out = -x
        elif self.kind == "unit-spike":
            out = x * self.factor
        elif self.kind == "swapped-digits":
            out = swapped(x, found["places"], pick)
        elif self.kind == "sentinel":
            out = np.array(self.values)[(pick * len(self.values)).astype(int)]
        else:
            far = found["k"] + generator.exponential(size=n)
            out = found["mean"] + np.where(pick < 0.5, -far, far) * found["sd"]
        more = 1 if self.kind == "decimal-shift" else 0
        return within(out if found["places"] is None else np.round(out, found["places"] + more), kind)
