"""Hierarchies: who is at the top leads, and those below do not, though few rows show it."""

import numpy as np
import pyarrow as pa
import pytest
from tests.engine._linked import key, schema

import rowsmith as rs


def staff(seed, n):
    """Heads, who lead leads, who lead the others, in rooms of which each has a light and a zone of its own."""
    rng = np.random.default_rng(seed)
    boss = np.r_[np.full(6, -1), rng.integers(0, 6, 24), rng.integers(6, 30, n - 30)]
    room = rng.integers(0, 12, n)
    return {
        "rooms": pa.table({"room": np.arange(12), "floor": np.arange(12) % 3}),
        "staff": pa.table({
            "id": np.arange(n),
            "boss": pa.array(boss, mask=boss < 0),
            "room": room,
            "role": np.r_[["head"] * 6, ["lead"] * 24, rng.choice(["clerk", "guard"], n - 30)],
            "zone": np.array(list("abcd"))[room % 4],
            "light": room * 10 + rng.integers(0, 5, n),
        }),
    }  # fmt: skip


@pytest.mark.parametrize(("seed", "n"), [(0, 180), (1, 180), (0, 500)])
def test_who_leads_whom_is_as_in_the_real_one(seed, n, tmp_path):
    keys = {"rooms": (["room"], []), "staff": (["id"], [key("boss", "staff", "id"), key("room", "rooms", "room")])}
    model = rs.fit(staff(seed, n), schema=schema(**keys))
    twin = model.sample(seed=1)["staff"]
    roles = dict(zip(twin["id"].to_pylist(), twin["role"].to_pylist(), strict=True))
    pairs = [(roles.get(b), r) for b, r in zip(twin["boss"].to_pylist(), twin["role"].to_pylist(), strict=True)]
    good = {(None, "head"), ("head", "lead"), ("lead", "clerk"), ("lead", "guard")}
    assert np.mean([pair in good for pair in pairs]) > 0.9
    model.save(tmp_path / "staff.rowsmith")
    assert rs.load(tmp_path / "staff.rowsmith").sample(seed=1)["staff"].equals(twin)


def test_a_number_that_is_the_same_at_the_top_and_hangs_on_the_depth_is_what_it_was():
    rng = np.random.default_rng(0)
    n = 200
    boss = np.r_[np.full(6, -1), rng.integers(0, 6, 24), rng.integers(6, 30, n - 30)]
    grade = np.r_[np.full(6, 9), np.full(24, 5), rng.integers(1, 4, n - 30)]
    real = pa.table({"id": np.arange(n), "boss": pa.array(boss, mask=boss < 0), "grade": grade})
    twin = rs.fit({"staff": real}, schema=schema(staff=(["id"], [key("boss", "staff", "id")]))).sample(seed=1)["staff"]
    grades = np.array(twin["grade"])
    assert (grades[np.array(twin["boss"].is_null())] == 9).all()
    assert (np.sort(grades)[-30:] == np.r_[np.full(24, 5), np.full(6, 9)]).all()
    assert set(grades[np.argsort(grades)[:-30]].tolist()) == {1, 2, 3}
