"""What is given to rows by those that bring them forth: columns of the parent, siblings before, how deep they are."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, replace

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from rowsmith.core.codecs import shares_of
from rowsmith.core.schema import Column
from rowsmith.core.shield import FEW, Units, fewest, fewest_units, scarce
from rowsmith.learn._facts import Facts, coded
from rowsmith.learn._families import Families
from rowsmith.learn._helpers import Helpers, Learnt, numbers_in
from rowsmith.learn._links import Link
from rowsmith.learn._parent_times import bounds_of
from rowsmith.learn._part import COUNT, FLAG, MEAN, Above, common_name, flag_name, flat, group_name, other_name, taken
from rowsmith.learn._relations import numbers_of
from rowsmith.learn._units import units_above, units_of

Index = NDArray[np.int64]

CONTEXT = 24
"""Columns of a parent that are given to its children, at most."""
LEVEL = 5
"""Rows of a depth from which on their mean is taken for that of the depth; of others it follows from the line through these."""
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


def trends_of(found: Facts, name: str, depth: Index) -> dict[str, Trend]:
    """Numbers of a hierarchy that hang on the depth: few rows are at its top, so what is learnt of the others must serve them."""
    out = {}
    for column, values in _free(found, name):
        kind = values.type
        if not (pa.types.is_integer(kind) or pa.types.is_floating(kind) or pa.types.is_decimal(kind)):
            continue
        numbers = numbers_of(values)
        assert numbers is not None, "it is a number"
        trend = _trend(numbers, depth)
        if trend is not None:
            out[column] = trend
    return out


def _free(found: Facts, name: str) -> Iterator[tuple[str, pa.Array]]:
    """Columns of a hierarchy that neither the parent nor a rule nor the key says, and that stand as what they are."""
    table = found.schema.tables[name]
    fixed = {each.column for each in found.same[found.home[name]]} | set(table.primary_key)
    for column in found.telling(name):
        values = found.typed[name][column]
        in_rules = any(column in rule for rule in table.rules.values())
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
    line = np.polyfit(good, mean[good], 1, w=np.sqrt(count[good]))
    means = np.where(count >= LEVEL, mean, np.polyval(line, np.arange(n)))
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


def _columns(found: Facts, table: str) -> dict[str, Learnt]:
    """Columns of a table that are learnt, and how."""
    known, rows = found.schema.tables[table].columns, found.tables[table]
    return {n: (known[n], rows[n].combine_chunks()) for n in found.own(table)}


def _as_known(found: Facts, table: str, column: Column) -> Column:
    """A column of a parent as its children know it: what a table keeps whose rows are entities themselves is kept below it too."""
    if units_above(found, table) is not None:
        return column
    units, rows = units_of(found, table), found.tables[table].num_rows
    said = {n: int(column.settings.get(n, FEW)) for n in shares_of(column.kind)}
    few = {n: fewest(rare, rows) if units is None else fewest_units(rare, units) for n, rare in said.items()}
    return replace(column, settings={**column.settings, **few})


def above_of(
    found: Facts,
    name: str,
    home: Link,
    helpers: Helpers,
    given: Mapping[str, Mapping[str, Learnt]],
    columns: Mapping[str, Learnt],
    read: Collection[str] = (),
    habits: Mapping[str, str] | None = None,
) -> tuple[Above, dict[str, Learnt]]:
    """How rows hang on their parents, and the columns that are given for it.

    Args:
        found: the database.
        name: of the table.
        home: the link that brings its rows forth.
        helpers: of all tables.
        given: what is given to the rows of other tables.
        columns: of the table, as they are learnt, helpers too.
        read: columns of the parent that formulas read.
        habits: formulas of the table.
    """
    number, up, itself = found.numbers[home], found.up[home], home.parent == name
    above = dict(columns) if itself else _columns(found, home.parent) | helpers.columns[home.parent]
    same = found.same[home]
    telling = found.telling(home.parent)
    context = [n for n in above if n == group_name(number) or n.startswith(common_name(number, ""))]
    context += [n for n in telling if n not in {c.source for c in same if not c.add}]
    context += [n for n in above if n.startswith("↗")]
    context = context[:CONTEXT]
    further = {} if itself else given.get(home.parent, {})
    above |= further
    context += [n for n in further if n.startswith("↑") and n not in ("↑size", "↑place")][
        : max(0, CONTEXT - len(context))
    ]
    through = tuple(
        found.numbers[link]
        for link, (way, second) in found.through.items()
        if way == home and second == found.home.get(home.parent) and second.parent != home.parent
    )
    known = {*(c.column for c in same), *map(other_name, through)}
    shared = {n: how for n, how in helpers.shared[name].items() if n not in known}
    families = Families.of(up, found.tables[home.parent].num_rows)
    back = np.full(len(up), -1)
    back[families.rows] = np.arange(len(families.rows))
    place, depths = np.where(back >= 0, np.append(families.place, -1)[back], -1), ()
    if itself:
        place = depth_of(up)
        depths = tuple(np.bincount(place).tolist())
    size = np.where(up >= 0, np.append(families.size, -1)[up], -1)
    more: dict[str, Learnt] = {
        "↑size": (COUNT, pa.array(size, pa.int64(), mask=size < 0)),
        "↑place": (COUNT, pa.array(place, pa.int64(), mask=place < 0)),
    }
    bounds = bounds_of(found, name, home)
    for source in dict.fromkeys([*context, *(bound.source for bound in bounds), *read]):
        more[f"↑{source}"] = _as_known(found, home.parent, above[source][0]), taken(above[source][1], up)
    key = found.schema.tables[name].primary_key
    rules = [*found.schema.tables[name].rules.values(), *(habits or {}).values()]
    before = families.before()
    for column in shared:
        values = taken(columns[column][1], np.where(before >= 0, np.append(families.rows, -1)[before], -1))
        more[f"←{column}"] = columns[column][0], taken(values, back)
    aimed = [n for n, how in shared.items() if how == "mean"]
    for column in aimed:
        numbers = numbers_in(found, columns, name, column)[families.rows]
        mean = numbers_in(found, above, home.parent, common_name(number, column))
        rest = families.left_to_draw(numbers, mean)
        rest = np.append(rest, np.nan)[back]
        more[f"→{column}"] = MEAN, pa.array(rest, mask=~np.isfinite(rest))
    return (
        Above(
            link=number,
            context=tuple(n.removeprefix("↑") for n in more if n.startswith("↑") and n not in ("↑size", "↑place")),
            means=tuple(aimed),
            before=tuple(shared),
            likely=tuple(n for n, how in shared.items() if how == "mode" and n in helpers.profiled[name]),
            usual=tuple(
                n
                for n, how in shared.items()
                if how == "mode" and not n.startswith("↓") and n not in key and not any(n in rule for rule in rules)
            ),
            copied=tuple(same),
            through=tuple(i for i in through if other_name(i) in columns),
            loose=int((up < 0).sum()),
            depths=depths,
        ),
        more,
    )


def flags_of(
    names: Collection[str], columns: Mapping[str, Learnt], link: int, helpers: Mapping[str, Learnt], up: Index
) -> dict[str, Learnt]:
    """Whether columns of these names are what is usual in the family."""
    out: dict[str, Learnt] = {}
    for column in names:
        usual = taken(helpers[common_name(link, column)][1], up)
        both = coded(pa.chunked_array([flat(columns[column][1]), flat(usual)]).combine_chunks())[0]
        out[flag_name(column)] = FLAG, pa.array(both[: len(up)] == both[len(up) :], mask=up < 0)
    return out


def depth_of(up: Index) -> Index:
    """How many rows are above each, in a table whose rows point to one another without a loop."""
    out = np.where(up < 0, 0, -1)
    while (out < 0).any():
        out = np.where(out < 0, np.where(out[up] >= 0, out[up] + 1, -1), out)
    return out
