"""Faults of sensors: stuck, drifting, off by a step, with spikes."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar, Literal

import numpy as np
import pyarrow as pa

from rowsmith.augment._change import Floats, Outcome, RowChange
from rowsmith.augment._numbers import Ruler, floats
from rowsmith.augment._series import measures, series_of, stretches
from rowsmith.augment._subject import Subject
from rowsmith.core.errors import SpecError
from rowsmith.core.rng import Key
from rowsmith.core.values import require

Fault = Literal["stuck", "drift", "spike", "bias"]
FAULTS: tuple[Fault, ...] = ("stuck", "drift", "spike", "bias")


@dataclass(frozen=True, kw_only=True)
class SensorFault(RowChange):
    """Faults of sensors in stretches of each series; the log says which value has which.

    stuck: the value at the start stays; drift: an error that grows to `size` standard deviations; bias: one of that size;
    spike: single values off by it. Source of the kinds: K. Ni et al., "Sensor Network Data Fault Types" (2009).

    >>> import rowsmith as rs, pyarrow as pa
    >>> rows = pa.table({"x": [float(i % 17) for i in range(400)]})
    >>> done = rs.augment(rows, rs.SensorFault(share=0.2, faults=("stuck",), columns=("x",)), seed=1, log=True)
    >>> set(done.log["how"].to_pylist())
    {'stuck'}
    """

    share: float
    """Share of the values with a fault, about."""
    faults: tuple[Fault, ...] = FAULTS
    """Kinds of faults; one is drawn for each stretch."""
    length: float = 20
    """Rows of a stretch, on average; a spike is one row."""
    size: float = 3.0
    """Of errors, in standard deviations of the column."""
    columns: tuple[str, ...] = ()
    """Columns of numbers; all but keys, classes, time and entity if left out."""
    entity: tuple[str, ...] = ()
    """Columns that say whose rows they are; all rows are one series if left out."""
    time: str | None = None
    """Column of time; rows are in order if left out."""

    main: ClassVar[str] = "share"
    lawful: ClassVar[bool] = False
    same_rows: ClassVar[bool] = True

    def __post_init__(self) -> None:
        require(self, "share", above=0, below=1)
        require(self, "length", least=1)
        require(self, "size", above=0)
        if not self.faults:
            raise SpecError(f"faults=[]: expected at least one of {', '.join(FAULTS)}.")

    def apply(self, subject: Subject, key: Key) -> Outcome:
        """Plant faults."""
        names = measures(subject, self.columns, self.time, self.entity)
        series, table, how = series_of(subject, self.entity, self.time), subject.table, {}
        for name in names:
            values = subject.values(name)
            ruler, x = Ruler.of(name, values), floats(values).copy()
            said = np.full(subject.n, None, dtype=object)
            for number, rows in enumerate(series):
                rng = key.child(name, number).generator()
                for fault in self.faults:
                    length = 1.0 if fault == "spike" else self.length
                    for part in stretches(len(rows), self.share / len(self.faults), length, rng):
                        at = rows[part.start : part.start + 1] if fault == "spike" else rows[part]
                        x[at] = self._faulty(fault, x[at], ruler.spread, rng)
                        said[at] = fault
            at_column = table.column_names.index(name)
            table = table.set_column(at_column, table.schema.field(at_column), ruler.at(x, values))
            how[name] = pa.array(said, pa.string())
        n = subject.n
        return Outcome(table, np.arange(n), np.zeros(n, dtype=bool), how)

    def _faulty(self, fault: Fault, x: Floats, spread: float, rng: np.random.Generator) -> Floats:
        error = self.size * spread * (1 if rng.random() < 0.5 else -1)
        if fault == "stuck":
            return np.full(len(x), x[0])
        if fault == "drift":
            return x + error * np.arange(1, len(x) + 1) / len(x)
        return x + error
