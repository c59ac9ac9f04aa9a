"""Values that are not what the schema says, and what surrounds every kind."""

import numpy as np
import pyarrow as pa
import pytest

from rowsmith.core.codecs import fit_codec
from rowsmith.core.errors import DataError, SpecError
from rowsmith.core.protocols import Rows
from rowsmith.core.rng import Key
from rowsmith.core.schema import Column


@pytest.mark.parametrize(
    ("column", "values", "match"),
    [
        (Column(kind="integer", type="int8"), pa.array([1, 2, 300]), "column 'c': the value 300 is not of .* int8"),
        (Column(kind="integer", type="int64"), pa.array(["1", "x2"]), "column 'c': the value 'x2' is not of .* int64"),
        (
            Column(kind="integer", type="string", form={"as": "integer"}),
            pa.array(["12", "abc"]),
            "column 'c': the value 'abc' is not of the form",
        ),
        (Column(kind="constant", type="int64"), pa.array([1, 2]), "column 'c': has 2 different values"),
        (Column(kind="null", type="int64"), pa.array([1, 2]), "column 'c': has values"),
        (Column(kind="integer", type="string"), pa.array(["a"]), "column 'c': values of type string are not numbers"),
        (Column(kind="ordered", settings={"levels": ["a"]}), pa.array(["a", "b"]), "column 'c': the value 'b' is none"),
        (Column(kind="code"), pa.array(["ab", "c d e", "???", "1", "22"]), "column 'c': has no stable shape"),
    ],
)
def test_data_that_does_not_fit_its_schema(column, values, match):
    with pytest.raises(DataError, match=match):
        fit_codec("c", column, values, Key(1))


def test_unknown_kinds_and_settings():
    with pytest.raises(SpecError, match="did you mean 'integer'"):
        fit_codec("c", Column(kind="intger"), pa.array([1]), Key(1))
    with pytest.raises(SpecError, match=r"columns\.c\.bin: no such setting .*bins"):
        fit_codec("c", Column(kind="integer", settings={"bin": 3}), pa.array([1]), Key(1))


def test_values_are_cast_to_the_type_of_the_schema():
    codec = fit_codec("c", Column(kind="integer", type="int16"), pa.array([1.0, 2.0, None] * 9), Key(1))
    made = codec.decode(np.array([0, 1, 2], np.uint16), Rows(0, 3), Key(1))
    assert made.type == pa.int16()
    assert made.to_pylist() == [None, 1, 2]


@pytest.mark.parametrize("kind", ["integer", "date", "text", "identifier", "category", "binary", "null"])
def test_a_column_without_values_stays_empty_whatever_its_kind(kind):
    types = {"integer": "int32", "date": "date32[day]", "binary": "binary"}
    column = Column(kind=kind, type=types.get(kind, "string"))
    values = pa.nulls(4, pa.string()).cast(pa.binary() if kind == "binary" else pa.string())
    codec = fit_codec("c", column, values, Key(1))
    assert codec.size == 1
    assert codec.decode(codec.encode(values), Rows(0, 4), Key(1)).null_count == 4


def test_a_word_for_missing_values_is_printed_again():
    values = pa.array(["12", "n/a", "7", "12"] * 5)
    column = Column(kind="integer", type="string", form={"as": "integer", "null": "n/a"})
    codec = fit_codec("c", column, values, Key(1))
    assert codec.decode(codec.encode(values), Rows(0, 20), Key(1)).equals(values)
