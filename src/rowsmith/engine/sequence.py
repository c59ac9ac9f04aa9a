"""The model of sequences that a user holds: fit it on a frame of events, draw entities from it, save it."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from rowsmith.core.errors import DataError, ModelFileError, SpecError, suggest
from rowsmith.core.frames import FrameKind, to_arrow
from rowsmith.core.line import to_line
from rowsmith.core.protocols import Learner, Progress, Rows, silent
from rowsmith.core.provenance import MARK, Provenance
from rowsmith.core.rng import Key
from rowsmith.core.schema import Schema
from rowsmith.core.settings import build, settings_of
from rowsmith.core.state import read_state, write_state
from rowsmith.engine._notes import follows_note, lacking_note, protected_note
from rowsmith.engine._origin import kept, kept_from, learner_of, noted, program, settings_in
from rowsmith.engine._paid import refuse
from rowsmith.engine._sequence_schema import arranged, event_order, of_one_series
from rowsmith.engine._tables import plain
from rowsmith.engine.distinct import distinct
from rowsmith.engine.executors import check_workers
from rowsmith.engine.inspection import public_columns
from rowsmith.engine.plan import TablePlan
from rowsmith.engine.run import batches, write, write_table
from rowsmith.io._open import open_sink
from rowsmith.learn._sequence_known import Known
from rowsmith.learn._sequence_law import SequenceSettings
from rowsmith.learn._sequence_rows import Ordered, ordered
from rowsmith.learn._sequence_shift import shifted
from rowsmith.learn.sequence import KIND, VERSION, SequenceTable


@dataclass(frozen=True)
class Drawing:
    """A `Sampler` of the rows of entities that are drawn.

    Attributes:
        table: the learnt one.
        entities: all of them; None for a single series.
        begins: number of each one's first row, and the number of rows.
        key: random stream of the table.
        known: rows that they go on from, if there are any.
    """

    table: SequenceTable
    entities: pa.RecordBatch | None
    begins: NDArray[np.int64]
    key: Key
    known: Known | None = None

    @property
    def plan(self) -> TablePlan:
        """Of the entities: as many in a chunk as have about its rows."""
        return TablePlan.of_groups(self.table.name, len(self.begins) - 1, int(self.begins[-1]), self.key)

    def sample(self, rows: Rows, key: Key, given: Mapping[str, pa.Array]) -> pa.RecordBatch:
        """All rows of some entities: `rows` counts these, not their rows."""
        begins = self.begins[rows.first : rows.first + rows.n + 1]
        some = None if self.entities is None else self.entities.slice(rows.first, rows.n)
        here = Rows(int(begins[0]), int(begins[-1] - begins[0]))
        past = None if self.known is None else self.known.take(np.arange(rows.first, rows.first + rows.n))
        return self.table.rows(some, np.diff(begins), here, rows.first, self.key, past)


@dataclass(frozen=True)
class SequenceModel:
    """A learnt table of sequences.

    Attributes:
        table: draws its rows.
        n_rows: how many rows it learnt from.
        frame: the kind of frame that `sample` returns.
        metadata: of the Arrow schema it learnt from: how the file was written.
        settings: of the learner, as plain values.
        made_by: name and version of the program that learnt it.
        advice: on what was learnt, told when it is; not saved.
    """

    table: SequenceTable
    n_rows: int
    frame: FrameKind = field(default_factory=FrameKind)
    metadata: Mapping[str, str] = field(default_factory=dict)
    settings: Mapping[str, Any] = field(default_factory=dict)
    made_by: str = ""
    advice: str = ""

    @property
    def provenance(self) -> Provenance:
        """Where its rows come from, as it is marked in what is drawn."""
        return Provenance(
            made_by=self.made_by,
            method="learnt",
            learner=self.table.law.name,
            settings=self.settings,
            learnt_rows=self.n_rows,
            protected=tuple(vars(each) for each in self.table.protected),
        )

    @property
    def notes(self) -> list[str]:
        """What a user should know of the rows that it draws."""
        found = (follows_note({"": self.table.schema}), lacking_note(self.table.lacking), self.table.law.note)
        return [note for note in (self.advice, self.protected_note, *found) if note]

    @property
    def protected_note(self) -> str:
        """What to say of values that the model does not keep; empty if there are none."""
        return protected_note(self.table.protected, self.n_rows, "entities" if self.table.keys else "")

    @property
    def schema(self) -> Schema:
        """What the model takes for valid."""
        return Schema(tables={self.table.name: self.table.schema})

    @property
    def arrow_schema(self) -> pa.Schema:
        """Names and types of the columns, with what a sink needs to write them like the input."""
        return self.provenance.marked(self.table.arrow_schema.with_metadata(dict(self.metadata) or None))

    @property
    def learnt(self) -> str:
        """How much it learnt besides its rows, in words."""
        what = "one series" if self.is_single else f"{self.n_entities:,} sequences"
        return f"{len(self.table.schema.columns)} columns in {what}"

    @property
    def is_single(self) -> bool:
        """Whether all rows are of one series."""
        return self.table.entities is None

    @property
    def n_entities(self) -> int:
        """How many entities it learnt from."""
        return self.table.n_entities

    def sample(
        self,
        entities: int | None = None,
        *,
        steps: int | None = None,
        known: Any = None,
        shift: Mapping[str, float] | None = None,
        seed: int = 0,
        workers: int = 1,
        progress: Progress = silent,
    ) -> Any:
        """Draw sequences into memory.

        Args:
            entities: how many; as many as were learnt if left out. Of a single series there is one.
            steps: rows of each; as many as its law says if left out, or as were learnt of a single series.
            known: a frame of rows that the sequences go on from, of entities that need not have been learnt; only what comes
                after them is drawn, `steps` rows of each.
            shift: a scenario: how much higher than usual the mean of a column of numbers shall be, by its name. What hangs on the
                column follows.
            seed: the same seed gives the same rows.
            workers: how many processes; the rows do not depend on it.
            progress: told how many entities are done.

        Returns:
            A frame of the kind that the model learnt from, in the order in which the learnt rows stood: entity by entity,
            or by time.

        Raises:
            SpecError: an argument out of its range, or a rule that is broken too often.
            DataError: the known rows are not like the learnt ones.
        """
        drawing = self._drawing(entities, steps, known, shift, seed, workers, progress)
        plan = drawing.plan
        rows = pa.Table.from_batches(
            batches(plan, drawing, workers=workers, progress=progress), schema=self.table.arrow_schema
        )
        return self.frame.restore(self._arranged(rows))

    def sample_to(
        self,
        target: str | os.PathLike[str],
        entities: int | None = None,
        *,
        steps: int | None = None,
        known: Any = None,
        shift: Mapping[str, float] | None = None,
        seed: int = 0,
        format: str | None = None,
        workers: int = 1,
        progress: Progress = silent,
    ) -> int:
        """Draw sequences into a file or database, chunk by chunk: memory does not grow with the rows, but with the entities.

        Where the learnt rows stood by time with the entities mixed, all rows are held in memory to be put in that order.

        Args:
            target: file name or database URL.
            entities: as in `sample`.
            steps: as in `sample`.
            known: as in `sample`.
            shift: as in `sample`.
            seed: the same seed gives the same bytes.
            format: name of the format, if the ending of the target does not say it.
            workers: how many processes; the bytes do not depend on it.
            progress: told how many entities are done.

        Returns:
            How many rows there are.

        Raises:
            SpecError: as `sample`.
            OutputError: the target cannot be written.
        """
        drawing = self._drawing(entities, steps, known, shift, seed, workers, progress)
        plan, sink = drawing.plan, open_sink(str(target), format, kinds=self.frame.kinds)
        if self.table.arrangement == "entity":
            write(plan, drawing, sink, self.arrow_schema, workers=workers, progress=progress)
        else:
            rows = batches(plan, drawing, workers=workers, progress=progress)
            whole = self._arranged(pa.Table.from_batches(rows, schema=self.table.arrow_schema))
            write_table(whole, sink, self.arrow_schema)
        return int(drawing.begins[-1])

    def save(self, path: str | os.PathLike[str]) -> None:
        """Write the model to one file: arrays and JSON, no code.

        Raises:
            OutputError: the file cannot be written.
        """
        write_state(path, {"table": self.table.state(), **kept(self)}, kind=KIND, version=VERSION)

    def _drawing(
        self,
        entities: int | None,
        steps: int | None,
        known: Any,
        shift: Mapping[str, float] | None,
        seed: int,
        workers: int,
        progress: Progress,
    ) -> Drawing:
        check_workers(workers)
        check_count("entities", entities, 0)
        check_count("steps", steps, 1)
        if self.is_single and entities is not None:
            raise SpecError(
                f"entities={entities}: the model is of a single series, of which there is one; "
                "ask for a number of steps, or draw with several seeds."
            )
        numbers = (
            all(isinstance(more, int | float) for more in shift.values()) if isinstance(shift, Mapping) else not shift
        )
        if not numbers:
            raise SpecError(
                f"shift={shift!r}: expected how much higher means shall be by column, such as {{'temperature': 2}}."
            )
        key = Key(seed).child(self.table.name)
        table = self.table if not shift else shifted(self.table, shift, Key(0).child(self.table.name, "shift"))
        table = table if steps is None else table.open
        if known is not None:
            past = self._known(known, entities, steps)
            assert steps is not None, "it was checked"
            return Drawing(table, past.entities, np.arange(len(past.begins)) * steps, key, past)
        drawn = None
        if self.table.entities is not None:
            plan = TablePlan(self.table.name, self.n_entities if entities is None else entities, key.child("entities"))
            sampler = distinct(plan, self.table.entities, progress=progress)
            rows = pa.Table.from_batches(batches(plan, sampler), schema=self.table.entities.arrow_schema)
            whole = rows.unify_dictionaries().combine_chunks().to_batches()
            drawn = whole[0] if whole else pa.RecordBatch.from_pylist([], schema=rows.schema)
        begins = np.cumsum(np.append(0, self.table.lengths(drawn, steps)))
        return Drawing(table, drawn, begins, key)

    def _known(self, frame: Any, entities: int | None, steps: int | None) -> Known:
        """Rows to go on from, in order.

        Raises:
            DataError: they are not like the learnt ones.
            SpecError: it is not said how many rows there shall be, or a column is missing.
        """
        if entities is not None:
            raise SpecError(f"entities={entities}: those of the known rows go on; leave it out (--entities).")
        if steps is None:
            raise SpecError("known: say how many rows shall come after them; give steps (--steps N).")
        table = plain(to_arrow(frame)[0])
        if table.num_rows == 0:
            raise DataError("known: there are no rows to go on from.")
        return Known.of(self.table, in_order(self.table, table, "known"))

    def _arranged(self, rows: pa.Table) -> pa.Table:
        """The rows as the learnt ones stood."""
        if self.table.arrangement == "entity":
            return rows
        times = self.table.times(rows[self.table.time.name].combine_chunks())
        return rows.take(pa.array(np.argsort(to_line(times), kind="stable")))


def in_order(model: SequenceTable, table: pa.Table, where: str) -> Ordered:
    """Rows of entities that a model may not have learnt, in its order.

    Args:
        model: the learnt table.
        table: its columns, and perhaps others.
        where: beginning of a message.

    Raises:
        DataError: a row has no time or no entity.
        SpecError: a column is missing.
    """
    for column in model.schema.columns:
        if column not in table.column_names:
            raise SpecError(f"{where}: there is no column {column!r}{suggest(column, table.column_names)}")
    times = model.times(table[model.time.name].combine_chunks())
    return ordered(table, model.keys, model.time.name, times, where)


def check_count(name: str, value: int | None, least: int) -> None:
    """Raise a SpecError unless a value is left out, or a whole number from the least one."""
    if value is not None and (isinstance(value, bool) or not isinstance(value, int) or value < least):
        raise SpecError(f"{name}={value!r}: expected a whole number from {least}.")


def fit_sequence(
    data: Any,
    *,
    entity: tuple[str, ...] | list[str] | str = (),
    time: str | None = None,
    schema: Schema | None = None,
    public: tuple[str, ...] | list[str] | str = (),
    learner: str | Learner = "trees",
    settings: Mapping[str, Any] | None = None,
    seed: int = 0,
    workers: int = 1,
    name: str = "table",
    progress: Progress = silent,
) -> SequenceModel:
    """Learn a table of sequences.

    Args:
        data: a frame (pandas, polars, Arrow), a row for each event.
        entity: column or columns that say to which entity a row belongs; none where all rows are one series.
        time: column of the time.
        schema: what is valid; its `sequence` may say the two above.
        public: columns whose values may be known to all, as in `fit`.
        learner: trees, by name or with settings.
        settings: of a learner that was given by name, and `model` (auto, trees or components) and `periods`: how rows follow rows.
        seed: the same data and seed give the same model.
        workers: how many threads; the model does not depend on it.
        name: of the table, where no schema says it.
        progress: told what has been done.

    Raises:
        DataError: the table cannot be learnt, or a row has no time or no entity.
        SpecError: an argument, a setting or the schema is wrong.
    """
    from rowsmith.learn._sequence_fit import fit_sequences

    refuse(learner, "learns rows, not sequences")
    table, frame = to_arrow(data)
    check_workers(workers)
    order = event_order(entity, time, schema)
    name, rows, known = arranged(table, schema, order, name)
    known = public_columns(known, public)
    own = {n: v for n, v in (settings or {}).items() if n in settings_of(SequenceSettings)}
    how = build(SequenceSettings, own, "sequences")
    learner = learner_of(learner, {n: v for n, v in (settings or {}).items() if n not in own})
    fitted = fit_sequences(
        rows, known, learner, how, name=name, key=Key(seed).child(name), workers=workers, progress=progress
    )
    return SequenceModel(
        fitted,
        table.num_rows,
        frame,
        noted(table, (MARK,)),
        settings=vars(how) | settings_in(learner),
        made_by=program(),
        advice=of_one_series(rows, order),
    )


def load_sequence(path: str | os.PathLike[str]) -> SequenceModel:
    """Read a saved model of sequences. Runs no code from the file.

    Raises:
        ModelFileError: not such a model, damaged, or of another version.
    """
    state = read_state(path, kind=KIND, version=VERSION)
    try:
        return SequenceModel(
            table=SequenceTable.from_state(state["table"]),
            **kept_from(state),
        )
    except ModelFileError as fault:
        raise ModelFileError(f"{path}: {fault}") from None
    except (KeyError, TypeError, ValueError) as fault:
        raise ModelFileError(f"{path}: the model is damaged ({fault!r}).") from None
