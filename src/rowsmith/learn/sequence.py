"""Fitted sequences: panels, event logs and single series, drawn row after row.

What is constant in an entity, how many rows it has, when it begins and with which values is one row of a table of its
own, learnt like any other (`table.py`). From there on each row is drawn given those before it: the gap to it, then its
columns, each by a tree of boosted splits (`_sequence_program.py`) as the single-table learner has them; or, of a short single series,
by its trend, seasons and an autoregression (`_sequence_components.py`).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from rowsmith.core.codecs import ColumnCodec, load_codec, plain_values
from rowsmith.core.errors import ModelFileError, RowsmithError, SpecError
from rowsmith.core.permutation import mix
from rowsmith.core.protocols import Rows
from rowsmith.core.rng import Key
from rowsmith.core.schema import Schema, Table, arrow_type
from rowsmith.core.state import State
from rowsmith.learn._previous import Follow
from rowsmith.learn._protected import Protected
from rowsmith.learn._rules import Rules
from rowsmith.learn._sequence_clock import Clock
from rowsmith.learn._sequence_context import Expected, context_of, levels_of
from rowsmith.learn._sequence_known import Known
from rowsmith.learn._sequence_law import Law, law_from_state, law_state
from rowsmith.learn._sequence_rows import Arrangement, Start, ordered_values
from rowsmith.learn._sequence_sum import Sum
from rowsmith.learn._sequence_sums import begin, solved, totalled
from rowsmith.learn._sequence_told import part
from rowsmith.learn._sequence_values import Values
from rowsmith.learn._sequence_walk import Walk
from rowsmith.learn._tie_rules import ties_from_state, ties_state
from rowsmith.learn._ties import Ties
from rowsmith.learn.table import TableModel, field_of

KIND, VERSION = "sequence-model", 5
"""What the file of a model says of itself."""
AGAIN = 50
"""Times that an entity is drawn again whose rows break a rule."""
LENGTH, FIRST = "length", "first"
"""What is learnt of an entity besides its constants: how many rows it has, and when it begins."""


@dataclass(frozen=True)
class SequenceTable:
    """A fitted table of sequences.

    Attributes:
        name: the table's.
        schema: its columns, kinds and types, and what makes it a sequence.
        clock: how times are counted.
        time: prints them.
        law: draws the rows after the first.
        columns: of the law, in its order; None for the gap to the row above.
        constants: how columns that do not change within an entity are turned into numbers.
        told: columns that the time or the row's place tells, and which part of it they are.
        made: columns that are made without being learnt.
        looked_up: columns that follow from another: (source, target, code of the target for each of the source).
        codecs: of these two.
        ties: columns that rules tie to others.
        entities: the table of the entities; None for a single series.
        hidden: names there of the length, of the first time, and of the first value of each column of the law.
        expected: what constants let expect of the first values, of which then only the rest is learnt.
        start: where a single series begins.
        sums: columns of the law that are sums over their row and the row before.
        late: running totals of what only ties say, worked out when rows are there.
        arrangement: whether rows come entity by entity, or by time.
        n_entities: how many there were.
        keys: columns of the entity.
        protected: columns of which values that too few rows share were left out.
        lacking: times that an otherwise regular grid lacks, so that gaps are drawn.
        moved: by how much first values are moved in a scenario, in units, by column; not kept in a file.
    """

    name: str
    schema: Table
    clock: Clock
    time: ColumnCodec
    law: Law
    columns: tuple[Values | None, ...]
    constants: tuple[Values, ...]
    told: Mapping[str, str]
    made: Mapping[str, ColumnCodec]
    looked_up: tuple[tuple[str, str, NDArray[np.uint16]], ...]
    codecs: Mapping[str, ColumnCodec]
    ties: Ties
    entities: TableModel | None
    hidden: Mapping[str, str]
    expected: Expected
    start: Start | None
    arrangement: Arrangement
    n_entities: int
    keys: tuple[str, ...] = ()
    protected: tuple[Protected, ...] = ()
    sums: tuple[Sum, ...] = ()
    late: tuple[Follow, ...] = ()
    lacking: int = 0
    moved: Mapping[str, float] = field(default_factory=dict)

    @property
    def arrow_schema(self) -> pa.Schema:
        """Names and types of what is drawn, with the printed forms that a text sink needs."""
        return pa.schema([field_of(name, column) for name, column in self.schema.columns.items()])

    @property
    def open(self) -> SequenceTable:
        """The same without a close, of which as many rows are drawn as are asked for."""
        return replace(self, law=self.law.open) if isinstance(self.law, Walk) else self

    def times(self, values: pa.Array) -> pa.Array:
        """Points in time of the time column as it is printed."""
        return plain_values(self.time.name, values, self.time.type, self.time.form)

    def lengths(self, entities: pa.RecordBatch | None, steps: int | None) -> NDArray[np.int64]:
        """Rows of each entity.

        Args:
            entities: as drawn; None for a single series.
            steps: rows of each, if it is not what was learnt.
        """
        n = 1 if entities is None else entities.num_rows
        if steps is not None:
            return np.full(n, steps, dtype=np.int64)
        if entities is None:
            assert self.start is not None
            return np.array([self.start.length], dtype=np.int64)
        drawn = entities[self.hidden[LENGTH]].cast(pa.int64()).to_numpy()
        assert isinstance(self.law, Walk), "only trees learn several sequences"
        return np.asarray(np.clip(drawn, 1, self.law.most(self.clock.line(entities[self.hidden[FIRST]]))))

    def rows(
        self,
        entities: pa.RecordBatch | None,
        lengths: NDArray[np.int64],
        rows: Rows,
        first: int,
        key: Key,
        known: Known | None = None,
    ) -> pa.RecordBatch:
        """The rows of some entities, one after the other.

        Args:
            entities: as drawn; None for a single series.
            lengths: rows of each.
            rows: numbers of all these rows in the table, on which made-up keys depend.
            first: number of the first entity; each has a random stream of its own.
            key: random stream of the table.
            known: rows of these entities that they go on from, which are not among what is returned.

        Raises:
            SpecError: rules are broken too often.
        """
        numbers = np.arange(first, first + len(lengths), dtype=np.int64)
        drawn = self._rows(entities, lengths, numbers, rows, key, known)
        rules = Rules(self.name, self.schema.rules)
        for turn in range(AGAIN):
            broken = rules.broken(drawn)
            if not broken.any():
                return drawn
            which = np.repeat(np.arange(len(lengths)), lengths)
            wrong = np.unique(which[broken])
            some = None if entities is None else entities.take(pa.array(wrong))
            past = None if known is None else known.take(wrong)
            part = self._rows(some, lengths[wrong], numbers[wrong], rows, key.child("again", turn), past)
            index = np.arange(drawn.num_rows)
            index[np.isin(which, wrong)] = drawn.num_rows + np.arange(part.num_rows)
            both = pa.Table.from_batches([drawn, part]).take(pa.array(index)).combine_chunks().to_batches()[0]
            columns = [drawn[f.name] if f.name in self._by_row else both[f.name] for f in drawn.schema]
            drawn = pa.RecordBatch.from_arrays(columns, schema=drawn.schema)
        raise SpecError(
            f"tables.{self.name}.rules ({', '.join(self.schema.rules)}): {int(broken.sum()):,} of {len(broken):,} rows still "
            f"break them after {AGAIN} draws of their sequences; relax a rule, or check that the real rows keep it."
        )

    def _rows(
        self,
        entities: pa.RecordBatch | None,
        lengths: NDArray[np.int64],
        numbers: NDArray[np.int64],
        rows: Rows,
        key: Key,
        known: Known | None,
    ) -> pa.RecordBatch:
        past = np.zeros(len(lengths), dtype=np.int64) if known is None else known.lengths
        whole = lengths + past
        begins = np.cumsum(np.append(0, whole))
        context = self._context(entities, len(lengths))
        values, when = np.zeros((begins[-1], len(self.columns))), np.zeros(begins[-1], dtype=np.int64)
        position = np.arange(begins[-1]) - np.repeat(begins[:-1], whole)
        new = position >= np.repeat(past, whole)
        if known is None:
            lines, starts = self._starts(entities, context)
        else:
            values[~new], when[~new] = known.values, known.lines
            lines, starts = np.zeros(len(lengths), dtype=np.int64), np.zeros((len(lengths), len(self.columns)))
        seeds = mix(numbers.astype(np.uint64), key.child("rows").integer())
        self.law.draw(values, when, begins, past, lines, starts, context, seeds)
        which = np.repeat(np.arange(len(lengths)), lengths)
        drawn = self._shown(values[new], when[new], position[new], which, entities, int(numbers[0]), rows, key)
        last = None if known is None else values[begins[:-1] + past - 1]
        return totalled(drawn, self.late, self.schema.columns, self.columns, which, last)

    def filled(self, known: Known, rows: Rows, first: int, key: Key) -> pa.RecordBatch:
        """Rows of some entities with values where they lack some, each given all that is there before and after it.

        Args:
            known: the rows.
            rows: numbers of all these rows in the table.
            first: number of the first entity.
            key: random stream of the table.
        """
        n = len(known.lengths)
        numbers = np.arange(first, first + n, dtype=np.int64)
        values, seeds = known.begun(), mix(numbers.astype(np.uint64), key.child("rows").integer())
        missing = known.missing.copy()
        solved(self.sums, values, known.begins, missing)
        if missing.any():
            listed = np.array([c is not None and not c.on_line and c.codec.nullable for c in self.columns], dtype=bool)
            context = self._context(known.entities, n)
            self.law.fill(values, known.lines, known.begins, context, seeds, missing, listed)
            ordered_values(values, missing, self.law.bounds, self.columns)
        which = np.repeat(np.arange(n), known.lengths)
        position = np.arange(len(values)) - known.begins[which]
        return self._shown(values, known.lines, position, which, known.entities, first, rows, key, whole=True)

    def _context(self, entities: pa.RecordBatch | None, n: int) -> NDArray[np.float64]:
        """What is constant in each entity."""
        constants = [c.numbers(entities[c.name]) for c in self.constants] if entities is not None else []
        return context_of(self.constants, constants, n)

    def _shown(
        self,
        values: NDArray[np.float64],
        when: NDArray[np.int64],
        position: NDArray[np.int64],
        which: NDArray[np.int64],
        entities: pa.RecordBatch | None,
        first: int,
        rows: Rows,
        key: Key,
        whole: bool = False,
    ) -> pa.RecordBatch:
        """The columns of rows, as they are printed.

        Args:
            values: the numbers, shape (rows, columns of the law).
            when: times, in units of the clock.
            position: of rows in their entities.
            which: entity of each, counted from the first one here.
            entities: with their keys and constants; None for a single series.
            first: number of the first entity.
            rows: numbers of all these rows in the table.
            key: random stream of the table.
            whole: whether what follows from other columns is there in every row, though real ones may lack it.
        """
        here = Rows(rows.first, len(when))
        times = self.clock.times(when)
        out: dict[str, pa.Array] = {}
        for k, column in enumerate(self.columns):
            if column is not None:
                out[column.name] = column.values(values[:, k], here, key.child("column", column.name, first))
        none = np.zeros(len(when), dtype=np.uint16)
        for name, codec in self.made.items():
            out[name] = codec.decode(none, here, key.child("column", name, first))
        for source, target, codes in self.looked_up:
            found = codes[self.codecs[source].encode(out[source])]
            out[target] = self.codecs[target].decode(found, here, key.child("column", target, first))
        for name, which_part in self.told.items():
            out[name] = pa.array(part(which_part, times, position)).cast(arrow_type(self.schema.columns[name].type))
        if entities is not None:
            for name in (*self.keys, *(c.name for c in self.constants)):
                out[name] = entities[name].take(pa.array(which))
        out[self.time.name] = self.time.shown(times)
        if whole:
            lacks = [tie.says_missing for tie in self.ties.each if tie.says_missing is not None]
            out |= dict.fromkeys(lacks, pa.repeat(pa.scalar(False), len(when)))
        out = self.ties.join(out, frozenset())
        fields = [f if f.type == out[f.name].type else pa.field(f.name, out[f.name].type) for f in self.arrow_schema]
        return pa.RecordBatch.from_arrays([out[f.name] for f in fields], schema=pa.schema(fields))

    @property
    def _by_row(self) -> frozenset[str]:
        """Columns that are made from the number of the row, which stay when an entity is drawn again."""
        codecs = [c.codec for c in self.columns if c is not None] + list(self.made.values())
        return frozenset(c.name for c in codecs if c.inner is not None and c.inner.by_row)

    def _starts(
        self, entities: pa.RecordBatch | None, context: NDArray[np.float64]
    ) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
        """First times, in units, and first values, of each entity."""
        n = len(context)
        if entities is None:
            assert self.start is not None
            starts = self.start.values[None].repeat(n, axis=0)
            for k, column in enumerate(self.columns):
                if column is not None:
                    starts[:, k] = column.moved(starts[:, k], self.moved)
            begin(self.sums, starts)
            return np.full(n, self.start.line, dtype=np.int64), starts
        lines = self.clock.line(entities[self.hidden[FIRST]])
        starts = np.zeros((n, len(self.columns)))
        assert isinstance(self.law, Walk), "only trees learn several sequences"
        expected, bounds = self.expected.of(context, self.law.usual(lines, context)), self.law.bounds
        turns = np.argsort(self.expected.order)[bounds].max(axis=1)
        for turn, k in enumerate(self.expected.order.tolist()):
            column = self.columns[k]
            if column is None or f"value {column.name}" not in self.hidden:
                continue
            drawn = entities[self.hidden[f"value {column.name}"]]
            if self.expected.columns[k]:
                left = drawn.to_numpy(zero_copy_only=False).astype(np.float64)
                found = column.unstepped(self.expected.beside(k, expected[:, k], starts, self.columns) + left)
            else:
                found = column.numbers(drawn)
            starts[:, k] = column.moved(found, self.moved)
            ordered_values(starts, np.arange(len(self.columns)) == k, bounds[turns == turn], self.columns)
        begin(self.sums, starts)
        return lines, starts

    def state(self) -> State:
        """Arrays and JSON from which `from_state` makes the same model."""
        start = None if self.start is None else vars(self.start)
        return {
            "schema": Schema(tables={self.name: self.schema}).to_dict(),
            "clock": self.clock.state(),
            "time": self.time.state(),
            "law": law_state(self.law),
            "columns": [None if c is None else c.state() for c in self.columns],
            "constants": [c.state() for c in self.constants],
            "told": dict(self.told),
            "made": {name: codec.state() for name, codec in self.made.items()},
            "looked_up": [list(entry) for entry in self.looked_up],
            "codecs": {name: codec.state() for name, codec in self.codecs.items()},
            "ties": ties_state(self.ties),
            "entities": None if self.entities is None else self.entities.state(),
            "hidden": dict(self.hidden),
            "expected": self.expected.state(),
            "start": start,
            "arrangement": self.arrangement,
            "n_entities": self.n_entities,
            "keys": list(self.keys),
            "sums": [each.state() for each in self.sums],
            "late": [[each.column, each.expression] for each in self.late],
            "lacking": self.lacking,
            "protected": [vars(each) for each in self.protected],
        }

    @classmethod
    def from_state(cls, state: State) -> SequenceTable:
        """The inverse of `state`.

        Raises:
            ModelFileError: the state does not describe a table of sequences.
        """
        try:
            name, schema = Schema.from_dict(state["schema"]).only
            columns = tuple(None if s is None else Values.from_state(s) for s in state["columns"])
            constants = tuple(map(Values.from_state, state["constants"]))
            ties = ties_from_state(state["ties"])
            kinds = {**schema.columns, **ties.learns}
            start = state["start"]
            if start is not None and start["values"].shape != (len(columns),):
                raise ValueError("first values of other columns")
            return cls(
                name=name,
                schema=schema,
                clock=Clock.from_state(state["clock"]),
                time=load_codec("timestamp", state["time"]),
                law=law_from_state(state["law"], columns, len(levels_of(constants))),
                columns=columns,
                constants=constants,
                told=state["told"],
                made={n: load_codec(kinds[n].kind, s) for n, s in state["made"].items()},
                looked_up=tuple((a, b, codes.astype(np.uint16)) for a, b, codes in state["looked_up"]),
                codecs={n: load_codec(kinds[n].kind, s) for n, s in state["codecs"].items()},
                ties=ties,
                entities=None if state["entities"] is None else TableModel.from_state(state["entities"]),
                hidden=state["hidden"],
                expected=Expected.from_state(state["expected"], columns),
                start=None if start is None else Start(int(start["length"]), int(start["line"]), start["values"]),
                arrangement=state["arrangement"],
                n_entities=int(state["n_entities"]),
                keys=tuple(state["keys"]),
                sums=tuple(Sum.from_state(each, len(columns)) for each in state["sums"]),
                late=tuple(Follow.of(str(column), str(said), "follows") for column, said in state["late"]),
                lacking=int(state["lacking"]),
                protected=tuple(Protected(**each) for each in state["protected"]),
            )
        except ModelFileError:
            raise
        except RowsmithError as fault:
            raise ModelFileError(f"the model is damaged or from another version: {fault}") from None
        except (KeyError, TypeError, ValueError, AttributeError, IndexError) as fault:
            raise ModelFileError(f"the model is damaged: its parts do not fit together ({fault!r}).") from None
