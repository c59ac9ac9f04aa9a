"""The rows of a table and their children along one link: parts of them, joined rows, what children come to."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from rowsmith.evaluate._align import Columns, Feature
from rowsmith.evaluate._stats import Ints

FEW = 50
"""Parents below which they are a look-up table, and its rows no sample of others."""


@dataclass(frozen=True)
class Family:
    """Parents and their children along one link.

    Attributes:
        parents: rows of the parent table.
        children: rows of the child table that have a parent.
        told: what a child is told by: its own columns; of a table of links alone, those of its other parents.
        up: the parent's row of each child, shape (children,).
        others: by number of another link of the child, the row of its parent there, or less than 0 for none.
        beside: by the same number, rows of that parent table.
    """

    parents: Columns
    children: Columns
    told: Columns
    up: Ints
    others: Mapping[int, Ints]
    beside: Mapping[int, Columns]

    def halves(self, rng: np.random.Generator) -> tuple[Family, Family]:
        """Two parts of one database: the parents dealt out, with their children; of a few parents, the children are."""
        if self.parents.n < FEW:
            every = np.ones(self.parents.n, dtype=bool)
            own = rng.permutation(len(self.up)) % 2 == 0
            return self._part(every, own), self._part(every, ~own)
        half = rng.permutation(self.parents.n) % 2 == 0
        return self._part(half, half[self.up]), self._part(~half, ~half[self.up])

    def _part(self, parents: NDArray[np.bool_], children: NDArray[np.bool_]) -> Family:
        """Some of the parents, and of their children."""
        rows, places = np.flatnonzero(children), np.cumsum(parents) - 1
        return Family(
            self.parents.take(parents),
            self.children.take(rows),
            self.told.take(rows),
            places[self.up[rows]].astype(np.int64),
            {j: each[rows] for j, each in self.others.items()},
            self.beside,
        )

    def shuffled(self, rng: np.random.Generator) -> Family:
        """Every column and every link on its own: right margins and valid keys, no structure."""
        parents, children, told = (
            Columns(tuple(a[rng.permutation(len(a))] for a in t.arrays), t.n)
            for t in (self.parents, self.children, self.told)
        )
        up = rng.integers(0, max(self.parents.n, 1), len(self.up))
        others = {j: each[rng.permutation(len(each))] for j, each in self.others.items()}
        return Family(parents, children, told, up, others, self.beside)

    @property
    def counts(self) -> Ints:
        """Children of each parent, shape (parents,)."""
        return np.bincount(self.up, minlength=self.parents.n)

    def partners(self, j: int) -> Ints:
        """How many different parents by another link the children of each parent have, shape (parents,)."""
        at, n = self.others[j], max(self.beside[j].n, 1)
        pairs = np.unique(self.up[at >= 0] * n + at[at >= 0])
        return np.bincount(pairs // n, minlength=self.parents.n)

    def joined(self, most: int, rng: np.random.Generator) -> Columns:
        """What at most so many children are told by, each beside its parent: the parents' columns first."""
        rows = rng.permutation(len(self.up))[:most]
        parents, told = self.parents.take(self.up[rows]), self.told.take(rows)
        return Columns((*parents.arrays, *told.arrays), len(rows))

    def beside_one_another(self, j: int, most: int, rng: np.random.Generator) -> Columns:
        """The parents of at most so many children by this link and by another one, side by side: this link's columns first."""
        rows = rng.permutation(np.flatnonzero(self.others[j] >= 0))[:most]
        parents, others = self.parents.take(self.up[rows]), self.beside[j].take(self.others[j][rows])
        return Columns((*parents.arrays, *others.arrays), len(rows))

    def aggregates(self, features: Sequence[Feature], fine: bool = False) -> Columns:
        """What the children of each parent come to, as `aggregate_features` names it, shape (parents,) each."""
        counts = self.counts
        out: list[NDArray[Any]] = [counts.astype(np.float64)]
        for feature, values in zip(features, self.children.arrays, strict=True):
            if feature.kind == "category":
                some = np.maximum(counts, 1)
                pairs = np.unique(self.up * (len(feature.levels) + 1) + values.astype(np.int64) + 1)
                kinds = np.bincount(pairs // (len(feature.levels) + 1), minlength=self.parents.n).astype(np.float64)
                share = np.bincount(self.up[values == 0], minlength=self.parents.n) / some
                out += [np.where(counts > 0, each, np.nan) for each in (kinds, share)]
                if fine:
                    out.append(self._modes(values.astype(np.int64), len(feature.levels)))
                continue
            known = np.isfinite(values)
            here, numbers = self.up[known], values[known]
            n = np.bincount(here, minlength=self.parents.n)
            if feature.kind != "time":
                total = np.bincount(here, weights=numbers, minlength=self.parents.n)
                # to seven digits, so that the noise of sums around a constant is none
                out.append(np.where(n > 0, (total / np.maximum(n, 1)).astype(np.float32).astype(np.float64), np.nan))
            if feature.kind == "time" or fine:
                for least, end in ((np.minimum, np.inf), (np.maximum, -np.inf)):
                    found = np.full(self.parents.n, end)
                    least.at(found, here, numbers)
                    out.append(np.where(n > 0, found, np.nan))
        return Columns(tuple(out), self.parents.n)

    def _modes(self, codes: Ints, size: int) -> NDArray[np.int32]:
        """The level that most children of each parent have, the first of several; -1 for none, shape (parents,)."""
        known = codes >= 0
        pairs, times = np.unique(self.up[known] * max(size, 1) + codes[known], return_counts=True)
        order = np.lexsort((-pairs, times))  # what is written last stays
        out = np.full(self.parents.n, -1, dtype=np.int32)
        out[pairs[order] // max(size, 1)] = pairs[order] % max(size, 1)
        return out


def aggregate_features(child: str, features: Sequence[Feature], fine: bool = False) -> tuple[Feature, ...]:
    """What `Family.aggregates` takes of children.

    How many there are; of a number the mean, of a time the first and the last, of a category how many levels occur, and the
    share of the one that is most frequent in the real table.

    Args:
        child: name of their table.
        features: of them.
        fine: whether to take of a number the least and the greatest too, and of a category the most frequent level.
    """
    out = [Feature(f"{child}: count", "number", whole=True)]
    for f in features:
        if f.kind == "category":
            top = f.levels[0] if f.levels else ""
            out += [
                Feature(f"{child}: levels of {f.name}", "number"),
                Feature(f"{child}: share of {f.name} = {top}", "number"),
            ]
            out += [Feature(f"{child}: most frequent {f.name}", "category", levels=f.levels)] if fine else []
        elif f.kind == "time":
            out += [Feature(f"{child}: first {f.name}", "time"), Feature(f"{child}: last {f.name}", "time")]
        else:
            out.append(Feature(f"{child}: mean {f.name}", "number"))
            if fine:
                out += [Feature(f"{child}: {end} {f.name}", "number", whole=f.whole) for end in ("least", "greatest")]
    return tuple(out)


def distinct(features: Sequence[Feature]) -> tuple[Feature, ...]:
    """Features of different names: two links from one child give aggregates of the same."""
    names = np.array([f.name for f in features])
    again = [int((names[:i] == n).sum()) for i, n in enumerate(names)]
    return tuple(
        f if k == 0 else Feature(f"{f.name} ({k + 1})", f.kind, f.whole, f.levels)
        for f, k in zip(features, again, strict=True)
    )
