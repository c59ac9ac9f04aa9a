"""Tables that point to themselves, learnt and drawn."""

import numpy as np
import pyarrow as pa
from tests.engine._linked import PLAIN, key, rng, schema

import rowsmith as rs


def tree(n=90, seed=7):
    r = rng(seed)
    up = np.array([-1, *[int(r.integers(max(0, (i - 1) // 3 - 2), (i + 1) // 2)) for i in range(1, n)]])
    depth = np.zeros(n, dtype=int)
    for i in range(1, n):
        depth[i] = depth[up[i]] + 1
    return pa.table({
        "node": np.arange(1, n + 1),
        "above": pa.array(up + 1, mask=up < 0),
        "level": depth + 1,
        "weight": np.round(100 - 12.0 * depth + r.normal(0, 2, n), 1),
    })  # fmt: skip


def depths(table):
    up = dict(zip(table["node"].to_pylist(), table["above"].to_pylist(), strict=True))
    out = {}
    for node in up:
        way, here = [], node
        while here is not None:
            assert here not in way, "a loop"
            way.append(here)
            here = up[here]
        out[node] = len(way)
    return out


def test_a_hierarchy_has_its_depth_and_columns_that_follow_from_it():
    real = tree()
    s = schema(nodes=(["node"], [key("above", "nodes", "node")]))
    model = rs.fit({"nodes": real}, schema=s)
    twin = model.sample(rows={"nodes": 200}, seed=1)["nodes"]
    found = depths(twin)
    assert twin.num_rows == 200
    assert twin["above"].null_count == 1
    assert max(found.values()) == max(depths(real).values())
    assert twin["level"].to_pylist() == [found[node] for node in twin["node"].to_pylist()]
    mean = twin.to_pandas().groupby("level").weight.mean()
    assert (np.diff(mean) < 0).all()
    assert model.sample(rows={"nodes": 1})["nodes"].num_rows == 1


def test_a_loop_in_a_hierarchy_is_cut_and_said():
    real = tree().to_pandas()
    real.loc[0, "above"] = 5.0  # its own great-grandchild, or some such
    s = schema(nodes=(["node"], [key("above", "nodes", "node")]))
    model = rs.fit({"nodes": real}, schema=s, **PLAIN)
    assert any("close a loop" in note and note.startswith("warning: nodes(above)") for note in model.notes)
    depths(pa.Table.from_pandas(model.sample(seed=1)["nodes"].astype(object).where(lambda x: x.notna(), None)))


def test_rows_of_persons_that_also_point_to_each_other_stay_with_their_persons():
    """Some visits follow from another visit of the same patient: still each is a patient's, and few patients have few visits."""
    r, n = rng(0), 400
    whose = np.sort(r.integers(0, 120, n))
    before = np.append(False, whose[1:] == whose[:-1]) & (r.random(n) < 0.5)
    visits = pa.table(
        {
            "id": np.arange(n),
            "patient": whose,
            "after": pa.array(np.where(before, np.arange(n) - 1, 0), mask=~before),
            "pulse": np.round(60 + whose % 7 * 5 + r.normal(0, 2, n)),
        }
    )
    tables = {"patients": pa.table({"id": np.arange(120), "age": r.integers(1, 90, 120)}), "visits": visits}
    links = [key("patient", "patients", "id"), key("after", "visits", "id")]
    known = schema(patients=(["id"], []), visits=(["id"], links))
    model = rs.fit(tables, schema=known, seed=1)
    few = model.sample(rows={"patients": 12}, seed=1)
    assert 15 < few["visits"].num_rows < 90
    twin = model.sample(seed=1)["visits"].to_pandas()
    assert twin["after"].notna().sum() > 60
    spread = [t.groupby("patient")["pulse"].std().mean() / t["pulse"].std() for t in (visits.to_pandas(), twin)]
    assert abs(spread[0] - spread[1]) < 0.25
    assert twin["after"].dropna().isin(twin["id"]).all()
