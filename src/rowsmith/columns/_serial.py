"""Numbers that are unique because they come from the row number: counters, strides, keyed permutations.

The permutation is a Feistel network over the smallest square that holds the domain, walked until it lands inside
(J. Black, P. Rogaway, "Ciphers with Arbitrary Finite Domains", 2002, cycle walking). Nothing drawn is remembered.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, Self

import numpy as np
from numpy.typing import NDArray

from rowsmith.core.errors import SpecError
from rowsmith.core.state import State

Numbers = NDArray[np.int64]
LIMIT = 2**62
DENSE = 0.5
"""Share of a range's numbers that must occur for the numbers to be called counted."""


def mix(numbers: NDArray[np.uint64], seed: int) -> NDArray[np.uint64]:
    """A hash of each number, uniform over 64 bits (SplitMix64; Steele, Lea, Flood, 2014)."""
    z = numbers.astype(np.uint64) * np.uint64(0x9E3779B97F4A7C15) + np.uint64(seed % 2**64)
    z = (z ^ (z >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    z = (z ^ (z >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return z ^ (z >> np.uint64(31))


def permute(numbers: Numbers, domain: int, seed: int) -> Numbers:
    """A keyed one-to-one map of 0 … domain - 1 onto itself.

    Args:
        numbers: each from 0 to below the domain.
        domain: at most 2 ** 62.
        seed: another seed, another map.

    >>> sorted(permute(np.arange(10), 10, seed=7).tolist())
    [0, 1, 2, 3, 4, 5, 6, 7, 8, 9]
    """
    half = max(1, ((domain - 1).bit_length() + 1) // 2)
    mask, shift = np.uint64((1 << half) - 1), np.uint64(half)
    out = numbers.astype(np.uint64)
    todo = np.arange(len(out))
    while len(todo):
        left, right = out[todo] >> shift, out[todo] & mask
        for turn in range(6):
            left, right = right, left ^ (mix(right, seed + turn * 0x51ED2701) & mask)
        out[todo] = (left << shift) | right
        todo = todo[out[todo] >= domain]
    return out.astype(np.int64)


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
