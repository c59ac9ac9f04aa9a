"""Texts put together from parts: as often as weighted, and each only once where they are unique."""

import re

import numpy as np
import pytest
from scipy import stats
from tests.samplers._examples_entities import EXAMPLES

from rowsmith.core.errors import SpecError
from rowsmith.core.protocols import SAMPLERS, Rows
from rowsmith.core.rng import Key
from rowsmith.core.settings import build
from rowsmith.samplers._combinations import Combinations
from rowsmith.samplers._phrases import Choice, Join, Pattern, Words, numerals, template


def shares(phrase, n=60_000, seed=1):
    counts = phrase.draw(n, np.random.default_rng(seed), {}).value_counts().to_pylist()
    return {entry["values"]: entry["counts"] for entry in counts}


WEIGHTED = {
    "words": (Words.of({"a": 1, "b": 2, "c": 0, "d": 5}), {"a": 1 / 8, "b": 2 / 8, "d": 5 / 8}),
    "listed": (Words.of(["a", "b", "a", "a"]), {"a": 3 / 4, "b": 1 / 4}),
    "merged words": (Choice.of([(Words.of("ab"), 1), (Words.of("bc"), 3)]), {"a": 1 / 8, "b": 1 / 2, "c": 3 / 8}),
    "nested": (
        Choice.of([(Choice.of([(Pattern("x"), 9), (Join(("y",)), 1)]), 1), (Join(("z", Words.of("12"))), 1)]),
        {"x": 9 / 20, "y": 1 / 20, "z1": 1 / 4, "z2": 1 / 4},
    ),
    "text at the end": (Join((Words.of("ab"), "-", Words.of("c"), "-")), {"a-c-": 1 / 2, "b-c-": 1 / 2}),
    "text at the start": (Join(("-", Words.of("ab"), "-", Words.of("c"))), {"-a-c": 1 / 2, "-b-c": 1 / 2}),
    "one text between": (Join((Words.of("ab"), "-", Words.of("c"))), {"a-c": 1 / 2, "b-c": 1 / 2}),
    "two texts between": (Join((Words.of("ab"), "-", Words.of("c"), "+", Words.of("d"))), {"a-c+d": 0.5, "b-c+d": 0.5}),
    "empty places": (numerals(["a@", "a"]), {"a": 11 / 20} | {f"a{i}": 1 / 20 for i in range(1, 10)}),
}
LAST = Words.of({"X": 1, "Y": 3})
WEIGHTED["merged in one place"] = (
    Choice.of([(Join((Words.of("ab"), "-", LAST)), 1), (Join((Words.of("c"), "-", LAST)), 1)]),
    {f"{a}-{b}": s * t for a, s in (("a", 1 / 4), ("b", 1 / 4), ("c", 1 / 2)) for b, t in (("X", 1 / 4), ("Y", 3 / 4))},
)


@pytest.mark.parametrize("name", WEIGHTED)
@pytest.mark.parametrize("seed", range(3))
def test_texts_come_as_often_as_weighted(name, seed):
    phrase, expected = WEIGHTED[name]
    seen = shares(phrase, seed=seed)
    assert set(seen) == set(expected)
    observed = [seen[text] for text in expected]
    assert stats.chisquare(observed, 60_000 * np.array(list(expected.values()))).pvalue > 1e-4


def test_patterns_hold_what_they_say_in_any_script():
    texts = Pattern("Αρ. #%$?-ж").draw(2000, np.random.default_rng(0), {}).to_pylist()
    assert all(re.fullmatch(r"Αρ\. \d[1-9][2-9][A-Z]-ж", text) for text in texts)
    assert [len({text[i] for text in texts}) for i in (4, 5, 6, 7)] == [10, 9, 8, 26]


def test_a_template_without_a_phrase_for_a_token_is_none():
    assert template("{{a}} {{b}}", {"a": Words.of("x"), "b": None}) is None
    assert template("{{a}}, {{a}}!", {"a": Words.of("x")}) is not None


CASES = {
    "run together": Join((Words.of(["Bach", "Bachmann", "Au"]), Words.of(["weg", "mannweg", "gasse"]))),
    "with a space": Join((Words.of(["Mary", "Mary Ann"]), " ", Words.of(["Lee", "Ann Lee"]))),
    "numbers": Join((Words.of(["a", "a1"]), Choice.of([(Pattern("##"), 1), (Pattern("#"), 1)]), Words.of(["", "1"]))),
    "letters": Join((Pattern("A-??"), Pattern("#%"), Words.of(["", "x"]))),
    "once": Words.of(["x", "y", "z"]),
    "fixed": Join(("x", "y")),
}


@pytest.mark.parametrize("name", CASES)
def test_all_combinations_are_different_texts(name):
    laid = Combinations.of(CASES[name])
    texts = laid.at(np.arange(laid.capacity), 7).to_pylist()
    assert len(set(texts)) == laid.capacity >= 1
    with pytest.raises(SpecError, match=f"at most {laid.capacity:,} rows.*row {laid.capacity + 1:,} "):
        laid.at(np.array([laid.capacity]), 7)


def test_more_combinations_than_fit_in_a_number_are_no_fault():
    laid = Combinations.of(Pattern("#" * 30))
    assert laid.capacity == 2**62
    assert len(set(laid.at(np.arange(1000), 7).to_pylist())) == 1000


LIMITS = [
    ("person.first_name", {"locale": "ko_KR"}),
    ("address.city", {"locale": "sv_SE"}),
    ("job", {"locale": "de_DE"}),
    ("ip", {}),
    ("person.phone", {"locale": "de_DE"}),
    ("address.country", {}),
    ("color", {}),
]


@pytest.mark.parametrize(("kind", "settings"), LIMITS)
def test_unique_values_run_out_with_a_word_and_not_before(kind, settings):
    sampler = build(SAMPLERS.load(kind), settings | {"unique": True}, kind)
    with pytest.raises(SpecError, match=r"unique=True: expected at most [\d,]+ rows") as caught:
        sampler.at(np.array([10**9]), Key(1))
    capacity = int(re.search(r"at most ([\d,]+) rows", str(caught.value))[1].replace(",", ""))
    values = sampler.at(np.arange(capacity), Key(1))
    assert len(values.unique()) == capacity > 20
    with pytest.raises(SpecError, match="Make fewer rows"):
        sampler.sample(Rows(capacity, 1), Key(1), {})


@pytest.mark.parametrize(
    ("kind", "settings"),
    [
        ("person.name", {"sex": "s"}),
        ("address.full", {"city": "c"}),
        ("iban", {"of": "c"}),
        ("card_number", {}),
        ("address.country", {"of": "c"}),
        ("color", {"of": "c", "form": "hex"}),
    ],
)
def test_unique_and_something_that_it_cannot_follow_are_refused(kind, settings):
    with pytest.raises(SpecError, match=r"unique"):
        build(SAMPLERS.load(kind), settings | {"unique": True}, kind)


@pytest.mark.parametrize("kind", [k for k, tried in EXAMPLES.items() if any("unique" in s for s in tried)])
def test_many_unique_values_do_not_repeat_or_are_refused(kind):
    for settings in EXAMPLES[kind]:
        sampler = build(SAMPLERS.load(kind), settings, kind)
        if sampler.by_row:
            try:
                values = sampler.at(np.arange(30_000), Key(2))
            except SpecError:
                continue
            assert len(values.unique()) == 30_000
