"""All dates of a person, moved by the same."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import ClassVar

import numpy as np
import pyarrow as pa

from rowsmith.augment._change import CellChange, CellWork
from rowsmith.augment._keyed import check_secret, keyed_number
from rowsmith.augment._numbers import Ruler
from rowsmith.augment._subject import Subject
from rowsmith.core.errors import SpecError
from rowsmith.core.rng import Key
from rowsmith.core.spans import DAY, span

STEP = {"day": 1, "week": 7}


@dataclass(frozen=True, kw_only=True)
class ShiftDates(CellChange):
    """All dates and times of a person, moved by the same whole number of days: intervals and times of day stay.

    With the same secret a person is moved alike in every table. With `step: week`, days of the week stay too.

    >>> import rowsmith as rs, pyarrow as pa, datetime as dt
    >>> rows = pa.table({"who": ["ann", "ann", "bob"], "day": [dt.date(2024, 1, 1), dt.date(2024, 1, 8), dt.date(2024, 1, 1)]})
    >>> day = rs.augment(rows, rs.ShiftDates("who", secret="correct horse")).frame["day"].to_pylist()
    >>> (day[1] - day[0]).days, day[2] == day[0]
    (7, False)
    """

    person: str = field(kw_only=False)
    """The column that says whose dates they are."""
    secret: str = field(repr=False)
    """The key of the moves, at least 8 signs; kept out of logs."""
    within: str = "180 days"
    """How far at most, either way."""
    columns: tuple[str, ...] = ()
    """Columns of dates or times; all if left out."""
    step: str = "day"
    """Whether a person is moved by any number of days, or by whole weeks: day or week."""

    main: ClassVar[str] = "person"
    lawful: ClassVar[bool] = False

    def __post_init__(self) -> None:
        check_secret(self.secret)
        if self.step not in STEP:
            raise SpecError(f"step={self.step!r}: expected day or week.")
        if self.most < 1:
            raise SpecError(f"within={self.within!r}: expected at least 1 {self.step}.")

    @property
    def most(self) -> int:
        """Steps at most."""
        return span(self.within, "within") // DAY // STEP[self.step]

    def fit(self, subject: Subject) -> ShiftWork:
        """The columns."""
        subject.column(self.person, "person")
        names = subject.pick(self.columns, ("time",))
        if not names:
            raise SpecError("columns: there is no column of dates or times.")
        return ShiftWork(names, self, tuple(Ruler.of(name, subject.values(name)) for name in names))


@dataclass(frozen=True)
class ShiftWork(CellWork):
    """Moves of a table.

    Attributes:
        settings: of the moves.
        rulers: one a column.
    """

    settings: ShiftDates
    rulers: tuple[Ruler, ...]

    def change(self, rows: pa.RecordBatch, key: Key) -> Mapping[str, pa.Array]:
        """Move dates; those of nobody stay where they are."""
        settings, people = self.settings, rows.column(self.settings.person).dictionary_encode()
        words = people.dictionary.cast(pa.string()).to_pylist()
        each = [self._days(keyed_number(settings.secret, "days", word)) for word in words]
        codes = people.indices.fill_null(len(words)).to_numpy(zero_copy_only=False)
        days = np.array([*each, 0], dtype=np.float64)[codes]
        return {r.name: r.moved(rows.column(r.name), days * 86_400 * r.unit) for r in self.rulers}

    def _days(self, number: int) -> int:
        """Days that a person is moved by: never none."""
        most, step = self.settings.most, STEP[self.settings.step]
        place = number % (2 * most)
        return step * (place - most if place < most else place - most + 1)
