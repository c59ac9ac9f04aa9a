"""A synthetic table says that it is one."""

import json

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

import rowsmith as rs
from rowsmith.core.definition import DECLARED, INDEXES, Declared, declared_of
from rowsmith.core.provenance import MARK, Provenance, comment_of, of_comment
from rowsmith.core.schema import FOREIGN_KEYS, NOT_NULL, PRIMARY_KEY
from rowsmith.engine.ddl import ddl
from rowsmith.io._open import read_table
from rowsmith.io._sql import TABLE
from rowsmith.io._tables import read_tables

ROWS = pa.table({"x": [1, 2, 3, 4] * 30, "y": list("abcd") * 30})


def test_a_drawn_file_says_how_it_was_made(tmp_path):
    model = rs.fit(ROWS, settings={"detail": 0.25}, seed=1)
    model.save(tmp_path / "m.rowsmith")
    rs.load(tmp_path / "m.rowsmith").sample_to(tmp_path / "twin.parquet", 10)
    schema = pq.read_schema(tmp_path / "twin.parquet")
    document = json.loads(schema.metadata[MARK])
    assert document["synthetic"] is True
    found = Provenance.of(schema)
    assert found == model.provenance
    assert (found.method, found.learner, found.settings["detail"], found.learnt_rows) == ("learnt", "trees", 0.25, 120)
    assert found.made_by == f"rowsmith {rs.__version__}"


def test_what_a_spec_makes_says_so_too(tmp_path):
    spec = rs.Spec(tables={"t": {"rows": 5, "columns": {"x": {"kind": "integer", "min": 0, "max": 9}}}})
    rs.make(spec, tmp_path / "out", format="parquet")
    assert Provenance.of(pq.read_schema(tmp_path / "out" / "t.parquet")).method == "spec"


def test_learning_from_a_marked_table_marks_it_anew(tmp_path):
    first = rs.fit(ROWS, seed=1)
    first.sample_to(tmp_path / "twin.parquet", 50)
    second = rs.fit(pq.read_table(tmp_path / "twin.parquet"), seed=1)
    assert second.provenance.learnt_rows == 50
    assert MARK.decode() not in second.metadata


def test_a_mark_that_is_none_is_no_fault():
    assert Provenance.of(pa.schema([])) is None
    for text in (b"{", b"[]", b'{"synthetic": true}', b"7"):
        assert Provenance.of(pa.schema([], metadata={MARK: text})) is None


@pytest.mark.parametrize(
    "note", [b"no JSON", b'[{"a": 1}, 7]', b'["zz"]', b"\xff", b"{}", b"7", b"[" * 9999, b"a\0b", b"[null]"]
)
@pytest.mark.parametrize("name", [MARK, NOT_NULL, INDEXES, DECLARED, PRIMARY_KEY, FOREIGN_KEYS, TABLE])
def test_a_note_of_a_stranger_that_cannot_be_read_is_none(name, note, tmp_path):
    pq.write_table(pa.table({"a": range(10)}).replace_schema_metadata({name: note}), tmp_path / "t.parquet")
    for target in ("part.sqlite", "part/"):
        found = rs.subset_to(str(tmp_path / "t.parquet"), str(tmp_path / target), share=0.5)
        assert found.n_rows == {"t": 5}
        assert read_tables([str(tmp_path / target)])["t"].num_rows == 5


@pytest.mark.parametrize(
    "word",
    ["TEXT DEFAULT CURRENT_USER", "INTEGER REFERENCES other", "INTEGER primary Key", "INT(3) unique", "INT not null[]"],
)
def test_a_type_of_a_stranger_is_nothing_but_a_type(word):
    words = {
        "types": {"a": word, "b": "TIMESTAMP WITH TIME ZONE"},
        "casts": {"a": word, "b": "CHARACTER VARYING(20)[]"},
    }
    note = Declared(dialect="postgresql").noted()[DECLARED]
    found = declared_of(pa.schema([], metadata={DECLARED: json.dumps(json.loads(note) | words)}))
    assert (found.types, found.casts) == ({"b": words["types"]["b"]}, {"b": words["casts"]["b"]})


TABLES = {
    "shops": pa.table({"id": range(40), "town": ["Ulm", "Jena"] * 20}),
    "odd */ (": pa.table({"shop": [i % 40 for i in range(120)], "size": [i % 7 for i in range(120)]}),
}


@pytest.mark.parametrize("kind", ["sqlite", "sqlite url", "postgresql"])
def test_tables_of_a_database_say_so(kind, tmp_path, request):
    target = str(tmp_path / "twin.sqlite")
    if kind != "sqlite":
        target = request.getfixturevalue("empty_postgres") if kind == "postgresql" else f"sqlite:///{target}"
    model = rs.fit(TABLES, learner="independent", primary_key=["shops.id"])
    model.sample_to(target)
    found = read_tables([target])
    assert {name: Provenance.of(table.schema) for name, table in found.items()} == {
        n: model.provenance(n) for n in TABLES
    }
    assert found["shops"].column_names == ["id", "town"]
    again = rs.fit(found, learner="independent")  # what is learnt from a twin is no longer the twin
    assert MARK.decode() not in again.metadata["shops"]


def test_a_single_table_in_a_file_says_so_and_a_spec_into_one(tmp_path):
    rs.fit(ROWS, learner="independent").sample_to(tmp_path / "twin.sqlite", 5)
    assert Provenance.of(read_table(tmp_path / "twin.sqlite").schema).learner == "independent"
    spec = rs.Spec(tables={"t": {"rows": 5, "columns": {"x": {"kind": "integer", "min": 0, "max": 9}}}})
    rs.make(spec, tmp_path / "made.sqlite")
    assert Provenance.of(read_table(tmp_path / "made.sqlite").schema).method == "spec"
    assert "rowsmith.synthetic" not in ddl(spec, "sqlite")


def test_what_ends_a_comment_stands_in_none():
    mark = Provenance(made_by="*/ drop table t; /*", method="learnt")
    text = comment_of(mark.marked(pa.schema([])))
    assert "*/" not in text
    assert Provenance.of(pa.schema([], metadata=of_comment(f"create table t (/* {text} */ a, b /* c */)"))) == mark
    assert of_comment("a table of shops") == of_comment(None) == {}
