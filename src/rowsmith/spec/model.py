"""A checked spec: how tables are made. Made by `spec.check`; the engine runs it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import MISSING, dataclass, field, fields
from functools import cached_property
from typing import TYPE_CHECKING, Any, Self

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from rowsmith.augment._change import Augmentation
from rowsmith.core.errors import SpecError
from rowsmith.core.protocols import ColumnSampler, Sampler
from rowsmith.core.sql import references
from rowsmith.core.values import Number, Sql
from rowsmith.samplers._sourced import Sourced
from rowsmith.samplers.reference import Reference
from rowsmith.samplers.sequence import Sequence
from rowsmith.samplers.tree import Tree
from rowsmith.samplers.walk import Walk
from rowsmith.spec.target import Target

if TYPE_CHECKING:
    from rowsmith.spec.keys import UniqueGroup
    from rowsmith.spec.order import Order
    from rowsmith.spec.truth import PlantSpec


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
class Source:
    """Columns of a table that are made together, by anything that is a `Sampler`: a saved model, for one.

    Each of them is a column whose sampler is `Sourced` and names the source.

    Attributes:
        name: of the source, unique in its table.
        path: into the spec, for messages.
        sampler: makes the columns.
        columns: their names and types.
        reads: what the sampler is given: columns, of this row or others, and parameters.
        world: whether a world emits the rows: the engine then knows which part of which run they are.
    """

    name: str
    path: str
    sampler: Sampler
    columns: Mapping[str, pa.DataType]
    reads: tuple[str, ...] = ()
    world: bool = False


@dataclass(frozen=True, kw_only=True)
class Combination:
    """Columns whose values are chosen together, so that no combination comes twice.

    Attributes:
        columns: each with a few values, or pointing to rows.
        within: whether that is so among the rows of one parent, and not of the table.
    """

    columns: tuple[str, ...]
    within: bool = False


@dataclass(frozen=True, kw_only=True)
class TableSpec:
    """How one table is made.

    Attributes:
        name: of the table.
        path: into the spec, for messages.
        rows: how many, for a table without a parent.
        per: its parent otherwise.
        columns: by name, in the order in which they are written.
        sources: what makes several of them together.
        primary_key: columns that identify a row.
        unique: groups of columns in which no two rows are the same; nulls are the same as nothing.
        combined: column to the combination that it is chosen in.
        rules: name to boolean SQL.
        df: degrees of freedom of the t copula behind `correlate`; None for the Gaussian.
        then: what is done to the rows when all are made.
    """

    name: str
    path: str
    rows: int | None = None
    per: Per | None = None
    columns: Mapping[str, ColumnSpec]
    sources: tuple[Source, ...] = ()
    primary_key: tuple[str, ...] = ()
    unique: tuple[tuple[str, ...], ...] = ()
    combined: Mapping[str, Combination] = field(default_factory=dict)
    rules: Mapping[str, str] = field(default_factory=dict)
    df: float | None = None
    then: tuple[Augmentation, ...] = ()

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
    def emitted(self) -> Source | None:
        """The world that emits the rows, if one does."""
        return next((source for source in self.sources if source.world), None)

    @cached_property
    def pointing(self) -> frozenset[str]:
        """References whose rows the world picks."""
        own = self.emitted.columns if self.emitted is not None else ()
        return frozenset(c for c in own if isinstance(self.columns[c].sampler, Reference))

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
        numbered = {c.name for c in self.columns.values() if isinstance(c.sampler, Sourced) and c.sampler.stays}
        return frozenset(kept | placed | chained | numbered | self.pointing | set(self.combined))


MOST_ROWS = 10**11
"""Of a table: more are refused before all memory goes into planning them."""


@dataclass(frozen=True, kw_only=True, init=False)
class Spec:
    """Tables to be made, checked.

    Made from what a document says, by the same names: `tables`, `seed`, `parameters`, `targets`, `truth` and so on.

    Raises:
        SpecError: everything that is wrong with it.

    >>> Spec(tables={"t": {"rows": 3, "columns": {"a": "id", "b": {"sql": "a * 2"}}}}, seed=7).seed
    7

    Attributes:
        tables: by name, parents before their children.
        seed: of everything random.
        parameters: names that formulas may use, and their values.
        chunk_rows: rows of a root table that are made at a time, at most; another number makes other rows.
        targets: what must come out exactly.
        truth: structures to be planted.
        difficulty: of finding them, from 0, easy, to 1, hard.
        name: of the spec, for messages.
        document: what it was made from, as plain values.
        files: SHA-256 of each file that it names.
    """

    tables: Mapping[str, TableSpec]
    seed: int = 0
    parameters: Mapping[str, Any] = field(default_factory=dict)
    chunk_rows: int = 65_536
    targets: tuple[Target, ...] = ()
    truth: tuple[PlantSpec, ...] = ()
    difficulty: float = 0.0
    name: str = "spec"
    document: Mapping[str, Any] = field(default_factory=dict)
    files: Mapping[str, str] = field(default_factory=dict)

    def __init__(self, **document: Any) -> None:
        from rowsmith.spec.check import check
        from rowsmith.spec.document import Document

        self.__dict__.update(vars(check(Document(document))))

    @classmethod
    def from_yaml(cls, text: str, name: str = "spec") -> Self:
        """The spec in a YAML (or JSON) text, such as `draft` returns.

        Args:
            text: of the document.
            name: for messages.

        Raises:
            SpecError: everything that is wrong with it, each with its line.
        """
        from rowsmith.spec.check import check
        from rowsmith.spec.document import parse

        document = parse(text, name)
        if document.values is None:
            raise SpecError(
                f"{name}: is empty; expected tables, such as `tables: {{t: {{rows: 3, columns: {{a: id}}}}}}`."
            )
        spec = cls.__new__(cls)
        spec.__dict__.update(vars(check(document)))
        return spec

    @classmethod
    def of(cls, **known: Any) -> Self:
        """A spec of attributes that were checked."""
        spec = cls.__new__(cls)
        for each in fields(cls):
            default = each.default if each.default_factory is MISSING else each.default_factory()
            spec.__dict__[each.name] = known.get(each.name, default)
        return spec

    def but(self, **changes: Any) -> Self:
        """The spec with other attributes."""
        return self.of(**{each.name: getattr(self, each.name) for each in fields(self)} | changes)

    @cached_property
    def order(self) -> Order:
        """In what order numbers of rows and targets are found.

        Raises:
            SpecError: one of them needs itself.
        """
        from rowsmith.spec.order import order_of

        return order_of(self)

    @cached_property
    def checked(self) -> Mapping[str, tuple[UniqueGroup, ...]]:
        """By table, the keys and unique groups that rows are to be checked for."""
        from rowsmith.spec.keys import to_check

        return to_check(self)

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
