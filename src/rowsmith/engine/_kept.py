"""Which rows of a database stay together: those that are chosen, those that hang on them, and all that these point to."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from graphlib import TopologicalSorter

import numpy as np
from numpy.typing import NDArray

from rowsmith.core.errors import SpecError
from rowsmith.core.graph import leads_to
from rowsmith.core.matching import Index
from rowsmith.core.rng import Key
from rowsmith.learn._links import Link

Mask = NDArray[np.bool_]

OFTEN = 0.5
"""Share of rows that have a link, and of these that have siblings by it, from which on rows may go along by it."""
FEW = 2
"""Rows to choose of a table below which none are: it is a look-up, and rows that point to it are chosen by themselves."""


@dataclass(frozen=True, kw_only=True)
class Wanted:
    """What is asked for.

    Attributes:
        share: of the rows to choose, above 0 and up to 1; None for all.
        rows: how many to choose, by table.
        conditions: which rows meet what is asked of a table, by table, shape (rows,).
        public: tables that come whole, unless they are asked for by name.
    """

    share: float | None = None
    rows: Mapping[str, int] = field(default_factory=dict)
    conditions: Mapping[str, Mask] = field(default_factory=dict)
    public: Collection[str] = ()

    @property
    def named(self) -> set[str]:
        """Tables from which rows are chosen by name."""
        return {*self.rows, *self.conditions}


@dataclass(frozen=True)
class Kept:
    """Which rows stay, by table, shape (rows,).

    Attributes:
        chosen: those that were chosen, and those that hang on them.
        kept: these, and those that they point to.
    """

    chosen: Mapping[str, Mask]
    kept: Mapping[str, Mask]


def choose(links: Sequence[Link], up: Mapping[Link, Index], sizes: Mapping[str, int], wanted: Wanted, key: Key) -> Kept:
    """Choose rows of a database that are whole together: whatever a kept row points to is kept.

    Rows are chosen from the tables that are named or, without a name, from those that hang on no other. What hangs on a chosen
    row goes along, and so on; a row that hangs on several goes along with the one that has the fewest of its kind. Rows that
    are kept only since others point to them bring nothing along, and nor does a row its own table's.

    Args:
        links: foreign keys.
        up: number of the row that each row points to, negative for none, shape (rows,), by link.
        sizes: rows of each table.
        wanted: what is asked for.
        key: random stream.

    Raises:
        SpecError: more rows are asked for than there are.
    """
    named, public = wanted.named, set(wanted.public) - wanted.named
    few = {t for t, n in sizes.items() if not named and wanted.share is not None and n * wanted.share < FEW}
    still = public | few
    down = downward([link for link in links if link.parent not in still and link.child not in public], up)
    active = _reached(named, down) if named else set(sizes) - public
    graph = {t: {link.parent for link in down if link.child == t and link.parent in active} for t in sizes}
    bring = {parent for parents in graph.values() for parent in parents}
    chosen = {t: np.full(n, t in public) for t, n in sizes.items()}
    later = []
    for table in TopologicalSorter(graph).static_order():
        if table not in active:
            continue
        first = not graph[table]
        if first and not named and table not in bring:
            later.append(table)  # so that those that others point to count
            continue
        along, free = _along([link for link in down if link.child == table and link.parent in active], up, chosen)
        able = along if along is not None else np.ones(sizes[table], dtype=bool)
        rng = key.child("subset", table).generator()
        if table in wanted.conditions:
            able = able & wanted.conditions[table]
        if table in wanted.rows:
            able = _some(able, wanted.rows[table], rng, table)
        elif wanted.share is not None and first:
            able = _some(able, _part(wanted.share, able), rng, table)
        if along is not None and not named:
            able = able | _some(free, _part(wanted.share, free), rng, table)
        chosen[table] = able
    kept = {t: mask.copy() for t, mask in chosen.items()}
    _keep_pointed_to(kept, links, up, chosen)
    for table in later:
        more = _part(wanted.share, np.ones(sizes[table], dtype=bool)) - int(kept[table].sum())
        rng = key.child("subset", table).generator()
        chosen[table] = _some(~kept[table], max(more, 0), rng, table)
        kept[table] |= chosen[table]
        _keep_pointed_to(kept, links, up, {table: chosen[table]})
    return Kept(chosen, kept)


def downward(links: Sequence[Link], up: Mapping[Link, Index]) -> list[Link]:
    """Links along which rows go with those that they point to, those that count first before others; they close no circle.

    First count those that most rows have, and siblings by them; then those of the smallest families: a line goes with its order
    rather than with its product.
    """

    def rank(link: Link) -> tuple[bool, float]:
        size = np.bincount(up[link][up[link] >= 0])
        size = size[size > 0]
        linked, several = size.sum() / len(up[link]), size[size > 1].sum() / size.sum()
        return linked < OFTEN or (several < OFTEN and size.max() > 1), float(size.mean())

    out, graph = list[Link](), dict[str, set[str]]()
    for link in sorted((link for link in links if (up[link] >= 0).any()), key=rank):
        if not leads_to(link.parent, link.child, graph):
            graph.setdefault(link.child, set()).add(link.parent)
            out.append(link)
    return out


def _reached(tables: Collection[str], down: Sequence[Link]) -> set[str]:
    """Tables, and those that hang on them."""
    out, fresh = set(tables), set(tables)
    while fresh:
        fresh = {link.child for link in down if link.parent in fresh} - out
        out |= fresh
    return out


def _along(mine: Sequence[Link], up: Mapping[Link, Index], chosen: Mapping[str, Mask]) -> tuple[Mask | None, Mask]:
    """Which rows of a table hang on a chosen one, and which on none; None for the former where it has no links."""
    if not mine:
        return None, np.empty(0, dtype=bool)
    along = np.zeros(len(up[mine[0]]), dtype=bool)
    free = ~along
    for link in mine:
        rows = np.flatnonzero(free & (up[link] >= 0))
        along[rows] = chosen[link.parent][up[link][rows]]
        free[rows] = False
    return along, free


def _part(share: float | None, able: Mask) -> int:
    """How many rows a share is; at least one of a table, if there are some."""
    n = int(able.sum())
    return n if share is None else max(round(share * n), min(n, 1))


def _some(able: Mask, n: int, rng: np.random.Generator, table: str) -> Mask:
    """So many of some rows; of the same rows, fewer are a part of more."""
    rows = np.flatnonzero(able)
    if n > len(rows):
        raise SpecError(f"rows: {table}={n}: there are {len(rows):,} such rows; ask for as many at most.")
    out = np.zeros(len(able), dtype=bool)
    out[rng.permutation(rows)[:n]] = True
    return out


def _keep_pointed_to(
    kept: Mapping[str, Mask], links: Sequence[Link], up: Mapping[Link, Index], start: Mapping[str, Mask]
) -> None:
    """Keep what rows point to, and what that points to.

    Args:
        kept: changed here.
        links: foreign keys.
        up: rows that they point to.
        start: the rows, which are kept.
    """
    fresh = {t: np.flatnonzero(mask) for t, mask in start.items()}
    while fresh:
        found: dict[str, list[Index]] = {}
        for link in links:
            if link.child in fresh:
                to = np.unique(up[link][fresh[link.child]])
                to = to[to >= 0]
                to = to[~kept[link.parent][to]]
                kept[link.parent][to] = True
                found.setdefault(link.parent, []).append(to)
        fresh = {t: np.concatenate(each) for t, each in found.items() if sum(map(len, each))}
