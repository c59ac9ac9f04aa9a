"""A synthetic table says that it is one."""

import json

import pyarrow as pa
import pyarrow.parquet as pq

import rowsmith as rs
from rowsmith.core.provenance import MARK, Provenance

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
