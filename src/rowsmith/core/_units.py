"""Currencies and units that may stand around a number."""

from __future__ import annotations

import re

import pyarrow as pa
import pyarrow.compute as pc

_CURRENCIES = "EUR USD GBP CHF JPY CNY INR SEK NOK DKK PLN CZK HUF AUD CAD US$ C$ A$ R$ Rs Rs. kr Fr. zł"
_UNITS = (
    "mm cm m km in ft mi mg g kg t lb oz ml cl l L ms s sec min h hrs days W kW kWh MWh V A Hz kHz MHz GHz B KB kB MB "
    "GB TB °C °F bar Pa hPa kPa mmHg bpm mg/dL mmol/L km/h m/s pcs pts px dB ppm"
)
CURRENCIES = frozenset(_CURRENCIES.split())
UNITS = frozenset(_UNITS.split())
_NUMERIC = "0-9.,"


def affixes(texts: pa.Array) -> tuple[str, str]:
    """What stands before and behind the number in every text, if it is a unit or a currency."""
    ends = pc.min_max(texts).as_py()
    first, last = ends["min"], ends["max"]
    prefix = re.match(rf"[^{_NUMERIC}+\-]*", first)
    assert prefix is not None
    before = prefix[0] if last.startswith(prefix[0]) else ""
    suffix = re.search(rf"[^{_NUMERIC}]*$", first)
    assert suffix is not None
    behind = suffix[0] if pc.all(pc.ends_with(texts, suffix[0])).as_py() else ""
    if len(before) + len(behind) >= len(first) or not (_is_money(before) and _is_unit(behind)):
        return "", ""
    return before, behind


def _is_money(text: str) -> bool:
    word = text.strip(" \u00a0\u202f")
    return word in CURRENCIES or word == "" or (len(word) == 1 and word in "$€£¥₹₽₩₺₫₴₦฿¢")


def _is_unit(text: str) -> bool:
    word = text.strip(" \u00a0\u202f")
    # One letter right behind the digits is rather part of a code: 12A, 5B.
    apart = text != word or len(word) > 1
    return word in ("%", "‰", "°") or _is_money(text) or (apart and word in UNITS)
