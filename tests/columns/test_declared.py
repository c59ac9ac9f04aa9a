"""Columns of which something is declared: coded without a look at the rows, and held against them by other learners."""

import datetime
from decimal import Decimal

import numpy as np
import pyarrow as pa
import pytest

from rowsmith.core.codecs import fit_codec, load_codec
from rowsmith.core.domains import Anew, Declaring, Levels, Span
from rowsmith.core.errors import DataError, SpecError
from rowsmith.core.protocols import COLUMN_KINDS, Rows
from rowsmith.core.rng import Key
from rowsmith.core.schema import Column, Schema

KEY = Key(3)
LINES = ["integer", "float", "decimal", "date", "time", "timestamp", "duration"]


@pytest.mark.parametrize(
    ("kind", "type", "low", "high", "line"),
    [
        ("integer", pa.int16(), -3, 12, (-3, 12)),
        ("float", pa.float64(), 0.5, 2, (0.5, 2.0)),
        ("decimal", pa.decimal128(8, 2), "1.25", 2, (125, 200)),
        ("date", pa.date32(), "1970-01-02", "1970-01-11", (1, 10)),
        ("time", pa.time32("s"), "00:00:05", "00:01:00", (5, 60)),
        ("timestamp", pa.timestamp("ms"), "1970-01-01 00:00:01", "1970-01-02", (1000, 86_400_000)),
        ("duration", pa.duration("s"), 1, 90, (1, 90)),
    ],
)
def test_bounds_are_read_in_the_type_of_the_column(kind, type, low, high, line):
    found = COLUMN_KINDS.load(kind)(min=low, max=high).domain(type, None)
    assert (found.low, found.high) == line
    cut = Span(type, *line, None, True, (np.array([line[0]]), np.array([line[1]])))
    if kind != "float":
        drawn = COLUMN_KINDS.load(kind)().coded(cut, None, KEY).decode(np.zeros(500, np.uint16), Rows(0, 500), KEY)
        assert drawn.type == type
        assert COLUMN_KINDS.load(kind)(min=low, max=high).fit(drawn, None, KEY).size > 1


@pytest.mark.parametrize(("name", "value"), [("min", 5), ("max", 3)])
def test_a_value_beyond_a_declared_bound_is_told(name, value):
    with pytest.raises(DataError, match=f"column 'a': the value 4 lies beyond {name}={value}"):
        fit_codec("a", Column(kind="integer", settings={name: value}), pa.array([4, 4]), KEY)


def test_levels_that_are_declared_are_all_there_and_none_is_rare():
    column = Column(kind="category", settings={"levels": ["a", "b", "c", "d"]})
    codec = fit_codec("x", column, pa.array(["a"] * 900 + ["b"] * 2), KEY)
    assert codec.inner.levels.to_pylist() == ["a", "b", "c", "d"]
    with pytest.raises(DataError, match="stands twice"):
        fit_codec("x", Column(kind="category", settings={"levels": ["a", "a"]}), pa.array(["a"]), KEY)


@pytest.mark.parametrize(
    ("kind", "settings", "like", "look"),
    [
        ("identifier", {}, ["P0001", "P0002"], r"^P[0-9]{4}$"),
        ("code", {}, ["AB-1234", "XY-0042", "QZ-5511"], r"^[A-Z]{2}-[0-9]{4}$"),
        ("personal", {"sort": "name"}, ["Anna Huber"], r"^\S+ \S+$"),
        ("text", {}, ["One two three four five."], r"^(\S+ ){4}\S+$"),
    ],
)
def test_the_look_of_what_is_made_anew_can_be_declared(kind, settings, like, look):
    column = Column(kind=kind, settings={**settings, "like": like})
    codec = fit_codec("x", column, pa.array(["secret one", "secret two", "entirely secret"]), KEY)
    again = load_codec(kind, codec.state())
    for each in (codec, again):
        drawn = each.decode(np.zeros(30, np.uint16), Rows(0, 30), KEY)
        assert pa.compute.all(pa.compute.match_substring_regex(drawn, look)).as_py(), drawn
        assert not pa.compute.any(pa.compute.match_substring(drawn, "secret")).as_py()


@pytest.mark.parametrize("sort", ["name", "email", "address", "url", "ip", "iban", "card", "phone"])
def test_personal_text_has_a_usual_look(sort):
    kind = COLUMN_KINDS.load("personal")(sort=sort)
    domain = kind.domain(pa.string(), None)
    assert isinstance(domain, Anew)
    drawn = kind.coded(domain, None, KEY).decode(np.zeros(20, np.uint16), Rows(0, 20), KEY)
    assert drawn.null_count == 0


@pytest.mark.parametrize(
    "type", [pa.string(), pa.int64(), pa.int8(), pa.date32(), pa.timestamp("us"), pa.decimal128(9, 0)]
)
def test_keys_have_a_usual_look(type):
    kind = COLUMN_KINDS.load("identifier")()
    drawn = kind.coded(kind.domain(type, None), None, KEY).decode(np.zeros(50, np.uint16), Rows(0, 50), KEY)
    assert drawn.type == type
    assert len(drawn.unique()) == 50


def test_every_kind_that_is_taken_without_a_look_says_a_domain():
    types = {"boolean": pa.bool_(), "decimal": pa.decimal128(9, 2), "date": pa.date32(), "time": pa.time64("us")}
    types |= {
        "timestamp": pa.timestamp("s"),
        "duration": pa.duration("ms"),
        "integer": pa.int32(),
        "float": pa.float32(),
    }
    for name in COLUMN_KINDS.names():
        kind = COLUMN_KINDS.load(name)
        if issubclass(kind, Declaring) and name != "code":
            assert isinstance(kind().domain(types.get(name, pa.string()), None), Levels | Span | Anew), name


def test_a_look_of_another_type_is_told():
    with pytest.raises(SpecError, match="like='x': expected values of the column's type int64"):
        COLUMN_KINDS.load("identifier")(like=("x",)).domain(pa.int64(), None)


def test_a_day_in_a_schema_is_read_as_text():
    text = "rowsmith: 1\ntables: {t: {columns: {a: {kind: date, min: 2020-01-01}}}}"
    schema = Schema.from_yaml(text)
    assert schema.only[1].columns["a"].settings == {"min": "2020-01-01"}
    assert Schema.from_yaml(schema.to_yaml()) == schema
    with pytest.raises(DataError, match="lies beyond min=2020-01-01"):
        fit_codec("a", schema.only[1].columns["a"], pa.array([datetime.date(2019, 1, 1)]), KEY)


def test_decimals_of_many_digits_are_cut_as_numbers():
    kind = COLUMN_KINDS.load("decimal")(min=Decimal(0).to_eng_string(), max="5")
    assert kind.domain(pa.decimal128(30, 2), None).lattice is False
