"""Columns that are those of one row that points to one: the last one's, the first one's, the greatest."""

import numpy as np
import pyarrow as pa
import pytest

import rowsmith as rs

N = 300
SCHEMA = "{rowsmith: 1, tables: {accounts: {primary_key: [no]}, events: {primary_key: [event], foreign_keys: {no: accounts.no}}}}"
FORM = "%d.%m.%Y %H:%M"


def bank(seed=0, *, slip=False, text=False):
    """Accounts, some without events, that say when the last event was, how it left them, the greatest amount, and the first day."""
    r = np.random.default_rng(seed)
    count = r.poisson(4, N)
    up = np.repeat(np.arange(N), count)
    m = len(up)
    at = np.datetime64("2024-01-01T00:00", "us") + (r.permutation(400_000)[:m]).astype("timedelta64[m]")
    state, amount = r.choice(["open", "blocked", "closed"], m, p=[0.6, 0.15, 0.25]), np.round(r.gamma(2, 40, m), 2)
    order = np.lexsort((at, up))
    first, last = np.full(N, -1), np.full(N, -1)
    last[up[order]], first[up[order[::-1]]] = order, order[::-1]
    none = count == 0
    most = np.zeros(N)
    np.maximum.at(most, up, amount)

    def of(values, rows):
        return pa.array(values[rows], mask=none)

    at_text = np.array([t.astype(object).strftime(FORM) for t in at])
    accounts = {
        "no": np.arange(N),
        "kind": r.choice(["giro", "savings"], N),
        "last_at": of(at_text, last) if text else of(at, last),
        "first_day": of(at.astype("datetime64[D]"), first),
        "state": pa.array(np.where(none, "new", state[last])),
        "most": pa.array(np.where(np.arange(N) == 7, 1.0, most) if slip else most, mask=none),
    }
    events = {"event": np.arange(m), "no": up, "at": at_text if text else at, "state": state, "amount": amount}
    return {"accounts": pa.table(accounts), "events": pa.table(events)}


def whole(tables):
    accounts, events = (tables[name].to_pandas() for name in ("accounts", "events"))
    if events["at"].dtype.kind != "M":
        import pandas as pd

        events["at"], accounts["last_at"] = (
            pd.to_datetime(x, format=FORM) for x in (events["at"], accounts["last_at"])
        )
    events = events.sort_values(["no", "at"], kind="stable").groupby("no")
    has = accounts["no"].isin(events.groups)
    accounts = accounts[has].set_index("no")
    said = {"last_at": events["at"].last(), "state": events["state"].last(), "most": events["amount"].max()}
    out = {name: float((accounts[name] == values.reindex(accounts.index)).mean()) for name, values in said.items()}
    days = accounts["first_day"].astype(str) == events["at"].first().dt.date.astype(str).reindex(accounts.index)
    return out | {"first_day": float(days.mean()), "has": float(has.mean())}


@pytest.mark.parametrize("text", [False, True])
def test_they_are_those_of_the_drawn_row(text, tmp_path):
    real = bank(text=text)
    assert whole(real) == {"last_at": 1, "state": 1, "most": 1, "first_day": 1, "has": whole(real)["has"]}
    model = rs.fit(real, schema=rs.Schema.from_yaml(SCHEMA))
    model.save(tmp_path / "m.rowsmith")
    twin = model.sample(seed=1, scale=2)
    found = whole(twin)
    assert {found[name] for name in ("last_at", "state", "most")} == {1}
    assert found["first_day"] == 1
    assert found["has"] == pytest.approx(whole(real)["has"], abs=0.03)
    assert twin["events"]["at"].null_count == 0
    has = np.isin(twin["accounts"]["no"].to_numpy(), twin["events"]["no"].to_numpy())
    assert (twin["accounts"]["most"].is_valid().to_numpy() == has).all()
    shares = [np.mean(t["accounts"]["state"].to_numpy(zero_copy_only=False) == "closed") for t in (real, twin)]
    assert shares[1] == pytest.approx(shares[0], abs=0.08)
    again = rs.load(tmp_path / "m.rowsmith").sample(seed=1, scale=2)
    assert all(again[name].equals(twin[name]) for name in twin)
    with pytest.raises(rs.SpecError, match=r"accounts\.most is that of a row that is drawn after it"):
        model.sample(seed=1, where="most > 100")


def test_what_one_account_breaks_is_learnt():
    picks = rs.fit(bank(slip=True), schema=rs.Schema.from_yaml(SCHEMA)).tables.parts["accounts"].picked
    assert sorted(p.column for each in picks.values() for p in each) == ["first_day", "last_at", "state"]


def test_a_state_that_a_rule_reads_stays_as_it_was_drawn():
    tables = bank()
    state = tables["accounts"]["state"].to_numpy(zero_copy_only=False)
    shut = pa.array(np.arange(N) % 28, mask=state != "closed")
    tables["accounts"] = tables["accounts"].append_column("shut", shut)
    schema = rs.inspect(tables)
    assert any("shut" in rule for rule in schema.tables["accounts"].rules.values())
    twin = rs.fit(tables, schema=schema).sample(seed=1)["accounts"].to_pandas()
    assert ((twin["state"] == "closed") == twin["shut"].notna()).all()
