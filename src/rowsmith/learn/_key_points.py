"""All values that the key of a learnt table can have: counted, made by number, and drawn where they are free."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Self

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from rowsmith.core.errors import SpecError
from rowsmith.core.rng import Key
from rowsmith.core.rowhash import row_hashes
from rowsmith.learn._dependencies import Dependency

if TYPE_CHECKING:
    from rowsmith.learn.table import TableModel

Places = NDArray[np.int64]
"""Values of keys: place of each column's value among its own, shape (columns, n)."""

LISTED = 2**25
"""Values of a key that are looked through for free ones, one and all. Of more, some are tried at random."""
BLOCK = 2**18
TRIES = 40
"""Rounds of random tries, …"""
LEAST = 1024
"""… and how many there are in one, at least."""
SAMPLE = 16_384
"""Rows from which the shares of each column's codes are seen."""


@dataclass(frozen=True)
class KeyPoints:
    """The values of a key, every combination of its columns' values.

    Attributes:
        table: whose key.
        columns: positions of the key's columns that can be chosen freely.
        ends: for each of them, how many values its codes up to each one have together, shape (codes,).
        dependencies: the key's other columns, looked up from one of them.
    """

    table: TableModel
    columns: tuple[int, ...]
    ends: tuple[NDArray[np.int64], ...]
    dependencies: tuple[Dependency, ...]

    @classmethod
    def of(cls, table: TableModel) -> Self | None:
        """Those of a table's key, or None where a column's values cannot be counted."""
        names = list(table.schema.columns)
        key = [names.index(name) for name in table.schema.primary_key]
        looked_up = tuple(d for d in table.dependencies if d.target in key and d.source in key)
        columns = tuple(i for i in key if i not in {d.target for d in looked_up})
        sources = {d.source for d in table.dependencies}
        counts = []
        for i in columns:
            found = table.codecs[i].counts()
            if found is None:
                return None
            # What is looked up from a column is known of the values that it had, and of none between them.
            counts.append(np.minimum(found, 1) if i in sources else found)
        return cls(table, columns, tuple(np.cumsum(c) for c in counts), looked_up)

    @property
    def sizes(self) -> tuple[int, ...]:
        """How many values each column has."""
        return tuple(int(ends[-1]) for ends in self.ends)

    @property
    def capacity(self) -> int:
        """How many values the key has."""
        return math.prod(self.sizes)

    def check(self, n: int) -> None:
        """Refuse more rows than there are values.

        Raises:
            SpecError: with how many there are.
        """
        if n <= self.capacity:
            return
        names = list(self.table.schema.columns)
        each = ", ".join(f"{names[i]}: {size:,}" for i, size in zip(self.columns, self.sizes, strict=True))
        raise SpecError(
            f"{where(self.table)}: {n:,} rows were asked for, but there are no more than {self.capacity:,} "
            f"{'combinations of learnt values' if len(self.columns) > 1 else 'learnt values'} ({each}), and a key is "
            f"unique. Ask for at most {self.capacity:,} rows, or learn the table without the key."
        )

    def at(self, places: Places) -> dict[str, pa.Array]:
        """The key's columns, n values each."""
        names, codes, out = list(self.table.schema.columns), {}, {}
        for i, ends, place in zip(self.columns, self.ends, places, strict=True):
            codes[i] = np.searchsorted(ends, place, side="right").astype(np.uint16)
            before = np.append(0, ends)[codes[i]]
            out[names[i]] = self.table.codecs[i].point(codes[i], place - before)
        for d in self.dependencies:
            found = d.apply(codes[d.source])
            out[names[d.target]] = self.table.codecs[d.target].point(found, np.zeros(len(found), dtype=np.int64))
        return {name: out[name] for name in self.table.schema.primary_key}

    def free(self, seen: NDArray[np.uint64], n: int, key: Key) -> Places:
        """Values that no row has yet, by the shares of their columns' codes.

        Args:
            seen: hashes of those that rows have, rising.
            n: how many are wanted.
            key: random stream.

        Raises:
            SpecError: not enough were found.
        """
        found = self._listed(seen, n, key) if self.capacity <= LISTED else self._tried(seen, n, key)
        if found.shape[1] < n:
            raise SpecError(
                f"{where(self.table)}: nearly all of its {self.capacity:,} values are asked for; ask for fewer rows."
            )
        return found

    def _listed(self, seen: NDArray[np.uint64], n: int, key: Key) -> Places:
        """Drawn without replacement from all that are free.

        P. Efraimidis, P. Spirakis, "Weighted random sampling with a reservoir" (2006), here with exponential numbers.
        """
        rng, weights = key.generator(), self._weights(key.child("shares"))
        chosen, ranks = np.empty((len(self.columns), 0), np.int64), np.empty(0)
        for block in self._blocks():
            unseen = block[:, ~contains(seen, self._hashes(block))]
            weight = math.prod(w[place] for w, place in zip(weights, unseen, strict=True))
            ranks = np.append(ranks, rng.standard_exponential(unseen.shape[1]) / weight)
            chosen = np.concatenate([chosen, unseen], axis=1)
            first = np.argsort(ranks, kind="stable")[:n]
            chosen, ranks = chosen[:, first], ranks[first]
        return chosen

    def _tried(self, seen: NDArray[np.uint64], n: int, key: Key) -> Places:
        rng = key.generator()
        chosen = np.empty((len(self.columns), 0), np.int64)
        for _ in range(TRIES):
            wanted = n - chosen.shape[1]
            if wanted == 0:
                break
            tried = np.stack([rng.integers(size, size=max(2 * wanted, LEAST)) for size in self.sizes])
            hashes = self._hashes(tried)
            _, first = np.unique(hashes, return_index=True)
            first = np.sort(first[~contains(seen, hashes[first])])[:wanted]
            chosen = np.concatenate([chosen, tried[:, first]], axis=1)
            seen = np.sort(np.concatenate([seen, hashes[first]]))
        return chosen

    def _weights(self, key: Key) -> list[NDArray[np.float64]]:
        """For each column, the share of each of its values among drawn rows."""
        drawn = dict(zip(self.table.learnt, self.table.fitted.draw(SAMPLE, key), strict=True))
        out = []
        for i, ends in zip(self.columns, self.ends, strict=True):
            counts = np.diff(ends, prepend=0)
            shares = np.bincount(drawn[i], minlength=len(ends)) + 0.5 if i in drawn else np.ones(len(ends))
            out.append(np.repeat(shares / np.maximum(counts, 1), counts))
        return out

    def _blocks(self) -> Iterator[Places]:
        for first in range(0, self.capacity, BLOCK):
            numbers = np.arange(first, min(first + BLOCK, self.capacity))
            yield np.stack(np.unravel_index(numbers, self.sizes))

    def _hashes(self, places: Places) -> NDArray[np.uint64]:
        return row_hashes(list(self.at(places).values()))[:, 0]


def where(table: TableModel) -> str:
    """The key, for messages."""
    return f"tables.{table.name}.primary_key ({', '.join(table.schema.primary_key)})"


def contains(ordered: NDArray[np.uint64], values: NDArray[np.uint64]) -> NDArray[np.bool_]:
    """Which values are among those in order."""
    if not len(ordered):
        return np.zeros(len(values), dtype=bool)
    return np.asarray(ordered[np.searchsorted(ordered, values).clip(max=len(ordered) - 1)] == values)
