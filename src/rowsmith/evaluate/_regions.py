"""Where two tables differ, in words: conditions under which rows are more, or less, frequent than they should be."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from rowsmith.core.nearest import Points
from rowsmith.evaluate._align import Columns, Feature
from rowsmith.evaluate._axis import moment, point
from rowsmith.evaluate._noise import of_share
from rowsmith.evaluate._overlay import RARE

LEAVES = 12
LEVELS = 15
SMALLEST = 0.01
"""Share of the rows that a region has at least."""
SHOWN = 6
FAR = 1e30
"""A number beyond is cut, as a tree takes none larger."""


def regions(features: Sequence[Feature], real: Columns, made: Columns) -> list[dict[str, Any]]:
    """Regions that hold another share of the synthetic rows than of the real ones, the largest difference first.

    They are the leaves of a small tree that was grown on half of the rows, and their shares are those of the other half,
    so that chance finds none. Every condition holds for at least `SMALLEST` of the rows.

    Returns:
        JSON values: `where` (conditions as text), `real` and `synthetic` shares.
    """
    from sklearn.tree import DecisionTreeClassifier

    columns, names = _columns(features, real, made)
    middle = [_middle(f, v) for f, v in zip(features, real.arrays, strict=True)]
    x = [_matrix(features, t, columns, middle) for t in (real, made)]
    grow = np.vstack([part[::2] for part in x])
    truth = np.repeat([0, 1], [len(part[::2]) for part in x])
    weight = np.repeat([1 / max(len(part[::2]), 1) for part in x], [len(part[::2]) for part in x])
    leaf = max(RARE, round(SMALLEST * len(grow)))
    if len(grow) < 2 * leaf or not columns:
        return []
    tree = DecisionTreeClassifier(max_leaf_nodes=LEAVES, max_depth=4, min_samples_leaf=leaf, random_state=0)
    tree.fit(grow, truth, sample_weight=weight)
    tests = [part[1::2] for part in x]
    places = [tree.apply(t) for t in tests]
    paths = _paths(tree.tree_, names)
    out = []
    for node, where in paths.items():
        shares = [float((p == node).mean()) for p in places]
        halves = [of_share(s, len(p)) for s, p in zip(shares, places, strict=True)]
        if where and abs(shares[0] - shares[1]) > 1.5 * float(np.hypot(halves[0], halves[1])):
            out.append({"where": " and ".join(where), "real": shares[0], "synthetic": shares[1]})
    return sorted(out, key=_difference)[:SHOWN]


def _difference(region: dict[str, Any]) -> float:
    """Less the region's part in the two tables' symmetric divergence: it is large in share, or far off, or both."""
    p, q = (max(float(region[side]), 1e-4) for side in ("real", "synthetic"))
    return -(p - q) * float(np.log(p / q))


_Column = tuple[int, int | None]
"""Place of a feature, and the level that it may have, -1 for null; None for the number itself."""


def _columns(
    features: Sequence[Feature], real: Columns, made: Columns
) -> tuple[list[_Column], list[tuple[Feature, int | None]]]:
    columns: list[_Column] = []
    for i, (feature, values, other) in enumerate(zip(features, real.arrays, made.arrays, strict=True)):
        if feature.kind == "category":
            counts = np.bincount(values + 1, minlength=1)
            columns += [(i, k - 1) for k in range(min(len(counts), LEVELS + 1)) if counts[k] >= RARE]
        else:
            columns.append((i, None))
            if np.isnan(values).any() or np.isnan(other).any():
                columns.append((i, -1))
    return columns, [(features[i], level) for i, level in columns]


def _middle(feature: Feature, values: NDArray[Any]) -> float:
    """What stands for null among the numbers of a column: null is a condition of its own."""
    known = values[np.isfinite(values)] if feature.kind != "category" else values[:0]
    return float(np.median(known)) if len(known) else 0.0


def _matrix(features: Sequence[Feature], table: Columns, columns: Sequence[_Column], middle: Sequence[float]) -> Points:
    out = np.empty((table.n, len(columns)), dtype=np.float32)
    for k, (i, level) in enumerate(columns):
        values = table.arrays[i]
        if level is None:
            out[:, k] = np.clip(np.where(np.isnan(values), middle[i], values), -FAR, FAR)
        else:
            out[:, k] = np.isnan(values) if features[i].kind != "category" else values == level
    return out


def _paths(tree: Any, names: Sequence[tuple[Feature, int | None]]) -> dict[int, list[str]]:
    """The conditions that lead to each leaf; of several on one number, the tightest."""
    out: dict[int, list[str]] = {}

    def walk(node: int, above: dict[int, tuple[float, float]]) -> None:
        if tree.children_left[node] < 0:
            out[node] = [_condition(*names[k], *span) for k, span in above.items()]
            return
        k, cut = int(tree.feature[node]), float(tree.threshold[node])
        low, high = above.get(k, (-np.inf, np.inf))
        walk(int(tree.children_left[node]), above | {k: (low, min(high, cut))})
        walk(int(tree.children_right[node]), above | {k: (max(low, cut), high)})

    walk(0, {})
    return out


def _condition(feature: Feature, level: int | None, low: float, high: float) -> str:
    if level is not None:
        right = low > 0  # above the cut at one half: it has this level
        if level < 0:
            return f"{feature.name} is {'' if right else 'not '}null"
        return f"{feature.name} {'=' if right else '≠'} {feature.levels[level]!r}"
    if feature.whole:
        first, last = np.floor(low) + 1, np.floor(high)
        if first == last:
            return f"{feature.name} = {point(first)}"
        parts = [point(first)] if np.isfinite(low) else [], [point(last)] if np.isfinite(high) else []
        return " ≤ ".join([*parts[0], feature.name, *parts[1]]) if parts[1] else f"{feature.name} ≥ {parts[0][0]}"
    shown = moment if feature.kind == "time" else point
    if np.isfinite(low) and np.isfinite(high):
        return f"{shown(low)} < {feature.name} ≤ {shown(high)}"
    return f"{feature.name} ≤ {shown(high)}" if np.isfinite(high) else f"{feature.name} > {shown(low)}"
