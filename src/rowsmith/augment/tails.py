"""Rows beyond what was seen: the tails of a column, drawn out."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import ClassVar

import numpy as np
import pyarrow as pa

from rowsmith.augment._change import Outcome, RowChange
from rowsmith.augment._numbers import Ruler, floats
from rowsmith.augment._subject import Subject
from rowsmith.core.errors import DataError
from rowsmith.core.rng import Key
from rowsmith.core.values import require

FEWEST = 10
"""Values beyond the threshold that tell the law of a tail."""


@dataclass(frozen=True, kw_only=True)
class Tails(RowChange):
    """Rows with values beyond those that were seen, behind the real ones: to see what a system does with extremes.

    A row of the tail is taken with all its other values, and its value in the column is drawn from a generalised Pareto law
    that is fitted to all values beyond a quantile. Rules are kept; the ends of the column are not, on purpose.
    Source: J. Pickands, "Statistical Inference Using Extreme Order Statistics" (1975); fitted by L-moments (J. Hosking and
    J. Wallis, 1987).

    >>> import rowsmith as rs, pyarrow as pa
    >>> done = rs.augment(pa.table({"loss": [float(i % 40) ** 2 for i in range(400)]}), rs.Tails("loss", rows=50), seed=1)
    >>> max(done.frame["loss"].to_pylist()) > 39**2
    True
    """

    column: str = field(kw_only=False)
    """The column of numbers."""
    above: float = 0.95
    """Quantile from which on the upper tail begins."""
    rows: int = 100
    """Rows to make."""

    main: ClassVar[str] = "column"

    def __post_init__(self) -> None:
        require(self, "above", above=0, below=1)
        require(self, "rows", least=1)

    def apply(self, subject: Subject, key: Key) -> Outcome:
        """Make rows of the tail."""
        (name,) = subject.pick((self.column,), ("number",), setting="column")
        values = subject.values(name)
        x = floats(values)
        known = x[np.isfinite(x)]
        if not len(known):
            return Outcome.changed(subject.table)
        start = float(np.quantile(known, self.above))
        beyond = np.flatnonzero(np.isfinite(x) & (x > start))
        if len(beyond) < FEWEST:
            share = max(0.0, 1 - FEWEST / max(len(known), 1))
            raise DataError(
                f"{len(beyond)} values of {name} lie above its quantile {self.above:g}; expected at least {FEWEST}, so above at "
                f"most {share:.2g}."
            )
        rng = key.generator()
        over = np.sort(x[beyond] - start)
        # L-moments of the excesses: mean and half the mean difference
        first = float(over.mean())
        second = float(2 * np.mean(np.arange(len(over)) / (len(over) - 1) * over) - first)
        shape = min(max(2 - first / max(second, 1e-300), -0.5), 0.5)
        scale = first * (1 - shape)
        u = rng.random(self.rows)
        drawn = start + (scale * -np.log1p(-u) if abs(shape) < 1e-9 else scale * ((1 - u) ** -shape - 1) / shape)
        source = rng.choice(beyond, self.rows)
        made = subject.table.take(pa.array(source)).combine_chunks()
        at = made.column_names.index(name)
        ruler = Ruler.of(name, values)
        made = made.set_column(at, made.schema.field(at), ruler.at(drawn, values.take(pa.array(source))))
        return Outcome.with_more(subject.table, made, source)
