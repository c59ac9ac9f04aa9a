"""Columns of rows two links away: a rental has the rate of its car's tariff, and is paid by it, in every row of the twin."""

import dataclasses

import numpy as np
import pyarrow as pa
import pytest

import rowsmith as rs

SETTINGS = {"rounds": 8}
LOOKED_UP = ("rate", "class", "insured", "since")


def fleet(seed, n=2000):
    """Rentals of cars by customers; cars are an owner's and have a tariff."""
    r = np.random.default_rng(seed)
    rate, since = np.round(r.gamma(6, 9, 40) + 5, 2), np.datetime64("2020-01-01") + r.integers(0, 900, 40)
    kind, insured = np.array([f"class {i % 6}" for i in range(40)]), r.integers(0, 2, 40).astype(bool)
    of_car, car, customer = r.integers(0, 40, 250), r.integers(0, 250, n), r.integers(0, 400, n)
    tariff, days, discount = of_car[car], r.integers(1, 15, n), r.choice([0.0, 0.1, 0.2], 400)
    looked_up = dict(zip(LOOKED_UP, (rate, kind, insured, since), strict=True))
    rentals = {"rental": np.arange(n), "customer": customer, "car": car, "days": days, "extra": r.integers(0, 90, n)}
    rentals["total"] = np.round(days * rate[tariff] * (1 - discount[customer]), 2)
    owner = np.sort(r.integers(0, 70, 250))
    return {
        "tariffs": pa.table({"tariff": np.arange(40), **looked_up}),
        "owners": pa.table({"owner": np.arange(70), "age": r.integers(20, 80, 70)}),
        "customers": pa.table({"customer": np.arange(400), "discount": discount}),
        "cars": pa.table({"car": np.arange(250), "owner": owner, "tariff": of_car, "km": r.integers(0, 200_000, 250)}),
        "rentals": pa.table(rentals | {name: values[tariff] for name, values in looked_up.items()}),
    }


def joined(tables):
    rentals, cars, tariffs, customers = (tables[n].to_pandas() for n in ("rentals", "cars", "tariffs", "customers"))
    out = rentals.merge(cars, on="car").merge(customers, on="customer")
    return out.merge(tariffs.add_prefix("its "), left_on="tariff", right_on="its tariff")


def declared(tables, *public):
    tables = rs.inspect(tables).tables
    return rs.Schema(tables={n: dataclasses.replace(table, public=n in public) for n, table in tables.items()})


@pytest.mark.parametrize("public", [(), ("tariffs",), ("tariffs", "owners", "cars")])
def test_what_is_looked_up_over_two_links_is_so_in_every_row(public, tmp_path):
    real = fleet(0)
    model = rs.fit(real, schema=declared(real, *public), settings=SETTINGS)
    twin = model.sample(seed=1, scale=1.0 if public else 1.5)
    x = joined(twin)
    assert len(x) == twin["rentals"].num_rows
    for name in LOOKED_UP:
        assert (x[name] == x[f"its {name}"]).all()
    assert (np.abs(x.days * x.rate * (1 - x.discount) - x.total) < 0.0051).all()
    assert x["class"].nunique() == 6
    model.save(tmp_path / "m.rowsmith")
    again = rs.load(tmp_path / "m.rowsmith").sample(seed=1, scale=1.0 if public else 1.5)
    assert all(table.equals(again[name]) for name, table in twin.items())


def test_a_formula_reads_what_only_the_row_two_links_away_says():
    real = fleet(1)
    rentals = real["rentals"].to_pandas().drop(columns=[*LOOKED_UP, "total"])
    rate = joined(real)["its rate"]
    # where a rental has no car, its own price stays
    rentals["price"] = np.where(rentals.rental % 9 == 0, 999.0, np.round(rentals.days * joined(real)["its rate"], 2))
    rentals["car"] = rentals.car.where(rentals.rental % 9 > 0).astype("Int64")
    real["rentals"] = pa.Table.from_pandas(rentals, preserve_index=False)
    twin = rs.fit(real, settings=SETTINGS).sample(seed=1)
    x, without = joined(twin), twin["rentals"].to_pandas()
    assert (np.abs(x.days * x["its rate"] - x.price) < 0.0051).all()
    assert x["its rate"].mean() == pytest.approx(rate.mean(), rel=0.2)
    assert without[without.car.isna()].price.notna().all()
    assert len(x) == pytest.approx(len(rentals) * 8 / 9, rel=0.1)


def test_days_do_not_hang_on_the_rate_for_the_sake_of_the_total():
    rentals = rs.fit(fleet(2)).sample(seed=1)["rentals"].to_pandas()
    assert abs(rentals.days.corr(rentals.rate)) < 0.1
    r = np.random.default_rng(0)
    rate, tariff, days = np.round(r.gamma(6, 9, 300) + 5, 2), r.integers(0, 300, 3000), r.integers(1, 15, 3000)
    columns = {"tariff": tariff, "days": days, "rate": rate[tariff], "total": np.round(days * rate[tariff], 2)}
    real = {"tariffs": {"tariff": np.arange(300), "rate": rate}, "rentals": {"rental": np.arange(3000), **columns}}
    model = rs.fit({name: pa.table(table) for name, table in real.items()})
    for seed in (1, 3):
        rentals = model.sample(seed=seed)["rentals"].to_pandas()
        assert abs(rentals.days.corr(rentals.rate)) < 0.07
        assert (np.abs(rentals.days * rentals.rate - rentals.total) < 0.0051).all()
