"""Levels that too few rows share.

If such rows are few, each is given the level of a row like it. Where they are many, so that much would be lost, the levels
of a text are made up: as many, as often each, of the same look.
"""

from __future__ import annotations

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from rowsmith.columns._levels import comparable, dump_levels
from rowsmith.core.errors import DataError, SpecError
from rowsmith.core.protocols import Codec, Rows
from rowsmith.core.rng import Key
from rowsmith.core.shield import Shielded, fewest

FEW_ROWS = 0.1
"""Share of the rows up to which the levels of a text are left out, and not made up."""
MOST = 0.5
"""The same of other values, which cannot be made up."""
FEW_LEVELS = 2
"""A column of no more levels is a yes or no, whose answers are nobody's."""
ROUNDS = 16
"""Times that made-up levels are drawn until each is new, and again until each differs from the others."""


def check_rare(rare: int) -> None:
    """Check the setting.

    Raises:
        SpecError: out of range.
    """
    if rare < 1:
        raise SpecError(f"rare={rare}: expected a number from 1.")


def mostly_rare(values: pa.Array, rare: int) -> bool:
    """Whether most rows have a level that too few share."""
    gone, counts, _ = _levels(values, fewest(rare, len(values)))
    return bool(counts[gone].sum() > MOST * len(values))


def hide_levels(values: pa.Array, least: int) -> Shielded | None:
    """Levels without those of fewer rows, in whose place nothing stands; None where there are none.

    Args:
        values: without nulls.
        least: rows that must share a level.
    """
    gone, counts, coded = _levels(values, least)
    if not gone.any():
        return None
    return Shielded(values, gone[coded.indices.to_numpy()], int(gone.sum()), int(counts[gone].sum()))


def shield_levels(values: pa.Array, rare: int, key: Key) -> Shielded | None:
    """Levels without those that too few rows share; None where all may stay.

    Args:
        values: without nulls, at least one.
        rare: rows that must share a level; fewer in small tables, see `fewest`.
        key: random stream of what is made up.

    Raises:
        DataError: most rows would lose theirs, and they are no text that could be made up.
    """
    least = fewest(rare, len(values))
    gone, counts, coded = _levels(values, least)
    if not gone.any() or len(gone) <= FEW_LEVELS:
        return None
    text = pa.types.is_string(values.type)
    if counts[gone].sum() <= (FEW_ROWS if text else MOST) * len(values):
        return hide_levels(values, least)
    if not text:
        raise DataError(
            f"has mostly values that fewer than {least} rows share, which would name a row. If they may be known, say "
            "`public: true` in the schema; else leave the column out, or make it another kind."
        )
    made_up = _made_up(coded, gone, key)
    return Shielded(made_up, np.zeros(len(values), dtype=bool), int(gone.sum()), int(counts[gone].sum()))


def _levels(values: pa.Array, least: int) -> tuple[NDArray[np.bool_], NDArray[np.int64], pa.DictionaryArray]:
    """Which levels too few rows share, how many rows have each, and the values coded by levels."""
    coded = comparable(values).dictionary_encode()
    counts = np.bincount(coded.indices.to_numpy(), minlength=len(coded.dictionary))
    return counts < least, counts, coded


def _made_up(coded: pa.DictionaryArray, gone: NDArray[np.bool_], key: Key) -> pa.Array:
    """The values, those of levels that go replaced, each level by one of its own."""
    # In the order of the texts, so that the order of the rows does not choose the names.
    texts = np.array(dump_levels(coded.dictionary), dtype=object)
    places = np.flatnonzero(gone)
    places = places[np.argsort(texts[places], kind="stable")]
    stay = coded.dictionary.filter(pa.array(~gone))
    names = _names(coded.dictionary.take(pa.array(places)), stay, key)
    index = np.arange(len(texts))
    index[places] = len(texts) + np.arange(len(places))
    return pa.concat_arrays([coded.dictionary, names]).take(pa.array(index[coded.indices.to_numpy()]))


def _names(old: pa.Array, stay: pa.Array, key: Key) -> pa.Array:
    """A new text for each of some different ones: of its look, none twice, none that stays, and no old one if there are enough."""
    from rowsmith.columns.code import Code
    from rowsmith.columns.text import Text

    codec: Codec
    try:
        codec = Code().fit(old, None, key)
    except DataError:
        codec = Text().fit(old, None, key)
    codes = codec.encode(old)
    made: list[str] = [""] * len(old)
    kept = set(stay.to_pylist())
    taken, left = kept | set(old.to_pylist()), np.arange(len(old))
    for number in range(2 * ROUNDS):
        if number == ROUNDS:  # nearly all texts of this look are there, so that one that is known tells nothing
            taken = kept | set(made)
        drawn = codec.decode(codes[left], Rows(0, len(left)), key.child("names", number)).to_pylist()
        again = []
        for place, name in zip(left.tolist(), drawn, strict=True):
            if name in taken:
                again.append(place)
            else:
                taken.add(name)
                made[place] = name
        left = np.array(again, dtype=np.int64)
        if not len(left):
            break
    for number, place in enumerate(left.tolist()):
        made[place] = f"{drawn[number]}-{number}"
    return pa.array(made, pa.string())
