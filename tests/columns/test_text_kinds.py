"""Text that is made anew: none of the input comes out, and its look does."""

import re

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.columns.conftest import KEY, again, check, fit

import rowsmith as rs
from rowsmith.columns._check_digits import iban, luhn
from rowsmith.columns._invent import GIVEN
from rowsmith.core.codecs import fit_codec
from rowsmith.core.protocols import Rows
from rowsmith.core.rng import Key

RNG = np.random.default_rng(8)


def test_free_text_keeps_length_capitals_and_signs_and_no_word():
    words = [f"q{a}{b}x" for a in "abcdefg" for b in "hijkl"]
    real = [" ".join(RNG.choice(words, 3 + i % 20)).capitalize() + ".!"[i % 2] for i in range(300)]
    made = check(fit("text", pa.array(real)), pa.array(real)).to_pylist()
    assert not {w.lower().strip(".!") for m in made for w in m.split()} & set(words)
    lengths = [np.mean([len(t.split()) for t in x]) for x in (real, made)]
    assert lengths[0] == pytest.approx(lengths[1], rel=0.1)
    assert all(m[0].isupper() for m in made)
    assert {m[-1] for m in made} == {".", "!"}
    assert abs(np.mean([m[-1] == "!" for m in made]) - 0.5) < 0.1


@given(st.lists(st.text(), min_size=1, max_size=30))
def test_any_text_can_be_text_code_or_category(values):
    texts = pa.array(values, pa.string())
    check(fit("text", texts), texts)
    check(fit("identifier", texts), texts)
    assert check(fit("category", texts), texts).equals(texts)


LENGTHS = RNG.integers(10, 40, 400)


@pytest.mark.parametrize(
    ("kind", "settings", "make"),
    [
        ("text", {}, lambda n: "ab cd " * (n // 6) + "x" * (n % 6)),
        ("personal", {"sort": "name"}, lambda n: f"Qanna {'x' * (n - 6)}"),
        ("personal", {"sort": "name", "part": "family"}, lambda n: "Q" + "x" * (n - 1)),
        ("personal", {"sort": "address"}, lambda n: f"7 {'Q' * (n - 5)} xy"),
        ("personal", {"sort": "phone"}, lambda n: "0" + "7" * (n - 1)),
    ],
)
def test_what_is_made_anew_is_as_long_as_what_it_stands_for(kind, settings, make):
    real = pa.array([make(int(n)) for n in LENGTHS])
    codec = fit(kind, real, **settings)
    made = again(codec, real).to_pylist()
    assert np.abs(np.array([len(m) for m in made]) - LENGTHS).max() <= 2  # where a code is of several lengths
    assert np.mean([m.count(" ") for m in made]) == pytest.approx(
        np.mean([r.count(" ") for r in real.to_pylist()]), abs=0.3
    )
    assert not set(made) & set(real.to_pylist())
    assert "Qanna" not in repr(codec.state())


def test_addresses_of_mail_differ_however_short_they_are():
    real = pa.array(["a@b.de", "abcde@b.de", "abcde@efgh.de", "abcdefghij@klm.de", "abcdefghij@klmnopq.de"] * 2_000)
    codec = fit("personal", real, sort="email")
    made = again(codec, real).to_pylist()
    assert len(set(made)) == len(made)
    lengths = [sorted(map(len, texts)) for texts in (made, real.to_pylist())]
    # as long as the real ones, but for the shortest: below ten signs there is no room for so many
    assert np.abs(np.subtract(*lengths))[3_000:].mean() < 0.5
    assert not set(made) & set(real.to_pylist())


def test_an_address_of_mail_hangs_on_the_number_of_its_row_alone():
    codec = fit("personal", pa.array([f"{'q' * int(n)}@c.de" for n in LENGTHS]), sort="email")
    assert codec.size == 1
    made = [again(codec, pa.array(["x@y.de"] * 50)).to_pylist() for _ in range(2)]
    assert made[0] == made[1]
    assert len({len(each) for each in made[0]}) > 10


def test_short_texts_hardly_repeat():
    real = pa.array([f"a{i} b" for i in range(500)])
    assert len(set(again(fit("text", real), real).to_pylist())) > 480


def test_phones_keep_their_shape_and_area_codes():
    real = [f"+49 {a} {RNG.integers(10**5, 10**7)}" for a in RNG.choice(["30", "89", "3641"], 300)]
    made = check(fit("code", pa.array(real)), pa.array(real)).to_pylist()
    assert all(re.fullmatch(r"\+49 (30|89|3641) \d{6,7}", m) for m in made)
    assert len(set(made) & set(real)) == 0
    shares = [np.mean([" 3641 " in x for x in xs]) for xs in (real, made)]
    assert shares[0] == pytest.approx(shares[1], abs=0.1)


def test_invented_people():
    names = pa.array([f"Qanna{i} Xberg" for i in range(50)])
    made = again(fit("personal", names), names).to_pylist()
    assert all(len(m.split()) == 2 and m.istitle() for m in made)
    first = pa.array([f"Qanna{i}" for i in range(50)])
    assert set(again(fit("personal", first, part="given"), first).to_pylist()) <= set(GIVEN)
    turned = pa.array([f"XBERG, QANNA{i}" for i in range(50)])
    made = again(fit("personal", turned), turned).to_pylist()
    assert all(re.fullmatch(r"[A-Z]+, [A-Z]+", m) for m in made)


@pytest.mark.parametrize(
    ("sort", "real", "look"),
    [
        ("email", "a.b@c.de", r"[a-z0-9]+@a\.test"),
        ("email", "anna.huber@firma.de", r"[a-z0-9]+@example\.(com|org|net)"),
        ("url", "https://a.de/b", r"https://example\.(com|org|net)/\S+"),
        ("ip", "10.0.0.1", r"(192\.0\.2|198\.51\.100|203\.0\.113)\.\d+"),
        ("address", "Hauptstr. 7", r"\d+ [A-Z][a-z]+"),
        ("address", "12 Long Street", r"\d+ [A-Z][a-z]+ [A-Z][a-z]+"),
    ],
)
def test_invented_addresses(sort, real, look):
    values = pa.array([real] * 40)
    made = again(fit("personal", values, sort=sort), values).to_pylist()
    assert all(re.fullmatch(look, m) for m in made)
    if sort in ("email", "url"):
        assert len(set(made)) == 40


def test_accounts_and_cards_have_right_check_digits():
    accounts = pa.array([f"DE{RNG.integers(10, 99)}{RNG.integers(10**17, 10**18)}" for _ in range(40)])
    made = again(fit("personal", accounts, sort="iban"), accounts)
    assert made.equals(iban(made))
    assert all(re.fullmatch(r"DE\d{20}", m) for m in made.to_pylist())
    cards = luhn(pa.array([f"4539 {RNG.integers(1000, 9999)} {RNG.integers(1000, 9999)} 0000" for _ in range(40)]))
    made = again(fit("personal", cards, sort="card"), cards)
    assert made.equals(luhn(made))


CARD = "4111111111111111"


@pytest.mark.parametrize(
    ("name", "values", "look"),
    [
        ("card", [CARD], r"4\d{15}"),
        ("card", ["4111 1111 1111 1111"], r"4\d{3}( \d{4}){3}"),
        ("x", [int(CARD)], r"4\d{15}"),
        ("x", [float(CARD), None], r"4\d{15}"),
        ("account", ["DE89370400440532013000"], r"DE\d{20}"),
        ("account", ["DE89 3704 0044 0532 0130 00"], r"DE\d\d( \d{4}){4} \d\d"),
        ("contact", ["anna@firma.de"], r"[a-z0-9]+@a\.test"),
        ("phone", ["030 1234567"], r"0\d\d \d{7}"),
        ("Mobil", ["0301234567"], r"0\d{9}"),
        ("tel", [493012345], r"4\d{8}"),
        ("reached at", ["+49 30 1234567"], r"\+\d\d \d\d \d{7}"),
        ("full_name", ["Anna Huber"], "[A-Z][a-z]+ [A-Z][a-z]+"),
        ("last_name", ["Huber"], "[A-Z][a-z]+"),
        ("address", ["Hauptstr. 7"], r"\d+ [A-Z][a-z]+"),
    ],
)
@pytest.mark.parametrize("rows", [1, 3, 60])
def test_a_personal_value_that_stands_in_every_row_is_invented(guess, name, values, look, rows):
    real = pa.array(values * rows)
    column = guess(real, name)
    assert column.kind == "personal", column
    assert "invented" in column.why
    codec = fit_codec("x", column, real, KEY)
    made = codec.decode(codec.encode(real), Rows(0, len(real)), Key(5))
    assert made.type == real.type
    shown = [str(int(m)) if isinstance(m, float) else str(m) for m in made.drop_null().to_pylist()]
    assert all(re.fullmatch(look, m) for m in shown), shown
    assert not set(made.drop_null().to_pylist()) & set(values)
    assert str(values[0]) not in repr(codec.state())


def test_a_few_cards_that_repeat_give_none_of_their_digits_away():
    cards = luhn(pa.array(["4539148803436400", "4716000000000100", "5500000000000000"])).to_pylist()
    codec = fit("personal", pa.array(cards * 100), sort="card")
    made = again(codec, pa.array(cards * 100)).to_pylist()
    assert not set(made) & set(cards)
    assert 0.5 < np.mean([m[0] == "4" for m in made]) < 0.8
    assert len({m[4] for m in made}) == 10


def test_phones_that_hardly_repeat_keep_their_area_and_those_that_repeat_are_invented(guess):
    phones = [f"+49 30 {RNG.integers(10**6, 10**7)}" for _ in range(60)]
    assert guess(phones, "phone").kind == "code"
    assert guess(phones * 3, "phone").kind == "personal"
    assert guess([4930 * 10**6 + 7 * i for i in range(40)], "tel").kind != "personal"


@pytest.mark.parametrize(
    "value", ["Berlin", "4111111111111112", "1700000000000", 1_700_000_000_000, 4111111111111112, 12]
)
def test_a_constant_that_is_nobodys_stays(guess, value):
    assert guess([value] * 30, "place").kind == "constant"


def test_levels_come_back_letter_for_letter():
    real = pa.array(["", " a", "NA", "a ", "Ü\n", '"q"', "\\", "0"] * 3)
    assert check(fit("category", real), real).equals(real)


def test_rare_levels_are_drawn_as_others():
    real = pa.array(["a"] * 60 + ["b"] * 30 + [f"rare {i}" for i in range(10)])
    codec = fit("category", real, rare=5)
    assert codec.size == 2
    made = again(codec, real).to_pylist()
    assert set(made) == {"a", "b"}
    assert set(made[:60]) == {"a"}
    assert "rare" not in repr(codec.state())


def test_mixed_values_keep_their_sorts():
    real = pa.array(["422", "818.5", '"<5"', "true", None, '"neg"', "5", "17"] * 30)
    codec = fit("mixed", real, form={"as": "json"})
    made = check(codec, real).to_pylist()
    assert [m for m in made if m is None or not m[0].isdigit()] == [
        m for m in real.to_pylist() if m is None or not m[0].isdigit()
    ]
    assert all("." not in m or not m.endswith(".0") for m in made if m)


def test_numbers_with_fixed_decimals_and_marks():
    real = pa.array(["0"] * 100 + [f"{x:.3f}" for x in RNG.lognormal(0, 1, 60)])
    made = check(fit("mixed", real), real).to_pylist()
    assert made[:100] == ["0"] * 100
    assert all(re.fullmatch(r"\d+\.\d{3}", m) for m in made[100:])


def test_bytes_are_random_of_the_same_lengths():
    real = pa.array([RNG.bytes(16 + i % 3) for i in range(90)])
    made = again(fit("binary", real), real)
    assert [len(b) for b in made.to_pylist()] == [len(b) for b in real.to_pylist()]
    assert not set(made.to_pylist()) & set(real.to_pylist())


@pytest.mark.parametrize(
    "values",
    [
        pa.array([[1, 2], [], None, [3]] * 5, pa.list_(pa.int16())),
        pa.array([[float(x) for x in RNG.normal(size=i % 4)] for i in range(80)], pa.large_list(pa.float32())),
        pa.array([[int(x), 1] for x in RNG.integers(0, 10**6, 80)], pa.list_(pa.int64(), 2)),
        pa.array([{"a": int(x), "b": {"c": "u"}} for x in RNG.integers(0, 10**6, 80)]),
        pa.array([{"a": None, "b": ["x", None]}, None] * 9),
    ],
    ids=str,
)
def test_lists_and_structs(values):
    made = check(fit("nested", values), values)
    assert made.type == values.type


def test_draws_differ_with_the_key_and_not_with_the_neighbours():
    real = pa.array([f"+49 30 {RNG.integers(10**6, 10**7)}" for _ in range(50)])
    codec = fit("code", real)
    codes = codec.encode(real)
    assert not codec.decode(codes, Rows(0, 50), KEY).equals(codec.decode(codes, Rows(0, 50), Key(9)))


@pytest.mark.parametrize(
    ("name", "values", "secret"),
    [
        ("card_last4", [f"{i * 7919 % 10_000:04d}" for i in range(300)], True),
        ("PIN", [1000 + i * 7919 % 9000 for i in range(300)], True),
        ("ssn", [f"{100 + i}-{10 + i % 80}-{1000 + 7 * i}" for i in range(300)], True),
        ("pin_count", [8, 16, 40] * 100, False),
        ("last_4_weeks", [1000 + i for i in range(300)], False),
    ],
)
def test_digits_that_let_somebody_in_are_invented_with_as_many_digits(name, values, secret):
    table = pa.table({name: values, "x": list(range(300))})
    column = rs.inspect(table).only[1].columns[name]
    assert (column.settings.get("sort") == "secret") == secret
    if secret:
        twin = rs.fit(table, seed=1).sample(300, seed=2)[name].to_pylist()
        assert {len(str(v)) for v in twin} == {len(str(v)) for v in values}
        assert len(set(twin) & set(values)) < 100 < len(set(twin))
