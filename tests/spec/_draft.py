"""What tests of drafted specs share."""

import numpy as np
import pyarrow as pa

from rowsmith.engine.draft import draft
from rowsmith.engine.make import make
from rowsmith.spec.check import check
from rowsmith.spec.document import parse

N = 5000


def rng(seed=0):
    return np.random.default_rng(seed)


def drafted(columns, **options):
    """The settings of each column of a draft that was checked."""
    document = parse(draft(columns if isinstance(columns, pa.Table) else pa.table(columns), **options))
    check(document)
    (table,) = document.values["tables"].values()
    return table["columns"]


def made(table, **options):
    """What comes of a draft."""
    found = make(check(parse(draft(table, **options))))
    return next(iter(found.values()))


def orders():
    r = rng(4)
    day = np.datetime64("2023-01-01") + r.integers(0, 700, N)
    quantity, price = r.integers(1, 9, N), r.lognormal(3, 0.5, N).round(2)
    discount = r.choice([0.0, 0.1, 0.25], N)
    net = (quantity * price * (1 - discount)).round(2)
    tax = (net * 0.19).round(2)
    born = r.integers(1940, 2005, N)
    return pa.table(
        {
            "day": day,
            "year": pa.array(day).cast(pa.timestamp("s")).to_numpy().astype("M8[Y]").astype(int) + 1970,
            "quantity": quantity,
            "price": price,
            "discount": discount,
            "net": net,
            "tax": tax,
            "gross": (net + tax).round(2),
            "born": born,
            "age": 2025 - born,
        }
    )
