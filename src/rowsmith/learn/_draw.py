"""Drawing the rows of one table of a database: by themselves, in families, or as a hierarchy."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from rowsmith.core.apportion import largest_remainder
from rowsmith.core.codecs import plain_values
from rowsmith.core.errors import SpecError
from rowsmith.core.protocols import Rows
from rowsmith.core.rng import Key
from rowsmith.core.schema import arrow_type
from rowsmith.learn._deal import repeated, to_sum
from rowsmith.learn._facts import coded
from rowsmith.learn._families import Families, blocks
from rowsmith.learn._lines import off_line, parts_of
from rowsmith.learn._part import (
    Above,
    Arrays,
    Part,
    chosen,
    common_name,
    count_name,
    counts_of,
    flag_name,
    taken,
)
from rowsmith.learn._relations import as_type, numbers_of

Index = NDArray[np.int64]

AT_ONCE = 65_536
"""Rows that are drawn together at most, so that memory does not grow with the table more than its rows do."""
AGAIN = 20
"""Turns in which rows that repeat a key are drawn again."""


@dataclass
class Drawn:
    """Rows of a table in the making.

    Attributes:
        n: how many.
        columns: those that are learnt, helpers too.
        up: the parent's row of each, negative for none, by number of the link.
    """

    n: int
    columns: Arrays
    up: dict[int, Index] = field(default_factory=dict)

    def taken(self, rows: Index) -> Drawn:
        """Some of the rows."""
        where = pa.array(rows)
        return Drawn(
            len(rows),
            {n: v.take(where) for n, v in self.columns.items()},
            {link: up[rows] for link, up in self.up.items()},
        )


def by_itself(part: Part, n: int, key: Key) -> Drawn:
    """Rows of a table that stands by itself, each with the numbers of children of a real row."""
    given = _profiles(part, n, {}, key.child("profile"))
    out = Drawn(n, _sampled(part, n, key.child("rows"), given))
    return _told_apart(part, out, key)


def as_is(part: Part) -> Drawn:
    """Rows of a table that anybody may see."""
    columns: Arrays = {
        n: codec.decode(codes, Rows(0, part.n_rows), Key(0)) for n, (codec, codes) in part.public.items()
    }
    return Drawn(part.n_rows, columns | part.profile.every(), dict(part.pointing))


def in_families(part: Part, parent: Drawn, sizes: Index, loose: int, key: Key) -> Drawn:
    """Rows of parents, family by family, and behind them those without a parent.

    Args:
        part: the table.
        parent: rows of the parent's table.
        sizes: rows of each family, shape (parents,).
        loose: rows without a parent.
        key: random stream of the table.
    """
    above, families = part.above, Families.of_sizes(sizes)
    assert above is not None, "somebody brings them forth"
    given = _of_parents(part, above, parent.columns, families.parent)
    given["↑size"], given["↑place"] = pa.array(sizes[families.parent]), pa.array(families.place)
    for name, counted in part.counted.items():
        given[name] = off_line(counted.of(families, key.child(name).generator()), part.schema.columns[name])
        typed = plain_values(name, given[name], given[name].type, part.schema.columns[name].form)
        given |= {n: values for n, (_, values) in parts_of(name, typed).items()}
    copies = {same.column for same in above.copied}
    free = {n: pa.concat_arrays([v, pa.nulls(loose, v.type)]) for n, v in given.items() if n not in copies}
    profiles = _profiles(part, len(families.rows) + loose, free, key.child("profile"))
    given |= {name: values.slice(0, len(families.rows)) for name, values in profiles.items()}
    draw = _in_turn if above.in_turn else _at_once
    columns = draw(part, above, parent.columns, families, given, key)
    out = Drawn(len(families.rows), columns, {above.link: families.parent})
    out = _told_apart(part, out, key)
    if loose:
        theirs = {name: values.slice(len(families.rows)) for name, values in profiles.items()}
        out = _joined(out, _without_parent(part, above, loose, key.child("loose"), theirs))
    return out


def _profiles(part: Part, n: int, above: Arrays, key: Key) -> Arrays:
    """Helpers of n rows, together those of real rows: with parents, to whom rows with like ones would belong.

    Args:
        part: the table.
        n: how many rows.
        above: what is given of the parents, n values each.
        key: random stream.
    """
    drawn = None if part.outline is None else part.outline.sample(Rows(0, n), key.child("rows"), above)
    return part.profile.sample(n, key.generator(), drawn)


def as_hierarchy(part: Part, n: int, key: Key) -> Drawn:
    """Rows of a table that point to one another: as deep as in the real one, level by level."""
    above = part.above
    assert above is not None and above.depths, "rows hang on one another"
    sizes = _levels(above.depths, n)
    out = _without_parent(part, above, sizes[0], key.child("depth", 0))
    first = 0
    for depth, size in enumerate(sizes[1:], 1):
        stream = key.child("depth", depth)
        weights = np.nan_to_num(counts_of(out.columns[count_name(above.link)].slice(first))).astype(np.int64)
        dealt = to_sum(weights, size, stream.child("sizes").generator())
        rows = np.repeat(np.arange(first, out.n), dealt)
        given = _of_parents(part, above, out.columns, rows)
        given["↑size"] = pa.array(np.repeat(dealt, dealt))
        given["↑place"] = pa.array(np.full(size, depth))
        more = Drawn(size, _sampled(part, size, stream, given, out.n), {above.link: rows})
        first, out = out.n, _joined(out, more)
    deep = np.repeat(np.arange(len(sizes)), sizes)
    for name, means in above.trends.items():
        numbers = _numbers(out.columns[name]) + np.array(means)[deep]
        known = np.isfinite(numbers)
        kind = arrow_type(part.schema.columns[name].type)
        out.columns[name] = chosen(known, as_type(np.where(known, numbers, 0.0), kind), pa.nulls(out.n, kind))
    return out


def _levels(depths: tuple[int, ...], n: int) -> list[int]:
    """Rows of each depth, in shares like the real ones: one at least where there are rows below, one root where there is one."""
    some = max(1, sum(depths))
    if depths[0] == 1 and n > 0 and len(depths) > 1:
        return [1, *_levels_below(depths[1:], n - 1)]
    out = largest_remainder([max(d, 0) for d in depths], n) if some else [n]
    return _filled(out)


def _levels_below(depths: tuple[int, ...], n: int) -> list[int]:
    return _filled(largest_remainder(list(depths), n))


def _filled(sizes: list[int]) -> list[int]:
    """Sizes of levels without an empty one above another."""
    for depth in range(len(sizes)):
        if sizes[depth] == 0 and any(sizes[depth:]):
            largest = max(range(len(sizes)), key=lambda d: sizes[d])
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
    if above.depths:
        given["↑place"] = pa.array(np.zeros(n, dtype=np.int64))
    for name, made in part.alone.items():
        given[name] = made.make(n, key.child("alone", name))
    return Drawn(n, _sampled(part, n, key, given), {above.link: np.full(n, -1, dtype=np.int64)})


def _joined(a: Drawn, b: Drawn) -> Drawn:
    columns = {n: _together([a.columns[n], b.columns[n]]) for n in a.columns}
    return Drawn(a.n + b.n, columns, {link: np.concatenate([a.up[link], b.up[link]]) for link in a.up})


def _together(parts: list[pa.Array]) -> pa.Array:
    whole = pa.chunked_array(parts)
    return (whole.unify_dictionaries() if pa.types.is_dictionary(whole.type) else whole).combine_chunks()


def _sampled(part: Part, n: int, key: Key, given: Arrays, first: int = 0) -> Arrays:
    """Columns and helpers of n rows, of which the first has a number."""
    if part.model is None:
        return dict(given)
    pieces = []
    for at in range(0, max(n, 1), AT_ONCE):
        size = min(AT_ONCE, n - at)
        here = {name: values.slice(at, size) for name, values in given.items()}
        pieces.append(part.model.sample(Rows(first + at, size), key.child("piece", at // AT_ONCE), here))
    out = {name: _together([piece[name] for piece in pieces]) for name in pieces[0].schema.names}
    if part.above is not None:
        for name in part.above.usual:
            usual = f"↑{common_name(part.above.link, name)}"
            there = out[usual].is_valid().to_numpy(zero_copy_only=False)
            out[name] = chosen(_true(out[flag_name(name)]) & there, out[usual], out[name])
    return out


def _true(flags: pa.Array) -> NDArray[np.bool_]:
    return np.asarray(flags.fill_null(False).to_numpy(zero_copy_only=False), dtype=bool)


def _at_once(
    part: Part, above: Above, parent: Mapping[str, pa.Array], families: Families, given: Arrays, key: Key
) -> Arrays:
    """Families of which siblings have nothing in common but the parent."""
    return _sampled(part, len(families.rows), key.child("rows"), given)


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
    edges = blocks(int(families.size.max(initial=0)))
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
        piece = _sampled(part, len(at), key.child("block", number), here, int(low))
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
        return _sampled(part, 0, key, {**given, **_nothing(part, above)})
    back = pa.array(np.argsort(np.concatenate(order), kind="stable"))
    return {name: _together([piece[name] for piece in pieces]).take(back) for name in pieces[0]}


def _nothing(part: Part, above: Above) -> Arrays:
    assert part.model is not None
    types = {f.name: f.type for f in part.model.arrow_schema}
    return {n: pa.nulls(0, types[n]) for n in (*(f"←{c}" for c in above.before), *(f"→{c}" for c in above.means))}


def _numbers(values: pa.Array) -> NDArray[np.float64]:
    return np.asarray(values.to_numpy(zero_copy_only=False), dtype=np.float64)


def _told_apart(part: Part, drawn: Drawn, key: Key) -> Drawn:
    """Rows of which no two have the same key: repeated ones are drawn again, and left out if that does not help.

    Args:
        part: the table.
        drawn: its rows, in families if it has a parent.
        key: random stream of the table.
    """
    own = part.telling_apart
    if not own or part.model is None:
        return drawn
    points = [drawn.up[part.above.link]] if part.above is not None else []
    for turn in range(AGAIN):
        numbers = [*points, *(coded(drawn.columns[c])[0] for c in own)]
        again = np.flatnonzero(repeated(numbers))
        if not len(again):
            return drawn
        here = {name: drawn.columns[name].take(pa.array(again)) for name in part.given}
        more = _sampled(part, len(again), key.child("again", turn), here, drawn.n * (turn + 1))
        rows = np.arange(drawn.n)
        rows[again] = drawn.n + np.arange(len(again))
        drawn = replace(
            drawn, columns={n: _together([v, more[n]]).take(pa.array(rows)) for n, v in drawn.columns.items()}
        )
    numbers = [*points, *(coded(drawn.columns[c])[0] for c in own)]
    kept = np.flatnonzero(~repeated(numbers))
    if part.above is None and len(kept) < drawn.n:
        raise SpecError(
            f"tables.{part.name}.primary_key ({', '.join(part.schema.primary_key)}): of {drawn.n:,} rows, "
            f"{drawn.n - len(kept):,} got no key of their own in {AGAIN} draws: the learnt table has too few different ones; "
            "ask for fewer rows."
        )
    return drawn.taken(kept)
