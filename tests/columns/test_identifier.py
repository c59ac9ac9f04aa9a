"""Keys are unique at any size, look like the real ones, and come from the row's number alone."""

import datetime as dt
import re
import uuid

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.columns._examples import UUIDS
from tests.columns.conftest import KEY, check, fit

from rowsmith.columns._serial import fit_serial
from rowsmith.core.errors import SpecError
from rowsmith.core.permutation import permute
from rowsmith.core.protocols import Rows


def make(codec, n, first=0):
    return codec.decode(np.zeros(n, dtype=np.uint16), Rows(first, n), KEY).to_pylist()


@given(st.integers(1, 5000), st.integers(0, 2**63))
def test_a_permutation_hits_everything_once(domain, seed):
    assert np.array_equal(np.sort(permute(np.arange(domain), domain, seed)), np.arange(domain))


@given(st.integers(1, 2**62), st.integers(0, 2**40))
def test_a_permutation_of_a_large_domain_stays_inside(domain, seed):
    some = np.unique(np.linspace(0, domain - 1, 50).astype(np.int64).clip(0, domain - 1))
    made = permute(some, domain, seed)
    assert len(np.unique(made)) == len(some)
    assert made.min() >= 0
    assert made.max() < domain


@given(st.lists(st.integers(-(2**62), 2**62), min_size=1, max_size=40, unique=True))
def test_every_law_is_unique(numbers):
    law = fit_serial(np.array(numbers), low=min(numbers), high=max(numbers), seed=4)
    made = law.make(np.arange(min(200, law.capacity(2**63 - 1))), 2**63 - 1)
    assert len(np.unique(made)) == len(made)


@pytest.mark.parametrize(
    ("real", "first"),
    [
        (["S0001", "S0002", "S0003"], ["S0001", "S0002", "S0003", "S0004"]),
        (["T9", "T10", "T11"], ["T9", "T10", "T11", "T12"]),
        ([f"inv/{i}/a" for i in range(70, 400, 10)], ["inv/70/a", "inv/80/a", "inv/90/a", "inv/100/a"]),
        (["Q1"], ["Q1", "Q2", "Q3", "Q4"]),
    ],
)
def test_counted_texts_go_on(real, first):
    codec = fit("identifier", pa.array(real))
    check(codec, pa.array(real))
    assert make(codec, 4) == first


def test_rows_are_told_apart_over_chunks_and_nulls():
    codec = fit("identifier", pa.array([f"V{i:05d}" for i in range(50)]))
    assert make(codec, 5) + make(codec, 5, first=5) == make(codec, 10)
    gaps = pa.array(["A1", None, "A2", "A3", "A4"])
    codec = fit("identifier", gaps)
    assert check(codec, gaps).to_pylist() == ["A1", None, "A3", "A4", "A5"]


def test_numbers_with_gaps_left_by_a_holdout_are_still_counted():
    kept = np.flatnonzero(np.random.default_rng(0).random(500) < 0.8) + 1
    assert make(fit("identifier", pa.array(kept)), 3) == [kept[0], kept[0] + 1, kept[0] + 2]


def test_random_looking_numbers_keep_their_width_and_leading_zeros():
    rng = np.random.default_rng(0)
    real = pa.array([f"{v:08d}" for v in rng.choice(10**8, 150, replace=False)])
    codec = fit("identifier", real, form={"as": "integer", "width": 8})
    made = make(codec, 20_000)
    assert len(set(made)) == 20_000
    assert {len(m) for m in made} == {8}
    assert 0.08 < np.mean([m.startswith("0") for m in made]) < 0.12
    assert not set(made) & set(real.to_pylist()) or len(set(made) & set(real.to_pylist())) < 3


def test_rising_numbers_with_irregular_steps_rise():
    real = np.cumsum(np.random.default_rng(0).integers(2, 40, 60))
    made = np.array(make(fit("identifier", pa.array(real)), 60))
    assert (np.diff(made) > 0).all()
    assert made[-1] == pytest.approx(real[-1], rel=0.2)


def test_two_sorts_of_keys_keep_their_shares():
    real = pa.array([f"{'C' if i % 4 == 0 else ''}{500_000 + 7 * i}" for i in range(200)])
    codec = fit("identifier", real)
    made = check(codec, real).to_pylist()
    assert codec.size == 2
    assert sum(m.startswith("C") for m in made) == 50


def test_uuids_are_new_valid_and_unique():
    codec = fit("identifier", UUIDS)
    made = make(codec, 5000)
    assert all(uuid.UUID(m).version == 4 and uuid.UUID(m).variant == uuid.RFC_4122 for m in made)
    assert len(set(made)) == 5000
    assert not set(made) & set(UUIDS.to_pylist())
    raw = pa.array([uuid.UUID(u).bytes for u in UUIDS.to_pylist()], pa.binary(16))
    assert len({*make(fit("identifier", raw), 100)}) == 100
    assert make(fit("identifier", pa.array([u.upper() for u in UUIDS.to_pylist()])), 1)[0].isupper()


def test_tokens_without_a_number_keep_their_alphabet():
    rng = np.random.default_rng(0)
    real = pa.array(["".join(rng.choice(list("0123456789abcdef"), 32)) for _ in range(60)])
    codec = fit("identifier", real)
    made = make(codec, 300)
    assert len(set(made)) == 300
    assert all(set(m) <= set("0123456789abcdef") and len(m) == 32 for m in made)


def test_keys_without_any_shape_are_words():
    real = pa.array(["Ann", "Bob the Builder", "x", "?", "Müller & Söhne", "zz top", "é", "q r s t"])
    made = make(fit("identifier", real), 2000)
    assert len(set(made)) == 2000


def test_dates_can_be_keys():
    days = pa.array([dt.date(2024, 1, 1) + dt.timedelta(i) for i in range(30)])
    assert make(fit("identifier", days), 40)[-1] == dt.date(2024, 2, 9)


def test_keys_widen_and_then_run_out_with_their_number():
    codec = fit("identifier", pa.array([17, 93, 41, 78, 22], pa.int8()))
    made = make(codec, 110)
    assert len(set(made)) == 110
    with pytest.raises(SpecError, match=r"keys run out: there are \d+ of this shape, and row 200"):
        make(codec, 200)
    whole = np.random.default_rng(0).choice(2**62, 40, replace=False)
    assert len(set(make(fit("identifier", pa.array(whole)), 1000))) == 1000
    big = pa.array(whole.astype(np.uint64) * np.uint64(4) + np.uint64(1))
    check(fit("identifier", big), big)


def test_short_codes_of_few_rows_keep_their_shape_and_grow_where_it_is_full():
    made = make(fit("identifier", pa.array(["A1", "B2", "C3", "D4", "E5"])), 500)
    assert all(re.fullmatch("[A-Z][0-9]", key) for key in made[:20])
    assert all(re.fullmatch("[A-Z][0-9]{1,3}", key) for key in made)
    assert len(set(made)) == 500
