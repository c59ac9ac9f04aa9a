"""Examples of kinds of columns: entities."""

from collections.abc import Callable
from typing import Any

import numpy as np
import pyarrow as pa

EXAMPLES: dict[str, list[dict[str, Any]]] = {
    "address.city": [{}, {"locale": "de_DE"}, {"locale": "nl_NL", "unique": True}],
    "address.country": [{}, {"locale": "fr_FR"}],
    "address.country_code": [{}, {"letters": 3}],
    "address.full": [
        {},
        {"locale": "ja_JP", "unique": True},
        {"locale": "de_DE", "street": "an_address", "city": "a_city"},
    ],
    "address.postcode": [{}, {"locale": "en_GB"}, {"locale": "de_DE", "unique": True}],
    "address.street": [{}, {"locale": "pl_PL"}, {"locale": "it_IT", "unique": True}],
    "card_number": [{}, {"brand": "amex", "spaced": True}, {"brand": "visa", "unique": True}],
    "color": [{}, {"form": "hex", "unique": True}, {"form": "rgb"}],
    "company": [{}, {"locale": "es_ES"}, {"locale": "zh_CN"}, {"locale": "de_DE", "unique": True}],
    "iban": [{}, {"country": "NO", "unique": True}, {"of": "a_country_code", "spaced": True}],
    "ip": [{}, {"version": 6}, {"private": True, "unique": True}],
    "job": [{}, {"locale": "pt_BR"}, {"locale": "fr_FR", "unique": True}],
    "license_plate": [{}, {"locale": "de_DE"}, {"locale": "nl_NL", "unique": True}],
    "mac": [{}, {"separator": "-", "unique": True}],
    "paragraph": [{}, {"locale": "ja_JP", "low": 1, "high": 2}],
    "person.birth_date": [{}, {"low": 0, "high": 5, "on": "2024-02-29"}, {"low": 18, "on": "a_day"}],
    "person.email": [{"of": "a_name"}, {"of": "a_name", "unique": True}],
    "person.first_name": [{}, {"locale": "it_IT", "sex": "a_sex"}, {"locale": "de_DE", "unique": True}],
    "person.last_name": [{}, {"locale": "cs_CZ", "sex": "a_sex"}, {"locale": "pl_PL", "unique": True}],
    "person.name": [{}, {"locale": "ru_RU", "sex": "a_sex"}, {"locale": "ko_KR", "unique": True}],
    "person.phone": [{}, {"locale": "en_GB", "unique": True}, {"locale": "en_US", "reserved": False}],
    "person.sex": [{}, {"weights": {"female": 5, "male": 4, "other": 1}}],
    "product": [{}, {"unique": True}],
    "sentence": [{}, {"locale": "pl_PL", "low": 1, "high": 3}],
    "url": [{}, {"unique": True}],
    "user_agent": [{}],
    "username": [{}, {"of": "a_name"}, {"unique": True}],
    "word": [{}, {"locale": "de_DE"}, {"unique": True}],
}
"""Kind to settings to try it with."""


def _pick(*values: str | None) -> Callable[[int, np.random.Generator], pa.Array]:
    return lambda n, rng: pa.array(values, pa.string()).take(pa.array(rng.integers(len(values), size=n)))


COLUMNS: dict[str, Callable[[int, np.random.Generator], pa.Array]] = {
    "a_city": _pick("Köln", "Bad Aibling", None),
    "a_country_code": _pick("DE", "NO", "fr", None),
    "a_day": lambda n, rng: pa.array(rng.integers(18000, 20000, size=n).astype(np.int32)).cast(pa.date32()),
    "a_name": _pick("Zoë O'Brien", "Anna-Lena von der Groß", "Щукина Ольга", "Cher", "王芳", "...", "", None),
    "a_sex": _pick("m", "Female", "x", None),
    "an_address": _pick("Lindenallee 3", "Am Markt 1-3"),
}
"""Columns that the examples read."""
