import numpy as np
import pyarrow as pa
import pytest
from tests.engine._databases import SHOP

import rowsmith as rs
from rowsmith.engine.make import make
from rowsmith.spec.model import Spec


def people(n=600, seed=3):
    """A made table with the usual kinds of columns and real dependence."""
    rng = np.random.default_rng(seed)
    age = rng.integers(18, 90, n)
    region = np.array(["north", "south", "east"])[np.minimum(age // 30, 2)]
    income = np.round(rng.lognormal(10, 0.4, n) + 100 * age, 2)
    return pa.table(
        {
            "person_id": np.arange(1, n + 1),
            "age": pa.array(age, mask=rng.random(n) < 0.05),
            "region": region,
            "income": income,
            "since": pa.array(rng.integers(15_000, 19_000, n).astype("int32"), pa.int32()).cast(pa.date32()),
            "active": rng.random(n) < 0.7,
        }
    )


@pytest.fixture(scope="session")
def table():
    return people()


@pytest.fixture(scope="session")
def model(table):
    return rs.fit(table, seed=1)


@pytest.fixture(scope="module")
def spec():
    return Spec(**SHOP)


@pytest.fixture(scope="module")
def made(spec):
    return make(spec)
