"""Keys of several columns, and others that are learnt like any column, come once each."""

import datetime as dt

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import rowsmith as rs
from rowsmith.core.protocols import Rows
from rowsmith.core.rng import Key
from rowsmith.engine.distinct import _kept, _pairs, distinct
from rowsmith.engine.plan import TablePlan
from rowsmith.learn._distinct import Distinct

KEY = ["store", "day", "sku"]


def stock(n=420, seed=0, days=35, **more):
    """Sales of 6 stores, 35 days and 4 articles, each combination at most once; large stores sell more."""
    rng = np.random.default_rng(seed)
    every = np.stack(np.unravel_index(np.arange(6 * days * 4), (6, days, 4)))
    weight = 1.0 + every[0]
    store, day, sku = every[:, rng.choice(every.shape[1], n, replace=False, p=weight / weight.sum())]
    first = dt.date(2024, 3, 1)
    return pa.table(
        {
            "store": np.array(list("ABCDEF"))[store],
            "day": [first + dt.timedelta(int(d)) for d in day],
            "sku": [f"sku{s}" for s in sku],
            "qty": rng.poisson(2 + 3 * store),
            **more,
        }
    )


def different(table, key):
    return len(table.select(key).group_by(key).aggregate([])) == table.num_rows


@pytest.fixture(scope="module")
def model():
    return rs.fit(stock(), primary_key=KEY)


@pytest.mark.parametrize("n", [0, 1, 420, 600, 839, 840])
def test_no_combination_comes_twice_up_to_the_last_one(model, n):
    table = model.sample(n, seed=n)
    assert table.num_rows == n
    assert different(table, KEY)
    assert table.schema.equals(stock().schema)
    assert all(column.null_count == 0 for column in table.columns)
    for name in KEY:
        assert set(table[name].to_pylist()) <= set(stock()[name].to_pylist())


def test_the_other_columns_still_hang_on_the_key(model):
    real, twin = (t.to_pandas().groupby("store").qty.mean() for t in (stock(), model.sample(840)))
    assert (twin - real).abs().max() < 3.5  # of 2 to 17; the least store has 20 rows to learn from


def test_columns_of_the_key_keep_their_shares(model):
    real, twin = (t.to_pandas().store.value_counts(normalize=True) for t in (stock(), model.sample(420)))
    assert (twin - real).abs().max() < 0.04


def test_more_rows_than_combinations_are_refused_with_their_number(model):
    with pytest.raises(
        rs.SpecError, match=r"table\.primary_key \(store, day, sku\): 841 rows .* 840 combinations .*sku: 4"
    ):
        model.sample(841)
    with pytest.raises(rs.SpecError, match="840 combinations"):
        model.sample_to("nowhere.csv", 900)


def test_a_saved_model_draws_the_same(model, tmp_path):
    model.save(tmp_path / "m")
    assert rs.load(tmp_path / "m").sample(700, seed=3).equals(model.sample(700, seed=3))


def test_chunks_are_drawn_alone_in_any_order_and_repeat_nothing(model):
    plan = TablePlan("table", 830, Key(5).child("table"), chunk_rows=200)
    sampler = distinct(plan, model.table)
    parts = [sampler.sample(Rows(c.first_row, c.n_rows), c.key) for c in reversed(list(plan.chunks()))]
    whole = pa.Table.from_batches(parts[::-1])
    assert whole.num_rows == 830
    assert different(whole, KEY)
    again = distinct(plan, model.table, workers=2)
    for chunk, part in zip(list(plan.chunks())[::-1], parts, strict=True):
        assert again.sample(Rows(chunk.first_row, chunk.n_rows), chunk.key).equals(part)


def test_no_chunk_is_worse_off_than_another(model):
    plan = TablePlan("table", 420, Key(6).child("table"), chunk_rows=70)
    sampler = distinct(plan, model.table)
    assert isinstance(sampler, Distinct)
    repaired = [sum(len(r.at) for r in each.rounds) + len(each.at) for each in sampler.repairs.values()]
    # about a third of the rows come twice at first; were the first to come kept, the first chunk would have none
    assert len(repaired) == 6
    assert min(repaired) > 8


@given(
    stores=st.integers(1, 4),
    numbers=st.integers(1, 12),
    share=st.floats(0.3, 1),
    learner=st.sampled_from(["trees", "independent"]),
    nulls=st.booleans(),
    seed=st.integers(0, 99),
)
@settings(max_examples=30)
def test_any_part_of_any_few_combinations_is_drawn(stores, numbers, share, learner, nulls, seed):
    rng = np.random.default_rng(seed)
    store, number = rng.integers(0, stores, 60), rng.integers(0, numbers, 60) * 5
    mask = (rng.random(60) < 0.3) & (np.arange(60) > 0) if nulls else None
    table = pa.table({"s": pa.array([f"s{i}" for i in store], mask=mask), "n": number, "v": rng.normal(size=60)})
    columns = {"s": rs.Column(kind="category"), "n": rs.Column(kind="integer"), "v": rs.Column(kind="float")}
    schema = rs.Schema(tables={"t": rs.Table(columns=columns, primary_key=("s", "n"))})
    model = rs.fit(table, schema=schema, learner=learner)
    full = len(set(s for s in table["s"].to_pylist() if s)) * len(set(number.tolist()))
    twin = model.sample(max(1, int(full * share)))
    assert different(twin, ["s", "n"])
    assert twin["s"].null_count == 0
    assert set(twin["n"].to_pylist()) <= set(range(int(number.min()), int(number.max()) + 1, 5))


def test_days_on_which_nothing_was_sold_are_days_too():
    table = stock(300)
    some = table.filter(pc.not_equal(table["day"], pa.scalar(dt.date(2024, 3, 9))))
    twin = rs.fit(some, primary_key=KEY).sample(840)
    assert different(twin, KEY)
    assert len(set(twin["day"].to_pylist())) == 35


def test_what_is_looked_up_from_a_column_of_the_key_goes_with_it():
    table = stock(420)
    named = table.append_column("name", [[f"article {s[-1]}" for s in table["sku"].to_pylist()]])
    for key in (["store", "day", "sku", "name"], ["store", "day", "name"]):
        twin = rs.fit(named, primary_key=key).sample(840)
        assert different(twin, ["store", "day", "sku"])
        assert all(
            sku[-1] == name[-1] for sku, name in zip(*twin.select(["sku", "name"]).to_pydict().values(), strict=True)
        )


def test_rules_hold_besides():
    schema = rs.inspect(stock(), name="t", primary_key=KEY)
    ruled = rs.Table(columns=schema.only[1].columns, primary_key=tuple(KEY), rules={"sold": "qty > 1"})
    twin = rs.fit(stock(), schema=rs.Schema(tables={"t": ruled})).sample(700)
    assert different(twin, KEY)
    assert min(twin["qty"].to_pylist()) > 1


def test_keys_of_other_rows_stay_and_counted_ones_do_not_move():
    numbered = stock().append_column("row_id", [list(range(1, 421))])
    twin = rs.fit(numbered, primary_key=KEY).sample(840)
    assert different(twin, KEY)
    assert len(set(twin["row_id"].to_pylist())) == 840


def test_a_key_with_a_column_made_by_row_needs_no_more():
    numbered = stock().append_column("row_id", [list(range(1, 421))])
    model = rs.fit(numbered, primary_key=["row_id", "sku"])
    assert distinct(TablePlan("table", 5000, Key(1)), model.table) is model.table
    assert different(model.sample(5000), ["row_id", "sku"])
    assert model.key_note == ""


def test_one_column_of_levels_or_numbers_can_be_a_key():
    rng = np.random.default_rng(0)
    table = pa.table({"age": rng.integers(20, 80, 500), "z": rng.normal(size=500)})
    columns = {"age": rs.Column(kind="integer"), "z": rs.Column(kind="float")}
    model = rs.fit(table, schema=rs.Schema(tables={"t": rs.Table(columns=columns, primary_key=("age",))}))
    assert sorted(model.sample(60)["age"].to_pylist()) == list(range(20, 80))
    with pytest.raises(rs.SpecError, match=r"\(age\): 500 rows were asked for, .* 60 learnt values"):
        model.sample()


def test_keys_that_cannot_be_counted_end_with_a_sentence_too():
    rng = np.random.default_rng(0)
    table = pa.table({"c": [f"A{i}-X" for i in rng.integers(0, 10, 300)], "z": rng.normal(size=300)})
    columns = {"c": rs.Column(kind="code"), "z": rs.Column(kind="float")}
    schema = rs.Schema(tables={"t": rs.Table(columns=columns, primary_key=("c",))})
    assert different(rs.fit(table, schema=schema).sample(10), ["c"])
    with pytest.raises(rs.SpecError, match=r"t\.primary_key \(c\): of 50 rows, 40 got no key of their own"):
        rs.fit(table, schema=schema).sample(50)
    both = rs.Schema(tables={"t": rs.Table(columns=columns, primary_key=("c", "z"))})
    assert different(rs.fit(table, schema=both).sample(5000), ["c", "z"])


def test_skewed_columns_keep_their_law_where_rows_come_twice():
    rng = np.random.default_rng(0)
    pairs = np.unique(np.stack([rng.integers(0, 100, 5000), rng.geometric(0.03, 5000).clip(max=200)], axis=1), axis=0)
    table = pa.table({"a": pairs[:, 0], "b": pairs[:, 1], "v": rng.normal(size=len(pairs))})
    twin = rs.fit(table, primary_key=["a", "b"]).sample()
    assert different(twin, ["a", "b"])
    # left to chance, what is new lies where there was little before, and the mean grows by an eighth
    assert abs(np.mean(twin["b"]) / pairs[:, 1].mean() - 1) < 0.03


def test_what_replacements_are_like():
    assert [_kept(turn, 3) for turn in range(7)] == [[1, 2], [0, 2], [0, 1], [0], [1], [2], []]
    assert _kept(0, 1) == []
    old, new = np.array([[1, 1, 2, 3]], np.uint32), np.array([[3, 1, 4, 3]], np.uint32)
    which, chosen = _pairs(old, new)
    assert sorted(zip(which.tolist(), chosen.tolist(), strict=True)) == [(0, 1), (3, 0)]
    assert [part.tolist() for part in _pairs(old[:0], new[:0, :3])] == [[0, 1, 2], [0, 1, 2]]
