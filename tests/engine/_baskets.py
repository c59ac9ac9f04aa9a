"""Made baskets: two items that go together, one that keeps away, prices by item, and customers who come back for the same."""

import numpy as np
import pyarrow as pa

ITEMS = [f"item {i:02}" for i in range(30)]


def shopping(n=1500, seed=3):
    """Lines of baskets: items 1 and 2 go together, items 0 and 3 keep apart; a price by item, and a quantity."""
    rng = np.random.default_rng(seed)
    share = 1 / np.arange(1, len(ITEMS) + 1) ** 0.7
    rows = []
    for b in range(n):
        weekend = bool(rng.random() < 0.3)
        own = {int(i) for i in rng.choice(len(ITEMS), rng.integers(1, 7), p=share / share.sum())}
        if 1 in own and rng.random() < 0.7:
            own.add(2)
        if 0 in own:
            own.discard(3)
        if weekend and rng.random() < 0.5:
            own.add(9)
        for i in own:
            quantity = 1 + int(rng.poisson(2.0 if i == 5 else 0.2))
            price = round(0.5 + 1.7 * i + (rng.random() < 0.2) * 0.3, 2)
            rows.append(
                (f"R-{b:05}", "SatSun" if weekend else "week", ITEMS[i], quantity, price, round(quantity * price, 2))
            )
    receipt, when, item, quantity, price, total = map(list, zip(*rows, strict=True))
    return pa.table(
        {"receipt": receipt, "day": when, "item": item, "quantity": quantity, "price": price, "total": total}
    )


def orders(n=250, seed=4, repeat=0.8):
    """Orders of customers, each of whom has a few items that nearly all of the own orders hold."""
    rng = np.random.default_rng(seed)
    rows, order = [], 0
    for c in range(n):
        usual = rng.choice(len(ITEMS), 3, replace=False)
        when, city = int(rng.integers(0, 200)), ["Graz", "Linz", "Wien"][int(rng.integers(3))]
        for _ in range(int(rng.integers(1, 9))):
            own = {int(i) for i in usual if rng.random() < repeat} | {int(rng.integers(len(ITEMS)))}
            rows += [(f"C{c:04}", city, when, order, ITEMS[i]) for i in own]
            when += int(rng.integers(1, 30))
            order += 1
    customer, city, day, number, item = map(list, zip(*rows, strict=True))
    days = pa.array(np.array(day) + 19_000, pa.int32()).cast(pa.date32())
    return pa.table({"customer": customer, "city": city, "day": days, "order": number, "item": item})


def baskets_of(table, basket, item):
    """Items of each basket, in order of the rows."""
    out = {}
    for b, i in zip(table[basket].to_pylist(), table[item].to_pylist(), strict=True):
        out.setdefault(b, []).append(i)
    return out


def share(baskets, *items):
    """Share of the baskets that hold some items."""
    return sum(set(items) <= set(own) for own in baskets.values()) / len(baskets)


def returns(table):
    """Share of the items of a customer's later baskets that were in an earlier one."""
    seen, again, total, done = {}, 0, 0, {}
    for who, order, item in zip(*(table[n].to_pylist() for n in ("customer", "order", "item")), strict=True):
        if done.get(who, order) != order:
            seen.setdefault(who, set()).update(done.pop((who, "now"), set()))
        done[who] = order
        done.setdefault((who, "now"), set()).add(item)
        if who in seen:
            total += 1
            again += item in seen[who]
    return again / total
