"""One table learnt: the codecs of its columns around a learner of codes. A composer, not a learner itself."""

from __future__ import annotations

import os
from collections.abc import Collection, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from types import MappingProxyType

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from rowsmith.core.codecs import ColumnCodec, LearntColumn, coalesced, learn_column, load_codec, shares_of
from rowsmith.core.conditions import WHERE
from rowsmith.core.domains import PaidLearner
from rowsmith.core.errors import DataError, ModelFileError, RowsmithError, SpecError
from rowsmith.core.protocols import LEARNERS, CodeArray, Codes, FittedLearner, Learner, Progress, Rows, silent
from rowsmith.core.rng import Key
from rowsmith.core.schema import Column, Schema, Table, arrow_type
from rowsmith.core.shield import Units
from rowsmith.core.state import State, read_state
from rowsmith.core.text import with_form
from rowsmith.learn import _dependencies
from rowsmith.learn._backward import with_sources
from rowsmith.learn._bounds_back import with_bounds, with_missing_bounds
from rowsmith.learn._dependencies import Dependency
from rowsmith.learn._donors import filled
from rowsmith.learn._given import Given, draw_codes, given_codes
from rowsmith.learn._parts import fit_parts, load_fitted
from rowsmith.learn._protected import Protected, protected_of
from rowsmith.learn._rules import Rules
from rowsmith.learn._tie_rules import ties_from_state, ties_of, ties_state
from rowsmith.learn._ties import Ties
from rowsmith.learn._where import Where

KIND, VERSION = "table-model", 1
"""What the file of a model says of itself."""


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
        ties: columns that rules tie to others; codecs of what is learnt in their place stand after those of the columns.
        protected: columns of which values that too few rows share were left out.
    """

    name: str
    schema: Table
    codecs: tuple[ColumnCodec, ...]
    learner: str
    fitted: FittedLearner
    learnt: tuple[int, ...]
    dependencies: tuple[Dependency, ...]
    ties: Ties = field(default_factory=Ties)
    protected: tuple[Protected, ...] = ()

    @property
    def arrow_schema(self) -> pa.Schema:
        """Names and types of what `sample` returns, with the printed forms that a text sink needs."""
        return pa.schema([field_of(name, column) for name, column in self.schema.columns.items()])

    @property
    def kept_key(self) -> tuple[str, ...]:
        """The primary key, if no two rows get the same: not so where a column is made anew by row, but some have nulls."""
        codecs = dict(zip(self.schema.columns, self.codecs, strict=False))
        some_null = any(codecs[name].nullable for name in self.schema.primary_key)
        return () if some_null and not self.drawn_key else self.schema.primary_key

    @property
    def drawn_key(self) -> bool:
        """Whether the primary key is drawn like other columns, so that `Distinct` must see to it that none comes twice."""
        kinds = [self.schema.columns[name].kind for name in self.schema.primary_key]
        return bool(kinds) and "identifier" not in kinds

    def sample(
        self, rows: Rows, key: Key, given: Mapping[str, pa.Array] | None = None, where: Where | None = None
    ) -> pa.RecordBatch:
        """Draw rows.

        Args:
            rows: how many, and the number of the first, on which made-up keys depend.
            key: random stream of these rows.
            given: columns that are already there, `rows.n` values each; the others follow their law given them. Of a
                number that was never learnt, the nearest counts.
            where: a condition that all rows meet.

        Returns:
            The columns of the schema; those that are given as they are.

        Raises:
            SpecError: keys run out (the message names the capacity), a rule can hardly be kept, or what is given is of
                another sort than what was learnt.
            DataError: a given text is not of the form that was learnt.
        """
        given = {} if given is None else with_sources(self, given, key.child("sources"))
        asked = {} if where is None else {WHERE: where.expression}
        rules, free = Rules(self.name, {**self.schema.rules, **asked}), set(self.drawn) - set(given)
        if not given:

            def more(n: int, number: int | None) -> pa.RecordBatch:
                stream = key if number is None else key.child("again", number)
                return self._draw(Rows(rows.first, n), stream, {}, {} if where is None else where.given(n))

            return rules.enforce(more(rows.n, None), more, free)

        def drawn(n: int, stream: Key, arrays: dict[str, pa.Array]) -> pa.RecordBatch:
            arrays = with_bounds(self, arrays, stream.child("bounds"))
            known = ({} if where is None else where.given(n)) | self.given_codes(arrays)
            return self._draw(Rows(rows.first, n), stream, arrays, known)

        def again(places: NDArray[np.int64], number: int) -> pa.RecordBatch:
            arrays = {name: values.take(pa.array(places)) for name, values in given.items()}
            return drawn(len(places), key.child("again", number), arrays)

        return rules.enforce_each(drawn(rows.n, key, given), again, free, given)

    def redrawn(self, n: int) -> dict[str, float]:
        """Share of n rows that are drawn again for breaking a rule, for each rule that is not kept by construction."""
        if not self.schema.rules:
            return {}
        rows = self._draw(Rows(0, n), Key(0).child(self.name, "rules"), {}, {})
        found = {name: float(b.mean()) for name, b in Rules(self.name, self.schema.rules).broken_each(rows).items()}
        return {name: share for name, share in found.items() if share > 0}

    def filled(self, rows: Rows, key: Key, given: Mapping[str, pa.Array]) -> pa.RecordBatch:
        """Rows that are there, with values where they lack some; rules apart, which may then be broken.

        Args:
            rows: how many, and the number of the first.
            key: random stream of these rows.
            given: all columns, `rows.n` values each, of the types that were learnt.

        Returns:
            The columns of the schema: what is there as it is, drawn values for what is missing in `fillable` columns.
        """
        for tie in reversed(self.ties.each):
            given = {**given, **tie.solved(given)}
        given = with_missing_bounds(self, given, rows, key.child("bounds"))
        known = {
            position: each.filling() if self.codecs[position].nullable else each
            for position, each in self.given_codes(given).items()
        }
        # What is learnt in place of a column is known where the column and all that it hangs on is.
        for tie in self.ties.each:
            there = [given[name].is_valid().to_numpy(zero_copy_only=False) for name in (tie.column, *tie.reads)]
            for position in {self._extra[name] for name in tie.learns} & set(known):
                each = known[position]
                known[position] = Given(each.known, each.says & np.all(there, axis=0), each.otherwise)
        drawn = draw_codes(self.fitted, self.learnt, self.dependencies, rows.n, key.child("learner"), known)
        none = np.zeros(rows.n, dtype=np.uint16)
        arrays = dict(given)
        for position, name in enumerate([*self.schema.columns, *self.ties.learns]):
            if name in self.ties.learns or (name in self.fillable and name not in self.ties.columns):
                values = self.codecs[position].decode(drawn.get(position, none), rows, key.child("column", name))
                arrays[name] = coalesced(given[name], values) if name in given else values
        for tie in self.ties.each:
            if tie.says_missing is not None:
                arrays[tie.says_missing] = pa.repeat(pa.scalar(False), rows.n)
            arrays[tie.column] = coalesced(given[tie.column], tie.join(arrays))
        return pa.RecordBatch.from_arrays([arrays[field.name] for field in self.arrow_schema], schema=self.arrow_schema)

    @property
    def fillable(self) -> frozenset[str]:
        """Columns whose missing values can be drawn: not keys and made-up text, nor what has no value at all."""
        inner = {name: codec.inner for name, codec in zip(self.schema.columns, self.codecs, strict=False)}
        return frozenset(
            name
            for name in self.drawn
            if (codec := inner[name]) is not None and not codec.anew and (codec.size > 1 or codec.exact)
        )

    @property
    def telling(self) -> dict[str, int]:
        """Columns that hang on one another, and their positions. The others tell nothing: keys, made-up text, constants."""
        positions = {*self.learnt, *(link.target for link in self.dependencies)}
        return {name: position for position, name in enumerate(self.schema.columns) if position in positions}

    @property
    def drawn(self) -> tuple[str, ...]:
        """Of these, all that are not made from the number of the row."""
        telling = self.telling.items()
        own = (name for name, i in telling if (c := self.codecs[i].inner) is None or not c.by_row)
        return (*own, *(name for name in self.schema.columns if name in self.ties.columns))

    @property
    def _extra(self) -> dict[str, int]:
        """What is learnt in place of tied columns, and its positions."""
        return dict(zip(self.ties.learns, range(len(self.schema.columns), len(self.codecs)), strict=True))

    def given_codes(self, given: Mapping[str, pa.Array]) -> dict[int, Given]:
        """What is known of columns that are learnt; of a tied column, if all is given that it is tied to."""
        places = {name: position for name, position in self.telling.items() if name in given}
        split = self.ties.split(given)
        places |= {
            name: position for name, position in self._extra.items() if name in split and position in self.learnt
        }
        values = {**given, **split}
        return {position: given_codes(self.codecs[position], values[name]) for name, position in places.items()}

    def drawn_codes(
        self, rows: Rows, key: Key, known: Mapping[int, Given], given: Mapping[str, pa.Array] | None = None
    ) -> tuple[dict[int, CodeArray], pa.RecordBatch]:
        """Rows, whether or not they keep the rules, with their codes by position of the column.

        Args:
            rows: how many, and the number of the first.
            key: random stream of these rows.
            known: what is known of columns, by position.
            given: columns that are already there.
        """
        codes = draw_codes(self.fitted, self.learnt, self.dependencies, rows.n, key.child("learner"), known)
        return codes, self._decoded(codes, rows, key, {} if given is None else given)

    def _draw(self, rows: Rows, key: Key, given: Mapping[str, pa.Array], known: Mapping[int, Given]) -> pa.RecordBatch:
        return self.drawn_codes(rows, key, known, given)[1]

    def _decoded(
        self, drawn: Mapping[int, CodeArray], rows: Rows, key: Key, given: Mapping[str, pa.Array]
    ) -> pa.RecordBatch:
        none = np.zeros(rows.n, dtype=np.uint16)
        arrays = dict(given)
        for position, name in enumerate([*self.schema.columns, *self.ties.learns]):
            if name not in given and name not in self.ties.columns:
                arrays[name] = self.codecs[position].decode(drawn.get(position, none), rows, key.child("column", name))
        arrays = self.ties.join(arrays, frozenset(given))
        values = [arrays[field.name] for field in self.arrow_schema]
        fields = [
            f if f.type == v.type else pa.field(f.name, v.type) for f, v in zip(self.arrow_schema, values, strict=True)
        ]
        return pa.RecordBatch.from_arrays(values, schema=pa.schema(fields))

    def state(self) -> State:
        """Arrays and JSON from which `from_state` makes the same model."""
        return {
            "schema": Schema(tables={self.name: self.schema}).to_dict(),
            "codecs": [codec.state() for codec in self.codecs],
            "learner": self.learner,
            "fitted": self.fitted.state(),
            "learnt": list(self.learnt),
            "dependencies": [d.state() for d in self.dependencies],
            "ties": ties_state(self.ties),
            "protected": [vars(each) for each in self.protected],
        }

    @classmethod
    def from_state(cls, state: State) -> TableModel:
        """The inverse of `state`.

        Raises:
            ModelFileError: the state does not describe a table model.
        """
        try:
            name, schema = Schema.from_dict(state["schema"]).only
            ties = ties_from_state(state.get("ties", ()))
            kinds = [column.kind for column in (*schema.columns.values(), *ties.learns.values())]
            return cls(
                name=name,
                schema=schema,
                codecs=tuple(load_codec(k, s) for k, s in zip(kinds, state["codecs"], strict=True)),
                learner=state["learner"],
                fitted=load_fitted(state["learner"], state["fitted"]),
                learnt=tuple(state["learnt"]),
                dependencies=tuple(Dependency.from_state(d) for d in state["dependencies"]),
                ties=ties,
                protected=tuple(Protected(**each) for each in state.get("protected", ())),
            )
        except RowsmithError as fault:
            raise ModelFileError(f"the model is damaged or from another version: {fault}") from None
        except (KeyError, TypeError, ValueError, AttributeError, IndexError) as fault:
            raise ModelFileError(f"the model is damaged: its parts do not fit together ({fault!r}).") from None


def read_model(path: str | os.PathLike[str]) -> tuple[TableModel, State]:
    """The fitted table in a model file, and all that the file holds. Runs no code from the file.

    Raises:
        ModelFileError: not a model, damaged, or of another version.
    """
    state = read_state(path, kind=KIND, version=VERSION)
    try:
        return TableModel.from_state(state["table"]), state
    except ModelFileError as fault:
        raise ModelFileError(f"{path}: {fault}") from None
    except KeyError as fault:
        raise ModelFileError(f"{path}: the model is damaged ({fault!r}).") from None


def field_of(name: str, column: Column) -> pa.Field:
    """A column of a table as Arrow has it, with the printed form that a text sink needs."""
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
    given: Collection[str] = (),
    parts: NDArray[np.str_] | None = None,
    owners: Mapping[str, NDArray[np.int64]] = MappingProxyType({}),
    units: Units | None = None,
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
        given: the first columns, if they are given whenever rows are drawn: they hang on nothing, and others on them.
        parts: name of each row's part, shape (rows,): each is learnt by a model of its own.
        owners: of columns in which some rows have the value of another, the row that each is of, shape (rows,).
        units: entities of the rows, where these belong to some: as many must share what is kept as else rows, shape (rows,).
        workers: how many threads; the result does not depend on it.
        progress: told what has been done.

    Raises:
        DataError: there are no rows, or values are not of the schema's kinds.
    """
    assert not isinstance(learner, PaidLearner), "what is around it would be read off the rows: that is for `_paid`"
    if table.num_rows == 0:
        raise DataError(f"table {name!r} has 0 rows: there is nothing to learn; at least 1 row is needed.")
    if schema.follows:
        raise SpecError(
            f"tables.{name}.follows: rows follow each other in sequences only; say which column is the time (`sequence`)."
        )
    Rules(name, schema.rules).check(table)
    arrays = dict(zip(table.column_names, (column.combine_chunks() for column in table.columns), strict=True))
    ties = _ties(schema, arrays, frozenset(given), units)
    lent = ties.parts(arrays)
    arrays |= {name: part.values for name, part in lent.items()}
    owners = {**owners, **{name: part.owners for name, part in lent.items()}}
    kinds = {**schema.columns, **{name: _of_key(schema.columns[name]) for name in schema.primary_key}, **ties.learns}

    def read(column: str) -> LearntColumn:
        stream = key.child("column", column)
        return learn_column(column, kinds[column], arrays[column], stream, units, owners.get(column))

    read_columns: list[LearntColumn] = []
    with ThreadPoolExecutor(workers) as threads:
        for each in threads.map(read, arrays):
            read_columns.append(each)
            progress("reading columns", len(read_columns), len(arrays))
    codecs, hidden = [each.codec for each in read_columns], [each.hidden for each in read_columns]
    columns = [Codes(each.codes, each.codec.size, each.codec.ordered, each.codec.nullable) for each in read_columns]
    tied = [column in ties.columns for column in arrays]
    links = _dependencies.find(columns, [c.exact and not tie for c, tie in zip(codecs, tied, strict=True)], hidden)
    links = [link for link in links if link.target >= len(given)]
    looked_up = {link.target for link in links}
    learnt = tuple(i for i, c in enumerate(columns) if c.size > 1 and i not in looked_up and not tied[i])
    whole = [replace(columns[i], values=filled(columns, hidden, i, key.child("donors", i))) for i in learnt]
    n_given, stream = sum(i < len(given) for i in learnt), key.child("learner")
    fitted = fit_parts(learner, whole, parts, key=stream, given=n_given, workers=workers, progress=progress)
    return TableModel(
        name=name,
        schema=schema,
        codecs=tuple(codecs),
        learner=LEARNERS.name_of(type(learner)),
        fitted=fitted,
        learnt=learnt,
        dependencies=tuple(links),
        ties=ties,
        protected=tuple(
            each
            for each in map(protected_of, read_columns[: len(schema.columns)])
            if each.rows and each.column not in ties.columns
        ),
    )


def _of_key(column: Column) -> Column:
    """A column of the primary key: numbers of a key count something, and the first and the last are nobody's more than others."""
    return replace(column, settings={"ends": 1, **column.settings}) if "ends" in shares_of(column.kind) else column


def _ties(schema: Table, rows: Mapping[str, pa.Array], given: frozenset[str], units: Units | None) -> Ties:
    """Ties by which rules are kept, and weekdays and hours, of columns whose values are of the schema's types."""
    habits = {f"proposed.{name}": str(entry["sql"]) for name, entry in schema.proposed.items() if "sql" in entry}
    kept = {name: c for name, c in schema.columns.items() if c.type and rows[name].type == arrow_type(c.type)}
    return ties_of(schema.rules, kept, rows, given | set(schema.primary_key), units, habits, moments=True)
