"""Numbers become whole multiples of their last digit, and the same numbers again."""

import decimal

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from rowsmith.core.errors import SpecError
from rowsmith.engine._wholes import MOST, numbers, wholes

KINDS = [
    pa.int64(), pa.int32(), pa.uint64(), pa.float64(), pa.decimal128(20, 4), pa.decimal256(40, 4), pa.decimal64(18, 3)
]  # fmt: skip


@given(st.lists(st.none() | st.integers(0, 10**9)), st.sampled_from(KINDS), st.integers(0, 2), st.booleans())
def test_there_and_back(listed, kind, digits, sliced):
    if pa.types.is_integer(kind):
        digits = 0
    listed = [None if v is None else decimal.Decimal(v).scaleb(-digits) for v in listed]
    if kind == pa.float64():  # Arrow's cast of decimals is not to the nearest
        values = pa.array([None if v is None else float(v) for v in listed], kind)
    else:
        values = pa.array(listed, pa.decimal128(20, digits)).cast(kind)
    values = values.slice(1) if sliced else values
    found = wholes(values, digits)
    expected = [0 if v is None else int(decimal.Decimal(str(v)).scaleb(digits)) for v in values.to_pylist()]
    assert found.tolist() == expected
    known = np.asarray(values.is_valid())
    assert numbers(found, known, kind, digits).equals(values)


def test_negative_decimals():
    values = pa.array([decimal.Decimal("-1.25"), None, decimal.Decimal("0.01")], pa.decimal128(10, 2))
    assert wholes(values, 2).tolist() == [-125, 0, 1]
    assert numbers(np.array([-125, 0, 1]), np.array([True, False, True]), values.type, 2).equals(values)


@pytest.mark.parametrize(
    "values",
    [
        pa.array([MOST + 1]),
        pa.array([2**64 - 1], pa.uint64()),
        pa.array([1e20]),
        pa.array([np.inf]),
        pa.array([np.nan]),
        pa.array([decimal.Decimal(10**30)], pa.decimal128(38, 0)),
    ],
)
def test_what_is_too_large_is_refused(values):
    with pytest.raises(SpecError, match="too large"):
        wholes(values, 0)


def test_what_does_not_fit_the_type_is_refused():
    for kind in (pa.int8(), pa.decimal128(3, 1)):
        with pytest.raises(SpecError, match="do not fit"):
            numbers(np.array([1000]), np.array([True]), kind, 0)
