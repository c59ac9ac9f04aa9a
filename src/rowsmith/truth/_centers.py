"""Centres of groups: points of which the nearest are one apart, and which no two share a place on the first axis."""

from __future__ import annotations

import heapq
import itertools

import numpy as np
from numpy.typing import NDArray

from rowsmith.core.rng import Key

Floats = NDArray[np.float64]
TRIES = 1000


def centers(k: int, dimensions: int) -> Floats:
    """Centres as close together as can be, each one apart from its nearest, in ascending order on the first axis.

    They are points of the lattice that a regular simplex spans, those nearest to the simplex's middle, turned so that they
    differ on every axis, and all of them on the first, as evenly as a search finds.

    Args:
        k: how many, 2 or more.
        dimensions: of the space, 1 or more.

    Returns:
        Shape (k, dimensions), with mean 0.
    """
    corners = _simplex(dimensions)
    pairs = itertools.permutations(range(dimensions + 1), 2)
    steps = [tuple(int(i == a) - int(i == b) for i in range(dimensions + 1)) for a, b in pairs]
    start = (1, *[0] * dimensions)
    seen, near = {start}, [(0.0, start)]
    taken: list[tuple[int, ...]] = []
    while len(taken) < k:  # a lattice point is a whole combination of corners that adds up to one
        _, point = heapq.heappop(near)
        taken.append(point)
        for step in steps:
            beside = tuple(a + b for a, b in zip(point, step, strict=True))
            if beside not in seen:
                seen.add(beside)
                # rounded, so that points as far away are taken in the order of their coordinates on any machine
                heapq.heappush(near, (round(float(np.sum((np.array(beside) @ corners) ** 2)), 9), beside))
    points = np.array(taken) @ corners
    points = _turned(points - points.mean(axis=0))
    return np.asarray(points[np.argsort(points[:, 0])])


def nearest(points: Floats) -> float:
    """Distance of the two points that are nearest to each other."""
    apart = np.linalg.norm(points[:, None] - points[None], axis=2)
    return float(apart[np.triu_indices(len(points), 1)].min())


def _simplex(dimensions: int) -> Floats:
    """Corners of a regular simplex around 0 with edges of 1, shape (dimensions + 1, dimensions)."""
    corners = np.zeros((dimensions + 1, dimensions))
    for j in range(dimensions):
        # the first j corners have mean 0 in the first j - 1 axes; the next is put above their middle, at the right height
        height = np.sqrt((j + 2) / (2 * (j + 1)))
        corners[j + 1, j] = height * (j + 1) / (j + 2)
        corners[: j + 1, j] = -height / (j + 2)
    return corners


def _turned(points: Floats) -> Floats:
    """The points, turned so that they differ on every axis about as much, and all of them on the first."""
    k, d = points.shape
    if d == 1:
        return points
    # always the same turns: the shape of the groups hangs on their number alone
    mirrors = Key(0).child("turns", k, d).generator().standard_normal((d, TRIES, d))
    mirrors /= np.linalg.norm(mirrors, axis=2, keepdims=True)
    turned = np.repeat(points[None], TRIES, axis=0)
    for mirror in mirrors:  # reflections, which together are a turn (A. S. Householder 1958)
        turned = turned - 2 * np.einsum("tkd,td->tk", turned, mirror)[:, :, None] * mirror[:, None, :]
    even = np.sqrt((points**2).sum() / (k * d))  # the spread on every axis, if it were shared evenly
    spread = turned.std(axis=1).min(axis=1) / even
    gap = np.diff(np.sort(turned[:, :, 0], axis=1), axis=1).min(axis=1) / (even * np.sqrt(12 / (k * k - 1)))
    return np.asarray(turned[int(np.minimum(spread, gap).argmax())])
