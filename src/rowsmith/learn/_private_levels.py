"""Finding levels that nobody declared: those that so many rows have that one person more or less cannot matter.

All columns are searched together, in two turns: what the first one finds needs no more attention, so that in the second a
row gives all its weight to the few values of it that are still unknown. Source: M. Swanberg, D. Desfontaines and S. Haney,
"DP-SIPS: A simpler, more scalable mechanism for differentially private partition selection" (2023).
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from statistics import NormalDist

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from rowsmith.learn._private_budget import Ledger
from rowsmith.learn._private_noise import Noise, scale_of

UNIT = 1 << 16
"""Weight of a row, in whole numbers."""
TURNS = (0.2, 0.75)
"""Parts of the price of each turn; what is left counts the rows."""
HOPELESS = 0.1
"""A column in which the levels of the first turn cover less of the rows is not searched on."""
SURE = 2.0
"""Standard deviations within which levels may cover all rows."""
COVER = 0.5
"""Part of the rows with a value whose levels must be found, or the column counts as text of which none is kept."""


@dataclass(frozen=True)
class Found:
    """The levels of a column.

    Attributes:
        levels: that were found; empty where too few rows have one of those that were found.
        shares: cumulative shares of their rows, rising to 1.
        cover: about the part of the rows with a value that have one of them; 1 if it may be all of them.
    """

    levels: pa.Array
    shares: NDArray[np.float64]
    cover: float


def found_levels(
    columns: Mapping[str, pa.Array], ledger: Ledger, noise: Noise, *, rho: float, delta: float, reach: int
) -> dict[str, Found]:
    """Levels that many rows share.

    Args:
        columns: by name, values with nulls.
        ledger: pays.
        noise: is added.
        rho: the price.
        delta: chance that a level shows that only one person has.
        reach: rows of one person, at most.
    """
    coded = {name: values.dictionary_encode() for name, values in columns.items()}
    codes = {name: each.indices.fill_null(-1).to_numpy().astype(np.int64) for name, each in coded.items()}
    known = {
        name: np.zeros(len(each.dictionary), dtype=np.int64) for name, each in coded.items()
    }  # rows of what is found
    searched, filled = list(columns), dict[str, float]()
    for turn, part in enumerate(TURNS):
        weights = _weights([codes[name] for name in searched], [known[name] for name in searched], alike=turn == 0)
        scale = scale_of(part * rho, reach * UNIT)
        least = _threshold(scale, reach, delta / len(TURNS), len(searched))
        ledger.spend("levels", part * rho)
        for name in searched:
            rows = codes[name] >= 0
            totals = np.zeros(len(known[name]), dtype=np.int64)
            np.add.at(totals, codes[name][rows], weights[rows])
            unknown = np.flatnonzero(known[name] == 0)
            noisy, _ = noise.gaussian(totals[unknown], scale, reach * UNIT)
            new = noisy >= least
            typical = UNIT / math.sqrt(len(searched)) if turn == 0 else UNIT
            known[name][unknown[new]] = np.maximum(np.rint(noisy[new] / typical), 1).astype(np.int64)
        if turn == 0:
            price = (1 - sum(TURNS)) * rho / len(columns)
            for name in columns:
                ledger.spend("levels", price)
                there = np.array([int((codes[name] >= 0).sum())])
                filled[name] = max(1.0, float(noise.gaussian(there, scale_of(price, reach), reach)[0][0]))
            searched = [name for name in searched if known[name].sum() >= HOPELESS * filled[name]]
            if not searched:
                break
    scale = scale_of(TURNS[0] * rho, reach) * math.sqrt(len(columns))  # noise of the first turn, in rows
    return {name: _found(coded[name].dictionary, known[name], filled[name], scale) for name in columns}


def _weights(codes: list[NDArray[np.int64]], known: list[NDArray[np.int64]], alike: bool) -> NDArray[np.int64]:
    """What each row gives to each of its unknown values, so that the squares sum to that of `UNIT` at most, shape (rows,)."""
    if alike:
        return np.full(len(codes[0]), int(UNIT / math.sqrt(len(codes))), dtype=np.int64)
    unknown = np.zeros(len(codes[0]), dtype=np.int64)
    for each, found in zip(codes, known, strict=True):
        unknown += (each >= 0) & (np.append(found, 1)[each] == 0)
    return (UNIT / np.sqrt(np.maximum(unknown, 1))).astype(np.int64)


def _threshold(scale: float, reach: int, delta: float, columns: int) -> int:
    """What a value's noisy weight must reach, so that one that only one person has does so with a chance of δ at most.

    One person has at most as many values as columns times rows, and gives each the whole weight of the rows at most. The
    tail of the discrete Gaussian is below that of the continuous one a step before (Canonne et al., 2020, proposition 25).
    """
    return math.ceil(reach * UNIT + 1 + scale * NormalDist().inv_cdf(1 - delta / (columns * reach)))


def _found(levels: pa.Array, known: NDArray[np.int64], filled: float, scale: float) -> Found:
    """What was found, the most frequent first: the order in which values came in the rows says nothing of it."""
    places = np.flatnonzero(known)
    cover = float(known.sum()) / filled
    cover = 1.0 if cover + SURE * scale * math.sqrt(len(places) + 1) / filled > 1 else cover
    if cover < COVER and pa.types.is_string(levels.type):
        places = places[:0]
    texts = [str(levels[int(k)]) for k in places]
    order = places[np.array(sorted(range(len(places)), key=lambda i: (-known[places[i]], texts[i])), dtype=np.int64)]
    shares = np.cumsum(known[order]) / max(known[order].sum(), 1)
    return Found(levels.take(pa.array(order)), shares, cover)
