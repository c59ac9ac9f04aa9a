"""Columns of child tables that follow from the row before of the same parent: stocks, statements, registers, balances."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

import rowsmith as rs
from rowsmith import Schema


def store(products=80, seed=1):
    """Movements of products with a stock that is filled when it is low, day and hour as text."""
    rng, rows = np.random.default_rng(seed), []
    parents = pd.DataFrame({"sku": [f"A{100 + k}" for k in range(products)], "fresh": rng.random(products) < 0.5})
    for k in range(products):
        stock, at = 0, pd.Timestamp("2024-01-02")
        for _ in range(rng.integers(10, 25)):
            pieces = 60 if stock < 15 else -int(min(stock, rng.integers(1, 30)))
            stock += pieces
            rows.append(
                (parents["sku"][k], at.strftime("%d.%m.%Y %H:%M"), "in" if pieces > 0 else "out", pieces, stock)
            )
            at += pd.Timedelta(hours=int(rng.integers(1, 60 if parents["fresh"][k] else 200)))
    moves = pd.DataFrame(rows, columns=["sku", "at", "kind", "pieces", "stock"])
    return {"products": parents, "moves": moves}


def accounts(n=90, seed=2):
    """Bookings of accounts, all in the order of time: a balance that never is negative, and a day of value that is never before."""
    rng, rows = np.random.default_rng(seed), []
    parents = pd.DataFrame({"account": np.arange(1, n + 1), "branch": rng.choice(["north", "south"], n)})
    for k in range(n):
        balance, day = (
            round(float(rng.uniform(200, 900)), 2),
            pd.Timestamp("2024-01-01") + pd.Timedelta(days=int(rng.integers(0, 9))),
        )
        for i in range(rng.integers(8, 20)):
            credit = round(float(rng.gamma(2, 60)), 2) if rng.random() < 0.4 else 0.0
            debit = 0.0 if credit else round(min(float(rng.gamma(2, 40)), balance), 2)
            if i:
                balance = round(balance + credit - debit, 2)
            rows.append((k + 1, day, day + pd.Timedelta(days=int(rng.integers(0, 3))), credit, debit, balance))
            day += pd.Timedelta(days=int(rng.integers(1, 12)))
    columns = ["account", "booked", "valued", "credit", "debit", "balance"]
    bookings = pd.DataFrame(rows, columns=columns).sort_values(["booked", "account"], ignore_index=True)
    return {"accounts": parents, "bookings": bookings}


def statements(n=80, seed=3):
    """Monthly statements: the opening balance is the last closing one."""
    rng = np.random.default_rng(seed)
    net = rng.normal(0, 100, (n, 12)).round(2)
    closing = (rng.uniform(2e3, 9e3, (n, 1)).round(2) + net.cumsum(axis=1)).round(2)
    parents = pd.DataFrame({"account": np.arange(1, n + 1), "kind": rng.choice(["a", "b"], n)})
    whose = {
        "account": np.repeat(parents["account"], 12).to_numpy(),
        "month": [f"2024-{m:02d}" for m in range(1, 13)] * n,
    }
    columns = {"opening": (closing - net).round(2), "net": net, "closing": closing}
    return {"accounts": parents, "statements": pd.DataFrame(whose | {c: v.ravel() for c, v in columns.items()})}


def before(frame, entity, column):
    return frame.groupby(entity)[column].shift()


def in_order(moves):
    at = pd.to_datetime(moves["at"], format="%d.%m.%Y %H:%M")
    return moves.assign(when=at).sort_values(["sku", "when"], kind="stable")


def test_a_stock_is_the_last_one_and_what_came_or_went():
    model = rs.fit(store(), seed=1)
    assert model.schema.tables["moves"].follows == {"stock": "coalesce(previous.stock, 0) + pieces"}
    assert any("moves.stock = coalesce(previous.stock, 0) + pieces" in note for note in model.notes)
    twin = model.sample(seed=2, scale=2)
    moves = in_order(twin["moves"])
    last = before(moves, "sku", "stock").fillna(0)
    assert len(twin["products"]) == 160
    assert (last + moves["pieces"] == moves["stock"]).all()
    assert (moves["stock"] >= 0).all()
    assert ((last < 15)[moves["kind"] == "in"]).mean() > 0.7  # the stock is seen when the next row is drawn
    assert moves["when"].diff()[last > 0].min() >= pd.Timedelta(0)


def test_a_saved_model_draws_the_same(tmp_path):
    model = rs.fit(store(), seed=1)
    model.save(tmp_path / "model")
    one, other = model.sample(seed=4), rs.load(tmp_path / "model").sample(seed=4)
    assert all(one[name].equals(other[name]) for name in one)


def test_a_balance_follows_by_the_order_of_time_and_never_is_negative():
    data = accounts()
    model = rs.fit(data, seed=1)
    assert model.schema.tables["bookings"].follows == {"balance": "round(previous.balance + credit - debit, 2)"}
    rows = model.sample(seed=2)["bookings"].sort_values(["account", "booked"], kind="stable")
    step = rows["balance"] - before(rows, "account", "balance")
    assert ((step - rows["credit"] + rows["debit"]).abs() < 1e-6)[step.notna()].all()
    assert (rows[["balance", "credit", "debit"]] >= 0).all(axis=None)
    assert (rows["valued"] >= rows["booked"]).all()
    first = rows.groupby("account")["balance"].first()
    assert first.between(150, 1_000).all()  # learnt from those of real accounts


def test_a_chain_of_statements_holds():
    model = rs.fit(statements(), seed=1)
    rows = model.sample(seed=2)["statements"].sort_values(["account", "month"], kind="stable")
    last = before(rows, "account", "closing")
    assert (last == rows["opening"])[last.notna()].all()
    assert np.allclose(rows["opening"] + rows["net"], rows["closing"], atol=1e-6)
    assert (rows["closing"].round(2) == rows["closing"]).all()


def test_rows_without_a_parent_have_none_before_them():
    data = store()
    loose = data["moves"].sample(60, random_state=1).index
    kept = data["moves"].drop(loose)
    alone = pd.DataFrame(
        {"sku": None, "at": "03.03.2024 08:00", "kind": "in", "pieces": range(10, 40), "stock": range(10, 40)}
    )
    moves = pd.concat([kept.assign(stock=kept.groupby("sku")["pieces"].cumsum()), alone], ignore_index=True)
    twin = rs.fit({**data, "moves": moves}, seed=1).sample(seed=2)["moves"]
    assert twin["sku"].isna().any()
    assert (twin["stock"] == twin["pieces"])[twin["sku"].isna()].all()
    linked = in_order(twin[twin["sku"].notna()])
    assert (before(linked, "sku", "stock").fillna(0) + linked["pieces"] == linked["stock"]).all()


def test_a_report_looks_at_formulas_over_the_row_before():
    data = store()
    model = rs.fit(data, seed=1)
    spoilt = {**data, "moves": data["moves"].assign(stock=data["moves"]["stock"] + np.arange(len(data["moves"])) % 2)}
    for twin, broken in ((model.sample(seed=3), 0.0), (spoilt, 0.9)):
        report = rs.evaluate(data, twin, schema=model.schema)
        rules = next(m for m in report.summary.measures if m.measure == "rules")
        assert rules.figures[0].value == pytest.approx(broken, abs=0.15 if broken else 0)


def test_nothing_follows_where_nothing_did():
    data = store()
    free = {**data, "moves": data["moves"].assign(stock=np.random.default_rng(1).integers(0, 200, len(data["moves"])))}
    model = rs.fit(free, seed=1)
    assert not model.schema.tables["moves"].follows
    assert not any("row before" in note for note in model.notes)


def test_what_does_not_hold_is_said():
    data = store()
    known = rs.inspect(data).tables
    said = Schema(tables={**known, "moves": replace(known["moves"], follows={"stock": "previous.stock - pieces"})})
    model = rs.fit(data, schema=said, seed=1)
    assert any("moves.follows: is not kept" in note for note in model.notes)
    assert not model.schema.tables["moves"].follows
