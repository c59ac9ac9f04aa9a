"""Numbers that are listed with their weights: a few values, between which a law would make many that nobody has."""

from __future__ import annotations

import math

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from rowsmith.spec._draft_fit import LEAST, Law, below
from rowsmith.spec._draft_laws import Settings
from rowsmith.spec._draft_levels import MOST_REST
from rowsmith.spec._draft_numbers import Numbers, share
from rowsmith.spec._draft_parts import DataColumn, Draft, Steps, plain_number, type_text

MOST = 20
"""Different numbers that are listed at most."""
STRAY = 0.02
"""Share of rows with other numbers, at most, where those are many."""
EXACT = 2.0**53


def listed(
    source: DataColumn, found: Numbers, law: Law, lattice: Steps | None, around: Settings, present: NDArray[np.bool_]
) -> Draft | None:
    """Numbers with their weights, if they are few and that is likelier than a law; None if not.

    Args:
        source: the column.
        found: its numbers.
        law: that suits them best; of their steps where they are on a lattice.
        lattice: that they are on.
        around: settings around the kind.
        present: which rows have a number.
    """
    values, counts = np.unique(found.exact, return_counts=True)
    kept = counts >= found.rare
    total = int(counts[kept].sum())
    rest = MOST_REST if len(values) <= MOST else STRAY
    whole = found.digits is not None
    if not 2 <= kept.sum() <= MOST or total < (1 - rest) * found.n or (whole and np.abs(values).max() >= EXACT):
        return None
    if (lattice is None and found.gapless) or not _likelier(law, found, lattice, counts[kept]):
        return None
    levels = tuple(plain_number(v) for v in values[kept].tolist())
    weights = {level: share(c / total) for level, c in zip(levels, counts[kept].tolist(), strict=True)}
    made = pa.int64() if all(isinstance(level, int) for level in levels) else pa.float64()
    cast = {"as": type_text(source.type)} if made != source.type else {}
    gone = int((~kept).sum())
    places = np.full(len(values), -1)
    places[kept] = np.arange(len(levels))
    codes = np.full(len(present), -1)
    codes[present] = places[np.searchsorted(values, found.exact)]
    return Draft(
        name=source.name,
        settings={"kind": "category", "values": weights, **around, **cast},
        note=f"{gone:,} rare value{'s'[: gone != 1]} left out" if gone else "",
        present=present,
        numbers=found,
        codes=codes,
        levels=levels,
        type=source.type,
    )


def _likelier(law: Law, found: Numbers, lattice: Steps | None, counts: NDArray[np.int64]) -> bool:
    """Whether weights of their own suit frequent numbers better than a law, by the Bayesian information criterion."""
    measured = found if lattice is None else lattice.numbers
    ends, _ = measured.jumps
    left, right = np.split(below(law, ends), 2)
    _, often = np.unique(measured.exact, return_counts=True)
    p = (right - left)[often >= found.rare]
    if len(p) != len(counts):  # beside the lattice are frequent numbers too
        return False
    free = law.free if law.family is not None else max(len(v) for v in law.settings.values())
    free += 0 if lattice is None else 1 + (lattice.offset != 0)
    gain = 2 * float(counts @ (np.log(counts / found.n) - np.log(np.maximum(p, LEAST))))
    return gain > (len(counts) - 1 - free) * math.log(found.n)
