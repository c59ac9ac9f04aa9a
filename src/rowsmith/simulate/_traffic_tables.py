"""What `traffic` emits, and what it is, for readers."""

from __future__ import annotations

import pyarrow as pa

from rowsmith.simulate._world import TEXT, Emitted, Field, Odd

SECONDS = "s from the beginning of the record"
FROM = "m from the beginning of the road"

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
    "junctions": Emitted(
        about="Where roads begin and end.",
        key="junction_id",
        once=True,
        columns={"name": Field(TEXT, "as the parameters have it; on a corridor `entrance` and `exit`")},
    ),
    "roads": Emitted(
        about="A lane from one junction to another; that of a ring leads back.",
        key="road_id",
        once=True,
        points={"begin_id": "junctions", "end_id": "junctions"},
        columns={"metres": Field(pa.float64(), "length", "m")},
    ),
    "vehicles": Emitted(
        about="A car; on a corridor or in a network in the order in which they enter.",
        key="vehicle_id",
        columns={
            "wanted_at": Field(pa.float64(), "when it came to the entrance; below 0 in the warm-up", SECONDS),
            "entered_at": Field(pa.float64(), "when it was on the road", SECONDS),
            "tracked": Field(pa.bool_(), "whether it reports where it is"),
        },
    ),
    "trips": Emitted(
        about="A way through the corridor or the network, in the order in which cars leave; those still under way come last.",
        key="trip_id",
        points={"vehicle_id": "vehicles", "origin_id": "junctions", "destination_id": "junctions"},
        columns={
            "wanted_at": Field(pa.float64(), "when it came to the entrance", SECONDS),
            "entered_at": Field(pa.float64(), "when it was on the road", SECONDS),
            "left_at": Field(pa.float64(), "when it left; missing if it is still there", SECONDS, nullable=True),
            "seconds": Field(pa.float64(), "from the entrance to the end, waiting included", "s", nullable=True),
            "route": Field(pa.string(), "names of the junctions on the way"),
        },
    ),
    "detectors": Emitted(
        about="A loop in the road.",
        key="detector_id",
        once=True,
        points={"road_id": "roads"},
        columns={"place": Field(pa.float64(), "where", FROM)},
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
        points={"vehicle_id": "vehicles", "road_id": "roads"},
        columns={
            "at": Field(pa.float64(), "when", SECONDS),
            "place": Field(pa.float64(), "where", FROM),
            "speed": Field(pa.float64(), "how fast", "m/s"),
        },
    ),
    "signals": Emitted(
        about="A signal changes: one at the end of a road, or in the midst of a corridor.",
        points={"junction_id": "junctions", "road_id": "roads"},
        columns={
            "signal": Field(pa.int64(), "its number, from 1"),
            "at": Field(pa.float64(), "when", SECONDS),
            "place": Field(pa.float64(), "where", FROM),
            "color": Field(TEXT, "red or green, from then on"),
        },
    ),
    "incidents": Emitted(
        about="Something that blocks the road.",
        key="incident_id",
        points={"road_id": "roads"},
        columns={
            "begun_at": Field(pa.float64(), "when", SECONDS),
            "ended_at": Field(pa.float64(), "until when, which may be after the record", SECONDS),
            "place": Field(pa.float64(), "where", FROM),
        },
    ),
}

ODD = Odd(
    purpose="Traffic data whose truth is known beside what detectors tell of it. Recognised by the fundamental diagram (free speed "
    "vmax − p, a flow that peaks at a density near 0.1 for vmax 5 and p 0.3, then falls), by stop-and-go waves that move "
    "against the traffic, and by travel times that grow with load; for vmax 1 flow is known exactly: (1 − √(1 − 4(1 − p)ρ(1 "
    "− ρ))) / 2 (Schreckenberg et al. 1995). In a network: demand by origin and destination is found again in the trips, nobody gets "
    "lost, queues stand before red signals, and the quickest way is taken where roads are free.",
    entities="Cars (place, speed, whether tracked; in a network origin, destination, route) on lanes of cells of 7.5 m (or of metres); "
    "roads, junctions, signals, incidents, detectors. A step is 1 s for cells, 0.5 s for car-following. Nobody overtakes.",
    process="Each second: cars that wait may enter; signals and incidents are set; in a network it is settled who may go onto each "
    "road next; all cars choose their speed from where the others were, and all move at once (synchronous); cars beyond the end "
    "leave or are put onto the next road; detectors and tracked cars report when their interval ends. Once a minute drivers of a "
    "network learn how long roads take.",
    concepts="Emergence: jams out of nothing, the fundamental diagram, queues that reach back over junctions. Interaction: with the car "
    "in front alone. Adaptation: informed drivers choose the way that is quickest now. Stochasticity: slowing down (p) or random "
    "acceleration, arrivals, incidents, errors of detectors. Observation: detectors miss cars and err in speed; a part of the "
    "cars is tracked, every few seconds.",
    start="Ring: cells are filled by chance, cars stand (or go at even distances). Corridor and network: empty. A warm-up is not "
    "recorded; who is on the road at its end is.",
    inputs="None; parameters may be fitted to readings of detectors (`rowsmith calibrate traffic`).",
    submodels="Cells (Nagel and Schreckenberg 1992): v ← min(v + 1, vmax, gap); v ← v − 1 with probability p if v > 0; x ← x + v. "
    "Following (Treiber, Hennecke and Helbing 2000): a (1 − (v/v₀)⁴ − (s*/s)²) with s* = s₀ + vT + vΔv/(2√(ab)), s₀ 2 m, "
    "cars of 5 m. Arrivals: Poisson, one car a second can enter a road. Signals: fixed cycles with random shifts; on a corridor red is a "
    "cell that nobody enters, in a network a line at the end of a road. Junctions: no space of their own; of the cars in front that "
    "have green and want the same road, the nearest goes, ties take turns; a car that follows and would have to brake twice as hard "
    "as is comfortable goes on through red; who has arrived leaves before the signal. Routes are chosen on departure (Dijkstra): by free "
    "times, or, of the informed, by times of late, an average that halves the weight of each minute passed. Incidents: "
    "Poisson in time, anywhere, for an exponential time.",
)
