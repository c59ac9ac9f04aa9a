"""The facts by which traffic is known to be real: exact results, the fundamental diagram, jams that move upstream."""

import importlib

import numpy as np
import pytest
from tests.simulate._facts import FAR, check_few, check_many

from rowsmith.core.errors import SpecError
from rowsmith.core.rng import Key
from rowsmith.engine import _worlds
from rowsmith.engine.simulate import simulate
from rowsmith.simulate._traffic_log import CELL
from rowsmith.simulate.traffic import Traffic


def told(seed, **settings):
    """What is told of a run without detectors, of one part."""
    world = Traffic(detectors=0, tracked=0, **settings)
    (emission,) = world.run(Key(seed))
    return {name: values[0] for name, values in emission["runs"].items() if name != "note"}


def wave(seed):
    """How many metres a second standing cars shift, by the best overlap of where they are now and 20 s later."""
    world = Traffic(length=1000, density=0.2, warm_up=500, horizon=300, tracked=1.0, sample_every=1)
    rows = [e["trajectories"] for e in world.run(Key(seed))]
    at, place, speed = (np.concatenate([r[c] for r in rows]) for c in ("at", "place", "speed"))
    field = np.zeros((300, world.length))
    stands = speed == 0
    field[at[stands].astype(int) - 1, (place[stands] / CELL).astype(int)] = 1
    spectrum = np.fft.rfft(field - field.mean(axis=1, keepdims=True), axis=1)
    overlap = np.fft.irfft((spectrum[20:] * spectrum[:-20].conj()).sum(axis=0), world.length)
    shift = int(np.argmax(overlap))
    return (shift if shift < world.length / 2 else shift - world.length) * CELL / 20


def facts(seed):
    out = {}
    alone = told(seed, length=1000, density=0.001, horizon=20_000)["mean_speed"]
    out["free speed"] = abs(alone - 4.7) < FAR * (0.3 * 0.7 / 20_000) ** 0.5
    for density in (0.2, 0.5, 0.7):
        flow = told(seed, length=2000, density=density, vmax=1, horizon=1000, warm_up=500)["flow"]
        exact = (1 - (1 - 4 * 0.7 * density * (1 - density)) ** 0.5) / 2
        out[f"exact flow at {density}"] = abs(flow / exact - 1) < 0.03
    grid = (0.04, 0.07, 0.1, 0.13, 0.18, 0.3, 0.5)
    flows = [told(seed, length=2000, density=d, horizon=600, warm_up=600)["flow"] for d in grid]
    out["flow peaks near 0.1"] = grid[int(np.argmax(flows))] in (0.1, 0.13)
    out["flow at the peak"] = 0.42 < max(flows) < 0.50
    out["jams move upstream"] = -7.0 < wave(seed) < -2.0
    means = []
    for demand in (200, 500, 700):
        made = Traffic(
            road="corridor",
            length=300,
            signals=(0.5,),
            demand=demand,
            horizon=3000,
            warm_up=300,
            detectors=0,
            tracked=0,
        )
        trips = [e["trips"]["seconds"] for e in made.run(Key(seed))]
        means.append(np.nanmean(np.concatenate(trips)))
    out["travel time grows with load"] = means[0] < means[1] < means[2]
    return out


def test_facts_hold():
    check_few(facts)


@pytest.mark.slow
def test_facts_hold_with_many_seeds():
    check_many(facts)


@pytest.mark.parametrize("density", [0.05, 0.1, 1 / 6, 0.2, 0.5, 1.0])
def test_without_chance_flow_is_exact(density):
    found = told(1, length=3000, density=density, p=0.0, warm_up=6000, horizon=3000)
    assert found["flow"] == pytest.approx(min(5 * density, 1 - density), abs=1e-6)


@pytest.mark.parametrize("density", [0.02, 0.05])
def test_cars_that_follow_come_to_the_equilibrium_of_theory(density):
    world = Traffic(model="following", length=600, density=density, noise=0.0)
    wanted = world.vmax * CELL
    gap = CELL / density - 5.0
    speeds = np.linspace(0.01, wanted - 1e-6, 400_000)
    kept = (2.0 + speeds * world.headway) / np.sqrt(1 - (speeds / wanted) ** 4)
    expected = speeds[np.argmin(np.abs(kept - gap))] / CELL
    found = told(1, model="following", length=600, density=density, noise=0.0, warm_up=3000)
    assert found["mean_speed"] == pytest.approx(expected, rel=1e-3)


def test_cars_never_meet_whatever_the_road():
    for settings in ({}, {"road": "corridor", "demand": 1500, "signals": (0.3, 0.6), "incidents": 30}):
        for model in ("cells", "following"):
            world = Traffic(
                model=model, length=150, density=0.3, tracked=1.0, sample_every=1, horizon=400, warm_up=50, **settings
            )
            size = CELL if model == "cells" else 5.0
            for emission in world.run(Key(2)):
                rows = emission["trajectories"]
                for moment in np.unique(rows["at"]):
                    places = np.sort(rows["place"][rows["at"] == moment])
                    assert (np.diff(places) >= size - 1e-6).all()


def test_nobody_gets_lost_on_a_corridor():
    made = simulate("traffic", set={"road": "corridor", "length": 200, "demand": 900, "horizon": 1200, "warm_up": 120})
    trips, vehicles = made["trips"], made["vehicles"]
    assert sorted(trips["vehicle_id"].to_pylist()) == vehicles["vehicle_id"].to_pylist()
    done = trips["seconds"].drop_null().to_numpy()
    assert done.min() >= 200 / 5  # nobody is faster than vmax


def test_detectors_miss_what_they_are_told_to_miss():
    whole = simulate("traffic", set={"missed": 0.0, "horizon": 3600, "length": 500}, tables=("readings",))
    flow = whole["runs"]["flow"][0].as_py()
    counted = np.sum(whole["readings"]["vehicles"].to_numpy())
    assert counted == pytest.approx(4 * 3600 * flow, rel=0.01)
    part = simulate("traffic", set={"missed": 0.3, "horizon": 3600, "length": 500}, tables=("readings",))
    assert np.sum(part["readings"]["vehicles"].to_numpy()) / counted == pytest.approx(0.7, abs=0.02)


def test_a_run_in_parts_is_the_run_in_one(monkeypatch):
    settings = {"road": "corridor", "length": 100, "horizon": 600, "tracked": 1.0, "sample_every": 1, "incidents": 10.0}
    whole = simulate("traffic", set=settings)
    monkeypatch.setattr(importlib.import_module("rowsmith.simulate.traffic"), "PART_ROWS", 12_000)
    monkeypatch.setattr(_worlds, "_PROCESS", _worlds._Process())  # it remembers the run before
    parts = simulate("traffic", set=settings)
    assert parts["runs"].num_rows > whole["runs"].num_rows == 1
    for table in ("vehicles", "trips", "readings", "trajectories", "incidents"):
        assert parts[table].equals(whole[table]), table


def test_more_than_the_road_can_take_is_told():
    made = simulate(
        "traffic",
        set={"road": "corridor", "signals": [0.5], "green": 0.2, "demand": 2000, "length": 100, "horizon": 1800},
    )
    assert made["runs"]["note"].to_pylist() == ["the queue at the entrance grows"]
    full = simulate("traffic", set={"density": 1.0, "length": 50, "horizon": 60})
    assert full["runs"]["note"].to_pylist() == ["nobody moves"]


@pytest.mark.parametrize(
    ("settings", "words"),
    [
        ({"density": 0.0001}, "density=0.0001: gives no car on 1000 cells; expected 0.001"),
        ({"model": "following", "density": 0.99}, "density=0.99.*at most 0.95"),
        ({"profile": (2.0,)}, "profile="),
        ({"signals": (0.5, 0.2)}, "signals="),
    ],
)
def test_impossible_roads_are_refused(settings, words):
    with pytest.raises(SpecError, match=words):
        Traffic(**settings)
