"""What other rooms do for changes of a table, since rooms do not import one another: a learner's draws, flaws of `truth/`."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from rowsmith.augment._change import Outcome
from rowsmith.augment._lent import Lent
from rowsmith.augment._subject import KEY, Subject
from rowsmith.core.codecs import plain_values
from rowsmith.core.errors import DataError, SpecError
from rowsmith.core.protocols import Rows
from rowsmith.core.rng import Key
from rowsmith.core.schema import Table, arrow_type
from rowsmith.core.settings import build
from rowsmith.engine._augment_table import new_keys, with_new_keys
from rowsmith.engine.completion import completion
from rowsmith.engine.inspection import complete, public_columns
from rowsmith.engine.plan import CHUNK_ROWS, TablePlan
from rowsmith.engine.run import batches
from rowsmith.learn.table import fit_table
from rowsmith.learn.trees import Trees
from rowsmith.truth._plant import PILOT, PLANTS, Change, Changer


@dataclass(frozen=True)
class Lender(Lent):
    """The services of `learn/`, `truth/` and `columns/`."""

    def fit(self, subject: Subject, given: str | None, key: Key) -> Callable[[pa.Table, Key], pa.Table]:
        """Learn a table with the default learner; see `Lent`.

        Nothing is protected: the rows that it learns stay beside those that it draws.
        """
        # what names rows cannot be drawn around others, and is given new values at the end
        first = () if given is None else (given,)
        names = [*first, *(n for n in subject.table.column_names if n not in subject.fixed and n not in first)]
        if len(names) < 2:
            raise DataError("there is nothing to learn beside keys and one column; take method smote or random.")
        columns = {n: subject.schema.columns[n] for n in names}
        rules = {n: r for n, r in subject.keeper.rules.items() if not any(f in r for f in subject.fixed)}
        known = public_columns(Table(columns=columns, rules=rules), "*")
        rows = subject.table.select(names)
        known = complete(known, rows, subject.name)
        model = fit_table(rows, known, Trees(), name=subject.name, key=key.child("fit"), given=first)

        def draw(known: pa.Table, stream: Key) -> pa.Table:
            around, n = completion(model, known)
            plan = TablePlan(subject.name, n, stream)
            made = pa.Table.from_batches(batches(plan, around), model.arrow_schema)
            out = []
            for field in subject.table.schema:
                if field.name not in names:
                    out.append(pa.nulls(n, field.type))
                    continue
                column, values = columns[field.name], made[field.name].combine_chunks()
                plain = plain_values(field.name, values, arrow_type(column.type or str(values.type)), column.form)
                out.append(plain if plain.type == field.type else plain.cast(field.type))
            return pa.table(out, schema=subject.table.schema)

        return draw

    def spoil(
        self, subject: Subject, table: pa.Table, flaw: str, settings: Mapping[str, Any], difficulty: float, key: Key
    ) -> Outcome:
        """Plant a flaw of the room `truth/` into a table; see `Lent`."""
        kind = PLANTS.load(flaw)
        assert issubclass(kind, Changer), "a structure that makes columns is no flaw"
        own = sorted(subject.fixed - {name for link in subject.schema.foreign_keys for name in link.columns})
        renewed = kind.repeats and settings.get("keys") != "keep"
        if kind.repeats and own and "key" not in settings:
            settings = {**settings, "key": own[0], "keys": "keep"}
        plant = build(kind, settings, flaw).at(difficulty)
        assert isinstance(plant, Changer)
        for name in (*plant.reads, *plant.changes):
            subject.column(name, "column")
            if name in subject.fixed:
                raise SpecError(f"column={name!r}: {KEY}.")
        pilot = {name: subject.values(name).slice(0, PILOT) for name in plant.reads}
        calibration = plant.calibrate(pilot)
        if table.num_rows != subject.n:
            raise SpecError("rows are repeated by another flaw already; expected one that does, as the last.")
        parts, sources, made, how, start = [], [], [], dict[str, list[Any]](), 0
        for index, first in enumerate(range(0, subject.n, CHUNK_ROWS)):
            batch = table.slice(first, CHUNK_ROWS).to_batches()[0]
            given = {name: subject.values(name).slice(first, CHUNK_ROWS) for name in plant.reads}
            rows = Rows(first, batch.num_rows)
            spoilt, changes = plant.change(batch, rows, key.child("chunk", index), given, calibration)
            at, is_copy = _places(spoilt.num_rows, changes)
            for each in changes:
                places = each.rows if each.copies is None else each.copies
                how.setdefault(each.column, []).append((places + start, each.mechanism))
            parts.append(spoilt)
            sources.append(at + first)
            made.append(is_copy)
            start += spoilt.num_rows
        done = pa.Table.from_batches(parts, table.schema).combine_chunks()
        is_made = np.concatenate(made) if made else np.zeros(0, dtype=bool)
        if renewed:
            done = with_new_keys(subject, done, is_made, key.child("keys"))
        texts = {name: _texts(entries, done.num_rows) for name, entries in how.items()}
        return Outcome(done, np.concatenate(sources) if sources else np.zeros(0, np.int64), is_made, texts)

    def keys(self, subject: Subject, name: str, n: int, key: Key) -> pa.Array:
        """Keys that no row has."""
        return new_keys(subject, name, n, key)


def _places(n: int, changes: Sequence[Change]) -> tuple[NDArray[np.int64], NDArray[np.bool_]]:
    """The row that each of n rows was before or is a copy of, and which are copies."""
    whole_rows = [each for each in changes if each.column == "" and each.copies is not None]
    source, is_copy = np.zeros(n, dtype=np.int64), np.zeros(n, dtype=bool)
    for each in whole_rows:
        assert each.copies is not None
        source[each.copies], is_copy[each.copies] = each.rows, True
    source[~is_copy] = np.arange(n - int(is_copy.sum()))
    return source, is_copy


def _texts(entries: list[tuple[NDArray[np.int64], str]], n: int) -> pa.Array:
    out = np.full(n, None, dtype=object)
    for rows, mechanism in entries:
        out[rows] = mechanism
    return pa.array(out, pa.string())
