"""A drafted spec is right about the data: laws, shares, dependence, formulas, dates and levels."""

import datetime as dt
import re

import numpy as np
import pyarrow as pa
import pytest
from tests.spec._draft import N, drafted, made, orders, rng

from rowsmith.engine.draft import draft
from rowsmith.spec._draft_copula import positive

LAWS = {
    "normal": (lambda r: r.normal(10, 3, N), {"mean": 10, "sd": 3}),
    "laplace": (lambda r: r.laplace(5, 2, N), {"loc": 5, "scale": 2}),
    "logistic": (lambda r: r.logistic(5, 2, N), {"loc": 5, "scale": 2}),
    "student_t": (lambda r: 5 + 2 * r.standard_t(3, N), {"df": 3, "loc": 5, "scale": 2}),
    "uniform": (lambda r: r.uniform(10, 20, N), {"low": 10, "high": 20}),
    "triangular": (lambda r: r.triangular(0, 20, 50, N), {"mode": 20, "high": 50}),
    "beta": (lambda r: r.beta(2, 5, N), {"alpha": 2, "beta": 5}),
    "exponential": (lambda r: r.exponential(7, N), {"mean": 7}),
    "gamma": (lambda r: r.gamma(3, 5, N), {"shape": 3, "mean": 15}),
    "lognormal": (lambda r: r.lognormal(3, 0.8, N).round(2), {"median": np.exp(3), "sigma": 0.8}),
    "weibull": (lambda r: 40 * r.weibull(1.8, N), {"shape": 1.8, "scale": 40}),
    "pareto": (lambda r: 10 * (1 + r.pareto(2.5, N)), {"shape": 2.5, "scale": 10}),
    "integer": (lambda r: r.integers(1, 50, N), {"low": 1, "high": 49}),
    "poisson": (lambda r: r.poisson(4, N), {"mean": 4}),
    "binomial": (lambda r: r.binomial(20, 0.3, N), {"n": 20, "p": 0.3}),
    "negative_binomial": (lambda r: r.negative_binomial(1.5, 0.2, N), {"mean": 6, "dispersion": 1.5}),
    "geometric": (lambda r: r.geometric(0.3, N), {"p": 0.3}),
}


@pytest.mark.parametrize("kind", LAWS)
def test_a_known_law_is_found_again(kind):
    draw, expected = LAWS[kind]
    column = drafted({"x": draw(rng())})["x"]
    assert column["kind"] == kind
    for name, value in expected.items():
        assert column[name] == pytest.approx(value, rel=0.15)


def test_more_zeros_than_a_law_has_stand_apart():
    some = rng().random(N) < 0.6
    column = drafted({"x": np.where(some, 0.0, rng(1).lognormal(3, 1, N).round(2))})["x"]
    assert column["kind"] == "zero_inflated"
    assert column["zero"] == pytest.approx(0.6, abs=0.02)
    assert column["of"]["kind"] == "lognormal"
    assert column["of"]["sigma"] == pytest.approx(1, rel=0.1)
    assert column["round"] == 2


def test_a_law_is_cut_off_where_the_data_are():
    x = rng().normal(38, 14, 4 * N).round(1)
    x = x[(x >= 24) & (x <= 60)]
    column = drafted({"weight": x})["weight"]  # between bounds that close, several laws are alike
    assert (column["round"], column["min"], column["max"]) == (1, 24, 60)
    twin = made(pa.table({"weight": x}))["weight"].to_numpy()
    assert 24 <= twin.min() <= twin.max() <= 60
    assert np.quantile(twin, [0.1, 0.5, 0.9]) == pytest.approx(np.quantile(x, [0.1, 0.5, 0.9]), abs=1)


def test_what_no_named_law_is_near_comes_in_pieces():
    x = np.where(rng().random(N) < 0.5, rng(1).normal(0, 1, N), rng(2).normal(8, 1, N))
    text = draft(pa.table({"x": x}))
    assert "no named law is near" in text
    column = drafted({"x": x})["x"]
    assert column["kind"] == "quantiles"
    assert len(column["values"]) <= 22
    twin = made(pa.table({"x": x}))["x"].to_numpy()
    grid = np.linspace(-4, 12, 60)
    gap = np.abs((x[:, None] <= grid).mean(axis=0) - (twin[:, None] <= grid).mean(axis=0)).max()
    assert gap < 0.05


def test_whole_numbers_in_pieces_have_their_shares():
    x = rng().choice([1, 2, 3, 4], N, p=[0.05, 0.6, 0.05, 0.3])
    twin = made(pa.table({"x": x}))["x"].to_numpy()
    assert set(twin.tolist()) == {1, 2, 3, 4}
    assert np.bincount(twin, minlength=5)[2] / N == pytest.approx(0.6, abs=0.03)


def test_a_frequent_value_keeps_its_share():
    x = np.where(rng().random(N) < 0.4, 40, rng(1).integers(1, 99, N))
    assert (made(pa.table({"hours": x}))["hours"].to_numpy() == 40).mean() == pytest.approx(0.4, abs=0.04)


def test_missing_values_keep_their_share_and_their_rows():
    gone = rng().random(N) < 0.2
    table = pa.table({"a": pa.array(rng(1).normal(size=N), mask=gone), "b": pa.array(rng(2).normal(size=N), mask=gone)})
    columns = drafted(table)
    assert columns["a"]["null"] == pytest.approx(0.2, abs=0.02)
    assert columns["b"]["null"] == {"sql": "a is null"}
    twin = made(table)
    assert twin["a"].is_null().equals(twin["b"].is_null())


def correlated(rho, n=20_000):
    return rng(3).multivariate_normal([0, 0], [[1, rho], [rho, 1]], n).T


def test_correlations_are_those_of_the_normal_scores():
    a, b = correlated(0.6)
    columns = drafted({"a": 10 + 3 * a, "b": np.exp(b)})
    assert columns["b"]["correlate"] == {"a": pytest.approx(0.6, abs=0.03)}
    twin = made(pa.table({"a": 10 + 3 * a, "b": np.exp(b)}))
    assert np.corrcoef(twin["a"], np.log(twin["b"]))[0, 1] == pytest.approx(0.6, abs=0.03)


def test_coarse_columns_do_not_weaken_a_correlation():
    a, b = correlated(0.5)
    columns = drafted({"a": np.where(a < 0.8, 0, np.round(np.exp(a), 2)), "b": (b > 0.5).astype(int)})
    assert columns["b"]["correlate"]["a"] == pytest.approx(0.5, abs=0.08)


def test_weak_correlations_are_left_out():
    a, b = correlated(0.05)
    assert "correlate" not in drafted({"a": a, "b": b})["b"]


def test_a_matrix_that_contradicts_itself_is_mended():
    r = np.array([[1, 0.9, -0.9, 0], [0.9, 1, 0.9, 0.2], [-0.9, 0.9, 1, 0], [0, 0.2, 0, 1]])
    out = positive(r)
    assert np.linalg.eigvalsh(out)[0] > 0
    assert np.array_equal(out, np.round(out, 2))
    assert np.array_equal(out, out.T)
    assert (out[r == 0] == 0).all()
    assert np.diag(out).tolist() == [1, 1, 1, 1]


def test_columns_that_are_nearly_one_can_be_made():
    base = rng().normal(size=N)
    twin = made(pa.table({f"x{i}": base + rng(i + 1).normal(0, 0.01, N) for i in range(6)}))
    assert np.corrcoef([twin[f"x{i}"] for i in range(6)]).min() > 0.9


def test_numbers_depend_on_a_category():
    plan = rng().choice(["free", "paid"], N, p=[0.7, 0.3])
    minutes = np.where(plan == "free", rng(1).gamma(2, 5, N), rng(2).gamma(2, 40, N)).round(1)
    columns = drafted({"plan": plan, "minutes": minutes})
    levels = columns["minutes"]["by"]["plan"]
    assert levels["free"]["mean"] == pytest.approx(10, rel=0.1)
    assert levels["paid"]["mean"] == pytest.approx(80, rel=0.1)


def test_categories_depend_on_a_category():
    country = rng().choice(["DE", "US"], N)
    euro = rng(1).random(N) < np.where(country == "DE", 0.95, 0.1)
    columns = drafted({"country": country, "currency": np.where(euro, "EUR", "USD"), "member": euro})
    assert columns["currency"]["given"]["country"]["DE"]["EUR"] == pytest.approx(0.95, abs=0.02)
    twin = made(pa.table({"country": country, "currency": np.where(euro, "EUR", "USD")})).to_pandas()
    assert (twin[twin.country == "US"].currency == "EUR").mean() == pytest.approx(0.1, abs=0.03)


def test_independent_columns_stay_so():
    columns = drafted({"a": rng().choice(["x", "y"], N), "b": rng(1).choice(["u", "v"], N), "c": rng(2).normal(size=N)})
    assert all(not {"by", "given", "correlate"} & set(column) for column in columns.values())


def test_exact_arithmetic_becomes_a_formula():
    columns = drafted(orders())
    assert columns["year"]["sql"] == 'year("day")' or columns["year"]["sql"] == "year(day)"
    assert columns["net"]["sql"] == "round(quantity * price * (1 - discount), 2)"
    assert columns["tax"]["sql"] == "round(net * 0.19, 2)"
    assert columns["gross"]["sql"] == "round(net + tax, 2)"
    assert columns["age"]["sql"] == "2025 - born"
    twin = made(orders()).to_pandas()
    assert np.allclose(twin.gross, twin.net + twin.tax, atol=0.0051)
    assert (twin.age == 2025 - twin.born).all()


def test_one_column_that_another_determines_is_looked_up():
    grade = rng().choice(["low", "mid", "high", "top"], N)
    points = np.array([{"low": 3, "mid": 5, "high": 9, "top": 14}[g] for g in grade])
    columns = drafted({"grade": grade, "points": points})
    assert columns["points"]["kind"] == "lookup"
    assert columns["points"]["values"] == {"low": 3, "mid": 5, "high": 9, "top": 14}


def test_dates_that_follow_others_keep_their_order():
    opened = np.datetime64("2022-01-01T00:00") + rng().integers(0, 500_000, N)
    closed = opened + rng(1).exponential(3000, N).astype(int)
    table = pa.table(
        {"opened": opened.astype("M8[s]"), "closed": pa.array(closed.astype("M8[s]"), mask=rng(2).random(N) < 0.3)}
    )
    columns = drafted(table)
    assert columns["closed_gap"]["hidden"] is True
    twin = made(table).to_pandas()
    both = twin.closed.notna()
    assert both.mean() == pytest.approx(0.7, abs=0.03)
    assert (twin.closed[both] >= twin.opened[both]).all()
    assert (twin.closed - twin.opened)[both].dt.total_seconds().mean() == pytest.approx(180_000, rel=0.1)


def test_dates_show_their_weekdays_months_and_growth():
    days = np.arange(np.datetime64("2020-01-01"), np.datetime64("2024-01-01"))
    weight = 1.3 ** (np.arange(len(days)) / 365.25)
    weight[(days.astype(int) + 3) % 7 == 6] *= 0.2
    weight[days.astype("M8[M]").astype(int) % 12 == 11] *= 2
    column = drafted({"day": rng().choice(days, 40_000, p=weight / weight.sum())})["day"]
    assert column["between"] == [dt.date(2020, 1, 1), dt.date(2023, 12, 31)]
    assert column["weekday"]["sun"] == pytest.approx(0.2, abs=0.05)
    assert column["yearly"]["dec"] == pytest.approx(2, abs=0.25)
    assert float(re.match(r"\+(\d+)%/year", column["trend"])[1]) == pytest.approx(30, abs=5)


def test_timestamps_show_their_hours_zone_and_resolution():
    days = rng().integers(19000, 19700, N) * 86400
    hour = rng(1).choice(np.arange(8, 18), N)
    local = days + hour * 3600 + rng(2).integers(0, 60, N) * 60
    column = drafted({"at": pa.array(local, pa.timestamp("s")).cast(pa.timestamp("us"))})["at"]
    assert column["resolution"] == "minute"
    assert column["hour"] == "office" or sum(column["hour"][:8]) == 0
    aware = pa.array(local, pa.timestamp("s", tz="Europe/Berlin"))
    assert drafted({"at": aware})["at"]["zone"] == "Europe/Berlin"
    assert made(pa.table({"at": aware})).schema.field("at").type == aware.type


def test_a_sentinel_date_stands_apart():
    days = np.datetime64("2020-01-01") + rng().integers(0, 900, N)
    days[rng(1).random(N) < 0.3] = np.datetime64("9999-12-31")
    twin = made(pa.table({"valid_to": days}))["valid_to"].to_pandas()
    assert (twin == dt.date(9999, 12, 31)).mean() == pytest.approx(0.3, abs=0.03)
    assert twin[twin != dt.date(9999, 12, 31)].max() < dt.date(2023, 1, 1)


def test_rare_levels_become_one():
    values = ["a"] * 300 + ["b"] * 200 + [f"only {i}" for i in range(20)]
    column = drafted({"x": values})["x"]
    assert set(column["values"]) == {"a", "b", "other"}
    assert column["values"]["other"] == pytest.approx(20 / 520, abs=0.002)
    assert "only 3" in drafted({"x": values}, rare=1)["x"]["values"]


def test_too_many_levels_become_labels_of_the_same_frequencies():
    x = (4000 * rng().random(12_000) ** 1.5).astype(int)
    names = np.array([f"Firm{chr(65 + i % 26)}-{i:x}q" for i in range(4000)])
    columns = drafted({"supplier": names[x]})
    assert columns["supplier_rank"]["kind"] == "zipf"
    assert columns["supplier"]["text"] == "supplier {supplier_rank}"
