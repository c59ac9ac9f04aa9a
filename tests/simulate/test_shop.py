"""The facts by which a shop's data is known to be real: 80/20, stock-outs and lead times, queues as theory has them."""

import numpy as np
import pyarrow.compute as pc
import pytest
from tests.simulate._facts import FAR, check_few, check_many
from tests.simulate.test_call_centre import erlang_c

from rowsmith.core.errors import SpecError
from rowsmith.core.rng import Key
from rowsmith.engine.simulate import simulate
from rowsmith.simulate.shop import Shop

EVEN = {
    "stores": 1, "opens": 0.0, "closes": 24.0, "rush": 0.0, "till": "exponential", "customers": 5000, "uneven": 0.5,
    "products": 24, "sorts": 6,
    "days": 300, "cover": 30.0, "lead_time": 1.0, "tills": 3, "till_time": 2.5, "warm_up": 20,
}  # fmt: skip


def visits(seed, **settings):
    parts = [e["visits"] for e in Shop(**settings).run(Key(seed))]
    return {name: np.concatenate([np.asarray(p[name]) for p in parts]) for name in parts[0]}


def facts(seed):
    out = {}
    # where visits come evenly and times are exponential, the tills are M/M/c
    found = visits(seed, **EVEN)
    queued = found["items"] > 0
    waited = found["waited"][queued]
    rate = queued.sum() / (EVEN["days"] * 1440)
    work = rate * EVEN["till_time"]
    assert 0.5 < work / EVEN["tills"] < 0.85, work
    chance = erlang_c(EVEN["tills"], work)
    out["M/M/c: who waits"] = abs((waited > 0).mean() / chance - 1) < 0.03
    # a mean of so many waits has itself an error of a per cent or two: it is that of the means of months, which hardly hang together
    month = found["day"][queued].astype(int) // 30
    means = np.bincount(month, waited) / np.bincount(month)
    spread = means.std(ddof=1) / len(means) ** 0.5
    theory = chance * EVEN["till_time"] / (EVEN["tills"] - work)
    out["M/M/c: mean wait"] = abs(waited.mean() - theory) < max(0.03 * theory, FAR * spread)
    # Little: who is in the store, looked at every ten minutes, is the rate times the stay
    begun = found["day"] * 1440 + found["came"]
    ended = found["day"] * 1440 + found["left"]
    looks = np.arange(1440, (EVEN["days"] - 1) * 1440, 10.0)
    inside = np.searchsorted(np.sort(begun), looks) - np.searchsorted(np.sort(ended), looks)
    stay = (ended - begun).mean() * len(begun) / (EVEN["days"] * 1440)
    out["Little's law"] = abs(inside.mean() / stay - 1) < 0.03
    missed = []
    for lead_time in (1.0, 4.0, 8.0):
        told = [e["runs"] for e in Shop(customers=4000, days=40, lead_time=lead_time).run(Key(seed))]
        missed.append(np.average([t["missed"][0] for t in told], weights=[t["visits"][0] for t in told]))
    out["stock-outs follow lead times"] = missed[0] < missed[1] < missed[2] and 3 * missed[0] < missed[2]
    found = visits(seed, customers=3000)
    sales = np.sort(np.bincount(found["customer_id"], found["spent"], 3000))[::-1]
    out["80/20"] = 0.72 < sales[:600].sum() / sales.sum() < 0.88
    items = found["items"][found["items"] > 0]
    out["baskets: many small ones, few large ones"] = np.median(items) <= 5 and np.quantile(
        items, 0.99
    ) > 8 * np.median(items)
    return out


@pytest.mark.slow
def test_the_mean_wait_of_a_long_run_is_that_of_theory():
    found = visits(1, **{**EVEN, "days": 5000})
    queued = found["items"] > 0
    work = queued.sum() / (5000 * 1440) * EVEN["till_time"]
    theory = erlang_c(EVEN["tills"], work) * EVEN["till_time"] / (EVEN["tills"] - work)
    assert found["waited"][queued].mean() == pytest.approx(theory, rel=0.03)


def test_facts_hold():
    check_few(facts)


@pytest.mark.slow
def test_facts_hold_with_many_seeds():
    check_many(facts)


@pytest.fixture(scope="module")
def made():
    return simulate("shop", set={"customers": 500, "days": 30}, seed=4)


def test_baskets_are_the_sum_of_their_lines(made):
    lines, told = made["lines"].to_pandas(), made["visits"].to_pandas().set_index("visit_id")
    lines["paid"] = lines["pieces"] * lines["price"]
    sums = lines.groupby("visit_id")[["pieces", "paid"]].sum()
    assert (told.loc[sums.index, "items"] == sums["pieces"]).all()
    assert (told.loc[sums.index, "spent"] == sums["paid"]).all()
    assert (told.drop(sums.index)["items"] == 0).all()


def test_nobody_spends_more_than_the_budget(made):
    joined = made["visits"].join(made["customers"], "customer_id")
    assert pc.all(pc.less_equal(joined["spent"], joined["budget"])).as_py()


def test_stock_moves_add_up_to_what_is_left(made):
    moves = made["stock_moves"].to_pandas()
    lines = made["lines"].to_pandas().merge(made["visits"].to_pandas()[["visit_id", "store_id", "day"]], on="visit_id")
    sold = lines.groupby(["store_id", "product_id", "day"])["pieces"].sum()
    told = moves[moves["kind"] == "sale"].set_index(["store_id", "product_id", "day"])["pieces"]
    assert sold.sort_index().equals(told.sort_index().astype(sold.dtype))
    moves["change"] = (
        moves["pieces"].where(moves["kind"] == "delivery", -moves["pieces"]).where(moves["kind"] != "missed", 0)
    )
    for _, own in moves.groupby(["store_id", "product_id"]):
        assert (own["left"].diff().iloc[1:] == own["change"].iloc[1:]).all()
    assert moves["left"].min() >= 0


def test_what_is_ordered_arrives(made):
    orders, moves = made["orders"].to_pandas(), made["stock_moves"].to_pandas()
    due = (
        orders[orders["arrives_day"].between(0, 29)].groupby(["store_id", "product_id", "arrives_day"])["pieces"].sum()
    )
    came = moves[moves["kind"] == "delivery"].groupby(["store_id", "product_id", "day"])["pieces"].sum()
    assert due.tolist() == came.tolist()
    assert (orders["arrives_day"] > orders["ordered_day"]).all()


def test_promotions_make_cheap_and_sell_more():
    made = simulate(
        "shop",
        set={"customers": 2000, "days": 60, "promotions": 0.2, "discount": 0.4, "loyal": 0.0, "cover": 40.0},
        seed=1,
    )
    lines = made["lines"].to_pandas().merge(made["visits"].to_pandas()[["visit_id", "day"]], on="visit_id")
    offers = made["promotions"].to_pandas()
    on = {(p, d) for p, a, b in offers.itertuples(index=False) for d in range(a, b + 1)}
    off = np.array([(p, d) in on for p, d in zip(lines["product_id"], lines["day"], strict=True)])
    base = made["products"].to_pandas().set_index("product_id")["price"].astype(float)
    ratio = lines["price"].astype(float) / base.loc[lines["product_id"]].to_numpy()
    assert ratio[off].max() < 0.65
    assert (ratio[~off] == 1).all()
    assert lines["pieces"][off].sum() / lines["pieces"].sum() > 1.7 * len(on) / (120 * 60)


def test_a_run_in_parts_is_the_run_in_one(monkeypatch):
    import importlib

    from rowsmith.engine import _worlds

    whole = simulate("shop", set={"customers": 100, "days": 12}, seed=1)
    monkeypatch.setattr(importlib.import_module("rowsmith.simulate.shop"), "PART_VISITS", 200)
    monkeypatch.setattr(_worlds, "_PROCESS", _worlds._Process())  # it remembers the run before
    parts = simulate("shop", set={"customers": 100, "days": 12}, seed=1)
    assert parts["runs"].num_rows > whole["runs"].num_rows == 1
    for table in ("visits", "lines", "orders", "stock_moves", "promotions"):
        assert parts[table].equals(whole[table]), table


@pytest.mark.parametrize(
    ("settings", "words"),
    [
        ({"sorts": 99, "products": 50}, "sorts=99: expected at most products=50"),
        ({"opens": 20.0, "closes": 8.0}, "opens=20: expected an hour before closes=8"),
        ({"reorder": 20.0}, "reorder=20: expected at most cover=12 days"),
        ({"tills": 0}, "tills=0"),
    ],
)
def test_impossible_shops_are_refused(settings, words):
    with pytest.raises(SpecError, match=words):
        Shop(**settings)
