"""Dates and times that are moved a little."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import ClassVar

import pyarrow as pa

from rowsmith.augment._change import CellChange, CellWork
from rowsmith.augment._numbers import Ruler
from rowsmith.augment._subject import Subject
from rowsmith.augment.noise import Law, standard
from rowsmith.core.errors import SpecError
from rowsmith.core.line import natural_steps
from rowsmith.core.rng import Key
from rowsmith.core.spans import span
from rowsmith.core.values import require


@dataclass(frozen=True, kw_only=True)
class Jitter(CellChange):
    """Dates and times that are moved a little, each by itself. Days stay days; times are rounded to a unit of the clock.

    It is the coarsest of day, hour, minute, second and so on that all values of the column keep and that is no longer than the
    moves: readings of every 30 seconds that are moved by 5s come in whole seconds.
    Rules that order times (`start <= end`) hold as before. To move all dates of a person by the same, take `shift_dates`.

    >>> import rowsmith as rs, pyarrow as pa, datetime
    >>> days = pa.table({"day": [datetime.date(2024, 1, d) for d in range(1, 31)]})
    >>> rs.augment(days, rs.Jitter(time="2 days"), seed=7).frame["day"][:2].to_pylist()
    [datetime.date(2024, 1, 6), datetime.date(2024, 1, 1)]
    """

    time: str
    """Standard deviation of the moves, a length of time such as 5s, 2 hours or 3 days."""
    columns: tuple[str, ...] = ()
    """Columns of dates or times; all but keys if left out."""
    law: Law = "gaussian"
    """Law of the moves; each has the same standard deviation."""
    share: float = 1.0
    """Share of the values that are moved."""
    bounds: bool = False
    """Whether values stay between the first and the last of their column."""

    main: ClassVar[str] = "time"

    def __post_init__(self) -> None:
        require(self, "share", above=0, most=1)
        if span(self.time, "time") == 0:
            raise SpecError(f"time={self.time!r}: moves nothing; expected a length of time such as 5s.")

    def fit(self, subject: Subject) -> JitterWork:
        """How the columns are written."""
        names = subject.pick(self.columns, ("time",))
        if not names:
            raise SpecError("columns: there is no column of dates or times beside keys.")
        seconds = span(self.time, "time") / 1e6
        rulers = tuple(_on_the_clock(Ruler.of(name, subject.values(name)), seconds) for name in names)
        for ruler in rulers:
            if seconds * ruler.unit < ruler.step / 8:
                least = ruler.step / ruler.unit
                raise SpecError(
                    f"time={self.time!r}: {ruler.name} is written in steps of {least:g} s, so hardly a value would move; expected "
                    f"about {least:g}s or more."
                )
        return JitterWork(names, self, seconds, rulers)


def _on_the_clock(ruler: Ruler, seconds: float) -> Ruler:
    """A ruler with a unit of the clock for its step: not every third day, where that is what the values happen to keep."""
    units = (unit for unit in natural_steps(ruler.kind) if ruler.step % unit == 0 and unit <= seconds * ruler.unit)
    return replace(ruler, step=next(units, 1))


@dataclass(frozen=True)
class JitterWork(CellWork):
    """Jitter that is fitted to a table.

    Attributes:
        settings: of the jitter.
        seconds: standard deviation.
        rulers: one a column.
    """

    settings: Jitter
    seconds: float
    rulers: tuple[Ruler, ...]

    def change(self, rows: pa.RecordBatch, key: Key) -> Mapping[str, pa.Array]:
        """Move the values."""
        out = {}
        for ruler in self.rulers:
            move = standard(key.child(ruler.name), rows.num_rows, self.settings.law) * self.seconds * ruler.unit
            if self.settings.share < 1:
                move *= key.child(ruler.name, "share").generator().random(len(move)) < self.settings.share
            ends = (ruler.low, ruler.high) if self.settings.bounds else (-float("inf"), float("inf"))
            out[ruler.name] = ruler.moved(rows.column(ruler.name), move, *ends)
        return out
