"""Noise on numbers, on the column's own lattice."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar, Literal

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from rowsmith.augment._change import CellChange, CellWork, Floats
from rowsmith.augment._numbers import Ruler, floats
from rowsmith.augment._subject import Subject
from rowsmith.core import sql
from rowsmith.core.errors import SpecError
from rowsmith.core.rng import Key
from rowsmith.core.types import is_number
from rowsmith.core.values import Sql, require

RELATIVE = 0.05
"""Of the noise, if nothing says how large it is."""

FEW = 10
"""Whole numbers of at most so many values are classes, and get no noise unless they are named."""

Law = Literal["gaussian", "laplace", "uniform"]


@dataclass(frozen=True, kw_only=True)
class Noise(CellChange):
    """Noise on numbers. Whole numbers stay whole, cents stay cents, and no value leaves the ends of its column.

    What would go beyond an end is mirrored back. Noise hides nobody: an average over many noisy copies gives the value back.
    Source: J. J. Kim, "A Method for Limiting Disclosure in Microdata Based on Random Noise and Transformation" (1986), for
    `keep: covariance`.

    >>> import rowsmith as rs, pyarrow as pa
    >>> done = rs.augment(pa.table({"price": [1.25, 2.5, 3.75, 10.0] * 20}), rs.Noise(relative=0.1), seed=7)
    >>> done.frame["price"][:3].to_pylist()
    [1.67, 2.24, 3.28]
    """

    relative: float | None = None
    """Standard deviation of the noise as a share of the column's own; 0.05 if neither of the three is given."""
    absolute: float | Sql | None = None
    """Standard deviation of the noise in the unit of the column; `{sql: …}` gives one for each row (heteroscedastic)."""
    factor: float | None = None
    """Standard deviation of the noise as a share of each value: multiplicative noise, which leaves zeros as they are."""
    columns: tuple[str, ...] = ()
    """Columns of numbers; all but keys and classes if left out."""
    law: Law = "gaussian"
    """Law of the noise; each has the same standard deviation."""
    keep: Literal["nothing", "correlation", "covariance"] = "nothing"
    """With correlation, noise is correlated as the columns are, so that their correlations stay; with covariance, values are
    drawn to their mean as well, so that variances stay too."""
    share: float = 1.0
    """Share of the values that get noise."""
    bounds: Literal["observed", "none"] = "observed"
    """Whether values stay between the least and the greatest of their column."""
    states: float = 0.2
    """Share of the rows from which a value is a state (no sale, not known, a cap) and stays; 0 to move all."""
    min: float | None = None
    """Least value, instead of the least of the column."""
    max: float | None = None
    """Greatest value, instead of the greatest of the column."""

    main: ClassVar[str] = "relative"

    def __post_init__(self) -> None:
        for name in ("relative", "factor", "absolute"):
            require(self, name, above=0)
        require(self, "share", above=0, most=1)
        require(self, "states", least=0, most=1)
        given = [n for n in ("relative", "absolute", "factor") if getattr(self, n) is not None]
        if len(given) > 1:
            raise SpecError(f"{' and '.join(given)}: each says how large the noise is; expected one of them.")
        if self.keep != "nothing" and (self.absolute is not None or self.factor is not None or self.share < 1):
            raise SpecError(f"keep={self.keep!r}: is for relative noise on all values; expected relative alone.")
        if self.keep == "covariance" and self.size >= 1:
            raise SpecError(
                f"relative={self.size:g}: noise of the variance of the values leaves nothing of them; expected less than 1."
            )

    @property
    def size(self) -> float:
        """The relative size."""
        return RELATIVE if self.relative is None else self.relative

    def fit(self, subject: Subject) -> NoiseWork:
        """Spread, ends and lattice of each column."""
        names = subject.pick(self.columns, ("number",), setting="columns")
        if not self.columns:
            names = tuple(n for n in names if n not in subject.classes or subject.distinct(n) > FEW)
            if not names:
                raise SpecError("columns: there is no column of numbers beside keys and classes; name one.")
        rulers, ends = [], []
        for name in names:
            ruler = Ruler.of(name, subject.values(name), self.states)
            free = self.bounds == "none"
            low = -np.inf if free and self.min is None else self.min
            high = np.inf if free and self.max is None else self.max
            ends.append(ruler.bounded(low, high, "min, max: "))
            if name in self.columns and subject.n and ends[-1][0] == ends[-1][1]:
                raise SpecError(
                    f"columns={name!r}: all its values are {ends[-1][0] / ruler.unit:g}, so within its ends noise has nowhere to go; "
                    "expected min and max, or bounds none."
                )
            rulers.append(ruler)
        reads = sql.references(self.absolute.expression, "absolute") if isinstance(self.absolute, Sql) else ()
        for each in reads:
            subject.column(each, "absolute")
        return NoiseWork(names, self, tuple(rulers), tuple(ends), self._factor(subject, rulers), reads)

    def _factor(self, subject: Subject, rulers: list[Ruler]) -> NDArray[np.float64] | None:
        """What makes independent noise correlated as the columns are, shape (columns, columns)."""
        if self.keep == "nothing":
            return None
        z = np.column_stack(
            [np.nan_to_num((floats(subject.values(r.name)) - r.mean) / (r.spread or 1.0)) for r in rulers]
        )
        matrix = z.T @ z / max(len(z), 1)
        # of a constant column, or where one follows from others, a root that need not be triangular
        values, vectors = np.linalg.eigh((matrix + matrix.T) / 2)
        return np.asarray(vectors * np.sqrt(np.clip(values, 0, None)))


@dataclass(frozen=True)
class NoiseWork(CellWork):
    """Noise that is fitted to a table.

    Attributes:
        settings: of the noise.
        rulers: one a column.
        ends: least and greatest value of each.
        factor: see `Noise._factor`.
        reads: columns that the size is computed from.
    """

    settings: Noise
    rulers: tuple[Ruler, ...]
    ends: tuple[tuple[float, float], ...]
    factor: NDArray[np.float64] | None
    reads: tuple[str, ...]

    def change(self, rows: pa.RecordBatch, key: Key) -> Mapping[str, pa.Array]:
        """Add noise."""
        sizes = self._sizes(rows)
        apart = (standard(key.child(r.name), rows.num_rows, self.settings.law) for r in self.rulers)
        noises = apart if self.factor is None else self.factor @ np.stack(list(apart))
        out = {}
        for ruler, ends, noise in zip(self.rulers, self.ends, noises, strict=True):
            values = rows.column(ruler.name)
            noise *= self._scale(ruler, values, sizes)
            if self.settings.keep == "covariance":
                noise += (np.sqrt(1 - self.settings.size**2) - 1) * np.nan_to_num(floats(values) - ruler.mean)
            if self.settings.share < 1:
                noise *= key.child(ruler.name, "share").generator().random(len(noise)) < self.settings.share
            out[ruler.name] = ruler.moved(values, noise, *ends)
        return out

    def _sizes(self, rows: pa.RecordBatch) -> Floats | None:
        """The size of the noise in each row, if it is computed."""
        size = self.settings.absolute
        if not isinstance(size, Sql):
            return None
        given = {name: rows.column(name) for name in self.reads}
        found = sql.evaluate(size.expression, given or {rows.schema.names[0]: rows.column(0)}, "absolute")
        if not is_number(found.type):
            raise SpecError(f"absolute={size.expression!r}: gives {found.type}; expected a number for each row.")
        sizes = np.nan_to_num(floats(found.cast(pa.float64())))
        if (sizes < 0).any():
            raise SpecError(f"absolute={size.expression!r}: gives {sizes.min():g} in a row; expected numbers from 0.")
        return sizes

    def _scale(self, ruler: Ruler, values: pa.Array, sizes: Floats | None) -> float | Floats:
        """Standard deviation of the noise in each row, in units of the line."""
        settings = self.settings
        if sizes is not None:
            return sizes * ruler.unit
        if isinstance(settings.absolute, int | float):
            return settings.absolute * ruler.unit
        if settings.factor is not None:
            return np.nan_to_num(np.abs(floats(values)), posinf=0.0) * settings.factor
        return settings.size * ruler.spread


def standard(key: Key, n: int, law: Law) -> Floats:
    """Numbers of mean 0 and standard deviation 1, shape (n,)."""
    rng = key.generator()
    if law == "gaussian":
        return rng.standard_normal(n)
    if law == "laplace":
        return rng.laplace(0.0, 1 / np.sqrt(2), n)
    return rng.uniform(-np.sqrt(3), np.sqrt(3), n)
