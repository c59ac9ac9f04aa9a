"""Which columns of a table of a database follow from the row before of the same parent, and in which order its rows are."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from rowsmith.core import sql
from rowsmith.core.graph import joined
from rowsmith.core.schema import arrow_type
from rowsmith.learn._facts import Facts, coded
from rowsmith.learn._families import Families, agreement
from rowsmith.learn._numbers import floats_of
from rowsmith.learn._previous import KINDS, Follow, ends_of, find_follows, follows_of, holds, summed_by, sums_in
from rowsmith.learn._running import Running, ranks
from rowsmith.learn._tie_rules import computed
from rowsmith.learn._units import units_of

Index = NDArray[np.int64]

IN_ORDER = 0.999
"""Share of neighbours in families that must be in the order of a column for it to say the order of rows."""
ENOUGH, PERIODS, BY_TIME = 10_000, 20, 0.02
"""Rows that say whether a column goes by time, periods (and places) that are told apart, and agreement inside of them, at least."""
FEWEST = 30
"""Neighbours in families that must show that a time rises."""
RISING = 0.5
"""Share of them that differ in it, at least."""
TEXT = 4_000
"""Different texts up to which a column may say the order: months, days."""


def running_of(found: Facts, name: str, formulas: Mapping[str, str]) -> Running | None:
    """What follows from the row before in a table; None where nothing does, or it cannot be kept beside other formulas.

    Args:
        found: the database, with homes.
        name: of the table.
        formulas: of the table, beside its rules: over links, and those that nearly all rows keep.
    """
    table, home = found.schema.tables[name], found.home.get(name)
    if home is None or home.parent == name or table.public:
        return None
    families = Families.of(found.up[home], found.tables[home.parent].num_rows)
    own = [n for n in found.own(name) if not _copied(found, name, n)]
    for time in (None, *_times(found, name, own)):
        rows = families.rows if time is None else _by_time(found, name, families, time)
        out = _in(found, name, own, rows, families, formulas)
        if out is not None:
            follows, rules = out
            return _kept(found, name, follows, rows, families, time, rules)
    if table.follows:
        found.notes.append(
            f"{name}.follows: is not kept, for it does not hold among the rows of a parent in their order or in that of a time, a value is "
            "missing, or something else follows from the same columns."
        )
    return None


def _copied(found: Facts, name: str, column: str) -> bool:
    """Whether a column is that of a row which a link leads to."""
    return any(link.child == name and any(same.column == column for same in found.same[link]) for link in found.links)


def _times(found: Facts, name: str, own: Collection[str]) -> Iterator[str]:
    """Columns of times, of which each row has one."""
    for column in own:
        values = found.typed[name][column]
        if (pa.types.is_timestamp(values.type) or pa.types.is_date(values.type)) and not values.null_count:
            yield column


def _by_time(found: Facts, name: str, families: Families, time: str) -> Index:
    """Rows of families in the order of a time."""
    at = _ranks(found, name, time)[families.rows]
    return np.asarray(families.rows[np.lexsort((families.place, at, families.parent))])


def _ranks(found: Facts, name: str, column: str) -> NDArray[np.float64]:
    return ranks(column, found.tables[name][column].combine_chunks(), found.schema.tables[name].columns[column])


def _in(
    found: Facts, name: str, own: list[str], rows: Index, families: Families, formulas: Mapping[str, str]
) -> tuple[tuple[Follow, ...], dict[str, str]] | None:
    """Formulas over the row before of rows in an order, and the rules that are sums of a row that they build on.

    None where there are none, or something else hangs on the columns that follow.
    """
    table = found.schema.tables[name]
    kinds = {n: table.columns[n] for n in own if table.columns[n].kind in KINDS}
    kinds = {n: c for n, c in kinds.items() if found.typed[name][n].type == arrow_type(c.type)}
    at, rules = pa.array(rows), {**table.rules, **formulas}
    plain = {n: found.typed[name][n].take(at) for n in kinds}
    begins = np.append(families.starts[families.size > 0], len(rows))
    if table.follows:
        follows = list(follows_of(table.follows, table.columns, f"tables.{name}.follows"))
        follows = follows if holds(follows, plain, begins) else []
    else:
        follows = find_follows(plain, kinds, begins, set(table.primary_key), summed_by(rules, table.columns))
    if not follows:
        return None
    sums = {each.column: each for each in sums_in(table.rules, table.columns)}
    needed, ordered = list(follows), {f.column: f for f in follows}
    while needed:
        for term in needed.pop().terms:
            if term.column in sums and term.column not in ordered:
                ordered[term.column] = sums[term.column]
                needed.append(sums[term.column])
    read = {n for f in ordered.values() for n in (f.column, *(t.column for t in f.terms))}
    lacks = any(plain[n].null_count for n in read if n not in ordered) if read <= plain.keys() else True
    hang = any(
        column not in ordered and set(ordered) & set(sql.references(rule, rule_name))
        for rule_name, rule in rules.items()
        for column in computed({rule_name: rule}, table.columns)
    )
    if lacks or hang or set(ordered) & computed(formulas, table.columns):
        return None
    return _sorted(list(ordered.values())), rules


def _sorted(follows: list[Follow]) -> tuple[Follow, ...]:
    """Each after those of its row that it reads."""
    out = list[Follow]()
    while left := [f for f in follows if f not in out]:
        waiting = {f.column for f in left}
        ready = [f for f in left if not f.here & waiting]
        assert ready, "none of the formulas needs itself"
        out += ready
    return tuple(out)


def _kept(
    found: Facts,
    name: str,
    follows: tuple[Follow, ...],
    rows: Index,
    families: Families,
    time: str | None,
    rules: Mapping[str, str],
) -> Running | None:
    """The formulas with the order of rows, the ends of columns, and what may be changed to keep these."""
    table = found.schema.tables[name]
    columns = {f.column for f in follows}
    read = columns | {t.column for f in follows for t in f.terms}
    ruled = {n: set(sql.references(rule, n)) for n, rule in rules.items()}
    time = _order(found, name, rows, families, read) if time is None else time
    along = joined([] if time is None else [time], (names & table.columns.keys() for names in ruled.values()))
    if along & read:
        return None
    units = units_of(found, name)
    ends, free, seen = {}, dict[str, tuple[str, ...]](), list[str]()
    told = {n for names in ruled.values() if not names <= columns | _terms(follows) for n in names} | computed(
        rules, table.columns
    )
    inside = np.diff(families.parent) == 0
    for follow in follows:
        x = _plain(found, name, follow.column)[rows]
        own = ends_of(x, None if units is None else units[rows])
        if np.isfinite(own).any():
            ends[follow.column] = own
            free[follow.column] = tuple(sorted(_leaves(follow, follows) - columns - told))
        level = any(term.column == follow.column and term.ago for f in follows for term in f.terms)
        steps = np.diff(x)[inside]
        if level and not (np.nanmin(steps, initial=0) >= 0 or np.nanmax(steps, initial=0) <= 0):
            seen.append(follow.column)
    seen += [t.column for f in follows for t in f.terms if t.ago and t.column not in {*seen, *columns}]
    return Running(follows, tuple(dict.fromkeys(seen)), time, tuple(sorted(along)), ends, free)


def _terms(follows: tuple[Follow, ...]) -> set[str]:
    return {term.column for follow in follows for term in follow.terms}


def _leaves(follow: Follow, follows: tuple[Follow, ...]) -> set[str]:
    """Columns of the row that a formula adds up in the end."""
    inner = {f.column: f for f in follows}
    return {leaf for n in follow.here for leaf in (_leaves(inner[n], follows) if n in inner else {n})}


def _order(found: Facts, name: str, rows: Index, families: Families, read: Collection[str]) -> str | None:
    """A column in whose order the rows of families are: times rather than text, text rather than numbers."""
    inside, best = np.diff(families.parent) == 0, list[tuple[int, str]]()
    for column in found.own(name):
        values = found.typed[name][column]
        kind = values.type.value_type if pa.types.is_dictionary(values.type) else values.type
        time = pa.types.is_timestamp(kind) or pa.types.is_date(kind)
        text = pa.types.is_string(kind) and found.schema.tables[name].columns[column].kind == "category"
        if column in read or values.null_count or not (time or text or pa.types.is_integer(kind)):
            continue
        if text and len(values.unique()) > TEXT:
            continue
        steps = np.diff(_ranks(found, name, column)[rows])[inside]
        if len(steps) and (steps >= 0).mean() >= IN_ORDER and (steps > 0).mean() >= RISING:
            best.append((0 if time else 1 if text else 2, column))
    return min(best)[1] if best else None


def _plain(found: Facts, name: str, column: str) -> NDArray[np.float64]:
    return floats_of(found.typed[name][column])


def rising_of(
    found: Facts, name: str, formulas: Mapping[str, str], ordered: Collection[str]
) -> dict[str, tuple[str, ...]]:
    """Times in whose order the rows of a family stand: placed, paid, sent; each with the columns that go along with it.

    These are what rules hold together with it, and what hangs on it more than on the place in the family.

    Args:
        found: the database, with homes.
        name: of the table.
        formulas: of the table, beside its rules.
        ordered: tables whose rows are in an order of their own.
    """
    table, home = found.schema.tables[name], found.home.get(name)
    if home is None or home.parent == name or table.public or name in ordered:
        return {}
    if any(
        link.parent == name for link in found.home.values()
    ):  # what children are like is known by the time that was drawn
        return {}
    families = Families.of(found.up[home], found.tables[home.parent].num_rows)
    inside, out = np.diff(families.parent) == 0, dict[str, tuple[str, ...]]()
    ruled = [table.columns.keys() & set(sql.references(rule, n)) for n, rule in {**table.rules, **formulas}.items()]
    fixed = {n for n in table.columns if _copied(found, name, n)} | set(table.primary_key)
    for column in found.own(name):
        kind = found.typed[name][column].type
        if column in fixed or any(column in along for along in out.values()):
            continue
        if found.typed[name][column].null_count or not (pa.types.is_timestamp(kind) or pa.types.is_date(kind)):
            continue
        steps = np.diff(_ranks(found, name, column)[families.rows])[inside]
        if len(steps) < FEWEST or (steps >= 0).mean() < IN_ORDER or (steps > 0).mean() < RISING:
            continue
        along = joined([column], ruled)
        if not along & fixed:
            more = {
                n
                for n in found.telling(name)
                if n not in fixed | along and _by_time_rather(found, name, n, column, families)
            }
            out[column] = tuple(sorted(along | more))
    return out


def _by_time_rather(found: Facts, name: str, column: str, time: str, families: Families) -> bool:
    """Whether what a row has hangs on when it came more than on how many came before and after it."""
    rows = families.rows[:: max(1, len(families.rows) // ENOUGH)]
    place, size = (
        each[:: max(1, len(families.rows) // ENOUGH)] for each in (families.place, families.size[families.parent])
    )
    codes, ordered = coded(found.typed[name][column])
    at = found.typed[name][time].take(pa.array(rows)).cast(pa.timestamp("s"), safe=False).cast(pa.int64()).to_numpy()
    ranks_of = np.argsort(np.argsort(at, kind="stable"), kind="stable")
    when = (ranks_of * PERIODS // max(len(at), 1), at // 3_600 % 24, at // 86_400 % 7)
    where = (
        np.minimum(place, PERIODS),
        np.minimum(size - place, PERIODS),
        np.minimum(place, PERIODS) * len(rows) + size,
    )
    by_time, by_place = (max(agreement(codes[rows], ordered, of) for of in each) for each in (when, where))
    return by_time > max(by_place, BY_TIME)


def rules_beside(rules: Mapping[str, str], running: Running) -> dict[str, str]:
    """Rules that do not read what follows from the row before, and are kept where rows are drawn."""
    return {n: rule for n, rule in rules.items() if not set(running.columns) & set(sql.references(rule, n))}
