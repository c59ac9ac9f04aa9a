"""Where Faker's lists need a word of explanation: what it does in code, or keeps under another name.

What stands here are names, layouts, letters and rules of postal and road authorities; the words are Faker's.
"""

from __future__ import annotations

import itertools
import re
from collections.abc import Callable
from typing import Any

from rowsmith.samplers._faker import attribute

LAYOUT = {"address", "building_number", "street_address"}
"""Tokens for which the format that Faker gives to all locales will do: what differs are the tokens inside."""

ALIASES: dict[str, tuple[str, ...]] = {
    "address": ("address_formats",),
    "building_dong": ("building_dongs",),
    "city": ("cities", "city_names", "municipalities", "city_formats"),
    "city_name": ("cities", "city_names"),
    "city_name_suffix": ("city_suffixes",),
    "city_prefix": ("city_prefixes", "city_prefs"),
    "color": ("all_colors",),
    "company": ("formats",),
    "dk_street_name": ("street_names",),
    "estado_sigla": ("estados",),
    "license_plate": ("license_formats", "license_plate_formats"),
    "phone_number": ("formats", "landline_formats", "cellphone_formats"),
    "municipality_code": ("municipalities",),
    "section_number": ("section_formats",),
    "state_abbr": ("states_abbr", "states"),
    "state_name": ("states",),
    "street": ("streets", "localities"),
    "street_name": ("street_name_formats", "street_names", "streets", "street_titles"),
    "street_municipality": ("municipalities",),
    "street_name_adjective_feminine": ("streets_adjective_feminine",),
    "street_name_suffix": ("street_suffixes",),
    "street_name_universal": ("streets_universal",),
    "word": ("word_list",),
}
"""Token to the attributes that are looked at before those that its name suggests."""

FIELDS: dict[tuple[str, str], int] = {
    ("es_AR", "city"): 1,
    ("es_AR", "municipality_code"): 0,
    ("es_AR", "street_municipality"): 1,
    ("es_CO", "city"): 1,
    ("es_MX", "state"): 1,
    ("es_MX", "state_abbr"): 0,
    ("pt_BR", "estado_sigla"): 0,
    ("ro_RO", "state_abbr"): 0,
}
"""Where the entries of a list have several members: which of them is meant."""

_CANADA = "{{postal_code_letters}}#{{postal_code_letters}} #{{postal_code_letters}}#"
_PREFIXED = "{{license_plate_prefix}}{{license_plate_suffix}}"
_NL, _ES, _TR = "{{license_plate_prefix_letters}}", "{{license_plate_new_format_suffix_letters}}", "{{letter}}"

FORMATS: dict[tuple[str, str], Any] = {
    ("en_US", "address"): "{{street_address}}, {{city}}, {{state_postcode}}",  # its military addresses are left out
    ("en_GB", "postcode"): ("{{postal_zone}}% #{{unit}}{{unit}}", "{{postal_zone}}%# #{{unit}}{{unit}}"),
    ("en_GB", "unit"): tuple("ABDEFGHJLNPQRSTUWXYZ"),  # BS 7666: the inward code has none of C I K M O V
    ("en_CA", "postcode"): _CANADA,
    ("fr_CA", "postcode"): _CANADA,
    (
        "en_CA",
        "address",
    ): "{{street_address}}, {{city}}, {{province_postal}}#{{postal_code_letters}} #{{postal_code_letters}}#",
    ("en_NZ", "te_reo_first"): "{{te_reo_part_title}}",
    ("en_NZ", "te_reo_ending"): ("{{te_reo_parts}}", "{{te_reo_endings}}"),
    ("de_CH", "postcode"): "%###",
    ("el_GR", "postcode"): "%## ##",
    ("el_GR", "street_prefix"): ("{{street_prefix_short}}", "{{street_prefix_long}}"),
    ("es_ES", "postcode"): {"0%###": 9, "1####": 10, "2####": 10, "3####": 10, "4####": 10, "50###": 1, "51###": 1},
    ("es_AR", "postcode"): "{{municipality_code}}",
    ("es_AR", "street_address"): "{{street_name}} {{building_number}}",
    ("es_CL", "address"): "{{street_address}}, {{city}}",
    ("es_CL", "postcode"): "%######",
    ("es_CO", "postcode"): "{{department_code}}####",
    ("es_CO", "street_address"): "{{street_name}} No. {{building_number}}",
    ("hu_HU", "building_number"): ("%.", "%#.", "1##."),
    ("hu_HU", "city"): {
        "{{real_city_name}}": 2,
        "{{city_part_title}}{{city_suffix}}": 1,
        "{{city_prefix_title}}{{city_part}}{{city_suffix}}": 1,
    },
    ("hu_HU", "postcode"): "%###",
    ("hu_HU", "street_name"): (
        "{{frequent_street_name}} {{street_suffix}}",
        "{{real_city_name}}i {{street_suffix}}",
        "{{city_part_title}}{{city_suffix}}i {{street_suffix}}",
    ),
    ("ja_JP", "address"): (
        "{{prefecture}}{{city}}{{street_address}}",
        "{{prefecture}}{{city}}{{street_address}} {{building_name}}%##",
    ),
    ("ja_JP", "postcode"): "###-####",
    ("ja_JP", "street_address"): ("{{town}}%丁目%番%号", "{{town}}%丁目%#番%号", "{{town}}%丁目%#番%#号"),
    ("ko_KR", "address"): (
        "{{province}} {{city}} {{street_address}}",
        "{{metropolitan_city}} {{borough}} {{street_address}}",
    ),
    ("ko_KR", "building_number"): ("%", "%#", "%##", "%#-%", "%##-%#"),
    ("ko_KR", "postcode"): "0%###",
    ("ko_KR", "street_address"): "{{road}}",
    ("fr_FR", "phone_number"): "0% ## ## ## ##",
    ("nl_BE", "address"): "{{street_address}}, {{postcode}} {{city}}",
    ("nl_NL", "address"): "{{street_address}}, {{postcode}} {{city}}",
    ("nl_NL", "postcode"): "%### ??",
    ("pl_PL", "street_prefix_feminine_short"): ("ul.", "al."),
    ("pl_PL", "street_prefix_masculine_short"): ("pl.",),
    ("pt_BR", "postcode"): "#####-###",
    ("ru_RU", "street_name"): {
        "{{street_suffixes_fem}} {{street_titles}}": 1,  # adjectives, which agree with the feminine kinds of street
        "{{street_suffixes}} {{street_titles_noflex}}": 1,
    },
    ("uk_UA", "address"): "{{street_address}}, {{city}}, {{postcode}}",
    ("uk_UA", "postcode"): "#####",
    ("uk_UA", "street_name"): "{{street_titles}}",
    ("de_DE", "license_plate"): _PREFIXED,
    ("de_AT", "license_plate"): {
        "{{one_letter}}{{license_plate_suffix_for_one_starting_letter}}": 1,
        "{{two_letters}}{{license_plate_suffix_for_two_starting_letters}}": 4,
    },
    ("es_ES", "license_plate"): f"#### {_ES}{_ES}{_ES}",
    ("ja_JP", "license_plate"): "{{license_plate_area_names}} %## {{license_plate_kana}} %#-##",
    ("ko_KR", "license_plate"): ("##{{letter_codes}} ####", "###{{letter_codes}} ####"),
    ("nl_NL", "license_plate"): (f"##-{_NL}{_NL}{_NL}-#", f"#-{_NL}{_NL}{_NL}-##", f"{_NL}-###-{_NL}{_NL}"),
    ("ro_RO", "license_plate"): _PREFIXED,
    ("ru_RU", "license_plate"): "{{letter}}###{{letter}}{{letter}} {{license_plate_suffix}}",
    ("ru_RU", "letter"): "{{license_plate_letters}}",
    ("sk_SK", "license_plate"): _PREFIXED,
    ("tr_TR", "license_plate"): (
        "{{province}} {{letter}} ####",
        "{{province}} {{letter}}{{letter}} ###",
        "{{province}} {{letter}}{{letter}}{{letter}} ##",
    ),
    ("tr_TR", "letter"): "{{ascii_uppercase_turkish}}",
    ("uk_UA", "license_plate"): "{{region}}####{{license_plate_suffix}}",
    ("zh_CN", "license_plate"): "{{province_code}}?-#####",
}
"""Formats by locale and token: one, several alike, or several with weights."""


def made(locale: str, token: str) -> Any:
    """A list that is worked out from Faker's; None if there is none of this name."""
    make = _MADE.get((locale, token))
    return None if make is None else make(locale)


def _american(locale: str) -> dict[str, float]:
    ranges = attribute("address", locale, "states_postcode")
    return {f"{s} {code:05d}": 1.0 for s, (low, high) in ranges.items() for code in range(low, high + 1)}


def _canadian(locale: str) -> dict[str, float]:
    letters = attribute("address", locale, "provinces_postcode_prefixes")
    return {f"{province} {letter}": 1.0 for province, own in letters.items() for letter in own}


def _italian(locale: str) -> list[str]:
    towns = attribute("address", locale, "cap_city_province")
    return [f"{code} {town} ({province})" for code, own in towns.items() for town, province in own]


def _french(locale: str) -> list[str]:
    numbers = [number for number, _ in attribute("address", locale, "departments")]
    return [(re.sub("2[AB]", "20", number) + "###")[:5].ljust(5, "#") for number in numbers]


def _chilean(locale: str) -> list[str]:
    return list(attribute("address", locale, "communes").values())


def _japanese(locale: str) -> dict[str, float]:
    return {written: weight for (written, *_), weight in attribute("person", locale, "last_name_pairs").items()}


def _polish_men(locale: str) -> list[str]:
    return [*attribute("person", locale, "male_last_names"), *attribute("person", locale, "unisex_last_names")]


def _polish_women(locale: str) -> list[str]:
    return [re.sub("([scz]k)i$", r"\1a", name) for name in _polish_men(locale)]


def _ukrainian(locale: str) -> list[str]:
    regions = attribute("automotive", locale, "license_region_data").values()
    return list(itertools.chain.from_iterable(letters for letters, _ in regions))


def _austrian(length: int) -> Callable[[str], list[str]]:
    return lambda locale: [p for p in attribute("automotive", locale, "license_plate_prefix") if len(p) == length]


def _with_letters(name: str) -> Callable[[str], list[str]]:
    """Plates whose letters are not the Latin alphabet's, or not all of it."""
    return lambda locale: [
        f.replace("?", f"{{{{{name}}}}}") for f in attribute("automotive", locale, "license_formats")
    ]


_MADE: dict[tuple[str, str], Callable[[str], Any]] = {
    ("en_US", "postcode"): lambda locale: list(dict.fromkeys(text[3:] for text in _american(locale))),
    ("en_US", "state_postcode"): _american,
    ("en_CA", "province_postal"): _canadian,
    ("en_GB", "postal_zone"): lambda locale: attribute("address", locale, "POSTAL_ZONES"),
    ("es_CL", "city"): _chilean,
    ("es_CO", "department_code"): lambda locale: list(attribute("address", locale, "departments")),
    ("fr_FR", "postcode"): _french,
    ("it_IT", "postcode_city_province"): _italian,
    ("ja_JP", "last_name"): _japanese,
    ("pl_PL", "last_name_female"): _polish_women,
    ("pl_PL", "last_name_male"): _polish_men,
    ("de_AT", "one_letter"): _austrian(1),
    ("de_AT", "two_letters"): _austrian(2),
    ("az_AZ", "license_plate"): _with_letters("ascii_uppercase_azerbaijan"),
    ("de_CH", "license_plate"): lambda locale: [f"{c} %## ###" for c, _ in attribute("address", locale, "cantons")],
    ("el_GR", "license_plate"): _with_letters("uppercase_letters"),
    ("th_TH", "license_plate"): _with_letters("thai_consonants"),
    ("tr_TR", "province"): lambda _: [f"{number:02d}" for number in range(1, 82)],
    ("uk_UA", "region"): _ukrainian,
    ("vi_VN", "license_plate"): _with_letters("ascii_uppercase_vietnamese"),
}
