"""The risk that somebody is found in a table, of users' frames."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from rowsmith.augment._risk import Risk, risk_of
from rowsmith.core.frames import to_arrow

__all__ = ["Risk", "risk"]


def risk(data: Any, quasi: Sequence[str], *, sensitive: str | None = None, population: Any = None) -> Risk:
    """How likely somebody who knows some columns of a person finds the row of that person.

    Args:
        data: a frame (pandas, polars, Arrow).
        quasi: columns that others may know: age, sex, place.
        sensitive: a column that nobody shall learn from them.
        population: a frame of all persons that the rows may be of, with these columns; for the journalist's risk.

    Raises:
        DataError: no frame.
        SpecError: there is no such column.

    >>> import pyarrow as pa
    >>> found = risk(pa.table({"age": [30, 30, 41], "ill": ["a", "b", "a"]}), ["age"], sensitive="ill")
    >>> found.k, found.unique, found.prosecutor, round(found.marketer, 2), found.l
    (1, 1, 1.0, 0.67, 1)
    """
    quasi = (quasi,) if isinstance(quasi, str) else tuple(quasi)
    others = None if population is None else to_arrow(population)[0]
    return risk_of(to_arrow(data)[0], quasi, sensitive, others)
