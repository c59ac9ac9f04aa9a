"""Rows of a table of a database in the making."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from rowsmith.core.protocols import Rows
from rowsmith.core.rng import Key
from rowsmith.learn._parent_pairs import TURNS
from rowsmith.learn._part import Arrays, Part, chosen, common_name, flag_name

Index = NDArray[np.int64]

AT_ONCE = 65_536
"""Rows that are drawn together at most, so that memory does not grow with the table more than its rows do."""


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


def joined(a: Drawn, b: Drawn) -> Drawn:
    """Rows behind other ones."""
    columns = {n: together([a.columns[n], b.columns[n]]) for n in a.columns if n in b.columns}
    return Drawn(a.n + b.n, columns, {link: np.concatenate([a.up[link], b.up[link]]) for link in a.up})


def together(parts: list[pa.Array]) -> pa.Array:
    """Arrays of one type, one behind the other."""
    whole = pa.chunked_array(parts)
    return (whole.unify_dictionaries() if pa.types.is_dictionary(whole.type) else whole).combine_chunks()


def sampled(part: Part, n: int, key: Key, given: Arrays, first: int = 0) -> Arrays:
    """Columns and helpers of n rows.

    Args:
        part: their table.
        n: how many.
        key: random stream of these rows.
        given: helpers and columns that are given.
        first: number of the first row, on which made-up text depends.
    """
    if part.model is None:
        return dict(given)
    out = _drawn(part, n, key, given, first)
    for turn in range(TURNS if part.pairs else 0):
        again = np.flatnonzero(np.any([each.breaks(out) for each in part.pairs], axis=0))
        if not len(again):
            break
        here = {name: values.take(pa.array(again)) for name, values in given.items()}
        new = _drawn(part, len(again), key.child("again", turn), here, first)
        index = np.arange(n)
        index[again] = n + np.arange(len(again))
        out = {name: together([values, new[name]]).take(pa.array(index)) for name, values in out.items()}
    return out


def _drawn(part: Part, n: int, key: Key, given: Arrays, first: int) -> Arrays:
    assert part.model is not None, "there is something to learn"
    pieces = []
    for at in range(0, max(n, 1), AT_ONCE):
        size = min(AT_ONCE, n - at)
        here = {name: values.slice(at, size) for name, values in given.items()}
        pieces.append(part.model.sample(Rows(first + at, size), key.child("piece", at // AT_ONCE), here))
    out = {name: together([piece[name] for piece in pieces]) for name in pieces[0].schema.names}
    if part.above is None:
        return out
    usual = tuple(name for name in part.above.usual if name not in given)
    return as_usual(out, usual, part.above.link, out)


def as_usual(drawn: Arrays, names: tuple[str, ...], link: int, given: Arrays) -> Arrays:
    """Drawn columns, those of these names with what is usual in the family where it was drawn that they have it."""
    out = dict(drawn)
    for name in names:
        usual = given[f"↑{common_name(link, name)}"]
        there = usual.is_valid().to_numpy(zero_copy_only=False)
        out[name] = chosen(_true(out[flag_name(name)]) & there, usual, out[name])
    return out


def _true(flags: pa.Array) -> NDArray[np.bool_]:
    return np.asarray(flags.fill_null(False).to_numpy(zero_copy_only=False), dtype=bool)
