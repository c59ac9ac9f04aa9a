"""Check digits of bank accounts and cards, put right in texts that were drawn at random."""

from __future__ import annotations

import re

import pyarrow as pa


def luhn(texts: pa.Array) -> pa.Array:
    """Each text with its last digit set so that the digits' weighted sum divides by ten (ISO/IEC 7812-1, annex B).

    >>> luhn(pa.array(["4539 1488 0343 6460"])).to_pylist()
    ['4539 1488 0343 6467']
    """
    return pa.array([_luhn(t) for t in texts.to_pylist()], pa.string())


def iban(texts: pa.Array) -> pa.Array:
    """Each text with the two digits behind its country set by ISO 7064, mod 97-10.

    >>> iban(pa.array(["DE00 3704 0044 0532 0130 00"])).to_pylist()
    ['DE89 3704 0044 0532 0130 00']
    """
    return pa.array([_iban(t) for t in texts.to_pylist()], pa.string())


def _luhn(text: str) -> str:
    places = [i for i, c in enumerate(text) if c in "0123456789"]
    if not places:
        return text
    total = 0
    for turn, place in enumerate(reversed(places[:-1])):
        digit = int(text[place]) * (2 if turn % 2 == 0 else 1)
        total += digit - 9 if digit > 9 else digit
    return text[: places[-1]] + str(-total % 10) + text[places[-1] + 1 :]


def _iban(text: str) -> str:
    plain = re.sub(r"[^0-9A-Z]", "", text.upper())
    if not re.fullmatch(r"[A-Z]{2}[0-9A-Z]{3,}", plain):
        return text
    digits = "".join(str(int(c, 36)) for c in plain[4:] + plain[:2] + "00")
    return f"{text[:2]}{98 - int(digits) % 97:02d}{text[4:]}"
