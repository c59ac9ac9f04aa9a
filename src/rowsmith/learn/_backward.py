"""What computed columns that are given say of the columns that they are computed from: by trial, and worked out.

A total that is given does not say what price and what pieces made it. Rows are drawn, and among those with the same total, or
the nearest, one is chosen for each row that is given: so its price and pieces follow their law given the total. Where only
near ones are found, one number is then moved until the formula says the very total.

Source: rejection sampling by what is observed, M. Beaumont, W. Zhang, D. Balding, "Approximate Bayesian Computation in
Population Genetics" (2002), here with an adjustment that makes the last distance nought.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from rowsmith.core.errors import SpecError
from rowsmith.core.protocols import Rows
from rowsmith.core.rng import Key
from rowsmith.learn._tie_derived import Derived
from rowsmith.learn._ties import Columns

if TYPE_CHECKING:
    from rowsmith.learn.table import TableModel

POOL = 20_000
"""Rows that are drawn to choose from."""
ROUNDS = 5
"""Times that rows of the pool are tried for those that are given, where none has their very value: as many as are in it."""
STEPS = 3
"""Places of a number's lattice on either side that are tried after it was moved."""
PLACES = 6
"""Decimals after which a float is no lattice."""


def with_sources(table: TableModel, given: Columns, key: Key) -> dict[str, pa.Array]:
    """The given columns, and those that given computed columns are computed from.

    Args:
        table: the model.
        given: n values each.
        key: random stream of the choice.

    Raises:
        SpecError: a given value cannot be made by the formula of its column.
    """
    out = dict(given)
    while True:
        asking = [ask for tie in table.ties.each if (ask := _ask(table, tie, out)) is not None]
        if not asking:
            return out
        # Those that ask for the same columns are answered together: a year, a month and an hour of one moment.
        group, unknown = [asking[-1]], set(asking[-1].unknown)
        for ask in asking[:-1]:
            if unknown & set(ask.unknown):
                group.append(ask)
                unknown |= set(ask.unknown)
        out |= _answered(table, group, sorted(unknown), out, key.child(*sorted(unknown)))


@dataclass(frozen=True)
class _Ask:
    """A computed column that is given, and what it is computed from.

    Attributes:
        column: its name.
        path: the ties that lead from what was learnt, or is given, to the column, in order.
        unknown: columns at the beginning of the path that are not given.
        known: columns at its beginning that are.
    """

    column: str
    path: tuple[Derived, ...]
    unknown: tuple[str, ...]
    known: tuple[str, ...]

    def __call__(self, rows: Columns) -> pa.Array:
        """The column, of rows with all that its path begins with."""
        made = dict(rows)
        for tie in self.path:
            own = {name: pa.nulls(len(next(iter(rows.values()))), pa.bool_()) for name in tie.learns}
            made[tie.column] = replace(tie, missing=False, own=False, broken=False).join({**made, **own})
        return made[self.column]

    def agrees(self, rows: Columns) -> NDArray[np.bool_]:
        """Rows in which the column is what its path says, or is missing."""
        made = {**rows, **{tie.column: self.part(tie)(rows) for tie in self.path[:-1]}}
        return self.path[-1].agrees(made)

    def part(self, tie: Derived) -> _Ask:
        """The path as far as a tie."""
        return _Ask(tie.column, self.path[: self.path.index(tie) + 1], self.unknown, self.known)


def _ask(table: TableModel, tie: object, given: Columns) -> _Ask | None:
    """What a computed column that is given asks of others; None for one that asks nothing."""
    if not isinstance(tie, Derived) or tie.column not in given:
        return None
    makers = {each.column: each for each in table.ties.each if isinstance(each, Derived)}
    path, begins, todo = [tie], set[str](), list(tie.reads)
    while todo:
        name = todo.pop()
        if name in makers and name not in given:
            path = [makers[name], *(each for each in path if each.column != name)]
            todo += makers[name].reads
        else:
            begins.add(name)
    unknown = tuple(sorted(begins - set(given)))
    return _Ask(tie.column, tuple(path), unknown, tuple(sorted(begins & set(given)))) if unknown else None


def _answered(
    table: TableModel, asks: Sequence[_Ask], unknown: Sequence[str], given: Columns, key: Key
) -> dict[str, pa.Array]:
    """Values of the unknown columns, so that all formulas say what is given."""
    rng = key.generator()
    _, pool = table.drawn_codes(Rows(0, POOL), key.child("pool"), {})
    rows = {name: pool[name] for name in pool.schema.names}
    wanted = [ask.column for ask in asks]
    beside = sorted({name for ask in asks for name in ask.known})
    exact = _exact(rows, given, [*wanted, *beside], rng)
    # A null that no drawn row has says nothing, and leaves any row to choose.
    left = np.flatnonzero((exact < 0) & np.all([_there(given[name]) for name in wanted], axis=0))
    chosen = np.where(exact < 0, rng.integers(0, POOL, len(exact)), exact)
    values = {name: rows[name].take(pa.array(chosen)) for name in unknown}
    pivot = _pivot(asks[0], rows, given)
    for number in range(ROUNDS if pivot is not None and len(left) else 0):
        each = max(1, POOL // len(left))
        asked = np.repeat(left, each)
        here = {name: given[name].take(pa.array(asked)) for name in (*wanted, *beside)}
        near = _near(rows[wanted[0]], here[wanted[0]], each * (number + 1), rng)
        tried = {name: rows[name].take(pa.array(near)) for name in unknown}
        ask = asks[number % len(asks)]
        tried[pivot or ""] = _moved(ask, pivot or "", {**tried, **here}, here[ask.column])
        fits = [other.agrees({**tried, **here}) for other in asks]
        good = np.flatnonzero(np.all(fits, axis=0) & _within(tried[pivot or ""], rows[pivot or ""]))
        done, first = np.unique(asked[good], return_index=True)
        values = {name: _put(values[name], done, tried[name].take(pa.array(good[first]))) for name in unknown}
        left = np.setdiff1d(left, done)
        if not len(left):
            break
    if len(left):
        row = {name: given[name][int(left[0])].as_py() for name in wanted}
        raise SpecError(
            f"given: row {int(left[0]) + 1} has {', '.join(f'{n}={v}' for n, v in row.items())}, which none of the rows that were "
            f"drawn for it reaches; give {', '.join(unknown)} too, or leave {', '.join(wanted)} out."
        )
    return values


def _exact(rows: Columns, given: Columns, wanted: Sequence[str], rng: np.random.Generator) -> NDArray[np.int64]:
    """For each given row a random one of the pool with the same values; -1 where there is none. Null says nothing."""
    codes = []
    for name in wanted:
        both = pa.chunked_array([_plain(rows[name]), _plain(given[name]).cast(_plain(rows[name]).type)])
        codes.append(both.combine_chunks().dictionary_encode(null_encoding="encode").indices.to_numpy())
    _, together = np.unique(np.stack(codes, axis=1), axis=0, return_inverse=True)
    pool, asked = together[:POOL], together[POOL:]
    order = rng.permutation(POOL)
    order = order[np.argsort(pool[order], kind="stable")]
    low, high = (np.searchsorted(pool[order], asked, side=side) for side in ("left", "right"))
    place = low + (rng.random(len(asked)) * (high - low)).astype(np.int64)
    return np.asarray(np.where(high > low, order[np.minimum(place, POOL - 1)], -1))


def _pivot(ask: _Ask, rows: Columns, given: Columns) -> str | None:
    """The column that is moved: of the unknown numbers and times that a formula begins with, the one with the most values."""
    if _ticks(given[ask.column]) is None:
        return None
    may = [name for name in ask.unknown if _ticks(rows[name]) is not None]
    return max(may, key=lambda name: int(pc.count_distinct(rows[name]).as_py()), default=None)


def _near(have: pa.Array, wanted: pa.Array, far: int, rng: np.random.Generator) -> NDArray[np.int64]:
    """For each wanted value one of the rows of the pool that are nearest to it, so many on either side."""
    x, y = _ticks(have), _ticks(wanted)
    assert x is not None and y is not None
    order = np.argsort(x, kind="stable")
    at = np.searchsorted(x[order], y)
    away = rng.integers(-far, far, len(y))
    return np.asarray(order[np.clip(at + away, 0, len(order) - 1)])


def _moved(ask: _Ask, pivot: str, rows: Columns, wanted: pa.Array) -> pa.Array:
    """The pivot, moved along the formula's slope to where it says what is wanted, and to the lattice place that says it."""

    def formula(x: NDArray[np.float64]) -> NDArray[np.float64]:
        found = _ticks(ask({**rows, pivot: _typed(x, rows[pivot].type)}))
        assert found is not None
        return found

    x, target = _ticks(rows[pivot]), _ticks(wanted)
    assert x is not None and target is not None
    unit = _unit(rows[pivot])
    with np.errstate(all="ignore"):
        for _ in range(2):
            start = formula(x)
            step = np.full(len(x), unit)
            for _ in range(60):  # a step that is long enough for the formula to say something else
                flat = formula(x + step) == start
                if not flat.any():
                    break
                step = np.where(flat, step * 4, step)
            slope = (formula(x + step) - start) / step
            moved = x + np.where(slope != 0, (target - start) / slope, 0.0)
            x = np.where(np.isfinite(moved), np.rint(moved / unit) * unit, x)
        best, gap = x, np.abs(formula(x) - target)
        for away in range(-STEPS, STEPS + 1):
            other = np.abs(formula(x + away * unit) - target)
            best, gap = np.where(other < gap, x + away * unit, best), np.minimum(other, gap)
    return _typed(best, rows[pivot].type)


def _ticks(values: pa.Array) -> NDArray[np.float64] | None:
    """Numbers of values, nan for null; None for what is neither a number nor a date or moment."""
    kind = values.type
    if pa.types.is_integer(kind) or pa.types.is_floating(kind) or pa.types.is_decimal(kind):
        return np.asarray(values.cast(pa.float64(), safe=False).to_numpy(zero_copy_only=False))
    if pa.types.is_date32(kind):
        values = values.view(pa.int32())
    elif pa.types.is_timestamp(kind) or pa.types.is_date64(kind) or pa.types.is_duration(kind):
        values = values.view(pa.int64())
    else:
        return None
    return np.asarray(values.cast(pa.float64(), safe=False).to_numpy(zero_copy_only=False))


def _typed(x: NDArray[np.float64], kind: pa.DataType) -> pa.Array:
    """The inverse of `_ticks`; null where a number has no place in the type."""
    there = np.isfinite(x)
    if pa.types.is_floating(kind):
        return pa.array(x, mask=~there).cast(kind, safe=False)
    if pa.types.is_decimal(kind):
        return pc.round(pa.array(x, mask=~there), ndigits=kind.scale).cast(kind)
    ends = np.iinfo(
        kind.to_pandas_dtype() if pa.types.is_integer(kind) else np.int32 if pa.types.is_date32(kind) else np.int64
    )
    there &= (x >= ends.min) & (x < float(ends.max))
    whole = pa.array(np.where(there, np.rint(x), 0).astype(np.int64), mask=~there)
    if pa.types.is_integer(kind):
        return whole.cast(kind)
    return whole.cast(pa.int32()).view(kind) if pa.types.is_date32(kind) else whole.view(kind)


def _unit(values: pa.Array) -> float:
    """Distance of a column's lattice places, in ticks."""
    if pa.types.is_decimal(values.type):
        return float(10.0**-values.type.scale)
    if not pa.types.is_floating(values.type):
        return 1.0
    x = np.asarray(values.drop_null().to_numpy(zero_copy_only=False), dtype=np.float64)
    places = (p for p in range(PLACES) if np.allclose(np.round(x, p), x, rtol=1e-12, atol=1e-9))
    return float(10.0 ** -next(places, 9))


def _within(values: pa.Array, seen: pa.Array) -> NDArray[np.bool_]:
    """Whether a value is there, and one that the column might have.

    The outermost that are known are not the last ones, but what is never negative stays so.
    """
    x, known = _ticks(values), _ticks(seen)
    assert x is not None and known is not None
    low, high = np.nanmin(known), np.nanmax(known)
    with np.errstate(invalid="ignore"):
        return np.asarray((x >= (max(0.0, 2 * low - high) if low >= 0 else 2 * low - high)) & (x <= 2 * high - low))


def _there(values: pa.Array) -> NDArray[np.bool_]:
    return np.asarray(values.is_valid().to_numpy(zero_copy_only=False))


def _plain(values: pa.Array) -> pa.Array:
    return values.dictionary_decode() if pa.types.is_dictionary(values.type) else values


def _put(values: pa.Array, places: NDArray[np.int64], new: pa.Array) -> pa.Array:
    """The values with others at some places."""
    index = np.arange(len(values))
    index[places] = len(values) + np.arange(len(places))
    return pa.concat_arrays([values, new.cast(values.type)]).take(pa.array(index))
