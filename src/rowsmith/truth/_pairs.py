"""Rows of the same thing found again: by equal hashes, and where they differ a little, by how much likelier they are a pair.

Pairs are looked at that agree in a column, or in two where many rows share a value; each column then adds the logarithm of how
much more often it is equal, near or far in pairs than by chance, by the very value where it is equal.

Sources: I. P. Fellegi, A. B. Sunter, "A Theory for Record Linkage", JASA 64 (1969); agreement by value: W. E. Winkler, "Using the
EM Algorithm for Weight Computation in the Fellegi-Sunter Model" (1988).
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from rowsmith.core.permutation import mix
from rowsmith.core.rng import Key
from rowsmith.core.slips import is_near
from rowsmith.core.types import is_number
from rowsmith.truth._axis import axis, is_time
from rowsmith.truth._dirt import share, sure
from rowsmith.truth._plant import Finding
from rowsmith.truth._terms import numbers, texts
from rowsmith.truth._usual import decimals

Array = NDArray[np.float64]
Codes = NDArray[np.int64]
EQUAL, NEAR, FAR = math.log(0.85), math.log(0.13), math.log(0.02)
"""How often a column is equal, near and far in rows of the same thing."""
MOST_ALIKE = 12
"""Rows with one value that are all compared with one another."""
MOST_BLOCKS = 10
CHANCE_PAIRS = 20_000
NEAR_NUMBERS, NEAR_DAYS = 0.006, 3.0
EXPECTED = 0.02
"""Share of rows that are thought to be copies before they are looked at."""
MOST_HOPE = 12.0
"""Log-odds against a pair that near values of one column could still outweigh."""


@dataclass(frozen=True)
class _Column:
    """A column as pairs are compared by it.

    Attributes:
        codes: number of each row's value, -1 where there is none.
        shares: of rows with each value.
        words: the values where they are text, else None.
        places: of the values on an axis where they are numbers or dates, shape (n,).
        near: how far from each other near ones may be, in parts of the value and as such.
    """

    codes: Codes
    shares: Array
    words: Sequence[str] | None
    places: Array | None
    near: tuple[float, float]


def find_pairs(table: pa.Table, identity: Sequence[str], key: str | None) -> list[Finding]:
    """How many copies there are for each row that is none, and how many of them are not the same in every column.

    Args:
        table: n rows.
        identity: columns that tell what a row is of.
        key: the column that tells rows apart, if there is one.
    """
    n = table.num_rows
    looked_at = {name: _column(table[name], name) for name in table.column_names if name != key}
    columns = {name: column for name, column in looked_at.items() if column is not None}
    if n < 2 or not columns:
        return [Finding(name="rate", estimate=None, note="there are too few rows")]
    whole = _joint([column.codes for column in columns.values()])
    left, right = _candidates(columns, whole, [name for name in identity if name in columns])
    likely = _likely(list(columns.values()), left, right, n)
    unsure = math.sqrt(float((likely * (1 - likely)).sum()))
    left, right = left[likely > 0.5], right[likely > 0.5]
    if key is not None:
        same = _alike(texts(table[key]).dictionary_encode().indices.fill_null(-1).to_numpy(zero_copy_only=False))
        left, right = np.concatenate([left, same[0]]), np.concatenate([right, same[1]])
    copies, fuzzy = _count(n, left, right, whole)
    note, rate = f"{copies - fuzzy} exact and {fuzzy} fuzzy copies", copies / (n - copies)
    error = math.hypot(math.sqrt(max(rate * (1 - rate), 0.0) / (n - copies)), unsure / (n - copies))
    return [sure("rate", rate, error, note) if copies else share("rate", 0, n, note), share("fuzzy", fuzzy, copies)]


def _column(column: pa.ChunkedArray, name: str) -> _Column | None:
    """A column as it is compared; None where its values are of a kind that is not."""
    try:
        coded = texts(column).dictionary_encode()
    except (pa.ArrowInvalid, pa.ArrowNotImplementedError):
        return None
    codes = coded.indices.fill_null(-1).to_numpy(zero_copy_only=False).astype(np.int64)
    shares = np.bincount(codes[codes >= 0], minlength=len(coded.dictionary)) / max(len(codes), 1)
    kind = column.type
    if pa.types.is_temporal(kind) and is_time(column) and not pa.types.is_time(kind) and not pa.types.is_duration(kind):
        return _Column(codes, shares, None, axis(column, name), (0.0, NEAR_DAYS + 1e-9))
    if is_number(kind):
        values = numbers(column, name)
        places = decimals(values[np.isfinite(values)])
        return _Column(codes, shares, None, values, (NEAR_NUMBERS, 0.0 if places is None else 1.01 * 10.0**-places))
    return _Column(codes, shares, coded.dictionary.to_pylist(), None, (0.0, 0.0))


def _candidates(columns: Mapping[str, _Column], whole: Codes, identity: Sequence[str]) -> tuple[Codes, Codes]:
    """Rows that are compared, each pair once."""
    others = sorted(columns, key=lambda name: -len(columns[name].shares))
    names = list(dict.fromkeys([*identity, *others]))[:MOST_BLOCKS]
    blocks = [columns[name].codes for name in names]
    found = [_alike(whole)]
    for name in identity:
        words = columns[name].words
        if words is not None:
            folded = np.unique([word.strip().casefold() for word in words] or [""], return_inverse=True)[1]
            codes = columns[name].codes
            found.append(_alike(np.where(codes >= 0, folded[codes], -1)))
    found += [_alike(codes) for codes in blocks]
    found += [_alike(np.where((a >= 0) & (b >= 0), _joint([a, b]), -1)) for a, b in itertools.combinations(blocks, 2)]
    n = len(whole)
    pairs = np.unique(np.concatenate([left * n + right for left, right in found]))
    return pairs // n, pairs % n


def _alike(codes: Codes) -> tuple[Codes, Codes]:
    """Pairs of rows with the same code from 0, where few have it; the earlier row of each, and the later."""
    order = np.argsort(codes, kind="stable")
    in_order = codes[order]
    starts = np.flatnonzero(np.append(True, in_order[1:] != in_order[:-1])) if len(codes) else np.empty(0, np.int64)
    sizes = np.diff(np.append(starts, len(codes)))
    few = np.repeat((sizes > 1) & (sizes <= MOST_ALIKE), sizes) & (in_order >= 0)
    order, in_order = order[few], in_order[few]
    pairs = [(np.empty(0, np.int64), np.empty(0, np.int64))]
    for step in range(1, MOST_ALIKE):
        same = in_order[step:] == in_order[:-step]
        pairs.append((order[:-step][same], order[step:][same]))
    left, right = (np.concatenate(side) for side in zip(*pairs, strict=True))
    return left, right


def _likely(columns: Sequence[_Column], left: Codes, right: Codes, n: int) -> Array:
    """How likely each pair is of the same thing, shape (pairs,)."""
    by_chance = Key(0).child("pairs by chance").generator().integers(0, n, (2, CHANCE_PAIRS))
    score = np.full(len(left), math.log(EXPECTED * 2 / n))
    pending = []
    for column in columns:
        a, b = column.codes[left], column.codes[right]
        equal, known = (a == b) & (a >= 0), (a >= 0) & (b >= 0)
        score += np.where(equal, EQUAL - np.log(column.shares[a] + 1e-300) if len(column.shares) else 0.0, 0.0)
        pending.append((column, known & ~equal))
    for column, differ in pending:
        a, b = by_chance
        near = max(float((_near(column, a, b) & (column.codes[a] != column.codes[b])).mean()), 0.5 / CHANCE_PAIRS)
        weight = NEAR - math.log(near)
        rows = np.flatnonzero(differ & (score > -MOST_HOPE))
        is_close = np.zeros(len(left), dtype=bool)
        is_close[rows] = _near(column, left[rows], right[rows])
        far = max(1 - near - float((column.shares**2).sum()), 1e-3)
        score += np.where(is_close, weight, np.where(differ, FAR - math.log(far), 0.0))
    return np.asarray(1 / (1 + np.exp(-np.clip(score, -500, 500))))


def _near(column: _Column, left: Codes, right: Codes) -> NDArray[np.bool_]:
    """Whether values are near to each other, shape (pairs,)."""
    if column.places is not None:
        x, y = column.places[left], column.places[right]
        part, least = column.near
        with np.errstate(invalid="ignore"):  # infinities are near to nothing
            return np.asarray(np.abs(x - y) <= np.maximum(part * np.maximum(np.abs(x), np.abs(y)), least))
    assert column.words is not None
    a, b = column.codes[left], column.codes[right]
    size = max(len(column.words), 1)
    known = (a >= 0) & (b >= 0)
    pairs, place = np.unique(np.minimum(a, b)[known] * size + np.maximum(a, b)[known], return_inverse=True)
    words = column.words
    close = [
        _near_words(words[i], words[j]) for i, j in zip((pairs // size).tolist(), (pairs % size).tolist(), strict=True)
    ]
    out = np.zeros(len(left), dtype=bool)
    out[known] = np.array(close, dtype=bool)[place] if len(pairs) else False
    return out


def _near_words(a: str, b: str) -> bool:
    return is_near(a, b) or (len(a) == len(b) and a.casefold() == b.casefold())


def _count(n: int, left: Codes, right: Codes, whole: Codes) -> tuple[int, int]:
    """How many rows are copies of others, by pairs that hang together; and how many of these are not exact."""
    from scipy import sparse

    graph = sparse.coo_matrix((np.ones(len(left)), (left, right)), shape=(n, n))
    things, of = sparse.csgraph.connected_components(graph, directed=False)
    exact = n - len(np.unique(_joint([of.astype(np.int64), whole])))
    return n - things, n - things - exact


def _joint(codes: Sequence[Codes]) -> Codes:
    """One code for the codes of a row in several columns, from 0, shape (n,): a hash of 62 bits."""
    out = np.zeros(len(codes[0]), dtype=np.uint64)
    for place, column in enumerate(codes):
        out = mix(out * np.uint64(31) + column.astype(np.uint64), place)
    return (out >> np.uint64(2)).astype(np.int64)
