"""Columns of sequences that are sums over their row and the row before, in the units of the law: computed, not learnt.

A register is its last value and what was used since; a stock that never falls below 0 leaves room for what may go out.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from rowsmith.core.errors import SpecError
from rowsmith.core.schema import Column
from rowsmith.core.shield import FEW, Units, scarce
from rowsmith.learn._previous import Follow, ends_of
from rowsmith.learn._running import Running
from rowsmith.learn._sequence_rows import Real, units_of
from rowsmith.learn._sequence_steps import Coded, fit_steps
from rowsmith.learn._sequence_sum import Sum, value_at
from rowsmith.learn._sequence_values import Values

Floats = NDArray[np.float64]
NEAR = 1e-9
"""Relative distance within which a number on no lattice is the sum."""
TURNS = 1_000
"""Rows on end of which what is missing is solved, at most."""


def sums_of(
    follows: Sequence[Follow], names: Mapping[str, str], real: Real, arrays: Mapping[str, pa.Array], where: str
) -> list[Sum]:
    """The sums that formulas say, as real rows show them.

    Args:
        follows: the formulas, each after those of its row that it adds.
        names: of columns in the law, by name.
        real: the rows.
        arrays: real values of the columns, by name, shape (rows,) each.
        where: beginning of a message.

    Raises:
        SpecError: a column is not drawn row after row, or has hardly a value.
    """
    places = {column.name: i for i, column in enumerate(real.columns) if column is not None and column.on_line}
    there = np.ones(real.values.shape, dtype=bool)
    for name, law in names.items():
        if law not in places:
            by = next(f for f in follows if name in (f.column, *(t.column for t in f.terms)))
            raise SpecError(
                f"{where}.{by.column}={by.expression!r}: {name} is the same in all rows of an entity, or the time tells it; take it out."
            )
        there[:, places[law]] = arrays[name].is_valid().to_numpy(zero_copy_only=False)
    at = {name: places[law] for name, law in names.items()}
    return fitted([Sum.of(follow, at, real.columns) for follow in follows], there, real)


def fitted(sums: Sequence[Sum], there: NDArray[np.bool_], real: Real) -> list[Sum]:
    """Sums as real rows show them: which of them always hold, and what their columns never fall below or rise above.

    Args:
        sums: as formulas say, each after those that it adds.
        there: which numbers of the rows are real ones, and do not stand for what is missing, shape (rows, columns).
        real: the rows.
    """
    values, units = np.where(there, real.values, np.nan), units_of(real.begins)
    before = previous(values, real.begins)
    out = list[Sum]()
    for each in sums:
        mine = values[:, each.place]
        off = np.abs(each.total(values, before) - mine) > (0.5 if each.whole else NEAR * (1.0 + np.abs(mine)))
        wrong = off & np.isfinite(each.each(values, before)).all(axis=0) & np.isfinite(mine)
        column = value_at(real.columns, each.place)
        low, high = ((end - column.zero) / column.scale for end in ends_of(column.zero + column.scale * mine, units))
        exact = not wrong.any() or scarce(wrong, FEW, units)
        out.append(replace(each, exact=exact, low=low, high=high))
    return out


def begin(sums: Sequence[Sum], starts: Floats) -> None:
    """First values of the columns that begin as others say, each after those that it adds; changed in place, shape (entities, columns)."""
    for each in sums:
        if each.first is not None:
            starts[:, each.place] = each.begun(starts)


def flattened(sums: Sequence[Sum]) -> dict[int, Sum]:
    """Sums by their places, others of the same row in place of terms that are sums: what is drawn last can then leave room for all."""
    out: dict[int, Sum] = {}
    for each in sums:
        out[each.place] = _flat(each, out)
    return out


def _flat(one: Sum, others: Mapping[int, Sum]) -> Sum:
    """A sum with others in place of those of its terms, in the same row, that are sums."""
    terms, weights, added = list[tuple[int, int]](), list[float](), one.added
    for (place, ago), weight in zip(one.terms, one.weights, strict=True):
        inner = others.get(place)
        if ago or inner is None or not inner.exact or not one.exact:
            terms.append((place, ago))
            weights.append(weight)
            continue
        terms += inner.terms
        weights += [weight * w for w in inner.weights]
        added += weight * inner.added
    return (
        one if len(set(terms)) < len(terms) else replace(one, terms=tuple(terms), weights=tuple(weights), added=added)
    )


def after_terms(order: Sequence[int], sums: Sequence[Sum]) -> list[int]:
    """Places of columns in an order in which each sum comes right after the last of its terms, and those of the row before alone first.

    >>> one = Sum(0, ((2, 0), (0, 1)), (1.0, 1.0), 0.0, None)
    >>> after_terms([3, 0, 1, 2], [one])
    [3, 1, 2, 0]
    """
    computed = {each.place: each for each in sums}
    out, waiting = list[int](), [each for each in order if each in computed]
    gaps = [] if not sums or order[0] in computed else [order[0]]
    for place in (*gaps, *(i for i in order if i not in computed and i not in gaps)):
        if out or not gaps:
            waiting = _ready(out, waiting, computed)
        out.append(place)
    _ready(out, waiting, computed)
    return out


def _ready(out: list[int], waiting: list[int], sums: Mapping[int, Sum]) -> list[int]:
    """Put those after the others whose terms are there; the others still wait."""
    while ready := [i for i in waiting if sums[i].here <= set(out)]:
        out += ready
        waiting = [i for i in waiting if i not in ready]
    return waiting


def keepers(sums: Mapping[int, Sum], n: int) -> NDArray[np.int64]:
    """For each of n columns the sum that it leaves room for, as the last of its terms to be drawn; -1 for none."""
    out = np.full(n, -1)
    for place, each in sums.items():
        drawn = each.here - sums.keys()
        last = max(each.here, default=-1)
        if each.exact and last in drawn and np.isfinite([each.low, each.high]).any():
            out[last] = place if out[last] < 0 else out[last]
    return out


def coded_sum(
    each: Sum,
    column: Values | None,
    values: Floats,
    begins: NDArray[np.int64],
    rows: NDArray[np.int64],
    units: Units | None,
) -> Coded:
    """Codes of a sum in some rows, of which those with all terms are a step of 0 where it always is one.

    Args:
        each: the sum.
        column: how its values are turned into numbers.
        values: of all columns, shape (all rows, columns).
        begins: first row of each entity, and the number of rows.
        rows: numbers of the rows, shape (n,).
        units: entities of these, shape (n,).
    """
    before = previous(values, begins)
    base, now = each.total(values, before)[rows], values[rows, each.place]
    if each.exact:
        there = np.asarray(np.isfinite(each.each(values, before)).all(axis=0))[rows]
        now = np.where(there, base, now)
        if there.all():
            return fit_steps(np.zeros(len(rows)), np.zeros(len(rows)), column)
    return fit_steps(now, base, column, units=units)


def previous(values: Floats, begins: NDArray[np.int64]) -> Floats:
    """The rows before, nan in the first row of an entity, shape (rows, columns)."""
    out = np.roll(values, 1, axis=0)
    out[begins[:-1]] = np.nan
    return out


def totalled(
    drawn: pa.RecordBatch,
    late: tuple[Follow, ...],
    kinds: Mapping[str, Column],
    columns: Sequence[Values | None],
    which: NDArray[np.int64],
    last: Floats | None,
) -> pa.RecordBatch:
    """Rows with running totals of what ties say.

    Args:
        drawn: the rows, entity by entity.
        late: the formulas.
        kinds: of all columns.
        columns: of the law.
        which: entity of each row, counted from the first one, shape (rows,).
        last: numbers of the rows that they go on from, shape (entities, columns); None where these are first rows.
    """
    if not late:
        return drawn
    running, rows = Running(late), dict(zip(drawn.schema.names, drawn.columns, strict=True))
    state = running.start(int(which.max(initial=-1)) + 1)
    if last is not None:
        state.seen[:] = True
        for place, column in enumerate(columns):
            if column is not None and column.name in running.columns:
                state.values[column.name] = column.zero + column.scale * last[:, place]
    rows = running.advanced(rows, kinds, which, state)
    return pa.RecordBatch.from_arrays([rows[n] for n in drawn.schema.names], schema=drawn.schema)


def solved(sums: Sequence[Sum], values: Floats, begins: NDArray[np.int64], missing: NDArray[np.bool_]) -> None:
    """What is missing and follows from a sum of which all else is there: the column, or one of its terms.

    Args:
        sums: of the law.
        values: the numbers, changed in place, shape (rows, columns).
        begins: first row of each entity, and the number of rows.
        missing: which of them are, changed in place, shape (rows, columns).
    """
    later = np.ones(len(values), dtype=bool)
    later[begins[:-1]] = False
    for _ in range(TURNS):
        changed = False
        for each in sums if missing.any() else ():
            if not each.exact:
                continue
            places = [
                (each.place, 0, -1.0),
                *((i, ago, w) for (i, ago), w in zip(each.terms, each.weights, strict=True)),
            ]
            lacks = np.array([_shifted(missing[:, i], ago) for i, ago, _ in places])
            some = np.flatnonzero(later & (lacks.sum(axis=0) == 1))
            for (i, ago, weight), lack in zip(places, lacks, strict=True):
                at = some[lack[some]]
                rest = each.added + sum(w * values[at - a, j] for j, a, w in places if (j, a) != (i, ago))
                found = -rest / weight
                values[at - ago, i] = each.near(found) if i == each.place else found
                missing[at - ago, i] = False
                changed |= bool(len(at))
        if not changed:
            return


def _shifted(flags: NDArray[np.bool_], ago: int) -> NDArray[np.bool_]:
    return np.roll(flags, ago)
