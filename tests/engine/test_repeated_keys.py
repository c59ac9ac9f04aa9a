"""Keys that a few rows repeat, by a slip or since they came twice: one note, and no hundreds of repeats."""

import dataclasses

import numpy as np
import pyarrow as pa
import pytest

import rowsmith as rs
from rowsmith.learn._repeated import without_repeats

SETTINGS = {"rounds": 8}
R = np.random.default_rng(0)
N = 500
CUSTOMERS = pa.table({"customer_id": np.arange(N) + 1001, "age": R.integers(18, 80, N)})
ORDERS = pa.table({"order_id": np.arange(2000), "customer_id": R.integers(1001, 1001 + N, 2000)})


def shop(again, age=0):
    """Orders, and customers some of whom come twice, the second time a bit older."""
    twice = CUSTOMERS.take(pa.array(np.arange(again)))
    older = twice.set_column(1, "age", pa.array(twice["age"].to_numpy() + age))
    return {"customers": pa.concat_tables([CUSTOMERS, older]), "orders": ORDERS}


@pytest.mark.parametrize(("age", "how"), [(0, "copies of whole rows"), (1, "with other values")])
@pytest.mark.parametrize("again", [1, 3])
def test_parents_that_come_twice_keep_their_links(again, age, how):
    data = shop(again, age)
    model = rs.fit(data, settings=SETTINGS)
    (said,) = [note for note in model.notes if "repeat the key" in note]
    assert said.startswith(f"warning: customers: {again} of {N + again} rows repeat the key (customer_id)")
    assert f"501{', 502, 503' * (again == 3)}; {how})" in said
    twin = model.sample(seed=1)
    keys = twin["customers"]["customer_id"].to_pylist()
    assert len(keys) == len(set(keys)) == N
    assert set(twin["orders"]["customer_id"].to_pylist()) <= set(keys)
    assert rs.fit(data, schema=rs.inspect(data), settings=SETTINGS).sample(seed=1)["orders"].equals(twin["orders"])


def test_the_first_row_of_a_key_is_learnt():
    twin = rs.fit(shop(5, age=500), settings=SETTINGS).sample(seed=1)
    assert max(twin["customers"]["age"].to_pylist()) < 100


def test_what_many_rows_repeat_is_no_key():
    found = rs.inspect(shop(40))
    assert not found.tables["orders"].foreign_keys
    with pytest.raises(rs.DataError, match="40 of 540 rows repeat the key of another one"):
        rs.fit(shop(40), primary_key=["customers.customer_id"])


def test_rows_of_a_child_are_no_parents():
    """Few customers have two orders: no key of the orders."""
    orders = pa.table({"customer_id": [*range(1001, 1001 + N), 1001, 1002], "total": R.normal(size=N + 2)})
    payments = pa.table({"payment_id": np.arange(900), "customer_id": R.integers(1001, 1001 + N, 900)})
    found = rs.inspect({"orders": orders, "payments": payments, "customers": CUSTOMERS})
    assert [str(k) for t in found.tables.values() for k in t.foreign_keys] == [
        "customer_id -> customers.customer_id"
    ] * 2


@pytest.mark.parametrize("n", [2000, 20_000])
def test_a_key_that_few_rows_repeat_is_repeated_as_often(n):
    keys = np.arange(2000) + 5001
    keys[[7, 8, 9, 50]] = 5001
    codes = np.array([f"A-{i:05d}" for i in R.permutation(2000)])
    codes[[17, 18]] = codes[0]
    model = rs.fit(pa.table({"order_id": keys, "code": codes, "x": R.normal(size=2000)}), settings=SETTINGS)
    assert "order_id (0.2 % of the rows), code (0.1 % of the rows)" in " ".join(model.notes)
    twin = model.sample(n, seed=1)
    for name, share in (("order_id", 0.002), ("code", 0.001)):
        repeated = 1 - len(set(twin[name].to_pylist())) / n
        assert share / 3 < repeated < share * 3
    assert twin.equals(model.sample(n, seed=1, workers=2))


def test_a_share_of_repeats_is_one():
    table = rs.Table(columns={"id": rs.Column(kind="identifier", type="int64", settings={"repeats": 2})})
    with pytest.raises(rs.SpecError, match="repeats=2: expected a share"):
        rs.fit(pa.table({"id": [1, 2, 2]}), schema=rs.Schema(tables={"table": table}))


def test_a_draft_takes_the_shape_of_keys_that_few_rows_repeat():
    codes = [f"A-{i:05d}" for i in R.permutation(2000)]
    codes[17] = codes[0]
    table = pa.table({"code": codes, "x": R.normal(size=2000)})
    assert 'code: {kind: id, start: 0, format: "A-{:05d}"}' in rs.draft(table)


@pytest.mark.parametrize("way", ["primary key", "pointed to"])
def test_a_key_that_is_declared_after_a_look_repeats_no_value(way):
    """What `inspect` took for a column that repeats is said to be a key in the schema that it wrote."""
    plates = np.array([f"K-{i:05d}" for i in R.permutation(2000)])
    plates[:15] = plates[15:30]
    cars = pa.table({"car_id": np.arange(2000), "plate_no": plates, "x": R.normal(size=2000)})
    trips = pa.table({"trip_id": np.arange(900), "plate_no": plates[R.integers(30, 2000, 900)]})
    seen = rs.inspect(cars).only[1]
    assert seen.columns["plate_no"].settings["repeats"] > 0
    if way == "primary key":
        known = rs.Schema(tables={"cars": dataclasses.replace(seen, primary_key=("plate_no",))})
        twin = rs.fit(cars, schema=known, settings=SETTINGS).sample(2000, seed=1)
    else:
        link = rs.ForeignKey(columns=("plate_no",), table="cars", targets=("plate_no",))
        known = rs.Schema(
            tables={
                "cars": dataclasses.replace(seen, primary_key=("car_id",)),
                "trips": dataclasses.replace(rs.inspect(trips).only[1], foreign_keys=(link,)),
            }
        )
        twin = rs.fit({"cars": cars, "trips": trips}, schema=known, settings=SETTINGS).sample(seed=1)["cars"]
    assert len(set(twin["plate_no"].to_pylist())) == twin.num_rows


def keyed(columns, keys):
    """A table's rows that are left out, and what is said of them, where several keys of it are pointed to."""
    links = tuple(rs.ForeignKey(columns=(key,), table="cars", targets=(key,)) for key in keys)
    kinds = {name: rs.Column(kind="identifier", type=str(values.type)) for name, values in columns.items()}
    cars = rs.Table(columns=kinds, primary_key=(keys[0],))
    schema = rs.Schema(tables={"cars": cars, "trips": rs.Table(columns=kinds, foreign_keys=links)})
    table = pa.table(columns)
    out, notes = without_repeats(schema, {"cars": table, "trips": table})
    return out["cars"][keys[0]].to_pylist(), notes


def test_rows_that_repeat_a_second_key_are_told_by_their_numbers_and_with_the_links_that_are_lost():
    ids, plates = np.arange(500), np.array([f"K-{i:05d}" for i in range(500)])
    ids[10], plates[400] = ids[9], plates[3]
    left, notes = keyed({"car_id": pa.array(ids), "plate": pa.array(plates)}, ["car_id", "plate"])
    assert len(left) == 498
    assert "(car_id) of a row before them (row 11; with other values)" in notes[0]
    assert "Links to them by (plate) lead nowhere then." in notes[0]
    assert "(plate) of a row before them (row 401; with other values)" in notes[1]
    assert "Links to them by (car_id) lead nowhere then." in notes[1]


def test_copies_of_whole_rows_lose_no_links_and_are_those_of_rows_that_repeat_the_key():
    ids, plates = np.arange(500), np.array([f"K-{i:05d}" for i in range(500)])
    ids[10], plates[10] = ids[9], plates[9]
    whole = {"car_id": pa.array(ids), "plate": pa.array(plates)}
    _, notes = keyed(whole, ["car_id", "plate"])
    assert all("(row 11; copies of whole rows)" in note and "nowhere" not in note for note in notes)
    gone = np.isin(np.arange(500), [20, 21])  # rows without a key that are alike are copies, and repeat none
    ids[10], plates[10] = 10, "K-00010"
    ids[400] = ids[3]
    _, notes = keyed({"car_id": pa.array(ids, mask=gone), "plate": pa.array(plates, mask=gone)}, ["car_id"])
    assert ["(row 401; with other values)" in note for note in notes] == [True]
