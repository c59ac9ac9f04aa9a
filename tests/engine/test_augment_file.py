"""Files that are changed piece by piece, against the same changes in memory."""

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.augment._examples import EXAMPLES, rows, schema

import rowsmith as rs
from rowsmith.augment._change import CellChange
from rowsmith.core import scratch
from rowsmith.core.values import Sql
from rowsmith.engine import augment as in_memory
from rowsmith.engine import augment_file as module
from rowsmith.engine.run import write_table
from rowsmith.io import csv, parquet
from rowsmith.io._open import open_sink, read_table

TABLE = rows(400)
SCHEMA = schema(TABLE)
CELLS = [
    pytest.param(c, id=f"{n}-{i}")
    for n, each in EXAMPLES.items()
    for i, c in enumerate(each)
    if isinstance(c, CellChange)
]


@pytest.fixture(autouse=True)
def _small_chunks(monkeypatch):
    for each in (in_memory, module):
        monkeypatch.setattr(each, "CHUNK_ROWS", 64)


def by_whole(source, target, *changes, **options):
    """The same in memory."""
    done = rs.augment(read_table(str(source)), *changes, **options)
    write_table(done.frame, open_sink(str(target)), done.frame.schema)
    return done


@pytest.fixture(scope="module")
def source(tmp_path_factory):
    path = tmp_path_factory.mktemp("source") / "t.parquet"
    pq.write_table(TABLE, path, row_group_size=90)
    return path


@pytest.mark.parametrize("change", CELLS)
def test_a_file_that_is_changed_has_the_same_bytes_as_in_memory(change, source, tmp_path):
    one, other = tmp_path / "one.parquet", tmp_path / "other.parquet"
    options = {"schema": SCHEMA, "seed": 7, "mark": "by"}
    done, expected = rs.augment_file(source, one, change, **options), by_whole(source, other, change, **options)
    assert one.read_bytes() == other.read_bytes()
    assert done.steps == expected.steps


@given(st.integers(1, 500), st.integers(1, 200), st.integers(1, 150), st.integers(1, 3), st.integers(0, 130))
@settings(max_examples=15, deadline=None)
def test_the_size_of_pieces_does_not_matter(tmp_path_factory, group, read, written, workers, n):
    folder = tmp_path_factory.mktemp("sizes")
    pq.write_table(rows(n), folder / "t.parquet", row_group_size=group)
    changes = [
        rs.Dropout(share=0.1),
        rs.Noise(relative=0.1, columns=("low", "price")),
        rs.Typos(rate=0.2, columns=("note",)),
    ]
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(parquet, "BATCH", read)
        patch.setattr(scratch, "PIECE", written)
        said = tried(
            lambda: rs.augment_file(folder / "t.parquet", folder / "one.csv", *changes, schema=SCHEMA, workers=workers)
        )
    assert said == tried(lambda: by_whole(folder / "t.parquet", folder / "other.csv", *changes, schema=SCHEMA))
    assert (folder / "one.csv").exists() == (said is None)
    if said is None:
        assert (folder / "one.csv").read_bytes() == (folder / "other.csv").read_bytes()


def tried(task):
    """What is wrong with it, if anything."""
    try:
        task()
    except rs.SpecError as fault:
        return str(fault)
    return None


ODD = "id;day;paid;price;code;note\n" + "".join(
    f'A{i};{1 + i % 12}/{1 + i % 11}/2024;{"yes" if i % 3 else "no"};{i},{i % 100:02d} €;0{i % 90 + 10};"say ""{i}""\n"\n'
    for i in range(1, 400)
)


@pytest.mark.parametrize("ending", ["", "x"])
def test_a_csv_file_is_read_alike_in_pieces(ending, tmp_path, monkeypatch):
    monkeypatch.setattr(csv, "HEAD", 1 << 11)
    monkeypatch.setattr(csv, "BLOCK", 1 << 12)
    # the last day of a month in which only one order makes sense, and a text among numbers, come late in the file
    (tmp_path / "t.csv").write_text(ODD + f"A400;31/1/2024;no;5,00 €{ending};011;end")
    changes = [rs.Noise(relative=0.1)] if not ending else []
    changes += [rs.Jitter(time="2 days"), rs.Dropout(share=0.1), rs.Typos(rate=0.3, columns=("note",))]
    done = rs.augment_file(tmp_path / "t.csv", tmp_path / "one.csv", *changes, primary_key="id", seed=3)
    same = by_whole(tmp_path / "t.csv", tmp_path / "other.csv", *changes, primary_key="id", seed=3)
    assert (tmp_path / "one.csv").read_bytes() == (tmp_path / "other.csv").read_bytes()
    assert done.steps == same.steps
    assert done.rows == 400


def test_a_small_file_and_one_of_another_encoding_are_read_whole(tmp_path):
    (tmp_path / "t.csv").write_text(ODD, encoding="utf-16")
    rs.augment_file(tmp_path / "t.csv", tmp_path / "one.csv", rs.Round(to=1), seed=3)
    by_whole(tmp_path / "t.csv", tmp_path / "other.csv", rs.Round(to=1), seed=3)
    assert (tmp_path / "one.csv").read_bytes() == (tmp_path / "other.csv").read_bytes()


def test_rules_that_some_rows_break_are_none(tmp_path, monkeypatch):
    from rowsmith.engine import _augment_table

    monkeypatch.setattr(_augment_table, "LOOKED_AT", 100)
    a = [i * 7 % 50 for i in range(300)]
    table = pa.table({"a": a, "b": [2 * x for x in a[:-1]] + [7], "c": [3 * x for x in a]})
    pq.write_table(table, tmp_path / "t.parquet")
    done = rs.augment_file(tmp_path / "t.parquet", tmp_path / "one.parquet", rs.Noise(absolute=9, columns=("a",)))
    same = by_whole(tmp_path / "t.parquet", tmp_path / "other.parquet", rs.Noise(absolute=9, columns=("a",)))
    assert (tmp_path / "one.parquet").read_bytes() == (tmp_path / "other.parquet").read_bytes()
    assert done.steps == same.steps


@pytest.mark.parametrize(
    ("changes", "target", "message"),
    [
        ([rs.Noise(), rs.Smote("churn")], "x.csv", "smote: needs the whole table at a time"),
        ([rs.Noise(columns=("agee",))], "x.csv", "noise: columns='agee': the table has no such column"),
        ([rs.Noise()], "no/x.csv", "does not exist"),
        ([], "x.csv", "changes: none is given"),
        ([rs.Noise(absolute=Sql("-age"), columns=("x",))], "x.csv", "noise: absolute='-age': gives -"),
    ],
    ids=["whole", "column", "folder", "none", "late"],
)
def test_what_cannot_be_is_refused_and_nothing_is_left(changes, target, message, source, tmp_path):
    with pytest.raises(rs.RowsmithError, match=message):
        rs.augment_file(source, tmp_path / target, *changes, schema=SCHEMA)
    assert not list(tmp_path.iterdir())


def test_formats_and_types_that_are_read_whole_are_refused(tmp_path):
    (tmp_path / "t.jsonl").write_text('{"a": 1}\n')
    with pytest.raises(rs.SpecError, match=r"is read as a whole; expected a file of .*: csv, parquet"):
        rs.augment_file(tmp_path / "t.jsonl", tmp_path / "x.csv", rs.Noise())
    pq.write_table(TABLE.set_column(0, "id", TABLE["id"].dictionary_encode()), tmp_path / "t.parquet")
    with pytest.raises(rs.SpecError, match="column 'id': is dictionary"):
        rs.augment_file(tmp_path / "t.parquet", tmp_path / "x.csv", rs.Noise())
