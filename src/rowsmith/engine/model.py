"""The model that a user holds: fit it on a frame or a table, draw from it, save it, load it."""

from __future__ import annotations

import dataclasses
import json
import os
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from typing import Any

import pyarrow as pa

from rowsmith.columns._infer import infer
from rowsmith.core.errors import DataError, ModelFileError, SpecError, suggest
from rowsmith.core.frames import FrameKind, to_arrow
from rowsmith.core.protocols import LEARNERS, Learner, Progress, silent
from rowsmith.core.rng import Key
from rowsmith.core.schema import PRIMARY_KEY, Column, Schema, Table, key_of
from rowsmith.core.settings import build
from rowsmith.core.state import write_state
from rowsmith.core.text import form_of, recognise
from rowsmith.engine.completion import balanced, completion
from rowsmith.engine.distinct import distinct
from rowsmith.engine.executors import check_workers
from rowsmith.engine.plan import TablePlan
from rowsmith.engine.run import batches, write
from rowsmith.io._open import open_sink
from rowsmith.learn._columns import Completion
from rowsmith.learn._proposals import propose
from rowsmith.learn._where import Where
from rowsmith.learn.table import KIND, VERSION, TableModel, fit_table, read_model

OF_TEXT = ("code", "mixed", "personal", "text")
"""Kinds that take nothing but text. Where the schema says no type, numbers become text for them."""
PARSED = ("boolean", "date", "decimal", "duration", "float", "integer", "time", "timestamp")
"""Kinds that take no text. Where the schema says no form, text is read for them by the form that it has."""


@dataclass(frozen=True)
class Model:
    """A learnt table.

    Attributes:
        table: the sampler of its rows.
        n_rows: how many rows it learnt from.
        frame: the kind of frame that `sample` returns.
        metadata: of the Arrow schema it learnt from: how the file was written.
    """

    table: TableModel
    n_rows: int
    frame: FrameKind = field(default_factory=FrameKind)
    metadata: Mapping[str, str] = field(default_factory=dict)

    @property
    def schema(self) -> Schema:
        """What the model takes for valid."""
        return Schema(tables={self.table.name: self.table.schema})

    @property
    def arrow_schema(self) -> pa.Schema:
        """Names and types of the columns, with what a sink needs to write them like the input, and the key if it is kept."""
        metadata = {n: v for n, v in self.metadata.items() if n != PRIMARY_KEY.decode()}
        if self.table.kept_key:
            metadata[PRIMARY_KEY.decode()] = json.dumps(list(self.table.kept_key))
        return self.table.arrow_schema.with_metadata(metadata or None)

    @property
    def key_note(self) -> str:
        """What to say of a primary key that drawn rows may lack; empty if there is none."""
        key = self.table.schema.primary_key
        if not key or self.table.kept_key:
            return ""
        return f"note: the primary key ({', '.join(key)}) has missing values, so it is not declared in the output."

    def key_note_around(self, given: Collection[str]) -> str:
        """What to say of a primary key that rows around given columns, or under a condition, may repeat.

        Empty if they cannot, or there is none.
        """
        key = self.table.kept_key
        if not key or not (self.table.drawn_key or set(key).intersection(given)):
            return ""
        return f"note: the primary key ({', '.join(key)}) is not declared in the output: such rows may repeat it."

    def sample(
        self,
        n: int | None = None,
        *,
        given: Any = None,
        where: str | None = None,
        balance: str | None = None,
        seed: int = 0,
        workers: int = 1,
        progress: Progress = silent,
    ) -> Any:
        """Draw a table into memory.

        Args:
            n: rows; as many as are given, or were learnt, if left out.
            given: a frame of some of the columns, n rows: these stay as they are, and the others follow their law given
                them. A drawn primary key may then come twice.
            where: a condition that all rows meet, as SQL: "sex = 'Female' and age between 30 and 40". Rows follow their law
                given it. A drawn primary key may then come twice.
            balance: a column of listed values, each of which shall come as often as every other one: as many rows of a rare
                class as of a frequent one, to train on. A drawn primary key may then come twice.
            seed: the same seed gives the same rows.
            workers: how many processes; the rows do not depend on it.
            progress: told how many rows are done.

        Returns:
            A frame of the kind that the model learnt from.

        Raises:
            SpecError: an argument out of its range, or a given column that the model has not or has with other values.
            DataError: a given value that is not of the column's type.
        """
        plan, around = self._plan(n, seed, given, where, balance)
        check_workers(workers)
        sampler = distinct(plan, self.table, workers=workers, progress=progress) if around is None else around
        rows = batches(plan, sampler, workers=workers, progress=progress)
        return self.frame.restore(pa.Table.from_batches(rows, schema=self.table.arrow_schema))

    def sample_to(
        self,
        target: str | os.PathLike[str],
        n: int | None = None,
        *,
        given: Any = None,
        where: str | None = None,
        balance: str | None = None,
        seed: int = 0,
        format: str | None = None,
        workers: int = 1,
        progress: Progress = silent,
    ) -> None:
        """Draw a table into a file or database, chunk by chunk: memory does not grow with the rows.

        Args:
            target: file name or database URL.
            n: rows; as many as are given, or were learnt, if left out.
            given: as in `sample`.
            where: as in `sample`.
            balance: as in `sample`.
            seed: the same seed gives the same bytes.
            format: name of the format, if the ending of the target does not say it.
            workers: how many processes; the bytes do not depend on it.
            progress: told how many rows are done.

        Raises:
            SpecError: as `sample`.
            DataError: as `sample`.
            OutputError: the target cannot be written.
        """
        plan, around = self._plan(n, seed, given, where, balance)
        check_workers(workers)
        sink, schema = open_sink(str(target), format), self.arrow_schema
        if around is None:
            sampler = distinct(plan, self.table, workers=workers, progress=progress)
        else:
            sampler = around
            if self.key_note_around(around.given):
                schema = schema.with_metadata({n: v for n, v in schema.metadata.items() if n != PRIMARY_KEY} or None)
        write(plan, sampler, sink, schema, workers=workers, progress=progress)

    def save(self, path: str | os.PathLike[str]) -> None:
        """Write the model to one file: arrays and JSON, no code.

        Raises:
            OutputError: the file cannot be written.
        """
        state = {
            "table": self.table.state(),
            "n_rows": self.n_rows,
            "frame": self.frame.state(),
            "metadata": dict(self.metadata),
        }
        write_state(path, state, kind=KIND, version=VERSION)

    def _plan(
        self, n: int | None, seed: int, given: Any, where: str | None, balance: str | None
    ) -> tuple[TablePlan, Completion | None]:
        """What is to be drawn, and what draws it around given values or under a condition, if there are any."""
        around, most = (None, self.n_rows) if given is None else completion(self.table, given)
        if balance is not None:
            size = most if n is None else n
            even = {balance: balanced(self.table, balance, size, Key(seed).child("balance"))}
            known = {} if around is None else dict(around.given)
            if balance in known:
                raise SpecError(f"balance={balance!r}: is a given column; give it, or balance it.")
            around = Completion(self.table, known | even)
        if where is not None:
            asked = Where.of(self.table, where)
            around = Completion(self.table, {} if around is None else around.given, asked)
        wanted = most if n is None else n
        if isinstance(wanted, bool) or not isinstance(wanted, int) or wanted < 0:
            raise SpecError(f"rows={wanted!r}: expected a whole number from 0.")
        if given is not None and wanted != most:
            raise SpecError(f"rows={wanted}: {most:,} rows are given; expected as many, or leave it out.")
        return TablePlan(self.table.name, wanted, Key(seed).child(self.table.name)), around


def load_model(path: str | os.PathLike[str]) -> Model:
    """Read a saved model of one table. Runs no code from the file.

    Raises:
        ModelFileError: not a model, damaged, or of another version.
    """
    table, state = read_model(path)
    try:
        return Model(
            table=table,
            n_rows=int(state["n_rows"]),
            frame=FrameKind.from_state(state["frame"]),
            metadata=state["metadata"],
        )
    except (KeyError, TypeError, ValueError) as fault:
        raise ModelFileError(f"{path}: the model is damaged ({fault!r}).") from None


def inspect(
    data: Any, *, name: str = "table", primary_key: tuple[str, ...] | list[str] | str = (), progress: Progress = silent
) -> Schema:
    """What rowsmith understands of a table: kinds, types, keys, each with the reason; and rules that its rows keep.

    Rules that all rows keep, and that chance would hardly have made, stand under `rules` and are kept in what is drawn:
    formulas, orders of times, values that are missing together. Those that a few rows break are only proposed.

    Args:
        data: a frame (pandas, polars, Arrow).
        name: of the table.
        primary_key: column or columns that identify a row, if you know.
        progress: told what has been done.

    Raises:
        DataError: not a table.
        SpecError: a key column that is not there.
    """
    table, _ = to_arrow(data)
    inferred = infer(table, name=name, primary_key=key_of(table, primary_key))
    return Schema(tables={name: with_rules(inferred, table)})


def with_rules(schema: Table, table: pa.Table, pointing: Collection[str] = ()) -> Table:
    """The schema with the rules that the rows show.

    Args:
        schema: kinds and types of the columns.
        table: the rows.
        pointing: columns of foreign keys, of which there are none.
    """
    rows = {name: column.combine_chunks() for name, column in zip(table.column_names, table.columns, strict=True)}
    fixed = {name for name, column in schema.columns.items() if column.kind == "identifier"} | set(schema.primary_key)
    fixed |= set(pointing)
    found = propose(rows, schema.columns, frozenset(fixed))
    return dataclasses.replace(
        schema,
        rules={each.name: each.expression for each in found if each.exact},
        proposed={
            each.name: {"sql": each.expression, "rows": each.rows, "broken": each.broken, "example": each.example}
            for each in found
            if not each.exact
        },
    )


def fit(
    data: Any,
    *,
    schema: Schema | None = None,
    primary_key: tuple[str, ...] | list[str] | str = (),
    learner: str | Learner = "trees",
    settings: Mapping[str, Any] | None = None,
    seed: int = 0,
    workers: int = 1,
    name: str = "table",
    progress: Progress = silent,
) -> Model:
    """Learn a table.

    Args:
        data: a frame (pandas, polars, Arrow), n rows.
        schema: what is valid, as `inspect` returns it; inferred if left out.
        primary_key: column or columns that identify a row; a schema names them itself.
        learner: name of a learner, or a learner with its settings.
        settings: settings of a learner that was given by name.
        seed: the same data and seed give the same model.
        workers: how many threads; the model does not depend on it.
        name: of the table, where no schema says it.
        progress: told what has been done.

    Raises:
        DataError: the table cannot be learnt.
        SpecError: an argument, a setting or the schema is wrong.
    """
    table, frame = to_arrow(data)
    check_workers(workers)
    if schema is None:
        schema = inspect(table, name=name, primary_key=primary_key)
    elif primary_key:
        wanted = primary_key if isinstance(primary_key, str) else ", ".join(primary_key)
        raise SpecError(
            f"primary_key={wanted}: a schema was given too, and a schema names the key itself; "
            f"write `primary_key: [{wanted}]` into the schema and leave primary_key (--key) out."
        )
    name, known = schema.only
    if isinstance(learner, str):
        learner = build(LEARNERS.load(learner), settings or {}, f"learner {learner}")
    fitted = fit_table(
        table,
        complete(known, table, name),
        learner,
        name=name,
        key=Key(seed).child(name),
        workers=workers,
        progress=progress,
    )
    metadata = {k.decode(): v.decode() for k, v in (table.schema.metadata or {}).items() if k.startswith(b"rowsmith.")}
    return Model(fitted, table.num_rows, frame, metadata)


def complete(schema: Table, table: pa.Table, name: str) -> Table:
    """The schema with its columns in the order of the table's; what is left out of it is taken from the table.

    Without columns, all are inferred. A column without a type gets the table's, and the printed form that goes with it.

    Raises:
        DataError: the table lacks a column of the schema, or has one that the schema does not know.
    """
    if not schema.columns:
        inferred = inspect(table, name=name, primary_key=schema.primary_key).only[1]
        return dataclasses.replace(schema, columns=inferred.columns)
    for column in table.column_names:
        if column not in schema.columns:
            raise DataError(
                f"tables.{name}: the data has a column {column!r} that the schema does not know"
                f"{suggest(column, schema.columns)} Add it to the schema, or take it out of the data."
            )
    for column in schema.columns:
        if column not in table.column_names:
            raise DataError(
                f"tables.{name}.columns.{column}: the data has no such column{suggest(column, table.column_names)}"
            )
    columns = {field.name: _typed(schema.columns[field.name], field, table) for field in table.schema}
    return dataclasses.replace(schema, columns=columns)


def _typed(column: Column, field: pa.Field, table: pa.Table) -> Column:
    """A column with a type: the data's own if it has none, or text for a kind that takes nothing else."""
    if column.type:
        return column
    kind = field.type.value_type if pa.types.is_dictionary(field.type) else field.type
    is_text = pa.types.is_string(kind) or pa.types.is_large_string(kind) or pa.types.is_string_view(kind)
    if column.kind in OF_TEXT and not is_text:
        return dataclasses.replace(column, type="string")
    form = column.form if column.form is not None else form_of(field)
    if column.form is None and pa.types.is_string(kind) and (form is None or form["as"] != "json"):
        # Text is parsed for a kind of numbers, times or truth values only.
        found = recognise(table[field.name]) if form is None and column.kind in PARSED else None
        form = found[1] if found is not None else form if column.kind in PARSED else None
    return dataclasses.replace(column, type=str(field.type), form=form)
