"""Are whole families of real rows drawn again, more often than chance makes them equal?"""

from collections import Counter, defaultdict

import numpy as np
import pyarrow as pa

import rowsmith as rs
from rowsmith.core.schema import ForeignKey, Schema, Table

N = 2000
SCHEMA = Schema(
    tables={
        "persons": Table(columns={}, primary_key=("person",)),
        "orders": Table(
            columns={},
            primary_key=("order",),
            foreign_keys=(ForeignKey(columns=("person",), table="persons", targets=("person",)),),
        ),
    }
)


def shop(seed):
    """Persons of a few sorts, and orders of few sorts, which siblings mostly share: families of a few orders repeat by chance."""
    rng = np.random.default_rng(seed)
    up = np.repeat(np.arange(N), rng.poisson(2.5, N))
    usual = rng.integers(0, 5, N)
    shop = np.where(rng.random(len(up)) < 0.6, usual[up], rng.integers(0, 5, len(up)))
    return {
        "persons": pa.table({"person": np.arange(N), "age": 10 * rng.integers(2, 8, N)}),
        "orders": pa.table(
            {
                "order": np.arange(len(up)),
                "person": up,
                "shop": [f"s{s}" for s in shop],
                "day": rng.integers(0, 4, len(up)),
            }
        ),
    }


def families(tables):
    """Of each person the columns, and those of the orders, in order."""
    below = defaultdict(list)
    for row in tables["orders"].to_pylist():
        below[row["person"]].append((row["shop"], row["day"]))
    return [(row["age"], tuple(sorted(below[row["person"]]))) for row in tables["persons"].to_pylist()]


def test_families_that_one_person_has_come_back_hardly_more_often_than_those_of_strangers():
    learnt, unseen = (Counter(families(shop(seed))) for seed in (1, 2))
    model = rs.fit(shop(1), schema=SCHEMA, seed=1)
    drawn = [family for seed in range(3) for family in families(model.sample(seed=seed))]
    for least, beyond in ((1, 0.03), (3, 0.03)):  # of rows of single tables it is twice that
        some = [family for family in drawn if len(family[1]) >= least]
        its = sum(learnt[family] == 1 and not unseen[family] for family in some)
        others = sum(unseen[family] == 1 and not learnt[family] for family in some)
        noise = 3 * np.sqrt(its + others) / len(some)
        assert (its - others) / len(some) < beyond + noise, (least, its, others, len(some))
    assert its + others < 0.1 * len(some)
