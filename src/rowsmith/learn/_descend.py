"""Drawing: rows go down the trees of codes that `_boost` fitted, by the probability at every node."""

# mypy: ignore-errors
# (numba's decorators have no types)

from __future__ import annotations

import numpy as np
from numba import njit
from numpy.typing import NDArray

from rowsmith.learn._boost import _hash

BLOCK = 256  # rows drawn together: their features stay in the first-level cache while all trees pass over them


@njit(cache=True, nogil=True, error_model="numpy")
def _margins(
    features, rows, lo, hi, node, base, trees_of, rank_of, offset, feature, threshold, value, ranks, block, out
):
    """Log-odds of "right" at a node for rows[lo:hi], into out[0 : hi - lo]."""
    inner = feature.shape[1]
    for at in range(lo, hi, BLOCK):
        m = min(BLOCK, hi - at)
        for i in range(m):
            out[at - lo + i] = base[node]
        if trees_of[node] == trees_of[node + 1]:
            continue
        for f in range(block.shape[1]):
            a, n = offset[f], offset[f + 1] - offset[f]
            for i in range(m):
                x = features[f, rows[at + i]]
                if n:  # nominal: to its rank at this node; a level that was never seen counts as the last
                    x = ranks[rank_of[node], a + min(x, n - 1)]
                block[i, f] = x
        for t in range(trees_of[node], trees_of[node + 1]):
            for i in range(m):
                k = 0
                while k < inner:
                    k = 2 * k + 1 + (block[i, feature[t, k]] > threshold[t, k])
                out[at - lo + i] += value[t, k - inner]


@njit(cache=True, nogil=True, error_model="numpy")
def _hand_on(left, right, node, lo, hi, rows, spare, n_left, n_right, ends, codes):
    """Put the rows that go right behind those that go left, and hand both on to the children, or give them their codes."""
    for i in range(n_right):
        rows[n_left + i] = spare[i]
    for side in range(2):
        child = right[node] if side else left[node]
        a, b = (n_left, hi) if side else (lo, n_left)
        if child >= 0:
            ends[child, 0], ends[child, 1] = a, b
        else:
            for i in range(a, b):
                codes[rows[i]] = ~child


@njit(cache=True, nogil=True, error_model="numpy")
def _draw(
    features,
    left,
    right,
    base,
    trees_of,
    rank_of,
    offset,
    feature,
    threshold,
    value,
    ranks,
    seed,
    systematic,
    rows,
    spare,
    margin,
    block,
    ends,
    codes,
):
    for i in range(1, rows.size):  # a random order (Fisher-Yates) of the rows
        j = _hash(seed, np.uint64(i)) % np.uint64(i + 1)
        rows[i], rows[j] = rows[j], rows[i]
    for node in range(left.size):  # parents come before their children
        lo, hi = ends[node, 0], ends[node, 1]
        if lo == hi:
            continue
        _margins(
            features,
            rows,
            lo,
            hi,
            node,
            base,
            trees_of,
            rank_of,
            offset,
            feature,
            threshold,
            value,
            ranks,
            block,
            margin,
        )
        n_left, n_right = lo, 0
        u = (_hash(~seed, np.uint64(node)) >> np.uint64(11)) * 2.0**-53
        for i in range(lo, hi):
            # systematic sampling: the sum of probabilities crosses a whole number wherever a row goes right
            u += 1.0 / (1.0 + np.exp(-margin[i - lo]))
            if u >= 1.0:
                u -= 1.0
                spare[n_right] = rows[i]
                n_right += 1
            else:
                rows[n_left] = rows[i]
                n_left += 1
            if not systematic:
                u = (_hash(~seed, np.uint64(rows.size + rows[i] * left.size + node)) >> np.uint64(11)) * 2.0**-53
        _hand_on(left, right, node, lo, hi, rows, spare, n_left, n_right, ends, codes)


@njit(cache=True, nogil=True, error_model="numpy")
def _middles(left, right):
    """First code on the right side of every node."""
    lowest, middle = np.empty(left.size, np.int64), np.empty(left.size, np.int64)
    for node in range(left.size - 1, -1, -1):  # children come after their parents
        one, other = left[node], right[node]
        lowest[node] = ~one if one < 0 else lowest[one]
        middle[node] = ~other if other < 0 else lowest[other]
    return middle


@njit(cache=True, nogil=True, error_model="numpy")
def _shares(left, right, base, of_node, of_code):
    of_node[0] = 1.0
    for node in range(left.size):
        p = of_node[node] / (1.0 + np.exp(-base[node]))
        for side in range(2):
            child, share = (right[node], p) if side else (left[node], of_node[node] - p)
            if child >= 0:
                of_node[child] = share
            else:
                of_code[~child] = share


@njit(cache=True, nogil=True, error_model="numpy")
def _draw_known(
    features,
    left,
    right,
    base,
    trees_of,
    rank_of,
    offset,
    feature,
    threshold,
    value,
    ranks,
    seed,
    numbers,
    middle,
    order,
    begin,
    end,
    rows,
    spare,
    margin,
    block,
    ends,
    codes,
    chance,
):
    for node in range(left.size):
        lo, hi = ends[node, 0], ends[node, 1]
        if lo == hi:
            continue
        _margins(
            features,
            rows,
            lo,
            hi,
            node,
            base,
            trees_of,
            rank_of,
            offset,
            feature,
            threshold,
            value,
            ranks,
            block,
            margin,
        )
        n_left, n_right = lo, 0
        for i in range(lo, hi):
            row, x = rows[i], margin[i - lo]
            a, b = begin[row], end[row]
            while a < b:  # the first of the row's codes that is on the right side
                m = (a + b) >> 1
                if order[m] < middle[node]:
                    a = m + 1
                else:
                    b = m
            if a == begin[row]:
                goes = True
                chance[row] -= np.log1p(np.exp(-x))
            elif a == end[row]:
                goes = False
                chance[row] -= np.log1p(np.exp(x))
            else:
                u = (_hash(seed, np.uint64(numbers[row] * left.size + node)) >> np.uint64(11)) * 2.0**-53
                goes = u < 1.0 / (1.0 + np.exp(-x))
            if goes:
                begin[row] = a
                spare[n_right] = row
                n_right += 1
            else:
                end[row] = a
                rows[n_left] = row
                n_left += 1
        _hand_on(left, right, node, lo, hi, rows, spare, n_left, n_right, ends, codes)


def _arrays(forest: dict[str, np.ndarray]) -> list[np.ndarray]:
    return [forest[k] for k in ("base", "trees_of", "rank_of", "offset", "feature", "threshold", "value", "ranks")]


def draw_column(
    forest: dict[str, np.ndarray], features: NDArray[np.uint8], seed: int, systematic: bool = True
) -> NDArray[np.uint16]:
    """Draw one column for the rows of a chunk, [n]; features [n_features, n] as in fit_column."""
    n = features.shape[1]
    left, right = forest["left"], forest["right"]
    ends = np.zeros((len(left) + 1, 2), np.int64)
    ends[0, 1] = n
    codes = np.zeros(n, np.uint16)
    _draw(
        features,
        left,
        right,
        *_arrays(forest),
        np.uint64(seed),
        systematic,
        np.arange(n),
        np.empty(n, np.int64),
        np.empty(n),
        np.empty((BLOCK, len(features)), np.uint8),
        ends,
        codes,
    )
    return codes


def middles(forest: dict[str, np.ndarray]) -> NDArray[np.int64]:
    """First code on the right side of every node, [nodes]."""
    return _middles(forest["left"], forest["right"])


def shares(forest: dict[str, np.ndarray]) -> NDArray[np.float64]:
    """How often each code was learnt, as a share of the rows, [size]."""
    size = len(forest["left"]) + 1
    out = np.ones(size)
    _shares(forest["left"], forest["right"], forest["base"], np.ones(size), out)
    return out


def draw_known(
    forest: dict[str, np.ndarray],
    features: NDArray[np.uint8],
    seed: int,
    order: NDArray[np.int64],
    begin: NDArray[np.int64],
    end: NDArray[np.int64],
    numbers: NDArray[np.int64],
) -> tuple[NDArray[np.uint16], NDArray[np.float64]]:
    """Draw one column where each row allows only some codes, and each row for itself: no row hangs on another.

    At a node with allowed codes on both sides a row goes by the node's probability, at another where it must; the product
    of the probabilities of the latter is the weight that makes up for it (importance sampling).

    Args:
        forest: of the column.
        features: as in fit_column, [n_features, n].
        seed: of all that is random.
        order: codes, rising between begin and end of every row.
        begin: place in the order of the first code that a row allows, [n].
        end: place after its last one, [n].
        numbers: of the rows: those of other numbers have other random numbers, [n].

    Returns:
        Codes, [n], and logarithms of the weights, [n].
    """
    n = features.shape[1]
    left, right = forest["left"], forest["right"]
    ends = np.zeros((len(left) + 1, 2), np.int64)
    ends[0, 1] = n
    codes, chance = np.zeros(n, np.uint16), np.zeros(n)
    _draw_known(
        features,
        left,
        right,
        *_arrays(forest),
        np.uint64(seed),
        numbers,
        _middles(left, right),
        order,
        begin.copy(),
        end.copy(),
        np.arange(n),
        np.empty(n, np.int64),
        np.empty(n),
        np.empty((BLOCK, len(features)), np.uint8),
        ends,
        codes,
        chance,
    )
    return codes, chance
