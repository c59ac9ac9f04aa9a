"""The facts by which a network of roads is known to be real: nobody gets lost, signals hold, demand and routes are as asked."""

import importlib
import itertools
import xml.etree.ElementTree as ET

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import chi2
from tests.simulate._facts import FAR, check_few, check_many

from rowsmith.core.errors import SpecError
from rowsmith.core.rng import Key
from rowsmith.engine import _worlds
from rowsmith.engine.simulate import simulate
from rowsmith.simulate._chart import chart
from rowsmith.simulate._network import network_of, pairs_of
from rowsmith.simulate._town_pictures import places
from rowsmith.simulate._traffic_log import CELL
from rowsmith.simulate.traffic import Traffic

NET = {"road": "network", "vmax": 2, "warm_up": 0}
FORK = {"a": {"b": 20, "c": 40}, "b": {"d": 20}, "c": {"d": 40}, "d": {}}
"""From a to d by b, or by c, which is twice as far."""
MODELS = ("cells", "following")


def run(seed, **settings):
    """All rows of a run, by table and column; texts as lists."""
    world = Traffic(**{**NET, **settings})
    out = {}
    for emission in world.run(Key(seed)):
        for table, rows in emission.items():
            for column, values in rows.items():
                old = out.setdefault(table, {}).setdefault(column, [])
                old.extend(values.to_pylist() if hasattr(values, "to_pylist") else np.asarray(values).tolist())
    return {t: {c: np.array(v) for c, v in rows.items()} for t, rows in out.items()}


def facts(seed):
    out = {}
    made = run(seed, horizon=3600, demand=1200, every=600)
    world = Traffic(**NET)
    pairs, shares = world.pairs
    trips = made["trips"]
    gone = np.column_stack([trips["origin_id"], trips["destination_id"]])
    counts = np.array([(gone == pair).all(axis=1).sum() for pair in pairs])
    # Pearson's test: one sound run in 10,000 is as far off
    expected = len(gone) * shares
    far = chi2.ppf(0.9999, len(pairs) - 1)
    out["origins and destinations"] = ((counts - expected) ** 2 / expected).sum() < far
    out["demand"] = abs(len(gone) + made["runs"]["waiting"][-1] - 1200) < FAR * 1200**0.5
    means, waits = [], []
    for demand in (300, 3000, 5000):
        taken = run(seed, horizon=1800, demand=demand, informed=0.0, detectors=0, tracked=0)
        means.append(np.nanmean(taken["trips"]["seconds"]))
        waits.append(taken["runs"]["standing"].mean())
    out["travel time grows with load"] = means[0] < means[1] < means[2]
    out["more stand where there are more"] = waits[0] < waits[2]
    jam = {"roads": FORK, "od": {"a": {"d": 1}}, "demand": 900, "horizon": 1800, "green": 0.3, "lights": ("b",)}
    by_c = [np.mean(run(seed, **jam, informed=share)["trips"]["route"] == "a > c > d") for share in (0.0, 1.0)]
    out["who knows of a jam drives around it"] = by_c[0] == 0 and by_c[1] > 0.1
    return out


def test_facts_hold():
    check_few(facts)


@pytest.mark.slow
def test_facts_hold_with_many_seeds():
    check_many(facts)


@st.composite
def networks(draw):
    """A ring of junctions, each with a way to the next, and some other roads."""
    n = draw(st.integers(2, 5))
    lengths = st.integers(6, 30)
    roads = {str(j): {str((j + 1) % n): draw(lengths)} for j in range(n)}
    for a, b in draw(st.lists(st.tuples(st.integers(0, n - 1), st.integers(0, n - 1)), max_size=8)):
        if a != b:
            roads[str(a)][str(b)] = draw(lengths)
    return roads


@settings(max_examples=25)
@given(networks(), st.sampled_from(MODELS), st.integers(50, 6000), st.integers(1, 5), st.integers(0, 3))
def test_nobody_gets_lost_whatever_the_network(roads, model, demand, vmax, lit):
    names = list(roads)
    od = {names[0]: {names[1]: 1}, names[-1]: {names[0]: 2}}
    asked = {"roads": roads, "od": od, "model": model, "demand": demand, "vmax": vmax, "lights": tuple(names[:lit])}
    made = run(1, **asked, horizon=240, tracked=1.0, sample_every=1, incidents=30.0, blocked=30.0)
    trips, vehicles, seen = made["trips"], made["vehicles"], made["trajectories"]
    # whoever has entered has left or is there at the end, and whoever is seen has entered and not yet left
    assert sorted(trips["vehicle_id"]) == list(range(len(vehicles["entered_at"])))
    if len(trips["vehicle_id"]):
        left = dict(zip(trips["vehicle_id"].tolist(), trips["left_at"].tolist(), strict=True))
        last = set(seen["vehicle_id"][seen["at"] == 240].tolist())
        assert last == {vehicle for vehicle, at in left.items() if np.isnan(at)}
        assert (trips["entered_at"] >= trips["wanted_at"]).all()
    size = CELL if model == "cells" else 5.0
    order = np.lexsort((seen["place"], seen["road_id"], seen["at"]))
    at, road, place = (seen[c][order] for c in ("at", "road_id", "place"))
    beside = (np.diff(at) == 0) & (np.diff(road) == 0)
    assert (np.diff(place)[beside] >= size - 0.02).all()


@pytest.mark.parametrize("model", MODELS)
def test_nobody_drives_through_red_and_a_queue_waits_before_it(model):
    made = run(3, model=model, horizon=600, demand=1500, tracked=1.0, sample_every=1, noise=0.0)
    seen, lights, roads = made["trajectories"], made["signals"], made["roads"]
    green = np.zeros((len(roads["metres"]), 601), dtype=bool)
    for road, at, color in zip(lights["road_id"], lights["at"], lights["color"], strict=True):
        green[road, int(at) :] = color == "green"
    lit = np.unique(lights["road_id"])
    order = np.lexsort((seen["at"], seen["vehicle_id"]))
    vehicle, at, road = (seen[c][order] for c in ("vehicle_id", "at", "road_id"))
    changed = (vehicle[1:] == vehicle[:-1]) & (road[1:] != road[:-1]) & np.isin(road[:-1], lit)
    from_, second = road[:-1][changed], at[:-1][changed].astype(int)
    assert len(from_) > 200
    through = ~green[from_, second]
    # cars in cells stop at once; of those that follow, some are too near to stop when it turns red
    assert through.sum() == 0 if model == "cells" else (through & ~green[from_, second - 3]).sum() == 0
    # who arrives there turns off before the signal; all others stand
    trips = made["trips"]
    goal = dict(zip(trips["vehicle_id"].tolist(), trips["destination_id"].tolist(), strict=True))
    on = [
        goal[v] != j
        for v, j in zip(seen["vehicle_id"].tolist(), roads["end_id"][seen["road_id"]].tolist(), strict=True)
    ]
    near = np.array(on) & (seen["place"] > roads["metres"][seen["road_id"]] - 12) & np.isin(seen["road_id"], lit)
    moment = seen["at"].astype(int)
    red = np.all([~green[seen["road_id"], np.maximum(moment - back, 0)] for back in range(12)], axis=0)
    assert (near & red).sum() > 200
    assert seen["speed"][near & red].mean() < 0.25 * seen["speed"][near & ~red].mean()
    # two approaches that cross never have green together
    for junction in np.unique(lights["junction_id"]):
        first, second_ = (np.flatnonzero(roads["end_id"] == junction)[i] for i in (0, 1))
        phases = Traffic(**NET).network.phase
        if phases[first] != phases[second_]:
            assert not (green[first] & green[second_]).any()


@pytest.mark.parametrize("informed", [0.0, 1.0])
def test_the_shortest_way_is_taken_where_the_roads_are_free(informed):
    made = run(2, demand=60, horizon=7200, informed=informed, lights=())
    world = Traffic(**NET)
    lengths = {(a, b): length for a, following in world.roads.items() for b, length in following.items()}
    names, trips = world.network.junctions, made["trips"]
    pairs = list(zip(trips["origin_id"].tolist(), trips["destination_id"].tolist(), strict=True))
    best = world.network.ways(world.network.cells.astype(float), pairs)
    assert len(pairs) > 60
    for route, (origin, destination), way in zip(trips["route"].tolist(), pairs, best, strict=True):
        junctions = route.split(" > ")
        assert (junctions[0], junctions[-1]) == (names[origin], names[destination])
        assert sum(lengths[p] for p in itertools.pairwise(junctions)) == world.network.cells[list(way)].sum()


def test_who_is_alone_takes_as_long_as_the_way_is_far():
    made = run(1, roads=FORK, od={"a": {"d": 1}}, p=0.0, demand=5, horizon=36_000, lights=(), informed=0.0)
    trips = made["trips"]
    alone = np.diff(trips["entered_at"], prepend=-100) > 20
    took = (trips["left_at"] - trips["entered_at"])[alone]
    assert len(took) > 20
    assert (took[~np.isnan(took)] == 20).all()  # 40 cells at 2 a second


def test_detectors_count_who_passes():
    made = run(4, roads=FORK, od={"a": {"d": 1}}, informed=0.0, lights=(), demand=600, horizon=3600, missed=0.0)
    left = np.isfinite(made["trips"]["left_at"]).sum()
    of = made["detectors"]["road_id"][made["readings"]["detector_id"]]
    counted = np.bincount(of, made["readings"]["vehicles"], 4) / 4
    assert counted[[1, 3]].sum() == 0
    assert counted[[0, 2]] == pytest.approx(left, rel=0.02)


def test_demand_follows_its_profile():
    made = run(5, profile=(0.2, 1.0), demand=1800, horizon=3600)
    early = (made["vehicles"]["wanted_at"] < 1800).sum()
    late = (made["vehicles"]["wanted_at"] >= 1800).sum()
    assert abs(early - 180) < FAR * 180**0.5
    assert abs(late - 900) < FAR * 900**0.5 + made["runs"]["waiting"][-1]


def test_a_run_in_parts_is_the_run_in_one(monkeypatch):
    settings = {**NET, "horizon": 900, "warm_up": 90, "tracked": 1.0, "incidents": 20.0, "demand": 1500}
    whole = simulate("traffic", set=settings)
    monkeypatch.setattr(importlib.import_module("rowsmith.simulate.traffic"), "PART_ROWS", 40_000)
    monkeypatch.setattr(_worlds, "_PROCESS", _worlds._Process())  # it remembers the run before
    parts = simulate("traffic", set=settings)
    assert parts["runs"].num_rows > whole["runs"].num_rows == 1
    for table in ("vehicles", "trips", "readings", "trajectories", "signals", "incidents", "roads"):
        assert parts[table].equals(whole[table]), table


def test_more_than_the_network_can_take_is_told():
    made = run(1, demand=3600, od={"a1": {"c3": 1}}, horizon=1800)
    assert made["runs"]["note"][-1] == "the queue at the entrance grows"
    assert made["runs"]["waiting"][-1] > 500


def test_opposite_approaches_have_green_together():
    net = Traffic(**NET).network
    centre = net.junctions.index("b2")
    phase = {net.junctions[a]: int(p) for a, b, p in zip(net.begin, net.end, net.phase, strict=True) if b == centre}
    assert phase["a2"] == phase["c2"] != phase["b1"] == phase["b3"]
    assert (net.phase[net.end == net.junctions.index("a1")] == -1).all()


@pytest.mark.parametrize(
    ("settings", "words"),
    [
        ({"roads": {}}, "roads: expected junctions"),
        ({"roads": {"a": {"a": 9}}}, "roads.a.a: leads back to where it begins"),
        ({"roads": {"a": {"b": 2}}}, "roads.a.b=2: expected whole cells, more than vmax=2"),
        ({"roads": {"a": {"b": 9.5}}}, "roads.a.b=9.5: expected whole cells"),
        ({"roads": {"a > b": {"b": 9}}}, "roads.a > b: expected the name of a junction without"),
        ({"lights": ("b4",)}, "lights='b4': is no junction of `roads`"),
        ({"od": {}}, "od={}: expected an origin"),
        ({"od": {"a1": 3}}, "od.a1=3: expected a mapping"),
        ({"od": {"a1": {"a1": 3}}}, "od.a1.a1: is no journey"),
        ({"od": {"a1": {"d1": 3}}}, "od.a1.d1: 'd1' is no junction of `roads`"),
        ({"od": {"a1": {"a2": -1}}}, "od.a1.a2=-1: expected a weight from 0"),
        ({"roads": FORK, "od": {"d": {"a": 1}}}, "od.d.a: no way leads there"),
    ],
)
def test_impossible_networks_are_refused(settings, words):
    with pytest.raises(SpecError, match=words):
        Traffic(**{**NET, **settings})


def test_ways_are_the_quickest():
    net = network_of({a: {b: float(n) for b, n in f.items()} for a, f in FORK.items()}, None, 2)
    pairs, weights = pairs_of({"a": {"d": 3, "b": 1}}, net)
    assert weights.tolist() == [0.75, 0.25]
    assert [net.told(way) for way in net.ways(net.cells.astype(float), pairs)] == ["a > b > d", "a > b"]
    slow = np.where(net.end == net.junctions.index("b"), 100.0, 1.0)
    assert net.told(net.ways(slow, pairs)[0]) == "a > c > d"
    assert net.ways(slow, [(net.junctions.index("d"), 0)]) == [None]


def test_tables_of_several_runs_point_to_rows_of_their_own_and_can_be_drawn():
    settings = {**NET, "horizon": 300, "tracked": 1.0, "incidents": 60.0}
    made = simulate("traffic", set=settings, replications=2, seed=7)
    links = [
        ("roads", "begin_id", "junctions"), ("trips", "origin_id", "junctions"), ("trips", "destination_id", "junctions"),
        ("detectors", "road_id", "roads"), ("trajectories", "road_id", "roads"), ("signals", "junction_id", "junctions"),
        ("signals", "road_id", "roads"), ("incidents", "road_id", "roads"), ("readings", "detector_id", "detectors"),
    ]  # fmt: skip
    for table, column, to in links:
        key = f"{to[:-1]}_id"
        run_of = dict(zip(made[to][key].to_pylist(), made[to]["run"].to_pylist(), strict=True))
        rows = zip(made[table][column].to_pylist(), made[table]["run"].to_pylist(), strict=True)
        assert made[table].num_rows
        assert all(run_of[at] == run for at, run in rows), (table, column)
    # a route begins and ends where the trip does
    names = dict(zip(made["junctions"]["junction_id"].to_pylist(), made["junctions"]["name"].to_pylist(), strict=True))
    trips = made["trips"].select(["origin_id", "destination_id", "route"]).to_pylist()
    for trip in trips:
        way = trip["route"].split(" > ")
        assert (way[0], way[-1]) == (names[trip["origin_id"]], names[trip["destination_id"]])
    for each in Traffic(**settings).pictures(dict(made)):
        ET.fromstring(chart(each))
    one = Traffic(**{**settings, "roads": FORK, "od": {"a": {"d": 1}}})
    at = places(one.network)
    assert at.shape == (4, 2)
    far = np.linalg.norm(at[one.network.begin] - at[one.network.end], axis=1)
    assert (np.argsort(far, kind="stable") == np.argsort(one.network.cells, kind="stable")).all()
