"""Columns that sum up, count or pick some of the rows that point to one: stays that were not cancelled, parts of a total."""

import numpy as np
import pyarrow as pa
import pytest

import rowsmith as rs

N = 300


def hotel(seed=0):
    """Guests with what their stays that took place come to; bookings with totals of one decimal, paid in parts of two."""
    r = np.random.default_rng(seed)
    count = r.poisson(4, N)
    guest = np.repeat(np.arange(N), count)
    m = len(guest)
    state = r.choice(["done", "cancelled", "open"], m, p=[0.7, 0.2, 0.1])
    total = np.round(r.gamma(3, 90, m) * 2) / 2
    arrival = np.datetime64("2024-01-01") + r.integers(0, 300, m)
    departure = arrival + r.integers(1, 9, m)
    done = state == "done"
    last = np.full(N, np.datetime64("1900-01-01"))
    np.maximum.at(last, guest[done], departure[done])
    never = np.bincount(guest[done], minlength=N) == 0
    parts = np.where(done, r.integers(1, 3, m), 0)
    of = np.repeat(np.arange(m), parts)
    second = np.append(False, of[1:] == of[:-1])
    two = (parts == 2)[of]
    deposit = np.round(total * 0.3, 2)[of]
    paid = np.round(np.where(~two, total[of], np.where(second, total[of] - deposit, deposit)), 2)
    guests = {
        "guest_id": np.arange(N),
        "country": r.choice(["AT", "DE", "IT"], N),
        "stays": np.bincount(guest[done], minlength=N),
        "spent": np.round(np.bincount(guest[done], weights=total[done], minlength=N), 2),
        "not_cancelled": np.bincount(guest[state != "cancelled"], minlength=N),
        "last_stay": pa.array(last, mask=never),
    }
    bookings = {
        "booking_id": np.arange(m),
        "guest_id": guest,
        "arrival": arrival,
        "departure": departure,
        "state": state,
    }
    return {
        "guests": pa.table(guests),
        "bookings": pa.table(bookings | {"total": total}),
        "payments": pa.table({"payment_id": np.arange(len(of)), "booking_id": of, "amount": paid}),
    }


def broken(tables):
    """Names of what does not add up."""
    g, b, p = (tables[n].to_pandas() for n in ("guests", "bookings", "payments"))
    done = b[b["state"] == "done"].groupby("guest_id")
    paid = p.groupby("booking_id")["amount"].sum()
    due = b[b["booking_id"].isin(paid.index)].set_index("booking_id")["total"]
    last = g["guest_id"].map(done["departure"].max())
    fits = {
        "stays": (g["guest_id"].map(done.size()).fillna(0) == g["stays"]).all(),
        "spent": np.allclose(g["guest_id"].map(done["total"].sum()).fillna(0), g["spent"], atol=0.006),
        "not_cancelled": (
            g["guest_id"].map(b[b["state"] != "cancelled"].groupby("guest_id").size()).fillna(0) == g["not_cancelled"]
        ).all(),
        "last_stay": ((last == g["last_stay"]) | (last.isna() & g["last_stay"].isna())).all(),
        "amount": np.allclose(paid.reindex(due.index), due, atol=0.006),
        "decimals": np.allclose(b["total"] * 10, np.round(b["total"] * 10)),
    }
    return [name for name, holds in fits.items() if not holds]


@pytest.mark.parametrize("scale", [1.0, 2.0])
def test_what_some_rows_come_to_is_what_it_says(scale, tmp_path):
    real = hotel()
    assert broken(real) == []
    model = rs.fit(real)
    twin = model.sample(seed=1, scale=scale)
    assert broken(twin) == []
    model.save(tmp_path / "m.rowsmith")
    again = rs.load(tmp_path / "m.rowsmith").sample(seed=1, scale=scale)
    assert all(again[name].equals(twin[name]) for name in twin)


def test_a_state_of_few_rows_is_not_kept():
    real = hotel()
    b = real["bookings"].to_pandas()
    b.loc[b.index[:4], "state"] = "lost"  # of few rows
    b.loc[b["guest_id"] == 7, "state"] = "gone"  # of one guest
    g = real["guests"].to_pandas()[["guest_id", "country"]]
    g["lost"] = g["guest_id"].map(b[b["state"] == "lost"].groupby("guest_id").size()).fillna(0).astype(int)
    g["gone"] = g["guest_id"].map(b[b["state"] == "gone"].groupby("guest_id").size()).fillna(0).astype(int)
    tables = {"guests": pa.Table.from_pandas(g), "bookings": pa.Table.from_pandas(b)}
    assert not rs.fit(tables).tables.parts["guests"].rollups


def test_what_is_at_the_end_of_an_ordered_row_leads_the_rows_below():
    r = np.random.default_rng(1)
    begin = np.datetime64("2024-01-01") + r.integers(0, 200, N)
    end = begin + r.integers(1, 20, N)
    up = np.repeat(np.arange(N), r.integers(1, 4, N))
    last = np.append(up[1:] != up[:-1], True)
    paid = np.where(last, end[up], begin[up])
    tables = {
        "trips": pa.table({"trip_id": np.arange(N), "begin": begin, "end": end, "days": (end - begin).astype(int)}),
        "payments": pa.table({"payment_id": np.arange(len(up)), "trip_id": up, "paid_on": paid}),
    }
    twin = rs.fit(tables, schema=rs.inspect(tables)).sample(seed=1)
    trips, x = twin["trips"].to_pandas(), twin["payments"].to_pandas()
    assert (trips["begin"] <= trips["end"]).all()
    found = x.groupby("trip_id")["paid_on"].max().reindex(trips["trip_id"])
    has = found.notna().to_numpy()
    assert (found.to_numpy()[has] == trips["end"].to_numpy()[has]).all()
