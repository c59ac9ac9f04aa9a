"""What is given to rows by those that bring them forth: columns of the parent, siblings before, how deep they are."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import replace

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from rowsmith.core.codecs import shares_of
from rowsmith.core.schema import Column
from rowsmith.core.shield import FEW, fewest, fewest_units
from rowsmith.learn._facts import Facts, coded
from rowsmith.learn._families import Families
from rowsmith.learn._helpers import Helpers, Learnt, numbers_in, timed_in
from rowsmith.learn._links import Link
from rowsmith.learn._parent_times import bounds_of
from rowsmith.learn._part import (
    COUNT,
    FAMILY_PLACE,
    FAMILY_SIZE,
    FLAG,
    MEAN,
    Above,
    common_name,
    depth_name,
    flag_name,
    flat,
    group_name,
    other_name,
    taken,
)
from rowsmith.learn._running import ALONE
from rowsmith.learn._units import units_above, units_of

Index = NDArray[np.int64]

CONTEXT = 24
"""Columns of a parent that are given to its children, at most."""


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
    context += [n for n in further if n.startswith("↑")][: max(0, CONTEXT - len(context))]
    through = tuple(
        found.numbers[link]
        for link, (way, second) in found.through.items()
        if way == home and second == found.home.get(home.parent) and second.parent != home.parent
    )
    known = {*(c.column for c in same), *map(other_name, through)}
    inside, moved = helpers.inside.get(name, (number, None))
    timed = () if moved is None else timed_in(inside, moved)
    shared = {n: how for n, how in helpers.shared[name].items() if n not in known and n not in timed}
    depth = helpers.depths.get(name)
    running = helpers.running.get(name)
    if running is not None:
        depth = running.order(found.tables[name], found.schema.tables[name])
    families = Families.of(up, found.tables[home.parent].num_rows, depth)
    families = families if running is None else replace(families, alone=ALONE)
    back = np.full(len(up), -1)
    back[families.rows] = np.arange(len(families.rows))
    place, depths = np.where(back >= 0, np.append(families.place, -1)[back], -1), ()
    if itself and depth is not None:
        place = depth
        depths = tuple(np.bincount(place).tolist())
    size = np.where(up >= 0, np.append(families.size, -1)[up], -1)
    more: dict[str, Learnt] = {
        FAMILY_SIZE: (COUNT, pa.array(size, pa.int64(), mask=size < 0)),
        FAMILY_PLACE: (COUNT, pa.array(place, pa.int64(), mask=place < 0)),
    }
    if name in helpers.inside:
        more[depth_name(inside)] = COUNT, pa.array(depth)
    bounds = bounds_of(found, name, home)
    for source in dict.fromkeys([*context, *(bound.source for bound in bounds), *read]):
        more[f"↑{source}"] = _as_known(found, home.parent, above[source][0]), taken(above[source][1], up)
    key = found.schema.tables[name].primary_key
    rules = [*found.schema.tables[name].rules.values(), *(habits or {}).values()]
    before = families.before()
    seen = () if running is None else tuple(n for n in running.seen if n not in shared)
    for column in (*shared, *seen):
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
            context=tuple(n.removeprefix("↑") for n in more if n.startswith("↑")),
            means=tuple(aimed),
            before=(*shared, *seen),
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
