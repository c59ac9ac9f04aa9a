"""CSV: read as a person would, written back as it was."""

import csv
import gzip
import io

import pyarrow as pa
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from rowsmith.core.errors import DataError, SpecError
from rowsmith.core.text import form_of
from rowsmith.io._open import read_table

GERMAN = (
    "\ufeffBeleg-Nr;Datum;Umsatz €;Menge;Ort;Mahnung\r\n"
    '000009;20.10.2023;79,26;39;"Ulm; Nord";ja\r\n'
    "000022;28.09.2023;1.025,87;1;Großenhain;nein\r\n"
    "000035;01.02.2024;12.345.678,90;;Köln;\r\n"
)

DIALECTS = {
    "german excel": GERMAN.encode(),
    "comma": b"a,b\n1,x\n2,y\n",
    "no final line end": b"a,b\n1,x\n2,y",
    "tabs": b"a\tb\n1\tx y\n",
    "pipe": b"a|b\n1|x,y\n2|z,w\n",
    "crlf": b"a,b\r\n1,x\r\n",
    "old mac": b"a,b\r1,x\r2,y\r",
    "all quoted": b'"a","b"\n"1","x"\n"2",""\n',
    "text quoted, as R does": b'"","name","n"\n"1","x",1\n"2","y, z",2\n',
    "quotes inside": b'a,b\n1,"say ""hi"""\n2,"two\nlines"\n',
    "backslash quotes": b'a,b\n1,"say \\"hi\\""\n2,"x, y"\n',
    "empty text is not null": b'a,b\n1,""\n2,\n,z\n',
    "one column": b"a\nx\ny\n",
    "one column of sentences": b"note\nhello there\nbye now\n",
    "sep line": b"sep=;\na;b\n1;2\n",
    "null marks": b"a,b\n1,2.5\nNA,3.5\n",
    "two null marks are text": b"a,b\n1,2.5\nNA,3.5\n-,4.5\n",
    "latin": "name;stadt\nJürgen;Köln\nRené;Genève\n".encode("cp1252"),
    "utf-16": "\ufeffname\tcity\nJürgen\tKöln\nRené\t東京\n".encode("utf-16-le"),
    "header only": b"a,b,c\n",
    "odd names": 'a.b,a_b,"col,umn","q""d","line\nbreak",  padded ,__null,%,123,Ünï\n1,2,3,4,5,6,7,8,9,x\n'.encode(),
    "dates": b"us,iso,dots\n1/31/2024,9999-12-31,1.2.2024\n2/1/2024,1676-01-01,12.12.2024\n",
    "codes": b"zip,branch\n01234,007\n98765,012\n",
    "spaces after commas": b"39, State-gov, 13\n50, Private, 9\n",
    "money": "price\n€ 12.00\n€ 3.50\n".encode(),
    "long numbers": b"a,b\n123456789012345678901234,1.2345678901234567\n1,0.1\n",
    "nulls in quotes": b'"a","b"\n"1","2"\n"",""\n',
}


@pytest.mark.parametrize("name", DIALECTS)
def test_written_back_byte_for_byte(name, write, tmp_path):
    source = tmp_path / "in.csv"
    source.write_bytes(DIALECTS[name])
    target = write(read_table(source), tmp_path / "out.csv", rows=2)
    assert target.read_bytes() == DIALECTS[name]


def test_a_german_table_is_understood(tmp_path):
    path = tmp_path / "a.csv"
    path.write_bytes(GERMAN.encode())
    table = read_table(path)
    assert table.column_names[0] == "Beleg-Nr"
    assert [str(t) for t in table.schema.types] == ["string", "date32[day]", "double", "int64", "string", "bool"]
    assert table["Umsatz €"].to_pylist() == [79.26, 1025.87, 12345678.9]
    assert table["Ort"][0].as_py() == "Ulm; Nord"
    assert form_of(table.schema.field("Beleg-Nr")) == {"as": "integer", "width": 6}


def test_evidence_of_one_column_settles_another(tmp_path):
    path = tmp_path / "a.csv"
    path.write_text("a;b;c;d\n1.025;7,5;1/2/2024;31/12/2024\n2.500;8,25;3/4/2024;1/1/2024\n")
    table = read_table(path)
    assert table["a"].to_pylist() == [1025, 2500]
    assert table["c"][0].as_py().month == 2
    path.write_text("a;b\n1.025;7.5\n2.500;8.25\n")
    assert read_table(path)["a"].to_pylist() == [1.025, 2.5]


def test_settings_override_what_is_detected(tmp_path):
    path = tmp_path / "a.csv"
    path.write_bytes("x;y\n1,025;é\n".encode("latin-1"))
    table = read_table(path, settings={"separator": ";", "encoding": "latin-1", "decimal": ","})
    assert table.to_pylist() == [{"x": 1.025, "y": "é"}]
    assert read_table(path, settings={"types": False})["x"].to_pylist() == ["1,025"]
    with pytest.raises(SpecError, match="encoding='utf-99'"):
        read_table(path, settings={"encoding": "utf-99"})
    with pytest.raises(SpecError, match="separator='ab'"):
        read_table(path, settings={"separator": "ab"})
    with pytest.raises(SpecError, match="decimal='x'"):
        read_table(path, settings={"decimal": "x"})


@pytest.mark.parametrize("ending", [".csv.gz", ".csv.zst", ".tsv.bz2"])
def test_packed_files(ending, write, tmp_path):
    table = pa.table({"a": [1, 2], "b": ["x", None]})
    assert read_table(write(table, tmp_path / f"t{ending}")).to_pydict() == table.to_pydict()


def test_gzip_is_what_others_write(tmp_path):
    path = tmp_path / "t.csv.gz"
    path.write_bytes(gzip.compress(b"a,b\n1,2\n"))
    assert read_table(path).to_pylist() == [{"a": 1, "b": 2}]


@pytest.mark.parametrize(
    ("content", "parts"),
    [
        (b"", ["empty", "0 bytes"]),
        (b"  \n\n", ["blank space"]),
        (b"a,b\n1,2\n3,4,5\n", ["line 3", "3 fields", "2 columns"]),
        (b'a,b\n"x\ny",2\n3\n', ["line 4", "1 fields"]),
        (b"a,b,a\n1,2,3\n", ["'a'", "more than once"]),
        (b"a,b\n1,\0\n", ["line 2", "NUL"]),
        (b"a,b\n" + bytes(range(128, 256)) * 3 + b"\1\2\3", ["binary"]),
        (b"PAR1xxxx", ["seems to be a Parquet file"]),
        (b"SQLite format 3\0", ["seems to be an SQLite database"]),
        (b"<!DOCTYPE html><html></html>", ["web page"]),
    ],
)
def test_bad_files_end_in_one_sentence(content, parts, tmp_path):
    path = tmp_path / "a.csv"
    path.write_bytes(content)
    with pytest.raises(DataError) as caught:
        read_table(path)
    message = str(caught.value)
    assert "a.csv" in message
    assert "\n" not in message
    for part in parts:
        assert part in message


def test_wrong_encoding_names_the_line(tmp_path):
    path = tmp_path / "a.csv"
    path.write_bytes("a\nb\nÄ\n".encode("cp1252"))
    with pytest.raises(DataError, match=r"a\.csv: line 3 is not text in the encoding utf-8"):
        read_table(path, settings={"encoding": "utf-8"})


def test_a_plain_table_is_written_as_plain_csv(write, tmp_path):
    table = pa.table({"a": [1, None], "f": [1.0, 1e-7], "t": ['say "x"', ""], "b": [True, False]})
    target = write(table, tmp_path / "a.csv")
    assert target.read_text() == 'a,f,t,b\n1,1.0,"say ""x""",true\n,1e-07,"",false\n'


def test_a_sign_that_the_encoding_lacks_is_told(write, tmp_path):
    table = pa.table({"a": ["東"]})
    with pytest.raises(Exception, match=r"cp1252 has no sign '東'"):
        write(table, tmp_path / "a.csv", settings={"encoding": "cp1252"})
    assert list(tmp_path.iterdir()) == []


TEXTS = st.text(st.characters(codec="utf-8", blacklist_characters="\0"), max_size=6)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    names=st.lists(TEXTS.filter(lambda t: t.strip()), min_size=2, max_size=4, unique=True),
    rows=st.lists(st.lists(TEXTS | st.none(), min_size=4, max_size=4), min_size=1, max_size=6),
)
def test_any_text_comes_back(names, rows, again):
    table = pa.table({n: pa.array([row[i] for row in rows], pa.string()) for i, n in enumerate(names)})
    table = table.filter(pa.array([any(v is not None for v in row[: len(names)]) for row in rows]))
    found = again(table, ".csv")
    assert found.column_names == names
    for name in names:
        if pa.types.is_string(found.schema.field(name).type):
            assert found[name].to_pylist() == table[name].to_pylist()


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    separator=st.sampled_from(",;\t|"),
    newline=st.sampled_from(["\n", "\r\n"]),
    quoting=st.sampled_from([csv.QUOTE_MINIMAL, csv.QUOTE_ALL]),
    encoding=st.sampled_from(["utf-8", "utf-8-sig", "utf-16"]),
    rows=st.lists(
        st.tuples(st.integers(0, 10**6), st.sampled_from(["x", "y, z", 'q"q', "ä;|\t"])), min_size=2, max_size=9
    ),
)
def test_any_dialect_is_kept(separator, newline, quoting, encoding, rows, write, tmp_path):
    buffer = io.StringIO()
    writer = csv.writer(buffer, delimiter=separator, lineterminator=newline, quoting=quoting)
    writer.writerows([("number", "some text"), *rows])
    content = buffer.getvalue().encode(encoding)
    (tmp_path / "in.csv").write_bytes(content)
    table = read_table(tmp_path / "in.csv")
    assert table.to_pydict() == {"number": [r[0] for r in rows], "some text": [r[1] for r in rows]}
    assert write(table, tmp_path / "out.csv").read_bytes() == content
