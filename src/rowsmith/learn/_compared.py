"""Columns that say which of two others is greater: who won, what came late, whether a limit was kept."""

from __future__ import annotations

import itertools
from collections.abc import Collection, Iterator, Sequence

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from rowsmith.core.shield import FEW
from rowsmith.learn._numbers import LOOK, NEARLY, Floats, Numbers, Way
from rowsmith.learn._ties import Columns, quoted

MOST = 20
"""Numbers, or times, that are compared with each other; the first of a wider table."""
MOST_LEVELS = 4
EXPECTED = 20.0
"""Rows that would say something else if columns were independent, at least."""
UNKNOWN, BELOW, SAME, ABOVE = range(4)


def compared(
    rows: Columns,
    times: Sequence[str],
    at: Floats,
    numbers: Numbers,
    targets: Collection[str],
    owners: Collection[str] = (),
) -> Iterator[list[Way]]:
    """Columns of a few values that tell which of two numbers, or times, is the greater one.

    Args:
        rows: real rows.
        times: names of the dates and moments.
        at: their seconds, shape (times, rows looked at).
        numbers: the columns of numbers.
        targets: columns that may be told.
        owners: columns that may say whose the rows are: a level that a few of them alone have is told of none.
    """
    of = [pc.fill_null(rows[name].slice(0, LOOK).dictionary_encode().indices, -1).to_numpy() for name in owners]
    levels = {name: found for name in targets if (found := _levels(rows[name].slice(0, LOOK))) is not None}
    if not levels:
        return
    for names, x in ((times, at), (numbers.names, numbers.x)):
        some = [i for i in range(len(names)) if len(np.unique(x[i])) > MOST_LEVELS][:MOST]
        for a, b in itertools.combinations(some, 2):
            sides = np.select([x[a] < x[b], x[a] == x[b], x[a] > x[b]], [BELOW, SAME, ABOVE], UNKNOWN)
            for name, (codes, words) in levels.items():
                if name in (names[a], names[b]):
                    continue
                told = _said(sides, codes, len(words))
                if told is not None and _of_several(sides, codes, told, of):
                    yield [Way(name, _formula(quoted(names[a]), quoted(names[b]), told, words))]


def _levels(values: pa.Array) -> tuple[NDArray[np.int64], list[str]] | None:
    """The place of each value, the last one for null, and the levels as SQL has them; None where there are too few or many."""
    kind = values.type
    if not (pa.types.is_string(kind) or pa.types.is_boolean(kind) or pa.types.is_integer(kind)):
        return None
    found = pc.unique(values.drop_null())
    if not 2 <= len(found) <= MOST_LEVELS:
        return None
    codes = pc.fill_null(pc.index_in(values, value_set=found), len(found)).to_numpy()
    words = [
        "'" + each.replace("'", "''") + "'" if isinstance(each, str) else str(each).lower()
        for each in found.to_pylist()
    ]
    return codes.astype(np.int64), [*words, "null"]


def _said(sides: NDArray[np.int64], codes: NDArray[np.int64], n: int) -> dict[int, int] | None:
    """The level that each side of a comparison has; None where levels hardly hang on it.

    Equals that are too few to say go with what they are most like, or with what is below.
    """
    counts = np.bincount(sides * n + codes, minlength=4 * n).reshape(4, n)
    held, most = counts.sum(axis=1), counts.max(axis=1)
    told = {side: int(counts[side].argmax()) for side in (ABOVE, BELOW, SAME, UNKNOWN) if most[side] >= FEW}
    if ABOVE not in told or BELOW not in told or len({told[ABOVE], told[BELOW], told.get(SAME)} - {None}) < 2:
        return None
    if SAME not in told:
        told[SAME] = told[ABOVE] if counts[SAME, told[ABOVE]] > counts[SAME, told[BELOW]] else told[BELOW]
    by_chance = held @ (counts.sum(axis=0) / held.sum())[counts.argmax(axis=1)]
    return told if most.sum() >= NEARLY * held.sum() and most.sum() - by_chance >= EXPECTED else None


def _of_several(
    sides: NDArray[np.int64], codes: NDArray[np.int64], told: dict[int, int], owners: Sequence[NDArray[np.int64]]
) -> bool:
    """Whether rows of several owners have each level that is told."""
    parts = [
        (codes == level) & np.isin(sides, [side for side in told if told[side] == level])
        for level in dict.fromkeys(told.values())
    ]
    wanted = [min(FEW, len(np.unique(of))) for of in owners]
    return all(
        len(np.unique(of[part])) >= several
        for part in parts
        if part.any()
        for of, several in zip(owners, wanted, strict=True)
    )


def _formula(a: str, b: str, told: dict[int, int], words: Sequence[str]) -> str:
    """The comparison in SQL: `case when a > b then 'H' when a < b then 'A' when a = b then 'D' end`."""
    signs = {ABOVE: ">", BELOW: "<", SAME: "="}
    if told[SAME] in (told[ABOVE], told[BELOW]):
        signs = {side: sign + "=" * (told[side] == told[SAME]) for side, sign in signs.items() if side != SAME}
    cases = [f"when {a} {sign} {b} then {words[told[side]]}" for side, sign in signs.items()]
    if UNKNOWN in told and told[UNKNOWN] < len(words) - 1:  # else it is null, as without
        cases.append(f"else {words[told[UNKNOWN]]}")
    return f"case {' '.join(cases)} end"
