"""Sequences that go on from rows that are known."""

import numpy as np
import pandas as pd
import pytest

import rowsmith as rs
from rowsmith.core.errors import DataError, SpecError


def walks(n, steps, seed, name="p", *, gaps=True):
    """Slow walks of people of two kinds, hours apart."""
    rng = np.random.default_rng(seed)
    parts = []
    for i in range(n):
        hours = np.arange(steps) + (np.cumsum(rng.integers(0, 3, steps)) if gaps else 0)
        x = rng.normal(50, 20) + np.cumsum(rng.normal(0, 1, steps))
        at = pd.Timestamp("2026-01-01") + pd.to_timedelta(hours, unit="h")
        parts.append(pd.DataFrame({"who": f"{name}{i}", "at": at, "sex": rng.choice(["f", "m"]), "x": x.round(2)}))
    return pd.concat(parts, ignore_index=True)


@pytest.fixture(scope="module", params=[True, False], ids=["gaps", "a grid"])
def model(request):
    return rs.fit(walks(30, 40, 0, gaps=request.param), entity="who", time="at")


def test_they_begin_where_the_known_rows_end(model):
    known = walks(6, 15, 1, "new")
    later = model.sample(known=known, steps=8, seed=2)
    last, first = known.groupby("who").last(), later.groupby("who").first()
    assert later.groupby("who").size().to_dict() == dict.fromkeys(last.index, 8)
    assert (first["at"] > last["at"]).all()
    assert (first["sex"] == last["sex"]).all()
    assert (first["x"] - last["x"]).abs().max() < 8
    assert last["x"].std() > 8  # a first row that knew nothing would not come so near


def test_neither_order_of_rows_nor_workers_matter(model):
    known = walks(3, 10, 1, "new")
    one = model.sample(known=known, steps=5, seed=2)
    assert one.equals(model.sample(known=known, steps=5, seed=2, workers=2))
    turned = model.sample(known=known.iloc[::-1].reset_index(drop=True), steps=5, seed=2)
    assert set(turned["who"]) == set(one["who"])
    assert not one.equals(model.sample(known=known, steps=5, seed=3))


def test_a_single_series_goes_on():
    series = walks(1, 80, 0, gaps=False).drop(columns=["who", "sex"])
    later = rs.fit(series, time="at").sample(known=series, steps=4)
    assert (later["at"] - series["at"].iloc[-1]).dt.total_seconds().tolist() == [3600.0, 7200.0, 10800.0, 14400.0]


@pytest.mark.parametrize(
    ("change", "options", "message"),
    [
        (lambda t: t, {}, r"known: say how many rows shall come after them; give steps \(--steps N\)"),
        (lambda t: t, {"steps": 2, "entities": 3}, "entities=3: those of the known rows go on"),
        (lambda t: t.drop(columns="x"), {"steps": 2}, "known: there is no column 'x'"),
        (lambda t: t.assign(at=None), {"steps": 2}, "what has no time has no place in a sequence"),
        (lambda t: t.iloc[:0], {"steps": 2}, "known: there are no rows to go on from"),
        (lambda t: t.assign(x="far"), {"steps": 2}, "column 'x': is of the type .* and was learnt as double"),
    ],
)
def test_what_does_not_fit_is_one_sentence(model, change, options, message):
    with pytest.raises((DataError, SpecError), match=message):
        model.sample(known=change(walks(2, 5, 1)), **options)
