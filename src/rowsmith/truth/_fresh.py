"""Where copies stand among the rows of a table: a function of the rows' numbers, which every part of it knows without the others.

Rows and copies are numbered together, in the order in which they are written: the j-th copy falls by chance into the j-th stretch
of 1 / rate rows. So keys that are made from these numbers rise over copies as over all other rows, without a gap.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from rowsmith.core.permutation import Numbers, mix

COPIES = "#copies"
"""What is given to a structure that repeats rows: for each row, the list of the keys of copies that stand right behind it."""


@dataclass(frozen=True)
class Room:
    """Room for copies in a table.

    Attributes:
        rate: copies for each row.
        seed: another one, other places.
    """

    rate: float
    seed: int

    def before(self, numbers: Numbers) -> Numbers:
        """How many copies stand before rows, by their numbers from 0, shape (n,)."""
        whole = (numbers * self.rate).astype(np.int64)  # stretches that are over
        place = (mix(whole.astype(np.uint64), self.seed) >> np.uint64(11)) * 2.0**-53
        return whole + (np.floor((whole + place) / self.rate) < numbers)

    def behind(self, numbers: Numbers) -> Numbers:
        """How many copies stand right behind rows, shape (n,)."""
        return self.before(numbers + 1) - self.before(numbers)
