"""Sums with constants that cannot be guessed, and columns that compare two others: found and kept, and none where there is none."""

import numpy as np
import pyarrow as pa
import pytest

import rowsmith as rs
from rowsmith.core import sql

N = 900


def r(seed=0):
    return np.random.default_rng(seed)


def money(mean, seed):
    return np.round(r(seed).gamma(3, mean / 3, N), 2)


KWH, PRICE, KM = r(1).integers(50, 900, N), r(2).choice([0.21, 0.29, 0.34], N), r(3).integers(5, 300, N)
FROM = np.datetime64("2024-01-01", "D") + r(4).integers(0, 400, N)
DAYS, MINUTES, NIGHT = r(5).integers(1, 40, N), r(6).integers(15, 900, N), r(7).choice([39.0, 55.5, 120.25], N)
START = FROM.astype("datetime64[us]") + r(8).integers(0, 86_400, N).astype("timedelta64[s]")
HOME, AWAY = r(9).poisson(1.6, N), r(10).poisson(1.2, N)
DUE, OPEN = FROM + 28, r(11).random(N) < 0.1
BACK = DUE + r(12).integers(-20, 9, N)
DATES = {"due": DUE, "back": pa.array(BACK, mask=OPEN)}

TABLES = {
    "a fee": (
        {"kwh": KWH, "price": PRICE, "bill": np.round(KWH * PRICE + 8.5, 2)},
        "bill = round(kwh * price + 8.5, 2)",
    ),
    "a fee and a rate": (
        {"kwh": KWH, "price": PRICE, "km": KM, "bill": np.round(KWH * PRICE + 0.3 * KM + 25, 2)},
        "bill = round(km * 0.3 + kwh * price + 25, 2)",
    ),
    "by the hour": (
        {"start": START, "stop": START + MINUTES * np.timedelta64(60, "s"), "pay": np.round(MINUTES / 60 * 65, 2)},
        "pay = round(epoch(stop - start) / 3600 * 65, 2)",
    ),
    "by the night": (
        {"arrival": FROM, "departure": FROM + DAYS, "night": NIGHT, "total": np.round(DAYS * NIGHT + 30, 2)},
        "total = round(night * date_diff('day', arrival, departure) + 30, 2)",
    ),
    "four parts": (
        {c: money(200, i) for i, c in enumerate("abcd")}
        | {"left": np.round(money(200, 0) + money(200, 1) - money(200, 2) - money(200, 3), 2)},
        '"left" = round(a + b - c - d, 2)',
    ),
    "points": (
        {"won": KM % 12, "drawn": KWH % 9, "lost": MINUTES % 9, "points": 3 * (KM % 12) + KWH % 9},
        "points = won * 3 + drawn",
    ),
    "a code": ({"year": 2020 + HOME, "number": KWH, "code": (2020 + HOME) * 1000 + KWH}, "code = year * 1000 + number"),
    "who won": (
        {"home": HOME, "away": AWAY, "won": np.select([HOME > AWAY, HOME == AWAY], ["H", "D"], "A")},
        "won = case when home > away then 'H' when home < away then 'A' when home = away then 'D' end",
    ),
    "points of a game": (
        {"home": HOME, "away": AWAY, "points": np.select([HOME > AWAY, HOME == AWAY], [3, 1], 0)},
        "points = case when home > away then 3 when home < away then 0 when home = away then 1 end",
    ),
    "what came late": (
        DATES | {"state": np.where(OPEN, "open", np.where(BACK > DUE, "it's late", "kept"))},
        "state = case when due >= back then 'kept' when due < back then 'it''s late' else 'open' end",
    ),
    "a truth value": (
        DATES | {"late": pa.array(BACK > DUE, mask=OPEN)},
        "late = case when due >= back then false when due < back then true end",
    ),
}


@pytest.mark.parametrize("name", TABLES)
def test_it_is_found_and_kept_in_every_row(name):
    columns, rule = TABLES[name]
    table = pa.table(columns)
    schema = rs.inspect(table)
    assert rule in schema.only[1].rules.values()
    twin = rs.fit(table, schema=schema, seed=1).sample(2000, seed=2)
    for each in schema.only[1].rules.values():
        assert sql.truth(f"coalesce({each}, true)", twin.combine_chunks().to_batches()[0], name).all(), each
    said, real = (pa.array(t.column(t.num_columns - 1).combine_chunks()) for t in (twin, table))
    assert said.null_count / len(said) == pytest.approx(real.null_count / len(real), abs=0.04)


@pytest.mark.parametrize("name", ["a fee", "by the hour", "who won", "what came late"])
def test_slips_of_some_rows_leave_it_a_proposal(name):
    columns, rule = TABLES[name]
    *_, last = columns
    values = list(columns[last])
    for i in range(0, N, 90):
        values[i] = values[i] + 3 if isinstance(values[i], float) else values[i - 1]
    found = rs.inspect(pa.table(columns | {last: values})).only[1]
    assert rule in [entry["sql"] for entry in found.proposed.values()]
    assert rule not in found.rules.values()


@pytest.mark.parametrize("seed", range(3))
def test_numbers_that_have_nothing_to_do_with_each_other_make_no_sum(seed):
    g = r(seed)
    x = g.normal(0, 20, (12, N)).cumsum(axis=0)
    rows = {f"x{i}": np.round(each, 1) for i, each in enumerate(x)}
    rows |= {f"k{i}": g.integers(0, 30, N) for i in range(4)} | {"above": np.where(x[3] > 9, "yes", "no")}
    rows["nearly"] = np.round(x[0] * 1.7 - x[1] * 0.3 + g.normal(0, 1, N), 1)
    rows["mostly"] = np.where(g.random(N) < 0.9, x[4] > x[5], g.random(N) < 0.5)
    found = rs.inspect(pa.table(rows)).only[1]
    assert not found.rules
    assert not found.proposed
