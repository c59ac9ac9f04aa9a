from decimal import Decimal

import numpy as np
import pyarrow as pa
import pytest
from tests.truth._examples_dirt import bills, customers
from tests.truth._spoil import dirty_cells, findings, refused, spoiler, spoilt

N = 20_000
RNG = np.random.default_rng(3)
PEOPLE = customers(np.random.default_rng(1), N)
KINDS = ["decimal-shift", "sign-flip", "unit-spike", "gross", "swapped-digits", "sentinel"]


@pytest.mark.parametrize(
    ("settings", "says"),
    [
        ({"rate": 0.2}, "rate=0.2: expected a share above 0 and at most 0.05; the nearest is 0.05"),
        ({"rate": 0}, "the nearest is 0.001"),
        ({"shifts": [3]}, r"shifts=\[3\]: expected powers of ten other than 1"),
        ({"shifts": []}, "expected at least one number"),
        ({"kind": "unit-spike", "factor": 1}, "factor=1: expected a number above 0, and not 1"),
        (
            {"kind": "unit-spike", "factor": 100},
            "factor=100: is 100 or so near to it that it looks like a moved decimal point, which is kind decimal-shift",
        ),
        ({"kind": "gross", "k": 2}, "k=2: values so near to the mean are no outliers"),
        ({"kind": "gross", "k": 5}, r"k=5: income has usual values as far from the mean; expected 1\d\.?\d* or more"),
        ({"by": ["income"]}, "income is the column itself"),
        ({"column": "channel"}, "channel: is text; expected a column of numbers"),
        ({"column": "same"}, "same: is the same in every row"),
        (
            {"column": "age", "kind": "sentinel", "values": [30]},
            "values: 30 is .* of age by itself; expected .* such as 99",
        ),
        ({"column": "price", "kind": "swapped-digits"}, "price: has numbers with no end of digits"),
        (
            {"column": "small", "kind": "sign-flip"},
            "none of the values can be changed: sign-flip leaves .* uint8 cannot hold",
        ),
    ],
)
def test_what_cannot_be_is_refused(settings, says):
    pilot = PEOPLE | {"same": pa.array(np.ones(N)), "small": pa.array(RNG.integers(1, 200, N), pa.uint8())}
    refused(says, "outliers", pilot, **{"column": "income", **settings})


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize(
    "column",
    [
        pa.array(RNG.integers(10, 120, N), pa.int8()),
        pa.array(RNG.integers(10, 120, N), pa.uint16()),
        pa.array(np.round(RNG.normal(100, 10, N), 2), mask=RNG.random(N) < 0.2),
        pa.array(np.round(RNG.normal(100, 10, N), 1).astype(np.float32)),
        pa.array([Decimal(int(v)) / 100 for v in RNG.integers(1000, 99_999, N)], pa.decimal128(7, 2)),
    ],
    ids=["int8", "uint16", "float with gaps", "float32", "decimal"],
)
def test_types_gaps_and_the_share_are_kept(kind, column):
    if (kind, column.type) in (("sign-flip", pa.uint16()), ("swapped-digits", pa.float32()), ("gross", pa.int8())):
        return refused(
            "none of the values can be changed|no end of digits", "outliers", {"x": column}, column="x", kind=kind
        )
    values = [-1 if column.type == pa.int8() else 9999]
    plant = spoiler("outliers", column="x", kind=kind, rate=0.05, values=values, factor=0.4)
    table, changes, _ = spoilt(plant, {"x": column})
    assert table["x"].null_count == column.null_count
    present = N - column.null_count
    assert abs(dirty_cells(changes) / present - 0.05) < 5 * np.sqrt(0.05 * 0.95 / present)


def test_the_share_holds_though_half_the_values_cannot_be_changed():
    x = pa.array(np.where(RNG.random(N) < 0.5, 0.0, RNG.gamma(2, 3, N)))
    _, changes, _ = spoilt(spoiler("outliers", column="x", kind="sign-flip", rate=0.04), {"x": x})
    assert abs(dirty_cells(changes) / N - 0.04) < 0.007


@pytest.mark.parametrize(
    ("columns", "settings"),
    [
        ({"x": pa.array(RNG.lognormal(3, 2, N))}, {"kind": "decimal-shift"}),  # a place more is nothing here
        ({"x": pa.array(RNG.normal(0, 1, N))}, {"kind": "sign-flip"}),
        ({"x": PEOPLE["age"]}, {"kind": "swapped-digits"}),
        ({"x": pa.array(RNG.lognormal(3, 1, N))}, {"kind": "unit-spike", "factor": 1.5}),
    ],
)
def test_no_facts_are_asked_for_that_nobody_can_find(columns, settings):
    plant = spoiler("outliers", column="x", **settings)
    _, changes, calibration = spoilt(plant, columns)
    assert dirty_cells(changes) > 0
    assert plant.facts(calibration) == []
    assert "Too many of them lie among usual values" in plant.how(calibration)


def test_what_other_columns_say_makes_a_wide_column_narrow():
    columns = bills(np.random.default_rng(4), 4000)
    plant = spoiler("outliers", column="total", by=["quantity", "unit_price"], shifts=[10])
    table, changes, calibration = spoilt(plant, columns)
    assert {fact.name for fact in plant.facts(calibration)} == {"rate", "kind"}
    found = findings(plant, table)
    assert found["kind"].estimate == "decimal-shift"
    assert abs(found["rate"].estimate * 4000 - dirty_cells(changes)) < 2


def test_gross_values_of_a_lopsided_column_are_beyond_its_tail():
    plant = spoiler("outliers", column="income", kind="gross")
    table, changes, calibration = spoilt(plant, PEOPLE)
    assert calibration["k"] > 12
    found = findings(plant, table)
    assert found["kind"].estimate == "gross"
    assert abs(found["rate"].estimate * N - dirty_cells(changes)) < 15


def test_swapped_digits_of_a_number_are_a_multiple_of_nine_away():
    columns = bills(np.random.default_rng(4), 4000)
    _, changes, _ = spoilt(spoiler("outliers", column="total", kind="swapped-digits", by=["quantity"]), columns)
    cents = [(100 * np.array(side.to_pylist())).round().astype(int) for side in (changes[0].clean, changes[0].dirty)]
    assert len(cents[0])
    assert ((cents[1] - cents[0]) % 9 == 0).all()
    assert all(sorted(str(a)) == sorted(str(b)) for a, b in zip(*cents, strict=True))


@pytest.mark.parametrize(
    "x",
    [RNG.normal(5, 1, N), RNG.lognormal(3, 1, N), RNG.gamma(2, 2, N), RNG.uniform(0, 9, N), RNG.poisson(3, N) * 1.0],
    ids=["normal", "lognormal", "gamma", "uniform", "poisson"],
)
def test_usual_columns_have_hardly_any_outliers(x):
    plant = spoiler("outliers", column="x")
    assert findings(plant, pa.table({"x": x}))["rate"].estimate < 0.001


def test_few_or_no_values_are_no_fault():
    plant = spoiler("outliers", column="x")
    for n in (0, 1, 5):
        assert findings(plant, pa.table({"x": np.arange(n) * 1.0}))["rate"].estimate is None
    assert findings(plant, pa.table({"x": np.ones(50)}))["rate"].estimate == 0


SMALL = {
    "count": pa.array(np.random.default_rng(5).poisson(40, 4000)),
    "money": pa.array(np.round(np.random.default_rng(6).lognormal(3.3, 0.35, 4000), 2)),
}


@pytest.mark.parametrize(
    ("column", "settings"),
    [
        ("count", {"shifts": [10, 100, 0.1]}),  # 0.1 makes many of the same 4
        ("count", {"shifts": [0.1]}),
        ("money", {"shifts": [100]}),  # a factor of 100 too, as likely
        ("money", {"kind": "unit-spike", "factor": 14}),
        ("count", {"kind": "sentinel", "values": [0, 5]}),
    ],
)
def test_like_stories_are_told_apart_in_any_seed(column, settings):
    plant = spoiler("outliers", column="x", **settings)
    columns = {"x": SMALL[column]}
    for seed in range(12):
        table, changes, _ = spoilt(plant, columns, seed=seed, pilot={"x": SMALL[column]})
        found = findings(plant, table)
        assert found["kind"].estimate == plant.kind
        assert found["rate"].estimate == pytest.approx(dirty_cells(changes) / 4000, rel=0.12)


def test_a_factor_near_a_power_of_ten_is_one_where_other_columns_tell_them_apart():
    refused(
        "expected one such as 6.31 or 15.8", "outliers", {"x": SMALL["money"]}, column="x", kind="unit-spike", factor=12
    )
    columns = bills(np.random.default_rng(4), 4000)
    plant = spoiler("outliers", column="total", kind="unit-spike", factor=12, by=["quantity", "unit_price"])
    assert findings(plant, spoilt(plant, columns)[0])["factor"].estimate == pytest.approx(12, rel=0.02)
