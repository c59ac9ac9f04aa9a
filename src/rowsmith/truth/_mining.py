"""What was not planted and is there all the same: columns that hang together though nothing says they should.

Every pair of columns of a table is tested for any monotone or group-wise relation; days of the week, months and hours of
times, and gaps, count as columns of their own. Pairs that planted structures or the spec explain are left out.

Sources: rank correlation (C. Spearman 1904), H test (W. Kruskal, W. Wallis 1952), bias-corrected Cramér's V (W. Bergsma,
J. Korean Stat. Soc. 42, 2013), and the false discovery rate of Y. Benjamini and Y. Hochberg, JRSS B 57 (1995).
"""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from rowsmith.truth._terms import numbers, texts

FEWEST_ROWS, MOST_ROWS = 20, 20_000
MOST_LEVELS = 40
MOST_COLUMNS = 60
FEW_GAPS = 0.002
RATE = 0.001
"""Of false discoveries."""
EFFECT = 0.1
"""Relations weaker than this are nobody's finding: on the scale of a correlation."""


@dataclass(frozen=True, kw_only=True)
class Unplanned:
    """Two columns that hang together.

    Attributes:
        table: of the columns.
        columns: the two, such as `weekday of placed`.
        measure: what was measured.
        size: how strong, on the scale of a correlation, from 0 to 1.
        p: how likely so strong a relation is by chance.
    """

    table: str
    columns: tuple[str, str]
    measure: str
    size: float
    p: float


@dataclass(frozen=True)
class _View:
    """A column, or what is seen in it.

    Attributes:
        name: for people.
        base: the column.
        numbers: shape (n,), nan where there is none; None for levels.
        levels: number of each row's level, -1 where there is none.
    """

    name: str
    base: str
    numbers: NDArray[np.float64] | None
    levels: NDArray[np.int64] | None


def unplanned(name: str, table: pa.Table, related: Sequence[Sequence[str]]) -> list[Unplanned]:
    """Relations of a table's columns that nothing explains, the strongest first.

    Args:
        name: of the table.
        table: its rows; of many, some are looked at.
        related: groups of columns that hang together for a known reason.
    """
    if table.num_rows < FEWEST_ROWS:
        return []
    step = max(1, table.num_rows // MOST_ROWS)
    if step > 1:
        table = table.take(pa.array(np.arange(0, table.num_rows, step)))
    views = [view for column in table.column_names[:MOST_COLUMNS] for view in _views(column, table[column])]
    known = {frozenset(pair) for group in related for pair in itertools.combinations(sorted(set(group)), 2)}
    found = []
    for a, b in itertools.combinations(views, 2):
        if a.base != b.base and frozenset((a.base, b.base)) not in known:
            tested = _relation(a, b)
            if tested is not None:
                found.append(
                    Unplanned(table=name, columns=(a.name, b.name), measure=tested[0], size=tested[1], p=tested[2])
                )
    kept = _discoveries([each.p for each in found])
    strong = [each for each, keep in zip(found, kept, strict=True) if keep and each.size >= EFFECT]
    return sorted(strong, key=lambda each: (-each.size, each.columns))


def _views(name: str, column: pa.ChunkedArray) -> Iterator[_View]:
    array = column.combine_chunks()
    kind = array.type
    gaps = array.is_null().to_numpy(zero_copy_only=False)
    if FEW_GAPS < gaps.mean() < 1 - FEW_GAPS:
        yield _View(f"gaps of {name}", name, None, gaps.astype(np.int64))
    if pa.types.is_timestamp(kind) or pa.types.is_date(kind):
        yield _View(
            name, name, numbers(array.cast(pa.timestamp("us", getattr(kind, "tz", None))).cast(pa.int64()), name), None
        )
        for word, part in (("weekday", pc.day_of_week), ("month", pc.month), ("hour", pc.hour)):
            if word != "hour" or pa.types.is_timestamp(kind):
                yield _View(
                    f"{word} of {name}",
                    name,
                    None,
                    part(array).fill_null(-1).to_numpy(zero_copy_only=False).astype(np.int64),
                )
    elif pa.types.is_integer(kind) or pa.types.is_floating(kind) or pa.types.is_decimal(kind):
        if not (
            pa.types.is_integer(kind) and len(array) > MOST_LEVELS and pc.count_distinct(array).as_py() == len(array)
        ):
            yield _View(name, name, numbers(array, name), None)  # but for keys
    elif pa.types.is_boolean(kind) or pa.types.is_string(kind) or pa.types.is_dictionary(kind):
        coded = texts(array).dictionary_encode()
        if 1 < len(coded.dictionary) <= MOST_LEVELS:
            yield _View(name, name, None, coded.indices.fill_null(-1).to_numpy(zero_copy_only=False).astype(np.int64))


def _relation(a: _View, b: _View) -> tuple[str, float, float] | None:
    """What is measured, its size and its p; None where there is too little to measure."""
    if a.numbers is not None and b.numbers is not None:
        return _correlation(a.numbers, b.numbers)
    if a.levels is not None and b.levels is not None:
        return _association(a.levels, b.levels)
    values, levels = (a.numbers, b.levels) if a.numbers is not None else (b.numbers, a.levels)
    assert values is not None
    assert levels is not None
    return _difference(values, levels)


def _correlation(x: NDArray[np.float64], y: NDArray[np.float64]) -> tuple[str, float, float] | None:
    from scipy import stats

    kept = np.isfinite(x) & np.isfinite(y)
    x, y = x[kept], y[kept]
    if len(x) < 10 or np.ptp(x) == 0 or np.ptp(y) == 0:
        return None
    found = stats.spearmanr(x, y)
    return "rank correlation", abs(float(found.statistic)), float(found.pvalue)


def _difference(values: NDArray[np.float64], levels: NDArray[np.int64]) -> tuple[str, float, float] | None:
    from scipy import stats

    kept = np.isfinite(values) & (levels >= 0)
    values, levels = values[kept], levels[kept]
    sizes = np.bincount(levels)
    groups = np.flatnonzero(sizes >= 5)
    kept = np.isin(levels, groups)
    values, levels = values[kept], np.searchsorted(groups, levels[kept])
    n, k = len(values), len(groups)
    if k < 2 or np.ptp(values) == 0:
        return None
    ranks = stats.rankdata(values)
    means = np.bincount(levels, ranks) / sizes[groups]
    h = float((sizes[groups] * (means - ranks.mean()) ** 2).sum() / ranks.var() * (n - 1) / n)
    return "difference between groups", float(np.sqrt(max(0.0, (h - k + 1) / (n - k)))), float(stats.chi2.sf(h, k - 1))


def _association(x: NDArray[np.int64], y: NDArray[np.int64]) -> tuple[str, float, float] | None:
    from scipy import stats

    kept = (x >= 0) & (y >= 0)
    n = int(kept.sum())
    table = np.zeros((x.max(initial=0) + 1, y.max(initial=0) + 1))
    np.add.at(table, (x[kept], y[kept]), 1)
    table = table[table.sum(axis=1) >= 5]
    table = table[:, table.sum(axis=0) >= 5]  # of the rows that are left, and of these those with anything in them
    table = table[table.sum(axis=1) > 0]
    if min(table.shape) < 2 or n < 20:
        return None
    found = stats.chi2_contingency(table, correction=False)
    (r, c), n = table.shape, int(table.sum())
    phi = max(0.0, found.statistic / n - (r - 1) * (c - 1) / (n - 1))
    least = min(r - (r - 1) ** 2 / (n - 1), c - (c - 1) ** 2 / (n - 1)) - 1
    return "association", float(np.sqrt(phi / least)) if least > 0 else 0.0, float(found.pvalue)


def _discoveries(p: Sequence[float]) -> NDArray[np.bool_]:
    """Which hypotheses are refused at the false discovery rate `RATE`."""
    values = np.array(p)
    order = np.argsort(values)
    good = np.flatnonzero(values[order] <= RATE * np.arange(1, len(values) + 1) / max(len(values), 1))
    out = np.zeros(len(values), dtype=bool)
    out[order[: good[-1] + 1 if len(good) else 0]] = True
    return out
