"""Missing values filled in: what is there stays, what was missing follows from it, and keys are left alone."""

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest
from tests.learn.test_given import COUNTRY, planted

import rowsmith as rs
from rowsmith.core import sql
from rowsmith.core.errors import DataError, SpecError

N = 4000


def holed(table, share, seed=0):
    """The table with holes in all columns but the first, and where they are."""
    rng, holes, columns = np.random.default_rng(seed), {}, {}
    for name in table.column_names:
        values = table[name].combine_chunks()
        gone = rng.random(len(values)) < (0 if name == table.column_names[0] else share)
        holes[name] = gone | np.asarray(values.is_null())
        columns[name] = pa.compute.if_else(pa.array(gone), pa.scalar(None, values.type), values)
    return pa.table(columns), holes


@pytest.fixture(scope="module")
def real():
    return planted(N, seed=3)


@pytest.fixture(scope="module")
def done(real):
    table, holes = holed(real, 0.15)
    return table, holes, rs.impute(table, seed=5, primary_key="id")


def test_all_is_filled_in_and_what_was_there_stays(done):
    table, holes, found = done
    assert found.left == {}
    assert found.filled == {name: int(gone.sum()) for name, gone in holes.items() if gone.any()}
    assert found.frame.schema.equals(table.schema)
    for name, gone in holes.items():
        there = pa.array(~gone)
        assert found.frame[name].filter(there).equals(table[name].filter(there)), name
        assert found.frame[name].null_count == 0


def test_what_is_filled_in_follows_from_the_row(real, done):
    _, holes, found = done
    gone = holes["country"] & ~holes["city"]
    guessed, true = (np.array(table["country"].to_pylist())[gone] for table in (found.frame, real))
    assert np.mean(guessed == true) > 0.95
    gone = holes["age"] & ~holes["income"]
    guessed, true = (table["age"].to_numpy()[gone].astype(float) for table in (found.frame, real))
    assert np.corrcoef(guessed, true)[0, 1] > 0.85


def test_filled_in_values_have_the_spread_of_real_ones(real, done):
    _, holes, found = done
    gone = holes["spent"]
    guessed, true = (table["spent"].to_numpy()[gone] for table in (found.frame, real))
    assert abs(guessed.std() / true.std() - 1) < 0.1
    assert abs(guessed.mean() - true.mean()) < 0.1 * true.std()


def test_the_same_seed_fills_in_the_same_for_any_number_of_workers(done):
    table, _, found = done
    assert rs.impute(table, seed=5, primary_key="id", workers=2).frame.equals(found.frame)
    assert not rs.impute(table, found.model, seed=6).frame.equals(found.frame)


def test_rules_hold_in_what_is_filled_in():
    rng = np.random.default_rng(2)
    low = rng.integers(0, 50, N)
    rows = pa.table({"id": np.arange(N), "low": low, "high": low + rng.integers(0, 20, N), "twice": 2 * low})
    table, _ = holed(rows, 0.2)
    rules = {"order": "low <= high", "twice": "twice = 2 * low"}
    columns = rs.inspect(table, name="t", primary_key="id").only[1].columns
    schema = rs.Schema(tables={"t": rs.Table(columns=columns, primary_key=("id",), rules=rules)})
    found = rs.impute(table, schema=schema)
    assert found.left == {}
    kept = sql.truth("low <= high and twice = 2 * low", found.frame, "rules")
    known = table["twice"].is_valid().to_numpy() & table["low"].is_null().to_numpy()
    assert kept[~known].all()  # a half is not worked out backwards
    assert found.broken == (~kept).sum()


def test_keys_and_made_up_text_and_empty_columns_stay_as_they_are():
    rng = np.random.default_rng(1)
    mails = [f"someone{i}@mail.test" if i % 9 else None for i in range(300)]
    frame = pd.DataFrame(
        {"mail": mails, "x": np.where(rng.random(300) < 0.2, np.nan, rng.normal(size=300)), "none": None}
    )
    found = rs.impute(frame)
    assert found.left == {"mail": 34, "none": 300}
    assert list(found.filled) == ["mail", "x", "none"]
    assert found.frame["x"].notna().all()
    assert isinstance(found.frame, pd.DataFrame)


def test_a_table_that_is_not_like_the_model_is_told(done):
    table, _, found = done
    with pytest.raises(DataError, match="column 'extra': the model has no such column"):
        rs.impute(table.append_column("extra", table["age"]), found.model)
    with pytest.raises(DataError, match="column 'age': is in the model and not in the data"):
        rs.impute(table.drop(["age"]), found.model)
    with pytest.raises(SpecError, match="column 'age': is of type string; the model learnt it as int64"):
        rs.impute(table.set_column(3, "age", table["age"].cast(pa.string())), found.model)
    with pytest.raises(SpecError, match="learner: is for fitting, and a model was given"):
        rs.impute(table, found.model, learner="trees")


def test_a_model_of_whole_rows_fills_in_its_most_frequent_values_too(real):
    model = rs.fit(real, seed=2, primary_key="id")
    table, holes = holed(real, 0.3, seed=8)
    found = rs.impute(table, model, seed=1)
    for name in ("segment", "country", "city"):
        gone = holes[name]
        shares = [
            np.unique(np.array(t[name].to_pylist())[gone], return_counts=True)[1] / gone.sum()
            for t in (real, found.frame)
        ]
        assert np.abs(shares[0] - shares[1]).max() < 0.06, name
        assert found.frame[name].filter(pa.array(~gone)).equals(real[name].filter(pa.array(~gone)))
    pairs = zip(found.frame["city"].to_pylist(), found.frame["country"].to_pylist(), strict=True)
    assert all(COUNTRY[city] == country for city, country in pairs)  # a look-up, read in both directions


def test_rows_keep_their_labels_and_types_and_whole_rows_are_no_fault():
    frame = pd.DataFrame({"x": [1.0, None, 3.0] * 20, "y": range(60)}, index=[f"r{i}" for i in range(60)])
    assert rs.impute(frame).frame.index.equals(frame.index)
    r = np.random.default_rng(0)
    x, y = np.round(r.gamma(2, 30, 500), 2), np.round(r.gamma(2, 5, 500), 2)
    whole = pa.table({"net": x, "vat": y, "gross": np.round(x + y, 2)})
    assert rs.impute(whole, rs.fit(whole)).broken == 0
    narrow = pa.table({"a": pa.array([1, None, 3] * 20, pa.int32()), "b": pa.array(r.normal(size=60))})
    model = rs.fit(pa.table({"a": pa.array([1, 2, 3] * 20), "b": narrow["b"]}))
    assert rs.impute(narrow, model).frame.schema.equals(narrow.schema)


def test_a_missing_part_of_a_sum_is_worked_out():
    r = np.random.default_rng(4)
    net, vat, fee = r.integers(0, 5000, 500), r.integers(0, 500, 500), r.integers(0, 50, 500)
    model = rs.fit(pa.table({"net": net, "vat": vat, "fee": fee, "gross": net + vat + fee}))
    holes = {"net": [None, 400, 400], "vat": [10, None, 20], "fee": [5, 5, None], "gross": [500, 500, 500]}
    found = rs.impute(pa.table({name: pa.array(values, pa.int64()) for name, values in holes.items()}), model)
    assert found.frame.to_pydict() == {
        "net": [485, 400, 400],
        "vat": [10, 95, 20],
        "fee": [5, 5, 80],
        "gross": [500, 500, 500],
    }
    assert found.broken == 0
