"""Rules that hold in every row after a change as they did before: formulas are computed again, other rows are changed again."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from typing import TypeVar

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from rowsmith.core import sql
from rowsmith.core.computed import typed, value, wide
from rowsmith.core.errors import RowsmithError
from rowsmith.core.types import whole

TRIES = 8
"""Times that a row is changed again, before it keeps its old values."""
Rows = TypeVar("Rows", pa.RecordBatch, pa.Table)
_SAME = ("COMPARE_EQUAL", "COMPARE_NOT_DISTINCT_FROM")


@dataclass(frozen=True)
class Formula:
    """A rule by which a column is what an expression gives.

    Attributes:
        column: that is computed.
        expression: SQL over others.
    """

    column: str
    expression: str

    @property
    def reads(self) -> tuple[str, ...]:
        """Columns that the expression reads."""
        return sql.references(self.expression, self.column)


@dataclass(frozen=True)
class Keeper:
    """The rules of a table.

    Attributes:
        table: its name, for messages.
        rules: name to boolean SQL.
        formulas: those of them that say what a column is, each after those that make what it reads.
    """

    table: str
    rules: Mapping[str, str]
    formulas: tuple[Formula, ...] = ()

    @classmethod
    def of(cls, table: str, rules: Mapping[str, str], columns: Collection[str], fixed: Collection[str]) -> Keeper:
        """The rules, read.

        Args:
            table: its name.
            rules: name to boolean SQL.
            columns: of the table.
            fixed: those that must not be computed.
        """
        found: dict[str, Formula] = {}
        for name, rule in rules.items():
            for part in sql.parts(sql.tree(rule, f"tables.{table}.rules.{name}")):
                formula = _formula(part)
                if formula is None or formula.column in found or formula.column in fixed:
                    continue
                reads = formula.reads
                if reads and {*reads, formula.column} <= set(columns) and not _needs(reads, formula.column, found):
                    found[formula.column] = formula
        return cls(table, rules, _in_order(found))

    def among(self, columns: Collection[str]) -> Keeper:
        """The rules that read no other columns than these."""
        kept = {name: rule for name, rule in self.rules.items() if set(sql.references(rule, name)) <= set(columns)}
        return Keeper(self.table, kept, self.formulas)

    def broken(self, rows: pa.RecordBatch | pa.Table) -> NDArray[np.bool_]:
        """Whether a row breaks any rule, shape (rows,)."""
        plain = {name: wide(whole(column)) for name, column in zip(rows.schema.names, rows.columns, strict=True)}
        out = np.zeros(rows.num_rows, dtype=bool)
        for name, rule in self.rules.items():
            out |= ~sql.truth(rule, plain, f"tables.{self.table}.rules.{name}")
        return out

    def followers(self, changed: Collection[str]) -> frozenset[str]:
        """Columns that are computed again where others are changed, these among them."""
        touched = set(changed)
        for formula in self.formulas:
            if not touched.isdisjoint(formula.reads):
                touched.add(formula.column)
        return frozenset(touched)

    def computed(self, rows: Rows, changed: Collection[str]) -> Rows:
        """Rows with the columns computed again that follow from others that were changed; a null stays one."""
        touched = set(changed)
        for formula in self.formulas:
            if touched.isdisjoint(formula.reads):
                continue
            at = rows.schema.names.index(formula.column)
            old = whole(rows.column(at))
            columns = {name: whole(rows.column(name)) for name in formula.reads}
            try:
                found = typed(value(formula.expression, columns, formula.column), old.type)
            except (pa.ArrowInvalid, pa.ArrowNotImplementedError, RowsmithError):
                continue  # the rule is then kept as all others are
            rows = rows.set_column(at, rows.schema.field(at), pc.if_else(old.is_valid(), found, old))
            touched.add(formula.column)
        return rows

    def settled(
        self, before: pa.RecordBatch, change: Callable[[pa.RecordBatch, int], pa.RecordBatch], columns: Collection[str]
    ) -> tuple[pa.RecordBatch, int]:
        """Rows after a change that break no rule that they kept before.

        Args:
            before: n rows.
            change: of some rows, at the try of a number.
            columns: that it changes.

        Returns:
            n rows, and how many of them have their old values since no try kept the rules.
        """
        rows = self.computed(change(before, 0), columns)
        if not self.rules:
            return rows, 0
        at = np.flatnonzero(self.broken(rows))
        at = at[~self.broken(before.take(pa.array(at)))] if len(at) else at
        for number in range(1, TRIES + 1):
            if not len(at):
                return rows, 0
            old = before.take(pa.array(at))
            again = self.computed(change(old, number), columns)
            bad = self.broken(again)
            rows = replaced(rows, at, again)
            at = at[bad]
        return replaced(rows, at, before.take(pa.array(at))), len(at)


def replaced(rows: pa.RecordBatch, at: NDArray[np.int64], others: pa.RecordBatch) -> pa.RecordBatch:
    """Rows with others in place of some."""
    index = np.arange(rows.num_rows)
    index[at] = rows.num_rows + np.arange(len(at))
    take = pa.array(index)
    columns = [pa.concat_arrays([a, b]).take(take) for a, b in zip(rows.columns, others.columns, strict=True)]
    return pa.RecordBatch.from_arrays(columns, schema=rows.schema)


def _formula(node: Mapping[str, object]) -> Formula | None:
    """What a part of a rule says a column to be."""
    if node["type"] not in _SAME:
        return None
    for one, other in ((node["left"], node["right"]), (node["right"], node["left"])):
        assert isinstance(one, Mapping)
        assert isinstance(other, Mapping)
        if one["class"] == "COLUMN_REF" and len(one["column_names"]) == 1 and other["class"] != "CONSTANT":
            return Formula(one["column_names"][0], sql.written(other))
    return None


def _needs(reads: Collection[str], column: str, found: Mapping[str, Formula]) -> bool:
    """Whether columns hang on a column."""
    return any(r == column or (r in found and _needs(found[r].reads, column, found)) for r in reads)


def _in_order(found: Mapping[str, Formula]) -> tuple[Formula, ...]:
    out: dict[str, Formula] = {}

    def put(formula: Formula) -> None:
        for read in formula.reads:
            if read in found and read not in out:
                put(found[read])
        out[formula.column] = formula

    for formula in found.values():
        put(formula)
    return tuple(out.values())
