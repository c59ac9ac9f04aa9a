"""Made sequences: visits of patients at irregular times, and sensors on a grid."""

import numpy as np
import pyarrow as pa


def visits(n=60, seed=5, most=30):
    """Events at irregular times; sex and the year of birth are constant, pulse goes its way from visit to visit."""
    rng = np.random.default_rng(seed)
    rows = []
    for i in range(n):
        sex, born, when = rng.choice(["f", "m"]), int(rng.integers(1930, 2000)), int(rng.integers(0, 90 * 1440))
        pulse = 60 + 20 * (sex == "m") + rng.normal(0, 4)
        for _ in range(1 + min(int(rng.geometric(0.12)), most)):
            pulse = 0.8 * pulse + 0.2 * (60 + 20 * (sex == "m")) + rng.normal(0, 3)
            fever = rng.random() < 0.1
            rows.append(
                (f"P{i:03}", when, sex, born, round(pulse), None if fever else round(36.5 + rng.normal(0, 0.4), 1))
            )
            when += 5 + int(rng.exponential(120))
    patient, minute, sex, born, pulse, temp = map(list, zip(*rows, strict=True))
    at = pa.array(np.array(minute) * 60 + 1_700_000_000 // 60 * 60, pa.int64()).cast(pa.timestamp("s"))
    return pa.table({"patient": patient, "at": at, "sex": sex, "born": born, "pulse": pulse, "temp": temp})


def sensors(n=12, steps=96, zone=None, step=3600, start=1_710_000_000 // 86_400 * 86_400):
    """A grid: every device is read at every step; warm in the afternoon, and a state that lasts."""
    rng = np.random.default_rng(2)
    time = start + step * np.arange(steps)
    rows = {"device": [], "ts": [], "model": [], "hour": [], "warm": [], "state": []}
    for i in range(n):
        level, on = rng.normal(15, 3), 0
        for t in time:
            hour = t // 3600 % 24
            level = 0.9 * level + 0.1 * (15 + 5 * np.sin((hour - 9) / 24 * 2 * np.pi)) + rng.normal(0, 0.5)
            on = on ^ (rng.random() < 0.1)
            for name, value in zip(rows, (i, t, "ab"[i % 2], hour, round(level, 2), ["off", "on"][on]), strict=True):
                rows[name].append(value)
    ts = pa.array(rows["ts"], pa.int64()).cast(pa.timestamp("s", zone))
    return pa.table({**rows, "device": pa.array(rows["device"]), "ts": ts})


def by_entity(table, entity, time):
    """Times of each entity in the order of the rows, as whole numbers."""
    out = {}
    for who, when in zip(table[entity].to_pylist(), table[time].to_pylist(), strict=True):
        out.setdefault(who, []).append(when)
    return out
