"""Groups: what cannot be, where centres are, and columns without groups."""

import itertools

import numpy as np
import pyarrow as pa
import pytest

from rowsmith.core.errors import DataError, SpecError
from rowsmith.core.protocols import Rows
from rowsmith.core.rng import Key
from rowsmith.truth._centers import centers, nearest
from rowsmith.truth.clusters import Clusters

AB = {"columns": ("a", "b")}


def made(plant, n=50_000):
    calibration = plant.calibrate({})
    return plant.sample(Rows(0, n), Key(5), {}, calibration), calibration


@pytest.mark.parametrize(
    ("settings", "says"),
    [
        ({"columns": ()}, "one or more different names"),
        ({**AB, "k": 1}, "k=1: expected a number of groups from 2 to 20; the nearest is 2"),
        ({**AB, "separation": 1}, "the nearest is 1.5"),
        ({**AB, "shares": (0.5, 0.5)}, "expected 3, one for each of k=3 groups"),
        ({**AB, "shares": (0.5, 0.3, 0.3)}, "they add up to 1.1"),
        ({**AB, "labels": ("x", "y", "z")}, "`label`, the column for them"),
        ({**AB, "label": "a"}, "is one of the columns"),
        ({**AB, "centers": {"a": [1, 2, 3], "b": [1, 2, 3]}, "scale": {"a": [0, 1]}}, "give one of them"),
        ({**AB, "centers": {"a": [1, 2, 3]}}, "expected each of a, b"),
        ({**AB, "centers": {"a": [1, 2, 3], "b": [1, 2]}}, "expected 3 numbers"),
        ({**AB, "centers": {"a": [1, 2, 3], "b": [2, 2, 2]}}, "the groups do not differ in it"),
        ({**AB, "centers": {"a": [1, 1, 3], "b": [1, 2, 3]}}, "put another column first"),
        ({**AB, "scale": {"c": [0, 1]}}, r"scale\.c: is no column"),
        ({**AB, "round": {"a": 0}}, "too coarse"),
        ({**AB, "round": {"a": "x"}}, "whole number of decimals"),
    ],
)
def test_what_cannot_be_is_refused(settings, says):
    with pytest.raises(SpecError, match=says):
        Clusters(**settings).at(0)


@pytest.mark.parametrize(("k", "d"), [(2, 1), (6, 1), (2, 3), (3, 3), (5, 2), (12, 4)])
def test_centres_are_one_apart_and_differ_in_every_column(k, d):
    points = centers(k, d)
    apart = np.linalg.norm(points[:, None] - points[None], axis=2) + 9 * np.eye(k)
    assert apart.min(axis=1) == pytest.approx(1)
    assert (np.diff(points[:, 0]) > 0.05).all()
    assert (points.std(axis=0) > 0.15).all()
    assert points.mean(axis=0) == pytest.approx(0)


def test_columns_have_the_scale_that_is_asked_and_groups_the_separation():
    plant = Clusters(
        columns=("a", "b", "c"), separation=3, shares=(0.5, 0.3, 0.2), scale={"a": [100, 20]}, label="g"
    ).at(0)
    batch, c = made(plant)
    a = batch["a"].to_numpy()
    assert a.mean() == pytest.approx(100, abs=0.5)
    assert a.std() == pytest.approx(20, rel=0.01)
    assert nearest(np.array(c["centers"]) / c["widths"]) == pytest.approx(3)
    group = batch["g"].to_numpy(zero_copy_only=False)
    for name, share, center in zip("ABC", np.array(plant.shares), c["centers"], strict=True):
        i = c["order"].index("ABC".index(name))
        inside = group == name
        assert inside.mean() == pytest.approx(share, abs=0.01)
        assert a[inside].mean() == pytest.approx(c["centers"][i][0], abs=0.4)
        assert a[inside].std() == pytest.approx(c["widths"][0], rel=0.02)
        assert len(center) == 3


def test_groups_of_ones_own_keep_their_names_and_places_in_any_order():
    given = {"a": [9.0, 1.0, 5.0], "b": [1.0, 9.0, 4.0]}
    plant = Clusters(**AB, centers=given, shares=(0.2, 0.3, 0.5), label="g", labels=("nine", "one", "five")).at(0)
    batch, c = made(plant)
    assert [center[0] for center in c["centers"]] == [1, 5, 9]
    assert c["shares"] == [0.3, 0.5, 0.2]
    for name, a, b in zip(plant.labels, *given.values(), strict=True):
        inside = batch["g"].to_numpy(zero_copy_only=False) == name
        assert batch["a"].to_numpy()[inside].mean() == pytest.approx(a, abs=0.1)
        assert batch["b"].to_numpy()[inside].mean() == pytest.approx(b, abs=0.1)


def test_without_groups_there_is_one():
    r = np.random.default_rng(0)
    for columns in ({"a": r.normal(size=800), "b": r.normal(size=800)}, {"a": r.normal(size=3000)}):
        found = {f.name: f for f in Clusters.find({"columns": list(columns)}, pa.table(columns))}
        assert found["k"].estimate == 1
        assert found["share of group 1"].estimate == 1


def test_gaps_are_left_out_and_too_little_is_named():
    batch, _ = made(Clusters(**AB).at(0), 600)
    a = [None if i % 7 == 0 else v for i, v in enumerate(batch["a"].to_pylist())]
    found = {f.name: f.estimate for f in Clusters.find({"columns": ["a", "b"]}, pa.table({"a": a, "b": batch["b"]}))}
    assert found["k"] == 3
    with pytest.raises(DataError, match="a, b: expected 50 rows or more"):
        Clusters.find({"columns": ["a", "b"]}, pa.table({"a": [1.0, 2.0], "b": [1.0, 2.0]}))


def test_a_long_table_is_chosen_by_some_rows_and_fitted_to_more():
    plant = Clusters(columns=("a", "b"), k=4).at(0)
    batch, c = made(plant, 120_000)
    found = {f.name: f for f in Clusters.find({"columns": ["a", "b"]}, pa.table(batch))}
    assert found["k"].estimate == 4
    for i, name in itertools.product(range(4), (0, 1)):
        one = found[f"{'ab'[name]} of group {i + 1}"]
        assert one.error < 0.01
        assert abs(one.estimate - c["centers"][i][name]) < 4 * one.error
