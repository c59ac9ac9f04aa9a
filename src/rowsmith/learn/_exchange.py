"""Rows change parents where two came together that do not."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

import numpy as np

from rowsmith.learn._drawn import Drawn
from rowsmith.learn._groups import group_text, groups_of
from rowsmith.learn._parent_pairs import Beside, Index, evened, exchanged
from rowsmith.learn._part import group_name, other_name

if TYPE_CHECKING:
    from rowsmith.learn.database import DatabaseTables

EXCHANGES = 2
"""Times that all links are gone through, as what is mended for one may help another."""


def exchange(model: DatabaseTables, drawn: dict[str, Drawn], name: str, rng: np.random.Generator) -> None:
    """Have rows change parents where two came together that do not, since others had no room left; by links that are dealt out."""
    part, rows = model.parts[name], drawn[name]
    numbers = {other_name(i): i for i, link in enumerate(model.links) if link.child == name and i in rows.up}
    both = [pairs for pairs in part.pairs if numbers.keys() >= set(pairs.columns)]
    columns = list(dict.fromkeys(column for pairs in both for column in pairs.columns))
    groups = {c: groups_of(drawn[model.links[numbers[c]].parent].columns[group_name(numbers[c])]) for c in columns}
    fixed = [c for c in columns if numbers[c] in model.through or numbers[c] in part.within]
    free = [c for c in columns if c not in fixed]
    goal = {c: np.bincount(np.maximum(rows.up[numbers[c]], -1) + 1, minlength=len(groups[c]) + 1)[1:] for c in free}

    def mend(column: str, way: Callable[..., Index], against: list[str], **more: bool | Index) -> None:
        """Change parents by one link, so that they come together with those by others."""
        number, beside = numbers[column], []
        for pairs in both:
            other = pairs.columns[pairs.columns[0] == column]
            if column in pairs.columns and other in against:
                has = np.append(groups[other], -1)[rows.up[numbers[other]]]
                beside.append(Beside(pairs, has, pairs.columns[1] == column))
        if beside:
            wanted = groups_of(rows.columns[column])
            rows.up[number] = way(rows.up[number], groups=groups[column], wanted=wanted, beside=beside, rng=rng, **more)

    # First what must come together with a parent that cannot change. Where nothing else helps, rows take a parent beside those
    # that it has; first those by a link to many, none of which then has many more, or less. In the end these are as many again.
    for column in free:
        mend(column, exchanged, fixed)
    for column in free * EXCHANGES:
        mend(column, exchanged, columns)
    last = sorted(free, key=lambda c: -len(groups[c]))
    for column in last:
        mend(column, exchanged, columns, swap=False)
    for column in last[::-1] * EXCHANGES:
        mend(column, evened, columns, goal=goal[column])
    for column in columns:  # as it has come to be
        rows.columns[column] = group_text(np.append(groups[column], -1)[rows.up[numbers[column]]])
