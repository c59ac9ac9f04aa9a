"""Persons, addresses, dates of birth and words: every locale has its own, and they agree within a row."""

import datetime as dt
import importlib
import re

import numpy as np
import pyarrow as pa
import pytest
from scipy import stats
from tests.samplers._make import draw

from rowsmith.core.errors import SpecError
from rowsmith.core.protocols import SAMPLERS, Rows
from rowsmith.core.rng import Key
from rowsmith.core.settings import build
from rowsmith.samplers._faker import locales
from rowsmith.samplers._vocabulary import words

NAMED = words(
    "en_US en_GB de_DE de_AT de_CH fr_FR es_ES it_IT nl_NL pt_BR pt_PT pl_PL sv_SE da_DK no_NO fi_FI cs_CZ hu_HU tr_TR "
    "ru_RU uk_UA ja_JP ko_KR zh_CN el_GR ro_RO"
)
PERSON = ("person.first_name", "person.last_name", "person.name", "person.email", "person.phone")
ADDRESS = ("address.street", "address.city", "address.postcode", "address.country", "address.full")


def works(kind, locale):
    try:
        build(SAMPLERS.load(kind), {"locale": locale}, kind)
    except SpecError as fault:
        if f"locale={locale!r}: has no list" not in str(fault):
            raise
        return False
    return True


def faker_list(part, locale, name):
    return set(getattr(importlib.import_module(f"faker.providers.{part}.{locale}").Provider, name))


# --- locales


@pytest.mark.parametrize("kind", PERSON + ADDRESS)
def test_every_locale_gives_text_or_says_who_does(kind):
    able = [locale for locale in sorted(locales()) if works(kind, locale)]
    assert len(able) >= 40
    for locale in able:
        values = draw(kind, 40, locale=locale).to_pylist()
        assert all(value and value.strip() for value in values), locale
        assert not any(re.search(r"[{}#%\n]", value) for value in values), (locale, values)


@pytest.mark.parametrize("locale", NAMED)
def test_the_large_locales_have_persons_and_all_but_one_addresses(locale):
    assert all(works(kind, locale) for kind in PERSON)
    missing = {kind for kind in ADDRESS if not works(kind, locale)}
    if locale != "tr_TR":
        assert missing <= {"address.country"}
    assert bool(missing) == (locale in ("tr_TR", "pl_PL", "no_NO", "ro_RO"))


def test_an_unknown_locale_is_refused_with_close_ones():
    with pytest.raises(SpecError, match=r"locale='de_DD'.*did you mean .*'de_DE'"):
        draw("person.name", locale="de_DD")


def test_a_locale_without_a_list_names_those_that_have_one_and_its_own_language_first():
    with pytest.raises(SpecError, match=r"locale='en_GB': has no list for job; .*: en_US, .*de_DE"):
        draw("job", locale="en_GB")


def test_a_locale_may_be_written_in_other_ways():
    assert draw("person.name", locale="fr-fr").equals(draw("person.name", locale="fr_FR"))


def test_faker_itself_makes_nothing(monkeypatch):
    from faker import Faker
    from faker.providers import BaseProvider

    def refuse(*_, **__):
        raise AssertionError("Faker is called")

    monkeypatch.setattr(BaseProvider, "__init__", refuse)
    monkeypatch.setattr(Faker, "__init__", refuse)
    for kind in PERSON + ADDRESS:
        assert len(draw(kind, 10, locale="sk_SK")) == 10


@pytest.mark.parametrize("seed", range(3))
def test_names_are_as_frequent_as_faker_says(seed):
    weights = importlib.import_module("faker.providers.person.en_US").Provider.last_names
    names, n = draw("person.last_name", 100_000, seed).value_counts().to_pylist(), 100_000
    seen = {entry["values"]: entry["counts"] for entry in names}
    total = sum(weights.values())
    often = [(seen.get(name, 0), n * w / total) for name, w in weights.items() if n * w / total > 20]
    rest = (n - sum(s for s, _ in often), n - sum(e for _, e in often))
    observed, expected = zip(*often, rest, strict=True)
    assert stats.chisquare(observed, expected).pvalue > 1e-4


# --- agreement within a row


@pytest.mark.parametrize("locale", ["en_US", "de_DE", "sv_SE", "cs_CZ", "ja_JP", "el_GR", "nl_NL", "fa_IR"])
def test_first_names_agree_with_the_sex(locale):
    said = pa.array(["m", "FEMALE", "1", "2", "Frau", "Mr."] * 50).dictionary_encode()
    female = [False, True, False, True, True, False] * 50
    names = draw("person.first_name", 300, given={"who": said}, sex="who", locale=locale).to_pylist()
    women = faker_list("person", locale, "first_names_female")
    men = faker_list("person", locale, "first_names_male")
    assert all(name in (women if f else men) for name, f in zip(names, female, strict=True))
    assert len(set(names)) > 20


@pytest.mark.parametrize("locale", ["cs_CZ", "ru_RU", "el_GR", "bg_BG", "pl_PL"])
def test_last_names_and_whole_names_have_the_form_of_the_sex(locale):
    given = {"sex": pa.array(["f", "m"] * 150)}
    last = draw("person.last_name", 300, given=given, sex="sex", locale=locale).to_pylist()
    whole = draw("person.name", 300, given=given, sex="sex", locale=locale).to_pylist()
    if locale == "pl_PL":
        assert not any(name.endswith("ski") for name in last[::2])
        assert not any(name.endswith("ska") for name in last[1::2])
        return
    for i, sex in enumerate(("female", "male")):
        names = faker_list("person", locale, f"last_names_{sex}")
        assert set(last[i::2]) <= names
        assert all(names & set(full.split()) for full in whole[i::2])


def test_who_says_nothing_about_the_sex_gets_a_name_of_either():
    given = {"sex": pa.array(["x", None, "divers"] * 200)}
    names = set(draw("person.first_name", 600, given=given, sex="sex", locale="de_DE").to_pylist())
    assert names & faker_list("person", "de_DE", "first_names_female")
    assert names & faker_list("person", "de_DE", "first_names_male")


def test_a_sex_that_is_not_understood_is_refused():
    with pytest.raises(SpecError, match=r"sex='s': the column holds 'Fisch'; expected m or f"):
        draw("person.name", 2, given={"s": pa.array(["m", "Fisch"])}, sex="s")


def test_sexes_come_as_weighted():
    values = draw("person.sex", 20_000, weights={"female": 3, "male": 1}).to_pylist()
    assert stats.binomtest(values.count("female"), 20_000, 0.75).pvalue > 1e-4
    with pytest.raises(SpecError, match="weights"):
        draw("person.sex", weights={"f": -1})


NAMES = {
    "Zoë O'Brien": "zoe.obrien",
    "Dr. Anna-Lena von der Groß": "dr.gross",
    "Łukasz Żółć": "lukasz.zolc",
    "Ольга Щукина": "olga.shchukina",
    "Юрій Їжакевич": "iurii.izhakevich",
    "Ευαγγελία Ψαρρά": "eyaggelia.psarra",
    "김 민준": "gim.minjun",
    "Cher": "cher",
    " Mary  Ann\tSmith ": "mary.smith",
    "...": "user",
    "": "user",
    "--- Smith": "smith",
}


def test_e_mail_addresses_are_the_name_in_plain_letters_at_domains_that_nobody_has():
    given = {"n": pa.array([*NAMES, None, "王芳"])}
    out = draw("person.email", len(NAMES) + 2, given=given, of="n").to_pylist()
    for stem, address in zip(NAMES.values(), out, strict=False):
        assert re.fullmatch(rf"{stem}\d{{0,3}}@example\.(com|org|net)", address)
    assert out[-2] is None
    assert re.fullmatch(r"[a-z]+\d{0,3}@example\.(com|org|net)", out[-1])


@pytest.mark.parametrize("locale", NAMED)
def test_e_mail_addresses_of_a_locale_are_plain(locale):
    given = {"n": draw("person.name", 300, locale=locale)}
    for values in (draw("person.email", 300, given=given, of="n"), draw("person.email", 300, locale=locale)):
        assert all(re.fullmatch(r"[a-z]+(\.[a-z]+)?\d{0,3}@example\.(com|org|net)", v) for v in values.to_pylist())


def test_unique_e_mail_addresses_differ_between_namesakes_and_in_pieces():
    given = {"n": pa.array(["John Smith"] * 600)}
    whole = draw("person.email", 600, given=given, of="n", unique=True)
    part = draw("person.email", 100, given={"n": given["n"][:100]}, first=500, of="n", unique=True)
    assert len(set(whole.to_pylist())) == 600
    assert whole[500:].equals(part)
    assert len(set(draw("username", 600, given=given, of="n", unique=True).to_pylist())) == 600
    assert len(set(draw("person.email", 5000, unique=True).to_pylist())) == 5000


def test_user_names_agree_with_the_name():
    given = {"n": pa.array(["Mary Smith", None, "Cher"] * 100)}
    out = draw("username", 300, given=given, of="n").to_pylist()
    assert all(re.fullmatch(r"(msmith|mary_smith)\d+", v) for v in out[::3])
    assert {v[:2] for v in out[::3]} == {"ms", "ma"}
    assert out[1::3] == [None] * 100
    assert all(re.fullmatch(r"cher\d+", v) for v in out[2::3])


def test_a_country_and_its_code_agree_both_ways():
    given = {"c": draw("address.country_code", 300)}
    names = draw("address.country", 300, given=given, of="c")
    assert draw("address.country_code", 300, given={"n": names}, of="n").equals(given["c"])
    assert draw("address.country", 3, given={"c": pa.array(["DE", None, "JPN"])}, of="c").to_pylist() == [
        "Germany",
        None,
        "Japan",
    ]
    with pytest.raises(SpecError, match="the column holds 'QQ'"):
        draw("address.country", 1, given={"c": pa.array(["QQ"])}, of="c")


def test_a_colour_and_its_number_agree():
    given = {"c": pa.array(["Tomato", None, "White"])}
    assert draw("color", 3, given=given, of="c", form="hex").to_pylist() == ["#ff6347", None, "#ffffff"]
    assert draw("color", 3, given=given, of="c", form="rgb").to_pylist() == ["255, 99, 71", None, "255, 255, 255"]
    with pytest.raises(SpecError, match=r"'Tomatoe'.*did you mean 'Tomato'"):
        draw("color", 1, given={"c": pa.array(["Tomatoe"])}, of="c", form="hex")


@pytest.mark.parametrize("locale", ["en_US", "de_DE", "it_IT", "ja_JP", "en_CA", "ru_RU", "zh_CN"])
def test_an_address_agrees_with_the_columns_of_its_parts(locale):
    given = {kind: draw(f"address.{kind}", 100, locale=locale) for kind in ("street", "city", "postcode")}
    for parts in (("street",), ("city",), ("street", "postcode"), ("street", "city", "postcode")):
        whole = draw("address.full", 100, given=given, locale=locale, **{p: p for p in parts}).to_pylist()
        for part in parts:
            assert all(value in text for value, text in zip(given[part].to_pylist(), whole, strict=True))
    missing = given | {"city": pa.nulls(100, pa.string())}
    assert draw("address.full", 100, given=missing, locale=locale, city="city").null_count == 100


def test_american_states_and_italian_towns_agree_with_their_postcodes():
    ranges = importlib.import_module("faker.providers.address.en_US").Provider.states_postcode
    for text in draw("address.full", 500).to_pylist():
        state, code = re.search(r", ([A-Z]{2}) (\d{5})$", text).groups()
        assert ranges[state][0] <= int(code) <= ranges[state][1]
    towns = importlib.import_module("faker.providers.address.it_IT").Provider.cap_city_province
    for text in draw("address.full", 500, locale="it_IT").to_pylist():
        code, town, province = re.search(r", (\d{5}) (.+) \((\w\w)\)$", text).groups()
        assert [town, province] in towns[code]


# --- dates of birth


def age(born, on):
    return on.year - born.year - ((on.month, on.day) < (born.month, born.day))


@pytest.mark.parametrize("on", [dt.date(2025, 1, 1), dt.date(2024, 2, 29), dt.date(2023, 2, 28), dt.date(2023, 3, 1)])
def test_ages_lie_in_their_range_to_the_day(on):
    low, high = np.repeat([0, 1, 3, 60], 2000), np.repeat([0, 2, 3, 61], 2000)
    born = draw("person.birth_date", 8000, on=on, low=18, high=19).to_pylist()
    assert {age(b, on) for b in born} == {18, 19}
    kind = SAMPLERS.load("person.birth_date")
    born = kind(low=low, high=high, on=on).sample(Rows(0, 8000), Key(3), {}).to_pylist()
    ages = np.array([age(b, on) for b in born])
    assert (ages >= low).all()
    assert (ages <= high).all()
    days = {b for b in born[:2000]}
    assert max(days) == on
    assert len(days) >= 364  # nearly every day of the year, drawn 2,000 times


def test_an_age_may_hold_on_a_day_of_each_row():
    days = [dt.date(2020, 5, 1), dt.date(1999, 12, 31), None]
    for column in (pa.array(days), pa.array(days).cast(pa.timestamp("us"))):
        born = draw("person.birth_date", 3, given={"d": column}, on="d", low=30, high=30).to_pylist()
        assert [age(b, d) for b, d in zip(born, days, strict=True) if d] == [30, 30]
        assert born[2] is None
    with pytest.raises(SpecError, match="on='d': the column is bool"):
        draw("person.birth_date", 1, given={"d": pa.array([True])}, on="d")


@pytest.mark.parametrize("seed", range(3))
def test_ages_follow_gompertz(seed):
    on = dt.date(2025, 1, 1)
    born = draw("person.birth_date", 20_000, seed, low=0, high=99, on=on)
    lived = (np.datetime64(on) - born.to_numpy(zero_copy_only=False)).astype(int) / 365.25
    grid = np.linspace(0, 100, 10_001)
    alive = np.exp(-np.exp(-8.5) * (np.exp(grid / 10) - 1))
    law = np.cumsum(alive) / alive.sum()
    assert stats.kstest(lived, lambda x: np.interp(x, grid, law)).pvalue > 1e-4


def test_ages_the_wrong_way_round_are_refused():
    with pytest.raises(SpecError, match="low=50, high=20"):
        draw("person.birth_date", low=50, high=20)
    with pytest.raises(SpecError, match="high=121"):
        draw("person.birth_date", high=121)


# --- words


@pytest.mark.parametrize("locale", ["en_US", "de_DE", "ja_JP"])
def test_sentences_have_as_many_words_as_asked_for(locale):
    listed = importlib.import_module(f"faker.providers.lorem.{locale}").Provider.word_list
    between, stop = ("", "。") if locale == "ja_JP" else (" ", ".")
    for low, high in ((1, 1), (3, 5)):
        texts = draw("sentence", 300, locale=locale, low=low, high=high).to_pylist()
        assert all(text.endswith(stop) and text[0] == text[0].upper() for text in texts)
        if between:
            assert {len(text.split()) for text in texts} == set(range(low, high + 1))
            assert {text[:-1].split()[-1].lower() for text in texts} <= {word.lower() for word in listed}
    texts = draw("paragraph", 300, locale=locale, low=2, high=3).to_pylist()
    assert {text.count(stop) for text in texts} == {2, 3}
    with pytest.raises(SpecError, match="low=3, high=2"):
        draw("sentence", low=3, high=2)
