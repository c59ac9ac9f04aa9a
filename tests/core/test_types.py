import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from rowsmith.core.types import parse_type

units = st.sampled_from(["s", "ms", "us", "ns"])
flat = (
    st.sampled_from([pa.int8(), pa.uint64(), pa.float16(), pa.float32(), pa.float64(), pa.bool_(), pa.string()])
    | st.sampled_from([pa.large_string(), pa.string_view(), pa.binary(), pa.binary(7), pa.null(), pa.date32()])
    | st.sampled_from([pa.date64(), pa.time32("s"), pa.time32("ms"), pa.time64("us"), pa.time64("ns")])
    | st.builds(pa.timestamp, units, st.sampled_from([None, "UTC", "Europe/Berlin", "+02:00"]))
    | st.builds(pa.duration, units)
    | st.builds(pa.decimal128, st.integers(10, 38), st.integers(0, 9))
    | st.builds(pa.decimal256, st.integers(40, 76), st.integers(0, 9))
)
types = st.recursive(
    flat | st.builds(pa.dictionary, st.just(pa.int8()), flat, st.booleans()),
    lambda inner: (
        st.builds(pa.list_, inner)
        | st.builds(pa.large_list, inner)
        | st.lists(inner, min_size=1, max_size=3).map(lambda ts: pa.struct([(f"f{i}", t) for i, t in enumerate(ts)]))
    ),
    max_leaves=4,
)


@given(types)
def test_what_arrow_prints_is_read_back(found):
    assert parse_type(str(found)) == found


@pytest.mark.parametrize("text", ["", "int65", "timestamp[us", "list<", "decimal128(2)"])
def test_what_is_no_type_is_refused(text):
    with pytest.raises(ValueError, match="expected an Arrow type"):
        parse_type(text)
