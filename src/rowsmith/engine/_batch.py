"""Some rows of a table in a chunk, whose columns are made on demand; rows that break a rule are drawn again.

A column is made when something asks for it, after what it reads; so counting rows, or looking up a key, makes no more than
it needs. Every column has a stream of its own in every chunk, so what is made does not depend on who asks first.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from rowsmith.core import sql
from rowsmith.core.errors import SpecError
from rowsmith.core.permutation import Numbers
from rowsmith.core.protocols import Rows
from rowsmith.core.rng import Key
from rowsmith.engine import _column, _combine, _sources
from rowsmith.engine._targets import Dealt, Moved, bound_instead
from rowsmith.samplers._sourced import Sourced
from rowsmith.samplers.reference import Reference
from rowsmith.samplers.tree import Tree
from rowsmith.spec.links import place_of, single_key
from rowsmith.spec.model import ColumnSpec, TableSpec
from rowsmith.spec.related import made_of
from rowsmith.spec.truth import waiting

if TYPE_CHECKING:
    from rowsmith.engine._family import Family

MOST_CANDIDATES = 100_000
"""Rows that are drawn at a time to replace others."""
WORST = 3
"""Rules that a message names."""
MOST_TRIES = 1000
"""Candidates that are drawn for a row, before its rules are given up as ones that can hardly be kept."""

BESIDE = -1
"""Number of the round, of rows that are no candidates."""


class Batch:
    """Some rows of a table: those of the chunk, or candidates to replace some of them.

    Args:
        family: the chunk that they are in.
        table: how they are made.
        numbers: of the rows in the table, shape (n,).
        parent: place of each row's parent in its batch, shape (n,).
        place: of each row among its parent's children, shape (n,).
        again: number of the round, for candidates.
        known: columns that are there already.
    """

    def __init__(
        self,
        family: Family,
        table: TableSpec,
        numbers: Numbers,
        parent: NDArray[np.int64] | None = None,
        place: NDArray[np.int64] | None = None,
        again: int | None = None,
        known: Mapping[str, pa.Array] | None = None,
    ) -> None:
        self.family, self.table, self.numbers, self.n = family, table, numbers, len(numbers)
        self.parent, self.place, self.again = parent, place, again
        self._made: dict[str, pa.Array] = dict(known or {})
        self._moved: dict[str, pa.Array] = {}
        self._pointed: dict[str, NDArray[np.int64]] = {}
        self._sources: dict[str, Mapping[str, pa.Array] | pa.RecordBatch] = {}
        self._settled = not table.rules or again is not None
        self._drawing = again is not None
        spec = family.plan.spec
        self._late = table.late | spec.order.waiting(table.name) | made_of(spec, table, waiting(spec))
        self._fixed = table.fixed | {t.column for t in spec.targets if t.dealt and t.table == table.name}
        self._targeted = spec.order.moved[table.name]

    def column(self, name: str) -> pa.Array:
        """A column; the rows keep the rules."""
        if name not in self._fixed or name in self._targeted:
            self.settle()
        return self._own(name)

    def counts(self, child: TableSpec) -> NDArray[np.int64]:
        """How many rows of a child table each row has, shape (n,)."""
        found, aim = self.drawn_counts(child), self._aim(f"#{child.name}")
        found = found if aim is None else self._brought(aim, found)
        return np.asarray(found.fill_null(0))

    def drawn_counts(self, child: TableSpec) -> pa.Array:
        """The same without a target, n whole numbers; null where no number was drawn, which means none."""
        assert child.per is not None
        if child.per.count.reads:
            self.settle()
        drawn = self.make(child.per.count)
        return pa.array(_column.counts(child.per.count, drawn), mask=np.asarray(drawn.is_null()))

    def drawn(self, name: str) -> pa.Array:
        """A column without its target."""
        self.settle()
        self._own(name)
        return self._made[name]

    def read(self, name: str) -> pa.Array:
        """What a name in a column's settings stands for, n values."""
        spec = self.family.plan.spec
        kind, head, at = place_of(spec, self.table, name)
        if kind == "own":
            return self._own(at)
        if kind == "place":
            return pa.array(self.place)
        if kind == "parameter":
            return pa.repeat(pa.scalar(spec.parameters[at]), self.n)
        if kind == "reference":
            self._own(head)
            return self._look_up(self.table.columns[head].sampler.table, at, self._pointed[head])  # type: ignore[attr-defined]
        assert kind == "ancestor"
        table, index = self.table, np.arange(self.n)
        batch: Batch = self
        while table.name != head:
            assert table.per is not None
            assert batch.parent is not None
            index, batch = batch.parent[index], self.family.batch(table.per.table)
            table = batch.table
        return batch.column(at).take(pa.array(index))

    def make(self, column: ColumnSpec) -> pa.Array:
        """Make a column anew.

        Raises:
            SpecError: with the path of the column that cannot be made.
        """
        with _column.located(column):
            if column.rollup is not None:
                return _column.finish(column, self._rolled_up(column), self._key(column.name), {})
            given = {name: self.read(name) for name in column.reads}
            return _column.finish(column, self._values(column, given), self._key(column.name), given)

    def beside(self, table: TableSpec, numbers: Numbers, at: NDArray[np.int64]) -> Batch:
        """Rows of other numbers that stand beside some of these, and have their parents; no rule is asked.

        Args:
            table: how they are made.
            numbers: of the new rows, shape (m,).
            at: places of these rows, shape (m,).
        """
        return Batch(self.family, table, numbers, _at(self.parent, at), _at(self.place, at), BESIDE)

    def check_late_rules(self) -> None:
        """Refuse rows that break a rule about aggregates of their children, or about what has come to a target.

        They cannot be drawn again.
        """
        for name, expression in self.table.rules.items():
            read = {n.removeprefix(f"{self.table.name}.") for n in sql.references(expression, name)}
            if read.isdisjoint(self._late | self._targeted):
                continue
            broken = ~self._holds(name, expression)
            if broken.any():
                why = "an aggregate of their children, or for other rows; bound what those are made from instead."
                if not read.isdisjoint(self._targeted):
                    why = bound_instead(self.family.plan.spec, self.table)
                raise SpecError(
                    f"{self.table.path}.rules.{name}={expression!r}: broken in {broken.mean():.2%} of rows, and rows "
                    f"are not drawn again for {why}"
                )

    def _own(self, name: str) -> pa.Array:
        if name not in self._made:
            self._made[name] = self.make(self.table.columns[name])
        if name not in self._targeted or self._drawing:
            return self._made[name]
        if name not in self._moved:
            aim = self._aim(name)
            self._moved[name] = self._made[name] if aim is None else self._brought(aim, self._made[name])
        return self._moved[name]

    def _aim(self, column: str) -> Moved | None:
        aim = self.family.plan.aims.get((self.table.name, column))
        return aim if isinstance(aim, Moved) else None

    def _brought(self, aim: Moved, values: pa.Array) -> pa.Array:
        return aim.moved(self, values, self.family.chunk.index, self._key(aim.target.column).child("target"))

    def _key(self, column: str, *, of_column: bool = False) -> Key:
        key = self.family.key.child(self.table.name, column)
        if of_column:
            return key
        key = key.child("chunk", self.family.chunk.index)
        return key if self.again is None else key.child("again", self.again)

    def _values(self, column: ColumnSpec, given: Mapping[str, pa.Array]) -> pa.Array:
        rows = Rows(int(self.numbers[0]) if self.n else 0, self.n)
        sampler, key = column.sampler, self._key(column.name)
        chosen = _combine.values(self, column.name) if column.name in self.table.combined else None
        if isinstance(sampler, Reference):
            target, whole = str(sampler.table), self._key(column.name, of_column=True)
            size = self.family.plan.size(target)
            if column.name in self.table.pointing and self.table.emitted is not None:
                picked = self._sourced(self.table.emitted.name)[column.name].to_numpy()
            else:
                picked = sampler.pick(rows, size, key, whole, self.parent) if chosen is None else chosen
            self._pointed[column.name] = picked
            return self._look_up(target, str(sampler.column), picked)
        if isinstance(sampler, Tree):
            picked = sampler.above(rows, key)
            return self._look_up(self.table.name, single_key(self.family.plan.spec, self.table.name), picked)
        if chosen is not None:
            return chosen
        if isinstance(sampler, Sourced):
            return self._sourced(sampler.source)[column.name]
        aim = self.family.plan.aims.get((self.table.name, column.name))
        if isinstance(aim, Dealt):
            return aim.values(column, self.numbers, self._key(column.name, of_column=True))
        if sampler.by_row and not column.by:
            return sampler.at(self.numbers, self._key(column.name, of_column=True))
        return _column.draw(column, rows, key, given, self._scores(column))

    def _sourced(self, name: str) -> Mapping[str, pa.Array] | pa.RecordBatch:
        """What a source of the table makes."""
        if name not in self._sources:
            self._sources[name] = _sources.drawn(self, name, self._made, self._key(f"#{name}"))
        return self._sources[name]

    def _look_up(self, table: str, column: str, numbers: NDArray[np.int64]) -> pa.Array:
        """Values of rows of a table by number; -1 is null."""
        spec = self.family.plan.spec.tables[table].columns[column]
        missing = numbers < 0
        if spec.sampler.by_row and spec.cast is None:
            key = self.family.key.child(table, column)
            values = spec.sampler.at(np.where(missing, 0, numbers), key)
        else:
            values = self.family.task.column(table, column).take(pa.array(np.where(missing, 0, numbers)))
        return _column.with_nulls(values, missing)

    def _scores(self, column: ColumnSpec) -> NDArray[np.float64] | None:
        """Uniform numbers of a correlated column, by a Gaussian or a t copula."""
        names, factor = self.table.copula
        if column.name not in names:
            return None
        from scipy import special

        weights = factor[names.index(column.name)]
        normal = np.zeros(self.n)
        for name, weight in zip(names, weights, strict=True):
            if weight:
                normal += weight * self._key(name).child("copula").generator().standard_normal(self.n)
        df = self.table.df
        if df is None:
            return special.ndtr(normal)  # type: ignore[no-any-return]
        shared = self._key("#copula").generator().chisquare(df, self.n)
        return special.stdtr(df, normal * np.sqrt(df / shared))  # type: ignore[no-any-return]

    def _rolled_up(self, column: ColumnSpec) -> pa.Array:
        child = self.family.batch(str(column.rollup))
        assert child.parent is not None
        rows = {name: child.column(name.partition(".")[2]) for name in column.reads}
        return sql.aggregate(column.sampler.sql, rows, child.parent, self.n, column.path)  # type: ignore[attr-defined]

    def _holds(self, name: str, expression: str) -> NDArray[np.bool_]:
        where = f"{self.table.path}.rules.{name}"
        given = {n: self.read(n) for n in sql.references(expression, where)}
        return sql.truth(expression, given or {"": pa.nulls(self.n)}, where)

    def _keeps(self) -> NDArray[np.bool_]:
        """Whether a row keeps every rule that is about columns of its own time."""
        out = np.ones(self.n, dtype=bool)
        for name, expression in self.table.rules.items():
            if self._late.isdisjoint(sql.references(expression, name)):
                out &= self._holds(name, expression)
        return out

    def settle(self) -> None:
        """Draw rows that break a rule again, whole but for their keys: the rules then condition the law of the rows."""
        if self._settled:
            return
        self._settled = self._drawing = True
        table = self.table
        early = [c for c in table.columns if c not in self._late]
        for name in early:
            self._own(name)
        keeps = self._keeps()
        tried, kept, done = self.n, int(keeps.sum()), 0
        for turn in range(MOST_TRIES):
            broken = np.flatnonzero(~keeps)
            if not len(broken):
                break
            if done > MOST_TRIES:
                self._give_up(kept / tried, tried)
            # more candidates a row with every round, since the rows that are left are the hard ones; bounded in memory
            copies = min(2**turn, MOST_TRIES // 4, max(1, MOST_CANDIDATES // len(broken)))
            at = np.repeat(broken, copies)
            fixed = {c: self._made[c].take(pa.array(at)) for c in early if c in self._fixed}
            more = Batch(self.family, table, self.numbers[at], _at(self.parent, at), _at(self.place, at), turn, fixed)
            more._pointed = {c: pointed[at] for c, pointed in self._pointed.items() if c in self._fixed}
            good = np.flatnonzero(more._keeps())
            tried, kept, done = tried + len(at), kept + len(good), done + copies
            chosen, first = np.unique(at[good], return_index=True)
            index = np.arange(self.n)
            index[chosen] = self.n + good[first]
            for name in early:
                if name not in self._fixed:
                    self._made[name] = pa.concat_arrays([self._made[name], more._own(name)]).take(pa.array(index))
            for name, pointed in self._pointed.items():
                if name not in self._fixed:
                    self._pointed[name] = np.concatenate([pointed, more._pointed[name]])[index]
            keeps[chosen] = True
        else:
            self._give_up(kept / tried, tried)
        self._drawing = False
        before = self.family.tried.get(table.name, (0, 0))
        self.family.tried[table.name] = (before[0] + tried, before[1] + kept)

    def _give_up(self, rate: float, tried: int) -> None:
        """Stop, with the rules that the fewest rows keep."""
        rules = {n: e for n, e in self.table.rules.items() if self._late.isdisjoint(sql.references(e, n))}
        shares = sorted((float(self._holds(name, expression).mean()), name) for name, expression in rules.items())
        worst = [(share, name) for share, name in shares if share < 1][:WORST] or shares[:WORST]
        each = ", ".join(f"{name} ({rules[name]}) in {share:.2%}" for share, name in worst)
        read = {n for _, name in worst for n in sql.references(rules[name], name)}
        beside = "" if len(worst) == len(rules) else f", and {len(rules) - len(worst)} others more often"
        raise SpecError(
            f"{self.table.path}.rules: only {rate:.2%} of {tried:,} drawn rows keep them all: {each}{beside}; relax a rule, or give "
            f"{', '.join(sorted(read))} bounds that fit it."
        )


def _at(values: NDArray[np.int64] | None, index: NDArray[np.int64]) -> NDArray[np.int64] | None:
    return None if values is None else values[index]
