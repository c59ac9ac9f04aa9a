"""Learning one table of a database."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from typing import Any

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from rowsmith.core import sql
from rowsmith.core.codecs import check_public, fit_codec
from rowsmith.core.protocols import Learner, Progress, silent
from rowsmith.core.rng import Key
from rowsmith.core.schema import Column, Table
from rowsmith.core.shield import Units
from rowsmith.learn._above import above_of, flags_of
from rowsmith.learn._barren import Barren, barren_in
from rowsmith.learn._depths import steady_of
from rowsmith.learn._facts import Facts, check_rules, is_single
from rowsmith.learn._families import Families
from rowsmith.learn._find_running import rising_of, rules_beside
from rowsmith.learn._helpers import Helpers, Learnt, timed_in
from rowsmith.learn._kept_keys import KIND, LIST, WORDS, Kept
from rowsmith.learn._lines import Counted, on_line, parts_of
from rowsmith.learn._links import Link
from rowsmith.learn._once import never_same, once
from rowsmith.learn._orphans import Orphans
from rowsmith.learn._parent_pairs import pairs_of
from rowsmith.learn._parent_times import bounds_of, rules_of
from rowsmith.learn._part import (
    FAMILY_PLACE,
    MEAN,
    Made,
    Part,
    group_name,
    other_name,
    taken,
)
from rowsmith.learn._profile import Profile
from rowsmith.learn._proposals import gone_where
from rowsmith.learn._relations import numbers_of
from rowsmith.learn._spells import spells_of
from rowsmith.learn._tiers import Tiers
from rowsmith.learn._ties import quoted
from rowsmith.learn._told import Told
from rowsmith.learn._units import copying, family_sizes, sharing, units_of
from rowsmith.learn.table import TableModel, fit_table

Index = NDArray[np.int64]

DENSE = 0.5
"""Share of the places on a line that families must fill for these to be made, not learnt."""
IN_ORDER = 0.99
"""Share of neighbouring rows in order from which on a table counts as sorted."""
FEWEST_SORTED = 10
"""Different values of a column by which a table is sorted, at least."""


def fit_part(
    found: Facts,
    name: str,
    helpers: Helpers,
    said: Told,
    given: dict[str, dict[str, Learnt]],
    learner: Learner,
    *,
    key: Key,
    workers: int = 1,
    progress: Progress = silent,
) -> Part:
    """Learn a table.

    Args:
        found: the database.
        name: of the table.
        helpers: of all tables.
        said: formulas of all tables over links.
        given: what is given to the rows of tables that were learnt before, by table; what is given to this one is added.
        learner: settings of the learner.
        key: random stream of the fit.
        workers: how many threads.
        progress: told what has been done.
    """
    schema, table = found.schema.tables[name], found.tables[name]
    if schema.public:
        return _public(found, name, helpers, said, given, key)
    made = found.made(name)
    check_rules(schema, name, found.pointing(name) | set(made))
    for c, known_as in schema.columns.items():
        check_public(f"tables.{name}.columns.{c}", known_as)
    home, numbers, units = found.home.get(name), found.numbers, units_of(found, name)
    counted = _counted(found, name, home)
    own = [c for c in found.own(name) if c not in counted]
    columns: dict[str, Learnt] = {c: (schema.columns[c], table[c].combine_chunks()) for c in own}
    columns |= helpers.columns[name] | said.helpers(found, name)
    habits = said.habits(found, name)
    missing = _missing_by_links(found, name, columns, helpers)
    known: dict[str, Learnt] = {}
    rules, above, outline, tiers = dict(schema.rules), None, None, _tiers(found, name, helpers)
    itself = home is not None and home.parent == name
    profile = () if itself else tuple(helpers.profiled[name])
    if home is not None:
        depth, trends = helpers.depths.get(name), helpers.trends.get(name, {})
        steady = {} if depth is None else steady_of(found, name, depth)
        columns |= {
            c: (MEAN, trend.rest(found.typed[name][c], depth)) for c, trend in trends.items() if depth is not None
        }
        above, more = above_of(found, name, home, helpers, given, columns, said.above(found, name), habits | missing)
        for column in counted:
            more[column] = schema.columns[column], table[column].combine_chunks()
            more |= parts_of(column, found.typed[name][column])
        usual = above.link, helpers.columns[home.parent], found.up[home]
        columns |= more | flags_of(above.usual, columns, *usual)
        known = {n: columns[n] for n in [*more, *above.known, *profile]}
        bounds = [b for b in bounds_of(found, name, home) if b.column in columns and b.column not in known]
        kept = found.schema.tables[home.parent].rules.values()
        first = {n: columns[n] for n in more if not n.startswith(("←", "→"))}
        if tiers is not None and tiers.moved is not None:
            timed = {n: columns[n] for n in timed_in(tiers.link, tiers.moved) if n in columns}
            both = first | {n: columns[n] for n in profile} | timed
            of_times = {n: rule for n, rule in schema.rules.items() if set(sql.references(rule, n)) <= timed.keys()}
            of_times |= rules_of([b for b in bounds if b.column in timed], columns, home.parent, kept)
            stream, without = key.child("clock"), tuple(n for n in both if n not in timed)
            clock = _fit_model(name, both, without, of_times, learner, stream, workers, units=units)
            tiers = dataclasses.replace(tiers, clock=clock)
            known |= timed
            steady = {c: values for c, values in steady.items() if c not in timed}
        if profile:
            # What a row has in common with its siblings counts most when one is sought that is like it.
            profile = (*above.likely, *(n for n in profile if n not in above.likely))
            both = first | {n: columns[n] for n in profile} | flags_of(above.likely, columns, *usual)
            stream = key.child("outline")
            outline = _fit_model(name, both, tuple(first), {}, learner, stream, workers, units=units)
        above = dataclasses.replace(above, trends={c: trend.means for c, trend in trends.items()}, steady=steady)
        rules |= rules_of([b for b in bounds if b.column not in known], columns, home.parent, kept)
    else:
        known = {n: columns[n] for n in profile}
    running, owners = helpers.running.get(name), dict[str, Index]()
    if running is not None:
        place = columns[FAMILY_PLACE][1].fill_null(-1).to_numpy(zero_copy_only=False)
        lent = {n: running.first_only(n, columns[n][1], place) for n in running.columns}
        columns |= {n: (columns[n][0], each.values) for n, each in lent.items()}
        owners = {n: each.owners for n, each in lent.items()}
        rules, habits = (rules_beside(each, running) for each in (rules, habits))
    rules |= {f"{n} missing": rule for n, rule in missing.items() if n not in known}
    given[name] = known | said.helpers(found, name)
    apart, by_family = _telling_apart(found, name, home, own)
    unique = () if by_family else apart
    part = Part(
        name=name,
        schema=dataclasses.replace(schema, foreign_keys=(), follows={} if running is None else running.said),
        n_rows=table.num_rows,
        model=_fit_model(
            name, columns, tuple(known), rules, learner, key, workers, progress, unique, units, habits, owners
        ),
        given=tuple(known),
        above=above,
        profile=Profile.of({n: columns[n] for n in profile}, table.num_rows, key, units),
        outline=outline,
        counts=_counts(found, name),
        barren=_barren(found, name, columns, units),
        made={c: _made(c, schema.columns[c], table[c].combine_chunks(), key.child("made", c)) for c in made},
        kept=_kept(found, name, made, key),
        counted=counted,
        telling_apart=apart,
        by_family=by_family,
        pairs=pairs_of(_alone(found, name, columns), units),
        once=tuple(tuple(numbers[link] for link in links) for links in once(found, name)),
        never=tuple((numbers[one], numbers[other]) for one, other in never_same(found, name)),
        rising=rising_of(found, name, said.habits(found, name), {*helpers.running, *helpers.inside}),
        spells=spells_of(found, name, said),
        picked={numbers[link]: tuple(some) for link in found.below(name) if (some := said.picked.get(link))},
        rollups={numbers[link]: tuple(each) for link in found.below(name) if (each := said.sums.get(link))},
        matched={
            numbers[link]: tuple(found.same[link])
            for link in found.others(name)
            if found.same[link] and link.parent != name
        },
        reads=said.reads(found, name),
        within=helpers.within[name],
        tiers=tiers,
        usual={link: tuple(others) for link, others in helpers.usual.get(name, {}).items()},
        running=running,
        sorted_by=_sorted_by(found, name),
        kept_together=home is not None
        and len(found.up[home]) > 1
        and bool((np.diff(found.up[home]) >= 0).mean() >= IN_ORDER),
    )
    if above is None or not above.loose:
        return part
    loose = pa.array(np.flatnonzero(found.up[found.links[above.link]] < 0))
    alone = {n: _made(n, columns[n][0], columns[n][1].take(loose), key, as_key=False) for n in above.known}
    return dataclasses.replace(part, alone=alone)


def _kept(found: Facts, name: str, made: list[str], key: Key) -> dict[str, Kept]:
    """Keys that are words, and what goes with them in a short list: other words, and what rows below copy."""
    columns, table = found.schema.tables[name].columns, found.tables[name]
    keys = {c: sharing(found, name, c) for c in made if columns[c].kind == KIND}
    more = [c for c in found.own(name) if not table[c].null_count] if keys and table.num_rows < LIST else []
    words = [c for c in more if columns[c].kind in WORDS and not columns[c].settings.get("made_up")]
    shared = keys | {c: copying(found, name, c) for c in more}
    return {
        c: Kept.of(c, columns[c], table[c].combine_chunks(), n, key.child("kept", c))
        for c, n in shared.items()
        if c in keys or c in words or n.any()
    }


def _tiers(found: Facts, name: str, helpers: Helpers) -> Tiers | None:
    """How deep the rows of a family stand that hang on one another."""
    if name not in helpers.inside:
        return None
    home = found.home[name]
    families = Families.of(found.up[home], found.tables[home.parent].num_rows)
    number, moved = helpers.inside[name]
    return Tiers.of(number, families, helpers.depths[name][families.rows], family_sizes(found, home), moved)


def _missing_by_links(found: Facts, name: str, columns: Mapping[str, Learnt], helpers: Helpers) -> dict[str, str]:
    """What is missing by links, as rules that read the links' helpers.

    A row may have no parent: who has no boss is the head, an open case has no clerk. Or the parent says what is missing: a car
    of the electric tariff has no tank.
    """
    groups = {n: columns[n] for link in found.others(name) if (n := other_name(found.numbers[link])) in columns}
    home = found.home.get(name)
    if home is not None and home.parent != name and is_single(found, home):
        kind, values = helpers.columns[home.parent][group_name(found.numbers[home])]
        groups[f"↑{group_name(found.numbers[home])}"] = kind, taken(values, found.up[home])
    some = {n: columns[n] for n in found.telling(name) if n in columns} | groups
    kinds, rows = {n: kind for n, (kind, _) in some.items()}, {n: values for n, (_, values) in some.items()}
    said = gone_where(rows, kinds, frozenset()) if rows else ()
    return {n: rule for n, rule in said if n in groups or any(quoted(group) in rule for group in groups)}


def _alone(found: Facts, name: str, columns: Mapping[str, Learnt]) -> dict[str, pa.Array]:
    """Groups of a table's other parents, of links of which each parent is a group of its own."""
    names = {other_name(found.numbers[link]) for link in found.others(name) if is_single(found, link)}
    return {n: values for n, (_, values) in columns.items() if n in names}


def _public(
    found: Facts, name: str, helpers: Helpers, said: Told, given: dict[str, dict[str, Learnt]], key: Key
) -> Part:
    """A table whose rows come as they are."""
    schema, table, numbers = found.schema.tables[name], found.tables[name], found.numbers
    given[name] = said.helpers(found, name)
    public = {}
    columns = {c: (known, table[c].combine_chunks()) for c, known in schema.columns.items()}
    for column, (known, values) in (columns | given[name]).items():
        codec = fit_codec(column, Column(kind="category", type=known.type, public=True), values, key)
        public[column] = codec, codec.encode(values)
    return Part(
        name=name,
        schema=dataclasses.replace(schema, foreign_keys=()),
        n_rows=table.num_rows,
        profile=Profile.of(dict(helpers.columns[name]), table.num_rows, key),
        counts=_counts(found, name),
        public=public,
        pointing={numbers[link]: found.up[link] for link in found.links if link.child == name},
    )


def _counts(found: Facts, name: str) -> dict[int, Index]:
    """Numbers of children of a table's rows, sorted, by number of the link."""
    return {found.numbers[link]: np.sort(family_sizes(found, link)) for link in found.below(name)}


def _barren(
    found: Facts, name: str, columns: Mapping[str, Learnt], units: Units | None
) -> dict[int, tuple[Barren, ...]]:
    """Levels of rows that never have children, by number of the link: of their own columns, and of those of their parents."""
    own = {n: columns[n] for n in (*found.telling(name), *(n for n in columns if n.startswith("↑"))) if n in columns}
    out = {}
    for link in found.below(name):
        size = np.bincount(np.maximum(found.up[link], -1) + 1, minlength=found.tables[name].num_rows + 1)[1:]
        some = tuple(barren_in(own, size, units)) if link.child != name else ()
        if some:
            out[found.numbers[link]] = some
    return out


def _made(name: str, column: Column, values: pa.Array, key: Key, *, as_key: bool = True) -> Made:
    """How a column is made by the number of the row, or drawn on its own."""
    kind = "identifier" if as_key else column.kind
    settings = column.settings if kind == column.kind else {}
    codec = fit_codec(name, dataclasses.replace(column, kind=kind, settings=settings), values, key)
    counts = np.bincount(codec.encode(values), minlength=codec.size)
    return Made(kind, codec, np.cumsum(counts) / max(int(counts.sum()), 1))


def orphans_of(found: Facts, key: Key) -> dict[int, Orphans]:
    """How links are made that point to no row, by number of the link."""
    out = {}
    for link, lost in found.lost.items():
        (target,) = link.targets
        column, values = found.schema.tables[link.parent].columns[target], found.tables[link.parent][target]
        made = _made(target, column, values.combine_chunks(), key.child("made", target))
        out[found.numbers[link]] = Orphans(lost, made)
    return out


def _counted(found: Facts, name: str, home: Link | None) -> dict[str, Counted]:
    """Columns of the key that tell rows of a family apart by standing on a line of which the family has most places."""
    out: dict[str, Counted] = {}
    if home is None or home.parent == name or (found.up[home] < 0).any():
        return out
    families = Families.of(found.up[home], found.tables[home.parent].num_rows)
    pointing = found.pointing(name)
    own = [c for c in found.schema.tables[name].primary_key if c not in pointing]
    if len(own) != 1 or families.size.max(initial=0) < 2:
        return out
    values = found.typed[name].get(own[0])
    line = None if values is None or values.null_count else on_line(values)
    if line is None:
        return out
    numbers = line[families.rows]
    order = np.lexsort((numbers, families.parent))
    ranked = numbers[order]
    first, step = int(ranked.min()), int(np.gcd.reduce(np.diff(np.unique(ranked)))) or 1
    lines = np.unique(ranked - step * families.place)
    if len(lines) == 1:
        out[own[0]] = Counted(int(lines[0]), step, 0)
    else:
        places = (int(ranked.max()) - first) // step + 1
        sizes = families.size[families.size > 0]
        if sizes.sum() >= DENSE * places * len(sizes):
            out[own[0]] = Counted(first, step, places)
    return out


def _telling_apart(found: Facts, name: str, home: Link | None, own: list[str]) -> tuple[tuple[str, ...], bool]:
    """Learnt columns of the key by which rows must differ, and whether only those of one family need to."""
    key = found.schema.tables[name].primary_key
    mine = tuple(c for c in key if c in own)
    above = set(home.columns) if home is not None and home.parent != name else set()
    if set(key) == set(mine):
        return mine, False
    return (mine, True) if above and set(key) == {*mine, *above} else ((), False)


def _sorted_by(found: Facts, name: str) -> str | None:
    """A column by which the rows of a table stand in order: of several, the one with the most different values."""
    best, out = FEWEST_SORTED - 1, None
    for column in found.telling(name):
        numbers = numbers_of(found.typed[name][column])
        if numbers is None or np.isnan(numbers).any():
            continue
        different = len(np.unique(numbers))
        if (np.diff(numbers) >= 0).mean() >= IN_ORDER and different > best:
            best, out = different, column
    return out


def _fit_model(
    name: str,
    columns: Mapping[str, tuple[Column, pa.Array]],
    given: tuple[str, ...],
    rules: Mapping[str, str],
    learner: Learner,
    key: Key,
    workers: int,
    progress: Progress = silent,
    primary_key: tuple[str, ...] = (),
    units: Units | None = None,
    habits: Mapping[str, str] | None = None,
    owners: Mapping[str, Index] | None = None,
) -> TableModel | None:
    """Learn a table with its helpers; None if there is nothing to learn.

    Args:
        name: of the table.
        columns: what is given first, and all else that is learnt: how, and its values.
        given: names of the former.
        rules: of the table.
        learner: settings of the learner.
        key: random stream of the fit.
        workers: how many threads.
        progress: told what has been done.
        primary_key: columns by which rows of the whole table differ.
        units: entities of the rows, see `fit_table`.
        habits: formulas that all rows keep, or nearly all.
        owners: of columns in which some rows have the value of another, the row that each is of, shape (rows,).
    """
    ordered = {n: columns[n] for n in (*given, *(n for n in columns if n not in given))}
    if len(ordered) == len(given) or not len(next(iter(ordered.values()))[1]):
        return None
    schema = Table(
        columns={n: column for n, (column, _) in ordered.items()},
        rules=rules,
        proposed={n: {"sql": expression} for n, expression in (habits or {}).items()},
        primary_key=primary_key,
    )
    rows = pa.table({n: values for n, (_, values) in ordered.items()})
    shared: dict[str, Any] = {"units": units, "owners": owners or {}, "workers": workers, "progress": progress}
    return fit_table(rows, schema, learner, name=name, key=key, given=given, **shared)
