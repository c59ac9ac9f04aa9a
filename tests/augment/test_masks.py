import datetime
import random

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.augment._examples import SECRET, rows

import rowsmith as rs
from rowsmith.augment._keyed import disguised, permuted

TABLE = rows(300)


@given(st.integers(1, 3000), st.text(min_size=8, max_size=12))
@settings(max_examples=40, deadline=None)
def test_permutations_are_one_to_one(size, secret):
    some = range(size) if size < 300 else random.Random(0).sample(range(size), 300)
    found = [permuted(secret, number, size, "s") for number in some]
    assert len(set(found)) == len(found)
    assert all(0 <= number < size for number in found)


@given(st.text(max_size=30))
@settings(max_examples=100, deadline=None)
def test_disguised_words_have_the_same_form(word):
    other = disguised(SECRET, word)
    assert [c.isdigit() and c.isascii() for c in other] == [c.isdigit() and c.isascii() for c in word]
    assert [c.isupper() for c in other] == [c.isupper() for c in word]
    assert [c for c in other if not c.isalnum()] == [c for c in word if not c.isalnum()]


def test_pseudonyms_differ_where_the_values_do_and_joins_hold():
    people = pa.table({"id": [f"C{i:05d}" for i in range(500)], "n": range(7000, 7500)})
    visits = pa.table({"who": [f"C{i % 500:05d}" for i in range(900)], "x": range(900)})
    a = rs.augment(people, rs.Pseudonym(("id", "n"), secret=SECRET)).frame
    b = rs.augment(visits, rs.Pseudonym(("who",), secret=SECRET), seed=9).frame
    assert pc.count_distinct(a["id"]).as_py() == 500
    assert set(b["who"].to_pylist()) == set(a["id"].to_pylist())
    assert not set(a["id"].to_pylist()) & {"C00001", "C00002", "C00003"}
    assert all(1000 <= n <= 9999 for n in a["n"].to_pylist())
    assert rs.augment(people, rs.Pseudonym(("id",), secret="another phrase")).frame["id"] != a["id"]


def test_a_secret_is_in_no_message_and_no_text_of_a_change():
    assert SECRET not in repr(rs.Pseudonym(("id",), secret=SECRET))
    with pytest.raises(rs.SpecError, match="has 5 signs; expected at least 8") as fault:
        rs.ShiftDates("id", secret="abcde")
    assert "abcde" not in str(fault.value)


def test_intervals_of_a_person_stay_and_so_do_weekdays():
    done = rs.augment(TABLE, rs.ShiftDates("person", secret=SECRET, step="week", within="60 days")).frame
    for name, unit in (("day", datetime.timedelta(days=1)), ("at", datetime.timedelta(days=1))):
        before, after = TABLE[name].to_pylist(), done[name].to_pylist()
        moves = {}
        for person, a, b in zip(TABLE["person"].to_pylist(), before, after, strict=True):
            moves.setdefault(person, set()).add((b - a) / unit)
        assert all(len(each) == 1 for each in moves.values())
        every = {move for each in moves.values() for move in each}
        assert all(move % 7 == 0 and 0 < abs(move) <= 60 for move in every)
        assert len(every) > 5


@given(st.integers(2, 12), st.integers(20, 120), st.integers(0, 3))
@settings(max_examples=15, deadline=None)
def test_every_row_is_like_k_others(k, n, seed):
    table = rows(n, seed)
    quasi = ("age", "city", "day", "x", "paid")
    for show in ("middle", "range"):
        done = rs.augment(table, rs.Anonymise(quasi, k=k, show=show))
        assert rs.risk(done.frame, quasi).k >= k
    assert rs.risk(table, quasi).k == 1


def test_groups_hide_what_is_sensitive():
    change = rs.Anonymise(("age", "day"), k=4, sensitive="city", l=3, t=0.4)
    found = rs.risk(rs.augment(TABLE, change).frame, ("age", "day"), sensitive="city")
    assert found.k >= 4
    assert found.l >= 3
    assert found.t <= 0.4
    assert found.prosecutor <= 0.25


def test_groups_are_not_larger_than_they_must_be():
    table = pa.table({"a": np.random.default_rng(0).permutation(256) / 4})
    assert rs.risk(rs.augment(table, rs.Anonymise(("a",), k=4)).frame, ("a",)).groups == 64


@given(st.integers(2, 9), st.integers(10, 80))
@settings(max_examples=15, deadline=None)
def test_microaggregates_are_of_k_rows_and_keep_the_mean(k, n):
    x = np.random.default_rng(n).normal(0, 1, (n, 2))
    table = pa.table({"a": x[:, 0], "b": x[:, 1]})
    done = rs.augment(table, rs.Microaggregate(k=min(k, n))).frame
    assert rs.risk(done, ("a", "b")).k >= min(k, n)
    assert np.mean(done["a"].to_numpy()) == pytest.approx(x[:, 0].mean(), abs=1e-9)


def test_swaps_keep_every_column_and_stay_near():
    table = pa.table({"a": np.random.default_rng(0).permutation(1000) / 4})
    done = rs.augment(table, rs.RankSwap(within=0.02), seed=1).frame
    assert sorted(done["a"].to_pylist()) == sorted(table["a"].to_pylist())
    assert np.abs(done["a"].to_numpy() - table["a"].to_numpy()).max() <= 5


def test_shares_stay_under_pram():
    table = pa.table({"c": ["a"] * 7000 + ["b"] * 2000 + ["c"] * 1000})
    out = rs.augment(table, rs.Pram(keep=0.3), seed=1).frame["c"].to_pylist()
    assert [out.count(c) for c in "abc"] == pytest.approx([7000, 2000, 1000], abs=130)
    assert out[7000:].count("a") > 1000


def test_what_has_a_form_is_taken_out_of_text():
    notes = [
        "mail ann.lee@x.org",
        "see https://a.b/c now",
        "AT61 1904 3002 3457 3201",
        "call +43 660 1234567",
        "on 10.0.0.1",
        "x 12",
    ]
    table = pa.table({"who": ["Ann Lee"] * 6, "note": notes})
    out = rs.augment(table, rs.Redact(columns=("note",), patterns={"n": r"x \d+"})).frame["note"].to_pylist()
    assert out == ["mail [email]", "see [url] now", "[iban]", "call [phone]", "on [ip]", "[n]"]


def test_top_codes_cut_off_and_keep_sums_where_asked():
    table = pa.table({"pay": [float(i) for i in range(1, 101)]})
    done = rs.augment(table, rs.TopCode(("pay",), top=0.95, value="mean")).frame["pay"].to_pylist()
    assert sum(done) == sum(table["pay"].to_pylist())
    assert len(set(done)) == 96


def test_a_journalist_knows_the_population():
    sample, people = pa.table({"age": [30, 41]}), pa.table({"age": [30] * 9 + [41] * 4})
    found = rs.risk(sample, ["age"], population=people)
    assert (found.prosecutor, found.journalist) == (1.0, 0.25)


def test_a_population_goes_with_the_rows_that_it_is_like():
    sample = pa.table({"age": [31, 38, 52, 52], "sex": ["f", "f", "m", "m"]})
    people = pa.table({"age": [31] * 3 + [38] * 2 + [52] * 7 + [33] * 9, "sex": ["f"] * 5 + ["m"] * 7 + ["f"] * 9})
    done = rs.augment(sample, rs.Generalise("age", step=10))
    found = rs.risk_change(sample, done, ["age", "sex"], population=people)
    assert (found.before.journalist, found.before.journalist_at_risk) == (0.5, 0.5)
    # of those that are 33, no row tells that they would be 30: they hide nobody
    assert (found.after.journalist, found.after.journalist_at_risk) == (0.2, 0)
    assert (found.before.k, found.after.k) == (1, 2)
    assert found.without == {"age": (1, 1), "sex": (1, 1)}
    left = rs.risk_change(sample, rs.augment(sample, rs.Bootstrap(), seed=1), ["age"], population=people)
    assert left.after.journalist is not None


@given(st.integers(1, 60), st.integers(0, 3))
@settings(max_examples=15, deadline=None)
def test_shares_by_size_of_group_are_of_all_rows(n, seed):
    found = rs.risk(rows(n, seed), ["age", "city"])
    assert sum(found.by_size) == pytest.approx(1)
    assert found.by_size[0] == pytest.approx(found.unique / n)
    assert sum(found.by_size[:3]) == pytest.approx(found.at_risk)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (rs.Anonymise(("age",), k=400), r"k=400: the table has 300 rows; expected 2 to 300"),
        (rs.Anonymise(("id",), k=3), "quasi='id': names rows"),
        (
            rs.Anonymise(("age",), k=3, sensitive="paid", l=5),
            "l=5: paid has 2 different values in all; expected 2 to 2",
        ),
        (rs.Microaggregate(k=400), "k=400: the table has 300 rows"),
        (rs.Generalise("city", step=5), "step: city is string; expected letters or groups"),
        (rs.Generalise("age", unit="month"), "unit: age is int64; expected step"),
        (rs.Pseudonym(("price",), secret=SECRET), "columns='price': is double; expected text or whole numbers"),
    ],
    ids=lambda value: value if isinstance(value, str) else type(value).__name__,
)
def test_what_cannot_be_is_refused_with_what_can(change, message):
    with pytest.raises(rs.SpecError, match=message):
        rs.augment(TABLE, change, primary_key="id")
