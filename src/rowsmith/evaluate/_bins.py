"""Columns cut into a few cells each, by the real table: for counts of two, three or more columns together."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from rowsmith.evaluate._align import Columns, Feature
from rowsmith.evaluate._stats import Floats, Ints


@dataclass(frozen=True)
class Bins:
    """Where columns are cut: numbers at quantiles, categories to their frequent levels and the rest; null is a cell.

    Attributes:
        edges: inner edges of each number's cells; None for a category.
        sizes: cells of each column.
    """

    edges: tuple[Floats | None, ...]
    sizes: tuple[int, ...]

    @classmethod
    def fit(cls, features: Sequence[Feature], real: Columns, most: int) -> Bins:
        """At most so many cells a column, null and the rest apart."""
        edges: list[Floats | None] = []
        sizes = []
        for feature, values in zip(features, real.arrays, strict=True):
            if feature.kind == "category":
                edges.append(None)
                sizes.append(min(len(feature.levels), most) + 2)
                continue
            known = values[~np.isnan(values)]
            cut = np.quantile(known, np.linspace(0, 1, most + 1)[1:-1], method="lower") if len(known) else known
            edges.append(np.unique(cut))
            sizes.append(len(edges[-1]) + 2)  # type: ignore[arg-type]
        return cls(tuple(edges), tuple(sizes))

    def cells(self, table: Columns) -> list[Ints]:
        """The cell of every value, from 0, which is null; shape (rows,) each."""
        out = []
        for values, edges, size in zip(table.arrays, self.edges, self.sizes, strict=True):
            if edges is None:
                out.append(np.minimum(values.astype(np.int64) + 1, size - 1))
            else:
                cell = np.searchsorted(edges, values, side="left") + 1
                out.append(np.where(np.isnan(values), 0, cell).astype(np.int64))
        return out


def joined(cells: Sequence[Ints], sizes: Sequence[int]) -> Ints:
    """One number for the cells of several columns."""
    out = cells[0]
    for cell, size in zip(cells[1:], sizes[1:], strict=True):
        out = out * size + cell
    return out
