"""Two or three databases as arrays: the columns of every table, and along every link the parent row of each child row."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from rowsmith.core.errors import DataError
from rowsmith.core.matching import codes_of, together
from rowsmith.core.rng import Key
from rowsmith.core.schema import Schema
from rowsmith.evaluate._align import Aligned, Columns, Feature, align
from rowsmith.evaluate._family import Family
from rowsmith.evaluate._once import once
from rowsmith.evaluate._stats import Ints

NULL, ORPHAN = -1, -2
"""In place of a parent's row: a key with a null, a key that no parent has."""
NUMBERED = 0.5
"""Share of distinct values from which on a column of a composite key only names rows; a year or a line number is data."""
NAMES = 50
"""Levels up to which a column is data even where each row has its own: the names of a look-up table."""


@dataclass(frozen=True)
class Link:
    """A foreign key.

    Attributes:
        child: table of the rows that point.
        columns: of the child.
        parent: table that is pointed to.
        targets: its columns, one for each.
    """

    child: str
    columns: tuple[str, ...]
    parent: str
    targets: tuple[str, ...]

    def __str__(self) -> str:
        return f"{self.child} ({', '.join(self.columns)}) → {self.parent}"


@dataclass(frozen=True)
class Side:
    """One database.

    Attributes:
        tables: the columns that are compared, by table.
        up: for each link the row of the parent of each child row, or `NULL` or `ORPHAN`, shape (rows of the child,).
        repeated: by table with a primary key, share of rows whose key was there before, or has a null.
    """

    tables: Mapping[str, Columns]
    up: tuple[Ints, ...]
    repeated: Mapping[str, float]


@dataclass(frozen=True)
class Linked:
    """The databases to judge, and what measures need of them.

    Attributes:
        features: columns that are compared, by table; of text that only names rows, how long it is.
        links: foreign keys whose columns stand in every database.
        real: what was learnt from.
        synthetic: what is to be judged.
        holdout: a real database that nobody learnt from, if there is one.
        aligned: tables that can be compared, with the columns that only name rows.
        tables: the tables as they were given; by role, then by name.
        key: random stream of the judgement.
        workers: threads of the classifiers.
        notes: what was left out.
        public: tables that the schema calls so, whose rows are for all to see.
    """

    features: Mapping[str, tuple[Feature, ...]]
    links: tuple[Link, ...]
    real: Side
    synthetic: Side
    holdout: Side | None
    aligned: Mapping[str, Aligned]
    tables: Mapping[str, Mapping[str, pa.Table]]
    key: Key
    workers: int
    notes: tuple[str, ...] = ()
    public: frozenset[str] = frozenset()

    @property
    def sides(self) -> dict[str, Side]:
        """The databases that are there, by role."""
        sides = {"real": self.real, "synthetic": self.synthetic, "holdout": self.holdout}
        return {role: side for role, side in sides.items() if side is not None}

    @classmethod
    def of(cls, databases: Mapping[str, Mapping[str, pa.Table]], schema: Schema, key: Key, workers: int) -> Linked:
        """Bring databases to common tables, columns and links.

        Args:
            databases: tables by name, by role: real, synthetic and, if there is one, holdout.
            schema: keys and links of the real one.
            key: random stream of the judgement.
            workers: threads.

        Raises:
            DataError: they have no table in common.
        """
        notes = []
        real = databases["real"]
        common = [name for name in real if all(name in tables for tables in databases.values())]
        if not common:
            raise DataError(
                "the databases have no table in common: "
                + "; ".join(f"{role} has {', '.join(map(repr, tables))}" for role, tables in databases.items())
                + ". Give the tables the same names."
            )
        for role, tables in databases.items():
            lost = [repr(n) for n in {**real, **tables} if n not in tables or n not in real]
            if lost:
                notes.append(f"Not compared, as only one database has them ({role}): tables {', '.join(lost)}.")
        links = []
        for name in common:
            for pointing in schema.tables[name].foreign_keys if name in schema.tables else ():
                link = Link(name, pointing.columns, pointing.table, pointing.targets)
                if link.parent in common and _has(databases, link):
                    links.append(link)
                else:
                    notes.append(f"The link {link} is not judged: its columns do not stand in every database.")
        aligned: dict[str, Aligned] = {}
        for n in common:
            named = _naming(n, schema, links, real[n])
            parts = {r: t[n].select([c for c in t[n].column_names if c not in named]) for r, t in databases.items()}
            found = _aligned(parts)
            if isinstance(found, Aligned):
                aligned[n] = found
            notes += [f"{n}: {each}" for each in (found.notes if isinstance(found, Aligned) else filter(None, [found]))]
        features: dict[str, tuple[Feature, ...]] = {}
        columns: dict[str, dict[str, Columns]] = {role: {} for role in databases}
        for n in common:
            for role, tables in databases.items():
                content = list(_content(aligned[n], role)) if n in aligned else []
                features[n] = tuple(feature for feature, _ in content)  # the same for every role
                columns[role][n] = Columns(tuple(values for _, values in content), tables[n].num_rows)
        sides = {
            role: Side(
                columns[role],
                tuple(_parents(tables, link) for link in links),
                {n: _repeated(tables[n], schema.tables[n].primary_key) for n in common if n in schema.tables},
            )
            for role, tables in databases.items()
        }
        return cls(
            features,
            tuple(links),
            sides["real"],
            sides["synthetic"],
            sides.get("holdout"),
            aligned,
            databases,
            key,
            workers,
            tuple(notes),
            frozenset(name for name, table in schema.tables.items() if table.public),
        )

    @once
    def families(self) -> Mapping[str, tuple[Family, ...]]:
        """Along each link parents and their children, by role."""
        return {role: tuple(self._family(side, i) for i in range(len(self.links))) for role, side in self.sides.items()}

    def told_by(self, i: int) -> tuple[Feature, ...]:
        """What a child along a link is told by: its own columns; of a table of links alone, those of its other parents."""
        own = self.features[self.links[i].child]
        if own:
            return own
        return tuple(f for j in self.beside(i) for f in self.features[self.links[j].parent])

    def beside(self, i: int) -> tuple[int, ...]:
        """The other links of the same child."""
        return tuple(j for j, link in enumerate(self.links) if link.child == self.links[i].child and j != i)

    def _family(self, side: Side, i: int) -> Family:
        link, up = self.links[i], side.up[i]
        linked = np.flatnonzero(up >= 0)
        others = {j: side.up[j][linked] for j in self.beside(i)}
        children = side.tables[link.child].take(linked)
        told = children
        if not self.features[link.child]:
            far = [side.tables[self.links[j].parent].take_or_null(at) for j, at in others.items()]
            told = Columns(tuple(a for part in far for a in part.arrays), len(linked))
        beside = {j: side.tables[self.links[j].parent] for j in others}
        return Family(side.tables[link.parent], children, told, up[linked], others, beside)


def _has(databases: Mapping[str, Mapping[str, pa.Table]], link: Link) -> bool:
    ends = ((link.child, link.columns), (link.parent, link.targets))
    return all(c in tables[n].column_names for tables in databases.values() for n, names in ends for c in names)


def _naming(name: str, schema: Schema, links: Sequence[Link], table: pa.Table) -> set[str]:
    """Columns that only name rows: a key of one column, and of several those in which most values differ."""
    keys = [schema.tables[name].primary_key] if name in schema.tables else []
    keys += [link.columns for link in links if link.child == name]
    keys += [link.targets for link in links if link.parent == name]
    return {
        column
        for key in keys
        for column in key
        if column in table.column_names
        and (len(key) == 1 or len(table[column].unique()) > NUMBERED * max(table.num_rows, 1))
    }


def _aligned(tables: Mapping[str, pa.Table]) -> Aligned | str:
    """Columns of one table in every database, or why there are none."""
    if tables["real"].num_columns == 0:
        return ""
    empty = " and ".join(role for role, t in tables.items() if t.num_rows == 0)
    if empty:
        return f"not compared, as it has no rows in {empty}."
    try:
        return align(tables)
    except DataError as fault:
        return str(fault)


def _content(aligned: Aligned, role: str) -> Iterator[tuple[Feature, NDArray[Any]]]:
    """Columns that can be compared; of text that only names rows, how long it is."""
    for feature, values in zip(aligned.features, aligned.tables[role].arrays, strict=True):
        if not feature.identifier or (feature.kind == "category" and len(feature.levels) <= NAMES):
            yield feature, values
        elif feature.kind == "category":
            lengths = np.array([*map(len, feature.levels), np.nan])
            yield Feature(f"length of {feature.name}", "number", whole=True), lengths[values]


def _parents(tables: Mapping[str, pa.Table], link: Link) -> Ints:
    """The row of the parent of each child row."""
    child, parent = tables[link.child], tables[link.parent]
    n = child.num_rows
    codes, null = _keyed([_same(child[c], parent[t]) for c, t in zip(link.columns, link.targets, strict=True)])
    usable = np.flatnonzero(~null[n:])
    values, first = np.unique(codes[n:][usable], return_index=True)
    if len(values) == 0:
        return np.where(null[:n], NULL, ORPHAN).astype(np.int64)
    at = np.minimum(np.searchsorted(values, codes[:n]), len(values) - 1)
    found = np.where(values[at] == codes[:n], usable[first[at]], ORPHAN)
    return np.where(null[:n], NULL, found).astype(np.int64)


def _keyed(columns: Sequence[Ints]) -> tuple[Ints, NDArray[np.bool_]]:
    """One number for the values of several columns together, and whether one of them is null."""
    return together(columns, len(columns[0])), np.any([each < 0 for each in columns], axis=0)


def _same(a: pa.ChunkedArray, b: pa.ChunkedArray) -> Ints:
    """One number a value, equal where values of the two columns are; -1 for null."""
    a, b = (v.cast(v.type.value_type) if pa.types.is_dictionary(v.type) else v for v in (a, b))
    if a.type != b.type:
        a, b = _numbers(a, b) or (_text(a), _text(b))
    return codes_of(pa.chunked_array([*a.chunks, *b.chunks], a.type))


def _numbers(a: pa.ChunkedArray, b: pa.ChunkedArray) -> tuple[pa.ChunkedArray, pa.ChunkedArray] | None:
    """Two columns of whole numbers as one type, if they are."""
    try:
        return a.cast(pa.int64()), b.cast(pa.int64())
    except (pa.ArrowInvalid, pa.ArrowNotImplementedError):
        return None


def _text(values: pa.ChunkedArray) -> pa.ChunkedArray:
    try:
        return values.cast(pa.large_string())
    except (pa.ArrowInvalid, pa.ArrowNotImplementedError):
        return pa.chunked_array(
            [pa.array([None if v is None else str(v) for v in values.to_pylist()], pa.large_string())]
        )


def _repeated(table: pa.Table, key: Sequence[str]) -> float:
    """Share of rows whose key was there before, or has a null."""
    n = table.num_rows
    if not key or n == 0 or any(c not in table.column_names for c in key):
        return 0.0
    codes, null = _keyed([_same(table[column], table[column].slice(0, 0)) for column in key])
    first = np.zeros(n, dtype=bool)
    first[np.unique(codes, return_index=True)[1]] = True
    return float((~first | null).mean())
