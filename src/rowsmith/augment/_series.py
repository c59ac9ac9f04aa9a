"""Series in a table: rows of an entity in the order of their time, and what is done to the numbers of each."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence

import numpy as np
import pyarrow as pa

from rowsmith.augment._change import Floats, Ints, Outcome
from rowsmith.augment._groups import alike
from rowsmith.augment._numbers import Ruler, floats
from rowsmith.augment._subject import Subject
from rowsmith.core.errors import SpecError
from rowsmith.core.rng import Key
from rowsmith.core.types import is_time

Curve = Callable[[Floats, np.random.Generator], Floats]
"""Values of a series, none missing, in the order of time, shape (n,), to others."""


def series_of(subject: Subject, entity: Sequence[str], time: str | None) -> list[Ints]:
    """The rows of each series, in the order of time.

    Args:
        subject: the table.
        entity: columns that say whose rows they are; those of the schema if there are none, else all rows are one series.
        time: column of time; that of the schema if left out, else rows are in order.

    Raises:
        SpecError: no such column, or the time is no time or number.
    """
    order = subject.schema.sequence
    entity = tuple(entity) or (order.entity if order is not None else ())
    time = order.time if time is None and order is not None else time
    for name in entity:
        subject.column(name, "entity")
    n = subject.n
    when = np.arange(n, dtype=np.float64)
    if time is not None:
        kind = subject.table.schema.field(subject.column(time, "time")).type
        if not (is_time(kind) or subject.is_a(time, "number")):
            raise SpecError(f"time={time!r}: is {kind}; expected dates, times or numbers.")
        when = floats(subject.values(time))
    group = alike([subject.values(name) for name in entity], n)
    rows = np.lexsort((np.arange(n), when, group))
    return np.split(rows, np.flatnonzero(np.diff(group[rows])) + 1) if n else []


def measures(subject: Subject, columns: Sequence[str], time: str | None, entity: Sequence[str] = ()) -> tuple[str, ...]:
    """Columns of numbers whose series are changed: those that are named, or all but keys, classes, time and entity.

    Raises:
        SpecError: there is none.
    """
    names = subject.pick(columns, ("number",))
    if not columns:
        order = subject.schema.sequence
        apart = {time, *entity, *((order.time, *order.entity) if order is not None else ())}
        names = tuple(n for n in names if n not in apart and n not in subject.classes)
    if not names:
        raise SpecError("columns: there is no column of numbers beside keys, classes and time; name one.")
    return names


def curved(subject: Subject, names: Sequence[str], series: Sequence[Ints], key: Key, curve: Curve) -> Outcome:
    """A table with other numbers in each series; missing ones stay missing, and the others count as neighbours.

    Args:
        subject: the table.
        names: columns of numbers.
        series: rows of each series.
        key: random stream.
        curve: what becomes of the values of one.
    """
    table = subject.table
    for name in names:
        values = subject.values(name)
        ruler, x = Ruler.of(name, values), floats(values).copy()
        for number, rows in enumerate(series):
            there = rows[np.isfinite(x[rows])]
            if len(there) > 1:
                x[there] = curve(x[there], key.child(name, number).generator())
        at = table.column_names.index(name)
        table = table.set_column(at, table.schema.field(at), ruler.at(x, values))
    return Outcome.changed(table)


def stretches(n: int, share: float, length: float, rng: np.random.Generator) -> Iterator[slice]:
    """Stretches of rows of a series that cover a share of it, about, and may overlap.

    Args:
        n: rows of the series.
        share: of them that are covered.
        length: rows of a stretch, on average.
        rng: where they begin, and how long they are (geometric).
    """
    # the chance that a row is covered by none of the starts before it comes out as 1 - share
    chance = -np.log1p(-min(share, 0.999)) / length
    starts = np.flatnonzero(rng.random(n) < 1 - np.exp(-chance))
    lengths = rng.geometric(min(1.0, 1 / length), len(starts))
    return (slice(int(a), int(min(a + b, n))) for a, b in zip(starts, lengths, strict=True))


def taken(subject: Subject, rows: Ints) -> Outcome:
    """Some rows of a table, each at most once."""
    return Outcome(subject.table.take(pa.array(rows)), rows, np.zeros(len(rows), dtype=bool))
