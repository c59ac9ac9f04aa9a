"""Baskets are learnt and drawn: what every drawn basket keeps, and what stands at the border."""

import itertools
import json
import zipfile

import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pytest
from tests.engine._baskets import ITEMS, baskets_of, orders, returns, share, shopping

import rowsmith as rs
from rowsmith.engine.basket import BasketModel


@pytest.fixture(scope="module")
def lines():
    return shopping()


@pytest.fixture(scope="module")
def fitted(lines):
    return rs.fit(lines, basket="receipt", item="item", seed=1)


@pytest.fixture(scope="module")
def twin(fitted):
    return fitted.sample(3000, seed=2)


@pytest.fixture(scope="module")
def customers():
    return rs.fit(orders(), basket="order", item="item", entity="customer", time="day", seed=1)


def test_a_basket_has_an_id_of_its_own_and_no_item_twice(lines, fitted, twin):
    assert twin.schema.equals(lines.schema)
    drawn = baskets_of(twin, "receipt", "item")
    assert len(drawn) == 3000
    assert all(len(set(own)) == len(own) for own in drawn.values())
    assert all(len(b) == len("R-00000") and b.startswith("R-") for b in drawn)
    assert fitted.n_baskets == 1500


def test_sizes_and_items_are_as_often(lines, twin):
    real, drawn = baskets_of(lines, "receipt", "item"), baskets_of(twin, "receipt", "item")
    sizes = [np.array([len(own) for own in each.values()]) for each in (real, drawn)]
    assert all(abs((sizes[0] == k).mean() - (sizes[1] == k).mean()) < 0.05 for k in range(1, 8))
    assert all(abs(share(real, i) - share(drawn, i)) < 0.04 for i in ITEMS)


@pytest.mark.parametrize("model", ["maxent", "chain"])
def test_what_goes_together_does_and_what_keeps_apart_does(lines, model):
    twin = rs.fit(lines, basket="receipt", item="item", settings={"model": model}).sample(3000, seed=2)
    real, drawn = baskets_of(lines, "receipt", "item"), baskets_of(twin, "receipt", "item")
    assert abs(share(real, ITEMS[1], ITEMS[2]) - share(drawn, ITEMS[1], ITEMS[2])) < 0.03
    assert share(real, ITEMS[0], ITEMS[3]) == 0
    assert share(drawn, ITEMS[0], ITEMS[3]) < 0.01
    assert len({len(own) for own in drawn.values()}) > 3


def test_what_a_basket_says_tells_of_its_items(lines, twin):
    for table in (lines, twin):
        days = dict(zip(table["receipt"].to_pylist(), table["day"].to_pylist(), strict=True))
        drawn = baskets_of(table, "receipt", "item")
        on = [share({b: own for b, own in drawn.items() if days[b] == day}, ITEMS[9]) for day in ("SatSun", "week")]
        assert on[0] - on[1] > 0.3


def test_prices_hang_on_the_item_quantities_too_and_totals_are_right(lines, twin):
    real, drawn = (t.to_pandas() for t in (lines, twin))
    usual = real.groupby("item")["price"].agg(["min", "max"])
    known = drawn.join(usual, on="item")
    inside = (known["price"] >= known["min"] - 0.011) & (known["price"] <= known["max"] + 0.011)
    assert inside.mean() > 0.97
    assert np.allclose((drawn["quantity"] * drawn["price"]).round(2), drawn["total"])
    many = drawn.groupby("item")["quantity"].mean()
    assert many[ITEMS[5]] > many[ITEMS[0]] + 1


@pytest.mark.parametrize("model", ["maxent", "chain"])
def test_the_same_seed_gives_the_same_rows_on_any_number_of_workers_and_after_saving(lines, model, tmp_path):
    fitted = rs.fit(lines, basket="receipt", item="item", settings={"model": model})
    first = fitted.sample(400, seed=9)
    fitted.save(tmp_path / "m.rowsmith")
    again = rs.load(tmp_path / "m.rowsmith")
    assert isinstance(again, BasketModel)
    assert again.settings["model"] == model
    assert again.sample(400, seed=9, workers=2).equals(first)
    assert not again.sample(400, seed=10).equals(first)
    assert (
        rs.fit(lines, basket="receipt", item="item", settings={"model": model}, workers=2)
        .sample(400, seed=9)
        .equals(first)
    )


def test_chunks_of_baskets_are_the_same_for_any_number_of_workers(fitted, tmp_path):
    for workers in (1, 2):
        fitted.sample_to(tmp_path / f"{workers}.csv", 25_000, workers=workers)
    assert (tmp_path / "1.csv").read_bytes() == (tmp_path / "2.csv").read_bytes()


def test_rows_in_any_order_make_the_same_baskets(lines, fitted):
    mixed = lines.take(pa.array(np.random.default_rng(0).permutation(lines.num_rows)))
    twin = rs.fit(mixed, basket="receipt", item="item").sample()
    receipts = twin["receipt"].to_pylist()
    assert len(set(receipts)) == 1500
    assert 1 + sum(a != b for a, b in itertools.pairwise(receipts)) == 1500


def test_customers_are_new_and_take_the_same_again(customers):
    real = orders()
    twin = customers.sample(entities=400, seed=3)
    assert twin.schema.equals(real.schema)
    assert len(set(twin["customer"].to_pylist())) == 400
    assert abs(returns(twin) - returns(real)) < 0.08
    assert returns(real) > 0.6
    per = [len(set(t["order"].to_pylist())) / len(set(t["customer"].to_pylist())) for t in (real, twin)]
    assert 0.75 < per[1] / per[0] < 1.33
    of = dict(zip(twin["customer"].to_pylist(), twin["city"].to_pylist(), strict=True))
    assert all(of[c] == city for c, city in zip(twin["customer"].to_pylist(), twin["city"].to_pylist(), strict=True))


def test_days_of_a_customer_rise(customers):
    twin = customers.sample(entities=100, seed=5).to_pandas()
    one_day = twin.groupby("order")["day"].nunique()
    assert (one_day == 1).all()
    assert twin.groupby("customer")["day"].apply(lambda days: days.is_monotonic_increasing).all()


def test_without_a_time_baskets_of_a_customer_stand_in_their_order(tmp_path):
    table = orders(80).drop_columns("day")
    model = rs.fit(table, basket="order", item="item", entity="customer")
    model.save(tmp_path / "m.rowsmith")
    twin = rs.load(tmp_path / "m.rowsmith").sample(entities=60, workers=2)
    assert twin.equals(model.sample(entities=60))
    assert twin.column_names == table.column_names
    assert returns(twin) > 0.5


def test_items_of_too_few_baskets_are_not_kept_and_baskets_keep_their_size(lines):
    odd = lines.slice(0, 3).set_column(2, "item", pa.array(["secret a", "secret b", "secret b"]))
    odd = odd.set_column(0, "receipt", pa.array(["R-90001", "R-90002", "R-90003"]))
    model = rs.fit(pa.concat_tables([lines, odd]), basket="receipt", item="item")
    assert {(p.column, p.levels, p.rows) for p in model.table.protected} >= {("item", 2, 3)}
    assert "--public" in model.notes[0]
    assert model.n_baskets == 1503
    assert not {"secret a", "secret b"} & set(model.sample(2000)["item"].to_pylist())
    known = rs.fit(pa.concat_tables([lines, odd]), basket="receipt", item="item", public="item")
    assert "secret b" in set(known.sample(6000)["item"].to_pylist())


def test_an_item_that_is_listed_twice_is_listed_twice_as_often():
    rng = np.random.default_rng(0)
    rows = [
        (b, i)
        for b in range(400)
        for i in range(6)
        if rng.random() < 0.4
        for _ in range(1 + (i == 2 and rng.random() < 0.5))
    ]
    table = pa.table({"basket": [r[0] for r in rows], "item": [f"i{r[1]}" for r in rows], "line": range(len(rows))})
    twin = rs.fit(table, basket="basket", item="item").sample(1000)

    def listed(t):
        counts = t.to_pandas().groupby(["basket", "item"]).size().reset_index(name="n")
        return counts.groupby("item")["n"].mean()

    assert abs(listed(twin)["i2"] - listed(table)["i2"]) < 0.1
    assert (listed(twin).drop("i2") < 1.05).all()
    assert len(set(twin["line"].to_pylist())) == twin.num_rows


def test_lines_that_are_counted_are_counted():
    rows = [(b, k + 1, f"i{(b + k) % 7}") for b in range(300) for k in range(1 + b % 4)]
    table = pa.table({"b": [r[0] for r in rows], "line": [r[1] for r in rows], "item": [r[2] for r in rows]})
    twin = rs.fit(table, basket="b", item="item").sample(100)
    for own in baskets_of(twin, "b", "line").values():
        assert own == list(range(1, len(own) + 1))


@pytest.mark.parametrize(
    "table",
    [
        {"b": list(range(60)), "i": ["x", "y", "z"] * 20},
        {"b": [1] * 4, "i": ["x", "y", "z", "w"]},
        {"b": [1], "i": ["x"]},
        {"b": list(range(50)), "i": ["x"] * 50},
        {"b": list(range(150)), "i": [f"i{k}" for k in range(150)]},
        {"b": [k // 3 for k in range(90)], "i": [k % 30 for k in range(90)], "q": [1.5, None, 2.0] * 30},
    ],
    ids=["single items", "one basket", "one line", "one item", "all different", "nulls beside"],
)
def test_small_and_odd_tables_of_baskets(table):
    table = pa.table(table)
    twin = rs.fit(table, basket="b", item="i").sample(7)
    assert twin.schema.equals(table.schema)
    assert len(baskets_of(twin, "b", "i")) == 7


@pytest.mark.parametrize("convert", [pa.Table.to_pandas, pl.from_arrow], ids=["pandas", "polars"])
def test_the_same_kind_of_frame_comes_back(lines, convert):
    frame = convert(lines.slice(0, 600))
    twin = rs.fit(frame, basket="receipt", item="item").sample(50)
    assert type(twin) is type(frame)
    assert list(twin.dtypes) == list(frame.dtypes)


def test_categories_and_numbers_are_items_too(lines):
    frame = lines.slice(0, 900).select(["receipt", "item"]).to_pandas()
    frame["item"] = frame["item"].astype("category")
    twin = rs.fit(frame, basket="receipt", item="item").sample(60)
    assert isinstance(twin["item"].dtype, pd.CategoricalDtype)
    frame["item"] = frame["item"].cat.codes.astype("int64")
    assert set(rs.fit(frame, basket="receipt", item="item").sample(60)["item"]) <= set(frame["item"])


def test_none_are_drawn_where_none_are_asked_for(fitted, customers):
    assert fitted.sample(0).num_rows == 0
    assert customers.sample(entities=0).num_rows == 0


def test_rules_of_lines_and_of_baskets_hold(lines):
    schema = rs.inspect(lines, basket="receipt", item="item")
    name, table = schema.only
    ruled = rs.Schema(tables={name: type(table)(**{**vars(table), "rules": {"few": "quantity < 4 or price > 3"}})})
    kept = lines.filter(pa.compute.or_(pa.compute.less(lines["quantity"], 4), pa.compute.greater(lines["price"], 3)))
    twin = rs.fit(kept, schema=ruled).sample(500).to_pandas()
    assert ((twin["quantity"] < 4) | (twin["price"] > 3)).all()


def test_a_schema_says_that_rows_are_baskets(lines):
    schema = rs.inspect(lines, basket="receipt", item="item")
    again = rs.Schema.from_yaml(schema.to_yaml())
    assert again == schema
    assert again.only[1].basket.item == "item"
    assert again.only[1].columns["receipt"].kind == "identifier"
    assert isinstance(rs.fit(lines, schema=again), BasketModel)


def missing(table, name, rows):
    values = table[name].to_pylist()
    for row in rows:
        values[row] = None
    return table.set_column(table.column_names.index(name), name, pa.array(values, table[name].type))


@pytest.mark.parametrize(
    ("change", "options", "words"),
    [
        (lambda t: missing(t, "item", [4, 9]), {}, ["'item'", "missing in 2 of", "row 5"]),
        (lambda t: missing(t, "receipt", [0]), {}, ["'receipt'", "belongs to no basket"]),
        (lambda t: t, {"basket": "receit"}, ["basket.id", "'receit'", "did you mean 'receipt'"]),
        (lambda t: t, {"item": "product"}, ["basket.item", "'product'"]),
        (lambda t: t, {"item": None}, ["basket='receipt'", "--item"]),
        (lambda t: t, {"basket": None}, ["item='item'", "--basket"]),
        (lambda t: t, {"item": "receipt"}, ["twice"]),
        (lambda t: t, {"time": "day"}, ["time='day'", "--entity"]),
        (lambda t: t, {"primary_key": "receipt"}, ["primary_key"]),
        (lambda t: t.slice(0, 0), {}, ["0 rows"]),
        (lambda t: t, {"settings": {"model": "apriori"}}, ["model", "apriori", "maxent"]),
        (lambda t: t, {"entity": "day", "settings": {"model": "chain"}}, ["model='chain'", "maxent"]),
    ],
)
def test_what_is_wrong_is_said_in_one_sentence(lines, change, options, words):
    with pytest.raises(rs.RowsmithError) as fault:
        rs.fit(change(lines), **{"basket": "receipt", "item": "item", **options})
    assert all(word in str(fault.value) for word in words), str(fault.value)


def test_a_basket_of_two_times_is_told():
    table = orders(30)
    days = table["day"].to_pylist()
    days[1] = days[1].replace(year=2030)
    with pytest.raises(rs.DataError, match="changes within"):
        rs.fit(table.set_column(2, "day", pa.array(days)), basket="order", item="item", entity="customer", time="day")


@pytest.mark.parametrize("options", [{"baskets": -1}, {"baskets": 1.5}, {"workers": 0}, {"entities": 3}])
def test_what_cannot_be_drawn_is_refused(fitted, options):
    with pytest.raises(rs.SpecError, match=next(iter(options))):
        fitted.sample(**options)


def test_customers_are_asked_for_and_not_baskets(customers):
    with pytest.raises(rs.SpecError, match="--entities"):
        customers.sample(50)


def test_two_schemas_of_one_table_are_refused(lines):
    schema = rs.inspect(lines, basket="receipt", item="item")
    with pytest.raises(rs.SpecError, match="the schema says"):
        rs.fit(lines, schema=schema, basket="day", item="item")
    text = schema.to_yaml() + "    sequence: {time: quantity}\n"
    with pytest.raises(rs.SpecError, match="sequence and basket"):
        rs.Schema.from_yaml(text)


@pytest.mark.parametrize("part", ["codes", "law", "tellers"])
def test_a_damaged_model_is_told(fitted, tmp_path, part):
    path = tmp_path / "m.rowsmith"
    fitted.save(path)
    with zipfile.ZipFile(path) as archive:
        parts = {name: archive.read(name) for name in archive.namelist()}
    document = json.loads(parts["state.json"])
    table = document["state"]["table"]
    broken = {
        "codes": table["law"]["starts"],
        "law": {**table["law"], "partners": table["law"]["starts"]},
        "tellers": [],
    }
    table[part] = broken[part]
    with zipfile.ZipFile(path, "w") as archive:
        for name, content in (parts | {"state.json": json.dumps(document).encode()}).items():
            archive.writestr(name, content)
    with pytest.raises(rs.ModelFileError, match="damaged"):
        rs.load(path)


@pytest.mark.parametrize("known", [False, True], ids=["baskets", "customers"])
def test_each_item_stays_in_its_branch_and_baskets_of_one_customer_may_be_at_one_time(known):
    rng = np.random.default_rng(1)
    size = 1 + rng.poisson(3, 900)
    basket = np.repeat(np.arange(900), size)
    item = np.minimum(rng.zipf(1.4, len(basket)), 300)
    table = pd.DataFrame({"basket": basket, "item": item, "branch": item % 17, "group": item % 85}).drop_duplicates()
    table = table.astype({"item": str, "branch": str, "group": str})
    days = pd.Timestamp("2026-01-01") + pd.to_timedelta(table["basket"] // 300, "D")
    table = table.assign(customer=table["basket"] % 150, day=days) if known else table
    assert (table["item"].value_counts() < 5).any()
    whose = {"entity": "customer", "time": "day"} if known else {}
    twin = rs.fit(table, basket="basket", item="item", **whose).sample()
    both = twin.merge(table.drop_duplicates("item"), on="item", suffixes=("", "_real"))
    assert len(both) == len(twin)
    assert (both["branch"] == both["branch_real"]).all()
    assert (both["group"] == both["group_real"]).all()


def test_basket_and_item_the_wrong_way_round_are_told():
    rng = np.random.default_rng(0)
    rows = pa.table({"receipt": np.repeat(np.arange(60), 5), "item": np.tile(rng.permutation(20)[:5], 60)})
    notes = [
        rs.fit(rows, **{"basket": a, "item": b, "public": [b]}).notes
        for a, b in (("item", "receipt"), ("receipt", "item"))
    ]
    (note,) = [n for n in notes[0] if "wrong way" in n]
    assert (
        note
        == "note: there are more items (60) than baskets (5); if the columns are the wrong way round, say --basket receipt --item item."
    )
    assert not [n for n in notes[1] if "wrong way" in n]
