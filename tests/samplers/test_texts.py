"""Texts by regular expressions and templates."""

import collections
import itertools
import re
from decimal import Decimal

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given as each
from hypothesis import settings
from hypothesis import strategies as st
from scipy import stats
from tests.samplers._make import LEVEL, make, sampler

from rowsmith.core.errors import SpecError
from rowsmith.core.protocols import Rows
from rowsmith.core.rng import Key
from rowsmith.samplers._automaton import ENOUGH, automaton
from rowsmith.samplers._pattern import parse

N = 30_000

SIGNS = ["a", "b", "0", " ", "-", "é", "漢", "🙂", ".", "]", "}", "{", "a{2}b{}"]
ESCAPES = [r"\d", r"\w", r"\s", r"\D", r"\W", r"\S", r"\.", r"\\", r"\n", r"\-", r"\x41", r"\u00e9"]
CLASSES = ["[abc]", "[a-f0-3]", "[^a-y]", "[]x]", "[^]x]", "[a-]", "[-a]", r"[\d_]", r"[\]\\^]", "[а-я]"]
ATOMS = st.sampled_from([*SIGNS, *ESCAPES, *CLASSES])
QUANTIFIERS = st.sampled_from(["", "", "", "?", "*", "+", "{2}", "{0,2}", "{1,}", "{,2}", "{0}", "??", "*?", "{1,2}?"])
PATTERNS = st.recursive(
    st.tuples(ATOMS, QUANTIFIERS).map("".join),
    lambda inner: st.one_of(
        st.lists(inner, min_size=1, max_size=3).map("".join),
        st.tuples(
            st.sampled_from(["(", "(?:"]),
            st.lists(inner, min_size=1, max_size=3).map("|".join),
            st.just(")"),
            QUANTIFIERS,
        ).map("".join),
    ),
    max_leaves=6,
)


def valid(pattern):
    try:
        re.compile(pattern)
    except re.error:
        return False
    return True


@settings(max_examples=300, deadline=None)
@each(PATTERNS.filter(valid), st.integers(0, 3))
def test_every_text_matches_its_pattern(pattern, seed):
    made = make("regex", 40, seed, pattern=pattern, most=3).to_pylist()
    assert [text for text in made if not re.fullmatch(pattern, text, re.DOTALL)] == []


@settings(max_examples=150, deadline=None)
@each(PATTERNS.filter(valid))
def test_every_unique_text_matches_and_none_comes_twice(pattern):
    try:
        made = sampler("regex", pattern=pattern, most=2, unique=True)
    except SpecError as fault:
        assert "intricate" in str(fault)  # noqa: PT017  # rare, and right
        return
    count = automaton(parse(pattern, 2)).count
    texts = made.at(np.arange(min(count, 300)), Key(0)).to_pylist()
    assert len(set(texts)) == min(count, 300)
    assert [text for text in texts if not re.fullmatch(pattern, text, re.DOTALL)] == []


SMALL = st.recursive(
    st.sampled_from(["a", "b", "[ab]", "a?", "b*", "[bc]+", "a{1,2}"]),
    lambda inner: st.one_of(
        st.lists(inner, min_size=1, max_size=3).map("".join),
        st.lists(inner, min_size=1, max_size=3).map(lambda parts: f"({'|'.join(parts)})"),
        inner.map(lambda part: f"(?:{part}){{0,2}}"),
    ),
    max_leaves=4,
)


@settings(max_examples=150, deadline=None)
@each(SMALL)
def test_the_number_of_texts_is_exact_however_ambiguous_the_pattern(pattern):
    found = automaton(parse(pattern, 2))
    limited = re.compile(pattern.replace("*", "{0,2}").replace("+", "{1,2}"))
    if found.length > 7:
        return
    texts = ["".join(t) for size in range(found.length + 1) for t in itertools.product("abc", repeat=size)]
    possible = {text for text in texts if limited.fullmatch(text)}
    assert found.count == len(possible)
    if found.count:
        made = sampler("regex", pattern=pattern, most=2, unique=True)
        assert set(made.at(np.arange(found.count), Key(4)).to_pylist()) == possible


@pytest.mark.parametrize("seed", range(3))
def test_every_choice_is_even(seed):
    made = make("regex", N, seed, pattern="(a|b[xyz]|c{0,3})").to_pylist()
    seen = collections.Counter(made)
    shares = {"a": 1 / 3, "bx": 1 / 9, "by": 1 / 9, "bz": 1 / 9} | {"c" * i: 1 / 12 for i in range(4)}
    assert set(seen) == set(shares)
    assert stats.chisquare([seen[t] for t in shares], [N * s for s in shares.values()]).pvalue > LEVEL


@pytest.mark.parametrize("pattern", [r"[A-Z]{2}\d{6}", "[0-9a-f]{40}", "[A-Z0-9]{9,12}"])
def test_unique_texts_look_random_in_every_place(pattern):
    made = make("regex", N, 1, pattern=pattern, unique=True).to_pylist()
    assert len(set(made)) == N
    assert all(re.fullmatch(pattern, text) for text in made)
    for place in range(9 if "9,12" in pattern else len(made[0])):
        seen = list(collections.Counter(text[place : place + 1] for text in made if len(text) > place).values())
        if len(seen) in (10, 16, 26, 36):
            assert stats.chisquare(seen).pvalue > LEVEL
    pairs = collections.Counter((text[0], text[-1]) for text in made)
    if pattern[-4:] == "{40}":
        assert stats.chisquare(list(pairs.values())).pvalue > LEVEL
        assert len(pairs) == 256


def test_alternatives_of_unlike_size_come_by_their_size():
    made = make("regex", N, 1, pattern="[ab][a-z]{14}|[0-9]{12}", unique=True).to_pylist()
    short = [text for text in made if len(text) == 12]
    share = 10**12 / (10**12 + 2 * ENOUGH)
    assert stats.binomtest(len(short), N, share).pvalue > LEVEL
    for place in range(15):
        seen = collections.Counter(text[place] for text in made if len(text) == 15)
        assert len(seen) == (2 if place == 0 else 26)
        assert stats.chisquare(list(seen.values())).pvalue > LEVEL


def test_unique_texts_run_out_with_their_number():
    assert len(set(make("regex", 1000, pattern=r"\d{3}", unique=True).to_pylist())) == 1000
    with pytest.raises(SpecError, match=r"makes 1,000 different texts, and row 1,001 was asked for"):
        make("regex", 1001, pattern=r"\d{3}", unique=True)
    huge = sampler("regex", pattern=r"\d{40}", unique=True)
    far = huge.at(np.arange(ENOUGH - 500, ENOUGH), Key(1)).to_pylist()
    assert len(set(far)) == 500
    assert all(re.fullmatch(r"\d{40}", text) for text in far)


def test_unique_texts_depend_on_the_key_and_not_on_pieces():
    made = sampler("regex", pattern="[a-z]{5}", unique=True)
    whole = made.at(np.arange(2000), Key(1)).to_pylist()
    assert whole[700:1300] == made.at(np.arange(700, 1300), Key(1)).to_pylist()
    assert whole != made.at(np.arange(2000), Key(2)).to_pylist()


def test_large_columns_are_made_in_pieces():
    made = make("regex", 5000, pattern="x{900}y?")
    assert made.type == pa.string()
    assert len(made) == 5000
    made.validate(full=True)
    assert {len(text) for text in made.to_pylist()} == {900, 901}


@pytest.mark.parametrize(
    ("bad", "words"),
    [
        ({"pattern": "(a"}, "is not a regular expression"),
        ({"pattern": "a**"}, "is not a regular expression"),
        ({"pattern": "(?=a)b"}, r"'\(\?=' at place 1 is not understood"),
        ({"pattern": r"(a)\1"}, r"'\\\\1' at place 4"),
        ({"pattern": r"a\b"}, "at place 2"),
        ({"pattern": "(?i)a"}, "is not understood"),
        ({"pattern": "a^b"}, r"'\^' at place 2"),
        ({"pattern": "a$b"}, r"'\$' at place 2"),
        ({"pattern": "a++"}, r"is not (understood|a regular)"),
        ({"pattern": r"[^\W\w]"}, "is not understood"),
        ({"pattern": r"[\x00-a]"}, "is not understood"),
        ({"pattern": "(a{999}){999}"}, "up to 998,001 characters"),
        ({"pattern": "a", "most": -1}, "most=-1"),
        ({"pattern": "[ab]*a[ab]{15}", "most": 30, "unique": True}, "too intricate"),
        ({"pattern": r"[\u0100-\U0001ffff]", "unique": True}, "characters; expected at most"),
    ],
)
def test_regex_refuses(bad, words):
    with pytest.raises(SpecError, match=words):
        sampler("regex", **bad)


def test_anchors_and_names_are_fine():
    assert set(make("regex", 50, pattern="^(?P<x>a)b$").to_pylist()) == {"ab"}


COLUMNS = {
    "first": pa.array(["Ana", "Åsa", None]).dictionary_encode(),
    "n": pa.array([7, -42, 1_234_567]),
    "x": pa.array([0.126, -1234.5, 2.0]),
    "money": pa.array([Decimal("1"), Decimal("2"), None], pa.decimal128(10, 2)),
    "day": pa.array([0, 19_723, 1], pa.int32()).cast(pa.date32()),
    "at": pa.array([0, 1_711_846_800_000_000, 1_500_000], pa.timestamp("us", tz="Europe/Berlin")),
    "flag": pa.array([True, False, True]),
    "clock": pa.array([0, 3661, 5], pa.time32("s")),
    "t.name": pa.array(["x", "y", "z"]),
}


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("{first}!", ["Ana!", "Åsa!", None]),
        ("{first:upper}{first:.1}{first:lower}", ["ANAAana", "ÅSAÅåsa", None]),
        ("{n}", ["7", "-42", "1234567"]),
        ("{n:05d}/{n:03d}", ["00007/007", "-0042/-42", "1234567/1234567"]),
        ("{n:,d}", ["7", "-42", "1,234,567"]),
        ("{n:.1f}", ["7.0", "-42.0", "1234567.0"]),
        ("{x}", ["0.126", "-1234.5", "2.0"]),
        ("{x:.2f} {x:,.1f}", ["0.13 0.1", "-1234.50 -1,234.5", "2.00 2.0"]),
        ("{money} {money:.1f}", ["1.00 1.0", "2.00 2.0", None]),
        ("{day} {day:%-d.%m.%y}", ["1970-01-01 1.01.70", "2024-01-01 1.01.24", "1970-01-02 2.01.70"]),
        ("{at:%H:%M}", ["01:00", "03:00", "01:00"]),
        ("{at}", ["1970-01-01 01:00:00", "2024-03-31 03:00:00", "1970-01-01 01:00:01.500000"]),
        ("{flag},{clock},{t.name}", ["true,00:00:00,x", "false,01:01:01,y", "true,00:00:05,z"]),
        ("{{{n}}}", ["{7}", "{-42}", "{1234567}"]),
    ],
)
def test_templates(text, expected):
    made = sampler("template", text=text)
    assert made.sample(Rows(0, 3), Key(0), COLUMNS).to_pylist() == expected


@settings(max_examples=60, deadline=None)
@each(st.lists(st.integers(-(10**12), 10**12), min_size=1), st.integers(1, 15))
def test_whole_numbers_are_as_python_formats_them(numbers, width):
    made = sampler("template", text=f"{{n:0{width}d}}|{{n:,d}}")
    got = made.sample(Rows(0, len(numbers)), Key(0), {"n": pa.array(numbers)}).to_pylist()
    assert got == [f"{n:0{width}d}|{n:,d}" for n in numbers]


def test_a_template_reads_each_name_once_in_order():
    assert sampler("template", text="{b}{a}{b}{t.c}").reads == ("b", "a", "t.c")


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("plain", "a name of a column"),
        ("{", "is not a template"),
        ("{}", "names of columns"),
        ("{a!r}", "names of columns"),
        ("{a:x}", "form 'x' is not known"),
        ("{a:%A}", "form '%A' is not known"),
        ("{a:{b}}", "is not known"),
    ],
)
def test_template_refuses(text, words):
    with pytest.raises(SpecError, match=words):
        sampler("template", text=text)


@pytest.mark.parametrize("text", ["{first:05d}", "{first:.2f}", "{n:%Y}", "{n:upper}", "{x:03d}"])
def test_a_form_of_another_type_is_refused(text):
    with pytest.raises(SpecError, match=r"text: \{\w+\}: the form .* is for .*, and the column is"):
        sampler("template", text=text).sample(Rows(0, 3), Key(0), COLUMNS)


def test_columns_without_a_text_are_refused():
    with pytest.raises(SpecError, match="cannot be part of a text"):
        sampler("template", text="{a}").sample(Rows(0, 1), Key(0), {"a": pa.array([[1]])})


def test_texts_of_few_values_are_joined_as_those_of_many():
    from rowsmith.samplers._joined import FEW

    n, rng = 2 * FEW, np.random.default_rng(1)
    words = pa.array(["Ada", "Bo", "Cy"]).take(pa.array(rng.integers(3, size=n))).dictionary_encode()
    number, many = pa.array(rng.integers(-5, 60, n)), pa.array(rng.integers(0, 10**9, n))
    given = {"word": words, "number": number, "many": many}
    template = sampler("template", text="<{word:lower}.{number:03d}@{word}-{many}>")
    whole = template.sample(Rows(0, n), Key(1), given)
    pieces = [
        template.sample(Rows(0, 50), Key(1), {k: v.slice(i, 50) for k, v in given.items()}) for i in range(0, 500, 50)
    ]
    assert whole.slice(0, 500).to_pylist() == [text for piece in pieces for text in piece.to_pylist()]
