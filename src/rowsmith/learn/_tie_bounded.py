"""A column that may not be below (or above) what others say: the distance is learnt, and it is never negative."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Self

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from rowsmith.core import sql
from rowsmith.core.computed import flags, typed, value
from rowsmith.core.schema import Column, arrow_type
from rowsmith.core.shield import FEW, Units, shared_ends
from rowsmith.core.state import State
from rowsmith.learn._lattices import (
    folded,
    grid_of,
    on_grid,
    places_of,
    seldom_broken,
    storage_of,
    structured,
    ticks_of,
    told_by_distance,
)
from rowsmith.learn._ties import Columns, Part, Tie, column_of, state_of

FREQUENT, SPIKE = 0.02, 20
"""Share of the rows, and times of how often values come, from which on a value is a mark."""


@dataclass(frozen=True)
class Bounded(Tie):
    """The column is the greatest of its lower bounds and a distance, or the least of its upper ones less a distance.

    A bound that is missing does not count. Where all are, the column's own values are learnt.

    Attributes:
        column: that is bounded.
        bounds: SQL over other columns.
        kind: how the column itself is learnt.
        upper: whether the bounds are above it.
        least: the least distance.
        end: the greatest value of the column that some rows share or exceed, or the least for upper bounds; it goes on only
            where a bound lies beyond.
        places: decimals of floats; None for other types, and floats with more.
        own: whether there are rows without any bound.
        marks: values that are so frequent that they stand for something, as 9999-12-31 does; they are learnt as such.
        start: the other end of the column.
        ceilings: SQL over other columns that the column may not be above, where `bounds` are below it: of times and whole numbers.
        below: whether it may not be equal to one.
        step: of distances, in ticks.
        grid: step and first place of the lattice that the column is on, where its bounds are on a finer one: they are then taken
            outward to it.
    """

    form = "bounded"
    column: str
    bounds: tuple[str, ...]
    kind: Column
    upper: bool
    least: float | int | str
    end: float | int | str
    places: int | None = None
    own: bool = False
    marks: tuple[float | int | str, ...] = ()
    start: float | int | str | None = None
    ceilings: tuple[str, ...] = ()
    below: bool = False
    step: int = 1
    grid: tuple[int, int] | None = None

    @classmethod
    def of(
        cls,
        column: str,
        bounds: Sequence[str],
        kind: Column,
        rows: Columns,
        *,
        upper: bool,
        strict: bool,
        ceilings: Sequence[str] = (),
        below: bool = False,
        units: Units | None = None,
        anyhow: bool = False,
    ) -> Self:
        """The tie that real rows show.

        Args:
            column: that is bounded.
            bounds: SQL over other columns.
            kind: how the column is learnt.
            rows: real rows, of which some may break the rule.
            upper: whether the bounds are above it.
            strict: whether it may not be equal to one.
            ceilings: SQL of what it may not be above either, where the bounds are below it.
            below: whether it may not be equal to one of these.
            units: entities of the rows, if they belong to some.
            anyhow: whether a number is tied whose distance tells less than itself, if rows would else break the rule.

        Raises:
            pa.ArrowInvalid: the types know no distance, or the column has an order of its own that distances would lose: a few
                values, the first of each month, whole hours.
        """
        draft = cls(column, tuple(bounds), kind, upper, 0, 0)
        real, bound = rows[column], draft._bound(rows)
        if ceilings and (pa.types.is_floating(real.type) or pa.types.is_decimal(real.type)):
            raise pa.ArrowInvalid("only what comes in steps is kept between two bounds")
        marks = frequent(ticks_of(real))
        free = pc.invert(pc.is_in(ticks_of(real), value_set=marks))
        plain, of = ticks_of(real).filter(free), None if units is None else units[flags(free)]
        away = draft._kept(real, bound, strict)
        if not pa.types.is_temporal(real.type):
            pair = ticks_of(real), ticks_of(bound)
            if not told_by_distance(*pair) and (not anyhow or seldom_broken(*pair)):
                raise pa.ArrowInvalid("the distance tells less than the column")
        if structured(plain, away):
            draft = replace(draft, grid=grid_of(plain))
            bound = draft._bound(rows)
            away = draft._kept(real, bound, strict)
            if draft.grid is None or structured(plain, away):
                raise pa.ArrowInvalid("the column is a list of values, or a lattice, by itself")
        least = _plain(pc.min(away) if strict else cls._scalar(0, away.type))
        end, start = (_plain(_shared_end(plain, least, of)) for least in (upper, not upper))
        places = None
        if pa.types.is_floating(real.type):
            places = places_of(pa.concat_arrays([real.cast(pa.float64()), bound.cast(pa.float64())]))
        own = bool(flags(bound.is_null()).any())
        more = tuple(ceilings), below, (int(np.gcd.reduce(away.to_numpy())) or 1) if ceilings else 1
        marked = tuple(map(_plain, marks))
        return cls(column, tuple(bounds), kind, upper, least, end, places, own, marked, start, *more, draft.grid)

    @property
    def reads(self) -> tuple[str, ...]:
        """What the bounds read."""
        every = (*self.bounds, *self.ceilings)
        return tuple(dict.fromkeys(name for each in every for name in sql.references(each, self.column)))

    @property
    def learns(self) -> Mapping[str, Column]:
        """The distance; the column's own values, if there are rows without a bound; and which mark it is, if there are some."""
        kind = _distance(arrow_type(self.kind.type))
        name = "integer" if pa.types.is_integer(kind) else "decimal" if pa.types.is_decimal(kind) else "float"
        found = {self._gap: Column(kind=name, type=str(kind))} | ({self._own: self.kind} if self.own else {})
        return found | ({self._mark: Column(kind="integer", type="int64")} if self.marks else {})

    @property
    def says_missing(self) -> None:
        """None: the distance is missing then."""

    def split(self, rows: Columns) -> dict[str, Part]:
        """See `learns`; a distance that the rule does not allow is the least one."""
        real, bound = rows[self.column], self._bound(rows)
        away = self._away(real, bound)
        least = self._scalar(self.least, away.type)
        gap, free = pc.if_else(pc.less(away, least), least, away), flags(bound.is_null())
        out, idle = {}, free
        if self.own:
            out[self._own] = Part.of(real).lent(~free, self._own)
        if self.marks:
            number = (
                pc.index_in(ticks_of(real), value_set=self._values(ticks_of(real).type)).fill_null(-1).cast(pa.int64())
            )
            out[self._mark] = Part.of(number).lent(free, self._mark)
            idle = free | flags(pc.greater_equal(number, 0))
        return {self._gap: Part.of(gap).lent(idle, self._gap), **out}

    def join(self, rows: Columns) -> pa.Array:
        """The bound and the distance."""
        kind, bound, away = arrow_type(self.kind.type), self._bound(rows), rows[self._gap]
        least = self._scalar(self.least, away.type)
        away = pc.if_else(pc.less(away, least), least, away)
        base = ticks_of(bound)
        end = self._scalar(self.end, base.type)
        step = pc.subtract if self.upper else pc.add
        nearest, found = (
            step(base, each.cast(base.type)).cast(base.type) for each in (least, away)
        )  # a decimal has grown
        if self.upper:
            found = pc.max_element_wise(found, pc.min_element_wise(nearest, end), skip_nulls=False)
        else:
            found = pc.min_element_wise(found, pc.max_element_wise(nearest, end), skip_nulls=False)
        if self.start is not None:  # on this side nothing bounds it
            outermost = pc.min_element_wise if self.upper else pc.max_element_wise
            found = outermost(found, self._scalar(self.start, found.type), skip_nulls=False)
        if self.places is not None:  # the nearest number to the decimal, as a person would have typed it
            found = pc.divide(pc.round(pc.multiply(found, 10.0**self.places)), 10.0**self.places)
        found = self._marked(found, base, least, rows)
        if self.ceilings:
            found = folded(found, nearest, self._top(rows), self.step)
        found = found.cast(storage_of(kind)).cast(kind)
        return pc.if_else(bound.is_null(), self._own_value(rows), found) if self.own else found

    def limits(self, rows: Columns) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        """The first and the last tick that a column of times may have in each row, both of shape (n,)."""
        bound = ticks_of(self._bound(rows))
        free = flags(bound.is_null())
        nearest = bound.fill_null(0).to_numpy() + (-int(self.least) if self.upper else int(self.least))
        start, end = (np.int64(self.end if each is None else each) for each in (self.start, self.end))
        reach, nearest = np.minimum if self.upper else np.maximum, np.where(free, start, nearest)
        near, far = reach(nearest, start), reach(nearest, end)
        low, high = (far, near) if self.upper else (near, far)
        if self.ceilings:
            top = self._top(rows)
            high = np.where(flags(top.is_valid()), np.minimum(high, top.fill_null(0).to_numpy()), high)
        return low, high

    def solved(self, rows: Columns) -> dict[str, pa.Array]:
        """None: a bound does not follow."""
        return {}

    def state(self) -> State:
        """Plain values."""
        return state_of(self) | {"bounds": list(self.bounds), "ceilings": list(self.ceilings)}

    @classmethod
    def from_state(cls, state: State) -> Self:
        """The inverse."""
        return cls(
            **{**column_of(state), "bounds": tuple(state["bounds"]), "ceilings": tuple(state.get("ceilings", ()))}
        )

    @property
    def _gap(self) -> str:
        return f"{self.column}#gap"

    @property
    def _own(self) -> str:
        return f"{self.column}#own"

    @property
    def _mark(self) -> str:
        return f"{self.column}#mark"

    def _values(self, kind: pa.DataType) -> pa.Array:
        """The marks as numbers."""
        return pa.array([self._scalar(mark, kind).as_py() for mark in self.marks], kind)

    def _marked(self, found: pa.Array, base: pa.Array, least: pa.Scalar, rows: Columns) -> pa.Array:
        """What was found, or the mark that was drawn, if the bound allows it."""
        if not self.marks:
            return found
        number = rows[self._mark]
        chosen = self._values(found.type).take(
            pc.if_else(pc.greater_equal(number, 0), number, pa.scalar(None, pa.int64()))
        )
        away = pc.subtract(base, chosen) if self.upper else pc.subtract(chosen, base)
        fits = pc.greater_equal(away, least)  # whatever distance was drawn: there it says nothing
        return pc.if_else(pc.fill_null(fits, False), chosen, found)

    def _bound(self, rows: Columns) -> pa.Array:
        """The bound that counts, of the column's type."""
        return self._outermost(self.bounds, rows, upper=self.upper)

    def _outermost(self, bounds: Sequence[str], rows: Columns, *, upper: bool) -> pa.Array:
        kind = arrow_type(self.kind.type)
        each = [_outward(value(bound, rows, self.column), kind, upper) for bound in bounds]
        together = pc.min_element_wise if upper else pc.max_element_wise
        found = each[0] if len(each) == 1 else together(*each)
        return found if self.grid is None else on_grid(found, *self.grid, upper=upper)

    def _kept(self, real: pa.Array, bound: pa.Array, strict: bool) -> pa.Array:
        """Distances of the rows that keep the rule.

        Raises:
            pa.ArrowInvalid: there are none.
        """
        away = self._away(real, bound).drop_null()
        away = away.filter(pc.greater(away, 0) if strict else pc.greater_equal(away, 0))
        if not len(away):
            raise pa.ArrowInvalid("no real row keeps it")
        return away

    def _top(self, rows: Columns) -> pa.Array:
        """The greatest tick that the column may have, null where nothing is above it."""
        return pc.subtract(ticks_of(self._outermost(self.ceilings, rows, upper=True)), int(self.below))

    def _own_value(self, rows: Columns) -> pa.Array:
        """The column's value where nothing is below it."""
        values = rows[self._own]
        if not self.ceilings:
            return values
        ticks = pc.min_element_wise(ticks_of(values), self._top(rows))
        return pc.if_else(values.is_valid(), ticks, None).cast(storage_of(values.type)).cast(values.type)

    def _away(self, real: pa.Array, bound: pa.Array) -> pa.Array:
        real, bound = ticks_of(real), ticks_of(bound)
        away = pc.subtract(bound, real) if self.upper else pc.subtract(real, bound)
        return away.cast(_distance(arrow_type(self.kind.type)))

    @staticmethod
    def _scalar(number: float | int | str, kind: pa.DataType) -> pa.Scalar:
        return pa.scalar(str(number)).cast(kind) if pa.types.is_decimal(kind) else pa.scalar(number, kind)


def _outward(values: pa.Array, kind: pa.DataType, upper: bool) -> pa.Array:
    """A bound in the type of a column, rounded to the side on which the rule still holds."""
    if pa.types.is_floating(values.type) and pa.types.is_integer(kind):
        values = pc.floor(values) if upper else pc.ceil(values)
    elif pa.types.is_decimal(kind) and not pa.types.is_integer(values.type):
        mode = "down" if upper else "up"
        return pc.round(values, ndigits=kind.scale, round_mode=mode).cast(kind)
    elif pa.types.is_timestamp(values.type) and pa.types.is_date(kind):
        values = values.cast(kind, safe=False)  # the day; of a lower bound within it, the day itself is too early
    return typed(values, kind)


def _distance(kind: pa.DataType) -> pa.DataType:
    if pa.types.is_decimal(kind):
        return pa.decimal128(min(kind.precision + 1, 38), kind.scale)
    return pa.float64() if pa.types.is_floating(kind) else pa.int64()


def _shared_end(ticks: pa.Array, least: bool, units: Units | None) -> pa.Scalar:
    """The end of a column, at which or beyond which `FEW` rows lie, and entities: the outermost value is that of one person."""
    there = flags(ticks.is_valid())
    ticks, units = ticks.drop_null(), None if units is None else units[there]
    order = pc.sort_indices(ticks).to_numpy()
    place = np.empty(len(order), dtype=np.int64)  # decimals have an order, but are no numbers of numpy
    place[order] = np.arange(len(order))
    return ticks[int(order[shared_ends(place, FEW, units)[0 if least else 1]])]


def frequent(ticks: pa.Array) -> pa.Array:
    """Values that are many times as frequent as others."""
    counted = pc.value_counts(ticks.drop_null())
    values, counts = counted.field("values"), counted.field("counts").to_numpy()
    if not len(counts):
        return values
    return values.filter(pa.array(counts >= max(FREQUENT * counts.sum(), SPIKE * np.median(counts))))


def _plain(scalar: pa.Scalar) -> Any:
    """A number as JSON has it; a decimal as text."""
    found = scalar.as_py()
    return found if isinstance(found, int | float) else str(found)
