"""Typing errors in a column of texts."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, ClassVar, Self

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from rowsmith.core.errors import SpecError
from rowsmith.core.protocols import Rows
from rowsmith.core.rng import Key
from rowsmith.core.slips import SLIPS, Slip, slips
from rowsmith.core.types import is_text
from rowsmith.truth._dirt import chance, check_rate, fitted, replaced, share, struck, words
from rowsmith.truth._linear import unanswered
from rowsmith.truth._plant import Calibration, Change, Changer, Fact, Finding
from rowsmith.truth._spellings import corrected
from rowsmith.truth._terms import kind_of, named, texts

LOOKED_AT = 20_000
MOST_LEVELS, LEAST_SHARE = 200, 0.01
APART = 3.0
"""Times that a true level may be rarer than one that is a slip away, at most."""


@dataclass(frozen=True, kw_only=True)
class Typos(Changer):
    """Typing errors, one in each text that is hit.

    In a column of a few levels, rare texts one slip away from a frequent one give them away. In free text, or where two levels are
    a slip apart themselves, nobody can count them from the column alone, and no facts are asked for.
    """

    column: str
    """The column of texts."""
    rate: float | None = None
    """Share of the values, above 0 to 0.2; by difficulty 0.1 to 0.03 if left out."""
    slips: tuple[Slip, ...] = SLIPS
    """Two letters swapped, one dropped, one doubled, the key beside it hit instead, or (`ocr`) a sign read as one that looks like it."""

    main: ClassVar[str] = "column"

    def at(self, difficulty: float) -> Self:
        """The rate by difficulty."""
        check_rate(self.rate, 0.2)
        if not self.slips:
            raise SpecError(f"slips=[]: expected at least one of {', '.join(SLIPS)}.")
        return replace(self, rate=0.1 - 0.07 * difficulty) if self.rate is None else self

    @property
    def reads(self) -> tuple[str, ...]:
        """The column."""
        return (self.column,)

    @property
    def changes(self) -> tuple[str, ...]:
        """The column."""
        return (self.column,)

    def calibrate(self, pilot: Mapping[str, pa.Array]) -> Calibration:
        """The true levels, where they are few, and how likely a value is hit that can be."""
        assert self.rate is not None
        column = pilot[self.column]
        if not is_text(column.type):
            raise SpecError(
                f"{self.column}: is {kind_of(column.type)}; expected a column of texts, in which one can mistype."
            )
        values = texts(column).drop_null().slice(0, LOOKED_AT)
        if not len(values):
            raise SpecError(f"{self.column}: has no values.")
        counts = {each["values"]: each["counts"] for each in pc.value_counts(values).to_pylist()}
        few = len(counts) <= MOST_LEVELS
        levels = sorted(counts) if few else []
        found = slips(list(counts), self.slips, Key(0).child("pilot").generator(), levels)
        able = sum(count for count, slip in zip(counts.values(), found, strict=True) if slip) / len(values)
        apart = few and all(a == b for a, b in corrected(counts, APART).items())
        seen = bool(few and apart and min(counts.values()) >= LEAST_SHARE * len(values))
        return {"chance": chance(self.rate, able, "the others are too short"), "levels": levels, "seen": seen}

    def change(
        self, batch: pa.RecordBatch, rows: Rows, key: Key, given: Mapping[str, pa.Array], calibration: Calibration
    ) -> tuple[pa.RecordBatch, Sequence[Change]]:
        """Mistype texts, each by chance."""
        generator = key.generator()
        column = batch.column(self.column)
        where = struck(generator, column, calibration["chance"])
        clean = words(column, where)
        found = slips(clean, self.slips, generator, calibration["levels"])
        good = np.array([slip is not None for slip in found], dtype=bool)
        clean = [word for word, slip in zip(clean, found, strict=True) if slip is not None]
        hit = [slip for slip in found if slip is not None]
        dirty = fitted(column, clean, [word for word, _ in hit], self.column)
        return replaced(batch, self.column, where[good], pa.array(dirty, pa.string()), [kind for _, kind in hit])

    def facts(self, calibration: Calibration) -> list[Fact]:
        """The share and the true levels; nothing where they cannot be told."""
        assert self.rate is not None
        if not calibration["seen"]:
            return []
        what = f"share of mistyped values in {self.column}"
        return [
            Fact(name="rate", what=what, value=self.rate, null=0.0, tolerance=self.rate / 4),
            Fact(name="levels", what="true levels", value=tuple(calibration["levels"])),
        ]

    def question(self) -> dict[str, Any]:
        """The column."""
        return {"column": self.column}

    def brief(self) -> str:
        """How many, and of what."""
        return f"{self.column} was typed by hand. Which are the true levels, and what share of the values is mistyped?"

    def how(self, calibration: Calibration) -> str:
        """The slips."""
        seen = "" if calibration["seen"] else " Nobody can count them from the column alone."
        return f"{self.rate:.1%} of the values of {self.column} were mistyped ({', '.join(self.slips)}).{seen}"

    @staticmethod
    def find(question: Mapping[str, Any], table: pa.Table) -> list[Finding]:
        """Rare texts that are one slip away from much more frequent ones."""
        values = texts(named(table, question["column"])).drop_null()
        counts = {each["values"]: each["counts"] for each in pc.value_counts(values).to_pylist()}
        if not counts:
            return unanswered(["rate", "levels"], "there are no values")
        level = corrected(counts)
        wrong = sum(count for text, count in counts.items() if level[text] != text)
        levels = tuple(sorted({text for text in counts if level[text] == text}))
        return [share("rate", wrong, len(values)), Finding(name="levels", estimate=levels)]
