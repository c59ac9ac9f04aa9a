"""A part of a database whose rows belong together: real rows, chosen ones with all that hangs on them and that they point to."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pyarrow as pa

from rowsmith.core import sql
from rowsmith.core.computed import flags
from rowsmith.core.conditions import WHERE, by_table
from rowsmith.core.errors import DataError, SpecError, suggest
from rowsmith.core.files import check_target
from rowsmith.core.frames import FrameKind, to_arrow
from rowsmith.core.protocols import Progress, silent
from rowsmith.core.provenance import Provenance
from rowsmith.core.rng import Key
from rowsmith.core.schema import Schema, not_null_of
from rowsmith.engine._kept import Kept, Mask, Wanted, choose
from rowsmith.engine._tables import definitions, link_tables, plain, schema_of, took
from rowsmith.engine.front import Names, primary_keys
from rowsmith.engine.run import check_place, write_tables
from rowsmith.io._copy import copies_rows, held
from rowsmith.io._tables import format_like, local_path, names_of, read_tables
from rowsmith.learn._links import LOST, links_of, rows_of
from rowsmith.learn._links import plain as keys_of

REAL = (
    "These are REAL rows: nothing protects the people in them. For data to hand on, draw a twin of them (rowsmith synth), "
    "or mask what tells who they are (rowsmith augment)."
)
"""What to say of a subset."""


@dataclass(frozen=True)
class Subset:
    """Real rows of a database that belong together.

    Attributes:
        tables: the rows, by table, in the kind of frame that was handed in.
        of: how many rows each table had.
        pointed_to: how many of the kept rows are there only since others point to them, by table.
        notes: what to say of the data: foreign keys that nobody declared, links that dangle, tables that nothing leads to.
        real: whether the rows of some table are real; those of a twin say that they are not.
    """

    tables: Mapping[str, Any]
    of: Mapping[str, int]
    pointed_to: Mapping[str, int]
    notes: tuple[str, ...] = ()
    real: bool = True

    @property
    def n_rows(self) -> dict[str, int]:
        """How many rows are kept, by table."""
        return {name: len(table) for name, table in self.tables.items()}

    def __str__(self) -> str:
        rows = [("table", "rows", "of", "", "only pointed to")]
        for name, n in self.n_rows.items():
            share = f"{n / self.of[name]:.1%}" if self.of[name] else ""
            rows.append((name, f"{n:,}", f"{self.of[name]:,}", share, f"{self.pointed_to[name]:,}"))
        wide = [max(map(len, column)) for column in zip(*rows, strict=True)]
        lines = ("  ".join([row[0].ljust(wide[0]), *map(str.rjust, row[1:], wide[1:])]) for row in rows)
        return "\n".join([*lines, *([REAL] if self.real else [])])


def subset(
    data: Mapping[str, Any],
    *,
    where: str | None = None,
    share: float | None = None,
    rows: Mapping[str, int] | None = None,
    schema: Schema | None = None,
    primary_key: Names = (),
    seed: int = 0,
    progress: Progress = silent,
) -> Subset:
    """A smaller database of real rows that belong together: no key leads to nowhere.

    Rows are chosen from the tables that a condition or a number names or, without, from those that hang on no other. All that
    hangs on a chosen row goes along; of rows that are only pointed to, nothing more does. Nothing is protected.

    Args:
        data: frames by the name of the table.
        where: a condition, as SQL, that rows of a table meet: `country = 'DE'`, or with the table's name before it; several with
            `and`, each on one table. Of tables below one another, the lower condition leaves out rows that hang on chosen ones.
        share: of the rows to choose, above 0 and up to 1.
        rows: how many rows to choose, by table.
        schema: keys, and what is public, as `inspect` returns it; inferred if left out. Public tables come whole.
        primary_key: column or columns that identify a row, as `table.column`; a schema names them itself.
        seed: the same data and seed give the same rows, and fewer rows of a table are a part of more.
        progress: told what has been done.

    Raises:
        DataError: no row meets the condition, or a foreign key cannot be one.
        SpecError: an argument or the schema is wrong.

    >>> shops, visits = pa.table({"id": [1, 2]}), pa.table({"shop": [1, 2, 2], "day": [5, 6, 7]})
    >>> found = subset({"shops": shops, "visits": visits}, where="shops.id = 2", schema=Schema.from_dict({"rowsmith": 1, "tables": {
    ...     "shops": {"primary_key": "id"}, "visits": {"foreign_keys": {"shop": "shops.id"}}}}))
    >>> found.tables["visits"]["day"].to_pylist()
    [6, 7]
    """
    read = {name: to_arrow(frame) for name, frame in data.items()}
    found = _Found.of(
        {name: table for name, (table, _) in read.items()}, where, share, rows, schema, primary_key, seed, progress
    )
    return found.report({name: kind for name, (_, kind) in read.items()})


def subset_to(
    sources: str | os.PathLike[str] | Sequence[str],
    target: str | os.PathLike[str],
    *,
    where: str | None = None,
    share: float | None = None,
    rows: Mapping[str, int] | None = None,
    schema: Schema | None = None,
    primary_key: Names = (),
    seed: int = 0,
    format: str | None = None,
    read: Mapping[str, Mapping[str, Any]] | None = None,
    progress: Progress = silent,
) -> Subset:
    """`subset` from and to files or databases: all of the target is written, or nothing.

    From one SQLite file into another, rows are copied as they stand, with the definitions of all tables, indexes, views and
    triggers; from one PostgreSQL database into another, with types, keys, checks and indexes. Else the target gets keys and
    types declared as far as it has some.

    Args:
        sources: an SQLite file, the URL of a database, a folder of files, or several files.
        target: a folder, an SQLite file or the URL of a database.
        where: as in `subset`.
        share: as in `subset`.
        rows: as in `subset`.
        schema: as in `subset`.
        primary_key: as in `subset`.
        seed: as in `subset`.
        format: of the files in a folder; that of the files that were read, or else Parquet.
        read: by source, settings of its format.
        progress: told what has been done.

    Raises:
        DataError: as `subset`, or a source cannot be read.
        OutputError: the target cannot be written.
        SpecError: as `subset`, or the target is a source, lies in one or is the folder of one.
    """
    sources = [os.fspath(sources)] if isinstance(sources, str | os.PathLike) else [os.fspath(each) for each in sources]
    target = os.fspath(target)
    for source in sources:
        if source.rstrip("/") == target.rstrip("/") or _overlap(source, target):
            raise SpecError(f"{target}: is read from too, and its rows would be lost; name another target.")
    own = (read or {}).get(sources[0]) if sources else None  # a setting may name one table of several
    copies = not own and copies_rows(sources, target)  # what cannot be written is told before anything is read
    if not copies:
        check_place(target, names_of(sources), format)
    elif "://" not in target:
        check_target(target)

    def found(tables: Mapping[str, pa.Table]) -> _Found:
        return _Found.of(tables, where, share, rows, schema, primary_key, seed, progress)

    if copies:
        if format is not None:
            raise SpecError(f"format={format!r}: is said of files in a folder; {target} is a file or a database.")
        with held(sources[0]) as real:
            chosen = found(real.tables())
            real.copy(target, chosen.kept.kept, chosen.definitions(chosen.rows))
    else:
        tables = read_tables(sources, read)
        made: list[_Found] = []

        def make() -> dict[str, pa.Table]:
            made.append(found(tables))
            return made[0].rows

        format = format if format is not None else format_like(sources, target)
        write_tables(target, list(tables), make, lambda kept: made[0].definitions(kept), format=format)
        chosen = made[0]
    return chosen.report({})


def _overlap(source: str, target: str) -> bool:
    """Whether one is the other, a file below it, or the folder that it lies in."""
    a, b = local_path(source), local_path(target)
    if a is None or b is None:
        return False
    same = a.exists() and b.exists() and a.samefile(b)  # of two names, too
    a, b = a.resolve(), b.resolve()
    return same or b == a.parent or a in b.parents


@dataclass(frozen=True)
class _Found:
    """What was chosen.

    Attributes:
        tables: all rows.
        schema: keys of the tables.
        kept: the rows that stay.
        dangling: tables and columns of foreign keys that lead to no row in some kept rows.
        notes: what to say.
    """

    tables: Mapping[str, pa.Table]
    schema: Schema
    kept: Kept
    dangling: frozenset[tuple[str, tuple[str, ...]]]
    notes: tuple[str, ...]

    @classmethod
    def of(
        cls,
        tables: Mapping[str, pa.Table],
        where: str | None,
        share: float | None,
        rows: Mapping[str, int] | None,
        schema: Schema | None,
        primary_key: Names,
        seed: int,
        progress: Progress,
    ) -> _Found:
        _check(tables, where, share, rows)
        looked = {name: plain(table) for name, table in tables.items()}
        keys = primary_keys(looked, primary_key)
        known, found = schema_of(looked, schema, link_tables, primary_keys=keys, progress=progress)
        links, typed = links_of(known), keys_of(known, looked)
        up = {link: rows_of(link, typed) for link in links}
        conditions = {} if where is None else _met(looked, where)
        wanted = Wanted(
            share=share,
            rows=rows or {},
            conditions=conditions,
            public=[name for name, table in known.tables.items() if table.public],
        )
        sizes = {name: table.num_rows for name, table in tables.items()}
        kept = choose(links, up, sizes, wanted, Key(seed))
        notes, dangling = [*took(found)], set()
        for link in links:
            lost = int(((up[link] == LOST) & kept.kept[link.child]).sum())
            if lost:
                dangling.add((link.child, link.columns))
                notes.append(
                    f"warning: {link.name}: {lost:,} kept rows point to no row, and did so before; they stay as they are."
                )
        if len(tables) > 1 and not links:
            notes.append(
                "warning: no key leads from one table to another, so that rows were chosen of each by itself; name keys of one "
                "column (--key TABLE.COLUMN), or all in a schema (--schema)."
            )
        linked = {end for link in links for end in (link.child, link.parent)}
        alone = [
            n
            for n, mask in kept.kept.items()
            if links and wanted.named and n not in linked and sizes[n] and not mask.any()
        ]
        if alone:
            notes.append(
                f"note: no key leads to or from {', '.join(alone)}, of which no row is kept; `public: true` in a schema keeps all."
            )
        return cls(tables, known, kept, frozenset(dangling), tuple(notes))

    @property
    def rows(self) -> dict[str, pa.Table]:
        """The rows that stay."""
        return {name: table.filter(pa.array(self.kept.kept[name])) for name, table in self.tables.items()}

    def definitions(self, kept: Mapping[str, pa.Table]) -> Any:
        """The tables as a database declares them."""
        never = {name: not_null_of(table) for name, table in self.tables.items()}
        return definitions(self.schema, kept, never, self.dangling)

    def report(self, kinds: Mapping[str, FrameKind]) -> Subset:
        """The rows and what to say of them."""
        masks = self.kept
        return Subset(
            {name: kinds.get(name, FrameKind()).restore(table) for name, table in self.rows.items()},
            {name: table.num_rows for name, table in self.tables.items()},
            {name: int((masks.kept[name] & ~masks.chosen[name]).sum()) for name in self.tables},
            self.notes,
            any(Provenance.of(table.schema) is None for table in self.tables.values()),
        )


def _check(
    tables: Mapping[str, pa.Table], where: str | None, share: float | None, rows: Mapping[str, int] | None
) -> None:
    """Refuse what cannot be meant.

    Raises:
        SpecError: nothing is asked for, or what cannot be.
    """
    if where is None and share is None and not rows:
        raise SpecError("expected what to keep: a condition (where), a share, or numbers of rows (rows).")
    if where is not None and not isinstance(where, str):
        raise SpecError(f"where={where!r}: expected a condition as text, such as 'age > 30'.")
    if rows is not None and not isinstance(rows, Mapping):
        raise SpecError(
            f"rows={rows!r}: expected a mapping of tables to numbers, such as {{{next(iter(tables))!r}: 5}}."
        )
    if share is not None and rows:
        raise SpecError(f"share={share!r}, rows: both say how many rows to choose; leave one of them out.")
    if share is not None and (isinstance(share, bool) or not isinstance(share, int | float) or not 0 < share <= 1):
        raise SpecError(f"share={share!r}: expected a share of the rows above 0 and up to 1, such as 0.1.")
    for name, n in (rows or {}).items():
        if name not in tables:
            raise SpecError(f"rows: {name}={n!r}: there is no such table{suggest(name, tables)}")
        if isinstance(n, bool) or not isinstance(n, int | np.integer) or n < 1:
            raise SpecError(f"rows: {name}={n!r}: expected a whole number from 1.")


def _met(tables: Mapping[str, pa.Table], where: str) -> dict[str, Mask]:
    """Which rows meet a condition, by the tables that it is on; a row in which it is null does not.

    Raises:
        DataError: no row does.
        SpecError: it is no condition on tables.
    """
    out = {}
    for name, parts in by_table(where, {n: t.column_names for n, t in tables.items()}).items():
        asked = " and ".join(parts)
        values = sql.evaluate(asked, tables[name].select(list(sql.references(asked, WHERE))), WHERE)
        if not pa.types.is_boolean(values.type):
            raise SpecError(f"where={asked!r}: gives {values.type}; expected true or false for each row.")
        out[name] = flags(values)
        if not out[name].any():
            raise DataError(
                f"where={where!r}: no row of {name} meets {asked} (of {tables[name].num_rows:,}), so that nothing would be left; "
                "nothing was written."
            )
    return out
