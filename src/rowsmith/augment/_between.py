"""Rows between two rows."""

from __future__ import annotations

from collections.abc import Collection

import numpy as np
import pyarrow as pa

from rowsmith.augment._change import Floats, Ints
from rowsmith.augment._numbers import Ruler, floats
from rowsmith.augment._space import is_line
from rowsmith.augment._subject import Subject
from rowsmith.core.rng import Key


def between(
    subject: Subject,
    base: Ints,
    other: Ints,
    key: Key,
    *,
    place: Floats | None = None,
    same: Collection[str] = (),
) -> pa.Table:
    """Rows between pairs of rows: numbers and times on the line between both, other values from one of them.

    Args:
        subject: the table.
        base: one end of each row, shape (m,).
        other: the other end, shape (m,).
        key: random stream.
        place: how far from the base each row lies, 0 to 1; by chance if left out.
        same: columns whose values come from the base.

    Returns:
        m rows. Where one of two numbers is missing, the value is that of the end that a coin takes, as of other columns.
    """
    place = key.child("place").generator().random(len(base)) if place is None else place
    ends = pa.array(base), pa.array(other)
    columns = []
    for field in subject.table.schema:
        values = subject.values(field.name)
        if field.name in same or field.name in subject.fixed:
            columns.append(values.take(ends[0]))
            continue
        coin = key.child(field.name).generator().random(len(base)) < place
        chosen = values.take(pa.array(np.where(coin, other, base)))
        if is_line(subject, field.name):
            ruler = Ruler.of(field.name, values)
            a, b = floats(values)[base], floats(values)[other]
            with np.errstate(invalid="ignore"):
                middle = a + (b - a) * place
            # whole numbers are rounded by chance, so that their mean stays
            if ruler.grain >= 1:
                middle += ruler.grain * (key.child(field.name, "round").generator().random(len(base)) - 0.5)
            low, high = np.fmin(a, b), np.fmax(a, b)
            chosen = ruler.at(np.clip(middle, low, high), chosen)
        columns.append(chosen)
    return pa.table(columns, schema=subject.table.schema)
