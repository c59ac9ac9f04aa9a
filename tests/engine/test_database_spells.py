"""Spells of one row that never overlap: loans of a copy, prices that follow each other, stays with what happens in them."""

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest
from pyarrow import csv

import rowsmith as rs
from rowsmith.io._tables import read_tables

LAST = np.datetime64("2024-11-30")


def library(*, overlap=False):
    """Copies that are lent to one reader after the other, some are out still; of readers several loans run at a time."""
    r = np.random.default_rng(1)
    rows = []
    for copy in range(250):
        at = np.datetime64("2023-06-01") + int(r.exponential(50))
        while at < LAST:
            back = at + int(r.integers(3, 50))
            rows.append((copy, at, back if back <= LAST else np.datetime64("NaT")))
            at = at + int(r.integers(1, 90)) if overlap else back + 1 + int(r.exponential(45))
    copy, out, back = (np.array(each) for each in zip(*rows, strict=True))
    state = np.where(np.isnat(back), "out", "back")
    loans = {
        "loan_id": np.arange(len(copy)),
        "copy_id": copy,
        "card_id": r.integers(0, 60, len(copy)),
        "out": out,
        "back": pa.array(back),
        "due": out + 28,
        "state": state,
    }
    return {
        "copies": pa.table({"copy_id": np.arange(250), "branch": r.choice(["a", "b"], 250)}),
        "readers": pa.table({"card_id": np.arange(60), "age": r.integers(6, 90, 60)}),
        "loans": pa.table(loans),
    }


def seen(loans, by="copy_id", start="out", end="back"):
    """Share of spells that begin before the last one has ended, and of open ones that are not the last."""
    x = loans.to_pandas()
    x[start], x[end] = pd.to_datetime(x[start]), pd.to_datetime(x[end])
    x = x.sort_values([by, start], kind="stable")
    before, is_open = x.groupby(by)[end].shift(), x[end].isna()
    last = ~x.duplicated(by, keep="last")
    return float((x[start] < before).mean()), float((is_open & ~last).mean()), float(is_open.mean())


@pytest.mark.parametrize(("scale", "text"), [(1.0, False), (2.5, False), (1.0, True)])
def test_a_copy_is_lent_to_one_reader_at_a_time(scale, text, tmp_path):
    real = library()
    if text:  # as files have it
        for name, table in real.items():
            csv.write_csv(table, tmp_path / f"{name}.csv")
        real = read_tables([str(tmp_path)])
    model = rs.fit(real)
    twin = model.sample(scale=scale, seed=1)
    loans = twin["loans"]
    assert seen(loans)[:2] == (0, 0)
    assert seen(loans)[2] == pytest.approx(seen(real["loans"])[2], abs=0.02)
    made, was = (
        pd.DataFrame({c: pd.to_datetime(t["loans"][c].to_pandas()) for c in ("out", "back", "due")})
        for t in (twin, real)
    )
    lasts = [(x["back"] - x["out"]).dt.days.dropna() for x in (made, was)]
    assert lasts[0].mean() == pytest.approx(lasts[1].mean(), abs=1.5)
    assert (lasts[0] >= 3).all()
    assert ((made["due"] - made["out"]).dt.days == 28).all()
    assert made["out"].min() >= was["out"].min() - pd.Timedelta(days=60)
    assert made[["out", "back"]].max().max() <= was[["out", "back"]].max().max()
    assert ((loans["state"].to_pandas() == "out") == made["back"].isna()).all()
    model.save(tmp_path / "m.rowsmith")
    assert rs.load(tmp_path / "m.rowsmith").sample(scale=scale, seed=1)["loans"].equals(loans)


def test_spells_that_overlap_may():
    model = rs.fit(library(overlap=True))
    assert not model.tables.parts["loans"].spells
    assert seen(model.sample(seed=1)["loans"])[0] > 0.1


def test_prices_follow_each_other_at_once():
    r = np.random.default_rng(2)
    rows = []
    for product in range(120):
        at = np.datetime64("2020-01-01") + int(r.integers(0, 300))
        for i in range(n := int(r.integers(1, 7))):
            days = int(r.integers(30, 300))
            rows.append(
                (product, at, at + days - 1 if i < n - 1 else np.datetime64("NaT"), round(float(r.gamma(3, 9)), 2))
            )
            at += days
    product, begins, ends, price = (np.array(each) for each in zip(*rows, strict=True))
    prices = pa.table({"product": product, "valid_from": begins, "valid_to": pa.array(ends), "price": price})
    tables = {"products": pa.table({"product": np.arange(120), "kind": r.choice(["x", "y"], 120)}), "prices": prices}
    schema = rs.Schema.from_yaml(
        "{rowsmith: 1, tables: {products: {primary_key: [product]}, prices: {foreign_keys: {product: products.product}}}}"
    )
    x = rs.fit(tables, schema=schema).sample(seed=1)["prices"].to_pandas().sort_values(["product", "valid_from"])
    gap = (pd.to_datetime(x["valid_from"]) - pd.to_datetime(x.groupby("product")["valid_to"].shift())).dt.days
    again = x.duplicated("product")
    assert (gap[again] == 1).all()
    assert (x["valid_to"].isna() == ~x.duplicated("product", keep="last")).all()


def test_what_happens_in_a_stay_is_moved_with_it():
    r = np.random.default_rng(3)
    patient = np.repeat(np.arange(150), r.integers(1, 6, 150))
    n = len(patient)
    admitted = np.datetime64("2024-01-01T00:00", "us") + np.empty(n, dtype="timedelta64[m]")
    hours = r.integers(12, 240, n)
    for each in range(150):
        at = r.integers(0, 60 * 24 * 60)
        for i in np.flatnonzero(patient == each):
            admitted[i] = np.datetime64("2024-01-01T00:00", "us") + np.timedelta64(int(at), "m")
            at += 60 * hours[i] + r.integers(600, 60 * 24 * 40)
    left = admitted + hours.astype("timedelta64[h]")
    stay = np.repeat(np.arange(n), r.integers(0, 5, n))
    given = admitted[stay] + (r.random(len(stay)) * 60 * hours[stay]).astype("timedelta64[m]")
    tables = {
        "patients": pa.table({"patient_id": np.arange(150), "sex": r.choice(["f", "m"], 150)}),
        "stays": pa.table({"stay_id": np.arange(n), "patient_id": patient, "admitted": admitted, "left_at": left}),
        "doses": pa.table({"dose_id": np.arange(len(stay)), "stay_id": stay, "given": given}),
    }
    model = rs.fit(tables)
    assert model.tables.parts["stays"].spells
    twin = model.sample(seed=1)
    assert seen(twin["stays"], "patient_id", "admitted", "left_at")[0] == 0
    x = twin["doses"].to_pandas().merge(twin["stays"].to_pandas(), on="stay_id")
    assert ((x["given"] >= x["admitted"]) & (x["given"] <= x["left_at"])).all()
