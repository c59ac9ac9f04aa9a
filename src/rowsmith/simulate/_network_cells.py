"""Inner loop of `traffic` in a network: lanes that cars leave in the order in which they came, joined at junctions.

Every step is synchronous: all cars look at where the others were, then all move, then those beyond the end of their road
are put onto the next one.
"""

# mypy: ignore-errors
# (numba's decorators have no types)

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numba import njit
from numpy.typing import NDArray

from rowsmith.simulate._cells import draw

FAR = 1e12
AMBER = 2.0
"""Who would have to brake so many times harder than is comfortable drives through a signal that turns red."""


class Cars(NamedTuple):
    """Cars by slot, shape (slots,) each: on the road, or waiting to enter it."""

    place: NDArray[np.float64]
    speed: NDArray[np.float64]
    fresh: NDArray[np.float64]
    way: NDArray[np.int64]
    leg: NDArray[np.int64]
    since: NDArray[np.float64]
    wanted: NDArray[np.float64]
    entered: NDArray[np.float64]
    left: NDArray[np.float64]
    number: NDArray[np.int64]
    after: NDArray[np.int64]


def no_cars(slots: int) -> Cars:
    """Empty slots."""
    whole = ("way", "leg", "number", "after")
    return Cars(*(np.zeros(slots, dtype=np.int64 if name in whole else np.float64) for name in Cars._fields))


def joined(cars: Cars, more: Cars) -> Cars:
    """The slots of both."""
    return Cars(*(np.concatenate(pair) for pair in zip(cars, more, strict=True)))


class Lanes(NamedTuple):
    """Roads by number, shape (roads,) each but for `queue`: the slots of their cars, the one in front first, each in a ring."""

    long: NDArray[np.float64]
    base: NDArray[np.int64]
    room: NDArray[np.int64]
    first: NDArray[np.int64]
    count: NDArray[np.int64]
    queue: NDArray[np.int64]
    waits: NDArray[np.int64]
    last: NDArray[np.int64]
    phase: NDArray[np.int64]
    shift: NDArray[np.int64]
    claim: NDArray[np.int64]
    near: NDArray[np.float64]
    spent: NDArray[np.float64]
    passed: NDArray[np.int64]


class Rule(NamedTuple):
    """How cars move, in cells or metres (`unit`: of a cell) and seconds."""

    cells: bool
    unit: float
    size: float
    least: float
    vmax: float
    slow: float
    headway: float
    gain: float
    brake: float
    noise: float
    substeps: int
    cycle: int
    green: float


class Seen(NamedTuple):
    """What is counted: detectors by cell of all roads, cars that passed them, their speeds, and the state of all."""

    mark: NDArray[np.int64]
    offset: NDArray[np.int64]
    counts: NDArray[np.float64]
    speeds: NDArray[np.float64]
    tally: NDArray[np.float64]


@njit(cache=True)
def at(lanes, road, i):
    """Slot of the car that has i others in front of it on its road."""
    return lanes.queue[lanes.base[road] + (lanes.first[road] + i) % lanes.room[road]]


@njit(cache=True)
def onward(cars, car, ways, starts):
    """The road after that on which a car is, -1 for none."""
    next_ = starts[cars.way[car]] + cars.leg[car] + 1
    return ways[next_] if next_ < starts[cars.way[car] + 1] else -1


@njit(cache=True)
def is_open(lanes, rule, road, now):
    """Whether the signal at the end of a road, if there is one, is green."""
    if lanes.phase[road] < 0:
        return True
    return ((now + lanes.shift[road]) % rule.cycle < rule.green) == (lanes.phase[road] == 0)


@njit(cache=True)
def let_in(cars, lanes, rule, now, made, came):
    """Let the first of those who wait onto each road, where there is room; slots go to `came`, shape (2, slots) with a count."""
    for road in range(len(lanes.long)):
        car = lanes.waits[road]
        if car < 0 or cars.wanted[car] > now:
            continue
        free = lanes.long[road]
        if lanes.count[road]:
            free = cars.place[at(lanes, road, lanes.count[road] - 1)] - rule.size
        if free < rule.least:
            continue
        if not rule.cells and lanes.claim[road] >= 0:  # nobody is let in before the bumper of one who is coming
            coming = cars.speed[at(lanes, lanes.claim[road], 0)] if lanes.count[lanes.claim[road]] else 0.0
            if lanes.near[road] < rule.size + rule.least + coming * coming / (2 * rule.brake):
                continue
        lanes.waits[road] = cars.after[car]
        push(lanes, road, car)
        cars.place[car] = 0.0
        cars.speed[car] = min(rule.vmax, free if rule.cells else (free - rule.least) / rule.headway)
        cars.entered[car] = cars.since[car] = now
        cars.number[car] = made[0]
        made[0] += 1
        came[1 + came[0]] = car
        came[0] += 1


@njit(cache=True)
def push(lanes, road, car):
    """Put a car behind the others of a road."""
    lanes.queue[lanes.base[road] + (lanes.first[road] + lanes.count[road]) % lanes.room[road]] = car
    lanes.count[road] += 1


@njit(cache=True)
def claim(cars, lanes, ways, starts, rule, now, turn):
    """Who may go onto each road next: of those in front who have green, the nearest; ties take turns."""
    n = len(lanes.long)
    lanes.claim[:] = -1
    lanes.near[:] = FAR
    for k in range(n):
        road = (k + turn) % n
        if lanes.count[road] == 0:
            continue
        car = at(lanes, road, 0)
        to = onward(cars, car, ways, starts)
        if to < 0:
            continue
        left, v = lanes.long[road] - cars.place[car], cars.speed[car]
        if rule.cells and left > min(v + 1, rule.vmax):
            continue
        through = not rule.cells and v * v > AMBER * 2 * rule.brake * left
        if left < lanes.near[to] and (through or is_open(lanes, rule, road, now)):
            lanes.near[to] = left
            lanes.claim[to] = road


@njit(cache=True)
def ahead_of(cars, lanes, ways, starts, rule, road, i, stops, blocks):
    """Room in front of a car, and the speed of what is there.

    Args:
        cars: all.
        lanes: all.
        ways: roads of all routes.
        starts: where each route begins in them.
        rule: how cars move.
        road: of the car.
        i: how many are in front of it there.
        stops: roads of incidents.
        blocks: their places.
    """
    car = at(lanes, road, i)
    edge = 1.0 if rule.cells else 0.0
    to, left = -1, lanes.long[road] - cars.place[car]
    if i:
        lead = at(lanes, road, i - 1)
        gap, speed = cars.place[lead] - cars.place[car] - rule.size, cars.speed[lead]
    else:
        to = onward(cars, car, ways, starts)
        gap, speed = FAR, rule.vmax
        if to >= 0 and lanes.claim[to] != road:
            gap, speed, to = left - edge, 0.0, -1
        elif to >= 0 and lanes.count[to]:
            tail = at(lanes, to, lanes.count[to] - 1)
            gap, speed = left + cars.place[tail] - rule.size, cars.speed[tail]
        elif to >= 0:
            gap = left + lanes.long[to] - edge
    for k in range(len(stops)):
        until = FAR
        if stops[k] == road:
            until = blocks[k] - cars.place[car] - edge
        elif stops[k] == to:
            until = left + blocks[k] - edge
        if 0 <= until < gap:
            gap, speed = until, 0.0
    return gap, speed


@njit(cache=True)
def pass_marks(seen, road, rule, before, after, v):
    """Count a car at the detectors in the cells after one place up to another."""
    last = seen.offset[road + 1] - seen.offset[road] - 1
    for cell in range(int(np.floor(before / rule.unit)) + 1, min(int(np.floor(after / rule.unit)), last) + 1):
        detector = seen.mark[seen.offset[road] + cell]
        if detector >= 0:
            seen.counts[detector] += 1
            seen.speeds[detector] += v


@njit(cache=True)
def step(cars, lanes, ways, starts, rule, stops, blocks, now, dt, state, seen, gone):
    """One step of all cars; slots of those that arrive go to `gone`, as in `let_in`."""
    n = len(lanes.long)
    for road in range(n):
        for i in range(lanes.count[road]):
            car = at(lanes, road, i)
            gap, ahead = ahead_of(cars, lanes, ways, starts, rule, road, i, stops, blocks)
            v = cars.speed[car]
            if rule.cells:
                v = max(0.0, min(v + 1, rule.vmax, gap))
                if rule.slow > 0 and draw(state) < rule.slow and v > 0:
                    v -= 1
                cars.fresh[car] = v
            else:
                wanted = rule.least + max(
                    0.0, v * rule.headway + v * (v - ahead) / (2 * np.sqrt(rule.gain * rule.brake))
                )
                push_ = rule.gain * (1 - (v / rule.vmax) ** 4 - (wanted / max(gap, 0.1)) ** 2)
                if rule.noise > 0:
                    push_ += rule.noise / np.sqrt(dt) * (2 * draw(state) - 1) * np.sqrt(3.0)
                cars.fresh[car] = push_
    for road in range(n):
        for i in range(lanes.count[road]):
            car = at(lanes, road, i)
            before, v = cars.place[car], cars.speed[car]
            new = cars.fresh[car] if rule.cells else max(0.0, v + cars.fresh[car] * dt)
            if rule.cells:
                after = before + new
            else:  # a car that stops inside of a step goes as far as it takes to stop
                slowing = cars.fresh[car]
                after = before + (
                    (v + new) / 2 * dt if new > 0 or slowing >= 0 else min(v * dt, v * v / (-2 * slowing))
                )
            to = onward(cars, car, ways, starts)
            if after >= lanes.long[road] and (i or (to >= 0 and lanes.claim[to] != road)):
                after, new = max(before, lanes.long[road] - 1e-3), 0.0  # the stop line holds
            pass_marks(seen, road, rule, before, after, new)
            cars.place[car], cars.speed[car] = after, new
            seen.tally[0] += new
            seen.tally[1] += new < (1.0 if rule.cells else 0.5)
            seen.tally[2] += 1
    for road in range(n):
        if lanes.count[road] == 0:
            continue
        car = at(lanes, road, 0)
        if cars.place[car] < lanes.long[road]:
            continue
        to = onward(cars, car, ways, starts)
        lanes.first[road] = (lanes.first[road] + 1) % lanes.room[road]
        lanes.count[road] -= 1
        lanes.spent[road] += now + dt - cars.since[car]
        lanes.passed[road] += 1
        if to < 0:
            cars.left[car] = now + dt
            gone[1 + gone[0]] = car
            gone[0] += 1
            continue
        cars.place[car] -= lanes.long[road]
        cars.leg[car] += 1
        cars.since[car] = now + dt
        push(lanes, to, car)
        pass_marks(seen, to, rule, -rule.unit, cars.place[car], cars.speed[car])


@njit(cache=True)
def drive(cars, lanes, ways, starts, rule, stops, blocks, now, seconds, state, seen, made, came, gone):
    """Go on for some seconds.

    Args:
        cars: all; see `Cars`.
        lanes: all roads; see `Lanes`.
        ways: roads of all routes, one after the other.
        starts: where each route begins in `ways`, and the end.
        rule: how cars move.
        stops: roads of incidents.
        blocks: their places.
        now: second at the beginning.
        seconds: how many.
        state: of the random stream, shape (1,).
        seen: what is counted.
        made: number of the next car that enters, shape (1,).
        came: slots of cars that have entered, after their number.
        gone: slots of cars that have arrived, after their number.
    """
    dt = 1.0 / rule.substeps
    for second in range(now, now + seconds):
        let_in(cars, lanes, rule, second, made, came)
        for part in range(rule.substeps):
            claim(cars, lanes, ways, starts, rule, second, second * rule.substeps + part)
            step(cars, lanes, ways, starts, rule, stops, blocks, second + part * dt, dt, state, seen, gone)
