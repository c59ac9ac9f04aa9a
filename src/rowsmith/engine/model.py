"""The model that a user holds: fit it on a frame or a table, draw from it, save it, load it."""

from __future__ import annotations

import dataclasses
import json
import os
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

import numpy as np
import pyarrow as pa

from rowsmith.core.curves import Curves
from rowsmith.core.domains import PaidFit, PaidLearner
from rowsmith.core.errors import ModelFileError, SpecError
from rowsmith.core.frames import FrameKind, to_arrow
from rowsmith.core.protocols import Learner, Progress, silent
from rowsmith.core.provenance import MARK, Provenance
from rowsmith.core.rng import Key
from rowsmith.core.schema import PRIMARY_KEY, Schema
from rowsmith.core.state import write_state
from rowsmith.engine._notes import marks_note, promise_note, protected_note, repeats_note
from rowsmith.engine._origin import AUTO, kept, kept_from, learner_of, noted, program, settings_in
from rowsmith.engine._paid import learn_paid, refuse
from rowsmith.engine._training import curves_of, training_note
from rowsmith.engine.auto import Trials, choose
from rowsmith.engine.completion import balanced, completion
from rowsmith.engine.distinct import distinct
from rowsmith.engine.executors import check_workers
from rowsmith.engine.inspection import complete, inspect, public_columns
from rowsmith.engine.plan import TablePlan
from rowsmith.engine.run import batches, write
from rowsmith.io._open import open_sink
from rowsmith.learn._columns import Completion
from rowsmith.learn._parts import Parts
from rowsmith.learn._where import Where
from rowsmith.learn.table import KIND, VERSION, TableModel, fit_table, read_model

REDRAWN = 2_000
"""Rows that are drawn to see how many break a rule."""


@dataclass(frozen=True)
class Model:
    """A learnt table.

    Attributes:
        table: the sampler of its rows.
        n_rows: how many rows it learnt from.
        frame: the kind of frame that `sample` returns.
        metadata: of the Arrow schema it learnt from: how the file was written.
        settings: of the learner, as plain values.
        made_by: name and version of the program that learnt it.
        trials: how the learner was chosen, where it was not named.
    """

    table: TableModel
    n_rows: int
    frame: FrameKind = field(default_factory=FrameKind)
    metadata: Mapping[str, str] = field(default_factory=dict)
    settings: Mapping[str, Any] = field(default_factory=dict)
    made_by: str = ""
    trials: Trials = field(default_factory=Trials)

    @property
    def provenance(self) -> Provenance:
        """Where its rows come from, as it is marked in what is drawn."""
        return Provenance(
            made_by=self.made_by,
            method="learnt",
            learner=self.table.learner,
            settings=self.settings,
            learnt_rows=self.n_rows,
            protected=tuple(vars(each) for each in self.table.protected),
            promise=self.promise,
        )

    @property
    def promise(self) -> Mapping[str, Any]:
        """What a learner with a guarantee promises, and what it spent on what; empty for others."""
        return self.table.fitted.promise if isinstance(self.table.fitted, PaidFit) else {}

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
        return self.provenance.marked(self.table.arrow_schema.with_metadata(metadata or None))

    @property
    def protected_note(self) -> str:
        """What to say of values that the model does not keep, since too few rows share them; empty if there are none."""
        return protected_note(self.table.protected, self.n_rows)

    @property
    def learnt(self) -> str:
        """How much it learnt besides its rows, in words."""
        return f"{len(self.table.schema.columns)} columns"

    @cached_property
    def rules_note(self) -> str:
        """What to say of rules that are kept by drawing rows again, and how often; empty if there are none."""
        found = self.table.redrawn(REDRAWN)
        if not found:
            return ""
        rates = ", ".join(f"{name} ({100 * share:.2g} %)" for name, share in found.items())
        return f"note: rules for which rows are drawn again, and the share of the rows: {rates}; the others hold by construction."

    @property
    def notes(self) -> list[str]:
        """What a user should know of the rows that it draws."""
        made = promise_note(self.promise), self.trials.note, self.parts_note, training_note(self.training)
        columns = [say({"": self.table.schema}) for say in (repeats_note, marks_note)]
        return [note for note in (*made, self.key_note, *columns, self.protected_note, self.rules_note) if note]

    @property
    def training(self) -> dict[str, Curves]:
        """How the networks of a neural learner were trained, by part (of all rows: `all rows`); empty for another learner."""
        return curves_of(self.table.fitted)

    @property
    def parts(self) -> dict[str, float]:
        """Share of each part that was learnt by a model of its own; empty where all rows were learnt together."""
        return dict(self.table.fitted.shares) if isinstance(self.table.fitted, Parts) else {}

    @property
    def parts_note(self) -> str:
        """What to say of parts, each learnt by a model of its own; empty if there are none."""
        fitted = self.table.fitted
        if not isinstance(fitted, Parts):
            return ""
        shares = ", ".join(f"{name} {100 * share:.3g} %" for name, share in fitted.shares.items())
        few = f", with too few rows for {', '.join(fitted.joined)}" if fitted.joined else ""
        return f"note: learnt in parts: {shares}{few}; it draws whole rows, none under a condition."

    def without(self, *parts: str) -> Model:
        """The model without some of its parts; the others are drawn in the same proportions.

        Raises:
            SpecError: it has no such part, or none is left.
        """
        if not isinstance(self.table.fitted, Parts):
            raise SpecError(
                f"drop={', '.join(parts)}: the model was learnt as a whole, so no part of it can be left out; fit it in parts "
                "(--segment easy-hard), or leave the rows out when it is fitted (fit --drop)."
            )
        fitted = self.table.fitted.without(parts)
        return dataclasses.replace(self, table=dataclasses.replace(self.table, fitted=fitted))

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
        sink, schema = open_sink(str(target), format, kinds=self.frame.kinds), self.arrow_schema
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
        state = {"table": self.table.state(), **kept(self), "trials": self.trials.state()}
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
            **kept_from({"settings": {}, "made_by": ""} | dict(state)),  # which the first models did not keep
            trials=Trials.from_state(state["trials"]) if "trials" in state else Trials(),
        )
    except (KeyError, TypeError, ValueError) as fault:
        raise ModelFileError(f"{path}: the model is damaged ({fault!r}).") from None


def fit(
    data: Any,
    *,
    schema: Schema | None = None,
    primary_key: tuple[str, ...] | list[str] | str = (),
    public: tuple[str, ...] | list[str] | str = (),
    learner: str | Learner = "trees",
    settings: Mapping[str, Any] | None = None,
    parts: Any = None,
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
        public: columns whose values may be known to all: those that a single row has are kept too. `*` for all columns.
        learner: name of a learner, or a learner with its settings; `auto` tries learners out and keeps the best.
        settings: settings of a learner that was given by name.
        parts: name of each row's part, n texts: each part is learnt by a model of its own, such as the easy and the hard rows
            of a profile (`profile(…).parts("easy-hard")`). Such a model draws whole rows only.
        seed: the same data and seed give the same model; but not with the learner `private`, whose noise no seed repeats.
        workers: how many threads; the model does not depend on it.
        name: of the table, where no schema says it.
        progress: told what has been done.

    Raises:
        DataError: the table cannot be learnt.
        SpecError: an argument, a setting or the schema is wrong.
    """
    table, frame = to_arrow(data)
    check_workers(workers)
    if schema is not None and primary_key:
        wanted = primary_key if isinstance(primary_key, str) else ", ".join(primary_key)
        raise SpecError(
            f"primary_key={wanted}: a schema was given too, and a schema names the key itself; "
            f"write `primary_key: [{wanted}]` into the schema and leave primary_key (--key) out."
        )
    if parts is not None:
        parts = np.asarray(parts, dtype=np.str_)
        if parts.shape != (table.num_rows,):
            raise SpecError(f"parts: {parts.size:,} names for {table.num_rows:,} rows; expected one a row.")
    trials, shared = Trials(), dict[str, Any](workers=workers, progress=progress)
    if schema is None and learner == AUTO:
        schema = inspect(table, name=name, primary_key=primary_key)
    if learner == AUTO:
        assert schema is not None
        trials = choose(table, schema, settings, public=public, seed=seed, **shared)
        learner, settings = trials.best.learner, None
    learner = learner_of(learner, settings)
    if isinstance(learner, PaidLearner):
        if parts is not None:
            refuse(learner, "parts are chosen by the rows, which may not be looked at for free")
        shared |= {"name": name, "primary_key": primary_key, "public": public, "key": Key(seed)}
        fitted = learn_paid(table, frame, schema, learner, **shared)
    else:
        name, known = (inspect(table, name=name, primary_key=primary_key) if schema is None else schema).only
        whole = public_columns(complete(known, table, name), public)
        fitted = fit_table(table, whole, learner, name=name, key=Key(seed).child(name), parts=parts, **shared)
    in_parts = {"parts": ", ".join(fitted.fitted.shares)} if isinstance(fitted.fitted, Parts) else {}
    return Model(
        fitted,
        fitted.fitted.rows if isinstance(fitted.fitted, PaidFit) else table.num_rows,
        frame,
        noted(table, (MARK,)),
        settings=settings_in(learner) | in_parts,
        made_by=program(),
        trials=trials,
    )
