"""Rows around given columns: the others follow the learnt law given them."""

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pytest

import rowsmith as rs
from rowsmith.core.errors import DataError, SpecError
from rowsmith.core.protocols import Codes, Known, Rows
from rowsmith.core.rng import Key
from rowsmith.learn import _particles
from rowsmith.learn._columns import BLOCK, ModelColumns
from rowsmith.learn.trees import Trees

KEY = Key(7)
COUNTRY = {"Paris": "FR", "Lyon": "FR", "Nice": "FR", "Rome": "IT", "Milan": "IT", "Bern": "CH"}


def planted(n=4000, seed=0):
    """Age rises with the segment, income with age, spending with income; a city has one country; a key; a constant."""
    rng = np.random.default_rng(seed)
    segment = rng.choice(["a", "b", "c"], n, p=[0.6, 0.3, 0.1])
    age = np.clip(rng.normal(30 + 15 * (segment == "b") + 30 * (segment == "c"), 6), 18, 90).astype(int)
    income = np.round(age * 1000 + rng.normal(0, 4000, n), 0)
    city = rng.choice(list(COUNTRY), n, p=[0.3, 0.1, 0.1, 0.2, 0.2, 0.1])
    city = np.where((segment == "c") & (rng.random(n) < 0.7), "Lyon", city)
    return pa.table(
        {
            "id": np.arange(1, n + 1),
            "spent": np.round(income / 100 + rng.normal(0, 20, n), 1),
            "segment": segment,
            "age": age,
            "income": pa.array(income, mask=rng.random(n) < 0.1),
            "city": city,
            "country": [COUNTRY[c] for c in city],
            "year": np.full(n, 2024),
        }
    )


@pytest.fixture(scope="module")
def model():
    return rs.fit(planted(), seed=1)


def draw(model, n, given, key=KEY):
    return model.table.sample(Rows(0, n), key, given)


def numbers(batch, name):
    return batch[name].drop_null().to_numpy().astype(float)


def distance(first, second):
    """The largest gap of two distribution functions."""
    every = np.sort(np.concatenate([first, second]))
    ends = [np.searchsorted(np.sort(v), every, side="right") / len(v) for v in (first, second)]
    return np.abs(ends[0] - ends[1]).max()


@pytest.fixture(scope="module")
def many(model):
    """A large draw of whole rows, from which those with some value are taken."""
    return model.table.sample(Rows(0, 120_000), Key(3))


def codes(model, name, values):
    names = list(model.table.schema.columns)
    return model.table.codecs[names.index(name)].encode(values)


@pytest.mark.slow
@pytest.mark.parametrize("seed", [1, 2])
@pytest.mark.parametrize(
    ("name", "value"),
    [("segment", "c"), ("segment", "b"), ("age", 31), ("country", "IT"), ("income", 45_000.0), ("spent", 300.0)],
)
def test_the_law_given_a_column_is_that_of_the_rows_that_have_it(model, many, name, value, seed):
    values = pa.array([value] * 3000)
    like = many.filter(pa.array(codes(model, name, many[name]) == codes(model, name, values)[0]))
    made = draw(model, 3000, {name: values}, Key(seed))
    assert made[name].equals(values)
    assert like.num_rows > 500
    for other in {"age", "income", "spent"} - {name}:
        a, b = numbers(made, other), numbers(like, other)
        # 1.95 / sqrt(n) is passed by chance once in a thousand times; the particles' own error is below 0.02
        assert distance(a, b) < 1.95 * np.sqrt(1 / len(a) + 1 / len(b)) + 0.02, other
    for other in {"segment", "city", "country"} - {name}:
        for level in pc.unique(many[other]).to_pylist():
            a, b = (pc.equal(t[other], level).to_numpy(zero_copy_only=False) for t in (made, like))
            assert abs(a.mean() - b.mean()) < 4 * np.sqrt(0.25 / len(a) + 0.25 / len(b)), (other, level)


@pytest.mark.slow
def test_the_law_given_two_columns_that_speak_against_each_other(model, many):
    like = many.filter(pc.and_(pc.equal(many["segment"], "b"), pc.less(many["income"], 36_000)))
    values = pa.array(numbers(like, "income")[:3000])
    made = draw(model, len(values), {"segment": pa.array(["b"] * len(values)), "income": values})
    assert distance(numbers(made, "age"), numbers(like, "age")) < 0.08
    assert abs(numbers(made, "spent").mean() - numbers(like, "spent").mean()) < 3


def test_the_law_moves_with_what_is_given(model):
    real = planted()
    for segment in "ac":
        made = draw(model, 1500, {"segment": pa.array([segment] * 1500)})
        like = real.filter(pc.equal(real["segment"], segment))
        # the model itself is off by about 1 (and .08 at Lyon) from the 400 rows of the segment c
        assert abs(numbers(made, "age").mean() - pc.mean(like["age"]).as_py()) < 2
        assert abs(numbers(made, "income").mean() - pc.mean(like["income"]).as_py()) < 4000
        assert abs(np.mean(made["city"].to_numpy(False) == "Lyon") - np.mean(like["city"].to_numpy() == "Lyon")) < 0.12


def near_copies(n=4000):
    """Codes of a column, and of one that hardly differs from it."""
    rng = np.random.default_rng(0)
    first = rng.integers(0, 100, n)
    pair = first, np.clip(first + rng.integers(-1, 2, n), 0, 99)
    return [Codes(values.astype(np.uint16), 100, True) for values in pair]


def test_more_particles_are_taken_where_few_of_them_count(monkeypatch):
    """One in a hundred hits what is given; the chain draws the other column first, whichever is given."""
    columns = near_copies()
    fitted = Trees().fit(columns, key=KEY)
    last = fitted.links[-1].column
    given = {last: Known(columns[last].values[:1000], np.arange(100, dtype=np.uint16))}

    def far():
        codes = fitted.draw(1000, KEY, given)
        return np.mean(np.abs(codes[0].astype(int) - codes[1].astype(int)) > 3)

    assert far() < 0.03
    monkeypatch.setattr(_particles, "PARTICLES", ((0.0, 16),))
    assert far() > 0.2


def test_given_values_come_back_as_they_are(model):
    given = {
        "age": pa.array([31.25, 200.0, -5.0, None]),
        "segment": pa.array(["a", "z", None, "c"]).dictionary_encode(),
        "id": pa.array(["x", "y", "z", "w"]),
    }
    made = draw(model, 4, given)
    for name, values in given.items():
        assert made[name].equals(values)
    assert made.schema.names == model.table.arrow_schema.names
    assert made["income"].type == pa.float64()


def test_numbers_count_as_the_nearest_that_was_learnt(model):
    old, oldest = (draw(model, 400, {"age": pa.array([age] * 400)}) for age in (1000.0, 86))
    assert abs(numbers(old, "income").mean() - numbers(oldest, "income").mean()) < 6000
    assert numbers(old, "income").mean() > 55_000  # of all rows it is 37,000


def test_what_was_never_seen_says_nothing(model):
    """A null where there was none, and a level that was not there: such rows are like any."""
    for segment in ("z", None):
        made = draw(model, 1500, {"segment": pa.array([segment] * 1500, pa.string())})
        assert abs(numbers(made, "age").mean() - 37.5) < 2
    nulls = draw(model, 1500, {"income": pa.nulls(1500)})
    assert nulls["income"].null_count == 1500
    assert abs(numbers(nulls, "age").mean() - 37.5) < 2


def test_a_null_says_something_where_there_were_some():
    n = 3000
    age = np.random.default_rng(0).integers(18, 90, n)
    model = rs.fit(pa.table({"age": age, "pension": pa.array(age * 10, mask=age < 65)}), seed=1)
    made = draw(model, 300, {"pension": pa.nulls(300)})
    assert made["age"].to_numpy().max() < 70


def test_columns_that_determine_others_agree_with_what_is_given(model):
    assert {(d.source, d.target) for d in model.table.dependencies} == {(5, 6)}
    some = pa.array(["IT", "FR", "CH"] * 200)
    made = draw(model, 600, {"country": some})
    assert [COUNTRY[c] for c in made["city"].to_pylist()] == some.to_pylist()
    paris, lyon = (np.mean(made["city"].to_numpy(False)[1::3] == city) for city in ("Paris", "Lyon"))
    assert abs(paris - 0.55) < 0.15
    assert abs(lyon - 0.27) < 0.15
    cities = pa.array(["Rome", "Nice"] * 50)
    assert draw(model, 100, {"city": cities})["country"].to_pylist() == ["IT", "FR"] * 50
    both = draw(model, 100, {"city": cities, "country": pa.array(["CH"] * 100)})
    assert both["country"].to_pylist() == ["CH"] * 100
    assert draw(model, 5, {"country": pa.array(["XX"] * 5)})["city"].null_count == 0


def test_two_columns_that_are_looked_up_narrow_the_one_that_determines_them():
    rng = np.random.default_rng(0)
    code = rng.integers(0, 30, 3000)
    table = pa.table({"code": [f"c{c:02}" for c in code], "ten": code // 10 * 10, "last": [f"l{c % 10}" for c in code]})
    schema = rs.Table(columns={name: rs.Column(kind="category") for name in table.column_names})
    model = rs.fit(table, schema=rs.Schema(tables={"t": schema}))
    assert len(model.table.dependencies) == 2
    made = draw(model, 60, {"ten": pa.array([0, 10, 20] * 20), "last": pa.array(["l3", "l7"] * 30)})
    assert made["code"].to_pylist() == ["c03", "c17", "c23", "c07", "c13", "c27"] * 10


def test_a_type_of_another_sort_is_refused(model):
    for name, values in (("age", ["31"]), ("segment", [3]), ("country", [True])):
        with pytest.raises(SpecError, match=f"{name}: is of type .*; the model learnt it as "):
            draw(model, 1, {name: pa.array(values)})
    draw(model, 1, {"id": pa.array(["k"]), "year": pa.array(["?"])})  # these tell nothing


def ruled(rules):
    schema = rs.inspect(planted()).only[1]
    table = rs.Table(columns=schema.columns, rules=rules)
    return rs.fit(planted(), schema=rs.Schema(tables={"people": table}), seed=1)


def test_rules_hold_around_given_values():
    model = ruled({"young": "segment <> 'a' or age < 35", "spends": "spent > 200"})
    segments = pa.array(["a", "b"] * 500)
    made = draw(model, 1000, {"segment": segments})
    assert made["segment"].equals(segments)
    assert all(s != "a" or age < 35 for s, age in zip(segments.to_pylist(), made["age"].to_pylist(), strict=True))
    assert made["spent"].to_numpy().min() > 200
    assert made["id"].to_pylist() == model.table.sample(Rows(0, 1000), KEY)["id"].to_pylist()


def test_rules_that_given_values_break_are_refused():
    model = ruled({"grown": "age >= 18", "rich": "segment <> 'a' or income < 60000"})
    with pytest.raises(SpecError, match=r"rules.grown='age >= 18': is broken by the given columns in 1 of 2"):
        draw(model, 2, {"age": pa.array([7, 30])})
    with pytest.raises(SpecError, match=r"rules \(grown, rich\): only 0.00% of [\d,]+ drawn rows keep them"):
        draw(ruled({"grown": "age >= 18", "rich": "segment = 'b' or age > 89"}), 2, {"segment": pa.array(["a", "a"])})


def test_columns_for_another_table_do_not_hang_on_how_many_rows_there_are(model):
    source = ModelColumns(model.table, ("age", "city"))
    ages = planted(3 * BLOCK)["segment"].combine_chunks()
    for given in ({}, {"segment": ages}):
        few, more = (source.sample(Rows(0, n), KEY, {k: v.slice(0, n) for k, v in given.items()}) for n in (1500, 2500))
        assert few.schema.names == ["age", "city"]
        assert few.equals(more.slice(0, 1500))
        assert source.sample(Rows(0, 0), KEY, {k: v.slice(0, 0) for k, v in given.items()}).schema == few.schema


def test_a_user_completes_a_frame(model):
    import pandas as pd

    frame = pd.DataFrame({"city": ["Rome", "Bern"] * 40, "age": [20, 70] * 40})
    made = model.sample(given=frame, seed=4)
    assert made["city"].to_pylist() == frame["city"].tolist()
    assert made["country"].to_pylist() == ["IT", "CH"] * 40
    assert made["id"].to_pylist() == model.sample(80)["id"].to_pylist()
    assert made.schema == model.sample(1).schema
    assert np.mean(made["income"].drop_null().to_numpy()) > 30_000
    assert model.sample(given=frame, seed=4).equals(made)
    assert not model.sample(given=frame, seed=5).equals(made)


def test_the_rows_around_a_frame_do_not_hang_on_workers(tmp_path):
    model = rs.fit(planted(), learner="independent")
    frame = pa.table({"segment": planted(70_000)["segment"]})  # more than a chunk
    for workers in (1, 2):
        model.sample_to(tmp_path / f"{workers}.csv", given=frame, seed=4, workers=workers)
    assert (tmp_path / "1.csv").read_bytes() == (tmp_path / "2.csv").read_bytes()


def test_a_frame_that_does_not_fit_is_refused(model):
    for columns, n, kind, message in (
        ({"aeg": [1]}, None, SpecError, r"given='aeg': the model has no such column; did you mean 'age'"),
        ({"age": ["x"]}, None, SpecError, r"given column 'age': is of type string; the model learnt it as int64"),
        ({"age": [1.5]}, None, DataError, r"given column 'age': a value is not of the type int64"),
        ({"age": [1, 2]}, 3, SpecError, r"rows=3: 2 rows are given"),
    ):
        with pytest.raises(kind, match=message):
            model.sample(n, given=pa.table(columns))


def test_a_key_that_given_columns_may_repeat_is_not_declared(tmp_path):
    import contextlib
    import sqlite3

    table = planted(600).append_column("code", pa.array([f"{i % 20:02}{i // 20}" for i in range(600)]))
    model = rs.fit(table, primary_key="id", seed=1)
    for given, declared in ((["age"], True), (["age", "id"], False)):
        rows = table.select(given).slice(0, 50)
        model.sample_to(tmp_path / "t.sqlite#t", given=rows)
        assert bool(model.key_note_around(given)) != declared
        with contextlib.closing(sqlite3.connect(tmp_path / "t.sqlite")) as database:
            ((statement,),) = database.execute("select sql from sqlite_master where type = 'table'")
        assert ("PRIMARY KEY" in statement) == declared
        (tmp_path / "t.sqlite").unlink()
