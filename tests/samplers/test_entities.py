"""Persons, addresses, accounts and the like: they agree within a row, their check digits are right, nobody is real."""

import datetime as dt
import importlib
import ipaddress
import re

import numpy as np
import pyarrow as pa
import pytest
from scipy import stats

from rowsmith.core.errors import SpecError
from rowsmith.core.protocols import SAMPLERS, Rows
from rowsmith.core.rng import Key
from rowsmith.core.settings import build
from rowsmith.samplers._faker import locales
from rowsmith.samplers._phones import RESERVED
from rowsmith.samplers._vocabulary import words

NAMED = words(
    "en_US en_GB de_DE de_AT de_CH fr_FR es_ES it_IT nl_NL pt_BR pt_PT pl_PL sv_SE da_DK no_NO fi_FI cs_CZ hu_HU tr_TR "
    "ru_RU uk_UA ja_JP ko_KR zh_CN el_GR ro_RO"
)
PERSON = ("person.first_name", "person.last_name", "person.name", "person.email", "person.phone")
ADDRESS = ("address.street", "address.city", "address.postcode", "address.country", "address.full")


def draw(kind, n=200, seed=5, given=None, first=0, **settings):
    sampler = build(SAMPLERS.load(kind), settings, kind)
    return sampler.sample(Rows(first, n), Key(seed), given or {})


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


# --- check digits, by code of their own

LENGTHS = dict(
    AD=24, AE=23, AL=28, AT=20, BA=20, BE=16, BG=22, CH=21, CY=28, CZ=24, DE=22, DK=18, EE=20, ES=24, FI=18, FR=27, GB=22,
    GI=23, GR=27, HR=21, HU=28, IE=22, IL=23, IS=26, IT=27, LI=21, LT=20, LU=20, LV=21, MC=27, MD=24, ME=22, MK=19, MT=31,
    NL=18, NO=15, PL=28, PT=25, RO=24, RS=22, SA=24, SE=24, SI=19, SK=24, SM=27, TR=26, UA=29, XK=20,
)  # fmt: skip


def spelled(text):
    return int("".join(str(int(c, 36)) for c in text))


def weighted(digits, weights):
    return sum(int(d) * w for d, w in zip(digits, weights, strict=True))


def luhn_holds(digits):
    doubled = [int(d) * (1 + i % 2) for i, d in enumerate(reversed(digits))]
    return sum(d - 9 * (d > 9) for d in doubled) % 10 == 0


def mod_11_10_holds(digits):
    rest = 10
    for d in digits[:-1]:
        rest = ((rest + int(d)) % 10 or 10) * 2 % 11
    return (rest + int(digits[-1])) % 10 == 1


def spanish(own):
    def control(digits):
        return "01987654321"[weighted(digits, (1, 2, 4, 8, 5, 10, 9, 7, 3, 6)) % 11]

    return own[8:10] == control("00" + own[:8]) + control(own[10:])


ODD = dict(zip("0123456789", (1, 0, 5, 7, 9, 13, 15, 17, 19, 21), strict=True))
INSIDE = {
    "BE": lambda own: int(own[:-2]) % 97 == int(own[-2:]) % 97 and own[-2:] != "00",
    "CZ": lambda own: weighted(own[10:], (6, 3, 7, 9, 10, 5, 8, 4, 2, 1)) % 11 == 0,
    "EE": lambda own: -weighted(reversed(own[2:-1]), (7, 3, 1) * 4 + (7,)) % 10 == int(own[-1]),
    "ES": spanish,
    "FI": luhn_holds,
    "FR": lambda own: (89 * int(own[:5]) + 15 * int(own[5:10]) + 3 * int(own[10:21]) + int(own[21:])) % 97 == 0,
    "HR": lambda own: mod_11_10_holds(own[:7]) and mod_11_10_holds(own[7:]),
    "HU": lambda own: weighted(own, (9, 7, 3, 1) * 2 + (9, 7, 3, 1) * 4) % 10 == 0 == weighted(own[:8], (9, 7, 3, 1) * 2) % 10,
    "IT": lambda own: (sum(ODD[d] for d in own[1::2]) + sum(map(int, own[2::2]))) % 26 == ord(own[0]) - 65,
    "NL": lambda own: weighted(own[4:], range(10, 0, -1)) % 11 == 0,
    "NO": lambda own: weighted(own, (5, 4, 3, 2, 7, 6, 5, 4, 3, 2, 1)) % 11 == 0,
    "PT": lambda own: int(own) % 97 == 1,
}  # fmt: skip
INSIDE |= {"SK": INSIDE["CZ"], "MC": INSIDE["FR"], "SM": INSIDE["IT"]}
INSIDE |= {country: INSIDE["PT"] for country in ("SI", "BA", "ME", "MK", "RS", "XK")}

PUBLISHED = words(  # examples of the IBAN registry: that the code above is right
    "BE68539007547034 CZ6508000000192000145399 EE382200221020145685 ES9121000418450200051332 FI2112345600000785 "
    "HR1210010051863000160 HU42117730161111101800000000 IT60X0542811101000000123456 NL91ABNA0417164300 NO9386011117947 "
    "PT50000201231234567890154 SI56263300012039086 BA391290079401028494 ME25505000012345678951 RS35260005601001611379 "
    "XK051212012345678906 SK3112000000198742637541"
)


@pytest.mark.parametrize("number", PUBLISHED)
def test_published_numbers_pass_the_checks_used_here(number):
    assert len(number) == LENGTHS[number[:2]]
    assert spelled(number[4:] + number[:4]) % 97 == 1
    assert INSIDE[number[:2]](number[4:])


@pytest.mark.parametrize("country", sorted(LENGTHS))
@pytest.mark.parametrize("unique", [False, True])
def test_ibans_have_the_length_and_check_digits_of_their_country(country, unique):
    numbers = draw("iban", 300, country=country, unique=unique).to_pylist()
    for number in numbers:
        assert re.fullmatch(rf"{country}\d\d[0-9A-Z]+", number)
        assert len(number) == LENGTHS[country]
        assert spelled(number[4:] + number[:4]) % 97 == 1
        assert INSIDE.get(country, lambda own: True)(number[4:])
    assert len(set(numbers)) > 290
    bank = {re.sub(r"^[A-Z](?=0)", "", number[4:])[:2] for number in numbers}
    assert bank <= {"00", "99", "90", "ZZ"}  # no bank's code


def test_ibans_follow_a_column_of_countries():
    given = {"c": pa.array(["de", "FR", None, "NO"] * 50)}
    numbers = draw("iban", 200, given=given, of="c", spaced=True).to_pylist()
    assert [number and number[:2] for number in numbers] == ["DE", "FR", None, "NO"] * 50
    assert re.fullmatch(r"DE\d\d( \d{4}){4} \d\d", numbers[0])
    with pytest.raises(SpecError, match="of='c': the column holds 'US'"):
        draw("iban", 1, given={"c": pa.array(["US"])}, of="c")
    with pytest.raises(SpecError, match="country='EN'"):
        draw("iban", country="EN")


@pytest.mark.parametrize(
    ("brand", "size", "starts"),
    [("visa", 16, "4"), ("mastercard", 16, "25"), ("amex", 15, "3"), ("discover", 16, "6"), ("diners", 14, "3"),
     ("jcb", 16, "3"), ("unionpay", 16, "6"), ("any", None, "23456")],
)  # fmt: skip
def test_card_numbers_pass_luhn(brand, size, starts):
    numbers = draw("card_number", 300, brand=brand).to_pylist()
    assert all(luhn_holds(number) and number[0] in starts for number in numbers)
    assert size is None or {len(number) for number in numbers} == {size}
    assert len(set(numbers)) > 295
    spaced = draw("card_number", 300, brand=brand, spaced=True).to_pylist()
    assert [text.replace(" ", "") for text in spaced] == numbers


# --- reserved ranges only


def test_network_addresses_are_of_documentation_or_private_networks():
    blocks = [ipaddress.ip_network(b) for b in ("192.0.2.0/24", "198.51.100.0/24", "203.0.113.0/24", "2001:db8::/32")]
    private = [ipaddress.ip_network(b) for b in ("10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "fd00::/8")]
    for version in (4, 6):
        for kept, networks in ((False, blocks), (True, private)):
            for text in draw("ip", 1000, version=version, private=kept).to_pylist():
                address = ipaddress.ip_address(text)
                assert address.version == version
                assert str(address) == text  # the one way to write it
                assert any(address in network for network in networks if network.version == version)


def test_hardware_addresses_are_local_and_unicast():
    for text in draw("mac", 1000).to_pylist():
        first = bytes.fromhex(text.replace(":", ""))[0]
        assert first & 0b11 == 0b10
        assert re.fullmatch(r"([0-9a-f]{2}:){5}[0-9a-f]{2}", text)
    with pytest.raises(SpecError, match="separator"):
        draw("mac", separator="ab")


def test_web_addresses_are_at_domains_that_nobody_has():
    pattern = r"https://(\w+\.)?example\.(com|org|net)/[\w/?=-]+"
    assert all(re.fullmatch(pattern, text) for text in draw("url", 1000).to_pylist())


FICTION = {
    "en_US": r"\([2-9]\d\d\) 555-01\d\d",
    "en_CA": r"\([2-9]\d\d\) 555-01\d\d",
    "en_GB": r"07700 900\d{3}|01632 960\d{3}|020 7946 0\d{3}|01\d\d 496 0\d{3}|0191 498 0\d{3}|028 9649 6\d{3}|029 2018 0\d{3}",
    "en_AU": r"\(0[2378]\) (5550|7010) \d{4}",
    "de_DE": r"0171 39200\d\d|0176 040690\d\d|(030 23125|040 66969|069 90009|0221 4710|089 99998)\d{3}",
    "fr_FR": r"(01 99 00|02 61 91|03 53 01|04 65 71|05 36 49|06 39 98) \d\d \d\d",
    "sv_SE": r"070-174 06 \d\d|08-465 004 \d\d|031-390 06 \d\d|040-628 04 \d\d|0980-319 2\d\d",
}


@pytest.mark.parametrize("locale", sorted(FICTION))
def test_telephone_numbers_are_of_ranges_kept_for_fiction(locale):
    assert all(re.fullmatch(FICTION[locale], text) for text in draw("person.phone", 1000, locale=locale).to_pylist())
    if locale == "sv_SE":
        assert all(
            int(text[-2:]) >= 5 for text in draw("person.phone", 1000, locale=locale).to_pylist() if text[:3] == "070"
        )


def test_reserved_ranges_are_of_known_locales():
    assert set(RESERVED) <= set(locales())
    assert draw("person.phone", 50, locale="de_DE", reserved=False).to_pylist() != draw(
        "person.phone", 50, locale="de_DE"
    )


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
