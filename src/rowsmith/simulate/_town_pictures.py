"""What is worth looking at in a network of `traffic`: the map, and who went where."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from rowsmith.simulate._network import STEP, Network
from rowsmith.simulate._picture import Picture, Series
from rowsmith.simulate._traffic_log import CELL

if TYPE_CHECKING:
    from rowsmith.simulate.traffic import Traffic

CLASSES = (("free", 2 / 3, "#1d7a6d"), ("slow", 1 / 3, "#d08a1d"), ("jammed", -1.0, "#b0314a"))
"""Name, least mean speed as a part of the highest, and colour."""
MOST_PAIRS = 16


def town_pictures(tables: Mapping[str, pa.Table], world: Traffic) -> list[Picture]:
    """The map by speed, and trips by origin and destination beside what was asked.

    Args:
        tables: of one run.
        world: its parameters.
    """
    found = []
    if "readings" in tables and tables["readings"].num_rows and world.detectors:
        found.append(_map(tables["readings"], world))
    if "trips" in tables and tables["trips"].num_rows:
        found.append(_journeys(tables["trips"], world))
    return found


def places(net: Network) -> NDArray[np.float64]:
    """Where junctions may lie, in metres, shape (junctions, 2), by the lengths of roads: classical scaling (Torgerson, 1952)."""
    from scipy.sparse import csr_array
    from scipy.sparse.csgraph import dijkstra

    n = len(net.junctions)
    apart = dijkstra(csr_array((net.cells * CELL, (net.begin, net.end)), shape=(n, n)), directed=False)
    apart = np.where(np.isfinite(apart), apart, np.max(apart[np.isfinite(apart)]))
    centre = np.eye(n) - 1 / n
    values, vectors = np.linalg.eigh(-centre @ (apart**2) @ centre / 2)
    best = np.argsort(-values)[:2]
    flat: NDArray[np.float64] = np.zeros((n, 2))
    flat[:, : len(best)] = vectors[:, best] * np.sqrt(np.maximum(values[best], 0))
    return flat


def _map(readings: pa.Table, world: Traffic) -> Picture:
    net = world.network
    number = readings["detector_id"].to_numpy()
    road = (number - number.min()) // world.detectors
    cars, speed = readings["vehicles"].to_numpy(), np.nan_to_num(readings["speed"].to_numpy())
    with np.errstate(invalid="ignore"):
        mean = np.bincount(road, cars * speed, len(net.cells)) / np.bincount(road, cars, len(net.cells))
    share = np.nan_to_num(mean / (world.vmax * CELL * 3.6), nan=1.0)
    at = places(net)
    along = at[net.end] - at[net.begin]
    aside = np.column_stack([along[:, 1], -along[:, 0]]) * 0.05  # each way keeps to its right
    ends = np.stack([at[net.begin] + 0.08 * along + aside, at[net.end] - 0.08 * along + aside], axis=1)
    series, above = [], np.inf
    for name, least, hue in CLASSES:
        of = ends[(share >= least) & (share < above)].reshape(-1, 2)
        above = least
        series.append(Series(x=of[:, 0], y=of[:, 1], name=name, mark="segments", hue=hue))
    return Picture(
        title="The network: how fast cars are on each road",
        x="metres", y="metres", series=series,
        note="Free is above two thirds of the highest speed, jammed below one. Junctions lie where the lengths of roads put them.",
    )  # fmt: skip


def _journeys(trips: pa.Table, world: Traffic) -> Picture:
    names, (pairs, shares) = world.network.junctions, world.pairs
    made = zip(trips["origin_id"].to_pylist(), trips["destination_id"].to_pylist(), strict=True)
    n = len(names)
    went = np.bincount([((o - 1) % n) * n + (d - 1) % n for o, d in made], minlength=n * n)
    shown = np.argsort(-shares, kind="stable")[:MOST_PAIRS]
    words = [STEP.join(names[j] for j in pairs[i]) for i in shown]
    return Picture(
        title="Journeys by origin and destination",
        x="from > to", y="share of trips",
        series=[
            Series(x=words, y=shares[shown], name="asked", mark="bar"),
            Series(x=words, y=[went[pairs[i][0] * n + pairs[i][1]] / trips.num_rows for i in shown], name="made", mark="bar"),
        ],
    )  # fmt: skip
