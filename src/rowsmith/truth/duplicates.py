"""Rows that were entered twice: the same again, or with small edits."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, ClassVar, Literal, Self

import numpy as np
import pyarrow as pa

from rowsmith.core.errors import SpecError
from rowsmith.core.protocols import Rows
from rowsmith.core.rng import Key
from rowsmith.core.rowhash import row_hashes
from rowsmith.core.types import is_number, is_text
from rowsmith.truth._dirt import Places, check_rate, fitted, put
from rowsmith.truth._edits import can_edit, edited
from rowsmith.truth._fresh import COPIES, Room
from rowsmith.truth._pairs import find_pairs
from rowsmith.truth._plant import Calibration, Change, Changer, Fact, Finding
from rowsmith.truth._terms import named, numbers
from rowsmith.truth._usual import decimals

LOOKED_AT = 20_000
LURKING = 0.1
"""Share of the copies that rows which are alike by chance may add to them, at most."""


@dataclass(frozen=True, kw_only=True)
class Duplicates(Changer):
    """Rows that come twice. A copy lies anywhere among the rows that are made in one go with the row it is of.

    Keys of copies tell nothing: a key that counts goes on counting over them, as if they had been entered like all other rows. In
    an exact copy all values but the key are the same. In a fuzzy one, a few have a small edit: a typing error or another case in
    a text, a date moved by up to three days, a number rounded to three digits.
    """

    columns: tuple[str, ...]
    """Columns that tell together what a row is of, such as name, birth date and street; fuzzy copies have their edits there."""
    rate: float | None = None
    """Copies for each row, above 0 to 0.3; by difficulty 0.08 to 0.03 if left out."""
    fuzzy: float | None = None
    """Share of the copies that are fuzzy, 0 to 1; by difficulty 0.3 to 0.8 if left out."""
    edits: int = 1
    """How many of the columns have an edit in a fuzzy copy."""
    key: str | None = None
    """The column that is different in every row, if there is one: it counts, or is made from one that does."""
    keys: Literal["new", "keep"] = "new"
    """Whether a copy gets a key of its own, as if it had been entered like all other rows, or keeps that of its row."""

    main: ClassVar[str] = "columns"
    repeats: ClassVar[bool] = True

    def at(self, difficulty: float) -> Self:
        """How many, and how many of them are fuzzy."""
        check_rate(self.rate, 0.3)
        if not self.columns:
            raise SpecError("columns=[]: expected the columns that tell together what a row is of.")
        if self.key in self.columns:
            raise SpecError(
                f"columns={list(self.columns)}: {self.key} is the key, which differs in every row; drop it here."
            )
        if self.fuzzy is not None and not 0 <= self.fuzzy <= 1:
            raise SpecError(f"fuzzy={self.fuzzy:g}: expected a share from 0 to 1.")
        if not 1 <= self.edits <= len(self.columns):
            raise SpecError(
                f"edits={self.edits}: there are {len(self.columns)} columns; expected 1 to {len(self.columns)}."
            )
        rate = 0.08 - 0.05 * difficulty if self.rate is None else self.rate
        return replace(self, rate=rate, fuzzy=0.3 + 0.5 * difficulty if self.fuzzy is None else self.fuzzy)

    @property
    def reads(self) -> tuple[str, ...]:
        """The columns."""
        return self.columns

    @property
    def changes(self) -> tuple[str, ...]:
        """Columns with edits in fuzzy copies; keys of the rows that are there stay."""
        return self.columns if self.fuzzy else ()

    def calibrate(self, pilot: Mapping[str, pa.Array]) -> Calibration:
        """Decimals of numbers."""
        assert self.rate is not None
        places: dict[str, int | None] = {}
        for name in self.columns if self.fuzzy else ():
            kind = pilot[name].type
            if not can_edit(kind):
                raise SpecError(
                    f"columns: {name} is {kind}, of which there is no small edit; expected text, numbers or dates."
                )
            if is_number(kind):
                values = numbers(pilot[name], name)
                places[name] = decimals(values[np.isfinite(values)])
        some = [pilot[name].slice(0, LOOKED_AT) for name in self.columns]
        alike = 1 - len(np.unique(row_hashes(some))) / max(len(some[0]), 1)
        if alike > LURKING * self.rate:
            raise SpecError(
                f"columns={list(self.columns)}: {alike:.2%} of the rows are alike in them by chance, so that copies cannot be "
                "told; add a column that tells rows apart."
            )
        return {"places": places}

    def change(
        self, batch: pa.RecordBatch, rows: Rows, key: Key, given: Mapping[str, pa.Array], calibration: Calibration
    ) -> tuple[pa.RecordBatch, Sequence[Change]]:
        """Copy rows, edit some of the copies, and put all of them in between."""
        assert self.rate is not None
        assert self.fuzzy is not None
        if batch.num_rows != rows.n:
            raise SpecError("rows of this table are repeated by another structure already; expected one that does.")
        generator = key.generator()
        behind = given[COPIES] if COPIES in given else _without_keys(Room(self.rate, 0), rows)
        counts = behind.value_lengths().to_numpy(zero_copy_only=False)
        new, m = behind.flatten(), int(counts.sum())
        picked = generator.choice(rows.n, size=m, replace=m > rows.n)  # in no order, as copies come by chance
        is_copy = np.ones(rows.n + m, dtype=bool)
        is_copy[np.arange(rows.n) + np.cumsum(counts) - counts] = False
        where = np.flatnonzero(is_copy)
        copies, old = batch.take(pa.array(picked)), pa.nulls(m, pa.string())
        chosen = np.flatnonzero(generator.random(m) < self.fuzzy)
        copies, edits = self._edit(copies, chosen, key.child("edits").generator(), calibration)
        touched = np.zeros(m, dtype=bool)
        if self.key is not None:
            at = copies.schema.names.index(self.key)
            old = copies.column(at)
            new = old if pa.types.is_null(new.type) else new.cast(old.type)
            copies = copies.set_column(at, copies.schema.field(at), new)
        changes = []
        for change in edits:
            touched[change.rows] = True
            changes.append(replace(change, rows=picked[change.rows], copies=where[change.rows]))
        for mechanism, which in (("exact copy", ~touched), ("fuzzy copy", touched)):
            at = np.flatnonzero(which)
            clean, dirty = old.take(pa.array(at)), new.take(pa.array(at))
            changes.append(Change(picked[at], "", clean, dirty, mechanism, where[at]))
        order = np.empty(rows.n + m, dtype=np.int64)
        order[is_copy], order[~is_copy] = rows.n + np.arange(m), np.arange(rows.n)
        whole = [
            pa.concat_arrays([a, b]).take(pa.array(order)) for a, b in zip(batch.columns, copies.columns, strict=True)
        ]
        return pa.RecordBatch.from_arrays(whole, schema=batch.schema), changes

    def facts(self, calibration: Calibration) -> list[Fact]:
        """How many copies there are, and how many of them are fuzzy."""
        assert self.rate is not None
        assert self.fuzzy is not None
        what = "copies for each row that is not one"
        found = [Fact(name="rate", what=what, value=self.rate, null=0.0, tolerance=self.rate / 4)]
        if 0 < self.fuzzy < 1:
            what = "share of the copies that are not the same in every column but the key"
            found.append(Fact(name="fuzzy", what=what, value=self.fuzzy, tolerance=0.15))
        return found

    def question(self) -> dict[str, Any]:
        """The columns, and the key."""
        return {"columns": list(self.columns)} | ({"key": self.key} if self.key else {})

    def brief(self) -> str:
        """How many, and how alike."""
        return (
            f"Some rows may be of the same thing, with small differences perhaps: {', '.join(self.columns)} tell what a row is "
            "of. Which are copies, how many for each row that is none, and what share of them differ in more than the key?"
        )

    def how(self, calibration: Calibration) -> str:
        """How many, and what was done to them."""
        assert self.fuzzy is not None
        keys = "" if self.key is None else f" {self.key} is {'another in each' if self.keys == 'new' else 'the same'}."
        edits = (
            f" {self.fuzzy:.0%} of them have {self.edits} small edit(s) in {', '.join(self.columns)}."
            if self.fuzzy
            else ""
        )
        return f"{self.rate:.1%} of the rows were copied to a place near by.{edits}{keys}"

    @staticmethod
    def find(question: Mapping[str, Any], table: pa.Table) -> list[Finding]:
        """Rows with equal hashes; of the others, those that agree in a column or two and are then alike by their likelihood."""
        for name in question["columns"]:
            named(table, name)
        return find_pairs(table, list(question["columns"]), question.get("key"))

    def _edit(
        self, copies: pa.RecordBatch, chosen: Places, generator: np.random.Generator, calibration: Calibration
    ) -> tuple[pa.RecordBatch, list[Change]]:
        """Edit some cells of the chosen rows; what was changed, with positions among the copies."""
        there = np.column_stack(
            [
                copies.column(name).take(pa.array(chosen)).is_valid().to_numpy(zero_copy_only=False)
                for name in self.columns
            ]
        )
        turn = np.argsort(np.argsort(np.where(there, generator.random(there.shape), 2.0), axis=1), axis=1)
        edits: list[Change] = []
        for j, name in enumerate(self.columns if len(chosen) else ()):
            rows = chosen[there[:, j] & (turn[:, j] < self.edits)]
            column = copies.column(name)
            clean = column.take(pa.array(rows))
            dirty, kinds = edited(clean, calibration["places"].get(name), generator)
            if is_text(column.type):
                before = clean.cast(pa.string()).to_pylist()
                dirty = pa.array(fitted(column, before, dirty.to_pylist()), pa.string())
            done = np.array(kinds, dtype=object)
            field = copies.schema.field(name)
            good = np.flatnonzero(done != "")
            put_in = put(column, np.sort(rows[good]), dirty.take(pa.array(good[np.argsort(rows[good])])))
            copies = copies.set_column(copies.schema.names.index(name), field, put_in)
            for kind in sorted(set(kinds) - {""}):
                where = np.flatnonzero(done == kind)
                at = pa.array(where)
                edits.append(Change(rows[where], name, clean.take(at), dirty.take(at), kind))
        return copies, edits


def _without_keys(room: Room, rows: Rows) -> pa.Array:
    """Copies behind each row that nobody has made keys for."""
    ends = np.append(0, np.cumsum(room.behind(rows.numbers)))
    return pa.ListArray.from_arrays(pa.array(ends, pa.int32()), pa.nulls(int(ends[-1])))
