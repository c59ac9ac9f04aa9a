"""The state of a network of `traffic`, and how it goes on: cars by slot, lanes, departures, routes, signals, incidents."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from rowsmith.core.rng import Key
from rowsmith.simulate._network import Ints
from rowsmith.simulate._traffic_log import CELL, LEAST, SIZE, SUBSTEPS, Log, level, read, told
from rowsmith.simulate._world import Emission

if TYPE_CHECKING:
    from rowsmith.simulate.traffic import Traffic

BLOCK = 60
"""Seconds for which departures are drawn and routes are looked up at a time. The output depends on it."""
SLOTS = 1024
"""Cars for which there is room at first."""


class Town:
    """A network with its cars.

    Args:
        world: parameters.
        key: random stream of the run.
    """

    def __init__(self, world: Traffic, key: Key) -> None:
        from rowsmith.simulate import _network_cells as kernel

        self.world, self.key = world, key
        self.rng = key.child("events").generator()
        self.state = np.array([key.child("drivers").integer()], dtype=np.uint64)
        net = self.net = world.network
        self.pairs, weights = world.pairs
        self.shares = np.cumsum(weights)
        roads, cells = len(net.cells), world.model == "cells"
        self.metres = CELL if cells else 1.0
        unit = 1.0 if cells else CELL
        self.rule = kernel.Rule(
            cells, unit, 1.0 if cells else SIZE, 0.0 if cells else LEAST, world.vmax * unit, world.p, world.headway, world.gain,
            world.brake, world.noise, 1 if cells else SUBSTEPS, world.cycle, world.green * world.cycle,
        )  # fmt: skip
        shift = self.rng.integers(world.cycle, size=len(net.junctions))[net.end]
        room = 2 * net.cells  # a car that follows is shorter than a cell
        whole, none, sums = np.zeros(roads, dtype=np.int64), np.full(roads, -1), np.zeros(roads)
        self.lanes = kernel.Lanes(
            long=(net.cells * unit).astype(np.float64), base=np.cumsum(room) - room, room=room, first=whole, count=whole.copy(),
            queue=np.zeros(int(room.sum()), dtype=np.int64), waits=none, last=none.copy(), phase=net.phase, shift=shift,
            claim=none.copy(), near=sums, spent=sums.copy(), passed=whole.copy(),
        )  # fmt: skip
        self.offset = np.r_[0, np.cumsum(net.cells)]
        at = ((np.arange(world.detectors) + 0.5) / max(world.detectors, 1) * net.cells[:, None]).astype(np.int64)
        self.marks = at.ravel()
        mark = np.full(int(self.offset[-1]), -1)
        mark[(self.offset[:-1, None] + at).ravel()] = np.arange(at.size)
        self.seen = kernel.Seen(mark, self.offset, np.zeros(at.size), np.zeros(at.size), np.zeros(3))
        self.cars = kernel.no_cars(SLOTS)
        self.tracked, self.pair = np.zeros(SLOTS, dtype=bool), np.zeros(SLOTS, dtype=np.int64)
        self.free = list(range(SLOTS - 1, -1, -1))
        self.slow = net.cells / max(world.vmax - (world.p if cells else 0.0), 0.1)
        """Seconds that a road takes where nobody else is."""
        self.known = self.slow.copy()
        """Seconds that it took lately."""
        self.numbers: dict[tuple[int, ...], int] = {}
        self.ways, self.starts = np.zeros(0, dtype=np.int64), np.zeros(1, dtype=np.int64)
        self.usual = [self._number(way) for way in net.ways(self.slow, self.pairs)]
        self.now = self.zero = self.still = 0
        self.made = np.zeros(1, dtype=np.int64)
        self.lasting: list[tuple[float, int, int]] = []
        """Ends of incidents, and the roads and cells that they block."""
        self.next_incident = self.rng.exponential(3600 / world.incidents) if world.incidents else np.inf
        self.log = Log()

    def _number(self, way: tuple[int, ...] | None) -> int:
        """Number of a route, which may be new."""
        assert way is not None, "pairs without a way are refused"
        if way not in self.numbers:
            self.numbers[way] = len(self.numbers)
            self.ways = np.r_[self.ways, way]
            self.starts = np.r_[self.starts, len(self.ways)]
        return self.numbers[way]

    def drive(self, seconds: int) -> None:
        """Go on for some seconds."""
        from rowsmith.simulate import _network_cells as kernel

        world, end = self.world, self.now + seconds
        while self.now < end:
            if self.now % BLOCK == 0:
                self._look()
                self._depart()
            self._happen()
            ends = [int(np.ceil(until)) for until, _, _ in self.lasting]
            to = min(end, self.now + BLOCK - self.now % BLOCK, *ends)
            for every in (world.every, world.sample_every):
                to = min(to, self.now + every - self.now % every)
            to = min(to, int(np.ceil(min(self.next_incident, 2.0**62))))
            came, gone = np.zeros((2, len(self.tracked) + 1), dtype=np.int64)
            stops, blocks = (np.array([each[i] for each in self.lasting], dtype=np.int64) for i in (1, 2))
            moved = self.seen.tally[0]
            kernel.drive(
                self.cars, self.lanes, self.ways, self.starts, self.rule, stops, blocks * self.rule.unit, self.now, to - self.now,
                self.state, self.seen, self.made, came, gone,
            )  # fmt: skip
            self.still = 0 if self.seen.tally[0] > moved else self.still + to - self.now
            self.now = to
            self._arrived(came[1 : 1 + came[0]], gone[1 : 1 + gone[0]])
            self._sample()

    def _look(self) -> None:
        """What drivers know of the time that each road takes: half of what they knew, half of what it took in the last minute."""
        lanes = self.lanes
        with np.errstate(invalid="ignore", divide="ignore"):
            took = np.where(lanes.passed > 0, lanes.spent / lanes.passed, self.slow)
        for road in np.flatnonzero((lanes.passed == 0) & (lanes.count > 0)):  # nobody got through
            first = lanes.queue[lanes.base[road] + lanes.first[road]]
            took[road] = max(self.known[road], self.now - self.cars.since[first])
        self.known = (self.known + np.maximum(took, self.slow)) / 2
        lanes.spent[:], lanes.passed[:] = 0, 0

    def _depart(self) -> None:
        """Those who come to their entrance in the next minute, each with a route."""
        world, rng = self.world, self.key.child("demand", self.now // BLOCK).generator()
        seconds = np.arange(self.now, self.now + BLOCK)
        rates = world.demand / 3600 * level(world, seconds)
        n = int(rng.poisson(rates.sum()))
        passed = np.cumsum(rates)
        second = np.searchsorted(passed, rng.random(n) * passed[-1], side="right") if n else np.zeros(0)
        wanted = np.sort(self.now + np.minimum(second, BLOCK - 1) + np.round(rng.random(n), 3))
        pair = np.minimum(np.searchsorted(self.shares, rng.random(n), side="right"), len(self.shares) - 1)
        tracked, informed = rng.random(n) < world.tracked, rng.random(n) < world.informed
        usual = np.array(self.usual)
        quick = np.array([self._number(w) for w in self.net.ways(self.known, self.pairs)]) if informed.any() else usual
        way = np.where(informed, quick[pair], usual[pair])
        self._make_room(n)
        cars, lanes = self.cars, self.lanes
        slots = np.array([self.free.pop() for _ in range(n)], dtype=np.int64)
        cars.way[slots], cars.leg[slots], cars.wanted[slots], cars.number[slots] = way, 0, wanted, -1
        cars.after[slots] = -1
        self.tracked[slots], self.pair[slots] = tracked, pair
        for slot, road in zip(slots.tolist(), self.ways[self.starts[way]].tolist(), strict=True):
            if lanes.waits[road] < 0:
                lanes.waits[road] = slot
            else:
                cars.after[lanes.last[road]] = slot
            lanes.last[road] = slot

    def _make_room(self, n: int) -> None:
        from rowsmith.simulate import _network_cells as kernel

        have = len(self.tracked)
        while len(self.free) < n:
            self.free = [*range(2 * have - 1, have - 1, -1), *self.free]
            have *= 2
        if have > len(self.tracked):
            more = have - len(self.tracked)
            self.cars = kernel.joined(self.cars, kernel.no_cars(more))
            self.tracked, self.pair = np.r_[self.tracked, np.zeros(more, bool)], np.r_[self.pair, np.zeros(more, int)]

    def _happen(self) -> None:
        """Incidents begin and end."""
        world = self.world
        self.lasting = [each for each in self.lasting if each[0] > self.now]
        while self.now >= self.next_incident:
            cell, lasts = int(self.rng.integers(self.offset[-1])), float(self.rng.exponential(world.blocked))
            road = int(np.searchsorted(self.offset, cell, side="right")) - 1
            place = max(cell - int(self.offset[road]), 1)
            self.lasting.append((self.now + lasts, road, place))
            self.log.tell(
                "incidents", begun_at=[float(self.now)], ended_at=[self.now + lasts], road_id=[road], place=[place * CELL]
            )  # fmt: skip
            self.next_incident += self.rng.exponential(3600 / world.incidents)

    def _arrived(self, came: Ints, gone: Ints) -> None:
        cars = self.cars
        if len(came):
            self.log.tell(
                "vehicles", wanted_at=cars.wanted[came], entered_at=cars.entered[came], tracked=self.tracked[came]
            )
        if len(gone):
            self._tell_trips(gone, cars.left[gone])
            self.free += gone.tolist()

    def _tell_trips(self, slots: Ints, left: NDArray[np.float64]) -> None:
        cars, ends = self.cars, np.array(self.pairs)[self.pair[slots]]
        self.log.tell(
            "trips", vehicle_id=cars.number[slots], origin_id=ends[:, 0], destination_id=ends[:, 1], wanted_at=cars.wanted[slots],
            entered_at=cars.entered[slots], left_at=left, seconds=np.round(left - cars.wanted[slots], 3), route=cars.way[slots],
        )  # fmt: skip

    def _driving(self) -> tuple[Ints, Ints]:
        """Slots of the cars on the road, and where they are, in the order of roads."""
        lanes = self.lanes
        road = np.repeat(np.arange(len(lanes.count)), lanes.count)
        place = np.arange(len(road)) - np.repeat(np.cumsum(lanes.count) - lanes.count, lanes.count)
        return lanes.queue[lanes.base[road] + (lanes.first[road] + place) % lanes.room[road]], road

    def _sample(self) -> None:
        world, seen = self.world, self.seen
        if self.now % world.every == 0 and world.detectors:
            self.log.tell("readings", **read(world, self.rng, seen.counts, seen.speeds * self.metres, self.now))
            seen.counts[:], seen.speeds[:] = 0, 0
        if self.now % world.sample_every == 0 and world.tracked:
            slots, road = self._driving()
            tracked = self.tracked[slots]
            slots, road = slots[tracked], road[tracked]
            self.log.tell(
                "trajectories", vehicle_id=self.cars.number[slots], road_id=road, at=np.full(len(slots), float(self.now)),
                place=np.round(self.cars.place[slots] * self.metres, 2), speed=np.round(self.cars.speed[slots] * self.metres, 2),
            )  # fmt: skip

    def forget(self) -> None:
        """Begin to record: what was before is not told, but who is there is."""
        self.log, self.zero = Log(), self.now
        slots, _ = self._driving()
        slots = slots[np.argsort(self.cars.number[slots])]
        self.cars.number[slots] = np.arange(len(slots))
        self.made[0] = len(slots)
        self._arrived(slots, slots[:0])
        self.seen.counts[:], self.seen.speeds[:] = 0, 0

    def _waiting(self) -> int:
        """Who is at an entrance."""
        slots, _ = self._driving()
        there = np.ones(len(self.tracked), dtype=bool)
        there[self.free], there[slots] = False, False
        return int((self.cars.wanted[there] <= self.now).sum())

    def emit(self, seconds: int, part: int) -> Emission:
        """Go on for some seconds, and tell what happened."""
        world, net, begun, before = self.world, self.net, self.now, self._waiting()
        self.seen.tally[:] = 0
        self.drive(seconds)
        self.log.tell("signals", **self._lights(begun, part == 0))
        slots, _ = self._driving()
        if part == world.parts - 1:
            slots = slots[np.argsort(self.cars.number[slots])]
            self._tell_trips(slots, np.full(len(slots), np.nan))
        out = self.log.take(self.zero)
        if "trips" in out:
            texts = [net.told(way) for way in self.numbers]
            out["trips"]["route"] = [texts[way] for way in out["trips"]["route"].tolist()]
        if part == 0:
            road = np.repeat(np.arange(len(net.cells)), world.detectors)
            out["junctions"] = {"name": list(net.junctions)}
            out["roads"] = {"begin_id": net.begin, "end_id": net.end, "metres": net.cells * CELL}
            out["detectors"] = {"road_id": road, "place": self.marks * CELL}
        waiting = self._waiting()
        grows = waiting > max(before, 10) and waiting > 0.05 * world.demand
        note = 1 if len(slots) and self.still >= 2 * world.cycle else 2 if grows else 0
        steps = seconds * self.rule.substeps
        return {
            "runs": told(self.seen.tally, steps, int(self.offset[-1]), self.rule.unit, waiting, note),
            **out,
        }

    def _lights(self, begun: int, first: bool) -> dict[str, Any]:
        """Changes of signals since a second, in order of time."""
        roads = np.flatnonzero(self.net.phase >= 0)
        seconds = np.arange(begun - 1, self.now)
        turn = (seconds[:, None] + self.lanes.shift[roads]) % self.world.cycle < self.rule.green
        green = turn == (self.net.phase[roads] == 0)
        changed = green[1:] != green[:-1]
        if first:
            changed[0] = True
        at, which = np.nonzero(changed)
        road = roads[which]
        return {
            "signal": which + 1, "junction_id": self.net.end[road], "road_id": road, "at": seconds[1:][at].astype(float),
            "place": self.net.cells[road] * CELL, "color": green[1:][at, which].astype(np.int64),
        }  # fmt: skip
