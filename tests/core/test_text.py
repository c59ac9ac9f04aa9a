"""What is recognised is printed back letter for letter; what is not is left alone."""

import datetime
import json
from decimal import Decimal

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from rowsmith.core.errors import DataError
from rowsmith.core.text import form_of, json_texts, json_values, parse, recognise, show, with_form

D, T = datetime.date, datetime.datetime

KNOWN = [
    (["1", "2", None], [1, 2, None]),
    (["00123", "12345"], [123, 12345]),
    (["18446744073709551615", "1"], [2**64 - 1, 1]),
    (["123456789012345678901"], [Decimal("123456789012345678901")]),
    (["3.76", "2.00", "-0.50"], [3.76, 2.0, -0.5]),
    (["1", "1.5", "2.25"], [1.0, 1.5, 2.25]),
    (["1.0", "1.5", "-2.25"], [1.0, 1.5, -2.25]),
    (["0", "0.1090", "1.2500"], [0.0, 0.109, 1.25]),
    (["0", "2.0000", "0.1090"], [0.0, 2.0, 0.109]),
    (["3", "2.5000", "0.1090"], [3.0, 2.5, 0.109]),
    (["0", ".1090", "-2.5000"], [0.0, 0.109, -2.5]),
    (["0", "-1.234,50"], [0.0, -1234.5]),
    (["0 kg", "1.50 kg", "12.00 kg"], [0.0, 1.5, 12.0]),
    (["79,26", "1.025,87"], [79.26, 1025.87]),
    (["1,025.87", "3.20"], [1025.87, 3.2]),
    (["1,025", "79.26"], [1025.0, 79.26]),
    (["1.025", "79,26"], [1025.0, 79.26]),
    (["1,025", "3"], [1025, 3]),
    (["1.234.567", "1.000"], [1234567, 1000]),
    (["1 234,50", "7,10"], [1234.5, 7.1]),
    (["1'234.50", "7.10"], [1234.5, 7.1]),
    (["1\u202f234\u202f567,50", "7,10"], [1234567.5, 7.1]),
    (["€ 12.00", "€ 3.50"], [12.0, 3.5]),
    (["12 %", "5 %"], [12, 5]),
    (["5 kg", "7 kg"], [5, 7]),
    ([" 39", " 50"], [39, 50]),
    (["+5", "-3", "0"], [5, -3, 0]),
    ([".5", ".25"], [0.5, 0.25]),
    (["1e-05", "0.001", "12.5"], [1e-05, 0.001, 12.5]),
    (["0.00001", "1e-7", "12.5"], [1e-05, 1e-7, 12.5]),
    (["1.5e+10", "2.0e-03"], [1.5e10, 2e-3]),
    (["1.2345678901234567", "0.1"], [1.2345678901234567, 0.1]),
    (["1234567890123456789.50"], [Decimal("1234567890123456789.50")]),
    (["inf", "1.5", "-inf"], [float("inf"), 1.5, float("-inf")]),
    (["2024-01-05", "9999-12-31", "0001-01-01"], [D(2024, 1, 5), D(9999, 12, 31), D(1, 1, 1)]),
    (["1676-02-29"], [D(1676, 2, 29)]),
    (["20.10.2023"], [D(2023, 10, 20)]),
    (["1.2.2024", "12.11.2024"], [D(2024, 2, 1), D(2024, 11, 12)]),
    (["1/2/2024", "12/31/2024"], [D(2024, 1, 2), D(2024, 12, 31)]),
    (["13/2/2024", "1/1/2024"], [D(2024, 2, 13), D(2024, 1, 1)]),
    (["01/02/2024"], [D(2024, 1, 2)]),
    (["20240115", "20231231"], [D(2024, 1, 15), D(2023, 12, 31)]),
    (["Jan 5, 2024", "Dec 12, 2023"], [D(2024, 1, 5), D(2023, 12, 12)]),
    (["5 January 2024", "17 May 2023"], [D(2024, 1, 5), D(2023, 5, 17)]),
    (["05-Jan-24"], [D(2024, 1, 5)]),
    (["12:30", "08:00"], [datetime.time(12, 30), datetime.time(8)]),
    (["12:30:15.5"], [datetime.time(12, 30, 15, 500000)]),
    (["2024-01-05 10:00"], [T(2024, 1, 5, 10)]),
    (["2024-01-05T10:00:00", "1500-01-01T00:00:00"], [T(2024, 1, 5, 10), T(1500, 1, 1)]),
    (["2024-01-05 10:00:00", "2024-01-05 10:00:00.123000"], [T(2024, 1, 5, 10), T(2024, 1, 5, 10, 0, 0, 123000)]),
    (["05.01.2024 13:45"], [T(2024, 1, 5, 13, 45)]),
    (["1/5/2024 1:45 PM", "1/5/2024 12:05 AM"], [T(2024, 1, 5, 13, 45), T(2024, 1, 5, 0, 5)]),
    (["26:00:00", "01:00:00"], [datetime.timedelta(hours=26), datetime.timedelta(hours=1)]),
    (["1 days 02:03:04", "-1 days +23:00:00"], [datetime.timedelta(1, 7384), datetime.timedelta(hours=-1)]),
    (["true", "false", None], [True, False, None]),
    (["True"], [True]),
    (["YES", "NO"], [True, False]),
    (["ja", "nein"], [True, False]),
    (["0", "1"], [0, 1]),
    (["1", "NA"], [1, None]),
    (["1.5", "nan"], [1.5, None]),
    (["-", "2024-01-01"], [None, D(2024, 1, 1)]),
]


@pytest.mark.parametrize(("texts", "values"), KNOWN, ids=lambda v: str(v[0]))
def test_known_forms(texts, values):
    found = recognise(pa.array(texts, pa.string()))
    assert found is not None
    array, form = found
    assert array.to_pylist() == values
    assert show(array, form).to_pylist() == texts
    assert parse(pa.array(texts, pa.string()), json.loads(json.dumps(form))).equals(array)


@pytest.mark.parametrize(
    "texts",
    [
        ["007", "0815"],  # codes of differing length
        ["+4930123456", "+4930123457"],  # telephone numbers
        ["S0001", "S0002"],
        ["12A", "13A"],
        ["K5", "K4"],
        ["1.50", "1.5"],  # would not print back
        ["1000", "2,000"],
        ["2024-02-30"],
        ["0000-01-01"],
        ["2024-01-05T10:00:00+02:00", "2024-01-05T10:00:00+01:00"],
        ["25:00 PM"],
        ["NO"],  # Norway
        ["M", "F"],
        ["1", "NA", None],  # real nulls: NA is a value of its own
        ["1", "NA", "null"],
        ["NA", "None"],
        ["None", "abc", "null"],
        ["", "1"],
        ["1", " "],
        ["0x10"],
        ["192.168.0.1"],
        ["1-2-3"],
        ["٣"],
        [None],
        [],
    ],
    ids=str,
)
def test_text_stays_text(texts):
    assert recognise(pa.array(texts, pa.string())) is None


def test_zones():
    values, form = recognise(pa.array(["2024-01-05T10:00:00Z"]))
    assert values.type == pa.timestamp("s", tz="UTC")
    values, form = recognise(pa.array(["2024-01-05 10:00:00.250+02:00"]))
    assert values.type == pa.timestamp("ms", tz="+02:00")
    assert values[0].as_py().hour == 10
    assert show(values, form).to_pylist() == ["2024-01-05 10:00:00.250+02:00"]


def test_hints_settle_what_texts_leave_open():
    assert recognise(pa.array(["1.025", "2.500"]), decimal=",")[0].to_pylist() == [1025, 2500]
    assert recognise(pa.array(["1.025", "2.500"]))[0].to_pylist() == [1.025, 2.5]
    assert recognise(pa.array(["1,025", "2,500"]), decimal=",")[0].to_pylist() == [1.025, 2.5]
    assert recognise(pa.array(["1,025", "2,500"]))[0].to_pylist() == [1025, 2500]
    assert recognise(pa.array(["1/2/2024"]), day_first=True)[0].to_pylist() == [D(2024, 2, 1)]


def test_a_fault_far_down_is_seen():
    texts = [str(i) for i in range(20_000)]
    assert recognise(pa.array(texts))[0].type == pa.int64()
    assert recognise(pa.array([*texts[:13_337], "x", *texts[13_337:]])) is None


def test_kinds_of_arrow_text():
    for kind in (pa.large_string(), pa.string_view(), pa.dictionary(pa.int8(), pa.string())):
        assert recognise(pa.array(["1", "2"]).cast(kind))[0].to_pylist() == [1, 2]
    assert recognise(pa.chunked_array([["1"], ["2"]]))[0].to_pylist() == [1, 2]
    assert recognise(pa.array(["x", "1", "2"]).slice(1))[0].to_pylist() == [1, 2]


def test_new_values_take_the_form():
    form = {"as": "float", "digits": 2, "point": ",", "thousands": "."}
    new = pa.array([1234567.891, -0.001, None, float("inf"), 1e20])
    assert show(new, form).to_pylist()[:4] == ["1.234.567,89", "0,00", None, "inf"]
    assert show(pa.array([7.6]), {"as": "integer", "width": 3}).to_pylist() == ["008"]
    assert show(pa.array([D(2024, 3, 1)]), {"as": "date", "layout": "%-d.%-m.%y"}).to_pylist() == ["1.3.24"]
    assert show(pa.array([None], pa.int64()), {"as": "integer", "null": "NA"}).to_pylist() == ["NA"]


@pytest.mark.parametrize(
    ("text", "form"),
    [
        ("x", {"as": "integer"}),
        ("5", {"as": "integer", "suffix": " kg"}),
        ("maybe", {"as": "boolean", "true": "yes", "false": "no"}),
        ("2024-02-30", {"as": "date", "layout": "%Y-%m-%d"}),
        ("1.1.24", {"as": "date", "layout": "%d.%m.%Y"}),
    ],
)
def test_what_is_not_of_the_form_is_refused(text, form):
    with pytest.raises(DataError):
        parse(pa.array([text]), form)


def test_json_keeps_the_types_of_mixed_values():
    values = [1, 2.5, "neg", True, None, "ü"]
    texts = json_texts(values)
    assert json_values(texts) == values
    assert show(parse(texts, {"as": "json"}), {"as": "json"}).equals(texts)


def test_a_form_rides_on_a_field():
    field = with_form(pa.field("a", pa.string(), metadata={"own": "x"}), {"as": "integer", "width": 5})
    assert form_of(field) == {"as": "integer", "width": 5}
    assert field.metadata[b"own"] == b"x"
    assert form_of(pa.field("a", pa.string())) is None


near_numbers = st.text(alphabet="0123456789.,-+eE '€%:/TZ", max_size=12)
words = st.one_of(
    near_numbers,
    st.text(max_size=6),
    st.sampled_from(["NA", "-", "true", "False", "nan", "inf", "1e5", "2024-01-01", "12:00", "1 days 00:00:00"]),
)


@given(st.lists(st.none() | words, max_size=8))
def test_recognise_never_fails_and_loses_nothing(texts):
    array = pa.array(texts, pa.string())
    found = recognise(array)
    if found is not None:
        values, form = found
        assert show(values, form).to_pylist() == texts
        assert json.loads(json.dumps(form)) == form


finite = st.floats(allow_nan=False, allow_infinity=False)


@pytest.mark.parametrize("style", [repr, "{:.2f}".format, "{:,.3f}".format, "{:.4e}".format, "{:g}".format])
@given(values=st.lists(finite | st.integers(-(10**6), 10**6).map(lambda i: i / 100), min_size=1, max_size=20))
def test_printed_floats_are_printed_again(style, values):
    texts = pa.array([style(v) for v in values])
    found = recognise(texts)
    if found is not None:
        assert show(*found).equals(texts)
        assert not pa.types.is_string(found[0].type)


@given(st.lists(finite, min_size=1, max_size=20))
def test_shortest_floats_are_always_recognised(values):
    texts = pa.array([repr(v) for v in values])
    found = recognise(texts)
    assert found is not None
    if pa.types.is_floating(found[0].type):
        assert np.array_equal(found[0].to_numpy(zero_copy_only=False), np.array(values))


@pytest.mark.parametrize("layout", ["%Y-%m-%d", "%d.%m.%Y", "%m/%d/%Y", "%Y%m%d", "%d %b %Y", "%B %d, %Y"])
@given(days=st.lists(st.dates(D(1905, 1, 1), D(2095, 12, 31)) | st.none(), min_size=1, max_size=20))
def test_dates_of_any_layout(layout, days):
    texts = pa.array([None if d is None else d.strftime(layout) for d in days], pa.string())
    found = recognise(texts, day_first=False)
    if any(days):
        assert found[0].to_pylist() == days


@given(st.lists(st.datetimes(T(1, 1, 1), T(9999, 12, 31)), min_size=1, max_size=20), st.sampled_from("T "))
def test_iso_timestamps_as_python_prints_them(moments, joint):
    texts = pa.array([m.isoformat(joint) for m in moments])
    values, form = recognise(texts)
    assert values.to_pylist() == moments
    assert show(values, form).equals(texts)
