"""The road network of `traffic`: a directed graph of one-lane roads between junctions, its signals, and ways through it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from rowsmith.core.errors import SpecError, suggest

Ints = NDArray[np.int64]
STEP = " > "
"""Between the junctions of a route."""


def town() -> dict[str, dict[str, float]]:
    """Nine junctions in three rows, with a road each way between neighbours; a and c lie outside, 1 to 3 from west to east."""
    out: dict[str, dict[str, float]] = {}
    for row in range(3):
        for column in range(3):
            around = [(row - 1, column), (row, column + 1), (row + 1, column), (row, column - 1)]
            inside = [0 <= r < 3 and 0 <= c < 3 for r, c in around]
            # clockwise from a side without a road, so that opposite approaches are never neighbours in the list
            begin = inside.index(False) + 1 if not all(inside) else 0
            turned = [around[(begin + i) % 4] for i in range(4) if inside[(begin + i) % 4]]
            out["abc"[row] + str(column + 1)] = {f"{'abc'[r]}{c + 1}": 60 if r == row else 45 for r, c in turned}
    return out


def journeys() -> dict[str, dict[str, float]]:
    """From the corners of the town to its centre and back, and across it."""
    corners = ("a1", "a3", "c1", "c3")
    inward: dict[str, dict[str, float]] = {
        one: {"b2": 3, **{other: 1 for other in corners if other != one}} for one in corners
    }
    return inward | {"b2": dict.fromkeys(corners, 2)}


@dataclass(frozen=True)
class Network:
    """Roads by number, junctions by number.

    Attributes:
        junctions: names.
        begin: junction at which each road begins, shape (roads,).
        end: junction at which it ends.
        cells: its length.
        phase: in which half of the cycle its cars have green; -1 without a signal.
    """

    junctions: tuple[str, ...]
    begin: Ints
    end: Ints
    cells: Ints
    phase: Ints

    def ways(self, times: NDArray[np.float64], pairs: Sequence[tuple[int, int]]) -> list[tuple[int, ...] | None]:
        """Roads of the quickest way between two junctions, None where there is none.

        Args:
            times: that each road takes, shape (roads,).
            pairs: of junctions.
        """
        from scipy.sparse import csr_array
        from scipy.sparse.csgraph import dijkstra

        n = len(self.junctions)
        road = {(int(a), int(b)): r for r, (a, b) in enumerate(zip(self.begin, self.end, strict=True))}
        graph = csr_array((times, (self.begin, self.end)), shape=(n, n))
        starts = sorted({a for a, _ in pairs})
        before = dict(zip(starts, dijkstra(graph, indices=starts, return_predecessors=True)[1], strict=True))
        out: list[tuple[int, ...] | None] = []
        for start, goal in pairs:
            way, at = [], goal
            while at != start and before[start][at] >= 0:
                way.append(road[int(before[start][at]), at])
                at = int(before[start][at])
            out.append(tuple(way[::-1]) if at == start else None)
        return out

    def told(self, way: Sequence[int]) -> str:
        """A way in words: its junctions."""
        return STEP.join(self.junctions[j] for j in (self.begin[way[0]], *self.end[list(way)]))


def network_of(roads: Mapping[str, Mapping[str, float]], lights: tuple[str, ...] | None, vmax: int) -> Network:
    """The network that parameters tell of.

    Approaches of a junction have green in turn, in the order in which the junction lists its own roads.

    Args:
        roads: junction to junctions that a road leads to, with its cells.
        lights: junctions with signals; None for those where three roads or more end.
        vmax: cells a second.

    Raises:
        SpecError: there is no such network.
    """
    names = dict.fromkeys([*roads, *(to for following in roads.values() for to in following)])
    number = {name: i for i, name in enumerate(names)}
    if not any(roads.values()):
        raise SpecError("roads: expected junctions, each with those that a road leads to and its length in cells.")
    for name in names:
        if STEP in name:
            raise SpecError(f"roads.{name}: expected the name of a junction without {STEP!r}.")
    ends = [(a, b, length) for a, following in roads.items() for b, length in following.items()]
    for a, b, length in ends:
        if a == b:
            raise SpecError(f"roads.{a}.{b}: leads back to where it begins; expected another junction.")
        if length != int(length) or not vmax < length <= 10**6:
            raise SpecError(
                f"roads.{a}.{b}={length!r}: expected whole cells, more than vmax={vmax} and at most 1,000,000."
            )
    begin, end = np.array([(number[a], number[b]) for a, b, _ in ends]).T
    wanted = np.bincount(end, minlength=len(names)) >= 3
    if lights is not None:
        for name in lights:
            if name not in number:
                raise SpecError(f"lights={name!r}: is no junction of `roads`{suggest(name, number)}")
        wanted = np.isin(np.arange(len(names)), [number[name] for name in lights])
    phase = np.full(len(ends), -1)
    for junction, name in enumerate(names):
        order = {other: i for i, other in enumerate(roads.get(name, {}))}
        approaches = sorted(np.flatnonzero(end == junction), key=lambda r: order.get(ends[r][0], len(order)))
        if wanted[junction]:
            phase[approaches] = np.arange(len(approaches)) % 2
    return Network(tuple(names), begin, end, np.array([int(length) for *_, length in ends]), phase)


def pairs_of(
    od: Mapping[str, Mapping[str, float]], network: Network
) -> tuple[list[tuple[int, int]], NDArray[np.float64]]:
    """Origins and destinations, by number, and how many go from one to the other.

    Args:
        od: origin to destination to weight.
        network: in which they lie.

    Returns:
        Pairs, and weights that add up to 1, shape (pairs,).

    Raises:
        SpecError: there are none, or no way leads from one to the other.
    """
    number = {name: i for i, name in enumerate(network.junctions)}
    pairs, weights, paths = [], [], []
    for origin, following in od.items():
        if not isinstance(following, Mapping):
            raise SpecError(f"od.{origin}={following!r}: expected a mapping of destinations to weights.")
        for destination, weight in following.items():
            path = f"od.{origin}.{destination}"
            for name in (origin, destination):
                if name not in number:
                    raise SpecError(f"{path}: {name!r} is no junction of `roads`{suggest(name, number)}")
            if origin == destination:
                raise SpecError(f"{path}: is no journey; expected another destination.")
            if not 0 <= weight < float("inf"):
                raise SpecError(f"{path}={weight!r}: expected a weight from 0.")
            if weight:
                pairs.append((number[origin], number[destination]))
                weights.append(float(weight))
                paths.append(path)
    if not pairs:
        raise SpecError(f"od={dict(od)!r}: expected an origin, a destination and a weight above 0.")
    for path, way in zip(paths, network.ways(network.cells.astype(float), pairs), strict=True):
        if way is None:
            raise SpecError(f"{path}: no way leads there along `roads`.")
    return pairs, np.array(weights) / sum(weights)
