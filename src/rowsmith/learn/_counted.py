"""Columns of a key that count the rows of a family."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from rowsmith.learn._families import Families

Index = NDArray[np.int64]


@dataclass(frozen=True)
class Counted:
    """A column of the key that is another one in each row of a family, on a line of even steps.

    Attributes:
        first: number of the first place on the line.
        step: from one to the next.
        places: how many there are, of which each family has some; 0 where it has the first ones, as numbers of lines are.
    """

    first: int
    step: int
    places: int

    def of(self, families: Families, rng: np.random.Generator) -> Index:
        """Numbers of the rows of families, shape (n,)."""
        if not self.places:
            return self.first + self.step * families.place
        # as many places as a family has rows, by chance; a family that is larger than the line goes on behind it
        out = np.empty(len(families.rows), dtype=np.int64)
        for start, size in zip(families.starts.tolist(), families.size.tolist(), strict=True):
            some = rng.permutation(max(self.places, size))[:size]
            out[start : start + size] = np.sort(some)
        return self.first + self.step * out
