"""A keyed one-to-one map of whole numbers onto themselves: how unique values are made without remembering any.

A Feistel network over the smallest square that holds the domain, walked until it lands inside (J. Black, P. Rogaway,
"Ciphers with Arbitrary Finite Domains", 2002, cycle walking).
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Numbers = NDArray[np.int64]


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
