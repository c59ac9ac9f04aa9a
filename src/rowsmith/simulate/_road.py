"""The state of a road of `traffic`, and how it goes on: cars in order, signals, incidents, who waits to enter."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from rowsmith.core.rng import Key
from rowsmith.simulate._network import STEP
from rowsmith.simulate._traffic_log import CELL, LEAST, SIZE, SUBSTEPS, Log, level, read, told
from rowsmith.simulate._world import Emission

if TYPE_CHECKING:
    from rowsmith.simulate.traffic import Traffic

ENDS = ("entrance", "exit")
ROUTE = STEP.join(ENDS)


class Road:
    """A road with its cars.

    Args:
        world: parameters.
        key: random stream of the run.
    """

    def __init__(self, world: Traffic, key: Key) -> None:
        self.world, self.cells = world, world.model == "cells"
        self.rng = key.child("events").generator()
        self.state = np.array([key.child("drivers").integer()], dtype=np.uint64)
        self.ring = world.road == "ring"
        self.unit = 1.0 if self.cells else CELL
        """Of a cell, in the unit of places."""
        capacity = max(world.cars if self.ring else world.length + 1, 1)
        kind = np.int64 if self.cells else np.float64
        self.place, self.speed, self.work = (np.zeros(capacity, dtype=kind) for _ in range(3))
        self.vehicle, self.tracked = np.zeros(capacity, dtype=np.int64), np.zeros(capacity, dtype=bool)
        self.count = self.made = self.now = self.now_zero = 0
        self.waiting: list[float] = []
        self.lasting: list[tuple[float, int]] = []
        """Ends of incidents, and the cells that they block."""
        self.next_incident = self.rng.exponential(3600 / world.incidents) if world.incidents else np.inf
        at = (np.arange(world.detectors) + 0.5) / max(world.detectors, 1) * world.length
        self.marks = at.astype(np.int64)
        self.mark = np.full(world.length, -1)
        self.mark[self.marks] = np.arange(world.detectors)
        self.stops = (np.array(world.signals) * world.length).astype(np.int64)
        self.shift = self.rng.integers(world.cycle, size=len(self.stops)) if len(self.stops) else np.zeros(0, np.int64)
        self.counts, self.speeds = np.zeros(max(world.detectors, 1)), np.zeros(max(world.detectors, 1))
        self.tally = np.zeros(3)
        self.log = Log()
        self.born: dict[int, tuple[float, float]] = {}
        self.lit = np.full(len(self.stops), -1)
        if self.ring:
            n = world.cars
            if self.cells:  # as if thrown on the road, since even distances would hide for long what p does
                self.place[:n] = np.sort(self.rng.choice(world.length, n, replace=False))
            else:
                self.place[:n] = np.arange(n) * (world.length * CELL / n)
                kept = (world.length * CELL / n - SIZE - LEAST) / world.headway
                self.speed[:n] = 0.9 * max(0.0, min(world.vmax * CELL, kept))
            self.count = n
            self._enter(np.arange(n), np.zeros(n), np.zeros(n))

    def drive(self, seconds: int) -> None:
        """Go on for some seconds."""
        end = self.now + seconds
        while self.now < end:
            # On a ring where nothing happens nobody needs to be asked before the next sample.
            quiet = self.ring and not len(self.stops) and self.next_incident == np.inf and not self.lasting
            step = min(end - self.now, self._until_sample()) if quiet else 1
            if not self.ring:
                self._let_in()
            self._move(step, self._blocked())
            if not self.ring:
                self._let_out()
            self.now += step
            self._sample()

    def _until_sample(self) -> int:
        world = self.world
        return min(world.every - self.now % world.every, world.sample_every - self.now % world.sample_every)

    def forget(self) -> None:
        """Begin to record: what was before is not told, but who is there is."""
        here = self.vehicle[: self.count]
        times = [self.born[v] for v in here.tolist()]
        self.log, self.made, self.born = Log(), 0, {}
        self.now_zero = self.now
        self.counts[:], self.speeds[:], self.tally[:] = 0, 0, 0
        self._enter(np.arange(self.count), np.array([t[0] for t in times]), np.array([t[1] for t in times]))
        self.lit[:] = -1

    def _enter(self, at: NDArray[np.int64], wanted: NDArray[Any], entered: NDArray[Any]) -> None:
        """Give numbers to cars that have come."""
        n = len(at)
        self.vehicle[at] = np.arange(self.made, self.made + n)
        self.tracked[at] = self.rng.random(n) < self.world.tracked
        self.made += n
        self.born |= dict(
            zip(self.vehicle[at].tolist(), zip(wanted.tolist(), entered.tolist(), strict=True), strict=True)
        )
        self.log.tell("vehicles", wanted_at=wanted, entered_at=entered, tracked=self.tracked[at])

    def _let_in(self) -> None:
        world = self.world
        expected = world.demand * float(level(world, self.now)) / 3600
        self.waiting += [float(self.now)] * int(self.rng.poisson(expected))
        room = self.place[0] if self.count else self.world.length * self.unit
        if self.waiting and self.count < len(self.place) and room > (0 if self.cells else SIZE + LEAST):
            for values in (self.place, self.speed, self.vehicle, self.tracked):
                values[1 : self.count + 1] = values[: self.count].copy()
            self.place[0] = 0
            free = (
                (self.place[1] - 1 if self.cells else (self.place[1] - SIZE - LEAST) / world.headway)
                if self.count
                else np.inf
            )
            self.speed[0] = max(0, min(world.vmax * self.unit, free))
            self.count += 1
            self._enter(np.array([0]), np.array([self.waiting.pop(0)]), np.array([float(self.now)]))

    def _let_out(self) -> None:
        gone = self.place[: self.count] >= self.world.length * self.unit
        n = int(gone.sum())
        if n:
            for vehicle in self.vehicle[self.count - n : self.count].tolist():
                wanted, entered = self.born.pop(vehicle)
                self.log.tell(
                    "trips", vehicle_id=[vehicle], wanted_at=[wanted], entered_at=[entered], left_at=[self.now + 1.0]
                )
            self.count -= n

    def _blocked(self) -> NDArray[Any]:
        """Places that nobody may pass in the next second."""
        world = self.world
        if self.now >= self.next_incident:
            cell, lasts = int(self.rng.integers(1, world.length)), float(self.rng.exponential(world.blocked))
            self.lasting.append((self.now + lasts, cell))
            self.log.tell(
                "incidents", begun_at=[float(self.now)], ended_at=[self.now + lasts], road_id=[0], place=[cell * CELL]
            )
            self.next_incident = self.now + self.rng.exponential(3600 / world.incidents)
        self.lasting = [each for each in self.lasting if each[0] > self.now]
        red = (self.now + self.shift) % world.cycle >= world.green * world.cycle
        for signal in np.flatnonzero(self.lit != ~red):
            self.log.tell(
                "signals",
                signal=[signal + 1],
                junction_id=[-1],
                road_id=[0],
                at=[float(self.now)],
                place=[self.stops[signal] * CELL],
                color=[0 if red[signal] else 1],
            )
        self.lit = (~red).astype(np.int64)
        found = [*self.stops[red].tolist(), *(cell for _, cell in self.lasting)]
        return np.sort(np.array(found) * self.unit).astype(self.place.dtype)

    def _move(self, steps: int, blocked: NDArray[Any]) -> None:
        from rowsmith.simulate import _cells

        world, around = self.world, self.world.length if self.ring else 0
        if self.cells:
            _cells.cells(
                self.place, self.speed, self.work, self.count, around, steps, world.vmax, world.p, self.state, self.mark,
                self.counts, self.speeds, blocked, self.tally,
            )  # fmt: skip
        else:
            _cells.following(
                self.place, self.speed, self.work, self.count, around * CELL, steps * SUBSTEPS, 1 / SUBSTEPS, world.vmax * CELL,
                world.headway, world.gain, world.brake, LEAST, SIZE, world.noise, self.state, self.marks * CELL, self.counts,
                self.speeds, blocked, self.tally,
            )  # fmt: skip

    def _sample(self) -> None:
        world = self.world
        if self.now % world.every == 0 and world.detectors:
            counts, speeds = (each[: world.detectors] for each in (self.counts, self.speeds))
            metres = CELL if self.cells else 1.0
            self.log.tell("readings", **read(world, self.rng, counts, speeds * metres, self.now))
            self.counts[:], self.speeds[:] = 0, 0
        if self.now % world.sample_every == 0:
            at = np.flatnonzero(self.tracked[: self.count])
            metres = CELL if self.cells else 1.0
            self.log.tell(
                "trajectories", vehicle_id=self.vehicle[at], road_id=np.zeros(len(at), dtype=np.int64),
                at=np.full(len(at), float(self.now)), place=np.round(self.place[at] * metres, 2),
                speed=np.round(self.speed[at] * metres, 2),
            )  # fmt: skip

    def emit(self, seconds: int, part: int) -> Emission:
        """Go on for some seconds, and tell what happened."""
        world = self.world
        self.tally[:] = 0
        before = len(self.waiting)
        self.drive(seconds)
        if part == world.parts - 1 and not self.ring and self.born:  # who is still on the road
            wanted, entered = np.array(list(self.born.values())).T
            still = {"vehicle_id": np.array(list(self.born)), "left_at": np.full(len(self.born), np.nan)}
            self.log.tell("trips", **still, wanted_at=wanted, entered_at=entered)
        out = self.log.take(self.now_zero)
        if "trips" in out:
            trips, n = out["trips"], len(out["trips"]["vehicle_id"])
            ends = {"origin_id": np.zeros(n, dtype=np.int64), "destination_id": np.ones(n, dtype=np.int64)}
            took = trips["left_at"] - trips["wanted_at"]
            out["trips"] = {**trips, **ends, "seconds": took, "route": [ROUTE] * n}
        if part == 0:
            out["detectors"] = {"road_id": np.zeros(world.detectors, dtype=np.int64), "place": self.marks * CELL}
            out["junctions"] = {"name": ["start"] if self.ring else list(ENDS)}
            out["roads"] = {"begin_id": [0], "end_id": [0 if self.ring else 1], "metres": [world.length * CELL]}
        _, stood, seen = self.tally
        grows = not self.ring and len(self.waiting) > max(before, 10) and len(self.waiting) > 0.05 * world.demand
        note = 1 if seen and stood == seen else 2 if grows else 0
        steps = seconds * (1 if self.cells else SUBSTEPS)
        return {"runs": told(self.tally, steps, world.length, self.unit, len(self.waiting), note), **out}
