"""What is worth looking at in the tables of `traffic`."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from rowsmith.simulate._picture import Picture, Series
from rowsmith.simulate._town_pictures import town_pictures
from rowsmith.simulate._traffic_log import CELL

if TYPE_CHECKING:
    from rowsmith.simulate.traffic import Traffic

ACROSS, UP = 180, 120
"""Fields of the picture of space and time."""


def pictures(tables: Mapping[str, pa.Table], world: Traffic) -> list[Picture]:
    """Space and time, the fundamental diagram, detectors, travel times."""
    found = []
    runs = tables["runs"]
    if runs.num_rows > 1:
        density, flow = runs["cars_a_cell"].to_numpy(), runs["flow"].to_numpy()
        found.append(
            Picture(
                title="Fundamental diagram: each point a run",
                x="density (cars a cell)",
                y="flow (cars a second)",
                series=[Series(x=density, y=flow, mark="points")],
            )
        )
        found.append(
            Picture(
                title="Speed falls with density",
                x="density (cars a cell)",
                y="mean speed (cells a second)",
                series=[Series(x=density, y=runs["mean_speed"].to_numpy(), mark="points")],
            )
        )
    if world.road == "network":
        found += town_pictures({name: _last_run(table) for name, table in tables.items()}, world)
    if "trajectories" in tables and "vehicles" in tables:
        found += _space_time(_last_run(tables["trajectories"]), world)
    if "readings" in tables and tables["readings"].num_rows:
        found += _read(_last_run(tables["readings"]), world)
    if "trips" in tables and tables["trips"].num_rows:
        trips = tables["trips"]
        found.append(
            Picture(
                title="Travel time by the moment of arrival",
                x="arrival at the entrance (s)",
                y="seconds",
                series=[Series(x=trips["wanted_at"].to_numpy(), y=trips["seconds"].to_numpy(), mark="points")],
            )
        )
    return found


def _last_run(table: pa.Table) -> pa.Table:
    """Rows of the last run, where there are several."""
    if "run" not in table.column_names or not table.num_rows:
        return table
    return table.filter(pc.equal(table["run"], pc.max(table["run"])))


def _space_time(rows: pa.Table, world: Traffic) -> list[Picture]:
    if not rows.num_rows:
        return []
    title, length = "Space and time: pale is slow, white is nobody seen", world.length
    if world.road == "network":
        busy = pc.mode(rows["road_id"])[0]["mode"]
        rows = rows.filter(pc.equal(rows["road_id"], busy))
        first = world.network.cells  # of the last run: its roads are numbered in the order of all
        road = (busy.as_py() - 1) % len(first)
        title, length = f"{title}; the busiest road, {world.network.told((road,))}", int(first[road])
    at, place, speed = (rows[c].to_numpy() for c in ("at", "place", "speed"))
    late = at >= at.max() - 600
    at, place, speed = at[late], place[late], speed[late]
    low, far = float(at.min()), length * CELL
    across = min(ACROSS, max(2, len(np.unique(at))))
    i = np.minimum(((at - low) / max(at.max() - low, 1) * across).astype(int), across - 1)
    j = np.minimum((place / far * UP).astype(int), UP - 1)
    cell = j * across + i
    n = np.bincount(cell, minlength=UP * across)
    with np.errstate(invalid="ignore"):
        mean = np.bincount(cell, speed, UP * across) / n
    return [
        Picture(
            title=title,
            x="time (s)",
            y="place (m)",
            heat=np.where(n > 0, mean, np.nan).reshape(UP, across),
            span=(low, float(at.max()), 0.0, far),
            note="Cars drive upwards; a pale band that falls to the right is a jam that moves against the traffic.",
        )
    ]


def _read(rows: pa.Table, world: Traffic) -> list[Picture]:
    each = []
    detectors = sorted(set(rows["detector_id"].to_pylist()))[:6]
    for number, detector in enumerate(detectors, 1):
        own = rows.filter(pc.equal(rows["detector_id"], detector))
        each.append(
            Series(x=own["at"].to_numpy(), y=own["vehicles"].to_numpy() * 3600 / world.every, name=f"detector {number}")
        )
    return [Picture(title="What detectors tell", x="time (s)", y="cars an hour", series=each)]
