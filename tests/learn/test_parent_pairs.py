"""Groups of two parents that come together: found, and kept when parents are dealt out."""

import numpy as np
import pyarrow as pa
from hypothesis import given
from hypothesis import strategies as st
from tests.engine._linked import key, points, rng, schema

import rowsmith as rs
from rowsmith.learn._groups import group_text, groups_of
from rowsmith.learn._parent_pairs import Beside, Pairs, evened, exchanged, pairs_of

GROUPS = st.lists(st.integers(-1, 4), min_size=30, max_size=30)


def test_pairs_that_enough_rows_share_are_found_and_others_break_them():
    a, b = np.repeat([0, 1, 2, -1], 100), np.repeat([0, 1, 0, 1], 100)
    a[0], b[0] = 1, 0  # one row of its own
    (found,) = pairs_of({"a": group_text(a), "b": group_text(b)})
    assert found.pairs.tolist() == [[0, 0], [1, 1], [2, 0]]
    assert found.breaks({"a": group_text(a), "b": group_text(b)}).tolist() == [True] + [False] * 399
    assert Pairs.from_state(found.state()).pairs.tolist() == found.pairs.tolist()


def test_nothing_is_said_where_most_pairs_are_rare():
    assert not pairs_of({"a": group_text(np.arange(500)), "b": group_text(np.arange(500))})


@given(GROUPS, GROUPS, st.integers(0, 99), st.booleans())
def test_rows_that_change_parents_leave_none_out_and_break_fewer_pairs(mine, others, seed, second):
    mine, others = np.array(mine), np.array(others)
    pairs = Pairs(("a", "b"), np.stack(np.nonzero(np.eye(5, dtype=int) + np.eye(5, k=1, dtype=int)), axis=1))
    groups = np.arange(5)  # each parent is a group
    got = rng(seed).permutation(mine)
    out = exchanged(got, groups, mine, [Beside(pairs, others, second)], rng(seed))
    assert np.array_equal(np.sort(out), np.sort(got))
    before, after = (pairs.missing(*((others, up) if second else (up, others))).sum() for up in (got, out))
    assert after <= before


@given(GROUPS, GROUPS, GROUPS, st.integers(0, 99), st.booleans())
def test_parents_get_the_rows_that_they_shall_have_wherever_pairs_allow_it(mine, others, goal, seed, second):
    mine, others, goal = np.array(mine), np.array(others), rng(seed).permutation(goal)
    goal = goal[: (mine >= 0).sum()]  # as many rows
    goal = np.bincount(np.abs(goal), minlength=5)
    pairs = Pairs(("a", "b"), np.stack(np.nonzero(np.eye(5, dtype=int) + np.eye(5, k=1, dtype=int)), axis=1))
    out = evened(mine, goal, np.arange(5), mine, [Beside(pairs, others, second)], rng(seed))
    missing = [pairs.missing(*((others, up) if second else (up, others))) for up in (mine, out)]
    assert (missing[1] <= missing[0]).all()
    assert np.array_equal(out < 0, mine < 0)
    off = [np.bincount(up[up >= 0], minlength=5) - goal for up in (mine, out)]
    assert (np.abs(off[1]) <= np.abs(off[0])).all()
    # no row could go on from a parent with too many to one with too few, at once or over others
    reached, new = set(np.flatnonzero(off[1] > 0)), True
    while new:
        new = {
            q
            for r, p in enumerate(out)
            if p in reached
            for q in np.flatnonzero(goal)
            if not pairs.missing(*(np.array([v]) for v in ((others[r], q) if second else (q, others[r]))))[0]
        } - reached
        reached |= new
    assert not reached & set(np.flatnonzero(off[1] < 0))


def test_airlines_fly_where_they_did():
    r, n = rng(3), 4000
    airline = r.integers(0, 8, n)
    port = (airline * 3 + r.integers(0, 4, n)) % 24  # of 192 pairs, 32 come
    pilot = r.integers(0, 400, n)
    tables = {
        "airlines": pa.table({"airline": [f"A{i}" for i in range(8)], "size": np.arange(8)}),
        "ports": pa.table({"port": [f"P{i}" for i in range(24)], "runways": r.integers(1, 5, 24)}),
        "pilots": pa.table({"pilot": np.arange(400), "age": r.integers(25, 60, 400)}),
        "flights": pa.table(
            {
                "flight": np.arange(n),
                "airline": [f"A{i}" for i in airline],
                "port": [f"P{i}" for i in port],
                "pilot": pilot,
            }
        ),
    }
    links = [key("airline", "airlines", "airline"), key("port", "ports", "port"), key("pilot", "pilots", "pilot")]
    s = schema(airlines=(["airline"], []), ports=(["port"], []), pilots=(["pilot"], []), flights=(["flight"], links))
    model = rs.fit(tables, schema=s)
    twin = model.sample(seed=1)
    for column, parent in (("airline", "airlines"), ("port", "ports")):
        assert points(twin["flights"], [column], twin[parent], [column])
    many = len(set(zip(twin["flights"]["airline"].to_pylist(), twin["flights"]["port"].to_pylist(), strict=True)))
    assert many < 75  # 32 do, of 192; 107 where nothing is done about it


def test_groups_and_their_texts():
    assert groups_of(group_text(np.array([3, -1, 0]))).tolist() == [3, -1, 0]


def test_planes_fly_for_the_one_airline_that_has_them_to_where_it_flies():
    r, n = rng(5), 6000
    owner = r.permutation(np.repeat(np.arange(8), [60, 50, 40, 30, 20, 20, 10, 10]))
    plane = r.integers(0, 240, n)
    airline = owner[plane]
    port = (airline * 3 + r.integers(0, 4, n)) % 24
    day = r.integers(0, 300, n)
    tables = {
        "airlines": pa.table({"airline": [f"A{i}" for i in range(8)], "size": np.arange(8)}),
        "ports": pa.table({"port": [f"P{i}" for i in range(24)], "runways": r.integers(1, 5, 24)}),
        "planes": pa.table({"plane": np.arange(240), "seats": r.integers(50, 300, 240)}),
        "days": pa.table({"day": np.arange(300), "wind": r.gamma(2, 5, 300)}),
        "flights": pa.table(
            {
                "flight": np.arange(n),
                "airline": [f"A{i}" for i in airline],
                "port": [f"P{i}" for i in port],
                "plane": plane,
                "day": day,
                "late": np.round(r.gamma(2, 5, 300)[day] + r.gamma(2, 2, n), 1),
            }
        ),
    }
    links = [key(f"{name[:-1]}", name, name[:-1]) for name in ("airlines", "ports", "planes", "days")]
    keys = {name: ([name[:-1]], links if name == "flights" else []) for name in tables}
    twin = rs.fit(tables, schema=schema(**keys), settings={"rounds": 10}).sample(seed=2)["flights"].to_pandas()
    assert (twin.groupby("plane").airline.nunique() > 1).mean() < 0.1
    for column, real in (("airline", airline), ("port", port)):
        assert sorted(twin.groupby(column).size()) == sorted(np.unique(real, return_counts=True)[1])
    pairs = twin.groupby(["airline", "port"]).size().sort_values()  # of 192, 32 come
    assert len(pairs) == 32
