"""Entities of a database: rows that hang on no other, each with all that hangs on it, as the rows of one table."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from rowsmith.core.graph import leads_to
from rowsmith.evaluate._align import Columns, Feature
from rowsmith.evaluate._context import Context
from rowsmith.evaluate._family import FEW, Family, aggregate_features, distinct
from rowsmith.evaluate._links import Linked, Side
from rowsmith.evaluate._stats import Ints


@dataclass(frozen=True)
class Entities:
    """The entities of one table.

    Attributes:
        table: whose rows they are.
        below: links by which rows hang on them, by number, those of a table before those of what hangs on that.
        context: to attack them: their columns, and what the rows below come to.
    """

    table: str
    below: tuple[int, ...]
    context: Context


def entities(linked: Linked) -> Iterator[Entities]:
    """Tables whose rows are entities: not public, of `FEW` rows or more, and hanging on no other such table.

    Args:
        linked: the databases.
    """
    both = linked.real, linked.synthetic
    some = {n for n in linked.features if n not in linked.public and min(s.tables[n].n for s in both) >= FEW}
    links = [k for k in linked.links if k.parent in some and k.child in some]
    ways = {n: {k.parent for k in links if k.child == n} for n in some}
    hanging = {k.child for k in links if not leads_to(k.parent, k.child, ways)}  # in a circle none is above the others
    for table in linked.features:
        below = _below(linked, table)
        if table not in some - hanging or not below:
            continue
        features: list[Feature] = list(linked.features[table])
        for i in below:
            features += aggregate_features(linked.links[i].child, linked.told_by(i), fine=True)
        of = {
            role: _columns(linked, role, side, table, below)
            for role, side in linked.sides.items()
            if role != "holdout" or side.tables[table].n >= FEW  # of fewer nothing is told
        }
        key = linked.key.child("entities", table)
        yield Entities(
            table,
            below,
            Context(
                features=distinct(features),
                real=of["real"],
                synthetic=of["synthetic"],
                holdout=of.get("holdout"),
                names=(),
                target=None,
                key=key,
                workers=linked.workers,
            ),
        )


def _below(linked: Linked, table: str) -> tuple[int, ...]:
    """Links by which rows hang on those of a table, in one step or more; each table by the shortest way."""
    out: list[int] = []
    seen, now = {table}, [table]
    while now:
        further = []
        for i, link in enumerate(linked.links):
            if link.parent in now and link.child not in seen | linked.public:
                seen.add(link.child)
                further.append(link.child)
                out.append(i)
        now = further
    return tuple(out)


def _columns(linked: Linked, role: str, side: Side, table: str, below: Sequence[int]) -> Columns:
    """The entities' columns, and what the rows below them come to."""
    own = side.tables[table]
    whose: dict[str, Ints] = {table: np.arange(own.n)}
    arrays = list(own.arrays)
    for i in below:
        link, family = linked.links[i], linked.families[role][i]
        above = np.append(whose[link.parent], -1)
        whose[link.child] = above[np.maximum(side.up[i], -1)]
        root = above[family.up]
        there = np.flatnonzero(root >= 0)
        told = family.told.take(there)
        arrays += Family(own, told, told, root[there], {}, {}).aggregates(linked.told_by(i), fine=True).arrays
    return Columns(tuple(arrays), own.n)
