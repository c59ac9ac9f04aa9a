"""Made tables whose relations are known."""

import datetime

import numpy as np
import pyarrow as pa
import pytest


def people(n, seed):
    """Rows with numbers, levels, nulls and dates that belong together; every row is drawn on its own."""
    rng = np.random.default_rng(seed)
    age = rng.integers(18, 80, n)
    wealth = age * 100 + rng.normal(0, 800, n)
    job = np.array(["none", "clerk", "smith", "judge"])[np.clip((age - 18) // 16 + rng.integers(0, 2, n) - 1, 0, 3)]
    town = np.where(rng.random(n) < 0.1, None, np.array(["Ulm", "Bonn", "Köln"], dtype=object)[rng.integers(0, 3, n)])
    rich = wealth + rng.normal(0, 500, n) > 5000
    joined = [
        datetime.date(2000, 1, 1) + datetime.timedelta(days=int(d)) for d in (80 - age) * 100 + rng.integers(0, 99, n)
    ]
    columns = {"age": age, "wealth": wealth, "job": job, "town": town, "rich": rich, "joined": joined}
    return pa.table({name: pa.array(values) for name, values in columns.items()})


def shuffled(table, seed=0):
    """Every column shuffled on its own."""
    rng = np.random.default_rng(seed)
    return pa.table({c: table[c].take(pa.array(rng.permutation(table.num_rows))) for c in table.column_names})


def bootstrap(table, n, seed=0):
    """Rows drawn with replacement: a leak."""
    return table.take(pa.array(np.random.default_rng(seed).integers(0, table.num_rows, n)))


@pytest.fixture(scope="session")
def make():
    """The three makers, by attribute."""

    class Make:
        people = staticmethod(people)
        shuffled = staticmethod(shuffled)
        bootstrap = staticmethod(bootstrap)

    return Make


@pytest.fixture(scope="session")
def judged(make):
    """Summaries of a fresh draw, a copy and shuffled columns against the same real rows."""
    from rowsmith.evaluate._judge import judge

    real, holdout = make.people(1200, 1), make.people(600, 2)
    tables = {"fresh": make.people(1200, 3), "copy": make.bootstrap(real, 1200), "shuffled": make.shuffled(real)}
    return {name: judge(real, t, holdout=holdout, target="rich", workers=1) for name, t in tables.items()}
