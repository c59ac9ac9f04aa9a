"""Weighted draws in constant time a row: Walker's alias tables.

Source: A. J. Walker, "An Efficient Method for Generating Discrete Random Variables with General Distributions", ACM
TOMS 3 (1977); the tables are built in linear time after M. D. Vose, IEEE Trans. Software Eng. 17 (1991).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Self

import numpy as np
from numpy.typing import NDArray

Codes = NDArray[np.int64]
Law = tuple[Sequence[int], Sequence[float]]


@dataclass(frozen=True)
class Alias:
    """One or more laws over small whole numbers ("codes"), their cells one after another.

    Attributes:
        first: number of each law's first cell, shape (laws,).
        size: number of its cells.
        accept: share of a cell that belongs to its own code, shape (cells,).
        own: that code.
        other: the code that the rest of the cell belongs to.
    """

    first: Codes
    size: Codes
    accept: NDArray[np.float64]
    own: Codes
    other: Codes

    @classmethod
    def of(cls, laws: Sequence[Law]) -> Self:
        """Tables of laws, each as codes and their weights, of which one at least is greater than 0."""
        cells = [_cells(*law) for law in laws]
        size = np.array([len(accept) for accept, _, _ in cells], dtype=np.int64)
        accept, own, other = (np.concatenate(part) for part in zip(*cells, strict=True))
        return cls(np.cumsum(size) - size, size, accept, own, other)

    def draw(self, u: NDArray[np.float64], law: Codes | int = 0) -> Codes:
        """Codes: one uniform number gives the cell, and by its remainder whose side of the cell.

        Args:
            u: from 0 to below 1, of any shape.
            law: whose law each is drawn from; broadcast against `u`.
        """
        place = u * self.size[law]
        cell = place.astype(np.int64)
        rest = place - cell
        cell += self.first[law]
        return np.where(rest < self.accept[cell], self.own[cell], self.other[cell])


def _cells(codes: Sequence[int], weights: Sequence[float]) -> tuple[NDArray[np.float64], Codes, Codes]:
    weight = np.asarray(weights, dtype=float)
    # Without those of weight 0, rounding can give them nothing either.
    own = np.asarray(codes, dtype=np.int64)[weight > 0]
    weight = weight[weight > 0] / weight.max()
    share = (weight * (len(weight) / weight.sum())).tolist()
    accept, other = np.ones(len(share)), own.copy()
    small = [i for i, s in enumerate(share) if s < 1]
    large = [i for i, s in enumerate(share) if s >= 1]
    while small and large:
        poor, rich = small.pop(), large[-1]
        accept[poor], other[poor] = share[poor], own[rich]
        share[rich] -= 1 - share[poor]
        if share[rich] < 1:
            small.append(large.pop())
    return accept, own, other
