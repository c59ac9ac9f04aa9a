"""Classes that are taken for others."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from rowsmith.augment._change import CellChange, CellWork
from rowsmith.augment._subject import Subject, text
from rowsmith.core.errors import SpecError
from rowsmith.core.rng import Key
from rowsmith.core.values import require


@dataclass(frozen=True, kw_only=True)
class Flip(CellChange):
    """Classes that are taken for others, by a rate or by a confusion matrix.

    >>> import rowsmith as rs, pyarrow as pa
    >>> done = rs.augment(pa.table({"c": ["a", "b"] * 500}), rs.Flip(rate=0.1), seed=7)
    >>> done.steps[0].cells
    {'c': 104}
    """

    rate: float | None = None
    """Share of the values that become another class; which one goes by how frequent the classes are."""
    columns: tuple[str, ...] = ()
    """Columns of classes; all if left out."""
    confusion: Mapping[str, Any] | None = None
    """Of a single column: class to what it is taken for, `{cat: {dog: 0.1, fox: 0.02}}`; the rest stays."""

    main: ClassVar[str] = "rate"

    def __post_init__(self) -> None:
        require(self, "rate", above=0, most=1)
        if (self.rate is None) == (self.confusion is None):
            raise SpecError("rate, confusion: expected one of them.")
        if self.confusion is not None and len(self.columns) != 1:
            raise SpecError(f"columns={list(self.columns)}: a confusion matrix is of one column; name it.")
        for name, row in (self.confusion or {}).items():
            shares = list(row.values()) if isinstance(row, Mapping) else [-1]
            numbers = all(isinstance(p, int | float) and not isinstance(p, bool) and p >= 0 for p in shares)
            if not numbers or sum(shares) > 1 + 1e-9:
                raise SpecError(
                    f"confusion.{name}={row!r}: expected a mapping of classes to shares from 0 whose sum is at most 1."
                )

    def fit(self, subject: Subject) -> FlipWork:
        """The classes and how likely each becomes which."""
        names = subject.pick(self.columns, ("class",))
        if not names:
            raise SpecError("columns: there is no column of classes beside keys.")
        found = []
        for name in names:
            codes, levels = subject.labels(name, "columns")
            if len(levels) < 2 and name in self.columns:
                raise SpecError(f"columns={name!r}: has {len(levels)} class, so none can be taken for another.")
            if len(levels) >= 2:
                found.append((name, levels, self._chances(subject, name, levels, codes)))
        return FlipWork(tuple(name for name, _, _ in found), tuple(found))

    def _chances(self, subject: Subject, name: str, levels: pa.Array, codes: NDArray[np.int64]) -> NDArray[np.float64]:
        """Cumulative chances of what each class becomes, shape (classes, classes)."""
        k = len(levels)
        if self.confusion is None:
            counts = np.bincount(codes[codes >= 0], minlength=k).astype(float)
            matrix = np.tile(counts, (k, 1))
            np.fill_diagonal(matrix, 0)
            matrix *= (self.rate or 0.0) / matrix.sum(axis=1, keepdims=True)
        else:
            matrix = np.zeros((k, k))
            for one, row in self.confusion.items():
                i = subject.level(name, levels, one, "confusion")
                for other, share in row.items():
                    matrix[i, subject.level(name, levels, other, f"confusion.{text(one)}")] = share
            np.fill_diagonal(matrix, 0)
        np.fill_diagonal(matrix, 1 - matrix.sum(axis=1))
        return np.cumsum(matrix, axis=1)


@dataclass(frozen=True)
class FlipWork(CellWork):
    """Flips of a table.

    Attributes:
        found: column, its classes, and cumulative chances of what each becomes.
    """

    found: tuple[tuple[str, pa.Array, NDArray[np.float64]], ...]

    def change(self, rows: pa.RecordBatch, key: Key) -> Mapping[str, pa.Array]:
        """Flip classes, each by chance."""
        out = {}
        for name, levels, chances in self.found:
            column = rows.column(name)
            codes = pc.index_in(column, levels).to_numpy(zero_copy_only=False)
            place = key.child(name).generator().random(rows.num_rows)
            there = np.isfinite(codes) if codes.dtype.kind == "f" else np.ones(len(codes), dtype=bool)
            known = np.where(there, codes, 0).astype(np.int64)
            other = np.minimum((place[:, None] >= chances[known]).sum(axis=1), len(levels) - 1)
            out[name] = levels.take(pa.array(other, mask=~there))
        return out
