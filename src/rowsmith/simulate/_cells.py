"""Inner loops of `traffic`: cars in cells (Nagel and Schreckenberg), and cars that follow each other (IDM).

Every step is synchronous: all cars look at where the others were, then all move. Cars are kept in the order of the road, the
one in front of car i is car i + 1 (on the ring, that of the last is the first).
"""

# mypy: ignore-errors
# (numba's decorators have no types)

from __future__ import annotations

import numpy as np
from numba import njit

SCALE = 1.0 / 9007199254740992.0
FAR = 1 << 40


@njit(cache=True)
def draw(state):
    """SplitMix64 (Steele, Lea and Flood, 2014): a number from 0 to below 1; the state, shape (1,), goes on."""
    state[0] = state[0] + np.uint64(0x9E3779B97F4A7C15)
    z = state[0]
    z = (z ^ (z >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    z = (z ^ (z >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    z = z ^ (z >> np.uint64(31))
    return (z >> np.uint64(11)) * SCALE


@njit(cache=True)
def cells(place, speed, gap, count, ring, steps, vmax, slow, state, mark, counts, speeds, blocked, tally):
    """Steps of the Nagel–Schreckenberg model.

    Args:
        place: cell of each car, rising, shape (capacity,); on the ring, modulo its length from some car on.
        speed: cells a step, shape (capacity,).
        gap: room for work, shape (capacity,).
        count: how many cars there are.
        ring: cells of the ring; 0 for a road that ends.
        steps: how many.
        vmax: highest speed.
        slow: chance to slow down.
        state: of the random stream.
        mark: by cell, number of the detector there, or -1.
        counts: cars that passed each detector, added to.
        speeds: sum of their speeds, added to.
        blocked: cells that no car may enter, rising.
        tally: sums of speeds, of cars that stand, and of cars, added to.
    """
    for _ in range(steps):
        for i in range(count):
            if i + 1 < count:
                free = place[i + 1] - place[i] - 1
            elif ring:
                free = place[0] - place[i] - 1 if count > 1 else ring - 1
            else:
                free = FAR
            if ring and free < 0:
                free += ring
            for b in blocked:
                ahead = b - place[i] - 1
                if ring and ahead < 0:
                    ahead += ring
                if 0 <= ahead < free:
                    free = ahead
            gap[i] = free
        for i in range(count):
            v = min(speed[i] + 1, vmax, gap[i])
            if slow > 0 and draw(state) < slow and v > 0:
                v -= 1
            speed[i] = v
            at = place[i]
            for _k in range(v):
                at += 1
                if ring and at >= ring:
                    at -= ring
                if at < len(mark) and mark[at] >= 0:
                    counts[mark[at]] += 1
                    speeds[mark[at]] += v
            place[i] = at
            tally[0] += v
            tally[1] += v == 0
        tally[2] += count


@njit(cache=True)
def following(
    place, speed, room, count, ring, steps, dt, vmax, headway, gain, brake, least, size, noise, state, mark, counts, speeds,
    blocked, tally,
):  # fmt: skip
    """Steps of the intelligent driver model (Treiber, Hennecke and Helbing, 2000), in metres and seconds.

    Args:
        place: front of each car, in metres; as for `cells`.
        speed: metres a second.
        room: room for work, shape (capacity,).
        count: how many cars there are.
        ring: metres of the ring; 0 for a road that ends.
        steps: how many.
        dt: seconds of a step.
        vmax: wanted speed.
        headway: wanted time to the car in front, s.
        gain: highest acceleration, m/s².
        brake: comfortable braking, m/s².
        least: gap at a standstill, m.
        size: length of a car, m.
        noise: standard deviation of a random acceleration, m/s² in a second.
        state: of the random stream.
        mark: metres of each detector.
        counts: as for `cells`.
        speeds: as for `cells`.
        blocked: metres that no car may pass.
        tally: as for `cells`, in metres a second.
    """
    for _ in range(steps):
        for i in range(count):
            if i + 1 < count:
                gap, ahead = place[i + 1] - place[i] - size, speed[i + 1]
            elif ring and count > 1:
                gap, ahead = place[0] - place[i] - size, speed[0]
            else:
                gap, ahead = 1e12, vmax
            if ring and gap < -size:
                gap += ring
            for b in blocked:
                until = b - place[i]
                if ring and until < 0:
                    until += ring
                if 0 <= until < gap:
                    gap, ahead = until, 0.0
            v = speed[i]
            wanted = least + max(0.0, v * headway + v * (v - ahead) / (2 * np.sqrt(gain * brake)))
            room[i] = gain * (1 - (v / vmax) ** 4 - (wanted / max(gap, 0.1)) ** 2)
            if noise > 0:
                room[i] += noise / np.sqrt(dt) * (2 * draw(state) - 1) * np.sqrt(3.0)
        for i in range(count):
            v = speed[i]
            new = max(0.0, v + room[i] * dt)
            # a car that stops inside of a step goes as far as it takes to stop
            way = (v + new) / 2 * dt if new > 0 or room[i] == 0 else min(v * dt, v * v / (-2 * room[i]))
            before = place[i]
            after = before + way
            for d in range(len(mark)):
                at = mark[d]
                if before < at <= after or (ring and before < at + ring <= after):
                    counts[d] += 1
                    speeds[d] += new
            place[i] = after - ring if ring and after >= ring else after
            speed[i] = new
            tally[0] += new
            tally[1] += new < 0.5
        tally[2] += count
