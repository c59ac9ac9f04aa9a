"""Baskets of customers, some of whom nobody knows."""

import numpy as np
import pyarrow as pa
import pytest

import rowsmith as rs

KNOWN = 0.6


def sales(n=1500, seed=2):
    """Receipts, most of them of one of 300 customers, who have a card or none; others are of nobody known."""
    rng = np.random.default_rng(seed)
    card = rng.choice(["none", "silver", "gold"], 300, p=[0.5, 0.3, 0.2])
    usual = rng.integers(30, size=300)
    rows = []
    for r in range(n):
        who = int(rng.integers(300)) if rng.random() < KNOWN else None
        items = {int(i) for i in rng.integers(30, size=1 + int(rng.integers(4)))}
        if who is not None and rng.random() < 0.8:
            items.add(int(usual[who]))
        for i in sorted(items):
            own = (None, None) if who is None else (f"C{1000 + who}", str(card[who]))
            rows.append((f"R{r:05}", *own, f"P{i:02}"))
    return pa.table(
        dict(zip(["receipt", "customer", "card", "product"], map(list, zip(*rows, strict=True)), strict=True))
    )


OPTIONS = {"basket": "receipt", "item": "product", "entity": "customer"}


@pytest.fixture(scope="module")
def model():
    return rs.fit(sales(), **OPTIONS)


@pytest.fixture(scope="module")
def twin(model):
    return model.sample().to_pandas()


def test_as_many_baskets_are_of_nobody_known(twin):
    known = twin.groupby("receipt")["customer"].first().notna()
    assert abs(known.mean() - KNOWN) < 0.06
    assert list(twin.columns) == sales().column_names


def test_known_customers_come_back_and_keep_what_is_theirs(twin):
    known = twin[twin["customer"].notna()]
    real = sales().to_pandas().dropna(subset=["customer"])
    assert (known.groupby("customer")["card"].nunique(dropna=False) == 1).all()
    wanted, found = (t.groupby("customer")["receipt"].nunique().mean() for t in (real, known))
    assert found == pytest.approx(wanted, rel=0.15)
    counts = known.groupby(["customer", "product"])["receipt"].nunique()
    assert (counts > 1).mean() > 0.5 * (real.groupby(["customer", "product"])["receipt"].nunique() > 1).mean()


def test_who_is_not_known_has_no_card(twin):
    assert twin.loc[twin["customer"].isna(), "card"].isna().all()
    assert twin.loc[twin["customer"].notna(), "card"].notna().all()


def test_the_same_rows_on_any_number_of_workers_and_after_saving(model, tmp_path):
    model.save(tmp_path / "m.rowsmith")
    again = rs.load(tmp_path / "m.rowsmith")
    assert again.sample(entities=200, seed=4, workers=2).equals(model.sample(entities=200, seed=4))


def test_a_schema_says_so_too_and_a_report_judges_them(twin):
    real = sales()
    schema = rs.inspect(real, **OPTIONS)
    again = rs.fit(real, schema=rs.Schema.from_yaml(schema.to_yaml())).sample(entities=400)
    assert 0 < again["customer"].null_count < again.num_rows
    summary = rs.evaluate(real.to_pandas(), twin, **OPTIONS).summary
    assert "whole_customers" in [row.measure for row in summary.measures]


def test_what_nobody_has_is_no_customer():
    real = sales(60)
    nobody = real.set_column(1, "customer", pa.nulls(real.num_rows, pa.string()))
    with pytest.raises(rs.DataError, match="'customer': is missing in"):
        rs.fit(nobody, **OPTIONS)
    with pytest.raises(rs.DataError, match="is missing in"):
        rs.fit(real, basket="receipt", item="product", entity=["customer", "card"])
