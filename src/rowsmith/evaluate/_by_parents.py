"""Real rows of two groups of parents: how far rows are told apart that are each right, where values say whose they are."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from rowsmith.core.matching import together
from rowsmith.evaluate._align import Aligned, Columns
from rowsmith.evaluate._links import Link, Linked

FEWEST, OFTEN = 20, 3
"""Parents, and rows of each value, from which on it shows that values belong to one parent."""
OWN = 0.5
"""Values for each parent (or each parent and level) from which on a value is hardly another one's, too."""
GLANCE = 2_000
"""Rows that are looked at first."""
LEVELS = 20
"""Values of a column up to which another one may follow from it and the parent: pieces and the parent's price make an amount."""


def dealt_by_parents(linked: Linked, table: str, aligned: Aligned) -> tuple[tuple[Columns, Columns], ...]:
    """The real rows of a table dealt into two by the parents that they point to, for links where columns give these away.

    A twin has parents of its own, and the amounts that their prices make. A classifier tells them from real ones as well as it
    tells those of some real parents from those of the others; that they differ is no fault.

    Args:
        linked: the databases.
        table: that is judged.
        aligned: its columns that are compared.

    Returns:
        A pair a link, with the columns that can be compared; none for links to public tables.
    """
    kept = [i for i, f in enumerate(aligned.features) if not f.identifier]
    out = []
    for number, link in enumerate(linked.links):
        if link.child != table or link.parent == table or link.parent in linked.public:
            continue
        if any(_given_away(linked, number, link, aligned, place) for place in kept):
            up = linked.real.up[number]
            half = linked.key.child("by parents", table, number).generator().random(int(up.max()) + 1) < 0.5
            rows = aligned.tables["real"].pick(kept)
            out.append((rows.take((up >= 0) & half[up]), rows.take((up >= 0) & ~half[up])))
    return tuple(out)


def _given_away(linked: Linked, number: int, link: Link, aligned: Aligned, place: int) -> bool:
    """Whether a number says in every database which parent a row has, by itself or with a column of few values."""
    if aligned.features[place].kind != "number":
        return False
    return any(
        all(_told(linked, role, number, aligned, place, beside) for role in linked.sides)
        for beside in _beside(aligned, place)
    )


def _beside(aligned: Aligned, place: int) -> Iterator[int | None]:
    """Columns that a number may follow from together with the parent: none, or one of few values."""
    yield None
    arrays = aligned.tables["real"].arrays
    for other, feature in enumerate(aligned.features):
        if other != place and not feature.identifier and len(np.unique(arrays[other])) <= LEVELS:
            yield other


def _told(linked: Linked, role: str, number: int, aligned: Aligned, place: int, beside: int | None) -> bool:
    up, arrays = linked.sides[role].up[number], aligned.tables[role].arrays
    rows = np.flatnonzero((up >= 0) & ~np.isnan(arrays[place]))
    rows = rows[np.argsort(up[rows], kind="stable")]
    for part in (rows[:GLANCE], rows):  # most columns do not follow, which few rows show
        keys = [up[part]] + ([] if beside is None else [np.unique(arrays[beside][part], return_inverse=True)[1]])
        group = np.unique(together(keys, len(part)), return_inverse=True)[1]
        first = np.empty(len(part))
        first[group] = arrays[place][part]
        if not (first[group] == arrays[place][part]).all():
            return False
    n = int(group.max(initial=-1)) + 1
    parents = len(np.unique(up[rows]))
    return parents >= FEWEST and len(rows) >= OFTEN * n and len(np.unique(first[:n])) >= OWN * n
