"""Two or three tables of baskets: which items are in which, and what stands for good and for bad ones."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import pyarrow as pa

from rowsmith.core.grouping import BasketLines, entity_numbers
from rowsmith.core.itemsets import Bits, Levels, frequent, pair_counts, presence
from rowsmith.core.rng import Key
from rowsmith.evaluate._align import Aligned, align
from rowsmith.evaluate._between import figures_of
from rowsmith.evaluate._grouped import check_every
from rowsmith.evaluate._measure import Figure
from rowsmith.evaluate._noise import FEWEST, GROUPS, jackknife_parts
from rowsmith.evaluate._once import once
from rowsmith.evaluate._stats import Floats, Ints

MOST_BASKETS = 100_000
"""Baskets of each table that are looked at."""
MOST_ITEMS = 2_000
"""Items whose pairs are counted, the most frequent real ones."""
ROUNDS = 200
"""In which items that are twice in a shuffled basket are dealt again."""
LARGEST = 3
"""Items of the largest sets that rules are made of."""


@dataclass(frozen=True)
class Baskets:
    """The baskets of one table.

    Attributes:
        n: how many there are.
        basket: of each purchase, shape (m,), ascending.
        item: of each, by real frequency from 0; no item is twice in a basket.
        n_items: items of all tables.
        repeated: share of lines that repeat an item of their basket.
    """

    n: int
    basket: Ints
    item: Ints
    n_items: int
    repeated: float = 0.0

    @once
    def sizes(self) -> Ints:
        """Different items of each basket, shape (n,)."""
        return np.bincount(self.basket, minlength=self.n)

    @once
    def counts(self) -> Ints:
        """Baskets with each item, shape (n_items,)."""
        return np.bincount(self.item, minlength=self.n_items)

    @once
    def both(self) -> Ints:
        """Baskets with both of two items, of the most frequent ones, shape (items, items)."""
        return pair_counts(*self._frequent(), self.n, self.width)

    @property
    def width(self) -> int:
        """Items whose pairs are counted."""
        return min(self.n_items, MOST_ITEMS)

    @once
    def bits(self) -> Bits:
        """Presence of these items."""
        return presence(*self._frequent(), self.n, self.width)

    def sets(self, least: float, most: int = LARGEST) -> Levels:
        """Sets of these items that are in so many baskets."""
        return frequent(self.bits, self.both, self.n, least, most)

    def take(self, chosen: Ints) -> Baskets:
        """Some baskets, by number, each once."""
        place = np.full(self.n, -1)
        place[chosen] = np.arange(len(chosen))
        kept = place[self.basket] >= 0
        order = np.argsort(place[self.basket[kept]], kind="stable")
        return Baskets(
            len(chosen), place[self.basket[kept]][order], self.item[kept][order], self.n_items, self.repeated
        )

    def shuffled(self, rng: np.random.Generator) -> Baskets:
        """The items shuffled over all baskets: right sizes and frequencies, no structure.

        An item that falls into a basket that has it changes places with another one; the few that still do in the end are left out.
        """
        item = self.item[rng.permutation(len(self.item))]
        for _ in range(ROUNDS):
            twice = _twice(self.basket, item, self.n_items)
            if not len(twice):
                break
            others = rng.integers(0, len(item), len(twice))
            for a, b in zip(twice.tolist(), others.tolist(), strict=True):
                item[a], item[b] = item[b], item[a]
        pairs = np.unique(self.basket * self.n_items + item)
        return Baskets(self.n, *np.divmod(pairs, self.n_items), self.n_items)

    def keys(self, weights: Bits) -> Bits:
        """A number for each basket that is equal where all items are, shape (n,)."""
        out = np.zeros(self.n, dtype=np.uint64)
        np.add.at(out, self.basket, weights[self.item])
        return out

    def _frequent(self) -> tuple[Ints, Ints]:
        kept = self.item < self.width
        return self.basket[kept], self.item[kept]


def _twice(basket: Ints, item: Ints, n_items: int) -> Ints:
    """Purchases whose item stands in their basket before."""
    pairs = basket * n_items + item
    _, first = np.unique(pairs, return_index=True)
    again = np.ones(len(pairs), dtype=bool)
    again[first] = False
    return np.flatnonzero(again)


Statistic = Callable[[Baskets, Baskets], Floats]
"""Distances of two tables of baskets, shape (k,); nan for one that cannot be taken."""


@dataclass(frozen=True)
class Bought:
    """The tables to judge, and what measures of baskets need of them.

    Attributes:
        lines: columns of basket and item.
        items: names of the items, the most frequent real one first.
        known: how many of them real baskets hold; these come first.
        real: what was learnt from.
        synthetic: what is to be judged.
        holdout: real baskets that nobody learnt from, if there are any.
        unknown: share of the synthetic lines whose item no real basket has.
        aligned: columns of the lines, those that say whose they are apart.
        tables: as they were given, by role.
        key: random stream of the judgement.
        workers: threads of the classifiers.
        notes: what was left out.
    """

    lines: BasketLines
    items: tuple[str, ...]
    known: int
    real: Baskets
    synthetic: Baskets
    holdout: Baskets | None
    unknown: float
    aligned: Aligned
    tables: Mapping[str, pa.Table]
    key: Key
    workers: int
    notes: tuple[str, ...] = ()

    @classmethod
    def of(cls, tables: Mapping[str, pa.Table], lines: BasketLines, key: Key, workers: int) -> Bought:
        """Bring tables to common items and columns.

        Args:
            tables: by role: real, synthetic and, if there is one, holdout.
            lines: columns of basket and item.
            key: random stream of the judgement.
            workers: threads.

        Raises:
            DataError: a table has no rows, or a row no basket or item.
            SpecError: there is no such column.
        """
        check_every(tables, lines)
        keys = [lines.id, *lines.entity, *([lines.time] if lines.time else [])]
        aligned = align({role: t.drop_columns(keys) for role, t in tables.items()})
        item = align({role: pa.table({lines.item: _as_text(t[lines.item])}) for role, t in tables.items()})
        names = item.features[0].levels
        codes = {role: table.arrays[0].astype(np.int64) for role, table in item.tables.items()}
        known = int(codes["real"].max()) + 1  # levels stand in the order of their real frequency
        sides, notes = {}, list(aligned.notes)
        for role, table in tables.items():
            whose = entity_numbers(table, (*lines.entity, lines.id))
            baskets = _baskets(whose, codes[role], len(names))
            if baskets.n > MOST_BASKETS:
                rng = key.child("baskets", role).generator()
                notes.append(
                    f"Of the {baskets.n:,} baskets of the {role} table {MOST_BASKETS:,} are looked at, drawn at random."
                )
                baskets = baskets.take(np.sort(rng.permutation(baskets.n)[:MOST_BASKETS]))
            sides[role] = baskets
        if len(names) > MOST_ITEMS:
            notes.append(f"Of the {len(names):,} items pairs of the {MOST_ITEMS:,} most frequent are counted.")
        unknown = float((codes["synthetic"] >= known).mean())
        return cls(
            lines, names, known, sides["real"], sides["synthetic"], sides.get("holdout"), unknown, aligned, tables, key, workers,
            tuple(notes),
        )  # fmt: skip

    @once
    def floor(self) -> Baskets:
        """Real baskets with the items shuffled over them."""
        return self.real.shuffled(self.key.child("floor").generator())

    @once
    def unseen(self) -> tuple[Baskets, Baskets]:
        """Real baskets and others that nobody learnt from: the holdout, or two random halves of the real ones."""
        if self.holdout is not None:
            return self.real, self.holdout
        order = self.key.child("halves").generator().permutation(self.real.n)
        cut = (self.real.n + 1) // 2
        return self.real.take(np.sort(order[:cut])), self.real.take(np.sort(order[cut:]))

    @once
    def copy(self) -> Baskets:
        """Real baskets, drawn with replacement."""
        chosen = np.sort(self.key.child("copy").generator().integers(0, self.real.n, self.real.n))
        times = np.bincount(chosen, minlength=self.real.n)
        parts = [self.real.take(np.flatnonzero(times > k)) for k in range(int(times.max(initial=1)))]
        ends = np.cumsum([0, *(p.n for p in parts)])
        return Baskets(
            self.real.n,
            np.concatenate([p.basket + end for p, end in zip(parts, ends, strict=False)]),
            np.concatenate([p.item for p in parts]),
            self.real.n_items,
        )

    def figures(self, statistic: Statistic, *fields: dict[str, Any]) -> tuple[Figure, ...]:
        """Distances of the synthetic baskets from the real ones, with floor, ceiling, interval and noise.

        The noise is that of leaving out a tenth of the baskets of both sides at a time.

        Args:
            statistic: k distances.
            fields: k dicts of a `Figure`'s other fields.
        """
        pairs = {"value": (self.real, self.synthetic), "floor": (self.real, self.floor), "ceiling": self.unseen}
        found = {role: statistic(*pair) if min(s.n for s in pair) else None for role, pair in pairs.items()}
        halves = {role: self._half(statistic, role, pairs[role]) for role in ("value", "ceiling")}
        return figures_of(found, halves, fields)

    def _half(self, statistic: Statistic, role: str, pair: tuple[Baskets, Baskets]) -> Floats | None:
        if min(s.n for s in pair) < FEWEST:
            return None
        rng = self.key.child("noise", role).generator()
        parts = [rng.permutation(s.n) % GROUPS for s in pair]
        return jackknife_parts(
            lambda k: statistic(*(s.take(np.flatnonzero(part != k)) for s, part in zip(pair, parts, strict=True)))
        )


def _baskets(whose: Ints, item: Ints, n_items: int) -> Baskets:
    n = int(whose.max()) + 1
    pairs = np.unique(whose * n_items + item)
    return Baskets(n, *np.divmod(pairs, n_items), n_items, 1 - len(pairs) / len(whose))


def _as_text(values: pa.ChunkedArray) -> pa.ChunkedArray:
    """Items are names, also where they are numbers; whole numbers are written alike in every table."""
    if pa.types.is_dictionary(values.type):
        values = values.cast(values.type.value_type)
    if pa.types.is_floating(values.type):
        with contextlib.suppress(pa.ArrowInvalid):  # 1.5 is a name as it stands
            values = values.cast(pa.int64())
    try:
        return values.cast(pa.large_string())
    except (pa.ArrowInvalid, pa.ArrowNotImplementedError):
        return pa.chunked_array(
            [pa.array([None if v is None else str(v) for v in values.to_pylist()], pa.large_string())]
        )
