"""Columns that are another one by constants, and runs of columns with a total: found, told the right way round, and kept."""

import numpy as np
import pyarrow as pa
import pytest

import rowsmith as rs
from rowsmith.core import sql

N = 800


def r():
    return np.random.default_rng(0)


def net():
    return np.round(r().gamma(2, 50, N), 2)


def shares(parts=5):
    return r().multinomial(100, np.full(parts, 1 / parts), N).T


def fell(column, gaps):
    return pa.array(column, mask=np.isin(np.arange(N), gaps))


TABLES = {
    "a tax": ({"net": net(), "vat": np.round(net() * 0.19, 2)}, {"vat = round(net * 0.19, 2)"}),
    "two scales": (
        {"c": (c := np.round(r().normal(10, 8, N), 1)), "f": np.round(c * 1.8 + 32, 2)},
        {"f = round(c * 1.8 + 32, 2)"},
    ),
    "a year and an age": (
        {"born": 2024 - (age := r().integers(18, 90, N)), "age": age},
        {"age = 2024 - born"},
    ),
    "whole steps": ({"here": (here := r().integers(0, 10**6, N)), "next": here + 5}, {"next = here + 5"}),
    "a negative slope": (
        {"depth": (d := r().integers(0, 400, N)), "level": np.round(12.5 - 0.25 * d, 2)},
        {"level = round(depth * (-0.25) + 12.5, 2)"},
    ),
    "a time as one number": (
        {
            "hour": (hour := r().integers(5, 24, N)),
            "minute": (minute := np.random.default_rng(1).integers(0, 60, N)),
            "clock": hour * 100 + minute,
        },
        {"clock = hour * 100 + minute"},
    ),
    "a month as one number": (
        {
            "year": (year := r().integers(1990, 2026, N)),
            "month": (month := np.random.default_rng(1).integers(1, 13, N)),
            "period": year * 100 + month,
        },
        {"period = year * 100 + month"},
    ),
    "gaps": (
        {"net": fell(net(), [3, 9]), "vat": fell(np.round(net() * 0.07, 2), [4])},
        {"vat = round(net * 0.07, 2)"},
    ),
    "shares of 100": ({f"s{i}": s for i, s in enumerate(shares())}, {"s4 = 100 - s0 - s1 - s2 - s3"}),
    "a total of five": (
        {f"m{i}": r().poisson(20 + i, N) * (i + 1) for i in range(5)}
        | {"all": sum(r().poisson(20 + i, N) * (i + 1) for i in range(5))},
        {'"all" = m0 + m1 + m2 + m3 + m4'},
    ),
    "a rate of two counts": (
        {
            "won": (won := r().integers(0, 50, N)),
            "lost": (lost := np.random.default_rng(1).integers(1, 50, N)),
            "games": won + lost,
            "rate": np.round(100 * won / (won + lost), 1),
        },
        {"games = won + lost", "rate = round(100 * won / games, 1)"},
    ),
    "sums of short floats": (
        {
            "a": (a := np.round(r().gamma(2, 30, N), 2)).astype(np.float32),
            "b": (b := np.round(np.random.default_rng(1).gamma(2, 30, N), 2)).astype(np.float32),
            "s": np.round(a + b, 2).astype(np.float32),
        },
        {"s = round(a + b, 2)"},
    ),
}


@pytest.mark.parametrize("name", TABLES)
def test_it_is_found_and_kept_in_every_row(name):
    columns, rules = TABLES[name]
    table = pa.table(columns)
    schema = rs.inspect(table)
    assert set(schema.only[1].rules.values()) == rules
    twin = rs.fit(table, schema=schema, seed=1).sample(4000, seed=2)
    assert twin.schema == table.schema
    for rule in rules:
        assert sql.truth(f"coalesce({rule}, true)", twin.combine_chunks().to_batches()[0], name).all(), rule


def test_a_line_that_some_rows_leave_is_only_proposed():
    vat = np.round(net() * 0.19, 2)
    vat[[5, 77]] += 1
    found = rs.inspect(pa.table({"net": net(), "vat": vat})).only[1]
    assert not found.rules
    (entry,) = found.proposed.values()
    assert (entry["sql"], entry["broken"], entry["example"]) == ("vat = round(net * 0.19, 2)", 2, 6)


@pytest.mark.parametrize("seed", range(4))
def test_columns_that_only_go_together_are_no_lines(seed):
    rng = np.random.default_rng(seed)
    x = rng.normal(100, 20, N)
    rows = {f"y{i}": np.round(x * (1 + i) + rng.normal(0, 0.1 * (1 + i), N), 1) for i in range(6)}
    rows["z"] = np.round(x * np.pi, 4)  # no constant of few digits
    found = rs.inspect(pa.table(rows)).only[1].rules
    assert all("<=" in rule for rule in found.values())  # twice as much is never less


def test_lengths_of_time_are_computed_too():
    start = np.datetime64("2024-01-01T00:00", "us") + r().integers(0, 300 * 1440, N).astype("timedelta64[m]")
    minutes = r().integers(1, 4000, N)
    end = start + minutes.astype("timedelta64[m]")
    table = pa.table({"start": start, "stop": end, "length": end - start, "hours": np.round(minutes / 60, 2)})
    rules = rs.inspect(table).only[1].rules
    assert {"length = stop - start", "hours = round(epoch(stop - start) / 3600, 2)"} <= set(rules.values())
    twin = rs.fit(table, seed=1).sample(3000, seed=1)
    a, b, length, hours = (twin[name].to_numpy() for name in table.column_names)
    assert (b - a == length).all()
    assert np.allclose(hours, (b - a) / np.timedelta64(1, "h"), atol=0.00501)


def test_a_number_that_lists_states_says_what_is_missing():
    state = r().integers(1, 5, N)
    table = pa.table({"state": state, "end": pa.array(r().normal(0, 1, N), mask=state != 3)})
    assert list(rs.inspect(table).only[1].rules.values()) == [
        "(\"end\" is null) = (cast(state as varchar) in ('1', '2', '4'))"
    ]
    twin = rs.fit(table, seed=1).sample(3000, seed=1)
    assert ((twin["state"].to_numpy() != 3) == twin["end"].is_null().to_numpy()).all()


def test_lines_are_told_from_what_is_always_there():
    low = np.round(r().normal(20, 3, N), 1)
    middle = [None if gap else x for x, gap in zip(np.round(low + 0.5, 1), r().random(N) < 0.1, strict=True)]
    rows = pa.table({"middle": middle, "low": low, "high": np.round(low + 1.2, 1)})
    rules = rs.inspect(rows).only[1].rules
    assert rules["middle computed"] == "middle = round(low + 0.5, 1)"
    assert rules["high computed"] == "high = round(low + 1.2, 1)"
    twin = rs.fit(rows).sample(500).to_pandas()
    assert np.abs(twin["high"] - twin["low"] - 1.2).max() < 1e-6
    assert 0.05 < twin["middle"].isna().mean() < 0.15


def test_what_is_left_follows_from_what_was_there_what_came_and_what_went():
    rng = r()
    opening, came, went = (np.round(rng.gamma(2, 100, N), 2) for _ in range(3))
    rows = pa.table({"opening": opening, "came": came, "went": went, "closing": np.round(opening + came - went, 2)})
    rules = rs.inspect(rows).only[1].rules
    assert rules == {"closing computed": "closing = round(opening + came - went, 2)"}
    twin = rs.fit(rows).sample(400).to_pandas()
    assert np.abs(twin["opening"] + twin["came"] - twin["went"] - twin["closing"]).max() < 0.0051


def test_numbers_that_have_nothing_to_do_with_each_other_make_no_balance():
    rng = r()
    rows = pa.table({n: rng.integers(0, 4, N) for n in "abcdef"} | {"zero": np.zeros(N), "same": np.zeros(N)})
    assert not [rule for rule in rs.inspect(rows).only[1].rules.values() if "-" in rule]
