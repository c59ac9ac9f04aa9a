"""What always holds in a database, in its real rows and in a twin's: a made-up chain of hotels, with all that hangs on a booking.

    python benchmarks/invariants.py [--seeds 0 1 2] [--scale 1]

Nothing is declared: keys and links are proposed from names and values. Writes Markdown to standard output: of each statement the share
of the rows in which it is true.
"""

from __future__ import annotations

import argparse
from collections.abc import Mapping

import numpy as np
import pandas as pd

import rowsmith as rs

FIRST, LAST = np.datetime64("2024-01-01"), np.datetime64("2024-12-20")
BASE = {"single": 60, "double": 90, "suite": 180}


def hotels(seed: int) -> dict[str, pd.DataFrame]:
    """Hotels, rooms, guests, bookings of which no two overlap in a room, payments in one part or two, and reviews."""
    r = np.random.default_rng(seed)
    stars = r.integers(2, 6, 25)
    hotel = pd.DataFrame({"hotel_id": np.arange(1, 26), "city": r.choice(["Wien", "Graz", "Linz"], 25), "stars": stars})
    of = np.repeat(hotel["hotel_id"], r.integers(6, 13, 25)).to_numpy()
    kind = r.choice(list(BASE), len(of), p=[0.3, 0.55, 0.15])
    rate = np.round(np.array([BASE[k] for k in kind]) * (0.6 + 0.2 * stars[of - 1]) * r.lognormal(0, 0.1, len(of)))
    room = pd.DataFrame({"room_id": np.arange(1000, 1000 + len(of)), "hotel_id": of, "type": kind, "rate": rate})
    keys = [f"G{10_000 + i}" for i in range(900)]
    guest = pd.DataFrame({"guest_id": keys, "country": r.choice(["AT", "DE", "IT"], 900, p=[0.5, 0.35, 0.15])})
    often = r.lognormal(0, 1, 900)
    rows = []
    for number, each in enumerate(room.itertuples()):
        at = FIRST + int(r.integers(0, 10))
        while at < LAST:
            nights, beds = int(1 + r.geometric(0.45)), {"single": 1, "double": 2, "suite": 4}[each.type]
            rows.append(
                (number, at - int(r.exponential(30)) - 1, at, at + nights, nights, int(r.integers(1, beds + 1)))
            )
            at += nights + int(r.exponential(3))
    number, booked, arrival, departure, nights, guests = (np.array(each) for each in zip(*rows, strict=True))
    n = len(number)
    total = np.round(nights * rate[number] + 12.5, 2)
    state = np.where(r.random(n) < 0.08, "cancelled", "done")
    booking = pd.DataFrame({
        "booking_id": [f"B-{i:05d}" for i in range(n)], "room_id": room["room_id"].to_numpy()[number],
        "guest_id": r.choice(keys, n, p=often / often.sum()), "booked_on": booked, "arrival": arrival, "departure": departure,
        "nights": nights, "guests": guests, "rate": rate[number], "total": total, "state": state,
    })  # fmt: skip
    done = booking[booking["state"] == "done"]
    parts = np.repeat(np.arange(len(done)), np.where(r.random(len(done)) < 0.8, 1, 2))
    second, two = np.append(False, parts[1:] == parts[:-1]), np.bincount(parts)[parts] == 2
    whole, deposit = done["total"].to_numpy()[parts], np.round(done["total"].to_numpy()[parts] * 0.3, 2)
    payment = pd.DataFrame({
        "payment_id": np.arange(len(parts)), "booking_id": done["booking_id"].to_numpy()[parts],
        "paid_on": np.where(two & ~second, done["booked_on"].to_numpy()[parts], done["departure"].to_numpy()[parts]),
        "amount": np.round(np.where(~two, whole, np.where(second, whole - deposit, deposit)), 2),
    })  # fmt: skip
    some = done[r.random(len(done)) < 0.35]
    days = pd.to_timedelta(r.integers(0, 15, len(some)), "D")
    review = pd.DataFrame({
        "review_id": np.arange(len(some)), "booking_id": some["booking_id"].to_numpy(),
        "rating": r.integers(1, 6, len(some)), "written_on": (some["departure"] + days).to_numpy(),
    })  # fmt: skip
    by = done.groupby("guest_id")
    guest["stays"] = guest["guest_id"].map(by.size()).fillna(0).astype(int)
    guest["spent"] = guest["guest_id"].map(by["total"].sum()).fillna(0).round(2)
    guest["last_stay"] = guest["guest_id"].map(by["departure"].max())
    return {
        "hotels": hotel,
        "rooms": room,
        "guests": guest,
        "bookings": booking,
        "payments": payment,
        "reviews": review,
    }


def held(db: Mapping[str, pd.DataFrame]) -> dict[str, float]:
    """Share of the rows in which each statement is true."""
    room, guest, booking, payment, review = (db[n] for n in ("rooms", "guests", "bookings", "payments", "reviews"))
    x = booking.merge(room, on="room_id", suffixes=("", "_of_room"))
    ordered = booking.sort_values(["room_id", "arrival"])
    free = ~(ordered["arrival"] < ordered.groupby("room_id")["departure"].shift())
    done = booking[booking["state"] == "done"]
    paid = payment.groupby("booking_id")["amount"].sum().reindex(booking["booking_id"]).fillna(0).to_numpy()
    last_paid = payment.groupby("booking_id")["paid_on"].max().reindex(done["booking_id"])
    wrote = review.merge(booking, on="booking_id")
    by = done.groupby("guest_id")
    last = guest["guest_id"].map(by["departure"].max())
    nights = (booking["departure"] - booking["arrival"]).dt.days
    return {
        "a room has one booking at a time": free.mean(),
        "booked before arrival, arrival before departure": (
            (booking["booked_on"] <= booking["arrival"]) & (nights > 0)
        ).mean(),
        "nights are the days between": (nights == booking["nights"]).mean(),
        "a booking has the rate of its room": (x["rate"] == x["rate_of_room"]).mean(),
        "total = nights * rate + 12.5": np.isclose(x["nights"] * x["rate"] + 12.5, x["total"], atol=0.006).mean(),
        "a single room has one guest": (x[x["type"] == "single"]["guests"] == 1).mean(),
        "payments sum up to the total, of none that was cancelled": np.isclose(
            paid, np.where(booking["state"] == "done", booking["total"], 0), atol=0.006
        ).mean(),
        "the last payment is on the day of departure": (last_paid.to_numpy() == done["departure"].to_numpy()).mean(),
        "reviews are of stays, and after them": (
            (wrote["state"] == "done") & (wrote["written_on"] >= wrote["departure"])
        ).mean(),
        "a booking has one review at most": float(~review["booking_id"].duplicated().any()),
        "stays of a guest are those that took place": (
            guest["guest_id"].map(by.size()).fillna(0) == guest["stays"]
        ).mean(),
        "what a guest spent is what they cost": np.isclose(
            guest["guest_id"].map(by["total"].sum()).fillna(0), guest["spent"], atol=0.02
        ).mean(),
        "the last stay is the last of them": (
            (last == guest["last_stay"]) | (last.isna() & guest["last_stay"].isna())
        ).mean(),
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seeds", nargs="*", type=int, default=[0, 1, 2])
    parser.add_argument("--scale", type=float, default=1.0)
    args = parser.parse_args()
    rows = []
    for seed in args.seeds:
        real = hotels(seed)
        rows.append((held(real), held(rs.fit(real).sample(seed=seed, scale=args.scale))))
    print("| what holds | real rows | twin |\n|---|---|---|")
    for name in rows[0][0]:
        print(
            f"| {name} | " + " | ".join(f"{100 * np.mean([row[i][name] for row in rows]):.3g} %" for i in (0, 1)) + " |"
        )


if __name__ == "__main__":
    main()
