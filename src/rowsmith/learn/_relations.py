"""What flows along a link: columns that are the parent's, times that do not precede it, totals that sum up the children."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Self

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from rowsmith.core import text
from rowsmith.core.codecs import plain_values
from rowsmith.core.schema import Column, arrow_type
from rowsmith.core.shield import FEW
from rowsmith.core.state import State
from rowsmith.learn._numbers import floats_of, is_number, places_of

Index = NDArray[np.int64]
Columns = Mapping[str, pa.Array]

FEWEST = 10
"""Rows that must show a relation, at least."""
MOST_LEVELS = 8
"""Levels of a column by which children may be told that count."""
LOPSIDED = 1e-6
"""How much of their sizes parts must add up to, of either sign, before a total is shared in their proportions."""
EXPECTED = 20.0
"""Rows that would break an order if parents were dealt out at random, at least: it then holds hardly by chance."""


@dataclass(frozen=True)
class Copied:
    """A column that is the parent's, with something added.

    Attributes:
        column: of the child.
        source: of the parent.
        add: what is added, of numbers; 0 where the two are equal.
    """

    column: str
    source: str
    add: int = 0

    def of(self, source: pa.Array, like: pa.DataType) -> pa.Array:
        """The child's column, of values of the parent's in the order of the children."""
        values = source.dictionary_decode() if pa.types.is_dictionary(source.type) else source
        if self.add:
            values = pc.add(values.cast(pa.int64(), safe=False), pa.scalar(self.add, pa.int64()))
        if pa.types.is_dictionary(like):
            return values.cast(like.value_type).dictionary_encode().cast(like)
        return values if values.type == like else values.cast(like)

    def state(self) -> State:
        """Plain values."""
        return dict(vars(self))


@dataclass(frozen=True)
class Some:
    """Those children that count: orders that were not cancelled.

    Attributes:
        column: of the child, of a few levels.
        level: as text.
        but: whether those of all other levels are meant.
    """

    column: str
    level: str
    but: bool = False

    def of(self, child: Columns) -> NDArray[np.bool_]:
        """Which children they are, shape (children,)."""
        values = child[self.column]
        text = (values.dictionary_decode() if pa.types.is_dictionary(values.type) else values).cast(pa.string())
        same = pc.fill_null(pc.equal(text, self.level), False).to_numpy(zero_copy_only=False)
        return np.asarray(same != self.but)


@dataclass(frozen=True)
class Rollup:
    """A column of the parent that is the sum over its children.

    Attributes:
        column: of the parent.
        terms: columns of the child, whose product is summed up; without any, children are counted.
        shared: whether something else tells the parent's column, so that children share it: parts of a payment.
        some: which children are summed up; all if left out.
        none: what parents without children have: 0, null, or what they are learnt to have (`own`).
    """

    column: str
    terms: tuple[str, ...]
    shared: bool = False
    some: Some | None = None
    none: str = "own"

    @property
    def reads(self) -> tuple[str, ...]:
        """Columns of the child that it is worked out from."""
        return self.terms if self.some is None else (*self.terms, self.some.column)

    def totals(self, child: Columns, up: Index, n_parents: int) -> NDArray[np.float64]:
        """The sums, shape (parents,)."""
        linked = up >= 0
        product = np.ones(int(linked.sum())) if self.some is None else self.some.of(child)[linked].astype(np.float64)
        for name in self.terms:
            product = product * np.nan_to_num(floats_of(child[name])[linked])
        return np.bincount(up[linked], weights=product, minlength=n_parents).astype(np.float64)

    def parts(self, child: pa.Array, totals: pa.Array, up: Index) -> NDArray[np.float64]:
        """What the children's only term is where it sums up to the parents' column: in the proportions that were drawn.

        Shares are rounded where they are summed up, so that none is off by more than a unit of the last decimal.

        Args:
            child: the term as it was drawn, shape (children,); what is missing stays so.
            totals: the parents' column, shape (parents,).
            up: the parent's row of each child row, negative for none.
        """
        values, wanted = floats_of(child).copy(), floats_of(totals)
        linked = np.flatnonzero((up >= 0) & np.isfinite(values) & np.isfinite(np.append(wanted, np.nan)[up]))
        linked = linked[np.argsort(up[linked], kind="stable")]
        rows, digits, n = up[linked], places_of(child), len(wanted)
        whole, size = (np.bincount(rows, weights=some(values[linked]), minlength=n) for some in (np.asarray, np.abs))
        weights = np.where((np.abs(whole) > LOPSIDED * size)[rows], values[linked], 1.0)
        whole = np.bincount(rows, weights=weights, minlength=n)
        first = np.searchsorted(rows, rows, side="left")  # of the parent's children
        until = np.cumsum(weights)
        until = (until - (until - weights)[first]) / whole[rows] * wanted[rows]
        last = np.append(rows[1:] != rows[:-1], np.ones(min(len(rows), 1), dtype=bool))
        until = np.where(last, wanted[rows], until if digits is None else np.round(until, digits))
        shares = until - np.where(first == np.arange(len(rows)), 0.0, np.roll(until, 1))
        values[linked] = shares if digits is None else np.round(shares, digits)
        return values

    def state(self) -> State:
        """Plain values."""
        some = None if self.some is None else dict(vars(self.some))
        return {
            "column": self.column,
            "terms": list(self.terms),
            "shared": self.shared,
            "some": some,
            "none": self.none,
        }

    @classmethod
    def from_state(cls, state: State) -> Self:
        """The inverse of `state`."""
        some = None if state["some"] is None else Some(**state["some"])
        terms, shared = tuple(map(str, state["terms"])), bool(state["shared"])
        return cls(str(state["column"]), terms, shared, some, str(state["none"]))


def copied(child: Columns, parent: Columns, up: Index) -> list[Copied]:
    """Columns of the child that are the parent's in all linked rows.

    Args:
        child: columns that may be copies, by name.
        parent: columns that may be copied.
        up: the parent's row of each child row, negative for none.
    """
    linked = np.flatnonzero(up >= 0)
    if len(linked) < FEWEST:
        return []
    probe = linked[:: max(1, len(linked) // 500)]
    out = []
    for name, values in child.items():
        found = None
        # a column of the same name is likelier meant
        for source in sorted(parent, key=lambda other: (other != name, list(parent).index(other))):
            add = next((a for a in _offsets(values, parent[source], probe, up)), None)
            if add is None:
                continue
            exact = next(_offsets(values, parent[source], linked, up), None)
            if exact is not None and (found is None or (found.add and not exact)):
                found = Copied(name, source, exact)
                if not exact:
                    break
        if found is not None:
            out.append(found)
    return out


def _offsets(values: pa.Array, source: pa.Array, rows: Index, up: Index) -> Iterator[int]:
    """What must be added to the parent's value to get the child's, if it is the same in all of some rows."""
    a, b = values.take(pa.array(rows)), source.take(pa.array(up[rows]))
    a, b = (x.dictionary_decode() if pa.types.is_dictionary(x.type) else x for x in (a, b))
    whole = pa.types.is_integer(a.type) and pa.types.is_integer(b.type)
    if (a.type != b.type and not whole) or pa.types.is_nested(a.type):
        return
    if a.null_count != b.null_count or not bool(pc.all(pc.equal(a.is_null(), b.is_null())).as_py()):
        return
    a, b = a.drop_null(), b.drop_null()
    if len(a) < 2 or int(pc.count_distinct(a).as_py()) < 2:
        return
    if whole:
        steps = pc.unique(pc.subtract(a.cast(pa.int64()), b.cast(pa.int64())))
        if len(steps) == 1:
            yield int(steps[0].as_py())
    elif bool(pc.all(pc.equal(a, b)).as_py()):
        yield 0


def orders(child: Columns, parent: Columns, up: Index, *, ends: bool = False, by_day: bool = False) -> dict[str, str]:
    """Times of the child that never precede one of the parent's: column to the parent's, the nearest one before it.

    Args:
        child: columns by name.
        parent: columns by name.
        up: the parent's row of each child row, negative for none.
        ends: whether times are asked for that never come after one of the parent's, and the nearest one behind.
        by_day: whether dates and timestamps are compared too, by their days.
    """
    linked, sign = np.flatnonzero(up >= 0), -1.0 if ends else 1.0
    times = {name: values for name, values in child.items() if _is_time(values.type)}
    out = {}
    for name, mine in times.items():
        best = np.inf
        for source, theirs in parent.items():
            if not _is_time(theirs.type) or not (_alike(mine, theirs) or (by_day and _have_days(mine, theirs))):
                continue
            a, b = (sign * each for each in _comparable_times(mine, theirs))
            a, b = a[linked], b[up[linked]]
            both = np.isfinite(a) & np.isfinite(b)
            a, b = a[both], b[both]
            if len(a) < FEWEST or (a < b).any():
                continue
            # pairs of strangers that would be out of order
            broken = np.searchsorted(np.sort(b), a, side="right")
            gap = float((a - b).mean())
            if (len(b) - broken).sum() / len(b) >= EXPECTED and gap < best:
                best, out[name] = gap, source
    return out


def _alike(one: pa.Array, other: pa.Array) -> bool:
    """Whether times are of one type, or moments of one zone in different units."""
    moments = pa.types.is_timestamp(one.type) and pa.types.is_timestamp(other.type) and one.type.tz == other.type.tz
    return bool(moments or one.type == other.type)


def _have_days(one: pa.Array, other: pa.Array) -> bool:
    """Whether one is of dates, and the other of dates or of timestamps without a zone."""
    kinds = one.type, other.type
    return any(map(pa.types.is_date, kinds)) and all(getattr(kind, "tz", None) is None for kind in kinds)


def _comparable_times(one: pa.Array, other: pa.Array) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Times as numbers; days where dates are compared with moments."""
    if one.type == other.type:
        return _instants(one), _instants(other)
    if _alike(one, other):
        unit = pa.timestamp("us", one.type.tz)
        return _instants(one.cast(unit, safe=False)), _instants(other.cast(unit, safe=False))
    one, other = (_instants(each.cast(pa.date32(), safe=False)) for each in (one, other))
    return one, other


def rollups(child: Columns, parent: Columns, up: Index, units: Sequence[Index] | None = None) -> list[Rollup]:
    """Numbers of the parent that sum up its children, or some of them, in all parents that have some.

    Args:
        child: numbers of the child.
        parent: numbers of the parent.
        up: the parent's row of each child row, negative for none.
        units: what children may belong to, see `some_of`; without, only all of them are summed up.
    """
    size = np.bincount(up[up >= 0], minlength=max(map(len, parent.values()), default=0))
    has, several = size > 0, int((size > 1).sum())
    if several < FEWEST:
        return []
    names = [name for name in child if is_number(child[name].type)]
    ways: list[tuple[tuple[str, ...], Some | None]] = [((), None), *(((a,), None) for a in names)]
    ways += [((a, b), None) for i, a in enumerate(names) for b in names[i + 1 :]]
    ways += [
        (terms, some)
        for some in (() if units is None else some_of(child, units))
        for terms in ((), *((a,) for a in names))
    ]
    sums: dict[tuple[tuple[str, ...], Some | None], NDArray[np.float64]] = {}
    out = []
    for column, values in parent.items():
        if not is_number(values.type):
            continue
        wanted = floats_of(values)[has]
        if len(np.unique(wanted)) < 3 or not np.isfinite(wanted).all():
            continue
        alone = values.filter(pa.array(~has))
        none = "null" if alone.null_count == len(alone) else "zero" if (floats_of(alone) == 0).all() else "own"
        for way in ways:
            if way not in sums:
                sums[way] = Rollup("", way[0], some=way[1]).totals(child, up, len(size))[has]
            if np.allclose(sums[way], wanted, rtol=1e-9, atol=1e-6):
                out.append(Rollup(column, way[0], some=way[1], none=none if len(alone) else "own"))
                break
    return out


def some_of(child: Columns, units: Sequence[Index]) -> Iterator[Some]:
    """Children of one level of a column, or of all others, of columns of a few levels that several entities of each sort have.

    Args:
        child: columns by name.
        units: what rows may belong to, each by number, negative for none, shape (rows,) each.
    """
    for name, values in child.items():
        plain = values.dictionary_decode() if pa.types.is_dictionary(values.type) else values
        if not (pa.types.is_string(plain.type) or pa.types.is_boolean(plain.type)):
            continue
        codes = plain.cast(pa.string()).dictionary_encode()
        levels, at = codes.dictionary.to_pylist(), codes.indices.fill_null(len(codes.dictionary)).to_numpy()
        if not 2 <= len(levels) <= MOST_LEVELS:
            continue
        often = np.bincount(at, minlength=len(levels) + 1) >= FEW
        for of in units:
            each = np.unique(np.stack([at, of])[:, of >= 0], axis=1)
            several = min(FEW, len(np.unique(each[1])))
            often &= np.bincount(each[0], minlength=len(levels) + 1) >= several
        for level in sorted(range(len(levels)), key=lambda place: levels[place]):
            if often[level]:
                yield Some(name, levels[level])
                if len(levels) > 2 or plain.null_count:
                    yield Some(name, levels[level], but=True)


def as_type(totals: NDArray[np.float64], like: pa.DataType) -> pa.Array:
    """Sums in the type of a column."""
    if pa.types.is_decimal(like):
        return pa.array(np.round(totals, like.scale)).cast(like, safe=False)
    if pa.types.is_integer(like):
        return pa.array(np.rint(totals).astype(np.int64)).cast(like)
    return pa.array(np.round(totals, 9)).cast(like)


def _is_time(kind: pa.DataType) -> bool:
    return bool(pa.types.is_timestamp(kind) or pa.types.is_date(kind))


def _instants(values: pa.Array) -> NDArray[np.float64]:
    """Times as numbers, NaN for none."""
    kind = values.type
    ticks = values.cast(pa.timestamp("us")) if pa.types.is_date(kind) else values
    numbers = ticks.cast(pa.int64()).cast(pa.float64(), safe=False)
    return np.asarray(numbers.to_numpy(zero_copy_only=False), dtype=np.float64)


def numbers_of(values: pa.Array) -> NDArray[np.float64] | None:
    """A column as numbers, NaN for none: numbers and times; None for what is neither."""
    if is_number(values.type):
        return floats_of(values)
    return _instants(values) if _is_time(values.type) else None


def numbers_as(values: pa.Array, column: Column) -> NDArray[np.float64]:
    """A column of numbers or times, in whatever form it is printed, as numbers, NaN for none."""
    numbers = numbers_of(plain_values("", values, arrow_type(column.type), column.form))
    assert numbers is not None, "it is of numbers or times"
    return numbers


def printed(values: pa.Array, column: Column) -> pa.Array:
    """Plain values in a column's type and form."""
    kind = arrow_type(column.type)
    if values.type != kind and not column.form:
        return values.dictionary_encode().cast(kind) if pa.types.is_dictionary(kind) else values.cast(kind, safe=False)
    return values if values.type == kind else text.show(values, column.form or {})
