"""Keyed random streams: the same names give the same numbers on any machine, in any process, in any order.

A `Key` is a seed and a path of names. A stream depends on nothing but its key, so a column's numbers do not change when
another column is added, when chunks run in another order, or with Python's hash seed.

Source: NumPy's `SeedSequence` (after M. O'Neill, "Developing a seed_seq alternative", 2015), its spawn key a path of
stable hashes.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from functools import lru_cache

import numpy as np

from rowsmith.core.errors import SpecError

MAX_SEED = 2**63 - 1


@lru_cache(maxsize=4096)  # the names of tables and columns come again with every chunk
def stable_hash(*names: str | int) -> int:
    """A 64-bit hash of names that is the same everywhere (Python's own is salted for each process).

    >>> stable_hash("orders", "total", 3) == stable_hash("orders", "total", 3)
    True
    >>> stable_hash("ab", "c") == stable_hash("a", "bc")
    False
    """
    digest = hashlib.blake2b(digest_size=8)
    for name in names:
        word = (f"i{name}" if isinstance(name, int) else f"s{name}").encode("utf-8", "surrogatepass")
        digest.update(len(word).to_bytes(8, "little") + word)
    return int.from_bytes(digest.digest(), "little")


@dataclass(frozen=True)
class Key:
    """A place in the tree of random streams.

    >>> a, b = Key(7).child("orders", "total"), Key(7).child("orders", "total")
    >>> bool(a.generator().random() == b.generator().random())
    True
    """

    seed: int
    path: tuple[int, ...] = ()

    def __post_init__(self) -> None:
        if isinstance(self.seed, bool) or not isinstance(self.seed, int | np.integer) or not 0 <= self.seed <= MAX_SEED:
            raise SpecError(f"seed={self.seed!r} is not a seed: give a whole number from 0 to {MAX_SEED}.")
        object.__setattr__(self, "seed", int(self.seed))

    def child(self, *names: str | int) -> Key:
        """The key of a thing inside this one."""
        return Key(self.seed, (*self.path, stable_hash(*names)))

    def generator(self) -> np.random.Generator:
        """A fresh generator at the start of this key's stream."""
        sequence = np.random.SeedSequence(self.seed, spawn_key=self.path)
        return np.random.Generator(np.random.PCG64DXSM(sequence))

    def integer(self) -> int:
        """A 63-bit number that stands for this key, for code that takes a plain seed."""
        return int(self.generator().integers(MAX_SEED))
