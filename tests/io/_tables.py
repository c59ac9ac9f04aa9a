"""Random tables, for the tests of every format."""

import datetime
import zoneinfo

import pyarrow as pa
from hypothesis import strategies as st

TEXT = st.text(st.characters(blacklist_categories=["Cs"], blacklist_characters="\0"), max_size=8)
NAMES = st.lists(TEXT.filter(bool), min_size=1, max_size=5, unique=True)


def values_of(kind):
    """Values that an Arrow type holds."""
    if pa.types.is_boolean(kind):
        return st.booleans()
    if pa.types.is_integer(kind):
        low = 0 if pa.types.is_unsigned_integer(kind) else -(2 ** (kind.bit_width - 1))
        return st.integers(low, low + 2**kind.bit_width - 1)
    if pa.types.is_floating(kind):
        return st.floats(allow_nan=False, allow_infinity=False, width=kind.bit_width)
    if pa.types.is_decimal(kind):
        top = 10 ** (kind.precision - kind.scale) - 1
        return st.decimals(-top, top, allow_nan=False, allow_infinity=False, places=kind.scale)
    if pa.types.is_date(kind):
        return st.dates()
    if pa.types.is_timestamp(kind):
        moments = st.datetimes(timezones=st.none() if kind.tz is None else st.just(zoneinfo.ZoneInfo("UTC")))
        return moments.map(lambda m: m.replace(microsecond=0)) if kind.unit == "s" else moments
    if pa.types.is_time(kind):
        return st.times()
    if pa.types.is_duration(kind):
        days = datetime.timedelta(10**6)
        return st.timedeltas(-days, days)
    if pa.types.is_binary(kind):
        return st.binary(max_size=8)
    if pa.types.is_list(kind):
        return st.lists(values_of(kind.value_type), max_size=3)
    if pa.types.is_struct(kind):
        return st.fixed_dictionaries({f.name: values_of(f.type) for f in kind})
    return TEXT


PLAIN = [
    pa.bool_(),
    pa.int8(),
    pa.int64(),
    pa.float64(),
    pa.string(),
    pa.date32(),
    pa.timestamp("us"),
    pa.decimal128(12, 2),
]
RICH = [
    *PLAIN,
    pa.uint64(),
    pa.int32(),
    pa.float32(),
    pa.timestamp("s"),
    pa.timestamp("us", tz="UTC"),
    pa.time64("us"),
    pa.duration("us"),
    pa.binary(),
    pa.list_(pa.int64()),
    pa.struct([pa.field("a", pa.int64()), pa.field("b", pa.string())]),
    pa.dictionary(pa.int8(), pa.string()),
    pa.dictionary(pa.int8(), pa.string(), ordered=True),
]


@st.composite
def tables(draw, kinds, min_rows=0, nulls=True):
    """A table of columns of such types."""
    names = draw(NAMES)
    n = draw(st.integers(min_rows, 12))
    columns = []
    for _ in names:
        kind = draw(st.sampled_from(kinds))
        plain = kind.value_type if pa.types.is_dictionary(kind) else kind
        values = values_of(plain) | st.none() if nulls else values_of(plain)
        array = pa.array(draw(st.lists(values, min_size=n, max_size=n)), plain)
        columns.append(array if plain == kind else array.dictionary_encode().cast(kind))
    return pa.table(columns, names=names)
