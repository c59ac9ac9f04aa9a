"""A checked spec: how tables are made. Made by `spec.check`; the engine runs it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from rowsmith.core.errors import SpecError
from rowsmith.core.protocols import ColumnSampler
from rowsmith.core.sql import references
from rowsmith.core.values import Number, Sql
from rowsmith.samplers.reference import Reference
from rowsmith.samplers.sequence import Sequence
from rowsmith.samplers.tree import Tree
from rowsmith.samplers.walk import Walk


@dataclass(frozen=True, kw_only=True)
class ColumnSpec:
    """How one column is made.

    Attributes:
        name: of the column.
        path: into the spec, for messages.
        sampler: makes the values.
        null: chance that a value is missing, or SQL that gives it.
        digits: decimals that numbers are rounded to.
        cast: Arrow type that values are turned into.
        by: columns whose values choose other settings.
        groups: the samplers of their levels, one value of each `by` column a key, as text.
        others: whether rows of other levels take `sampler`; else they are refused.
        correlate: other columns of the table to correlation, on the scale of the normal scores.
        rollup: child table that an aggregate is over, if the column is one.
        hidden: whether it is only for other columns to read, and not part of the table.
    """

    name: str
    path: str
    sampler: ColumnSampler
    null: Number = 0.0
    digits: int | None = None
    cast: pa.DataType | None = None
    by: tuple[str, ...] = ()
    groups: Mapping[tuple[str, ...], ColumnSampler] = field(default_factory=dict)
    others: bool = True
    correlate: Mapping[str, float] = field(default_factory=dict)
    rollup: str | None = None
    hidden: bool = False

    @cached_property
    def reads(self) -> tuple[str, ...]:
        """Every name that making the column needs: columns, of this row or others, and parameters."""
        found = dict.fromkeys(self.by)
        for sampler in (self.sampler, *self.groups.values()):
            found |= dict.fromkeys((*sampler.reads, *in_settings(sampler)))
        if isinstance(self.null, Sql):
            found |= dict.fromkeys(references(self.null.expression, f"{self.path}.null"))
        return tuple(found)


def in_settings(sampler: ColumnSampler) -> tuple[str, ...]:
    """Names in the SQL that settings of a sampler are computed by."""
    computed = [v.expression for v in vars(sampler).values() if isinstance(v, Sql)]
    return tuple(dict.fromkeys(name for expression in computed for name in references(expression, "sql")))


@dataclass(frozen=True, kw_only=True)
class Per:
    """Rows that belong to a row of a parent table.

    Attributes:
        table: the parent.
        count: how many rows there are for each of the parent's, as a column of the parent.
    """

    table: str
    count: ColumnSpec


@dataclass(frozen=True, kw_only=True)
class TableSpec:
    """How one table is made.

    Attributes:
        name: of the table.
        path: into the spec, for messages.
        rows: how many, for a table without a parent.
        per: its parent otherwise.
        columns: by name, in the order in which they are written.
        primary_key: columns that identify a row.
        rules: name to boolean SQL.
        df: degrees of freedom of the t copula behind `correlate`; None for the Gaussian.
    """

    name: str
    path: str
    rows: int | None = None
    per: Per | None = None
    columns: Mapping[str, ColumnSpec]
    primary_key: tuple[str, ...] = ()
    rules: Mapping[str, str] = field(default_factory=dict)
    df: float | None = None

    @cached_property
    def copula(self) -> tuple[tuple[str, ...], NDArray[np.floating[Any]]]:
        """The correlated columns and the lower Cholesky factor of their matrix.

        Raises:
            SpecError: the correlations contradict one another: the matrix is not positive definite.
        """
        pairs = {(c.name, other): value for c in self.columns.values() for other, value in c.correlate.items()}
        names = tuple(n for n in self.columns if any(n in pair for pair in pairs))
        matrix = np.eye(len(names))
        for (a, b), value in pairs.items():
            if pairs.get((b, a), value) != value:
                raise SpecError(f"columns.{a}.correlate.{b}={value:g}: column {b} says {pairs[b, a]:g}; give it once.")
            i, j = names.index(a), names.index(b)
            matrix[i, j] = matrix[j, i] = value
        if len(names) and float(np.linalg.eigvalsh(matrix).min()) < 1e-8:
            raise SpecError(
                f"columns: the correlations of {', '.join(names)} contradict one another (the matrix is not positive "
                "definite); bring some nearer to 0, or give the pairs that are left out."
            )
        return names, np.linalg.cholesky(matrix)

    @property
    def written(self) -> tuple[str, ...]:
        """Columns that are part of the table."""
        return tuple(c.name for c in self.columns.values() if not c.hidden)

    @cached_property
    def late(self) -> frozenset[str]:
        """Columns that wait for the children: aggregates over them, and what is computed from those."""
        found = {c.name for c in self.columns.values() if c.rollup is not None}
        while more := {c.name for c in self.columns.values() if found.intersection(c.reads)} - found:
            found |= more
        return frozenset(found)

    @cached_property
    def fixed(self) -> frozenset[str]:
        """Columns that stay when a row is drawn again for a rule: keys, and what hangs on the rows beside it."""
        kept = {c.name for c in self.columns.values() if c.sampler.by_row or isinstance(c.sampler, Tree)}
        placed = {c.name for c in self.columns.values() if isinstance(c.sampler, Reference) and c.sampler.placed}
        chained = {c.name for c in self.columns.values() if isinstance(c.sampler, Sequence | Walk)}
        return frozenset(kept | placed | chained)


@dataclass(frozen=True, kw_only=True)
class Spec:
    """Tables to be made, checked.

    Attributes:
        tables: by name, parents before their children.
        seed: of everything random.
        parameters: names that formulas may use, and their values.
        chunk_rows: rows of a root table that are made at a time, at most; another number makes other rows.
        name: of the spec, for messages.
        document: what it was made from, as plain values.
    """

    tables: Mapping[str, TableSpec]
    seed: int = 0
    parameters: Mapping[str, Any] = field(default_factory=dict)
    chunk_rows: int = 65_536
    name: str = "spec"
    document: Mapping[str, Any] = field(default_factory=dict)

    def children(self, table: str) -> list[TableSpec]:
        """Tables whose rows belong to rows of a table."""
        return [t for t in self.tables.values() if t.per is not None and t.per.table == table]

    def root(self, table: str) -> TableSpec:
        """The table at the top of a table's family; itself, if it has no parent."""
        spec = self.tables[table]
        return spec if spec.per is None else self.root(spec.per.table)

    def family(self, root: str) -> list[TableSpec]:
        """A table with its children and theirs, parents first."""
        return [self.tables[root], *(t for child in self.children(root) for t in self.family(child.name))]
