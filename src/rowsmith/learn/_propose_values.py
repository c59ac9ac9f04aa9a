"""Links that values show where names do not: codes that another table's key holds (`recruited_by`), numbers called ids (`home_id`)."""

from __future__ import annotations

import math
import re

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

CHANCE = 1e-6
"""Chance at which numbers would all stand among the keys of a range, from which on they show a link."""
FEWEST = 10
"""Different values that must stand in a key which no name means."""
COVERED = 0.5
"""Share of a key's numbers that must come in a column that is called an id, where they lie too close to show it themselves."""
CODED = 0.9
"""Share of a key's texts that must hold a digit: words stand in many tables, codes in one."""


def told_by_values(values: pa.Array, key: pa.Array, called_id: bool) -> str:
    """Why a column points to a key that its name does not mean; empty if nothing shows it.

    Args:
        values: of the column, whole numbers or text.
        key: values of a key, no two the same, of the same type.
        called_id: whether the column's name ends as that of an id.
    """
    known = pc.unique(values.drop_null())
    if known.type != key.type or len(known) < FEWEST or not pc.all(pc.is_in(known, value_set=key)).as_py():
        return ""
    if pa.types.is_string(key.type):
        coded = sum(bool(re.search(r"\d", text)) for text in key.drop_null().to_pylist())
        return "which no other codes would be" if coded >= CODED * len(key) else ""
    if len(known) * math.log(filled(key)) < math.log(CHANCE):
        return "which chance would not do"
    return "and the name ends as an id's" if called_id and len(known) >= COVERED * len(key) else ""


def filled(key: pa.Array) -> float:
    """Share of the numbers between the first and the last one of a key, in its steps, that it has."""
    places = np.unique(key.to_numpy())
    step = int(np.gcd.reduce(np.diff(places))) or 1
    return len(places) / ((int(places[-1]) - int(places[0])) // step + 1)
