"""Values that stand in a file beside the spec."""

from __future__ import annotations

import json

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

import rowsmith as rs
from rowsmith.core.errors import SpecError

SPEC = """\
tables:
  sales:
    rows: 300
    columns:
      currency: {kind: category, values: {file: lists/rates.csv, key: code, value: traded}}
      rate: {kind: lookup, of: currency, values: {file: lists/rates.csv, key: code, value: rate}}
      town: {kind: category, values: {file: towns.parquet, column: town}}
      pay:
        kind: category
        values: [cash]
        by: {currency: {EUR: {values: {file: towns.parquet, column: town}}}}
"""
RATES = "code,rate,traded\nEUR,1.0,6\nUSD,1.08,3\nISK,150.5,0\n"


@pytest.fixture
def spec(tmp_path):
    (tmp_path / "lists").mkdir()
    (tmp_path / "lists" / "rates.csv").write_text(RATES)
    pq.write_table(
        pa.table({"town": pa.array(["Wien", "Graz", "Linz"]).dictionary_encode()}), tmp_path / "towns.parquet"
    )
    path = tmp_path / "sales.yaml"
    path.write_text(SPEC)
    return path


def read(spec):
    return rs.Spec.from_yaml(spec.read_text(), str(spec))


def test_the_values_are_those_of_the_file_as_if_they_stood_in_the_spec(spec):
    sales = rs.make(read(spec))["sales"].to_pydict()
    rates = {"EUR": 1.0, "USD": 1.08}
    assert set(sales["currency"]) == set(rates)
    assert sales["rate"] == [rates[code] for code in sales["currency"]]
    assert set(sales["town"]) == {"Wien", "Graz", "Linz"}
    assert all((pay != "cash") == (code == "EUR") for pay, code in zip(sales["pay"], sales["currency"], strict=True))
    written = SPEC.replace("{file: lists/rates.csv, key: code, value: traded}", "{EUR: 6, USD: 3, ISK: 0}")
    written = written.replace("{file: lists/rates.csv, key: code, value: rate}", "{EUR: 1.0, USD: 1.08, ISK: 150.5}")
    written = written.replace("{file: towns.parquet, column: town}", "[Wien, Graz, Linz]")
    assert rs.make(rs.Spec.from_yaml(written))["sales"].to_pydict() == sales


def test_another_file_is_another_run(spec, tmp_path):
    before = rs.make(read(spec), tmp_path / "out", rows={"sales": 50}).files
    first = json.loads((tmp_path / "out" / "manifest.json").read_text())
    (tmp_path / "lists" / "rates.csv").write_text(RATES.replace("1.08", "1.09"))
    assert rs.make(read(spec), tmp_path / "out", rows={"sales": 50}, workers=2).files == before
    second = json.loads((tmp_path / "out" / "manifest.json").read_text())
    assert first["spec_sha256"] != second["spec_sha256"]


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        (
            "lists/rates.csv, key: code, value: rate",
            "lists/rate.csv, key: code, value: rate",
            "'lists/rate.csv': no such file",
        ),
        ("lists/rates.csv, key: code, value: rate", "lists, key: code, value: rate", "'lists': is a folder"),
        ("lists/rates.csv, key: code, value: rate", "../rates.csv, key: code, value: rate", "outside of the folder"),
        (
            "value: rate}",
            "value: rates}",
            "values.value='rates': lists/rates.csv has no such column; did you mean 'rate'",
        ),
    ],
)
def test_a_wrong_file_is_refused_with_its_line(spec, old, new, said):
    spec.write_text(SPEC.replace(old, new))
    with pytest.raises(SpecError, match=r"line 6: tables\.sales\.columns\.rate\.values") as fault:
        read(spec)
    assert said in str(fault.value)


@pytest.mark.parametrize(
    ("rates", "said"),
    [
        ("code,rate,traded\n", "has 0 rows"),
        (RATES + "EUR,2,1\n", "code is 'EUR' in 2 rows; expected every key once"),
        (RATES + "GBP,,1\n", "value='rate': is empty in row 4"),
    ],
)
def test_a_file_with_faults_is_refused(spec, tmp_path, rates, said):
    (tmp_path / "lists" / "rates.csv").write_text(rates)
    with pytest.raises(SpecError) as fault:
        read(spec)
    assert said in str(fault.value)


def test_levels_named_like_the_words_are_levels():
    made = rs.make(
        rs.Spec(
            tables={"t": {"rows": 50, "columns": {"what": {"kind": "category", "values": {"file": 1, "column": 2}}}}}
        )
    )
    assert set(made["t"].to_pydict()["what"]) == {"file", "column"}
