"""Entities of a single table, each with all its rows, as the rows of a table of entities."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from rowsmith.core.rng import Key
from rowsmith.evaluate._align import Aligned, Columns, Feature
from rowsmith.evaluate._context import Context
from rowsmith.evaluate._family import FEW, Family, aggregate_features
from rowsmith.evaluate._stats import Ints


def whole_groups(
    aligned: Aligned,
    more: Sequence[Feature],
    columns: Mapping[str, Sequence[NDArray[np.float64]]],
    groups: Mapping[str, Ints],
    own: Mapping[str, Columns],
    key: Key,
    workers: int,
) -> Context | None:
    """Entities as they are attacked; None where the real or the synthetic table has fewer than `FEW`.

    Args:
        aligned: columns of the rows; those that only name rows are left out.
        more: further columns, such as the time.
        columns: these, by role.
        groups: number of the entity of each row, by role, shape (rows,).
        own: what is known of the entities beside what their rows come to, by role; numbers of things.
        key: random stream.
        workers: threads.
    """
    if min(own[role].n for role in ("real", "synthetic")) < FEW:
        return None
    told = [i for i, f in enumerate(aligned.features) if not f.identifier]
    features = [*(aligned.features[i] for i in told), *more]
    sides = {}
    for role, table in aligned.tables.items():
        rows = Columns((*table.pick(told).arrays, *columns[role]), table.n)
        above = own[role]
        arrays = Family(above, rows, rows, groups[role], {}, {}).aggregates(features, fine=True).arrays
        sides[role] = Columns((*above.arrays, *arrays), above.n)
    counted = [Feature("baskets", "number", whole=True)] * len(own["real"].arrays)
    return Context(
        features=(*counted, *aggregate_features("rows", features, fine=True)),
        real=sides["real"],
        synthetic=sides["synthetic"],
        holdout=sides.get("holdout"),
        names=(),
        target=None,
        key=key,
        workers=workers,
    )
