"""Numbers that are unique because they come from the row number: counters, strides, keyed permutations."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, Self

import numpy as np

from rowsmith.core.errors import SpecError
from rowsmith.core.permutation import Numbers, mix, permute
from rowsmith.core.state import State

LIMIT = 2**62
DENSE = 0.5
"""Share of a range's numbers that must occur for the numbers to be called counted."""


@dataclass(frozen=True)
class Serial:
    """A law of unique whole numbers.

    Attributes:
        law: `count` (start, start + step, …), `stride` (rising by irregular steps) or `shuffle` (random-looking).
        start: the smallest number.
        step: distance that all numbers keep.
        gap: for a stride, steps between two numbers on average.
        domain: for a shuffle, how many numbers there are before it must widen.
        seed: of the permutation or the irregular steps.
    """

    law: Literal["count", "stride", "shuffle"]
    start: int
    step: int = 1
    gap: int = 1
    domain: int = 1
    seed: int = 0

    def make(self, rows: Numbers, top: int = LIMIT) -> Numbers:
        """The numbers of rows.

        Args:
            rows: row numbers from 0.
            top: the largest number allowed.

        Raises:
            SpecError: the numbers run out; the message names how many there are.
        """
        last = int(rows.max()) if len(rows) else 0
        capacity = self.capacity(top)
        if last >= capacity:
            raise SpecError(
                f"keys run out: there are {capacity:,} of this shape, and row {last + 1:,} was asked for; "
                "ask for fewer rows, or give the column a wider type."
            )
        if self.law == "count":
            return self.start + rows * self.step
        if self.law == "stride":
            jitter = (mix(rows.astype(np.uint64), self.seed) % np.uint64(self.gap)).astype(np.int64)
            return self.start + (rows * self.gap + jitter) * self.step
        if last < self.domain:
            return self.start + permute(rows, self.domain, self.seed) * self.step
        inside = rows < self.domain
        out = self.start + rows * self.step  # beyond the domain: counted on, with more digits
        out[inside] = self.start + permute(rows[inside], self.domain, self.seed) * self.step
        return out

    def capacity(self, top: int = LIMIT) -> int:
        """How many numbers there are up to the largest allowed."""
        return max(0, (top - self.start) // self.step + 1) // self.gap

    def state(self) -> State:
        """Plain values."""
        return dict(vars(self))

    @classmethod
    def from_state(cls, state: State) -> Self:
        """The inverse of `state`."""
        return cls(**state)


def fit_serial(numbers: Numbers, *, low: int, high: int, seed: int) -> Serial:
    """The law behind unique numbers.

    Args:
        numbers: in the order of the rows, each from 0 to below 2 ** 62 or negative.
        low: smallest number of the same look (as many digits).
        high: largest number of the same look.
        seed: for what is random in the law.
    """
    ranked = np.unique(numbers)
    if len(ranked) == 1:
        return Serial("count", int(ranked[0]))
    step = int(np.gcd.reduce(np.diff(ranked.view(np.uint64))))
    slots = (int(ranked[-1]) - int(ranked[0])) // step + 1
    if len(ranked) >= DENSE * slots:
        return Serial("count", int(ranked[0]), step)
    if len(numbers) >= 8 and (numbers[1:] > numbers[:-1]).all():
        return Serial("stride", int(ranked[0]), step, gap=max(1, round((slots - 1) / (len(ranked) - 1))), seed=seed)
    step = step if len(ranked) >= 12 else 1
    start = low + (int(ranked[0]) - low) % step
    return Serial("shuffle", start, step, domain=min((high - start) // step + 1, LIMIT), seed=seed)
