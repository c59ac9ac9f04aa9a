"""Columns that are products and ratios of others are found, computed, and nothing else is taken for one."""

from __future__ import annotations

from decimal import ROUND_HALF_UP, Decimal

import numpy as np
import pyarrow as pa
import pytest

import rowsmith as rs

N = 800


def sales(n=N, seed=0):
    r = np.random.default_rng(seed)
    return {
        "pieces": r.integers(1, 12, n),
        "price": np.round(np.exp(r.normal(3, 1, n)), 2),
        "discount": r.choice([0.0, 0.05, 0.1, 0.125, 0.25], n),
        "vat": r.choice([0, 7, 19], n),
        "height": np.round(r.normal(1.72, 0.1, n), 2),
        "weight": np.round(r.normal(75, 12, n), 1),
        "length": r.integers(3, 90, n),
        "noise": r.normal(size=n),
    }


def half_up(values, places):
    unit = Decimal(1).scaleb(-places)
    return np.array([float(Decimal(repr(v)).quantize(unit, ROUND_HALF_UP)) for v in np.round(values, 9).tolist()])


MADE = {
    "pieces * price * (1 - discount)": lambda t: t["pieces"] * t["price"] * (1 - t["discount"]),
    "price * vat / 100": lambda t: t["price"] * t["vat"] / 100,
    "price * (1 + vat / 100)": lambda t: t["price"] * (1 + t["vat"] / 100),
    "pieces * price * (1 + vat / 100)": lambda t: t["pieces"] * t["price"] * (1 + t["vat"] / 100),
    "price * (1 - discount)": lambda t: t["price"] * (1 - t["discount"]),
    "pieces * price * height": lambda t: t["pieces"] * t["price"] * t["height"],
    "weight / (height * height)": lambda t: t["weight"] / t["height"] ** 2,
    "weight / length": lambda t: t["weight"] / t["length"],
    "price * weight": lambda t: t["price"] * t["weight"],
    "pieces * price - weight": lambda t: t["pieces"] * t["price"] - t["weight"],
    "price * height + noise": lambda t: t["price"] * t["height"] + t["noise"],
}


def rules_of(table):
    found = rs.inspect(pa.table(table), name="t").only[1]
    return set(found.rules.values()), found.proposed


@pytest.mark.parametrize("rounded", [np.round, half_up], ids=["to-even", "half-up"])
@pytest.mark.parametrize("formula", MADE)
def test_each_form_is_found_however_halves_were_rounded(formula, rounded):
    table = sales()
    table["result"] = rounded(MADE[formula](table), 2)
    assert rules_of(table) == ({f"result = round({formula}, 2)"}, {})


def test_the_factor_that_matters_in_few_rows_is_not_left_out():
    table = sales()
    table["discount"] = np.where(np.arange(N) % 90 == 0, 0.2, 0.0)  # 1 % of the rows
    table["result"] = np.round(table["pieces"] * table["price"] * (1 - table["discount"]), 2)
    assert rules_of(table)[0] == {"result = round(pieces * price * (1 - discount), 2)"}


def test_a_product_that_some_rows_break_is_only_proposed():
    table = sales()
    table["result"] = np.round(table["pieces"] * table["price"] * (1 - table["discount"]), 2)
    table["result"][5] += 3
    applied, proposed = rules_of(table)
    assert not applied
    assert "result = round(pieces * price * (1 - discount), 2)" in str(proposed)


@pytest.mark.parametrize("seed", range(5))
def test_numbers_that_have_nothing_to_do_with_each_other_are_no_products(seed):
    r = np.random.default_rng(seed)
    small = {f"n{i}": r.integers(0, 12, N) for i in range(8)}
    shares = {f"s{i}": np.round(r.random(N), 1) for i in range(8)}
    assert rules_of(small | shares) == (set(), {})


def test_what_is_drawn_keeps_the_formula_to_the_cent():
    table = sales()
    table["net"] = np.round(table["pieces"] * table["price"] * (1 - table["discount"]), 2)
    table["gross"] = half_up(table["net"] * (1 + table["vat"] / 100), 2)
    drawn = rs.fit(pa.table(table)).sample(3_000, seed=2)
    t = {name: np.asarray(drawn[name]) for name in table}
    net = t["pieces"] * t["price"] * (1 - t["discount"])
    assert np.abs(t["net"] - net).max() < 0.00501
    assert np.abs(t["gross"] - t["net"] * (1 + t["vat"] / 100)).max() < 0.00501


def test_a_tax_is_what_a_total_has_more():
    table = {name: values for name, values in sales().items() if name in ("price", "vat", "noise")}
    table["tax"] = np.round(table["price"] * table["vat"] / 100, 2)
    table["gross"] = np.round(table["price"] + table["tax"], 2)
    assert rules_of(table) == ({"gross = round(price * (1 + vat / 100), 2)", "tax = round(gross - price, 2)"}, {})


def test_a_name_may_hold_what_parts_a_rule():
    table = {name: values for name, values in sales().items() if name in ("pieces", "price", "discount")}
    table["net = of all"] = half_up(table["pieces"] * table["price"] * (1 - table["discount"]), 2)
    assert rules_of(table) == ({'"net = of all" = round(pieces * price * (1 - discount), 2)'}, {})
