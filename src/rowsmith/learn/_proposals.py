"""Rules that real rows show: what is a formula of other columns, what never comes before what, what is missing together.

A rule is proposed only if chance would hardly have made it: rows that are independent would break it many times.
"""

from __future__ import annotations

import contextlib
import itertools
import re
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from rowsmith.core import sql
from rowsmith.core.computed import flags, wide
from rowsmith.core.errors import RowsmithError
from rowsmith.core.graph import leads_to
from rowsmith.core.schema import Column
from rowsmith.core.shield import FEW
from rowsmith.learn._between import lengths
from rowsmith.learn._calendar import calendar
from rowsmith.learn._compared import compared
from rowsmith.learn._fitted import fitted
from rowsmith.learn._lattices import seldom_broken, ticks_of
from rowsmith.learn._linear import balances, lines, runs
from rowsmith.learn._numbers import (
    FEWEST,
    LOOK,
    NEARLY,
    Floats,
    Numbers,
    Way,
    is_float,
    is_number,
    is_time,
    matrix,
)
from rowsmith.learn._products import amended, products
from rowsmith.learn._tie_bounded import Bounded
from rowsmith.learn._tie_derived import Derived
from rowsmith.learn._ties import Columns, quoted

ORDERLY = 0.999
"""Share of the rows that keep an order of numbers, from which on it is one: of times, mistakes are more frequent."""
ORDERED = ("decimal", "float", "integer")
"""Kinds of numbers that may have an order: not codes and levels."""
EXPECTED = 20.0
"""Rows that would break a rule if columns were independent, at least: it then holds by chance once in 10 ** 8 tables."""
EVERY_LEVEL = 5.0
"""Rows of a level that would have a value if levels did not matter, from which on it is one that never has."""
OVERLAP = 0.05
"""The same as a share: columns that hardly overlap are in order anyway."""
MOST_COLUMNS = 150
"""Numbers, or times, among which formulas and orders are looked for; the first of a wider table."""
LEVELS = ("category", "boolean", "ordered", "integer")
MOST_LEVELS = 20
MOST_OF_THREE = 30
"""Numbers of a table in which sums of three are looked for."""


@dataclass(frozen=True)
class Proposal:
    """A rule that rows keep, all or nearly all.

    Attributes:
        name: a few words.
        expression: boolean SQL.
        rows: in which it says something.
        broken: of these, rows that break it.
        example: number of the first such row, from 1; None if there is none.
    """

    name: str
    expression: str
    rows: int
    broken: int
    example: int | None

    @property
    def exact(self) -> bool:
        """Whether no row breaks it."""
        return self.broken == 0


def propose(
    rows: Columns,
    kinds: Mapping[str, Column],
    fixed: frozenset[str] = frozenset(),
    *,
    given: frozenset[str] = frozenset(),
    orders: bool = True,
) -> list[Proposal]:
    """Rules that a table shows, the surest first.

    Args:
        rows: real rows.
        kinds: their kinds and types.
        fixed: columns that follow from nothing: keys.
        given: others that follow from nothing, but may say where columns are missing: what is constant in an entity.
        orders: whether orders of numbers are looked for, beside those of times.
    """
    rows = {name: wide(values) for name, values in rows.items() if _can_be_named(name)}
    keys, fixed = fixed - given, fixed | given
    numeric = [n for n in rows if n not in fixed and is_number(rows[n].type)][:MOST_COLUMNS]
    times = [n for n in rows if n not in fixed and is_time(rows[n].type)][:MOST_COLUMNS]
    found = _Found(rows, kinds)
    numbers, at = Numbers.of(rows, numeric), matrix(rows, times)
    for ways in (
        *_formulas(numbers),
        *calendar(rows, times, fixed),
        *lengths(rows, times, at, numbers),
        *fitted(rows, times, at, numbers),
        *(compared(rows, times, at, numbers, set(rows) - fixed, fixed & rows.keys()) if orders else ()),
    ):
        found.formula(ways)
    for low, high in _orders(times, at, NEARLY):
        found.order(low, high)
    if orders:
        some = [i for i, name in enumerate(numeric) if kinds[name].kind in ORDERED]
        for low, high in _orders([numeric[i] for i in some], numbers.x[some], ORDERLY):
            found.order(low, high, numbers=True)
    for name, rule in gone_where({n: v for n, v in rows.items() if n not in keys}, kinds, given):
        found.gone(name, rule)
    return sorted(found.proposals, key=lambda each: each.broken)


def propose_over(rows: Columns, kinds: Mapping[str, Column], own: Collection[str]) -> list[Proposal]:
    """Columns of a table that formulas tell from those of rows that it points to, the surest first.

    Args:
        rows: columns of a table, and those of the rows that its rows point to.
        kinds: of all, how they are learnt.
        own: columns of the table that may follow from others; of each other one it is known, or known not to.
    """
    rows = {name: wide(values) for name, values in rows.items() if _can_be_named(name)}
    numeric = [n for n in rows if is_number(rows[n].type)][:MOST_COLUMNS]
    times = [n for n in rows if is_time(rows[n].type)][:MOST_COLUMNS]
    found = _Found(rows, kinds)
    numbers, at = Numbers.of(rows, numeric, own), matrix(rows, times)
    fixed = frozenset(set(rows) - set(own) - set(times))
    for ways in (
        *_formulas(numbers),
        *calendar(rows, times, fixed),
        *lengths(rows, times, at, numbers),
        *fitted(rows, times, at, numbers),
        *_copies(rows, own),
    ):
        told = [way for way in ways if way.column in own]
        found.formula([way for way in told if any(n not in own for n in sql.references(way.formula, way.column))])
    return sorted(found.proposals, key=lambda each: each.broken)


def propose_sums(rows: Columns, kinds: Mapping[str, Column], chosen: Callable[[list[Way]], list[Way]]) -> list[Way]:
    """Columns that formulas tell from others, of those that somebody chooses; the surest kinds of formulas first.

    Args:
        rows: columns of numbers.
        kinds: how they are learnt.
        chosen: of the ways to tell one of some columns from the others, those that may be taken, the best first.
    """
    names = [n for n in rows if _can_be_named(n)][:MOST_COLUMNS]
    wide_ = {name: wide(rows[name]) for name in names}
    found = _Found(wide_, kinds)
    for ways in _formulas(Numbers.of(wide_, names)):
        found.formula(chosen(ways))
    return found.ways


class _Found:
    """Proposals, each column explained once."""

    def __init__(self, rows: Columns, kinds: Mapping[str, Column]) -> None:
        self._rows, self._kinds = rows, kinds
        self._tied: dict[str, set[str]] = {}
        self.proposals: list[Proposal] = []
        self.ways: list[Way] = []

    def formula(self, ways: Sequence[Way]) -> None:
        """Columns that are tied by a formula, told from each of them: the first is taken that is not explained yet."""
        for way in ways:
            target, read = way.column, set(sql.references(way.formula, way.column))
            if {target, *read} in [{name, *others} for name, others in self._tied.items()]:
                return  # the same sum, told from another of its parts
            if target in self._tied or any(leads_to(name, target, self._tied) for name in read):
                continue
            way = self._with_zeros(way)
            if self._add(f"{target} computed", f"{quoted(target)} = {way.expression}", way):
                self._tied[target] = read
                self.ways.append(way)
            return

    def _with_zeros(self, way: Way) -> Way:
        """The formula, in which a number that is missing counts as 0 if it does so in real rows: a bonus that not all get."""
        there = {name: flags(self._rows[name].is_valid()) for name in sql.references(way.formula, way.column)}
        for name, here in there.items():
            gone = flags(self._rows[way.column].is_valid()) & ~here
            if gone.sum() < FEWEST or not is_number(self._rows[name].type):
                continue
            word = quoted(name)
            formula = re.sub(rf'(?<![\w"]){re.escape(word)}(?![\w"])', f"coalesce({word}, 0)", way.formula)
            some = {n: self._rows[n].filter(pa.array(gone)) for n in (*there, way.column)}
            with contextlib.suppress(RowsmithError, pa.ArrowInvalid):
                told = Derived.of(way.column, formula, self._kinds[way.column], some)
                says = flags(sql.evaluate(f"({formula}) is not null", some, way.column))
                if says.sum() >= FEWEST and told.agrees(some, way.slack)[says].mean() >= NEARLY:
                    way = replace(way, formula=formula)
        return way

    def order(self, low: str, high: str, *, numbers: bool = False) -> None:
        """A column that is never above another, where the distance tells all of one of them that there is to tell.

        An order of numbers that would rarely be broken may be kept by drawing again, too.

        Of a column that is computed the order is that of what it is computed from.

        Args:
            low: the lower one.
            high: the upper one.
            numbers: whether they are numbers, and no times.
        """
        if low in self._tied or high in self._tied:
            return
        seldom = numbers and seldom_broken(*(ticks_of(self._rows[name]) for name in (high, low)))
        if seldom or self._told(high, low, upper=False) or (numbers and self._told(low, high, upper=True)):
            how, nearly = ("at most", ORDERLY) if numbers else ("before", NEARLY)
            self._add(f"{low} {how} {high}", f"{quoted(low)} <= {quoted(high)}", nearly=nearly)

    def _told(self, column: str, bound: str, *, upper: bool) -> bool:
        """Whether a column can be told by its distance to another."""
        with contextlib.suppress(pa.ArrowInvalid):
            Bounded.of(column, [quoted(bound)], self._kinds[column], self._rows, upper=upper, strict=False)
            return True
        return False

    def gone(self, name: str, rule: str) -> None:
        """A column that is missing where others say so."""
        self._add(f"{name} missing", rule)

    def _add(self, name: str, expression: str, way: Way | None = None, nearly: float = NEARLY) -> bool:
        read = sql.references(expression, name)
        try:
            values = sql.evaluate(expression, {n: self._rows[n] for n in read}, name)
        except RowsmithError:
            return False
        says = int(values.is_valid().to_numpy(zero_copy_only=False).sum())
        broken = np.flatnonzero(~flags(pc.fill_null(values, True)))
        if way is not None and len(broken) and is_float(self._rows[way.column].type):
            told = Derived.of(way.column, way.formula, self._kinds[way.column], self._rows)
            broken = broken[~told.agrees(self._rows, way.slack)[broken]]  # not where only the last digit is another one
        if says < FEWEST or len(broken) > (1 - nearly) * says:
            return False
        first = int(broken[0]) + 1 if len(broken) else None
        self.proposals.append(Proposal(name, expression, says, len(broken), first))
        return True


def _can_be_named(name: str) -> bool:
    """Whether SQL can speak of a column, and say it again the same."""
    if not name:
        return False
    try:
        return sql.references(sql.written(sql.tree(quoted(name), name)), name) == (name,)
    except RowsmithError:
        return False


def _formulas(numbers: Numbers) -> Iterator[list[Way]]:
    """Columns that may be the same as another one, a sum of two or three, or a product: as each can be told."""
    if not numbers.usable:
        return
    wholes, shares = products(numbers)
    yield from ([way] for way in wholes)
    x, parts = numbers.x, numbers.parts
    for a in parts:
        for target in numbers.like(numbers.probe[a], (a,)):
            if target > a and numbers.agreement(x[a], target, 0.0) >= NEARLY:
                yield [Way(numbers.names[target], numbers.words[a])]
    for some in itertools.chain(
        itertools.combinations(parts, 2), itertools.combinations(parts if len(parts) <= MOST_OF_THREE else [], 3)
    ):
        for target in numbers.like(numbers.probe[list(some)].sum(axis=0), some):
            if numbers.agreement(x[list(some)].sum(axis=0), target, 0.0) >= NEARLY:
                word = numbers.words
                whole = numbers.told(target, " + ".join(word[i] for i in some))
                rest = [
                    numbers.told(i, " - ".join([word[target], *(word[j] for j in some if j != i)]))
                    for i in reversed(some)
                    if i in numbers.usable
                ]
                yield [whole, *rest]
    yield from balances(numbers)
    yield from ([way] for way in amended(numbers))
    yield from runs(numbers)
    yield from ([way] for way in shares)
    yield from lines(numbers)


def _copies(rows: Columns, own: Collection[str]) -> Iterator[list[Way]]:
    """Texts and truth values that nearly always are another one, which is not of the same table."""
    look = {name: values.slice(0, LOOK) for name, values in rows.items() if _is_level(values.type)}
    for name in look:
        for other in look if name in own else ():
            if other in own or look[other].type != look[name].type:
                continue
            same = pc.equal(look[name], look[other])
            says = flags(same.is_valid())
            if says.sum() >= FEWEST and len(pc.unique(look[name])) > 1 and flags(same)[says].mean() >= NEARLY:
                yield [Way(name, quoted(other))]


def _is_level(kind: pa.DataType) -> bool:
    return bool(pa.types.is_string(kind) or pa.types.is_boolean(kind))


def _orders(names: Sequence[str], at: Floats, nearly: float) -> Iterator[tuple[str, str]]:
    """Columns of times, or of numbers, that may never come before others, without those that follow from two more.

    Args:
        names: of the columns.
        at: their values, shape (columns, rows looked at); nan for null.
        nearly: share of the rows that must keep an order.
    """
    before = np.zeros((len(names), len(names)), dtype=bool)
    there = np.isfinite(at)
    for a in range(len(names)):
        both = there[a] & there
        kept = ((at[a] <= at) & both).sum(axis=1) >= nearly * np.maximum(both.sum(axis=1), FEWEST)
        for b in np.flatnonzero(kept):
            low, high = at[a][both[b]], at[b][both[b]]
            if np.array_equal(low, high):
                continue
            ordered = np.sort(high)
            crossed = np.searchsorted(ordered, low, side="left") / len(ordered)  # share of b that lie before
            before[a, b] = crossed.mean() >= OVERLAP and crossed.sum() >= EXPECTED
    for a, b in np.argwhere(before):
        if not (before[a] & before[:, b]).any():
            yield names[a], names[b]


def gone_where(rows: Columns, kinds: Mapping[str, Column], fixed: frozenset[str]) -> Iterator[tuple[str, str]]:
    """Columns that may be missing together, or where a category says so, and there only or elsewhere, too; and the rule of each."""
    n = len(next(iter(rows.values()), []))
    null = {name: flags(values.is_null()) for name, values in rows.items()}
    some = {name: mask for name, mask in null.items() if FEWEST <= mask.sum() <= n - FEWEST and name not in fixed}
    done: set[str] = set()
    for name, mask in some.items():
        share, partly = mask.mean(), (0, "")
        for other, kind in kinds.items():
            if other == name or kind.kind not in LEVELS or null.get(other, mask).any():
                continue
            levels = rows[other].cast(pa.string()).dictionary_encode()
            counts = np.bincount(levels.indices.to_numpy(), minlength=len(levels.dictionary))
            gone = np.bincount(levels.indices.to_numpy()[mask], minlength=len(counts)) / counts
            sure = (gone == 0) | (gone == 1)
            never = (gone == 1) & (counts >= FEW)  # a level of few rows is nobody's business
            only = sure.all() and bool(never[gone == 1].all())
            never &= only | (counts * (1 - share) >= EVERY_LEVEL)
            if not 2 <= len(counts) <= MOST_LEVELS or not never.any():
                continue
            chosen = sorted(levels.dictionary.take(pa.array(np.flatnonzero(never))).to_pylist())
            words = ", ".join("'" + word.replace("'", "''") + "'" for word in chosen)
            condition, held = f"cast({quoted(other)} as varchar) in ({words})", int(counts[never].sum())
            if only:
                yield name, f"({quoted(name)} is null) = ({condition})"
                done.add(name)
                break
            if held * (1 - share) >= EXPECTED and held > partly[0]:
                partly = held, f"{quoted(name)} is null or not ({condition})"
        if name in done:
            continue
        for other, others in some.items():
            if other < name and np.array_equal(mask, others) and 2 * share * (1 - share) * n >= EXPECTED:
                yield name, f"({quoted(name)} is null) = ({quoted(other)} is null)"
                done.add(name)
                break
        if name not in done and partly[1]:
            yield name, partly[1]
