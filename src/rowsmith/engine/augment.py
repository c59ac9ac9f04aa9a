"""Change a table: noise, balance, mixtures, flaws, masks, one after the other, with the rules kept and a log of what was done."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from rowsmith.augment._change import CHANGES, Augmentation, CellChange, Outcome, RowChange
from rowsmith.augment._rules import Keeper
from rowsmith.augment._subject import Subject
from rowsmith.core.errors import RowsmithError, SpecError
from rowsmith.core.frames import to_arrow
from rowsmith.core.protocols import Progress, silent
from rowsmith.core.rng import Key
from rowsmith.core.schema import Schema, Table, key_of
from rowsmith.core.types import whole
from rowsmith.engine._augment_state import State
from rowsmith.engine._augment_table import Worn, fixed_columns, keeper_of, known_of, with_new_keys
from rowsmith.engine._lent import Lender
from rowsmith.engine.executors import check_workers
from rowsmith.engine.plan import CHUNK_ROWS


@dataclass(frozen=True)
class Step:
    """What one change did.

    Attributes:
        change: its name.
        rows: how many there were after it.
        made: rows that it made.
        dropped: rows that it left out.
        cells: values that it changed, by column; of rows that were there before.
        kept: rows that have their old values, since with others they would break a rule.
        broken: rows that break a rule after a change that spoils or hides values on purpose, and did not before.
    """

    change: str
    rows: int
    made: int
    dropped: int
    cells: dict[str, int]
    kept: int = 0
    broken: int = 0

    def __str__(self) -> str:
        parts = [f"{n:,} rows {what}" for n, what in ((self.made, "made"), (self.dropped, "left out")) if n]
        if cells := {name: n for name, n in self.cells.items() if n}:
            listed = ", ".join(f"{name} {n:,}" for name, n in list(cells.items())[:6])
            more = f" and {len(cells) - 6} more columns" if len(cells) > 6 else ""
            parts.append(f"{sum(cells.values()):,} values changed ({listed}{more})")
        if self.kept:
            parts.append(f"{self.kept:,} rows left as they were, for they would break a rule")
        if self.broken:
            parts.append(f"{self.broken:,} rows now break a rule of the schema")
        return f"{self.change}: {'; '.join(parts) or 'nothing to change'}"


@dataclass(frozen=True)
class Augmented:
    """A changed table.

    Attributes:
        frame: of the kind that was handed in.
        steps: what each change did.
        source: number of the row, from 0, that each row is or was made from, shape (rows,); -1 for none.
        made: whether a row was made by a change, shape (rows,).
        log: what was done to which row, as an Arrow table; None if it was not asked for.
    """

    frame: Any
    steps: tuple[Step, ...]
    source: NDArray[np.int64]
    made: NDArray[np.bool_]
    log: pa.Table | None = None

    def __str__(self) -> str:
        return "\n".join(map(str, self.steps))


def augment(
    data: Any,
    *changes: Augmentation,
    schema: Schema | None = None,
    primary_key: tuple[str, ...] | list[str] | str = (),
    seed: int = 0,
    mark: str | None = None,
    log: bool = False,
    workers: int = 1,
    name: str = "table",
    progress: Progress = silent,
) -> Augmented:
    """Change a table, one change after the other.

    Types stay, and rows that kept the rules of the schema keep them: a column that a formula says is computed again, a row
    that would break another rule is changed again, and has its old values if no try helps.

    Args:
        data: a frame (pandas, polars, Arrow).
        changes: such as `Noise(relative=0.02)`.
        schema: what is valid, as `inspect` returns it; inferred if left out, rules that all rows keep among it.
        primary_key: column or columns that identify a row, if there is no schema. They stay as they are; made rows get new ones.
        seed: the same data, changes and seed give the same rows.
        mark: name of a column to add that says which change has made a row; null for rows that were there.
        log: whether to note what was done to which row.
        workers: threads; the rows do not depend on it.
        name: of the table, where no schema says it.
        progress: told what has been done.

    Raises:
        DataError: the table cannot be changed so.
        SpecError: a setting is wrong; the message names the change, and what is feasible.

    >>> import rowsmith as rs
    >>> done = augment(pa.table({"churn": ["no"] * 6 + ["yes"] * 2, "age": [30, 41, 52, 28, 37, 44, 61, 63]}), rs.Smote("churn"))
    >>> done.frame["churn"].to_pylist().count("yes"), done.made.tolist()[-4:]
    (6, [True, True, True, True])
    """
    check_workers(workers)
    table, kind = to_arrow(data)
    check_changes(changes)
    if mark is not None and mark in table.column_names:
        raise SpecError(f"mark={mark!r}: the table has such a column already; expected another name.")
    name, known = known_of(table, schema, key_of(table, primary_key), name)
    worn = Worn.of(table, known)
    state, steps = change_rows(
        name,
        known,
        worn.typed,
        changes,
        key=Key(seed).child(name, "augment"),
        log=log,
        workers=workers,
        progress=progress,
    )
    out = worn.restored(state.table)
    if mark is not None:
        out = out.append_column(mark, state.by)
    frame = kind.restore(out)
    if kind.library == "pandas" and not state.made.any() and np.array_equal(state.source, np.arange(table.num_rows)):
        frame.index = data.index
    return Augmented(frame, steps, state.source, state.made, state.logged())


def check_changes(changes: Sequence[Augmentation]) -> None:
    """Refuse what is no change, or no change at all."""
    if not changes:
        raise SpecError("changes: none is given; expected at least one, such as Noise(relative=0.02).")
    for change in changes:
        if not isinstance(change, CellChange | RowChange):
            raise SpecError(f"{change!r}: is no change; expected one such as Noise(relative=0.02).")


def change_rows(
    name: str,
    known: Table,
    rows: pa.Table,
    changes: Sequence[Augmentation],
    *,
    key: Key,
    log: bool = False,
    workers: int = 1,
    progress: Progress = silent,
) -> tuple[State, tuple[Step, ...]]:
    """Change the rows of a table whose schema is known.

    Args:
        name: of the table.
        known: its schema.
        rows: all of them, with the values that texts stand for.
        changes: one after the other.
        key: random stream.
        log: whether to note what was done to which row.
        workers: threads.
        progress: told what has been done.

    Returns:
        What has become of the rows, and what each change did.

    Raises:
        DataError: as `augment`.
        SpecError: as `augment`.
    """
    state = State.of(rows, log=log)
    subject = Subject(
        name, rows, known, fixed_columns(known), keeper_of(name, known, rows.num_rows, lambda: [rows]), Lender()
    )
    done = []
    for number, change in enumerate(changes):
        label = CHANGES.name_of(type(change))
        stream = key.child(number, label)
        subject = dataclasses.replace(subject, table=state.table)
        try:
            if isinstance(change, CellChange):
                outcome, kept = _cells(subject, change, stream, workers)
            else:
                assert isinstance(change, RowChange)
                outcome, kept = _rows(subject, change, stream)
        except RowsmithError as fault:
            raise type(fault)(f"{label}: {fault}") from None
        broken = 0 if type(change).lawful else int(_newly_broken(subject, outcome).sum())
        left = np.zeros(subject.n + 1, dtype=bool)
        left[outcome.source[~outcome.made]] = True  # the last: of rows without a source
        dropped = int(subject.n - left[:-1].sum())
        cells = state.add(label, outcome)
        done.append(Step(label, outcome.table.num_rows, int(outcome.made.sum()), dropped, cells, kept, broken))
        progress("changing", number + 1, len(changes))
    return state, tuple(done)


def settler(
    subject: Subject, change: CellChange, key: Key
) -> Callable[[int, pa.RecordBatch], tuple[pa.RecordBatch, int]]:
    """A function that changes the cells of a chunk of a number, and says how many of its rows kept their old values.

    Raises:
        SpecError: as `CellChange.fit`.
    """
    work = change.fit(subject)
    keeper = subject.keeper if type(change).lawful else Keeper(subject.name, {})

    def settled(index: int, rows: pa.RecordBatch) -> tuple[pa.RecordBatch, int]:
        here = key.child("chunk", index)

        def changed(some: pa.RecordBatch, number: int) -> pa.RecordBatch:
            return _with(some, work.change(some, here if number == 0 else here.child("again", number)))

        return keeper.settled(rows, changed, work.columns)

    return settled


def _cells(subject: Subject, change: CellChange, key: Key, workers: int) -> tuple[Outcome, int]:
    """Change cells, chunk by chunk; and how many rows kept their old values."""
    settled, chunks = settler(subject, change, key), _chunks(subject.table)
    with ThreadPoolExecutor(workers) as pool:
        each = list((map if workers == 1 else pool.map)(settled, *zip(*chunks, strict=True)))
    table = pa.Table.from_batches([rows for rows, _ in each], subject.table.schema).combine_chunks()
    return Outcome.changed(table), sum(kept for _, kept in each)


def _rows(subject: Subject, change: RowChange, key: Key) -> tuple[Outcome, int]:
    """Change rows, all at a time, made ones with keys of their own; and how many have the values of their source."""
    outcome = change.apply(subject, key)
    table = outcome.table.combine_chunks()
    if not type(change).lawful:
        return dataclasses.replace(outcome, table=table), 0
    table = subject.keeper.computed(table, table.column_names)
    outcome = dataclasses.replace(outcome, table=with_new_keys(subject, table, outcome.made, key.child("keys")))
    bad = np.flatnonzero(_newly_broken(subject, outcome))
    if not len(bad):
        return outcome, 0
    old = subject.table.take(pa.array(outcome.source[bad]))
    for name in set(table.column_names) - subject.fixed:
        at = outcome.table.column_names.index(name)
        mask = np.zeros(table.num_rows, dtype=bool)
        mask[bad] = True
        found = pc.replace_with_mask(whole(outcome.table[name]), pa.array(mask), whole(old[name]))
        outcome = dataclasses.replace(outcome, table=outcome.table.set_column(at, table.schema.field(at), found))
    return outcome, len(bad)


def _newly_broken(subject: Subject, outcome: Outcome) -> NDArray[np.bool_]:
    """Rows that break a rule, and are made from one that kept it."""
    same = [field.name for field in outcome.table.schema if field in subject.table.schema]
    keeper = subject.keeper.among(same)
    if not keeper.rules or not outcome.table.num_rows:
        return np.zeros(outcome.table.num_rows, dtype=bool)
    before = np.append(keeper.broken(subject.table), True)  # the last: of rows without a source
    return np.asarray(keeper.broken(outcome.table) & ~before[outcome.source])


def _with(rows: pa.RecordBatch, columns: Mapping[str, pa.Array]) -> pa.RecordBatch:
    arrays = [columns.get(name, old) for name, old in zip(rows.schema.names, rows.columns, strict=True)]
    return pa.RecordBatch.from_arrays(arrays, schema=rows.schema)


def _chunks(table: pa.Table) -> Iterator[tuple[int, pa.RecordBatch]]:
    """Pieces of a table, which is in one piece, with their numbers; one without rows, where it has none."""
    whole = table.to_batches()[0] if table.num_rows else pa.RecordBatch.from_pylist([], table.schema)
    for index in range(max(1, -(-table.num_rows // CHUNK_ROWS))):
        yield index, whole.slice(index * CHUNK_ROWS, CHUNK_ROWS)
