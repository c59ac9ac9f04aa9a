"""What hangs on how deep a row of a hierarchy stands: few rows are at its top, so what is learnt of the others must serve them."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import dataclass

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from rowsmith.core.shield import FEW, Units, scarce
from rowsmith.learn._facts import Facts
from rowsmith.learn._numbers import is_number
from rowsmith.learn._relations import numbers_of
from rowsmith.learn._units import units_of

Index = NDArray[np.int64]

LEVEL = 5
"""Rows of a depth from which on their mean is taken for that of the depth; of others it follows from the line through the nearest two."""
TELLS = 0.1
"""Share of a column's variance between depths from which on it is learnt apart from the depth."""


@dataclass(frozen=True)
class Trend:
    """What a number is on average at each depth of a hierarchy.

    Attributes:
        means: by depth.
    """

    means: tuple[float, ...]

    def rest(self, values: pa.Array, depth: Index) -> pa.Array:
        """What numbers are above or below the mean of their depth."""
        numbers = numbers_of(values)
        assert numbers is not None, "only numbers have a mean"
        rest = numbers - np.array(self.means)[depth]
        return pa.array(rest, mask=~np.isfinite(rest))


def trends_of(found: Facts, name: str, depth: Index, habits: Collection[str] = ()) -> dict[str, Trend]:
    """Numbers of a hierarchy that hang on the depth.

    Args:
        found: the database.
        name: of the table.
        depth: how many rows are above each.
        habits: formulas of the table, whose columns are left as they are.
    """
    out = {}
    for column, values in _free(found, name, habits):
        if not is_number(values.type):
            continue
        numbers = numbers_of(values)
        assert numbers is not None, "it is a number"
        trend = _trend(numbers, depth)
        if trend is not None:
            out[column] = trend
    return out


def _free(found: Facts, name: str, habits: Collection[str] = ()) -> Iterator[tuple[str, pa.Array]]:
    """Columns of a hierarchy that neither the parent nor a rule nor the key says, and that stand as what they are."""
    table = found.schema.tables[name]
    fixed = {each.column for each in found.same[found.home[name]]} | set(table.primary_key)
    for column in found.telling(name):
        values = found.typed[name][column]
        in_rules = any(column in rule for rule in (*table.rules.values(), *habits))
        if column not in fixed and not in_rules and values.type == found.tables[name][column].type:
            yield column, values


def _trend(numbers: NDArray[np.float64], depth: Index) -> Trend | None:
    known = np.isfinite(numbers)
    n = int(depth.max(initial=0)) + 1
    count = np.bincount(depth[known], minlength=n)
    mean = np.bincount(depth[known], weights=numbers[known], minlength=n) / np.maximum(count, 1)
    good = np.flatnonzero(count >= LEVEL)
    spread = numbers[known].var()
    if len(good) < 2 or spread == 0:
        return None
    rest = numbers[known] - mean[depth[known]]
    if 1 - rest.var() / spread < TELLS:
        return None
    at = np.arange(n)
    steps = np.diff(mean[good]) / np.diff(good)
    means = np.interp(at, good, mean[good])
    means += steps[0] * np.minimum(at - good[0], 0) + steps[-1] * np.maximum(at - good[-1], 0)
    return Trend(tuple(float(m) for m in means))


def steady_of(found: Facts, name: str, depth: Index) -> dict[str, tuple[str | int | None, ...]]:
    """Columns of which all rows of some depth of a hierarchy have the same: those at its top lead, and are too few for trees to learn it.

    Args:
        found: the database.
        name: of the table.
        depth: how many rows are above each.

    Returns:
        By column the value at each depth, None where rows differ, or are too few for their value to be kept.
    """
    units, out = units_of(found, name), {}
    for column, values in _free(found, name):
        kind = values.type
        if not (pa.types.is_string(kind) or pa.types.is_boolean(kind) or pa.types.is_integer(kind)):
            continue
        each = [_one(values, depth == level, units) for level in range(int(depth.max(initial=0)) + 1)]
        if len(set(each) - {None}) > 0 and int(pc.count_distinct(values).as_py()) > 1:
            out[column] = tuple(each)
    return out


def _one(values: pa.Array, here: NDArray[np.bool_], units: Units | None) -> str | int | None:
    """The value that all of some rows have, if there is one that enough have."""
    some = values.filter(pa.array(here))
    several = some.null_count > 0 or int(pc.count_distinct(some).as_py()) != 1
    return None if several or scarce(here, FEW, units) else some[0].as_py()
