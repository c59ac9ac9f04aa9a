"""What is said of each line of a basket besides its item: quantities, prices, how often the item is listed, numbers of lines."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Self

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from rowsmith.core.codecs import ColumnCodec
from rowsmith.core.errors import SpecError
from rowsmith.core.grouping import BasketLines
from rowsmith.core.protocols import Learner, Progress, Rows, silent
from rowsmith.core.rng import Key
from rowsmith.core.schema import Column, Schema, Table, arrow_type
from rowsmith.core.shield import Units
from rowsmith.core.state import State
from rowsmith.learn._basket_usual import RATIO, Usual, usual_of
from rowsmith.learn._rules import Rules
from rowsmith.learn._tie_rules import ties_from_state, ties_of, ties_state
from rowsmith.learn._ties import Ties
from rowsmith.learn.table import TableModel, field_of, fit_table

AGAIN = 50
"""Times that a line is drawn again which breaks a rule."""
MOST_LINES = 300_000
"""Lines that are learnt from; of more, a random part, and one of each item."""

TELLING = ("boolean", "category", "decimal", "float", "integer")
"""Kinds of columns of baskets that lines are learnt from."""


def context_of(heads: pa.Table, columns: Mapping[str, Column], basket: BasketLines) -> dict[str, Column]:
    """Columns of baskets that may tell something of their lines: no keys, no times, and not the same in all baskets.

    Args:
        heads: columns of the baskets, a row each.
        columns: kinds and types.
        basket: which columns make the rows baskets.
    """
    fixed = {basket.id, *basket.entity, basket.time}
    return {
        n: columns[n]
        for n in heads.column_names
        if n in columns and n not in fixed and columns[n].kind in TELLING and len(heads[n].unique()) > 1
    }


@dataclass(frozen=True)
class Lines:
    """The columns of lines, given their items and what is the same in all lines of their baskets.

    Attributes:
        name: of the table.
        schema: the columns, and their rules.
        item: name of the item's column.
        context: columns of baskets that are given.
        numbered: columns that count the lines of a basket, and where they begin.
        times: name of the number of lines of an item, if there is more than one; else empty.
        usual: columns that are learnt as ratios to what is usual for the item.
        ties: columns that rules tie to others.
        table: draws all else, given the item; None if there is nothing else.
    """

    name: str
    schema: Table
    item: str
    context: tuple[str, ...]
    numbered: Mapping[str, int]
    times: str
    usual: tuple[Usual, ...]
    ties: Ties
    table: TableModel | None

    @property
    def columns(self) -> tuple[str, ...]:
        """Names of what is drawn."""
        return tuple(self.schema.columns)

    def rows(
        self,
        items: pa.Array,
        codes: NDArray[np.int64],
        begins: NDArray[np.int64],
        heads: pa.RecordBatch,
        first: int,
        key: Key,
    ) -> tuple[NDArray[np.int64], dict[str, pa.Array]]:
        """The columns of some lines.

        Args:
            items: values of the items, none twice in a basket, shape (n,).
            codes: their numbers, shape (n,).
            begins: first of them of each basket, and n.
            heads: what is the same in all lines of a basket, a row each.
            first: number of the first in the table.
            key: random stream of these lines.

        Returns:
            Which of the items each line has, rising, shape (lines,), and the columns, a value each.

        Raises:
            SpecError: rules are broken too often.
        """
        n = len(items)
        which = np.arange(n)
        basket = pa.array(np.repeat(np.arange(len(begins) - 1), np.diff(begins)))
        given = {self.item: items} | {name: heads[name].take(basket) for name in self.context}
        batch = self._drawn(given, codes, Rows(2 * first, n), key)
        if self.times and batch is not None:
            more = np.maximum(batch[self.times].cast(pa.int64()).to_numpy(), 1) - 1
            extra = np.repeat(which, more)
            rows = Rows(2 * first + n, len(extra))
            rest = self._drawn(_taken(given, extra), codes[extra], rows, key.child("more"))
            both = pa.Table.from_batches([batch, rest]).combine_chunks().to_batches()[0] if len(extra) else batch
            order = np.argsort(np.append(which, extra), kind="stable")
            which, batch = np.append(which, extra)[order], both.take(pa.array(order))
        out = {} if batch is None else {name: batch[name] for name in self.columns if name not in self.numbered}
        ends = np.searchsorted(which, begins)
        place = np.arange(len(which)) - np.repeat(ends[:-1], np.diff(ends))
        for name, begin in self.numbered.items():
            out[name] = pa.array(place + begin).cast(arrow_type(self.schema.columns[name].type))
        return which, out

    def _drawn(
        self, given: Mapping[str, pa.Array], codes: NDArray[np.int64], rows: Rows, key: Key
    ) -> pa.RecordBatch | None:
        """Columns that are learnt, of lines that keep the rules, and those of their baskets."""
        if self.table is None:
            return None
        batch, rules = self._once(given, codes, rows, key), Rules(self.name, self.schema.rules)
        for turn in range(AGAIN if self.schema.rules else 0):
            wrong = np.flatnonzero(rules.broken(batch))
            if not len(wrong):
                return batch
            lines = Rows(rows.first, len(wrong))
            part = self._once(_taken(given, wrong), codes[wrong], lines, key.child("again", turn))
            index = np.arange(len(codes))
            index[wrong] = len(codes) + np.arange(len(wrong))
            batch = pa.Table.from_batches([batch, part]).take(pa.array(index)).combine_chunks().to_batches()[0]
        if self.schema.rules and rules.broken(batch).any():
            raise SpecError(
                f"tables.{self.name}.rules ({', '.join(self.schema.rules)}): lines still break them after {AGAIN} draws; relax a "
                "rule, or check that the real rows keep it."
            )
        return batch

    def _once(self, given: Mapping[str, pa.Array], codes: NDArray[np.int64], rows: Rows, key: Key) -> pa.RecordBatch:
        assert self.table is not None
        drawn = self.table.sample(rows, key, given)
        out = {name: drawn[name] for name in drawn.schema.names}
        for usual in self.usual:
            out[usual.column] = usual.of(out[usual.column], codes)
        out = self.ties.join(out)
        names = [n for n in self.columns if n not in self.numbered] + ([self.times] if self.times else [])
        names += [self.item, *self.context]
        fields = [
            field_of(n, self.schema.columns[n]) if n in self.schema.columns else pa.field(n, out[n].type) for n in names
        ]
        return pa.RecordBatch.from_arrays([out[n] for n in names], schema=pa.schema(fields))

    def state(self) -> State:
        """Arrays and JSON from which `from_state` makes the same."""
        return {
            "schema": Schema(tables={self.name: self.schema}).to_dict(),
            "item": self.item,
            "context": list(self.context),
            "numbered": dict(self.numbered),
            "times": self.times,
            "usual": [each.state() for each in self.usual],
            "ties": ties_state(self.ties),
            "table": None if self.table is None else self.table.state(),
        }

    @classmethod
    def from_state(cls, state: State) -> Self:
        """The inverse of `state`."""
        name, schema = Schema.from_dict(state["schema"]).only
        return cls(
            name=name,
            schema=schema,
            item=state["item"],
            context=tuple(map(str, state["context"])),
            numbered={str(n): int(begin) for n, begin in state["numbered"].items()},
            times=state["times"],
            usual=tuple(Usual.from_state(each) for each in state["usual"]),
            ties=ties_from_state(state["ties"]),
            table=None if state["table"] is None else TableModel.from_state(state["table"]),
        )


def fit_lines(
    arrays: Mapping[str, pa.Array],
    schema: Table,
    item: ColumnCodec,
    values: pa.Array,
    codes: NDArray[np.int64],
    size: int,
    context: Mapping[str, Column],
    times: tuple[str, NDArray[np.int64]],
    numbered: Mapping[str, int],
    learner: Learner,
    *,
    name: str,
    key: Key,
    units: Units | None = None,
    workers: int = 1,
    progress: Progress = silent,
) -> Lines:
    """Learn the columns of lines.

    Args:
        arrays: the columns that the schema has, and those of baskets, of the first line of each item.
        schema: their kinds and types, and rules.
        item: codec of the items.
        values: the items of the lines.
        codes: their numbers, shape (lines,); every item has some.
        size: how many items there are.
        context: kinds and types of the columns of baskets, which the schema's rules may read.
        times: free name for how many lines the basket has of the item, and this number, shape (lines,).
        numbered: columns that count the lines of a basket, and where they begin.
        learner: settings of the learner.
        name: of the table.
        key: random stream of the fit.
        units: customers of the lines, or their baskets, shape (lines,).
        workers: how many threads; the result does not depend on it.
        progress: told what has been done.

    Raises:
        DataError: values are not of the schema's kinds, or a row breaks a rule.
    """
    Rules(name, schema.rules).check(pa.table({**arrays, item.name: values}))
    if len(values) > MOST_LINES:
        some = key.child("lines").generator().permutation(len(values))[:MOST_LINES]
        some = np.union1d(some, np.unique(codes, return_index=True)[1])  # a line of each item says what the item tells
        arrays = {n: each.take(pa.array(some)) for n, each in arrays.items()}
        values, codes, times = values.take(pa.array(some)), codes[some], (times[0], times[1][some])
        units = None if units is None else units[some]
    kept = {n: c for n, c in {**schema.columns, **context}.items() if arrays[n].type == arrow_type(c.type)}
    fixed = frozenset({*numbered, *context})
    ties = ties_of(schema.rules, kept, arrays, fixed, units) if schema.rules else Ties()
    tied = ties.parts(arrays)
    split = {**arrays, **{n: part.values for n, part in tied.items()}}
    kinds = {**schema.columns, **ties.learns}
    learnt = {n: c for n, c in kinds.items() if n not in numbered and n not in ties.columns}
    found = [usual_of(n, c, split[n], codes, size) for n, c in learnt.items() if n not in ties.learns]
    usual = tuple(each for each in found if each is not None)
    inside = {each.column: each.ratios(split[each.column], codes) for each in usual}
    several = times[0] if bool((times[1] > 1).any()) else ""
    columns = {item.name: Column(kind="category", type=str(item.type), public=True)}
    rows: dict[str, pa.Array] = {item.name: values}
    columns, rows = columns | dict(context), rows | {n: arrays[n] for n in context}
    if several:
        columns[several], rows[several] = Column(kind="integer", type="int64"), pa.array(times[1])
    for n, column in learnt.items():
        columns[n], rows[n] = (RATIO, inside[n]) if n in inside else (column, split[n])
    table = None
    if len(columns) > 1 + len(context):
        table = fit_table(
            pa.table(rows),
            Table(columns=columns),
            learner,
            name=name,
            key=key,
            given=(item.name, *context),
            owners={n: part.owners for n, part in tied.items()},
            units=units,
            workers=workers,
            progress=progress,
        )
    return Lines(name, schema, item.name, tuple(context), dict(numbered), several, usual, ties, table)


def _taken(columns: Mapping[str, pa.Array], rows: NDArray[np.int64]) -> dict[str, pa.Array]:
    return {name: values.take(pa.array(rows)) for name, values in columns.items()}
