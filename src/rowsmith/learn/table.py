"""One table learnt: the codecs of its columns around a learner of codes. A composer, not a learner itself."""

from __future__ import annotations

from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

import numpy as np
import pyarrow as pa

from rowsmith.core.codecs import ColumnCodec, fit_codec, load_codec
from rowsmith.core.errors import DataError, ModelFileError, RowsmithError
from rowsmith.core.protocols import (
    LEARNERS,
    Codes,
    FittedLearner,
    Learner,
    Progress,
    Rows,
    silent,
)
from rowsmith.core.rng import Key
from rowsmith.core.schema import Column, Schema, Table, arrow_type
from rowsmith.core.state import State
from rowsmith.core.text import with_form
from rowsmith.learn import _dependencies
from rowsmith.learn._dependencies import Dependency
from rowsmith.learn._rules import Rules


@dataclass(frozen=True)
class TableModel:
    """A fitted table: a `Sampler` of its rows.

    Attributes:
        name: the table's.
        schema: its columns, kinds and types.
        codecs: one a column.
        learner: name of the learner that was fitted.
        fitted: draws codes of the columns in `learnt`.
        learnt: positions of the columns that the learner knows.
        dependencies: columns that are looked up from another.
    """

    name: str
    schema: Table
    codecs: tuple[ColumnCodec, ...]
    learner: str
    fitted: FittedLearner
    learnt: tuple[int, ...]
    dependencies: tuple[Dependency, ...]

    @property
    def arrow_schema(self) -> pa.Schema:
        """Names and types of what `sample` returns, with the printed forms that a text sink needs."""
        return pa.schema([_field(name, column) for name, column in self.schema.columns.items()])

    @property
    def kept_key(self) -> tuple[str, ...]:
        """The primary key, if no two rows can have the same: one column of keys that are made anew, without nulls."""
        key = self.schema.primary_key
        if len(key) != 1 or self.schema.columns[key[0]].kind != "identifier":
            return ()
        return () if self.codecs[list(self.schema.columns).index(key[0])].nullable else key

    def sample(self, rows: Rows, key: Key, given: Mapping[str, pa.Array] | None = None) -> pa.RecordBatch:
        """Draw rows.

        Args:
            rows: how many, and the number of the first, on which made-up keys depend.
            key: random stream of these rows.
            given: columns that are already there; none can be taken yet.

        Raises:
            SpecError: keys run out (the message names the capacity), or a rule can hardly be kept.
        """
        assert not given, "conditions are not implemented"

        def again(n: int, number: int) -> pa.RecordBatch:
            return self._draw(Rows(rows.first, n), key.child("again", number))

        names = list(self.schema.columns)
        free = {names[i] for i in (*self.learnt, *(link.target for link in self.dependencies))}
        return Rules(self.name, self.schema.rules).enforce(self._draw(rows, key), again, free)

    def _draw(self, rows: Rows, key: Key) -> pa.RecordBatch:
        codes = [np.zeros(rows.n, dtype=np.uint16)] * len(self.codecs)
        for position, drawn in zip(self.learnt, self.fitted.draw(rows.n, key.child("learner")), strict=True):
            codes[position] = drawn
        for link in self.dependencies:
            codes[link.target] = link.apply(codes[link.source])
        arrays = [
            codec.decode(column, rows, key.child("column", name))
            for codec, column, name in zip(self.codecs, codes, self.schema.columns, strict=True)
        ]
        return pa.RecordBatch.from_arrays(arrays, schema=self.arrow_schema)

    def state(self) -> State:
        """Arrays and JSON from which `from_state` makes the same model."""
        return {
            "schema": Schema(tables={self.name: self.schema}).to_dict(),
            "codecs": [codec.state() for codec in self.codecs],
            "learner": self.learner,
            "fitted": self.fitted.state(),
            "learnt": list(self.learnt),
            "dependencies": [d.state() for d in self.dependencies],
        }

    @classmethod
    def from_state(cls, state: State) -> TableModel:
        """The inverse of `state`.

        Raises:
            ModelFileError: the state does not describe a table model.
        """
        try:
            name, schema = Schema.from_dict(state["schema"]).only
            kinds = [column.kind for column in schema.columns.values()]
            return cls(
                name=name,
                schema=schema,
                codecs=tuple(load_codec(k, s) for k, s in zip(kinds, state["codecs"], strict=True)),
                learner=state["learner"],
                fitted=LEARNERS.load(state["learner"]).fitted.from_state(state["fitted"]),
                learnt=tuple(state["learnt"]),
                dependencies=tuple(Dependency.from_state(d) for d in state["dependencies"]),
            )
        except RowsmithError as fault:
            raise ModelFileError(f"the model is damaged or from another version: {fault}") from None
        except (KeyError, TypeError, ValueError, AttributeError, IndexError) as fault:
            raise ModelFileError(f"the model is damaged: its parts do not fit together ({fault!r}).") from None


def _field(name: str, column: Column) -> pa.Field:
    field = pa.field(name, arrow_type(column.type))
    # A text column prints itself in its codec; only typed values, and the JSON of mixed ones, are left to the sink.
    left_to_sink = column.form is not None and (not pa.types.is_string(field.type) or column.form.get("as") == "json")
    return with_form(field, column.form) if left_to_sink and column.form is not None else field


def fit_table(
    table: pa.Table,
    schema: Table,
    learner: Learner,
    *,
    name: str,
    key: Key,
    workers: int = 1,
    progress: Progress = silent,
) -> TableModel:
    """Learn a table.

    Args:
        table: the rows; its columns are those of the schema, in the same order.
        schema: kinds and types of the columns.
        learner: settings of the learner.
        name: of the table.
        key: random stream of the fit.
        workers: how many threads; the result does not depend on it.
        progress: told what has been done.

    Raises:
        DataError: there are no rows, or values are not of the schema's kinds.
    """
    if table.num_rows == 0:
        raise DataError(f"table {name!r} has 0 rows: there is nothing to learn; at least 1 row is needed.")

    def code(item: int) -> tuple[ColumnCodec, Codes]:
        column = table.column_names[item]
        values = table.column(item).combine_chunks()
        codec = fit_codec(column, schema.columns[column], values, key.child("column", column))
        return codec, Codes(codec.encode(values), codec.size, codec.ordered)

    Rules(name, schema.rules).check(table)
    codecs, columns = [], []
    with ThreadPoolExecutor(workers) as threads:
        for done, (codec, codes) in enumerate(threads.map(code, range(table.num_columns)), start=1):
            codecs.append(codec)
            columns.append(codes)
            progress("reading columns", done, table.num_columns)
    links = _dependencies.find(columns, [codec.exact for codec in codecs])
    looked_up = {link.target for link in links}
    learnt = tuple(i for i, c in enumerate(columns) if c.size > 1 and i not in looked_up)
    fitted = learner.fit([columns[i] for i in learnt], key=key.child("learner"), workers=workers, progress=progress)
    return TableModel(
        name=name,
        schema=schema,
        codecs=tuple(codecs),
        learner=LEARNERS.name_of(type(learner)),
        fitted=fitted,
        learnt=learnt,
        dependencies=tuple(links),
    )
