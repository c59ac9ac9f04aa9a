"""The model of several linked tables that a user holds: fit it on frames or a database, draw from it, save it."""

from __future__ import annotations

import json
import os
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from typing import Any

import pyarrow as pa

from rowsmith.core.definition import TableDefinition, without_expressions
from rowsmith.core.errors import ModelFileError, SpecError, suggest
from rowsmith.core.frames import FrameKind, to_arrow
from rowsmith.core.protocols import LEARNERS, Learner, Progress, silent
from rowsmith.core.provenance import MARK, Provenance
from rowsmith.core.rng import Key
from rowsmith.core.schema import FOREIGN_KEYS, NOT_NULL, PRIMARY_KEY, Schema, not_null_of
from rowsmith.core.state import State, read_state, write_state
from rowsmith.engine._notes import follows_note, look_ups_note, marks_note, protected_tables_note, repeats_note
from rowsmith.engine._origin import learner_of, noted, program, settings_in
from rowsmith.engine._paid import refuse
from rowsmith.engine._tables import definitions, inspect_tables, plain, schema_of, took
from rowsmith.engine.executors import check_workers
from rowsmith.engine.run import write_tables
from rowsmith.learn.database import KIND, VERSION, DatabaseTables, fit_database

NOTED = (PRIMARY_KEY, FOREIGN_KEYS, NOT_NULL, MARK)
"""What a reader notes of a table that the model knows better, or keeps elsewhere."""


@dataclass(frozen=True)
class DatabaseModel:
    """Learnt tables that are linked.

    Attributes:
        tables: the sampler of their rows.
        frames: the kind of frame that `sample` returns, by table.
        metadata: by table, of the Arrow schema it learnt from: how the file was written.
        types: by table, columns that come in another type than they are learnt in.
        not_null: by table, columns that are declared never to be null.
        taken: foreign keys that were found in the data, not declared.
        learner: name of the learner.
        settings: of it, as plain values.
        made_by: name and version of the program that learnt it.
    """

    tables: DatabaseTables
    frames: Mapping[str, FrameKind] = field(default_factory=dict)
    metadata: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    types: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    not_null: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    taken: tuple[str, ...] = ()
    learner: str = "trees"
    settings: Mapping[str, Any] = field(default_factory=dict)
    made_by: str = ""

    def provenance(self, table: str) -> Provenance:
        """Where the rows of a table come from, as it is marked in files that are drawn."""
        return Provenance(
            made_by=self.made_by,
            method="learnt",
            learner=self.learner,
            settings=self.settings,
            learnt_rows=self.n_rows[table],
            protected=tuple(vars(each) for each in self.tables.protected.get(table, ())),
        )

    @property
    def schema(self) -> Schema:
        """What the model takes for valid."""
        return self.tables.schema

    @property
    def n_rows(self) -> dict[str, int]:
        """How many rows each table was learnt from."""
        return {name: part.n_rows for name, part in self.tables.parts.items()}

    @property
    def notes(self) -> tuple[str, ...]:
        """What to say of the data: foreign keys that nobody declared, links that dangle, values that are not kept."""
        protected = protected_tables_note(self.tables.protected, self.n_rows)
        columns = [say(self.schema.tables) for say in (repeats_note, marks_note, follows_note)]
        more = filter(None, [*columns, protected, look_ups_note(self.schema)])
        return (*took(self.taken), *(f"warning: {note}" for note in self.tables.notes), *more)

    def sample(
        self,
        rows: Mapping[str, int] | None = None,
        *,
        scale: float = 1.0,
        where: str | None = None,
        seed: int = 0,
        progress: Progress = silent,
    ) -> dict[str, Any]:
        """Draw the whole database into memory.

        Args:
            rows: numbers of rows, by table. Tables that hang on others follow these; where such a one is named, it comes
                to so many all the same.
            scale: how many times as many rows as were learnt, of tables that hang on no other and are not named.
            where: a condition, as SQL, that all rows of such a table meet: `country = 'DE'`, or with the table's name before it,
                `customers.country = 'DE'`. What hangs on them follows.
            seed: the same seed gives the same tables.
            progress: told how many tables are done.

        Returns:
            A frame a table, of the kind that the model learnt from.

        Raises:
            SpecError: an argument out of its range, keys run out, or hardly a row meets the condition.
        """
        drawn = self._drawn(rows, scale, where, seed, progress)
        return {name: self.frames.get(name, FrameKind()).restore(table) for name, table in drawn.items()}

    def sample_to(
        self,
        target: str | os.PathLike[str],
        rows: Mapping[str, int] | None = None,
        *,
        scale: float = 1.0,
        where: str | None = None,
        seed: int = 0,
        format: str | None = None,
        progress: Progress = silent,
    ) -> dict[str, int]:
        """Draw the whole database into a folder, a file or a database: all of it, or nothing.

        A database is drawn as a whole, in memory: what one table has depends on the others.

        Args:
            target: a folder (a file a table), an SQLite file or the URL of a database, which get keys and types declared.
            rows: as in `sample`.
            scale: as in `sample`.
            where: as in `sample`.
            seed: the same seed gives the same bytes.
            format: of the files in a folder; Parquet if left out.
            progress: told how many tables are done.

        Returns:
            Rows of each table.

        Raises:
            SpecError: as `sample`; or the target is a file that holds a single table.
            OutputError: the target cannot be written.
        """
        drawn = self.draw_to(target, rows, scale=scale, where=where, seed=seed, format=format, progress=progress)
        return {name: table.num_rows for name, table in drawn.items()}

    def draw_to(
        self,
        target: str | os.PathLike[str],
        rows: Mapping[str, int] | None = None,
        *,
        scale: float = 1.0,
        where: str | None = None,
        seed: int = 0,
        format: str | None = None,
        progress: Progress = silent,
    ) -> dict[str, pa.Table]:
        """As `sample_to`; the tables themselves are returned, to be judged."""

        def drawn() -> dict[str, pa.Table]:
            made = self._drawn(rows, scale, where, seed, progress)
            return {n: t.replace_schema_metadata(self.provenance(n).marked(t.schema).metadata) for n, t in made.items()}

        return write_tables(str(target), list(self.tables.parts), drawn, self.definitions, format=format)

    def definitions(self, drawn: Mapping[str, pa.Table]) -> dict[str, TableDefinition]:
        """The tables as a database declares them; of foreign keys those that hold.

        Args:
            drawn: their rows, which say what is never null.
        """
        dangling = {(self.tables.links[i].child, self.tables.links[i].columns) for i in self.tables.orphans}
        return definitions(self.schema, drawn, self.not_null, dangling)

    def save(self, path: str | os.PathLike[str]) -> None:
        """Write the model to one file: arrays and JSON, no code.

        Raises:
            OutputError: the file cannot be written.
        """
        state = {
            "tables": self.tables.state(),
            "frames": {name: frame.state() for name, frame in self.frames.items()},
            "metadata": {name: without_expressions(values) for name, values in self.metadata.items()},
            "types": {name: dict(values) for name, values in self.types.items()},
            "not_null": {name: list(values) for name, values in self.not_null.items()},
            "taken": list(self.taken),
            "learner": self.learner,
            "settings": dict(self.settings),
            "made_by": self.made_by,
        }
        write_state(path, state, kind=KIND, version=VERSION)

    @classmethod
    def from_state(cls, state: State) -> DatabaseModel:
        """The model that was saved.

        Raises:
            ModelFileError: the state does not describe one.
        """
        try:
            return cls(
                tables=DatabaseTables.from_state(state["tables"]),
                frames={name: FrameKind.from_state(frame) for name, frame in state["frames"].items()},
                metadata=state["metadata"],
                types=state["types"],
                not_null={name: tuple(values) for name, values in state["not_null"].items()},
                taken=tuple(state["taken"]),
                learner=state["learner"],
                settings=state["settings"],
                made_by=state["made_by"],
            )
        except (KeyError, TypeError, ValueError, AttributeError) as fault:
            raise ModelFileError(f"the model is damaged ({fault!r}).") from None

    def _drawn(
        self, rows: Mapping[str, int] | None, scale: float, where: str | None, seed: int, progress: Progress
    ) -> dict[str, pa.Table]:
        check_sizes(rows, scale, self.n_rows)
        drawn = self.tables.sample(Key(seed), rows, float(scale), progress, where)
        return {name: self._as_read(name, table) for name, table in drawn.items()}

    def _as_read(self, name: str, table: pa.Table) -> pa.Table:
        """A table in the types that it was read in, with what a sink needs to write it like the input."""
        types = {column: pa.type_for_alias(kind) for column, kind in self.types.get(name, {}).items()}
        fields = [f.with_type(types.get(f.name, f.type)) for f in table.schema]
        noted = dict(self.metadata.get(name, {}))
        key = self.schema.tables[name].primary_key
        noted |= {PRIMARY_KEY.decode(): json.dumps(list(key))} if key else {}
        return table.cast(pa.schema(fields)).replace_schema_metadata(noted or None)


def check_sizes(rows: Mapping[str, int] | None, scale: float, tables: Collection[str]) -> None:
    """Refuse numbers of rows that cannot be drawn, which can be told before anything is learnt.

    Args:
        rows: as in `DatabaseModel.sample`.
        scale: as in `DatabaseModel.sample`.
        tables: names of all.

    Raises:
        SpecError: there is no such table, or a number is out of its range.
    """
    if isinstance(scale, bool) or not isinstance(scale, int | float) or not 0 < scale < float("inf"):
        raise SpecError(f"scale={scale!r}: expected a number above 0, such as 2 or 0.1.")
    if rows is not None and not isinstance(rows, Mapping):
        raise SpecError(
            f"rows={rows!r}: expected a mapping of tables to numbers, such as {{{next(iter(tables))!r}: 5}}."
        )
    for name, n in (rows or {}).items():
        if name not in tables:
            raise SpecError(f"rows: {name}={n!r}: there is no such table{suggest(name, tables)}")
        if isinstance(n, bool) or not isinstance(n, int) or n < 0:
            raise SpecError(f"rows: {name}={n!r}: expected a whole number from 0.")


def fit_tables(
    data: Mapping[str, Any],
    *,
    schema: Schema | None = None,
    primary_keys: Mapping[str, tuple[str, ...]] | None = None,
    learner: str | Learner = "trees",
    settings: Mapping[str, Any] | None = None,
    seed: int = 0,
    workers: int = 1,
    progress: Progress = silent,
) -> DatabaseModel:
    """Learn several tables that are linked.

    Args:
        data: frames by the name of the table.
        schema: what is valid, as `inspect` returns it; inferred if left out.
        primary_keys: columns that identify a row, by table; a schema names them itself.
        learner: name of a learner, or a learner with its settings.
        settings: settings of a learner that was given by name.
        seed: the same data and seed give the same model.
        workers: how many threads; the model does not depend on it.
        progress: told what has been done.

    Raises:
        DataError: the tables cannot be learnt, or a key is none.
        SpecError: an argument, a setting or the schema is wrong.
    """
    check_workers(workers)
    refuse(
        learner, "learns one table; several that are linked would need a bound on what one person has in all of them"
    )
    read = {name: to_arrow(frame) for name, frame in data.items()}
    tables = {name: plain(table) for name, (table, _) in read.items()}
    schema, taken = schema_of(tables, schema, inspect_tables, primary_keys=primary_keys, progress=progress)
    learner = learner_of(learner, settings)
    in_order = {name: tables[name] for name in schema.tables}
    fitted = fit_database(in_order, schema, learner, key=Key(seed), workers=workers, progress=progress)
    return DatabaseModel(
        tables=fitted,
        frames={name: read[name][1] for name in in_order},
        metadata={name: noted(table, NOTED, expressions=True) for name, table in in_order.items()},
        types={
            name: {
                f.name: str(f.type) for f in read[name][0].schema if f.type != in_order[name].schema.field(f.name).type
            }
            for name in in_order
        },
        not_null={name: not_null_of(table) for name, table in in_order.items()},
        taken=taken,
        learner=LEARNERS.name_of(type(learner)),
        settings=settings_in(learner),
        made_by=program(),
    )


def load_database(path: str | os.PathLike[str]) -> DatabaseModel:
    """Read a saved model of linked tables. Runs no code from the file.

    Raises:
        ModelFileError: not a model, damaged, or of another version.
    """
    state = read_state(path, kind=KIND, version=VERSION)
    try:
        return DatabaseModel.from_state(state)
    except ModelFileError as fault:
        raise ModelFileError(f"{path}: {fault}") from None
