import numpy as np
import pyarrow as pa
import pytest

from rowsmith.core import nearest as nearness
from rowsmith.evaluate import _space
from rowsmith.evaluate._align import align
from rowsmith.evaluate._space import Space, nearest


def points(table):
    found = align({"real": pa.table(table), "synthetic": pa.table(table)})
    return Space.fit(found.features, [found.tables["real"]]).points(found.tables["real"])


def test_numbers_are_mean_ranks_and_null_is_apart():
    assert points({"a": [5.0, 9.0, 9.0, None]})[:, 0] == pytest.approx([1 / 3, 2.5 / 3, 2.5 / 3, -1])


def test_different_levels_are_one_apart():
    x = points({"a": ["u", "v", None, "u"]})
    gaps = np.linalg.norm(x[:, None] - x[None], axis=2)
    assert gaps[0] == pytest.approx([0, 1, 1, 0])
    assert gaps[2] == pytest.approx([1, 1, 0, 1])


def test_nearest_is_exact_in_every_block(monkeypatch):
    rng = np.random.default_rng(0)
    cloud, queries = rng.random((70, 4)).astype(np.float32), rng.random((50, 4)).astype(np.float32)
    queries[3] = cloud[7]
    monkeypatch.setattr(nearness, "BLOCK", 200)
    wanted = np.sqrt(((queries[:, None].astype(float) - cloud[None]) ** 2).sum(axis=2)).min(axis=1)
    assert nearest(cloud, queries) == pytest.approx(wanted)
    assert nearest(cloud, queries)[3] == 0


def test_many_categories_share_the_axes():
    table = {f"c{i}": [f"v{j}" for j in range(15)] for i in range(100)}
    assert points(table).shape[1] <= _space.AXES
