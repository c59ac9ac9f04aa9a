"""Models in parts: each part its own law, drawn in its share, and nothing of one part in another."""

import numpy as np
import pyarrow as pa
import pytest

import rowsmith as rs
from rowsmith.core.errors import ModelFileError, SpecError
from rowsmith.core.rng import Key
from rowsmith.core.state import read_state, write_state
from rowsmith.engine.plan import TablePlan
from rowsmith.engine.run import batches
from rowsmith.learn.table import KIND, VERSION


def rows(n=2000, seed=0):
    """In the part "up" y rises with x, in the part "down" it falls; a key names every row."""
    rng = np.random.default_rng(seed)
    part = np.where(rng.random(n) < 0.25, "down", "up")
    x = rng.normal(size=n)
    y = np.where(part == "up", x, -x) + rng.normal(0, 0.1, n)
    return pa.table({"id": [f"R{i:06d}" for i in range(n)], "x": x, "y": y, "part": part}), part


@pytest.fixture(scope="module")
def parted():
    table, part = rows()
    return rs.fit(table, parts=part, seed=1)


def slope(table):
    return np.corrcoef(table["x"].to_numpy(), table["y"].to_numpy())[0, 1]


def test_each_part_has_its_law_and_its_share(parted):
    drawn = parted.sample(4000, seed=2)
    down = np.array(drawn["part"].to_pylist()) == "down"
    assert parted.parts == pytest.approx({"down": 0.25, "up": 0.75}, abs=0.03)
    assert abs(down.mean() - parted.parts["down"]) < 0.03
    assert slope(drawn.filter(pa.array(~down))) > 0.9
    assert slope(drawn.filter(pa.array(down))) < -0.9


def test_what_is_drawn_says_that_it_was_learnt_in_parts(parted):
    assert parted.provenance.settings["parts"] == "down, up"
    assert "parts" not in rs.fit(rows(200)[0]).provenance.settings


def test_rows_do_not_depend_on_the_workers(parted):
    plan = TablePlan("table", 1000, Key(6), chunk_rows=300)
    one, two = (pa.Table.from_batches(batches(plan, parted.table, workers=w)) for w in (1, 2))
    assert one.num_rows == 1000
    assert two.equals(one)


def test_keys_differ_over_all_parts(parted):
    drawn = parted.sample(4000, seed=3)
    assert len(set(drawn["id"].to_pylist())) == 4000


def test_a_part_can_be_left_out(parted):
    left = parted.without("down")
    assert left.parts == {"up": 1.0}
    assert set(left.sample(300)["part"].to_pylist()) == {"up"}
    with pytest.raises(SpecError, match="did you mean 'down'"):
        parted.without("dwon")
    with pytest.raises(SpecError, match="no other part"):
        parted.without("down", "up")
    with pytest.raises(SpecError, match="learnt as a whole"):
        rs.fit(rows(200)[0]).without("down")


def test_a_saved_model_draws_the_same(parted, tmp_path):
    parted.save(tmp_path / "m.rowsmith")
    assert rs.load(tmp_path / "m.rowsmith").sample(500, seed=4).equals(parted.sample(500, seed=4))
    table, part = rows()
    rs.fit(table, parts=part, seed=1, workers=3).save(tmp_path / "n.rowsmith")
    assert (tmp_path / "n.rowsmith").read_bytes() == (tmp_path / "m.rowsmith").read_bytes()


@pytest.mark.parametrize("spoil", [lambda p: p.clear(), lambda p: p[0].update(share=7.0), lambda p: p[0].pop("name")])
def test_a_damaged_model_is_refused(parted, tmp_path, spoil):
    path = tmp_path / "m.rowsmith"
    parted.save(path)
    state = read_state(path, kind=KIND, version=VERSION)
    spoil(state["table"]["fitted"]["parts"])
    write_state(path, state, kind=KIND, version=VERSION)
    with pytest.raises(ModelFileError, match="damaged"):
        rs.load(path)


def test_conditions_are_refused(parted):
    for options in ({"where": "x > 1"}, {"balance": "part"}, {"given": pa.table({"x": [0.5, 1.5]})}):
        with pytest.raises(SpecError, match="whole rows only"):
            parted.sample(**options)
    with pytest.raises(SpecError, match="whole rows only"):
        rs.impute(rows(50)[0], parted)


def test_a_drawn_key_comes_once_in_all_parts():
    rng = np.random.default_rng(0)
    every = rng.permutation(40 * 40)[:900]
    table = pa.table({"shelf": every // 40, "place": every % 40, "weight": rng.normal(size=900)})
    model = rs.fit(table, primary_key=("shelf", "place"), parts=np.where(every < 500, "low", "high"))
    drawn = model.sample(700, seed=1)
    assert len(set(zip(drawn["shelf"].to_pylist(), drawn["place"].to_pylist(), strict=True))) == 700


def test_a_part_of_few_rows_is_learnt_with_the_largest():
    table, part = rows(600)
    part = part.astype("<U5")
    part[:20] = "small"
    model = rs.fit(table, parts=part, learner="independent")
    assert list(model.parts) == ["down", "up"]
    assert sum(model.parts.values()) == pytest.approx(1.0)
    alone = rs.fit(table.slice(0, 50), parts=["a"] * 25 + ["b"] * 25)
    assert alone.parts == {"a": 1.0}
    assert "with too few rows for b;" in alone.parts_note
    assert alone.sample(10).num_rows == 10


def test_parts_of_another_length_are_refused():
    with pytest.raises(SpecError, match="expected one a row"):
        rs.fit(rows(200)[0], parts=["a", "b"])
