"""What `traffic` emits, and what it is, for readers."""

from __future__ import annotations

import pyarrow as pa

from rowsmith.simulate._world import TEXT, Emitted, Field, Odd

SECONDS = "s from the beginning of the record"

TABLES = {
    "runs": Emitted(
        about="A span of a run, as it really was.",
        columns={
            "cars_a_cell": Field(pa.float64(), "mean density", "cars a cell"),
            "flow": Field(pa.float64(), "cars that pass a place", "cars a second"),
            "mean_speed": Field(pa.float64(), "of all cars", "cells a second"),
            "standing": Field(pa.float64(), "share of cars that stand"),
            "waiting": Field(pa.int64(), "cars that wait to enter at the end"),
            "note": Field(TEXT, "whether it came to a standstill, or more came than the road can take"),
        },
    ),
    "vehicles": Emitted(
        about="A car; on a corridor in the order in which they enter.",
        key="vehicle_id",
        columns={
            "wanted_at": Field(pa.float64(), "when it came to the entrance; below 0 in the warm-up", SECONDS),
            "entered_at": Field(pa.float64(), "when it was on the road", SECONDS),
            "tracked": Field(pa.bool_(), "whether it reports where it is"),
        },
    ),
    "trips": Emitted(
        about="A way through the corridor, in the order in which cars leave; those still under way come last.",
        key="trip_id",
        points={"vehicle_id": "vehicles"},
        columns={
            "wanted_at": Field(pa.float64(), "when it came to the entrance", SECONDS),
            "entered_at": Field(pa.float64(), "when it was on the road", SECONDS),
            "left_at": Field(pa.float64(), "when it left; missing if it is still there", SECONDS, nullable=True),
            "seconds": Field(pa.float64(), "from the entrance to the end, waiting included", "s", nullable=True),
        },
    ),
    "detectors": Emitted(
        about="A loop in the road.",
        key="detector_id",
        once=True,
        columns={"place": Field(pa.float64(), "where", "m")},
    ),
    "readings": Emitted(
        about="What a detector tells of an interval, with its errors.",
        points={"detector_id": "detectors"},
        columns={
            "at": Field(pa.float64(), "end of the interval", SECONDS),
            "vehicles": Field(pa.int64(), "cars counted"),
            "speed": Field(pa.float64(), "their mean speed", "km/h", nullable=True),
        },
    ),
    "trajectories": Emitted(
        about="Where a tracked car is.",
        points={"vehicle_id": "vehicles"},
        columns={
            "at": Field(pa.float64(), "when", SECONDS),
            "place": Field(pa.float64(), "where", "m"),
            "speed": Field(pa.float64(), "how fast", "m/s"),
        },
    ),
    "signals": Emitted(
        about="A signal changes.",
        columns={
            "signal": Field(pa.int64(), "its number, from 1"),
            "at": Field(pa.float64(), "when", SECONDS),
            "place": Field(pa.float64(), "where", "m"),
            "color": Field(TEXT, "red or green, from then on"),
        },
    ),
    "incidents": Emitted(
        about="Something that blocks the road.",
        key="incident_id",
        columns={
            "begun_at": Field(pa.float64(), "when", SECONDS),
            "ended_at": Field(pa.float64(), "until when, which may be after the record", SECONDS),
            "place": Field(pa.float64(), "where", "m"),
        },
    ),
}

ODD = Odd(
    purpose="Traffic data whose truth is known beside what detectors tell of it. Recognised by the fundamental diagram (free speed "
    "vmax − p, a flow that peaks at a density near 0.1 for vmax 5 and p 0.3, then falls), by stop-and-go waves that move "
    "against the traffic, and by travel times that grow with load; for vmax 1 flow is known exactly: (1 − √(1 − 4(1 − p)ρ(1 "
    "− ρ))) / 2 (Schreckenberg et al. 1995).",
    entities="Cars (place, speed, whether tracked) on one lane of cells of 7.5 m (or of metres), signals, incidents, detectors. A "
    "step is 1 s for cells, 0.5 s for car-following. Nobody overtakes.",
    process="Each second: cars that wait may enter; signals and incidents are set; all cars choose their speed from where the "
    "others were, and all move at once (synchronous); cars beyond the end leave; detectors and tracked cars report when "
    "their interval ends.",
    concepts="Emergence: jams out of nothing, the fundamental diagram. Interaction: with the car in front alone. Stochasticity: "
    "slowing down (p) or random acceleration, arrivals, incidents, errors of detectors. Observation: detectors miss cars "
    "and err in speed; a part of the cars is tracked, every few seconds.",
    start="Ring: cells are filled by chance, cars stand (or go at even distances). Corridor: empty. A warm-up is not recorded.",
    submodels="Cells (Nagel and Schreckenberg 1992): v ← min(v + 1, vmax, gap); v ← v − 1 with probability p if v > 0; x ← x + v. "
    "Following (Treiber, Hennecke and Helbing 2000): a (1 − (v/v₀)⁴ − (s*/s)²) with s* = s₀ + vT + vΔv/(2√(ab)), s₀ 2 m, "
    "cars of 5 m. Arrivals: Poisson, one car a second can enter. Signals: fixed cycles with random shifts; red is a cell "
    "that nobody enters. Incidents: Poisson in time, anywhere, for an exponential time.",
)
