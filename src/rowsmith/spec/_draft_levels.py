"""Drafts of categories: levels that enough rows share, with rounded weights; labels of our own where too many are rare."""

from __future__ import annotations

import re

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from rowsmith.spec._draft_laws import Settings
from rowsmith.spec._draft_numbers import share, significant
from rowsmith.spec._draft_parts import DataColumn, Draft, hidden, null_share

MOST_LEVELS = 100
"""Levels that are listed at most."""
MOST_LENGTH = 100
"""Characters of a level that is listed at most."""
MOST_REST = 0.2
"""Share of rows that may go to `other`; with more of them, all levels are labels of our own."""
MOST_KEYS = 12
"""Texts with a number in them, such as P001, from which they are keys of something, and so not listed."""
OTHER = "other"
_NUMBERED = re.compile(r"([^0-9]+)([0-9]{1,18})")
STEEPEST = 3.0


def category(source: DataColumn, values: pa.Array) -> Draft:
    """The draft of a column of texts that repeat.

    Args:
        source: the column.
        values: as texts, shape (rows,).
    """
    names, counts = ranked(values.drop_null())
    kept = [i for i in range(len(names)) if counts[i] >= source.rare and len(names[i]) <= MOST_LENGTH][:MOST_LEVELS]
    total, listed = int(counts.sum()), int(counts[kept].sum())
    if total - listed > MOST_REST * total or (len(names) > MOST_KEYS and _numbered(names, source.rare) is not None):
        return _labels(source, values, names, counts)
    levels = [names[i] for i in kept]
    codes = index(values, levels)
    note = ""
    if listed < total:
        levels = levels if OTHER in levels else [*levels, OTHER]
        codes = np.where((codes < 0) & values.is_valid().to_numpy(zero_copy_only=False), levels.index(OTHER), codes)
        rest = len(names) - len(kept)
        note = f"{rest:,} rare value{'s'[: rest != 1]} became {OTHER}"
    return Draft(
        name=source.name,
        settings={"kind": "category", "values": weights(codes, levels), **null_share(values)},
        note=note,
        present=values.is_valid().to_numpy(zero_copy_only=False),
        codes=codes,
        levels=tuple(levels),
    )


def boolean(source: DataColumn, values: pa.Array) -> Draft:
    """The draft of a column of truth values."""
    present = values.is_valid().to_numpy(zero_copy_only=False)
    truth = values.fill_null(False).to_numpy(zero_copy_only=False)
    settings: Settings = {"kind": "boolean", "p": share(float(truth[present].mean())), **null_share(values)}
    return Draft(
        name=source.name,
        settings=settings,
        present=present,
        codes=np.where(present, truth.astype(np.int64), -1),
        levels=(False, True),
    )


def ranked(values: pa.Array) -> tuple[list[str], NDArray[np.int64]]:
    """Different texts, the most frequent first (ties by text), and how often each comes."""
    found = pc.value_counts(values)
    table = pa.table({"name": found.field("values"), "count": found.field("counts")})
    table = table.sort_by([("count", "descending"), ("name", "ascending")])
    return table["name"].to_pylist(), table["count"].to_numpy()


def index(values: pa.Array, levels: list[str]) -> NDArray[np.int64]:
    """Place of each text among levels, -1 where it is none."""
    found = pc.index_in(values, pa.array(levels, pa.string()), skip_nulls=True).fill_null(-1)
    return np.asarray(found.to_numpy(zero_copy_only=False), dtype=np.int64)


def weights(codes: NDArray[np.int64], levels: list[str]) -> dict[str, float]:
    """Level to its share of the rows that have one, rounded."""
    counts = np.bincount(codes[codes >= 0], minlength=len(levels))
    return {level: share(c / counts.sum()) for level, c in zip(levels, counts.tolist(), strict=True)}


def _labels(source: DataColumn, values: pa.Array, names: list[str], counts: NDArray[np.int64]) -> Draft:
    """Labels with numbers, as many and as unequally frequent as the levels."""
    n = max(int(significant(len(counts), 2)), 1)
    rank = hidden(source.helper("rank"), {"kind": "zipf", "n": n, "exponent": _steepness(counts)})
    front, form = _numbered(names, source.rare) or (f"{source.name} ", "")
    text = front.replace("{", "{{").replace("}", "}}") + f"{{{rank.name}{form}}}"
    return Draft(
        name=source.name,
        settings={"kind": "template", "text": text, **null_share(values)},
        note=f"{len(counts):,} different values, not listed: labels of as many, as unequally frequent",
        helpers=(rank,),
        present=values.is_valid().to_numpy(zero_copy_only=False),
        derived=True,
    )


def _numbered(names: list[str], rare: int) -> tuple[str, str] | None:
    """What stands before the number of all levels, and the number's form in a template; None if they are no such texts."""
    if len(names) < rare:
        return None
    found = [_NUMBERED.fullmatch(name) for name in names]
    if not all(found):
        return None
    fronts, digits = {f[1] for f in found if f}, [f[2] for f in found if f]
    if len(fronts) != 1:
        return None
    padded = any(d.startswith("0") and len(d) > 1 for d in digits)
    return fronts.pop(), f":0{len(digits[0])}d" if padded and len({len(d) for d in digits}) == 1 else ""


def _steepness(counts: NDArray[np.int64]) -> float:
    """The likeliest exponent of Zipf's law for how often each level comes, the most frequent first."""
    ranks = np.log(np.arange(1, len(counts) + 1))
    mean = float(counts @ ranks) / counts.sum()
    low, high = 0.0, STEEPEST
    for _ in range(12):  # the law's mean of log rank falls with the exponent
        middle = (low + high) / 2
        law = np.exp(-middle * ranks)
        low, high = (middle, high) if float(law @ ranks) / law.sum() > mean else (low, middle)
    return round((low + high) / 2, 2)
