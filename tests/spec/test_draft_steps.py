"""A draft keeps the values that numbers may have: a few that are listed, multiples, endings, clean ends; its KS is true."""

import decimal
import re

import numpy as np
import pyarrow as pa
import pytest
from tests.spec._draft import N, drafted, made, rng

from rowsmith.engine.draft import draft
from rowsmith.spec._draft_numbers import numbers
from rowsmith.spec._draft_steps import steps

FEW = {
    "7 and 19": rng().choice([7, 19], N),
    "mostly 7": np.resize([7, 7, 7, 19], N),
    "0 and 100": rng().choice([0, 100], N),
    "years": rng().choice([2015, 2022], N),
    "months": rng().choice([12, 24], N),
    "with zeros": rng().choice([0, 7, 19], N),
    "thirds": rng().choice([1 / 3, 2 / 3], N),
    "a dozen rows": np.resize([7, 19], 12),
    "bytes": rng().choice([3, 200], N).astype("u1"),
}
LATTICES = {
    "fives": (rng().integers(1, 21, N) * 5, 5, 0),
    "hundreds": (rng().integers(1, 41, N) * 100, 100, 0),
    "even": (rng().integers(1, 200, N) * 2, 2, 0),
    "odd": (rng().integers(1, 100, N) * 2 + 1, 2, 1),
    "negative": (rng().integers(-12, 13, N) * 10, 10, 0),
    "prices": (np.floor(rng().lognormal(3, 0.8, N)) + 0.99, 1, 0.99),
    "quarters": (np.round(rng().normal(10, 3, N) * 4) / 4, 0.25, 0),
    "rounded": (np.round(rng().lognormal(4, 1, N) / 5) * 5, 5, 0),
}


def gap(a, b):
    """The greatest distance of two distribution functions, at all points."""
    points = np.union1d(a, b)
    below = [np.searchsorted(np.sort(x), points, side="right") / len(x) for x in (a, b)]
    return np.abs(below[0] - below[1]).max()


@pytest.mark.parametrize("name", FEW)
def test_a_few_numbers_are_listed(name):
    x = FEW[name]
    column = drafted({"x": x})["x"]
    assert column["kind"] == "category"
    assert sorted(column["values"]) == np.unique(x).tolist()
    twin = made(pa.table({"x": x}))["x"]
    assert set(twin.to_pylist()) == set(x.tolist())
    assert twin.type == pa.array(x).type
    assert len(x) < N or gap(x, twin.to_numpy()) < 0.04


def test_a_few_rare_numbers_beside_those_that_are_listed_are_left_out():
    text = draft(pa.table({"x": np.append(rng().choice([7, 19], N), np.arange(100, 130))}))
    assert "x: {kind: category, values: {7: 0." in text
    assert "30 rare values left out" in text


def test_laws_of_counts_stay_laws():
    laws = {"die": rng().integers(1, 7, N), "flag": rng().integers(0, 2, N), "calls": rng().poisson(4, N)}
    columns = drafted(laws)
    assert columns["die"] == {"kind": "integer", "low": 1, "high": 6}
    assert columns["calls"]["kind"] == "poisson"
    assert columns["flag"]["kind"] != "category"  # so that it can be correlated


def test_other_columns_depend_on_numbers_that_are_listed():
    vat = rng().choice([7.0, 19.0], N)
    net = np.where(vat == 7, rng(1).lognormal(2, 0.5, N), rng(2).lognormal(4, 0.5, N)).round(2)
    table = pa.table({"vat": vat, "net": net, "goods": np.where(vat == 7, "food", "other")})
    assert set(drafted(table)["net"]["by"]["vat"]) == {7, 19}
    twin = made(table).to_pandas()
    assert twin[twin.vat == 19].net.median() == pytest.approx(np.exp(4), rel=0.1)
    assert (twin.vat == 7).tolist() == (twin.goods == "food").tolist()


def test_decimals_that_are_listed_have_settings_by_how_they_print():
    rate = rng().choice([0, 0.07, 0.19], N)
    decimals = pa.array([decimal.Decimal(f"{x:.2f}") for x in rate], pa.decimal128(4, 2))
    twin = made(pa.table({"rate": decimals, "x": np.where(rate > 0, rng(1).normal(5, 1, N), rng(2).normal(9, 1, N))}))
    x = twin["x"].to_numpy()[[value == 0 for value in twin["rate"].to_pylist()]]
    assert x.mean() == pytest.approx(9, abs=0.2)


@pytest.mark.parametrize("name", LATTICES)
def test_numbers_on_a_lattice_stay_on_it(name):
    x, size, offset = LATTICES[name]
    columns = drafted({"x": x})
    assert columns["x_step"]["hidden"] is True
    twin = made(pa.table({"x": x}))["x"]
    assert twin.type == pa.array(x).type
    rest = (twin.to_numpy() - offset) / size
    assert np.abs(rest - np.rint(rest)).max() < 1e-9
    assert gap(x, twin.to_numpy()) < 0.06
    said = f"steps of {size}, from {offset}" if offset else f"multiples of {size}"
    assert said in draft(pa.table({"x": x}))


def test_a_lattice_is_kept_in_every_type_with_its_missing_values():
    r = rng()
    table = pa.table(
        {
            "cents": pa.array([decimal.Decimal(int(k)) + decimal.Decimal("0.99") for k in r.integers(1, 60, N)]).cast(
                pa.decimal128(10, 2)
            ),
            "small": pa.array(r.integers(-12, 13, N) * 10, pa.int8()),
            "single": pa.array((r.integers(1, 60, N) * 0.25).astype("f4")),
            "text": [str(k * 5) for k in r.integers(1, 90, N)],
            "gaps": pa.array(r.integers(1, 90, N) * 5, mask=r.random(N) < 0.1),
        }
    )
    twin = made(table)
    assert twin.schema.types == table.schema.types
    assert {str(v)[-3:] for v in twin["cents"].to_pylist()} == {".99"}
    assert not [v for v in twin["text"].to_pylist() if int(v) % 5]
    assert twin["gaps"].null_count / N == pytest.approx(0.1, abs=0.02)


def test_what_ties_a_column_on_a_lattice_to_others_is_kept():
    z = rng().multivariate_normal([0, 0], [[1, 0.7], [0.7, 1]], N).T
    plan = rng(1).choice(["a", "b"], N)
    table = pa.table(
        {
            "score": np.round(10 + 2 * z[0]) * 5,
            "pay": np.exp(z[1]).round(4),
            "plan": plan,
            "fee": np.where(plan == "a", rng(2).poisson(5, N), rng(3).poisson(25, N)) * 10,
            "count": rng(4).integers(1, 40, N),
        }
    )
    table = table.append_column("total", pa.array(table["fee"].to_numpy() * table["count"].to_numpy()))
    assert drafted(table)["pay"]["correlate"] == {"score_step": pytest.approx(0.7, abs=0.05)}
    twin = made(table).to_pandas()
    assert np.corrcoef(twin.score, np.log(twin.pay))[0, 1] == pytest.approx(0.7, abs=0.05)
    assert twin.groupby("plan").fee.mean().tolist() == pytest.approx([50, 250], rel=0.1)
    assert (twin.total == twin.fee * twin["count"]).all()


def test_a_lattice_of_few_numbers_or_in_a_part_is_no_column_of_its_own():
    assert steps(numbers(np.array([10, 20, 40] * 9), 5)) is None
    lists = pa.array([[int(k) * 5 for k in rng(i).integers(1, 80, 3)] for i in range(300)])
    assert list(drafted({"x": lists})) == ["x"]


def test_a_few_numbers_beside_a_lattice_do_not_hide_it():
    x = np.append(rng().integers(1, 200, 990) * 5, [3, 7, 11, 13])
    assert steps(numbers(x, 5)).size == 5
    assert steps(numbers(rng().integers(1, 1000, 990), 5)) is None


def test_positive_whole_numbers_begin_at_one():
    for x in (np.resize(np.arange(1, 301), 1000), rng().integers(1, 1000, 500)):
        assert made(pa.table({"x": x}))["x"].to_numpy().min() >= 1
        assert drafted({"x": x})["x"]["low"] == 1
        assert drafted({"x": -x})["x"]["high"] == -1


@pytest.mark.parametrize(
    "x",
    [
        rng().poisson(4, N),
        rng().integers(5, 80, N),
        rng().normal(10, 3, N).round(0),
        rng().lognormal(3, 1, N),
        np.where(rng().random(N) < 0.3, 40, rng(1).integers(1, 99, N)),
        np.where(rng().random(N) < 0.6, 0.0, rng(1).lognormal(3, 1, N).round(2)),
    ],
)
def test_the_distance_that_is_said_is_that_of_the_rows_that_are_made(x):
    text = draft(pa.table({"x": x}), n=200_000)
    said = re.search(r"# KS ([\d.]+)", text)
    twin = made(pa.table({"x": x}), n=200_000)["x"].to_numpy()
    assert gap(x, twin) == pytest.approx(float(said[1]), abs=0.006) if said else gap(x, twin) < 0.04


@pytest.mark.parametrize(
    ("wanted", "name"),
    [("a/b", "a_b"), ("a.b/c", "a_b_c"), ("a\\b#c", "a_b_c"), ("a\nb", "a_b"), (" ", "table"), ("ä" * 300, "ä" * 100)],
)
def test_a_draft_has_a_name_that_a_table_may_have(wanted, name):
    table = pa.table({"x": rng().integers(0, 9, 60)})
    assert list(drafted(table, name=wanted)) == ["x"]
    assert made(table, name=wanted).num_rows == 60
    assert f'# Named "{name}", not "' in draft(table, name=wanted)
    assert "# Named" not in draft(table, name=name)
