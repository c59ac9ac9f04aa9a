"""Copies of rows in tables: keys that do not tell, wherever rows are made, and flaws that say where they are."""

import pytest

from rowsmith.core.errors import SpecError
from rowsmith.engine.make import make
from rowsmith.engine.verify import verify
from rowsmith.io._open import read_table
from rowsmith.spec.model import Spec

KEYS = {
    "numbers": "id",
    "texts": {"kind": "id", "format": "U{:05d}"},
    "uuids": "uuid",
    "shuffled": {"kind": "id", "shuffled": 10_000},
    "formula": {"sql": "printf('C%05d', n)"},
}


def spec(key="id", n=600, settings=(), **more):
    columns = {"n": {"kind": "id", "hidden": True}, "id": key, "name": "person.name", "born": "person.birth_date"}
    tables = {
        "u": {"rows": n, "primary_key": "id", "columns": columns},
        "o": {"per": {"table": "u", "count": 2}, "columns": {"o": "id", "u": "parent"}},
        "r": {"rows": 50, "columns": {"r": "id", "u": {"kind": "reference", "table": "u"}}},
    }
    twice = {"plant": "duplicates", "columns": ["u.name", "born"], "key": "id", "rate": 0.1, **dict(settings)}
    return Spec(tables=tables, truth={"twice": twice}, **more)


@pytest.mark.parametrize("more", [{}, {"chunk_rows": 70}])
@pytest.mark.parametrize("key", KEYS)
def test_keys_of_copies_are_as_the_others_and_all_that_points_to_rows_finds_them(key, more):
    made = make(spec(KEYS[key], **more))
    ids = made["u"]["id"].to_pylist()
    assert len(ids) == len(set(ids)) == 660
    if key in ("numbers", "texts", "formula"):
        assert ids == sorted(ids)
        assert [int(str(each).strip("UC")) for each in ids] == list(range(1, 661))
    copies = {flaw["dirty"] for flaw in made.flaws.to_pylist() if flaw["column"] == ""}
    originals = {each for each in ids if str(each) not in copies}
    assert set(made["o"]["u"].to_pylist()) == originals
    assert set(made["r"]["u"].to_pylist()) <= originals
    assert verify(made).found


def test_flaws_say_where_the_copy_is_and_what_it_is_of(tmp_path):
    whole = spec(chunk_rows=70)
    truth = dict(whole.document["truth"]) | {"slips": {"plant": "typos", "column": "u.name"}}
    made = make(Spec(**{**whole.document, "truth": truth}))
    rows = made["u"].to_pylist()
    for flaw in made.flaws.to_pylist():
        there = rows[flaw["row"] - 1]
        assert flaw["dirty"] == str(there[flaw["column"] or "id"])
        if flaw["planted"] == "slips":
            assert flaw["key"] == str(there["id"])
    make(Spec(**{**whole.document, "truth": truth}), tmp_path / "out/", workers=2)
    assert read_table(str(tmp_path / "out/u.parquet")).equals(made["u"].replace_schema_metadata(None))


def test_another_seed_puts_copies_elsewhere():
    places = [
        [flaw["row"] for flaw in make(spec(), seed=seed).flaws.to_pylist() if not flaw["column"]] for seed in (1, 2)
    ]
    assert places[0] != places[1]


def test_keys_that_run_out_for_copies_are_told_before_the_run():
    with pytest.raises(SpecError, match=r"tables.u.columns.id.shuffled=620: row 6\d\d was asked for"):
        make(spec({"kind": "id", "shuffled": 620}))


@pytest.mark.parametrize(
    ("settings", "says"),
    [
        ({"key": None}, r"truth.twice.key: the primary key of table u \(id\) would come twice .*expected `key: id`"),
        ({"key": "nr"}, r"truth.twice.key='nr': table u has no such column; known: born, id, name"),
        ({"key": "n"}, r"truth.twice.key: 'n' is hidden"),
        ({"columns": ["u.name"], "key": "born"}, r"key='born': is not made by the row's number.*or `keys: keep`"),
    ],
)
def test_keys_that_cannot_be_are_refused(settings, says):
    with pytest.raises(SpecError, match=says):
        spec(settings=settings)


def test_what_tells_what_a_row_is_of_may_come_twice():
    columns = {"email": {"kind": "person.email", "unique": True}, "born": "person.birth_date"}
    truth = {"twice": {"plant": "duplicates", "columns": ["u.email", "born"], "rate": 0.1, "fuzzy": 0}}
    assert make(Spec(tables={"u": {"rows": 200, "columns": columns}}, truth=truth))["u"].num_rows == 220
    assert make(spec(settings={"keys": "keep"}))["u"].num_rows == 660


def test_rows_are_repeated_by_one_structure():
    twice = spec().document["truth"]["twice"]
    with pytest.raises(
        SpecError, match=r"truth.again: rows of table u are repeated by 'twice' already; plant one of them"
    ):
        Spec(**{**spec().document, "truth": {"twice": twice, "again": twice}})
