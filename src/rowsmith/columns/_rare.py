"""Levels that too few rows share.

If such rows are few, each is given the level of a row like it. Where they are many, so that much would be lost, the levels
of a text are made up: as many, as often each, of the same look.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from rowsmith.columns._levels import comparable, dump_levels, is_binary
from rowsmith.core.errors import DataError, SpecError
from rowsmith.core.persons import FEW_LEVELS, are_names
from rowsmith.core.protocols import Codec, Rows
from rowsmith.core.rng import Key
from rowsmith.core.shield import Shielded, Units, Whole, fewest, too_few

FEW_ROWS = 0.1
"""Share of the rows up to which the levels of a text are left out, and not made up."""
MOST = 0.5
"""The same of other values, which cannot be made up."""
TITLE = r"([A-Z][a-z]{1,5}\. )+"
"""Titles before a name, which stay."""
ROUNDS = 16
"""Times that made-up levels are drawn until each is new, and again until each differs from the others."""


def check_rare(rare: int) -> None:
    """Check the setting.

    Raises:
        SpecError: out of range.
    """
    if rare < 1:
        raise SpecError(f"rare={rare}: expected a number from 1.")


def mostly_rare(values: pa.Array, rare: int, units: Units | None = None) -> bool:
    """Whether most rows have a level that too few rows, or entities, share."""
    gone, counts, _ = _levels(values, rare, units)
    return bool(counts[gone].sum() > MOST * len(values))


def hide_levels(values: pa.Array, rare: int, units: Units | None = None, whole: Whole | None = None) -> Shielded | None:
    """Levels without those of fewer rows, in whose place nothing stands; None where there are none.

    Args:
        values: without nulls.
        rare: rows that must share a level; fewer in small tables, see `fewest`.
        units: entities of the rows, of which as few may not share a level either, shape (n,).
        whole: what they are a part of, if they are.
    """
    gone, counts, coded = _levels(values, rare, units, whole)
    if not gone.any():
        return None
    return Shielded(values, gone[coded.indices.to_numpy()], int(gone.sum()), int(counts[gone].sum()))


def shield_levels(
    values: pa.Array,
    rare: int,
    key: Key,
    units: Units | None = None,
    whole: Whole | None = None,
    *,
    every: bool = False,
) -> Shielded | None:
    """Levels without those that too few rows share; None where all may stay.

    Args:
        values: without nulls, at least one.
        rare: rows that must share a level; fewer in small tables, see `fewest`.
        key: random stream of what is made up.
        units: entities of the rows, of which as few may not share a level either, shape (n,).
        whole: what they are a part of, if they are: of few rows with a value, all may be hidden.
        every: whether no level of a text may stay.

    Raises:
        DataError: most rows would lose theirs, and they are no text that could be made up.
    """
    gone, counts, coded = _levels(values, rare, units, whole)
    text = pa.types.is_string(values.type)
    gone |= every and text
    if not gone.any() or len(gone) <= FEW_LEVELS:
        return None
    if counts[gone].sum() <= (FEW_ROWS if text else MOST) * len(values):
        return hide_levels(values, rare, units, whole)
    by_rows = units is None or mostly_rare(values, rare)
    sparse = not mostly_rare(values, rare, units)  # by themselves they would name nobody, but few rows have one at all
    if not text and (sparse or not (by_rows or gone.all() or is_binary(values.type))):
        return hide_levels(values, rare, units, whole)  # of a few persons each: what is left is what others have too
    if not text and (by_rows or not is_binary(values.type)):
        few, one = f"fewer than {fewest(rare, len(values))} rows", "a row"
        if not by_rows:
            few, one = "too few rows or entities", "an entity"
        raise DataError(
            f"has mostly values that {few} share, which would name {one}. If they may be known, say "
            "`public: true` in the schema; else leave the column out, or make it another kind."
        )
    made_up = _made_up(coded, gone, key)
    return Shielded(made_up, np.zeros(len(values), dtype=bool), int(gone.sum()), int(counts[gone].sum()))


def _levels(
    values: pa.Array, rare: int, units: Units | None, whole: Whole | None = None
) -> tuple[NDArray[np.bool_], NDArray[np.int64], pa.DictionaryArray]:
    """Which levels too few rows or entities share, how many rows have each, and the values coded by levels."""
    coded = comparable(values).dictionary_encode()
    codes, size = coded.indices.to_numpy(), len(coded.dictionary)
    rows, entities = (None, None) if whole is None else (whole.rows, whole.entities)
    return too_few(codes, size, rare, units, rows, entities), np.bincount(codes, minlength=size), coded


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


def _beyond(old: Sequence[str], places: NDArray[np.int64]) -> Iterator[tuple[int, str]]:
    """New texts for some that end in a number, which count on behind the greatest: C1000 to C1299 are followed by C1300."""
    parts = [re.fullmatch(r"(|.*\D)(\d{1,15})", text) for text in old]
    last: dict[str, int] = {}
    for part in filter(None, parts):
        last[part[1]] = max(last.get(part[1], 0), int(part[2]))
    for place in places.tolist():
        part = parts[place]
        if part is not None:
            last[part[1]] += 1
            yield place, f"{part[1]}{last[part[1]]:0{len(part[2])}}"


def _names(old: pa.Array, stay: pa.Array, key: Key) -> pa.Array:
    """A new text for each of some different ones: of its look, none twice, none that stays, and no old one if there are enough.

    Of bytes as many at random, at least eight.
    """
    if is_binary(old.type):
        rng, fixed = key.generator(), pa.types.is_fixed_size_binary(old.type)
        return pa.array([rng.bytes(len(v) if fixed else max(len(v), 8)) for v in old.to_pylist()], old.type)
    from rowsmith.columns.code import Code
    from rowsmith.columns.personal import Personal
    from rowsmith.columns.text import Text

    codec: Codec
    named = are_names(old)
    titles = [before[0] if named and (before := re.match(TITLE, text)) else "" for text in old.to_pylist()]
    bare = pa.array([text[len(title) :] for text, title in zip(old.to_pylist(), titles, strict=True)], old.type)
    try:
        codec = Personal().fit(bare, None, key) if named else Code().fit(bare, None, key)
    except DataError:
        codec = Text().fit(bare, None, key)
    codes = codec.encode(bare)
    made: list[str] = [""] * len(old)
    kept = set(stay.to_pylist())
    taken, left = kept | set(old.to_pylist()), np.arange(len(old))
    for number in range(2 * ROUNDS):
        # Nearly all texts of this look are there: numbers go on behind them, and of others one that is known tells nothing.
        if number == ROUNDS:
            for place, name in _beyond(old.to_pylist(), key.child("beyond").generator().permutation(left)):
                made[place] = name
            left = np.array([place for place in left if not made[place]], dtype=np.int64)
            taken = kept | set(made)
            if not len(left):
                break
        drawn = codec.decode(codes[left], Rows(0, len(left)), key.child("names", number)).to_pylist()
        again = []
        for place, found in zip(left.tolist(), drawn, strict=True):
            name = titles[place] + found
            if name in taken:
                again.append(place)
            else:
                taken.add(name)
                made[place] = name
        left = np.array(again, dtype=np.int64)
        if not len(left):
            break
    for number, place in enumerate(left.tolist()):
        made[place] = f"{titles[place]}{drawn[number]}-{number}"
    return pa.array(made, pa.string())
