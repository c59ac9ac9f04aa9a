"""Columns of sequences that follow from the row before: registers, stocks, statements; computed in each row, never below their end."""

from decimal import Decimal

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest

import rowsmith as rs
from rowsmith import Schema, SpecError

MONTHS = [f"2024-{m:02d}" for m in range(1, 13)]


def meters(entities=40, rows=48, seed=3):
    """What meters read, hour by hour; of some hours it is not known how much was used."""
    rng = np.random.default_rng(seed)
    used = (rng.lognormal(0, 0.3, (entities, 1)) * rng.lognormal(0, 0.4, (entities, rows))).round(2)
    read = (rng.uniform(1e3, 9e3, (entities, 1)).round(2) + used.cumsum(axis=1)).round(2)
    hours = pd.date_range("2024-03-04", periods=rows, freq="h")
    return pd.DataFrame(
        {
            "meter": np.repeat(np.arange(entities), rows),
            "at": list(hours) * entities,
            "used": used.ravel(),
            "read": read.ravel(),
        }
    )


def store(entities=60, seed=1):
    """A stock that is filled when it is low, and from which no more goes out than there is."""
    rng, rows = np.random.default_rng(seed), []
    for k in range(entities):
        stock, at = 0, pd.Timestamp("2024-01-02")
        for _ in range(rng.integers(15, 30)):
            pieces = 60 if stock < 15 else -int(min(stock, rng.integers(1, 30)))
            stock += pieces
            rows.append((k, at, "in" if pieces > 0 else "out", pieces, stock))
            at += pd.Timedelta(hours=int(rng.integers(1, 90)))
    return pd.DataFrame(rows, columns=["sku", "at", "kind", "pieces", "stock"])


def statements(entities=80, seed=2):
    """Monthly statements, which begin where the last one ended."""
    rng = np.random.default_rng(seed)
    came, went = rng.gamma(2, 100, (2, entities, 12)).round(2)
    closing = (rng.uniform(2e3, 9e3, (entities, 1)).round(2) + (came - went).cumsum(axis=1)).round(2)
    opening = (closing - came + went).round(2)
    columns = {"opening": opening, "came": came, "went": went, "closing": closing}
    whose = {"account": np.repeat(np.arange(entities), 12), "month": MONTHS * entities}
    return pd.DataFrame(whose | {n: v.ravel() for n, v in columns.items()})


def before(frame, entity, column):
    return frame.groupby(entity)[column].shift()


def off(frame, entity):
    """Rows that are off from what follows from the row before, of readings."""
    step = frame["read"] - before(frame, entity, "read")
    return ((step - frame["used"]).abs() > 1e-6)[step.notna()]


def test_a_register_is_the_last_one_and_what_was_used():
    real = meters()
    assert rs.inspect(real, entity="meter", time="at").only[1].follows == {"read": "round(previous.read + used, 2)"}
    model = rs.fit(real, entity="meter", time="at", seed=1)
    twin = model.sample(seed=2)
    assert not off(twin, "meter").any()
    assert (twin["read"].round(2) == twin["read"]).all()  # the nearest float of what is typed
    assert twin["read"].between(500, 12_000).all()
    assert twin["used"].mean() == pytest.approx(real["used"].mean(), rel=0.15)


def test_rows_are_the_same_in_a_file_and_on_any_number_of_workers(tmp_path):
    model = rs.fit(meters(), entity="meter", time="at", seed=1)
    model.save(tmp_path / "model")
    drawn = [
        m.sample(entities=90, seed=5, workers=w) for m, w in ((model, 1), (model, 2), (rs.load(tmp_path / "model"), 1))
    ]
    assert drawn[0].equals(drawn[1])
    assert drawn[0].equals(drawn[2])


def test_what_comes_after_known_rows_goes_on_from_them():
    real = store()
    model = rs.fit(real, entity="sku", time="at", seed=1)
    known = real[real.groupby("sku").cumcount() < 10]
    both = pd.concat([known, model.sample(known=known, steps=6, seed=3)]).sort_values(["sku", "at"], kind="stable")
    assert len(both) == 16 * 60
    assert (before(both, "sku", "stock").fillna(0) + both["pieces"] == both["stock"]).all()


def test_a_stock_begins_with_what_came_and_never_falls_below_zero():
    real = store()
    model = rs.fit(real, entity="sku", time="at", seed=1)
    assert model.schema.only[1].follows == {"stock": "coalesce(previous.stock, 0) + pieces"}
    twin = model.sample(entities=200, seed=2)
    last = before(twin, "sku", "stock").fillna(0)
    assert (last + twin["pieces"] == twin["stock"]).all()
    assert (twin["stock"] >= 0).all()
    low = (last[twin["kind"] == "in"] < 15).mean()
    assert low > 0.8  # it is filled when it is low: the stock before is seen when a row is drawn


def test_a_level_stays_between_ends_at_which_it_often_is():
    rng = np.random.default_rng(6)
    rows = []
    for k in range(60):
        charge = int(rng.integers(20, 80))
        for hour in range(60):
            wanted = int(rng.integers(0, 25)) if hour % 24 < 12 else -int(rng.integers(0, 25))
            change = min(max(charge + wanted, 0), 100) - charge if hour else 0
            charge += change
            rows.append((k, hour, change, charge))
    real = pd.DataFrame(rows, columns=["battery", "hour", "change", "charge"])
    model = rs.fit(real, entity="battery", time="hour", seed=1)
    assert model.schema.only[1].follows == {"charge": "previous.charge + change"}
    twin = model.sample(seed=2)
    assert twin["charge"].between(0, 100).all()
    assert (twin["charge"] == 100).mean() == pytest.approx((real["charge"] == 100).mean(), abs=0.12)


def test_columns_of_several_types_add_up():
    real = store()
    money = pa.array([Decimal(int(pieces)) / 4 for pieces in real["pieces"]], pa.decimal128(12, 2))
    worth = pa.array(real["stock"] / 4 + 3)
    rows = pa.table(
        {"sku": real["sku"], "at": pa.array(real["at"]), "kind": real["kind"], "money": money, "worth": worth}
    )
    twin = rs.fit(rows, entity="sku", time="at", seed=1).sample(seed=2).to_pandas()
    step = twin["worth"] - before(twin, "sku", "worth")
    assert ((step - twin["money"].astype(float)).abs() < 1e-9)[step.notna()].all()
    assert twin["worth"].between(0, 110).all()


def test_a_chain_over_the_row_and_the_row_before_holds_in_every_row():
    real = statements()
    known = rs.inspect(real, entity="account", time="month").only[1]
    assert known.follows == {"opening": "previous.closing"}
    twin = rs.fit(real, entity="account", time="month", seed=1).sample(seed=2)
    last = before(twin, "account", "closing")
    assert (last == twin["opening"])[last.notna()].all()
    assert np.allclose(twin["opening"] + twin["came"] - twin["went"], twin["closing"], atol=1e-6)


def test_a_running_total_adds_what_a_rule_computes(tmp_path):
    rng = np.random.default_rng(5)
    real = statements()[["account", "month"]]
    real["pieces"], real["price"] = rng.integers(1, 20, len(real)), rng.gamma(3, 5, len(real)).round(2)
    real["amount"] = (real["pieces"] * real["price"]).round(2)
    start = rng.uniform(100, 900, 80).round(2).repeat(12)
    real["total"] = (real.groupby("account")["amount"].cumsum() + start).round(2)
    model = rs.fit(real, entity="account", time="month", seed=1)
    assert model.schema.only[1].follows == {"total": "round(previous.total + amount, 2)"}
    model.save(tmp_path / "model")
    twin = rs.load(tmp_path / "model").sample(seed=2)
    known = real[real.groupby("account").cumcount() < 6]
    both = pd.concat([known, model.sample(known=known, steps=3, seed=1)]).sort_values(["account", "month"])
    for rows in (twin, both):
        step = rows["total"] - before(rows, "account", "total")
        assert ((step - rows["amount"]).abs() < 1e-6)[step.notna()].all()
        assert np.allclose(rows["pieces"] * rows["price"], rows["amount"], atol=1e-6)
    assert twin["total"].between(50, 9_000).all()


def test_what_is_missing_is_learnt_and_the_register_goes_on():
    real = meters()
    real["state"] = np.where(np.random.default_rng(8).random(len(real)) < 0.06, "fault", "ok")
    real.loc[real["state"] == "fault", "used"] = None
    twin = rs.fit(real, entity="meter", time="at", seed=1).sample(seed=2)
    step = twin["read"] - before(twin, "meter", "read")
    there = twin["used"].notna()
    assert (there == (twin["state"] == "ok")).all()
    assert ((step - twin["used"]).abs() < 1e-6)[there & step.notna()].all()
    assert step[~there & step.notna()].mean() == pytest.approx(twin["used"].mean(), rel=0.5)


def test_slips_come_about_as_often_as_in_the_real_rows():
    real = meters(80)
    later = np.flatnonzero(real.groupby("meter").cumcount() > 0)
    slips = np.random.default_rng(1).choice(later, len(real) // 120, replace=False)
    real.loc[slips, "used"] = (real.loc[slips, "used"] + 1).round(2)
    twin = rs.fit(real, entity="meter", time="at", seed=1).sample(seed=2)
    assert 0 < off(twin, "meter").mean() < 3 * off(real, "meter").mean()


def test_the_missing_part_of_a_sum_is_worked_out():
    real = store()
    gone = np.random.default_rng(5).random((len(real), 2)) < 0.1
    gone[(real.groupby("sku").cumcount() == 0).to_numpy()] = False
    holes = real.assign(
        pieces=real["pieces"].mask(gone[:, 0]).astype("Int64"), stock=real["stock"].mask(gone[:, 1]).astype("Int64")
    )
    filled = rs.impute(holes, entity="sku", time="at", seed=1).frame
    alone = gone.sum(axis=1) == 1
    near = gone.any(axis=1) & ~pd.Series(gone.any(axis=1)).shift(fill_value=False) & alone
    assert (filled["stock"] == real["stock"])[near].all()
    assert (filled["pieces"] == real["pieces"])[near].all()


def test_a_report_looks_at_formulas_over_the_row_before():
    real = store()
    schema = rs.inspect(real, entity="sku", time="at")
    good = rs.evaluate(real, rs.fit(real, entity="sku", time="at").sample(seed=1), schema=schema)
    bad = rs.evaluate(real, real.assign(stock=real["stock"] + np.arange(len(real)) % 2), schema=schema)
    shares = [next(m for m in r.summary.measures if m.measure == "rules").figures[0].value for r in (good, bad)]
    assert shares[0] == 0
    assert shares[1] > 0.5


def test_a_schema_says_what_follows_or_that_nothing_does():
    real = meters()
    found = rs.inspect(real, entity="meter", time="at")
    without = Schema.from_yaml(found.to_yaml().replace("read: round(previous.read + used, 2)", "{}"))
    assert off(rs.fit(real, schema=without).sample(seed=1), "meter").any()
    wrong = Schema.from_yaml(found.to_yaml().replace("previous.read + used", "previous.read * used"))
    with pytest.raises(SpecError, match=r"tables\.table\.follows\.read=.*expected a sum"):
        rs.fit(real, schema=wrong)
    tied = found.to_yaml() + "\n    rules:\n      r: read >= used\n"
    with pytest.raises(SpecError, match="a rule ties read"):
        rs.fit(real, schema=Schema.from_yaml(tied))


def test_rows_that_are_no_sequences_follow_no_others():
    real = meters(5)
    schema = rs.inspect(real, entity="meter", time="at").to_yaml()
    plain = Schema.from_yaml(schema[: schema.index("    sequence:")])
    with pytest.raises(SpecError, match=r"tables\.table\.follows: rows follow each other in sequences only"):
        rs.fit(real, schema=plain)


def test_a_scenario_moves_what_is_added_up_and_the_level_follows():
    model = rs.fit(meters(), entity="meter", time="at", seed=1)
    with pytest.raises(SpecError, match="read=5: is computed from the row before"):
        model.sample(shift={"read": 5})
    plain, more = model.sample(seed=3), model.sample(shift={"used": 0.3}, seed=3)
    assert more["used"].mean() - plain["used"].mean() == pytest.approx(0.3, abs=0.1)
    assert not off(more, "meter").any()
