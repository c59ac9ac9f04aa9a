import numpy as np
import pyarrow as pa
import pytest

from rowsmith.core.errors import SpecError
from rowsmith.core.rng import Key
from rowsmith.core.rowhash import row_hashes
from rowsmith.core.schema import Column, Table
from rowsmith.learn import _key_points
from rowsmith.learn._key_points import KeyPoints, contains
from rowsmith.learn.independent import Independent
from rowsmith.learn.table import fit_table


def learnt(kinds, **columns):
    schema = Table(columns={name: Column(kind=kind) for name, kind in kinds.items()}, primary_key=tuple(kinds))
    return fit_table(pa.table(columns), schema, Independent(), name="t", key=Key(0))


@pytest.fixture
def points():
    rng = np.random.default_rng(0)
    shop = rng.choice(list("abc"), 400, p=[0.8, 0.15, 0.05])
    return KeyPoints.of(learnt({"shop": "category", "n": "integer"}, shop=shop, n=rng.integers(0, 40, 400)))


def every(points):
    return np.stack(np.unravel_index(np.arange(points.capacity), points.sizes))


def hashes(points, places):
    return row_hashes(list(points.at(places).values()))[:, 0]


def test_every_value_of_a_key_has_a_number(points):
    assert points.sizes == (3, 40)
    rows = points.at(every(points))
    assert list(rows) == ["shop", "n"]
    pairs = set(zip(*(values.to_pylist() for values in rows.values()), strict=True))
    assert pairs == {(shop, n) for shop in "abc" for n in range(40)}


@pytest.mark.parametrize("listed", [2**25, 10])
def test_free_values_are_free_and_different(points, listed, monkeypatch):
    monkeypatch.setattr(_key_points, "LISTED", listed)
    monkeypatch.setattr(_key_points, "BLOCK", 32)
    taken = np.sort(hashes(points, every(points)[:, ::2]))
    found = hashes(points, points.free(taken, 60, Key(1)))
    assert len(set(found.tolist())) == 60
    assert not contains(taken, found).any()
    assert points.free(taken, 0, Key(1)).shape == (2, 0)
    with pytest.raises(SpecError, match=r"t\.primary_key \(shop, n\): nearly all of its 120 values"):
        points.free(taken, 61, Key(1))


def test_free_values_come_by_the_shares_of_their_columns(points):
    nothing = np.empty(0, np.uint64)
    few = np.concatenate([points.free(nothing, 3, Key(seed))[0] for seed in range(200)])
    shares = np.bincount(few, minlength=3) / len(few)
    assert np.abs(shares - [0.8, 0.15, 0.05]).max() < 0.06


def test_what_cannot_be_counted_is_not():
    rng = np.random.default_rng(0)
    assert KeyPoints.of(learnt({"a": "category", "b": "float"}, a=["x", "y"] * 200, b=rng.normal(size=400))) is None
