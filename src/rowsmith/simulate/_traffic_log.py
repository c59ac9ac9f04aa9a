"""What a road or a network of `traffic` tells: rows gathered into columns, readings with their errors, the row of a part."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from rowsmith.simulate._runs import words
from rowsmith.simulate._world import STEADY

if TYPE_CHECKING:
    from rowsmith.simulate.traffic import Traffic

CELL = 7.5
SIZE, LEAST = 5.0, 2.0
"""Metres of a car, and between cars that stand (Treiber et al. 2000)."""
SUBSTEPS = 2
"""Steps of `following` in a second."""
NOTES = (STEADY, "nobody moves", "the queue at the entrance grows")
COLORS = ("red", "green")


class Log:
    """Rows by table, until they are taken."""

    def __init__(self) -> None:
        self.rows: dict[str, list[dict[str, Any]]] = {}

    def tell(self, table: str, **columns: Any) -> None:
        """Add some rows."""
        self.rows.setdefault(table, []).append(columns)

    def take(self, zero: float) -> dict[str, dict[str, Any]]:
        """All rows since the last time, columns of moments counted from `zero`."""
        rows, self.rows = self.rows, {}
        out = {
            table: {c: np.concatenate([np.asarray(row[c]) for row in found]) for c in found[0]}
            for table, found in rows.items()
        }
        for columns in out.values():
            for name in columns:
                if name == "at" or name.endswith("_at"):
                    columns[name] = columns[name] - zero
        if "signals" in out:
            out["signals"]["color"] = words(out["signals"]["color"].astype(np.int64), COLORS)
        return out


def read(
    world: Traffic, rng: np.random.Generator, counts: NDArray[Any], speeds: NDArray[Any], now: float
) -> dict[str, Any]:
    """Rows of readings at the end of an interval.

    Args:
        world: parameters.
        rng: of errors.
        counts: cars that passed each detector, shape (detectors,).
        speeds: sum of their speeds, m/s.
        now: the moment.
    """
    seen = rng.binomial(counts.astype(np.int64), 1 - world.missed)
    with np.errstate(invalid="ignore"):
        mean = speeds / counts * 3.6
    error = 1 + world.speed_error * rng.standard_normal(len(counts))
    speed = np.where(seen > 0, np.maximum(np.round(mean * error, 1), 0), np.nan)
    number = np.arange(len(counts))
    return {"detector_id": number, "at": np.full(len(counts), float(now)), "vehicles": seen, "speed": speed}


def told(
    tally: NDArray[np.float64], steps: int, cells: int, unit: float, waiting: int, note: int
) -> dict[str, list[Any] | pa.Array]:
    """The row of a part.

    Args:
        tally: sums of speeds, of cars that stand, and of cars, over all steps.
        steps: how many.
        cells: of all roads.
        unit: of a cell, in that of places.
        waiting: cars that wait to enter.
        note: place among NOTES.
    """
    moved, stood, seen = tally.tolist()
    speed, density = moved / max(seen, 1) / unit, seen / steps / cells
    return {
        "cars_a_cell": [round(density, 6)], "flow": [round(density * speed, 6)], "mean_speed": [round(speed, 6)],
        "standing": [round(stood / max(seen, 1), 6)], "waiting": [waiting], "note": words(np.array([note]), NOTES),
    }  # fmt: skip


def level(world: Traffic, now: float | NDArray[Any]) -> NDArray[np.float64]:
    """Demand at a second, as a part of the busiest."""
    stretch = np.maximum(np.asarray(now) - world.warm_up, 0) / world.horizon * len(world.profile)
    return np.asarray(np.asarray(world.profile)[np.minimum(stretch.astype(np.int64), len(world.profile) - 1)])
