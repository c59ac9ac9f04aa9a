"""Compiled core of the tree learner: one column as a binary tree of codes with a boosted classifier at every inner node.

A column's codes are the leaves of a binary tree. Every inner node holds a small gradient-boosted classifier over the columns
that come earlier in the chain; it is trained on the rows that reach the node and says how likely the right side is. The idea:
C. McCarter, "Unmasking Trees for Tabular Data" (2024). The boosting is the usual second-order one (T. Chen, C. Guestrin,
"XGBoost", 2016, section 2) on histograms; nominal features are ordered by their share of "right" at the node (W. Fisher,
"On Grouping for Maximum Homogeneity", 1958), after which they split like ordered ones.

Everything fitted is flat arrays. All results are functions of the arguments alone: sums are over integers or in row order,
random numbers are hashes of (seed, row, step), and nothing runs in parallel inside.
"""

# mypy: ignore-errors
# (numba's decorators have no types)

from __future__ import annotations

import numpy as np
from numba import njit
from numpy.typing import NDArray

from rowsmith.learn._splits import Settings, least, split_codes

BINS = 64  # most bins a feature has inside a node; a histogram of 8 leaves then fits the first-level cache
SCALE = 16384.0  # gradients are summed as integers of this unit: exact, and a row's count shares the same 64-bit word


@njit(cache=True, nogil=True, error_model="numpy", no_cpython_wrapper=True)
def _hash(seed, counter):
    """SplitMix64 (Steele, Lea, Flood 2014) of a counter under a seed."""
    z = seed + counter * np.uint64(0x9E3779B97F4A7C15)
    z = (z ^ (z >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    z = (z ^ (z >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return z ^ (z >> np.uint64(31))


@njit(cache=True, nogil=True, error_model="numpy")
def _bin(features, nominal, levels, mine, right, target, smooth, local, bins, cut, ranks, offset, scratch):
    """Bins of all features for the rows of one node."""
    share = 0.0
    for i in range(mine.size):
        share += right[i]
    share /= mine.size
    for f in range(bins.size):
        n = levels[f]
        for k in range(n):
            scratch[0, k], scratch[1, k], scratch[2, k] = 0.0, 0.0, k
        for i in range(mine.size):
            x = features[f, mine[i]]
            local[f, i] = x
            scratch[0, x] += 1.0
            scratch[1, x] += right[i]
        if nominal[f]:
            for k in range(n):
                scratch[1, k] = (scratch[1, k] + smooth * share) / (scratch[0, k] + smooth)
            for k in range(1, n):  # insertion sort: few levels, and a fraction of the compile time of argsort
                j, key = k, scratch[1, k]
                while j > 0 and scratch[1, int(scratch[2, j - 1])] > key:
                    scratch[2, j] = scratch[2, j - 1]
                    j -= 1
                scratch[2, j] = k
        b, held = 0, 0.0
        for k in range(n):
            x = int(scratch[2, k])
            c = scratch[0, x]
            if held > 0 and held + c > target and b < BINS - 1 and (c >= target or held >= target):
                b, held = b + 1, 0.0
            held += c
            scratch[3, x] = b
            cut[f, b] = x
        bins[f] = b + 1
        for i in range(mine.size):
            local[f, i] = int(scratch[3, local[f, i]])
        if nominal[f]:
            for k in range(n):
                ranks[offset[f] + k] = int(scratch[3, k])


@njit(cache=True, nogil=True, error_model="numpy", no_cpython_wrapper=True)
def _split(hist, n_bins, k, at, f, min_leaf, ridge, gain, feature, threshold):
    """Improve the best split of leaf k (position `at` of the tree) by those of one feature, from its histogram."""
    whole = 0
    for b in range(n_bins):
        whole += hist[b]
    n, g = whole & 0xFFFFFFFF, float(whole >> 32)
    if n < 2 * min_leaf:
        return
    parent = g * g / (n + ridge)
    part = 0
    for b in range(n_bins - 1):
        part += hist[b]
        left = part & 0xFFFFFFFF
        if left < min_leaf:
            continue
        if n - left < min_leaf:
            break
        gl = float(part >> 32)
        s = gl * gl / (left + ridge) + (g - gl) * (g - gl) / (n - left + ridge) - parent
        if s > gain[k]:
            gain[k], feature[at], threshold[at] = s, f, b


@njit(cache=True, nogil=True, error_model="numpy", no_cpython_wrapper=True)
def _histograms(local, bins, index, weight, begin, width, now, before, alive, idle):
    """Sums of weights by leaf and bin: of the smaller of two siblings counted, of the larger what their parent leaves."""
    for f in range(0, bins.size, 2):
        # Two features at a time, since their sums do not wait for one another; the last may stand beside itself.
        g = min(f + 1, bins.size - 1)
        n_bins, one, two = max(bins[f], bins[g]), local[f], local[g]
        for k in range(0, width, 2):
            if not alive[k]:
                continue
            small, large = k, k + 1
            if width == 1:
                large = k
            elif begin[k + 1] - begin[k] > begin[k + 2] - begin[k + 1]:
                small, large = k + 1, k
            first, second = now[f, small], now[g, small] if g > f else idle
            for b in range(n_bins):
                first[b] = second[b] = 0
            mine, weights = index[begin[small] : begin[small + 1]], weight[begin[small] : begin[small + 1]]
            for i in range(mine.size):
                x, w = mine[i], weights[i]
                first[one[x]] += w
                second[two[x]] += w
            if large != small:
                for b in range(n_bins):
                    now[f, large, b] = before[f, k >> 1, b] - first[b]
                    now[g, large, b] = before[g, k >> 1, b] - now[g, small, b]


@njit(cache=True, nogil=True, error_model="numpy", no_cpython_wrapper=True)
def _partition(local, index, weight, spare, begin, width, feature, threshold, alive):
    """Deal the rows of every leaf of a level to its two children, in order; begin then has the children's places."""
    for k in range(width - 1, -1, -1):  # from the end, so that begin can be widened in place
        lo, hi, at = begin[k], begin[k + 1], width - 1 + k
        n_left, n_right, cut = lo, 0, threshold[at]
        if cut == 255:
            n_left = hi
        else:
            row, mine, weights = local[feature[at]], index[lo:hi], weight[lo:hi]
            kept = 0
            for i in range(mine.size):
                x, w = mine[i], weights[i]
                # Written to both sides, and only one of them moves on: no branch to guess wrong.
                mine[kept], weights[kept] = x, w
                spare[n_right, 0], spare[n_right, 1] = x, w
                goes = row[x] > cut
                n_right += goes
                kept += 1 - goes
            for i in range(n_right):
                mine[kept + i], weights[kept + i] = spare[i, 0], spare[i, 1]
            n_left = lo + kept
        begin[2 * k + 2], begin[2 * k + 1], begin[2 * k] = hi, n_left, lo
        alive[2 * k] = alive[2 * k + 1] = cut != 255


@njit(cache=True, nogil=True, error_model="numpy", no_cpython_wrapper=True)
def _grow(local, bins, index, weight, spare, begin, depth, own, min_leaf, ridge, hist, alive, gain, feature, threshold):
    """One tree, level by level; fills feature and threshold (heap order) and sorts the rows by leaf.

    Only the first `own` levels are split: in a node of few rows the others could not be.
    """
    begin[0], begin[1], alive[0] = 0, index.size, True
    for level in range(depth):
        width = 1 << level
        first = width - 1
        for k in range(width):
            gain[k], feature[first + k], threshold[first + k] = 1e-6 * SCALE * SCALE, 0, 255
        if level < own:
            now = hist[level & 1]
            _histograms(
                local, bins, index, weight, begin, width, now, hist[1 - (level & 1)], alive, hist[0, bins.size, 0]
            )
            for f in range(bins.size):
                for k in range(width):
                    if alive[k]:
                        _split(now[f, k], bins[f], k, first + k, f, min_leaf, ridge, gain, feature, threshold)
        _partition(local, index, weight, spare, begin, width, feature, threshold, alive)


@njit(cache=True, nogil=True, error_model="numpy")
def _boost(
    local,
    bins,
    right,
    base,
    rounds,
    explore,
    patience,
    rate,
    depth,
    own,
    min_leaf,
    l2,
    subsample,
    seed,
    margin,
    chance,
    index,
    weight,
    spare,
    begin,
    hist,
    alive,
    gain,
    feature,
    threshold,
    value,
    curve,
):
    """The trees of one node; fills curve with the likelihood gained so far on rows outside of a tree; returns their number."""
    p = 1.0 / (1.0 + np.exp(-base))
    ridge = l2 / (p * (1.0 - p))
    leaves = value.shape[1]
    for i in range(right.size):
        margin[i] = base
    best, best_round, total = 0.0, 0, 0.0
    for r in range(rounds):
        for i in range(right.size):
            p = 1.0 / (1.0 + np.exp(-margin[i]))
            chance[i], index[i], weight[i] = p, i, 0
            if (_hash(seed, np.uint64(r * right.size + i)) >> np.uint64(11)) * 2.0**-53 < subsample:
                weight[i] = (int(np.floor((p - right[i]) * SCALE + 0.5)) << 32) + 1
        _grow(
            local,
            bins,
            index,
            weight,
            spare,
            begin,
            depth,
            own,
            min_leaf,
            ridge,
            hist,
            alive,
            gain,
            feature[r],
            threshold[r],
        )
        won, out = 0.0, 0
        for k in range(leaves):
            gradient, hessian = 0, l2
            for i in range(begin[k], begin[k + 1]):
                if weight[i]:
                    p = chance[index[i]]
                    gradient += weight[i] >> 32
                    hessian += p * (1.0 - p)
            v = value[r, k] = np.float32(-rate * gradient / SCALE / hessian)
            rise = np.exp(v)
            for i in range(begin[k], begin[k + 1]):
                x = index[i]
                margin[x] += v
                if weight[i] == 0:
                    # the new chance of what was seen, over the old: p' / p = e^v / (1 - p + p e^v) for "right"
                    won += (v if right[x] else 0.0) - np.log(1.0 - chance[x] + chance[x] * rise)
                    out += 1
        total += won / max(out, 1)
        curve[r] = total
        if total > best:
            best, best_round = total, r
        elif r + 1 >= explore and r - best_round >= patience:
            return r + 1
    return rounds


def fit_column(
    features: NDArray[np.uint8],
    nominal: NDArray[np.bool_],
    codes: NDArray[np.uint16],
    size: int,
    ordered: bool,
    settings: Settings,
    seed: int,
    borders: tuple[int, ...] = (),
) -> dict[str, np.ndarray]:
    """Learn one column given the earlier ones of the chain.

    Args:
        features: codes of the earlier columns, at most 256 a column, [n_features, n_rows].
        nominal: which of them have no order, [n_features].
        codes: the column, [n_rows].
        size: number of codes.
        ordered: whether the column's codes are in value order (else by frequency).
        settings: how the classifiers are grown.
        seed: key of all that is random.
        borders: codes at which the tree is cut first; see `split_codes`.
    """
    counts = np.bincount(codes, minlength=size)
    nodes = split_codes(counts, borders)
    order = np.random.default_rng(seed).permutation(len(codes))
    rows = order[np.argsort(codes[order], kind="stable")]
    start = np.concatenate([[0], np.cumsum(counts)])
    s, n_features, leaves = settings, len(features), 1 << settings.depth
    levels = features.max(axis=1, initial=0).astype(np.int64) + 1
    offset = np.concatenate([[0], np.cumsum(np.where(nominal, levels, 0))])
    m = min(s.rows, len(codes))
    local, right = np.empty((n_features, m), np.uint8), np.empty(m, np.uint8)
    bins, cut, scratch = np.empty(n_features, np.int64), np.empty((n_features, BINS), np.uint8), np.empty((4, 256))
    margin, chance, index = np.empty(m), np.empty(m), np.empty(m, np.uint32)
    weight, spare, begin = np.empty(m, np.int64), np.empty((m, 2), np.int64), np.empty(leaves + 1, np.int64)
    hist = np.empty((2, n_features + 1, max(leaves // 2, 1), BINS), np.int64)  # and room for nothing
    alive, gain = np.empty(leaves, np.bool_), np.empty(leaves)
    room = (
        np.empty((s.rounds, leaves - 1), np.uint16),
        np.empty((s.rounds, leaves - 1), np.uint8),
        np.empty((s.rounds, leaves), np.float32),
    )
    curve = np.empty(s.rounds)
    min_node, min_side = least(s, len(codes))
    base = np.zeros(len(nodes), np.float32)
    grown = []
    for node, (lo, mid, hi) in enumerate(start[nodes[:, :3]].tolist()):
        size, ones = hi - lo, hi - mid
        base[node] = np.log((ones + 1e-9) / (size - ones + 1e-9))
        if size < min_node or min(ones, size - ones) < min_side or not n_features:
            continue
        k = min(size, m)
        at = lo + np.arange(k) * size // k  # evenly over the codes: a sample with the same share of right
        np.greater_equal(at, mid, out=right[:k])
        rank = np.empty(offset[-1], np.uint8)
        target = max(k / (BINS - 8), s.min_leaf / 4)
        _bin(features, nominal, levels, rows[at], right[:k], target, s.smooth, local, bins, cut, rank, offset, scratch)
        n = _boost(
            local,
            bins,
            right[:k],
            float(base[node]),
            s.rounds,
            s.explore,
            s.patience,
            s.rate,
            s.depth,
            min(s.depth, (k // s.min_leaf).bit_length()),
            s.min_leaf,
            s.l2,
            s.subsample,
            np.uint64(seed * 65537 + node),
            margin,
            chance,
            index[:k],
            weight,
            spare,
            begin,
            hist,
            alive,
            gain,
            *room,
            curve,
        )
        feature, threshold = room[0][:n], room[1][:n]
        # thresholds of ordered features in codes: only nominal ones need the node's own bins again
        threshold = np.where(nominal[feature] | (threshold == 255), threshold, cut[feature, threshold % BINS])
        grown.append((node, k, curve[:n].copy(), (feature.copy(), threshold, room[2][:n].copy()), rank))
    kept = _stop(grown, s)
    trees_of, rank_of = np.zeros(len(nodes) + 1, np.int32), np.zeros(len(nodes), np.int32)
    trees: list[list[np.ndarray]] = [[a[:0]] for a in room]
    ranks = [np.empty((0, offset[-1]), np.uint8)]
    for (node, _, _, parts, rank), n in zip(grown, kept, strict=True):
        if n:
            trees_of[node + 1] = n
            rank_of[node] = len(ranks) - 1
            ranks.append(rank[None])
            for all_trees, new in zip(trees, parts, strict=True):
                all_trees.append(new[:n])
    trees_of = np.cumsum(trees_of, dtype=np.int32)
    parts = {k: np.concatenate(v) for k, v in zip(("feature", "threshold", "value"), trees, strict=True)}
    return {
        "left": nodes[:, 3].copy(),
        "right": nodes[:, 4].copy(),
        "base": base,
        "trees_of": trees_of,
        "rank_of": rank_of,
        "offset": offset,
        **parts,
        "ranks": np.concatenate(ranks),
    }


def _stop(grown: list, settings: Settings) -> list[int]:
    """Trees that each node keeps: where its own out-of-bag gain, together with that of nodes of like size, is highest."""
    pooled: dict[int, np.ndarray] = {}
    weight: dict[int, int] = {}
    for _, k, curve, _, _ in grown:
        b = k.bit_length()
        full = np.concatenate([curve, np.full(settings.rounds - len(curve), curve[-1])])
        pooled[b] = pooled.get(b, 0) + k * full
        weight[b] = weight.get(b, 0) + k
    kept = []
    for _, k, curve, _, _ in grown:
        b = k.bit_length()
        score = k * curve + settings.prior * pooled[b][: len(curve)] / weight[b]
        best = int(np.argmax(score))
        floor = round(settings.floor * min(1.0, k / settings.floor_rows))
        kept.append(max(best + 1 if score[best] > 0 else 0, min(floor, len(curve))))
    return kept
