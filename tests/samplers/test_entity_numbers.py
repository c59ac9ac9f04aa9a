"""Numbers of accounts, cards, networks and telephones: check digits are right, ranges are those that nobody has."""

import ipaddress
import re

import pyarrow as pa
import pytest
from tests.samplers._make import draw

from rowsmith.core.errors import SpecError
from rowsmith.samplers._faker import locales
from rowsmith.samplers._phones import RESERVED
from rowsmith.samplers._vocabulary import words

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
