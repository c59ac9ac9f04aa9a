"""Rules that a table shows: those that were put there are found, and none that were not."""

import datetime as dt
from decimal import Decimal

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pytest

import rowsmith as rs
from rowsmith.core import sql

N = 600


def shop(n=N, seed=0):
    """Orders with a total, times in order, a return that only returned orders have; and columns that have nothing to do with it."""
    r = np.random.default_rng(seed)
    price, pieces = np.round(r.gamma(3, 9, n) + 1, 2), r.integers(1, 30, n)
    fee, tax = np.round(r.gamma(1, 3, n), 2), np.round(r.gamma(2, 3, n), 2)
    placed = 1_700_000_000 + r.integers(0, 10**7, n)
    sent = placed + 60 * r.integers(0, 4 * 1440, n)
    came = sent + 60 * r.integers(0, 90 * 1440, n)
    state = r.choice(["kept", "returned", "lost"], n)
    none = state != "returned"
    return {
        "Order Id": pa.array(np.arange(n)),
        "price": pa.array(price),
        "pieces": pa.array(pieces),
        "goods": pa.array(np.round(price * pieces, 2)),
        "fee": pa.array(fee),
        "tax": pa.array(tax),
        "Total": pa.array(np.round(np.round(price * pieces, 2) + fee + tax, 2)),
        "placed": pa.array(placed).cast(pa.timestamp("s")),
        "sent": pa.array(sent).cast(pa.timestamp("s")),
        "came": pa.array(came).cast(pa.timestamp("s")),
        "days": pa.array((came - sent) // 86_400),
        "state": pa.array(state),
        "reason": pa.array(r.choice(["broken", "late"], n), mask=none),
        "refund": pa.array(np.round(r.gamma(2, 9, n), 2), mask=none),
        "order": pa.array(r.integers(0, 99, n)),
        "noise": pa.array(r.normal(size=n)),
        "count": pa.array(r.poisson(20, n)),
        "other": pa.array(r.poisson(20, n)),
    }


RULES = {
    "goods = round(price * pieces, 2)",
    '"Total" = round(goods + fee + tax, 2)',
    "days = floor(epoch(came - sent) / 86400)",
    "placed <= sent",
    "sent <= came",
    "(reason is null) = (cast(state as varchar) in ('kept', 'lost'))",
    "(refund is null) = (cast(state as varchar) in ('kept', 'lost'))",
}


def inspected(rows, key="Order Id"):
    return rs.inspect(pa.table(rows), name="t", primary_key=key).only[1]


@pytest.mark.parametrize("seed", range(3))
def test_rules_that_are_there_are_found_and_no_others(seed):
    found = inspected(shop(seed=seed))
    assert set(found.rules.values()) == RULES
    assert not found.proposed


@pytest.mark.parametrize("seed", range(5))
def test_columns_that_have_nothing_to_do_with_each_other_show_no_rule(seed):
    r = np.random.default_rng(seed)
    rows = {f"n{i}": pa.array(r.integers(0, 10 ** (1 + i % 4), N)) for i in range(12)}
    rows |= {f"f{i}": pa.array(np.round(r.gamma(2, 5, N), i % 3)) for i in range(12)}
    rows |= {f"d{i}": pa.array(r.integers(0, 20_000, N), pa.int32()).cast(pa.date32()) for i in range(4)}
    rows |= {f"c{i}": pa.array(r.choice(["x", "y", "z"], N), mask=r.random(N) < 0.1 * i) for i in range(4)}
    found = inspected(rows, ())
    assert found.rules == {}
    assert found.proposed == {}


def test_a_rule_that_a_few_rows_break_is_only_proposed():
    rows = shop()
    swapped = np.arange(N) % 100 == 7
    rows["sent"], rows["came"] = (
        pc.if_else(pa.array(swapped), rows[b], rows[a]) for a, b in (("sent", "came"), ("came", "sent"))
    )
    found = inspected(rows)
    assert "sent <= came" not in found.rules.values()
    entry = found.proposed["sent before came"]
    assert (entry["sql"], entry["rows"], entry["broken"]) == ("sent <= came", N, 6)
    assert entry["example"] == 8
    again = rs.Schema.from_yaml(rs.Schema(tables={"t": found}).to_yaml())
    assert again.only[1] == found


def test_what_is_found_holds_in_what_is_drawn():
    rows = shop()
    twin = rs.fit(pa.table(rows), primary_key="Order Id", seed=2).sample(3000, seed=3)
    for rule in RULES:
        assert sql.truth(rule, twin, "rule").all(), rule
    for name in ("reason", "came"):
        assert abs(twin[name].null_count / 3000 - rows[name].null_count / N) < 0.06


@pytest.mark.parametrize(
    "rows",
    [
        {},
        {"a": pa.array([], pa.int64())},
        {"a": pa.array([1, 2]), "b": pa.array([2, 4])},
        {"a": pa.nulls(50, pa.float64()), "b": pa.nulls(50)},
        {"a": pa.array([float("nan"), float("inf")] * 40), "b": pa.array([1e300, -1e300] * 40)},
        {"d": pa.array([dt.date(9999, 12, 31), dt.date(1, 1, 1)] * 40), "e": pa.array([dt.date(2024, 1, 1)] * 80)},
        {"m": pa.array([Decimal("1.10"), None] * 40), "k": pa.array([[1], []] * 40), "t": pa.array(["x"] * 80)},
    ],
)
def test_odd_tables_show_nothing_and_are_no_fault(rows):
    if rows:
        assert inspected(rows, ()).rules == {}


def test_equal_columns_and_weekdays_of_a_hundred_columns_are_looked_through_quickly():
    r = np.random.default_rng(4)
    rows = {f"x{i}": pa.array(np.round(r.normal(50, 9, N), 2)) for i in range(120)}
    rows["copy"] = rows["x7"]
    assert set(inspected(rows, ()).rules.values()) == {"copy = x7"}


A, B = (np.random.default_rng(seed).integers(0, 5000, N) for seed in (1, 2))
R = np.random.default_rng(3)
MONTHS = (np.datetime64("2024-01-01") + R.integers(0, 700, N)).astype("datetime64[M]")


@pytest.mark.parametrize(
    ("rows", "rules"),
    [
        ({"t": np.datetime64("2024-01-01", "ns") + R.integers(0, 10**16, N).astype("m8[ns]")}, set()),
        ({"current_balance": A, "moved": B, "new": A + B}, {"new = current_balance + moved"}),
        ({"": A, "b": B, "t": A + B}, {"b <= t"}),
        ({"a.b": A, "b": B, "t": A + B}, {'t = "a.b" + b'}),
        ({"true": A, "b": B, "t": A + B}, None),
        ({"t1": 1.7e12 + R.integers(0, 500, N), "t2": 1.7e12 + R.integers(0, 500, N), "z": R.normal(size=N)}, set()),
        ({"c0": R.gamma(2, 4e-11, N), "c1": R.gamma(2, 4e-11, N), "z": R.normal(20, 2, N)}, set()),
        ({f"p{i}": 8.1e9 + R.integers(0, 7, N) + R.integers(0, 2, N) * 0.5 for i in range(3)}, set()),
        ({f"v{i}": R.random(N) * 1e-9 for i in range(4)}, set()),
        (
            {"a": A.astype(np.uint16) % 200, "b": B.astype(np.uint8), "t": (A % 200 + B % 256).astype(np.uint16)},
            {"t = a + b"},
        ),
        (
            {
                "used": MONTHS.astype("datetime64[D]") + R.integers(0, 27, N),
                "due": (MONTHS + 1).astype("datetime64[D]"),
            },
            set(),
        ),
    ],
    ids=["ns", "clocks", "no name", "dots", "words", "large", "tiny", "alike", "tiny too", "narrow", "first of months"],
)
def test_tables_that_were_taken_wrongly(rows, rules):
    table = pa.table(rows)
    if rules is not None:
        assert set(inspected(rows, ()).rules.values()) == rules
    twin = rs.fit(table, settings={"rounds": 5}).sample(2000)
    assert twin.num_rows == 2000
    if "due" in rows:
        assert {day.day for day in twin["due"].to_pylist()} == {1}


def test_two_formulas_of_one_column_hold_both():
    pieces, price = R.integers(1, 20, N), R.integers(2, 100, N)
    gross = pieces * price
    vat = (gross * 0.15).astype(int)
    rows = {"pieces": pieces, "price": price, "net": gross - vat, "vat": vat, "gross": gross}
    twin = rs.fit(pa.table(rows), settings={"rounds": 5}).sample(2000)
    assert sql.truth("gross = pieces * price and gross = net + vat", twin, "rules").all()


def test_sums_of_fractions_are_printed_as_they_were():
    x, y = np.round(R.gamma(2, 30, N), 2), np.round(R.gamma(2, 5, N), 2)
    twin = rs.fit(pa.table({"net": x, "vat": y, "gross": np.round(x + y, 2)}), settings={"rounds": 5}).sample(2000)
    gross = twin["gross"].to_numpy()
    assert np.array_equal(np.round(gross, 2), gross)
    assert np.allclose(gross, twin["net"].to_numpy() + twin["vat"].to_numpy(), rtol=0, atol=1e-9)


def test_a_formula_that_few_rows_break_is_broken_in_as_few_of_the_twin():
    a, b, n = R.integers(0, 500, 5000), R.integers(0, 500, 5000), np.arange(5000)
    c = np.where(n % 500 == 0, 7, a + b)
    rows = {"a": a, "b": b, "c": c, "d": np.where(n % 500 == 1, c + 1, c)}  # d differs most where it is wrong
    table = pa.table(rows)
    assert {p["sql"] for p in inspected(rows, ()).proposed.values()} == {"c = a + b", "d = c"}
    twin = rs.fit(table, settings={"rounds": 5}).sample(5000, seed=3)
    drawn = {name: twin[name].to_numpy() for name in rows}
    assert 1 <= np.sum(drawn["c"] != drawn["a"] + drawn["b"]) <= 30
    assert 1 <= np.sum(drawn["d"] != drawn["c"]) <= 30


def orderly(n=1000, seed=5):
    """Numbers in order: trips, prices of days, goods that are sold for less, temperatures; and numbers of no order."""
    r = np.random.default_rng(seed)
    start = r.integers(0, 200_000, n)
    price = np.round(r.lognormal(4, 0.6, n), 2)
    close = np.round(price * r.lognormal(0, 0.02, n), 2)
    listed = r.choice([19.99, 29.99, 49.99, 99.99], n)
    limit = r.choice([500, 1000, 5000], n)
    return {
        "start": pa.array(start),
        "end": pa.array(start + 1 + r.gamma(1.2, 60, n).astype(int)),
        "open": pa.array(price),
        "close": pa.array(close),
        "high": pa.array(np.round(np.maximum(price, close) * np.exp(np.abs(r.normal(0, 0.01, n))), 2)),
        "listed": pa.array(listed),
        "paid": pa.array(np.round(listed * np.where(r.random(n) < 0.5, 1, 1 - 0.4 * r.random(n)), 2)),
        "limit": pa.array(limit),
        "used": pa.array(np.round(limit * r.beta(1, 3, n), 2)),
        "age": pa.array(r.integers(18, 65, n)),
        "salary": pa.array(r.integers(20_000, 90_000, n)),
    }


ORDERS = {'start <= "end"', "open <= high", "close <= high", "paid <= listed", 'used <= "limit"'}


@pytest.mark.parametrize("decimal", [False, True])
def test_orders_of_numbers_hold_in_every_row_that_is_drawn(decimal):
    rows = orderly()
    if decimal:
        rows = {n: v.cast(pa.decimal128(12, 2)) if pa.types.is_floating(v.type) else v for n, v in rows.items()}
    assert set(inspected(rows, ()).rules.values()) == ORDERS
    model = rs.fit(pa.table(rows), seed=1)
    twin = model.sample(2000, seed=2)
    for rule in ORDERS:
        assert sql.truth(rule, twin, "rule").all(), rule
    # lists stay lists, and distances are like the real ones
    assert set(twin["listed"].to_pylist()) == set(rows["listed"].to_pylist())
    assert set(twin["limit"].to_pylist()) == {500, 1000, 5000}
    away, real = (np.median(pc.subtract(t["end"], t["start"]).to_numpy()) for t in (twin, pa.table(rows)))
    assert abs(away - real) < 0.15 * real


def test_an_order_of_numbers_with_a_mistake_is_proposed_and_one_that_many_break_is_none():
    rows = orderly(3000)
    start, end = (rows[n].to_numpy().copy() for n in ("start", "end"))
    start[7], end[7] = end[7], start[7]
    rows |= {"start": start, "end": end, "paid": np.where(np.arange(3000) % 150 == 9, 120.0, rows["paid"])}
    found = inspected(rows, ())
    assert (found.proposed["start at most end"]["broken"], found.proposed["start at most end"]["example"]) == (1, 8)
    assert "paid at most listed" not in {**found.proposed, **found.rules}


@pytest.mark.parametrize("way", ["filled in", "given"])
def test_where_a_trip_began_follows_from_where_it_ended(way):
    rows = pa.table(orderly(2000))
    model, n = rs.fit(rows, seed=1), 300
    if way == "given":
        made = model.sample(n, given=pa.table({"end": rows["end"][:n], "high": rows["high"][:n]}), seed=3)
    else:
        gone = pa.array([True] * n + [False] * 1700)
        holes = {name: pc.if_else(gone, pa.scalar(None, rows[name].type), rows[name]) for name in ("start", "open")}
        made = rs.impute(
            pa.table({**dict(zip(rows.column_names, rows.columns, strict=True)), **holes}), model, seed=3
        ).frame
    made, real = made.slice(0, n), rows.slice(0, n)
    assert made["end"].to_pylist() == real["end"].to_pylist()
    assert sql.truth('start <= "end" and open <= high', made, "rule").mean() > 0.99
    for low, high in (("start", "end"), ("open", "high")):
        away, known = (np.median(pc.subtract(t[high], t[low]).to_numpy()) for t in (made, real))
        assert 0.6 * known < away < 1.7 * known


def test_a_part_of_a_sum_that_is_missing_counts_as_nothing():
    rng = np.random.default_rng(5)
    gross = rng.integers(1000, 9000, 900) / 10
    bonus = [None if rng.random() < 0.7 else x / 10 for x in rng.integers(100, 900, 900)]
    total = [round(a + (b or 0), 1) for a, b in zip(gross, bonus, strict=True)]
    rows = pa.table({"gross": gross, "bonus": bonus, "total": total})
    assert "coalesce(bonus, 0)" in rs.inspect(rows).only[1].rules["total computed"]
    twin = rs.fit(rows).sample(500).to_pandas()
    assert 0.6 < twin["bonus"].isna().mean() < 0.8
    assert np.abs(twin["gross"] + twin["bonus"].fillna(0) - twin["total"]).max() < 0.0501


def test_a_level_that_never_has_a_value_never_has_one_in_a_twin():
    rng = np.random.default_rng(6)
    sex = rng.choice(["f", "m"], 600)
    pregnant = [None if s == "m" or rng.random() < 0.3 else str(rng.choice(["yes", "no"])) for s in sex]
    ward = rng.choice(["a", "b", "c"], 600)
    rows = pa.table({"sex": sex, "ward": ward, "pregnant": pregnant})
    rules = rs.inspect(rows).only[1].rules
    assert list(rules) == ["pregnant missing"]
    assert rules["pregnant missing"].startswith("pregnant is null or not")
    twin = rs.fit(rows).sample(2000).to_pandas()
    assert twin["pregnant"][twin["sex"] == "m"].isna().all()
    assert 0.2 < twin["pregnant"][twin["sex"] == "f"].isna().mean() < 0.4


def test_few_rows_of_a_level_do_not_say_that_it_never_has_a_value():
    rng = np.random.default_rng(7)
    ward = np.array(["a"] * 590 + ["b"] * 10)
    x = [None if w == "b" or rng.random() < 0.6 else 1.5 for w in ward]
    assert "x missing" not in rs.inspect(pa.table({"ward": ward, "x": x})).only[1].rules


def test_levels_of_few_rows_are_not_named_by_a_rule():
    state = np.array(["void"] * 40 + ["Jones case"] + ["open"] * 300)
    paid = [None if s != "open" else 1.5 for s in state]
    rules = rs.inspect(pa.table({"state": state, "paid": paid})).only[1].rules
    assert "'void'" in rules["paid missing"]
    assert "Jones" not in rules["paid missing"]
