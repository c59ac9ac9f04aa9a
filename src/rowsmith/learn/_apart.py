"""Rows of which no two have the same key, where it is learnt like other columns."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pyarrow as pa

from rowsmith.core.errors import SpecError
from rowsmith.core.rng import Key
from rowsmith.core.rowhash import row_hashes
from rowsmith.learn._deal import repeated
from rowsmith.learn._drawn import Drawn, Index, sampled, together
from rowsmith.learn._facts import coded
from rowsmith.learn._key_points import KeyPoints
from rowsmith.learn._part import Arrays, Part

AGAIN = 40
"""Turns in which rows that repeat a key are drawn again."""


def told_apart(part: Part, drawn: Drawn, key: Key) -> Drawn:
    """Rows of which no two have the same key: repeated ones are drawn again.

    What still repeats one gets a key that is free, in a table that stands by itself, and is left out of a family.

    Args:
        part: the table.
        drawn: its rows, in families if it has a parent.
        key: random stream of the table.

    Raises:
        SpecError: there are not so many keys.
    """
    if not part.telling_apart or part.model is None:
        return drawn
    points = None if part.by_family else KeyPoints.of(part.model)
    if points is not None:
        points.check(drawn.n)
    for turn in range(AGAIN):
        again = np.flatnonzero(repeats(part, drawn))
        if not len(again):
            return drawn
        if part.by_family and turn >= AGAIN // 4:
            drawn, again = _exchanged(part, drawn, again, key.child("exchange", turn))
        drawn = _instead(part, drawn, again, {}, key.child("again", turn))
    again = np.flatnonzero(repeats(part, drawn))
    if part.by_family:
        return drawn.taken(np.delete(np.arange(drawn.n), again))
    if points is None:
        raise SpecError(
            f"tables.{part.name}.primary_key ({', '.join(part.schema.primary_key)}): of {drawn.n:,} rows, {len(again):,} got "
            f"no key of their own in {AGAIN} draws: the learnt table has too few different ones; ask for fewer rows."
        )
    kept = drawn.taken(np.delete(np.arange(drawn.n), again))
    seen = np.sort(row_hashes([kept.columns[c] for c in part.telling_apart])[:, 0])
    free = points.at(points.free(seen, len(again), key.child("keys")))
    return _instead(part, drawn, again, free, key.child("listed"))


def repeats(part: Part, drawn: Drawn) -> np.ndarray[tuple[int], np.dtype[np.bool_]]:
    """Which rows repeat the key of one before."""
    above = [drawn.up[part.above.link]] if part.above is not None and part.by_family else []
    return repeated([*above, *(coded(drawn.columns[c])[0] for c in part.telling_apart)])


def _exchanged(part: Part, drawn: Drawn, rows: Index, key: Key) -> tuple[Drawn, Index]:
    """What some rows have from real ones exchanged with others, as it may say what is in the key; and both, to be drawn again."""
    others = key.generator().choice(drawn.n, len(rows), replace=False)
    index = np.arange(drawn.n)
    for one, other in zip(rows, others, strict=True):
        index[[one, other]] = index[[other, one]]
    columns = {n: v.take(pa.array(index)) if n in part.profile.levels else v for n, v in drawn.columns.items()}
    return replace(drawn, columns=columns), np.unique(np.concatenate([rows, others]))


def _instead(part: Part, drawn: Drawn, rows: Index, more: Arrays, key: Key) -> Drawn:
    """Other rows in place of some, with what is given for them."""
    given = {name: drawn.columns[name].take(pa.array(rows)) for name in part.given} | more
    new = sampled(part, len(rows), key, given, drawn.n)
    index = np.arange(drawn.n)
    index[rows] = drawn.n + np.arange(len(rows))
    return replace(drawn, columns={n: together([v, new[n]]).take(pa.array(index)) for n, v in drawn.columns.items()})
