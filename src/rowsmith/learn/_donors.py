"""Rows whose value of a column is not to be learnt get the one of a row like theirs: a donor.

A value that too few rows share is left out (see `core.shield`). Leaving out the rows too would thin out whoever tends to
have such values, and a random value would loosen the column from the others. A donor does neither.

Source: R. Andridge and R. Little, "A Review of Hot Deck Imputation for Survey Non-response" (2010), sections 2 and 3: the
nearest donor, columns weighted by what they tell.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from rowsmith.core.protocols import CodeArray, Codes
from rowsmith.core.rng import Key

MOST_DONORS = 2000
"""Rows among which a donor is looked for."""
SAMPLE = 4000
"""Rows by which columns are weighted."""
NEAR = 32
"""Columns on either side that are looked at; in wide tables the others are left aside."""
TELLING = 16
"""Columns that donors are compared by: those that tell most."""
GROUPS = 16
"""Groups of an ordered column, within which values count as alike."""
CHUNK = 512


def filled(columns: Sequence[Codes], hidden: Sequence[NDArray[np.bool_]], place: int, key: Key) -> CodeArray:
    """Codes of a column, the hidden ones those of donors.

    Args:
        columns: the coded table.
        hidden: for each column, rows of which the code says nothing, shape (rows,).
        place: the column.
        key: random stream of the choice.
    """
    codes = columns[place].values
    if not hidden[place].any():
        return codes
    wanting, there, rng = np.flatnonzero(hidden[place]), np.flatnonzero(~hidden[place]), key.generator()
    pool = rng.choice(there, MOST_DONORS, replace=False) if len(there) > MOST_DONORS else there
    some = rng.choice(there, SAMPLE, replace=False) if len(there) > SAMPLE else there
    others = [i for i in range(max(0, place - NEAR), min(len(columns), place + NEAR + 1)) if i != place]
    told = np.array([_tells(codes[some], _alike(columns[i], some, hidden[i])) for i in others])
    best = np.argsort(-told, kind="stable")[:TELLING]
    best = best[told[best] > 0]
    out = codes.copy()
    for at in range(0, len(wanting), CHUNK):
        rows = wanting[at : at + CHUNK]
        # Equally near ones are chosen among at random: what rounds off a comparison decides nothing else.
        score = rng.random((len(rows), len(pool)), dtype=np.float32) * np.float32(1e-4)
        for k in best:
            i = others[k]
            a, b = _alike(columns[i], rows, hidden[i]), _alike(columns[i], pool, hidden[i])
            score += np.float32(told[k]) * ((a[:, None] == b) & (a[:, None] >= 0))
        out[rows] = codes[pool[np.argmax(score, axis=1)]]
    return out


def _alike(column: Codes, rows: NDArray[np.int64], hidden: NDArray[np.bool_]) -> NDArray[np.int64]:
    """Group of the rows' values, within which they count as alike; -1 where nothing is known. Shape (rows,)."""
    codes = column.values[rows].astype(np.int64)
    if column.ordered and column.size > GROUPS:
        codes = codes * GROUPS // column.size
    return np.where(hidden[rows], -1, codes)


def _tells(codes: CodeArray, groups: NDArray[np.int64]) -> float:
    """Mutual information of a column and another one's groups in nats, less what chance adds on average (Miller 1955)."""
    _, a = np.unique(codes, return_inverse=True)
    _, b = np.unique(groups, return_inverse=True)
    sizes = int(a.max()) + 1, int(b.max()) + 1
    table = np.bincount(a * sizes[1] + b, minlength=sizes[0] * sizes[1]).reshape(sizes) / len(a)
    alone = np.outer(table.sum(axis=1), table.sum(axis=0))
    seen = table > 0
    told = float(np.sum(table[seen] * np.log(table[seen] / alone[seen])))
    return told - (sizes[0] - 1) * (sizes[1] - 1) / (2 * len(a))
