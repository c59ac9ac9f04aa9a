"""Markov chains for arrays: no loop over rows, however long a chain is."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from rowsmith.samplers._guide import GuideTable

Numbers = NDArray[np.int64]
Floats = NDArray[np.float64]
_SHORT = 512  # steps that are not worth cutting a chain for


def chain(tables: GuideTable, states: int, u: Floats, sizes: Numbers) -> Numbers:
    """States of chains that stand one after another.

    Chains step side by side. Long ones are cut into pieces of about the square root of the number of rows. A uniform
    number makes a function of the state before it, and a piece the composition of its functions: so the last state of
    every piece is found for each state that it may begin after; then it is known, piece by piece, which one that is; then
    all pieces step side by side.

    Args:
        tables: law number i is that of what follows the state i; law number `states` that of a first state.
        states: how many there are.
        u: uniform numbers, one a row, shape (n,).
        sizes: rows of each chain, from 1, n in all.

    Returns:
        Shape (n,).
    """
    out = np.empty(len(u), dtype=np.int64)
    if not len(u):
        return out
    size = max(_SHORT, int(np.sqrt(len(u))))
    pieces = -(-sizes // size)
    firsts = np.cumsum(pieces) - pieces
    place = np.arange(pieces.sum()) - np.repeat(firsts, pieces)  # of each piece in its chain
    starts = np.repeat(np.cumsum(sizes) - sizes, pieces) + place * size
    lengths = np.minimum(np.repeat(sizes, pieces) - place * size, size)
    before = np.full(len(starts), states)
    first = np.flatnonzero(place == 0)
    _step(tables, u, starts[first], lengths[first], before[first], out)
    if len(first) == len(starts):
        return out
    last = np.zeros(len(starts), dtype=bool)
    last[firsts + pieces - 1] = True
    middle = np.flatnonzero((place > 0) & ~last)
    ends = np.empty((len(starts), states), dtype=np.int64)
    every = np.broadcast_to(np.arange(states), (len(middle), states))
    ends[middle] = _step(tables, u, starts[middle], lengths[middle], every, None)
    for turn in range(1, int(pieces.max())):
        here = firsts[pieces > turn] + turn
        before[here] = out[starts[here] - 1] if turn == 1 else ends[here - 1, before[here - 1]]
    later = np.flatnonzero(place > 0)
    _step(tables, u, starts[later], lengths[later], before[later], out)
    return out


def _step(
    tables: GuideTable, u: Floats, starts: Numbers, lengths: Numbers, before: Numbers, out: Numbers | None
) -> Numbers:
    """Walk along pieces, all at once.

    Args:
        tables: see `chain`.
        u: uniform numbers of all rows.
        starts: first row of each piece, shape (p,).
        lengths: its rows.
        before: the state (or states) before it, shape (p,) or (p, states).
        out: where states are written, if `before` is one a piece.

    Returns:
        The last state, or states, of the shape of `before`.
    """
    order = np.argsort(-lengths, kind="stable")  # so that those which go on stand in front
    starts, lengths, now = starts[order], lengths[order], before[order]
    goes_on = np.searchsorted(-lengths, -np.arange(lengths.max(initial=0)), side="left")
    for step, count in enumerate(goes_on.tolist()):
        rows = starts[:count] + step
        now[:count] = tables.draw(u[rows] if now.ndim == 1 else u[rows, None], now[:count])
        if out is not None:
            out[rows] = now[:count]
    back = np.empty_like(now)
    back[order] = now
    return back
