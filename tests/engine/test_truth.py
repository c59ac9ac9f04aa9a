"""Structures planted by a spec: made, written down, found again in the files, and not given away to students."""

import json

import pyarrow as pa
import pyarrow.compute as pc
import pytest

from rowsmith.core.errors import DataError, OutputError, SpecError
from rowsmith.engine import plan
from rowsmith.engine.make import make, make_variants
from rowsmith.engine.planning import plan_spec
from rowsmith.engine.verify import load_key, mark, verify
from rowsmith.io._open import read_table
from rowsmith.spec.model import Spec

COLUMNS = {
    "id": "id",
    "sales": "planted",
    "price": {"kind": "normal", "mean": 10, "sd": 2, "round": 2},
    "holiday": {"kind": "boolean", "p": 0.2},
    "income": {"kind": "lognormal", "median": 38_000, "sigma": 0.5},
    "profit": {"sql": "sales * 0.2"},
}
TRUTH = {
    "drivers": {"plant": "regression", "target": "sales", "on": {"price": {"between": [-3.0, -2.0]}, "holiday": 35}},
    "gaps": {"plant": "missing", "column": "income", "mechanism": "MAR", "by": "price", "rate": 0.12},
}


def lesson(n=2000, **more):
    tables = {"sales": {"rows": n, "columns": COLUMNS}}
    return Spec(**{"seed": 3, "tables": tables, "truth": TRUTH, **more})


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    place = tmp_path_factory.mktemp("lesson")
    make(lesson(), place)
    return place


def test_planted_columns_stand_where_the_spec_says_and_others_read_them():
    made = make(lesson(50))["sales"]
    assert made.column_names == list(COLUMNS)
    assert made["profit"].to_pylist() == pytest.approx([x * 0.2 for x in made["sales"].to_pylist()])


def test_every_fact_is_found_in_the_files_and_nothing_else(folder):
    result = verify(folder)
    assert {(each.planted, each.verdict) for each in result.checked} == {("drivers", "found"), ("gaps", "found")}
    assert result.found
    assert result.unplanned == ()


def test_text_files_tell_the_same(tmp_path):
    make(lesson(), tmp_path, format="csv")
    assert verify(tmp_path).found


def test_a_fact_that_is_not_there_is_missed(folder, tmp_path):
    spec = lesson(truth={"drivers": {**TRUTH["drivers"], "on": {"price": -2}}, "gaps": TRUTH["gaps"]})
    make(spec, tmp_path)
    assert not verify(tmp_path, folder / "truth.json").found


def test_what_nobody_planted_is_listed(tmp_path):
    make(lesson(), tmp_path)
    document = json.loads((tmp_path / "truth.json").read_text())
    document["planted"] = [each for each in document["planted"] if each["name"] != "drivers"]
    document["related"] = {}
    (tmp_path / "truth.json").write_text(json.dumps(document))
    found = {frozenset(each.columns) for each in verify(tmp_path).unplanned}
    assert frozenset(("sales", "holiday")) in found


def test_flaws_are_written_down_with_clean_and_dirty_values(folder):
    flaws, made = read_table(str(folder / "flaws.parquet")), read_table(str(folder / "sales.parquet"))
    clean = make(lesson(truth={"drivers": TRUTH["drivers"]}))["sales"]
    assert flaws.num_rows == made["income"].null_count > 0
    for flaw in flaws.to_pylist():
        row = int(flaw["key"]) - 1
        assert (flaw["planted"], flaw["table"], flaw["column"], flaw["dirty"]) == ("gaps", "sales", "income", None)
        assert float(flaw["clean"]) == clean["income"][row].as_py()
        assert flaw["row"] == row + 1
    key = load_key(folder)
    assert next(each.rows for each in key.planted if each.name == "gaps") == flaws.num_rows


def test_students_get_nothing_that_gives_it_away(tmp_path):
    made = make(lesson(), tmp_path, bundle="student")
    names = sorted(p.name for p in tmp_path.iterdir())
    assert names == ["brief.md", "manifest.json", "sales.parquet"]
    told = (tmp_path / "brief.md").read_text() + (tmp_path / "manifest.json").read_text()
    for secret in ("drivers", "MAR", "0.12", "seed", "spec", "planted"):
        assert secret not in told
    assert make(lesson()).keys() == made.rows.keys()
    assert read_table(str(tmp_path / "sales.parquet")).equals(make(lesson())["sales"].replace_schema_metadata(None))
    with pytest.raises(DataError, match=r"there is no answer key .* which a bundle for students lacks"):
        verify(tmp_path)


def test_a_bundle_for_students_does_not_go_where_a_key_is(tmp_path):
    make(lesson(), tmp_path)
    with pytest.raises(OutputError, match=r"truth\.json: holds an answer key"):
        make(lesson(), tmp_path, bundle="student")
    assert load_key(tmp_path).planted


def test_answers_are_marked(folder, tmp_path):
    key = load_key(folder)
    right = {f"task {i}": {f.name: f.value for f in each.facts} for i, each in enumerate(key.planted, 1)}
    (tmp_path / "all.json").write_text(json.dumps(right))
    assert {m.points for m in mark(folder, tmp_path / "all.json")} == {1.0}
    (tmp_path / "none.json").write_text("{}")
    assert {m.points for m in mark(folder, tmp_path / "none.json")} == {0.0}


def test_variants_have_numbers_of_their_own_and_each_is_found(tmp_path):
    assert len(list(make_variants(lesson(), tmp_path, 3))) == 3
    keys = [load_key(tmp_path / name) for name in ("01", "02", "03")]
    slopes = {next(f.value for f in key.planted[0].facts if f.name == "price") for key in keys}
    assert len(slopes) > 1
    assert all(-3 <= slope <= -2 for slope in slopes)
    assert all(verify(tmp_path / name).found for name in ("01", "02", "03"))
    with pytest.raises(SpecError, match=r"x.sqlite: variants need a folder, such as .*x/"):
        list(make_variants(lesson(), tmp_path / "x.sqlite", 2))


def test_difficulty_is_one_dial():
    def rate(difficulty):
        truth = {"drivers": TRUTH["drivers"], "gaps": {"plant": "missing", "column": "income"}}
        return make(lesson(difficulty=difficulty, truth=truth))["sales"]["income"].null_count / 2000

    assert rate("easy") < 0.1 < rate("medium") < rate("hard")
    assert rate(0.5) == rate("medium")
    rows = {"sql": "cast(1000 * (1 + difficulty) as int)"}
    assert (
        make(lesson(difficulty="hard", tables={"sales": {"rows": rows, "columns": COLUMNS}}))["sales"].num_rows == 2000
    )


def test_chunks_workers_and_more_rows_make_the_same(tmp_path, monkeypatch):
    monkeypatch.setattr(plan, "PART_ROWS", 400)
    spec = lesson(chunk_rows=150)
    make(spec, tmp_path / "one")
    make(spec, tmp_path / "two", workers=2)
    for name in ("sales", "flaws"):
        one, two = (read_table(str(tmp_path / place / name)) for place in ("one", "two"))
        assert one.equals(two)
    more = make(spec, rows={"sales": 3000})["sales"].slice(0, 1950)
    assert more.equals(make(spec)["sales"].slice(0, 1950))
    assert verify(tmp_path / "two").found


def test_structures_may_read_one_another_in_any_order():
    truth = {
        "second": {"plant": "regression", "target": "y", "on": {"sales": 2.0}, "table": "sales"},
        "drivers": TRUTH["drivers"],
    }
    spec = lesson(truth=truth)
    noise = {each.spec.name: each.calibration["noise"] for each in plan_spec(spec).plantings}
    assert noise["second"] == pytest.approx(2 * noise["drivers"] / (0.9 * 0.1) ** 0.5 * 0.1**0.5 / 1, rel=0.5)
    made = make(spec)["sales"]
    assert made.column_names[-1] == "y"


SHOP = {
    "customers": {"rows": 300, "columns": {"customer": "id", "age": {"kind": "normal", "mean": 50, "sd": 9}}},
    "orders": {
        "per": {"table": "customers", "count": {"kind": "poisson", "mean": 6}},
        "columns": {"order": "id", "customer": "parent", "size": "normal"},
    },
}


def test_a_parents_columns_are_joined(tmp_path):
    truth = {"spend": {"plant": "regression", "target": "orders.spend", "on": {"customers.age": 0.5, "size": 3}}}
    make(Spec(tables=SHOP, truth=truth), tmp_path)
    result = verify(tmp_path)
    assert result.found
    assert [each.fact.name for each in result.checked][:2] == ["customers.age", "size"]


def test_a_parent_that_nobody_could_join_is_refused(tmp_path):
    tables = {**SHOP, "orders": {**SHOP["orders"], "columns": {"order": "id", "size": "normal"}}}
    truth = {"spend": {"plant": "regression", "target": "orders.spend", "on": {"customers.age": 0.5}}}
    with pytest.raises(
        SpecError, match=r"truth.spend: reads customers.age, but no column of table orders points to customers"
    ):
        make(Spec(tables=tables, truth=truth), tmp_path / "new")
    assert list(tmp_path.iterdir()) == []


def test_a_database_is_told_nothing_that_flaws_break(tmp_path):
    tables = {
        "t": {
            "rows": 200,
            "columns": {"id": "id", "x": {"kind": "uniform", "min": 0, "max": 9}},
            "rules": {"r": "x < 9"},
        }
    }
    spec = Spec(tables=tables, truth={"gaps": {"plant": "missing", "column": "x", "rate": 0.3}})
    make(spec, tmp_path / "a.sqlite")
    assert read_table(str(tmp_path / "a.sqlite#t"))["x"].null_count > 20


@pytest.mark.parametrize(
    ("truth", "says"),
    [
        ({"a": {"plant": "regresion", "target": "y"}}, r"truth.a: .*'regresion'.* did you mean 'regression'"),
        ({"a": {"target": "y"}}, r"truth.a.plant=None: expected the name of a structure"),
        (
            {"a": {**TRUTH["drivers"], "target": "price"}},
            r"truth.a: 'price': is made here, and table sales has a column",
        ),
        (
            {"a": TRUTH["drivers"], "b": TRUTH["drivers"]},
            r"truth.b: 'sales': is made by 'a' already; two structures cannot make one column",
        ),
        ({"d": TRUTH["drivers"], "a": {"plant": "missing", "column": "id"}}, r"truth.a: 'id': is a key of table sales"),
        (
            {"d": TRUTH["drivers"], "a": {"plant": "missing", "column": "incme"}},
            r"no such column; did you mean 'income'",
        ),
        (
            {"a": {**TRUTH["drivers"], "r2": 1}},
            r"truth.a.r2=1: expected a share above 0 and below 1; the nearest is 0.99",
        ),
        ({"a": {**TRUTH["drivers"], "on": {"pric": 1}}}, r"there is no column 'pric'; did you mean 'price'"),
        (
            {"a": {**TRUTH["drivers"], "on": {"price": {"between": [3, 2]}}}},
            r"on.price.between=\[3, 2\]: expected two numbers",
        ),
        (
            {"a": {**TRUTH["drivers"], "r2": {"sql": "hardness"}}},
            r"r2.sql='hardness': there is no parameter 'hardness'",
        ),
        ({"a": {**TRUTH["drivers"], "tabel": "sales"}}, r"truth.a.tabel: no such setting"),
        ({"a": {**TRUTH["drivers"], "table": "salse"}}, r"table='salse': there is no such table; did you mean 'sales'"),
        ({"gaps": TRUTH["gaps"]}, r"columns.sales: is `planted`, and no structure in `truth` makes it"),
        ({"a": {**TRUTH["drivers"], "on": {"profit": 1}}}, r"in a cycle: sales.sales → sales.profit → sales.sales"),
    ],
)
def test_structures_that_cannot_be_are_refused_before_the_run(truth, says):
    with pytest.raises(SpecError, match=says):
        lesson(truth=truth)


def test_difficulties_that_are_none():
    with pytest.raises(SpecError, match=r"difficulty='brutal': expected easy, medium, hard, or a number from 0 to 1"):
        lesson(difficulty="brutal")
    with pytest.raises(SpecError, match=r"bundle='teacher': is not known"):
        make(lesson(), bundle="teacher")
    with pytest.raises(SpecError, match=r"tables.flaws: that is the name of the table of planted flaws"):
        make(lesson(tables={"flaws": {"rows": 20, "columns": COLUMNS}}), "nowhere/")


def test_null_stays_null_in_what_follows():
    columns = {**COLUMNS, "price": {**COLUMNS["price"], "null": 0.5}}
    made = make(lesson(tables={"sales": {"rows": 400, "columns": columns}}, truth={"drivers": TRUTH["drivers"]}))[
        "sales"
    ]
    assert pc.all(pc.equal(pc.is_null(made["price"]), pc.is_null(made["sales"]))).as_py()
    assert isinstance(made, pa.Table)


def test_numbers_of_children_may_hang_on_what_is_planted():
    tables = {
        "patients": {"rows": 300, "columns": {"patient": "id", "age": {"kind": "normal", "mean": 60, "sd": 9}}},
        "visits": {
            "per": {"table": "patients", "count": {"sql": "least(4, 2 + floor(months))"}},
            "columns": {"visit": "id", "patient": "parent", "week": "position", "pressure": "planted"},
        },
    }
    truth = {  # in this order: the second one is needed to know how many rows the first one has
        "course": {"plant": "groups", "target": "visits.pressure", "group": "patient", "on": {"week": -0.5}},
        "life": {"plant": "survival", "time": "patients.months", "event": "died", "on": {"age": 1.05}, "median": 3},
    }
    made = make(Spec(tables=tables, truth=truth))
    counts = made["visits"].group_by("patient").aggregate([("week", "max")]).sort_by("patient")["week_max"].to_pylist()
    assert counts == [min(4, 2 + int(months)) for months in made["patients"]["months"].to_pylist()]
    assert min(counts) < max(counts)


def ruled(rules):
    columns = {"id": "id", "x": {"kind": "uniform", "min": 0, "max": 1}, "w": "normal", "y": "planted", "z": "planted"}
    truth = {
        "a": {"plant": "counts", "target": "y", "on": {"x": 1.0}},
        "b": {"plant": "regression", "target": "z", "on": {"y": 1.0, "w": 1.0}},
    }
    return Spec(tables={"t": {"rows": 300, "columns": columns, "rules": rules}}, truth=truth)


def test_rules_that_what_is_planted_keeps_by_itself_may_stay():
    made = make(ruled({"never": "y >= 0", "both": "z is not null and y > -1", "of others": "x > 0.5"}))["t"]
    assert pc.min(made["x"]).as_py() > 0.5


def test_rules_that_would_change_the_law_of_what_is_planted_are_refused():
    with pytest.raises(SpecError, match=r"tables.t.rules.few='y < 2': \d+\.\d\d% .* facts of truth.a would be false"):
        make(ruled({"few": "y < 2"}))
    with pytest.raises(
        SpecError, match=r"tables.t.rules.low='y \+ z < 2': \d+\.\d\d% .* facts of truth.b would be false"
    ):
        make(ruled({"low": "y + z < 2"}))


def test_planted_numbers_are_rounded_as_is_said_at_their_place():
    columns = {**COLUMNS, "sales": {"kind": "planted", "round": 1}}
    made = make(lesson(tables={"sales": {"rows": 60, "columns": columns, "primary_key": "id"}}))["sales"]
    assert made.column_names == list(COLUMNS)
    assert made["sales"].to_pylist() == [round(x, 1) for x in made["sales"].to_pylist()]
    for settings, says in (
        ({"kind": "planted", "round": 99}, r"columns.sales.round=99: expected a number of decimals from 0 to 15"),
        ({"kind": "planted", "as": "text"}, r"columns.sales.as='?text'?: is not known here"),
    ):
        with pytest.raises(SpecError, match=says):
            lesson(tables={"sales": {"rows": 60, "columns": {**COLUMNS, "sales": settings}}})
    columns = {"id": "id", "x": "normal", "yes": {"kind": "planted", "round": 1}}
    truth = {"a": {"plant": "logistic", "target": "yes", "on": {"x": 1.0}}}
    with pytest.raises(SpecError, match=r"columns.yes.round=1: 'a' makes it as bool, which has no decimals"):
        Spec(tables={"t": {"rows": 9, "columns": columns}}, truth=truth)


def test_a_column_that_is_made_has_no_dot_in_its_name():
    truth = {"a": {"plant": "simpson", "x": "t.x", "target": "t.y", "group": "g", "within": 1.0}}
    tables = {"t": {"rows": 9, "columns": {"id": "id", "g": {"kind": "category", "values": ["a", "b"]}}}}
    with pytest.raises(SpecError, match=r"truth.a: 't.x': a column's name holds no dot; only `target` may be written"):
        Spec(tables=tables, truth=truth)


def rule(**more):
    return {"plant": "association", "basket": "b.items", "if": ["pasta"], "then": ["sauce"], "confidence": 0.6, **more}


def test_rules_of_one_column_are_planted_together_and_nothing_beside_them(tmp_path):
    tables = {"b": {"rows": 4000, "columns": {"id": "id"}}}
    truth = {"a": rule(), "c": rule(**{"if": ["chips"], "then": ["salsa"]}, items=50)}
    make(Spec(tables=tables, truth=truth), tmp_path)
    result = verify(tmp_path)
    assert result.found
    assert result.unplanned == ()
    document = json.loads((tmp_path / "truth.json").read_text())
    del document["planted"][0]["settings"]["rules"]["c"]
    (tmp_path / "truth.json").write_text(json.dumps(document))
    assert any("salsa" in each.columns[1] for each in verify(tmp_path).unplanned)


def test_rules_that_do_not_agree_are_refused():
    tables = {"b": {"rows": 10, "columns": {"id": "id"}}}
    with pytest.raises(SpecError, match=r"truth.c.items=60: another rule or `baskets` says 50; say it once"):
        Spec(tables=tables, truth={"a": rule(items=50), "c": rule(**{"if": ["x"], "then": ["y"]}, items=60)})
    whole = {"plant": "baskets", "basket": "b.items", "rules": {"a": {"if": ["x"], "then": ["y"], "support": 0.05}}}
    with pytest.raises(SpecError, match=r"truth.a: is the name of a rule in `rules` of 'all' too"):
        Spec(tables=tables, truth={"all": whole, "a": rule()})


def test_copies_are_counted_wherever_rows_go(tmp_path):
    tables = {"t": {"rows": 300, "columns": {"id": "id", "name": "person.name", "born": "person.birth_date"}}}
    spec = Spec(
        tables=tables, truth={"twice": {"plant": "duplicates", "columns": ["name", "born"], "rate": 0.1, "key": "id"}}
    )
    in_memory = make(spec)
    assert in_memory.rows["t"] == in_memory["t"].num_rows > 300
    for target in ("out/", "a.sqlite", "a.csv"):
        assert make(spec, f"{tmp_path}/{target}").rows == in_memory.rows


def test_what_is_in_memory_is_verified_as_files_are(tmp_path):
    table = {"rows": 2000, "columns": {"id": "id", "x": {"kind": "normal", "round": 3}, "y": "planted"}}
    truth = {
        "slope": {"plant": "regression", "target": "y", "on": {"x": 2.0}},
        "gaps": {"plant": "missing", "column": "x", "mechanism": "MCAR", "rate": 0.1},
    }
    spec = Spec(tables={"t": table}, truth=truth)
    made = make(spec)
    make(spec, tmp_path / "out/")
    assert verify(made) == verify(tmp_path / "out/")
    assert made.documents["truth.json"] == (tmp_path / "out/truth.json").read_text()
    assert made.flaws.num_rows == made["t"]["x"].null_count > 0
    frames = {"t": made["t"].to_pandas()}
    assert verify(frames, key=tmp_path / "out/truth.json").found
    with pytest.raises(DataError, match="there is no answer key with them; give its file as `key`"):
        verify(frames)
    told = make(spec, bundle="student")
    assert set(told.documents) == {"brief.md"}
    assert told.flaws is None
    assert set(make(spec, f"{tmp_path}/t.sqlite").documents) == {"truth.json", "key.md", "brief.md"}
