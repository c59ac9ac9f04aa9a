"""Rows change parents where two came together that do not."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from rowsmith.learn._drawn import Drawn
from rowsmith.learn._groups import group_text, groups_of
from rowsmith.learn._parent_pairs import Beside, exchanged
from rowsmith.learn._part import group_name, other_name

if TYPE_CHECKING:
    from rowsmith.learn.database import DatabaseTables

EXCHANGES = 2
"""Times that all links are gone through, as what is mended for one may help another."""


def exchange(model: DatabaseTables, drawn: dict[str, Drawn], name: str, rng: np.random.Generator) -> None:
    """Have rows change parents where two came together that do not, since others had no room left."""
    part, rows = model.parts[name], drawn[name]
    numbers = {other_name(i): i for i, link in enumerate(model.links) if link.child == name}
    columns = list(dict.fromkeys(column for pairs in part.pairs for column in pairs.columns))
    groups = {c: groups_of(drawn[model.links[numbers[c]].parent].columns[group_name(numbers[c])]) for c in columns}
    fixed = [c for c in columns if numbers[c] in model.through or numbers[c] in part.within]
    free = [c for c in columns if c not in fixed]
    # First what must come together with a parent that cannot change. In the end parents have a row more or less where nothing else
    # helps; first those by a link to many, none of which then has many more, or less.
    last = sorted(free, key=lambda c: -len(groups[c]))
    turns = (
        [(c, True, True) for c in free]
        + [(c, True, False) for c in free * EXCHANGES]
        + [(c, False, False) for c in last]
    )
    for column, swap, only_fixed in turns:
        number, beside = numbers[column], []
        for pairs in part.pairs:
            other = pairs.columns[pairs.columns[0] == column]
            if column in pairs.columns and (other in fixed or not only_fixed):
                has = np.append(groups[other], -1)[rows.up[numbers[other]]]
                beside.append(Beside(pairs, has, pairs.columns[1] == column))
        if beside:
            wanted = groups_of(rows.columns[column])
            rows.up[number] = exchanged(rows.up[number], groups[column], wanted, beside, rng, swap=swap)
    for column in columns:  # as it has come to be
        rows.columns[column] = group_text(np.append(groups[column], -1)[rows.up[numbers[column]]])
