"""Drawing the rows of one table of a database: by themselves, in families, or as a hierarchy."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from rowsmith.core.apportion import largest_remainder
from rowsmith.core.codecs import plain_values
from rowsmith.core.protocols import Rows
from rowsmith.core.rng import Key
from rowsmith.core.schema import arrow_type
from rowsmith.learn._apart import told_apart
from rowsmith.learn._asked import Asked
from rowsmith.learn._deal import to_sum
from rowsmith.learn._drawn import Drawn, as_usual, joined, sampled, together
from rowsmith.learn._families import ALONE, Families, blocks
from rowsmith.learn._groups import group_text, groups_of
from rowsmith.learn._lines import off_line, parts_of
from rowsmith.learn._moved import since_name
from rowsmith.learn._part import (
    FAMILY_PLACE,
    FAMILY_SIZE,
    Above,
    Arrays,
    Part,
    chosen,
    common_name,
    count_name,
    counts_of,
    depth_name,
    group_name,
    other_name,
    taken,
)
from rowsmith.learn._relations import as_type, numbers_of
from rowsmith.learn._running import ALONE as RUNNING
from rowsmith.learn._running import in_order
from rowsmith.learn._tiers import Tiers, led

Index = NDArray[np.int64]


def by_itself(part: Part, n: int, key: Key, asked: Asked | None = None) -> Drawn:
    """Rows of a table that stands by itself, each with the numbers of children of a real row; all meet what is asked."""

    def draw(n: int, key: Key) -> Drawn:
        given = _profiles(part, n, {}, key.child("profile"))
        return Drawn(n, sampled(part, n, key.child("rows"), given))

    return told_apart(part, draw(n, key), key) if asked is None else asked.drawn(n, draw, key)


def as_is(part: Part) -> Drawn:
    """Rows of a table that anybody may see."""
    columns: Arrays = {
        n: codec.decode(codes, Rows(0, part.n_rows), Key(0)) for n, (codec, codes) in part.public.items()
    }
    return Drawn(part.n_rows, columns | part.profile.every(), dict(part.pointing))


def in_families(
    part: Part, parent: Drawn, sizes: Index, loose: int, key: Key, known: Arrays | None = None, evenly: bool = True
) -> Drawn:
    """Rows of parents, family by family, and behind them those without a parent.

    Args:
        part: the table.
        parent: rows of the parent's table.
        sizes: rows of each family, shape (parents,).
        loose: rows without a parent.
        key: random stream of the table.
        known: helpers of the rows that follow from the parents, one value a parent.
        evenly: whether parents are as real ones are on the whole, and not those that meet a condition.
    """
    above, families = part.above, Families.of_sizes(sizes)
    assert above is not None, "somebody brings them forth"
    given = _of_parents(part, above, parent.columns, families.parent)
    given[FAMILY_SIZE], given[FAMILY_PLACE] = pa.array(sizes[families.parent]), pa.array(families.place)
    for name, counted in part.counted.items():
        given[name] = off_line(counted.of(families, key.child(name).generator()), part.schema.columns[name])
        typed = plain_values(name, given[name], given[name].type, part.schema.columns[name].form)
        given |= {n: values for n, (_, values) in parts_of(name, typed).items()}
    if part.tiers is not None:
        given[depth_name(part.tiers.link)] = pa.array(part.tiers.depths(sizes, key.child("tiers").generator()))
    given |= {name: taken(values, families.parent) for name, values in (known or {}).items()}
    copies = set(above.known)
    free = {n: pa.concat_arrays([v, pa.nulls(loose, v.type)]) for n, v in given.items() if n not in copies}
    profiles = _profiles(part, len(families.rows) + loose, free, key.child("profile"), evenly)
    up = None
    if part.tiers is not None and part.tiers.clock is not None:
        family = np.concatenate([families.parent, np.full(loose, -1)])
        depth = {depth_name(part.tiers.link): free[depth_name(part.tiers.link)].fill_null(0)}
        up, times = _timed(part, part.tiers, parent.columns, family, free | profiles | depth, key.child("clock"))
        profiles |= times
    given |= {name: values.slice(0, len(families.rows)) for name, values in profiles.items()}
    draw = _in_turn if above.in_turn and part.model is not None else _at_once  # keys alone have nothing in common
    columns = draw(part, above, parent.columns, families, given, key)
    if part.running is not None:
        columns = part.running.in_order(columns, part.schema.columns, families.parent)
    for time, along in part.rising.items():
        columns = in_order(columns, part.schema.columns, families.parent, time, along)
    out = Drawn(len(families.rows), columns, {above.link: families.parent})
    if part.by_family:
        out = told_apart(part, out, key)
    if loose:
        theirs = {name: values.slice(len(families.rows)) for name, values in profiles.items()}
        theirs |= _steady(part, above, 0, loose)
        out = joined(out, _without_parent(part, above, loose, key.child("loose"), theirs))
    out = out if part.by_family else told_apart(part, out, key)
    if part.running is not None:
        out.columns = part.running.whole(out.columns, part.schema.columns, out.up[above.link])
    if part.tiers is not None:
        _add_trends(part, above, out, counts_of(out.columns[depth_name(part.tiers.link)]).astype(np.int64))
        rng = key.child("lead").generator()
        out.up[part.tiers.link] = _led(part.tiers, out.up[above.link], out.columns, rng) if up is None else up
    return out


def _led(tiers: Tiers, family: Index, rows: Mapping[str, pa.Array], rng: np.random.Generator) -> Index:
    """The row that each row of families hangs on, negative for none, shape (rows,)."""
    depth = counts_of(rows[depth_name(tiers.link)]).astype(np.int64)
    wanted, groups = (groups_of(rows[name(tiers.link)]) for name in (other_name, group_name))
    counts = np.nan_to_num(counts_of(rows[count_name(tiers.link)])).astype(np.int64)
    return led(family, depth, wanted, groups, counts, rng)


def _timed(part: Part, tiers: Tiers, parent: Arrays, family: Index, given: Arrays, key: Key) -> tuple[Index, Arrays]:
    """The row that each row of families hangs on, negative for none, and times that do so."""
    assert tiers.clock is not None and tiers.moved is not None, "times hang on the row above"
    rng = key.child("lead").generator()
    here = {f.name: given[f.name] for f in tiers.clock.arrow_schema if f.name in given}
    drawn = tiers.clock.sample(Rows(0, len(family)), key.child("rows"), here)
    rows = {**given, **dict(zip(drawn.schema.names, drawn.columns, strict=True))}
    up = _led(tiers, family, rows, rng)
    until = None if tiers.moved.until is None else taken(parent[tiers.moved.until], family)
    since = counts_of(rows[since_name(tiers.link)])
    times, since_above = tiers.moved.made(rows, part.schema, up, since, until, rng)
    groups = np.append(groups_of(rows[group_name(tiers.link)]), -1)[up]
    return up, {**times, since_name(tiers.link): since_above, other_name(tiers.link): group_text(groups)}


def _profiles(part: Part, n: int, above: Arrays, key: Key, evenly: bool = True) -> Arrays:
    """Helpers of n rows, together those of real rows: with parents, to whom rows with like ones would belong.

    Args:
        part: the table.
        n: how many rows.
        above: what is given of the parents, n values each.
        key: random stream.
        evenly: whether rows are as real ones are on the whole, and not around some of them.
    """
    if part.outline is None:
        return part.profile.sample(n, key.generator())
    outline, by = part.outline, part.above
    assert by is not None, "somebody brings the rows forth"

    def draw(turn: int) -> Arrays:
        found = outline.sample(Rows(0, n), key.child("rows", turn), above)
        return as_usual(dict(zip(found.schema.names, found.columns, strict=True)), by.likely, by.link, above)

    return part.profile.sample(n, key.generator(), draw, evenly)


def as_hierarchy(part: Part, n: int, key: Key) -> Drawn:
    """Rows of a table that point to one another: as deep as in the real one, level by level."""
    above = part.above
    assert above is not None and above.depths, "rows hang on one another"
    sizes = _levels(above.depths, n)
    out = _without_parent(part, above, sizes[0], key.child("depth", 0), _steady(part, above, 0, sizes[0]))
    first = 0
    for depth, size in enumerate(sizes[1:], 1):
        stream = key.child("depth", depth)
        weights = np.nan_to_num(counts_of(out.columns[count_name(above.link)].slice(first))).astype(np.int64)
        dealt = to_sum(weights, size, stream.child("sizes").generator())
        rows = np.repeat(np.arange(first, out.n), dealt)
        given = _of_parents(part, above, out.columns, rows)
        given[FAMILY_SIZE] = pa.array(np.repeat(dealt, dealt))
        given[FAMILY_PLACE] = pa.array(np.full(size, depth))
        given |= _steady(part, above, depth, size)
        more = Drawn(size, sampled(part, size, stream, given, out.n), {above.link: rows})
        first, out = out.n, joined(out, more)
    out = told_apart(part, out, key)
    _add_trends(part, above, out, np.repeat(np.arange(len(sizes)), sizes))
    return out


def _add_trends(part: Part, above: Above, out: Drawn, depth: Index) -> None:
    """Make of what numbers are above the mean of their depth what they are."""
    for name, means in above.trends.items():
        numbers = _numbers(out.columns[name]) + np.array(means)[depth]
        known = np.isfinite(numbers)
        kind = arrow_type(part.schema.columns[name].type)
        out.columns[name] = chosen(known, as_type(np.where(known, numbers, 0.0), kind), pa.nulls(out.n, kind))


def _by_depth(part: Part, above: Above, n: int, key: Key, given: Arrays, first: int = 0) -> Arrays:
    """Columns and helpers of n rows of families, with what is the same at their depth in these; see `sampled`."""
    depth = counts_of(given[depth_name(part.tiers.link)]).astype(np.int64) if part.tiers is not None else np.zeros(0)
    alone = [d for d in np.unique(depth).tolist() if any(v[d] is not None for v in above.steady.values() if d < len(v))]
    if not alone:
        return sampled(part, n, key, given, first)
    pieces, order = list[Arrays](), list[Index]()
    for level in (*alone, None):
        at = np.flatnonzero(~np.isin(depth, alone) if level is None else depth == level)
        here = {name: values.take(pa.array(at)) for name, values in given.items()}
        here |= {} if level is None else _steady(part, above, level, len(at))
        if len(at):
            pieces.append(sampled(part, len(at), key.child("depth", str(level)), here, first))
            order.append(at)
            first += len(at)
    back = pa.array(np.argsort(np.concatenate(order), kind="stable"))
    return {name: together([piece[name] for piece in pieces]).take(back) for name in pieces[0]}


def _steady(part: Part, above: Above, depth: int, n: int) -> Arrays:
    """Columns of n rows of a depth, of which all have the same there; of those with a trend, what they are above it."""
    if part.model is None:
        return {}
    types, out = {f.name: f.type for f in part.model.arrow_schema}, {}
    for name, values in above.steady.items():
        value: float | str | None = values[depth] if depth < len(values) else None
        if value is not None and name in above.trends:
            value = float(value) - above.trends[name][depth]
        if value is not None:
            out[name] = pa.array([value] * n).cast(types[name])
    return out


def _levels(depths: tuple[int, ...], n: int) -> list[int]:
    """Rows of each depth, in shares like the real ones: one at least where there are rows below, one root where there is one."""
    if depths[0] == 1 and n > 0 and len(depths) > 1:
        return _filled([1, *largest_remainder(depths[1:], n - 1)])
    return _filled(largest_remainder(depths, n))


def _filled(sizes: list[int]) -> list[int]:
    """Sizes of levels without an empty one above another: it gets a row of the largest below it."""
    for depth in range(len(sizes)):
        below = range(depth + 1, len(sizes))
        if sizes[depth] == 0 and any(sizes[d] for d in below):
            largest = max(below, key=lambda d: sizes[d])
            sizes[depth], sizes[largest] = 1, sizes[largest] - 1
    return sizes


def _of_parents(part: Part, above: Above, columns: Mapping[str, pa.Array], rows: Index) -> Arrays:
    """What is given to rows of parents: columns of theirs."""
    given: Arrays = {f"↑{name}": taken(columns[name], rows) for name in above.context}
    for same in above.copied:
        kind = arrow_type(part.schema.columns[same.column].type)
        given[same.column] = same.of(taken(columns[same.source], rows), kind)
    return given


def _without_parent(part: Part, above: Above, n: int, key: Key, profiles: Arrays | None = None) -> Drawn:
    """Rows without a parent, with helpers that they have from real ones."""
    given: Arrays = {}
    if part.model is not None:
        types = {f.name: f.type for f in part.model.arrow_schema}
        given = {name: pa.nulls(n, types[name]) for name in part.given}
    given |= profiles or {}
    if part.tiers is not None:
        given[depth_name(part.tiers.link)] = pa.array(np.zeros(n, dtype=np.int64))
    if above.depths:
        given[FAMILY_PLACE] = pa.array(np.zeros(n, dtype=np.int64))
    for name, made in part.alone.items():
        given[name] = made.make(n, key.child("alone", name))
    return Drawn(n, sampled(part, n, key, given), {above.link: np.full(n, -1, dtype=np.int64)})


def _at_once(
    part: Part, above: Above, parent: Mapping[str, pa.Array], families: Families, given: Arrays, key: Key
) -> Arrays:
    """Families of which siblings have nothing in common but the parent."""
    return _by_depth(part, above, len(families.rows), key.child("rows"), given)


def _in_turn(
    part: Part, above: Above, parent: Mapping[str, pa.Array], families: Families, given: Arrays, key: Key
) -> Arrays:
    """Families place by place, all side by side; later places in blocks that grow. Siblings before are given."""
    assert part.model is not None, "siblings have something in common"
    types = {f.name: f.type for f in part.model.arrow_schema}
    n = len(families.size)
    goal = {name: _numbers(parent[common_name(above.link, name)]) for name in above.means}
    done = {name: np.zeros(n) for name in above.means}
    missing = {name: np.zeros(n) for name in above.means}
    last = np.full(n, -1, dtype=np.int64)  # place, in the block before, of the sibling that came last
    before: Arrays = {}
    running = part.running
    edges = blocks(int(families.size.max(initial=0)), ALONE if running is None else RUNNING)
    state = None if running is None else running.start(n)
    order: list[Index] = []
    pieces: list[Arrays] = []
    sorted_ = np.argsort(families.place, kind="stable")
    cuts = np.searchsorted(families.place[sorted_], edges)
    for number, (start, low, high) in enumerate(zip(edges, cuts, cuts[1:], strict=False)):
        at = np.sort(sorted_[low:high])
        family = families.parent[at]
        here = {name: values.take(pa.array(at)) for name, values in given.items()}
        for name in above.before:
            known = before.get(name, pa.nulls(0, types[f"←{name}"]))
            here[f"←{name}"] = taken(known, last[family])
        for name in above.means:
            size = families.size[family]
            rest = (goal[name][family] * (size - missing[name][family]) - done[name][family]) / (size - start)
            here[f"→{name}"] = pa.array(rest, mask=~np.isfinite(rest))
        piece = _by_depth(part, above, len(at), key.child("block", number), here, int(low))
        if running is not None and state is not None:
            piece = running.advanced(piece, part.schema.columns, family, state)
        for name in above.means:
            column = part.model.schema.columns[name]
            numbers = numbers_of(plain_values(name, piece[name], arrow_type(column.type), column.form))
            assert numbers is not None, "only numbers have a mean"
            known_here = np.isfinite(numbers)
            done[name] += np.bincount(family, weights=np.where(known_here, numbers, 0.0), minlength=n)
            missing[name] += np.bincount(family[~known_here], minlength=n)
        last = np.full(n, -1, dtype=np.int64)
        last[family] = np.arange(len(at))  # rows of a family are in order: the last one stays
        before = {name: piece[name] for name in above.before}
        order.append(at)
        pieces.append(piece)
    if not pieces:
        return sampled(part, 0, key, {**given, **_nothing(part, above)})
    back = pa.array(np.argsort(np.concatenate(order), kind="stable"))
    return {name: together([piece[name] for piece in pieces]).take(back) for name in pieces[0]}


def _nothing(part: Part, above: Above) -> Arrays:
    assert part.model is not None
    types = {f.name: f.type for f in part.model.arrow_schema}
    return {n: pa.nulls(0, types[n]) for n in (*(f"←{c}" for c in above.before), *(f"→{c}" for c in above.means))}


def _numbers(values: pa.Array) -> NDArray[np.float64]:
    return np.asarray(values.to_numpy(zero_copy_only=False), dtype=np.float64)
