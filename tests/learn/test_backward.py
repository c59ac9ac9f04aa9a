"""Computed columns that are given, without what they are computed from: the others fit, and follow their law."""

import numpy as np
import pyarrow as pa
import pytest

import rowsmith as rs
from rowsmith.core import sql

N = 6000


def table():
    r = np.random.default_rng(0)
    price, pieces = np.round(np.exp(r.normal(3, 0.8, N)), 2), r.integers(1, 12, N)
    at = np.datetime64("2022-01-01T00:00:00") + r.integers(0, 3 * 365 * 86400, N).astype("timedelta64[s]")
    net = np.round(r.gamma(2, 50, N), 2)
    vat = np.round(net * 0.19, 2)
    rows = {"at": at, "price": price, "pieces": pieces, "total": np.round(price * pieces, 2)}
    rows |= {"day": at.astype("datetime64[D]"), "month": at.astype("datetime64[M]").astype(int) % 12 + 1}
    rows |= {
        "hour": at.astype("datetime64[h]").astype(int) % 24,
        "net": net,
        "vat": vat,
        "gross": np.round(net + vat, 2),
    }
    rows["season"] = np.where(
        np.isin(rows["month"], [12, 1, 2]), "winter", r.choice(["rest", "winter"], N, p=[0.95, 0.05])
    )
    return pa.table(rows)


@pytest.fixture(scope="module")
def model():
    return rs.fit(table(), seed=1)


@pytest.mark.parametrize(
    "columns",
    [
        ["day"],
        ["month"],
        ["month", "hour"],
        ["total"],
        ["total", "pieces"],
        ["total", "price"],
        ["vat"],
        ["gross"],
        ["gross", "vat"],
    ],
    ids="+".join,
)
def test_what_is_given_stays_and_every_rule_holds(model, columns):
    assert {
        "total computed",
        "day computed",
        "month computed",
        "hour computed",
        "vat computed",
        "gross computed",
    } <= set(model.table.schema.rules)
    given = table().select(columns).slice(0, 300)
    made = model.sample(given=given, seed=2)
    assert made.select(columns).equals(given)
    for name, rule in model.table.schema.rules.items():
        assert sql.truth(rule, made.combine_chunks().to_batches()[0], name).all(), rule
    assert made.equals(model.sample(given=given, seed=2))


def test_the_other_columns_go_with_it(model):
    winter = model.sample(given=pa.table({"month": [1] * 1000}), seed=2)
    summer = model.sample(given=pa.table({"month": [7] * 1000}), seed=2)
    assert np.mean(winter["season"].to_numpy() == "winter") > 0.9
    assert np.mean(summer["season"].to_numpy() == "winter") < 0.15
    dear = model.sample(given=pa.table({"total": [1500.0] * 300}), seed=2)
    assert np.median(dear["price"].to_numpy()) > 100
    assert np.median(dear["pieces"].to_numpy()) >= 8


def test_classes_that_are_computed_can_be_balanced(model):
    made = model.sample(1200, balance="month", seed=1)
    assert set(np.bincount(made["month"].to_numpy())[1:].tolist()) == {100}


def test_what_no_formula_reaches_is_refused_with_the_row(model):
    with pytest.raises(
        rs.SpecError, match=r"given: row 2 has total=-5.0, which none of the rows .* give pieces, price too"
    ):
        model.sample(given=pa.table({"total": [50.0, -5.0], "pieces": [2, 2]}).select(["total"]), seed=1)
