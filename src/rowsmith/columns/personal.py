"""Personal text: names, e-mail and postal addresses, web and network addresses, accounts, phones. All are invented."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import ClassVar, Literal, Self, get_args

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from rowsmith.columns._check_digits import iban, luhn
from rowsmith.columns._invent import DOMAINS, FAMILY, GIVEN, STREETS, WORDS, invent_keys, pick
from rowsmith.columns._like import Alike
from rowsmith.columns._names import name_part, names_address, names_email, names_person, names_phone
from rowsmith.columns._pattern import Patterns, free_patterns
from rowsmith.columns._unique import nearly_unique
from rowsmith.core.errors import DataError
from rowsmith.core.protocols import Claim, CodeArray, Codec, Profile, Rows
from rowsmith.core.rng import Key
from rowsmith.core.state import State
from rowsmith.core.text import Form

Sort = Literal["name", "email", "address", "url", "ip", "iban", "card", "phone"]

Part = Literal["full", "given", "family"]

LOOKS: dict[Sort, str] = {
    "email": r"^[^@\s]+@[^@\s]+\.[\pL]{2,}$",
    "url": r"^(?:https?|ftp)://\S+$",
    "ip": r"^(?:(?:[0-9]{1,3}\.){3}[0-9]{1,3}|[0-9a-fA-F]{0,4}(?::[0-9a-fA-F]{0,4}){2,7})$",
    "iban": r"^[A-Z]{2}[0-9]{2} ?(?:[0-9A-Z]{4} ?){2,7}[0-9A-Z]{1,4}$",
    "card": r"^[0-9]{4}([ -]?)[0-9]{4}[ -]?[0-9]{4}[ -]?[0-9]{1,7}$",
}
_SAID: dict[Sort, str] = {
    "name": "names of persons",
    "email": "e-mail addresses",
    "address": "postal addresses",
    "url": "web addresses",
    "ip": "network addresses",
    "iban": "bank accounts",
    "card": "card numbers",
    "phone": "telephone numbers",
}
PHONE = r"^(?:\+|00|0|\()?[0-9][0-9 ()/.-]{4,18}[0-9]$"
"""Look of a telephone number in a column that is named so …"""
SURE_PHONE = r"^\+[1-9][0-9 ()/.-]{6,17}[0-9]$"
"""… and in any other."""
MAX_DIGITS = 18
"""Digits of numbers that are not text, so that any others fit beside them into 64 bits."""
CARD = rf"^[2-6][0-9]{{13,{MAX_DIGITS - 1}}}$"
"""Look of a card in a column of numbers, not of text: it begins as those of banks do (ISO/IEC 7812-1)."""
USUAL: dict[Sort, str] = {
    "name": "Anna Huber",
    "email": "anna@example.com",
    "address": "12 Long Street",
    "url": "https://example.com/a",
    "ip": "192.0.2.1",
    "iban": "DE02120300000000202051",
    "card": "4111111111111111",
    "phone": "+49 30 1234567",
}
"""The look of each sort where none is to be read off the data. Accounts and cards are the ones that banks print in examples."""
KEPT: dict[Sort, int] = {"iban": 2, "card": 1, "phone": 1}
"""Characters at the front that come back: the country of an account, the kind of a card, a plus or zero of a phone."""
MOST = 0.9
"""Share of values that must have the look of a sort."""
REPEATED = 0.2
"""Names that repeat more often than this (distinct to all) are no longer personal: the column is a category."""


@dataclass(frozen=True)
class PersonalCodec(Codec):
    """A fitted column of personal text; there is nothing to learn for a learner.

    Attributes:
        sort: what is invented.
        seed: for what must be unique.
        lengths: for names, share of values of 1, 2, 3 and 4 words; for addresses, of those with a number.
        case: how letters are written.
        part: which part of a name the values are.
        comma: whether the family name comes first, before a comma.
        patterns: for accounts, cards and phones, their shapes.
        whole: whether the values are numbers, not text.
    """

    sort: Sort
    seed: int
    lengths: tuple[float, ...] = ()
    case: str = "title"
    part: Part = "full"
    comma: bool = False
    patterns: Patterns | None = None
    whole: bool = False
    ordered: bool = field(default=False, init=False)
    size: int = field(default=1, init=False)

    def encode(self, values: pa.Array) -> CodeArray:
        """Zeros."""
        return np.zeros(len(values), dtype=np.uint16)

    def decode(self, codes: CodeArray, rows: Rows, key: Key) -> pa.Array:
        """Invented values."""
        n, rng = len(codes), key.generator()
        numbers = np.arange(rows.first, rows.first + n, dtype=np.int64)
        if self.sort == "email":
            return invent_keys(numbers, self.seed, email=True)
        if self.sort == "url":
            return _join("https://", pick(DOMAINS, n, rng), "/", invent_keys(numbers, self.seed, email=False))
        if self.sort == "ip":  # RFC 5737: blocks for documentation
            blocks = pick(("192.0.2.", "198.51.100.", "203.0.113."), n, rng)
            return _join(blocks, pa.array(rng.integers(1, 255, n)).cast(pa.string()))
        if self.sort == "address":
            return self._addresses(n, rng)
        if self.patterns is not None:
            texts = self.patterns.draw(np.zeros(n, dtype=np.uint16), rng)
            texts = iban(texts) if self.sort == "iban" else luhn(texts) if self.sort == "card" else texts
            return texts.cast(pa.int64()) if self.whole else texts
        return self._names(n, rng)

    def _names(self, n: int, rng: np.random.Generator) -> pa.Array:
        counts = np.searchsorted(np.cumsum(self.lengths), rng.random(n), side="right").clip(0, 3) + 1
        given, middle, third = (pick(GIVEN, n, rng) for _ in range(3))
        family = pick(FAMILY, n, rng)
        if self.part == "given":
            two = _join(given, " ", middle)
        elif self.part == "family":
            two = _join(family, "-", pick(FAMILY, n, rng))
        else:
            two = _join(family, ", ", given) if self.comma else _join(given, " ", family)
        out = pc.choose(
            pa.array(counts - 1),
            given if self.part == "given" else family,
            two,
            _join(given, " ", middle, " ", family),
            _join(given, " ", middle, " ", third, " ", family),
        )
        return _cased(out, self.case)

    def _addresses(self, n: int, rng: np.random.Generator) -> pa.Array:
        street = _join(pc.utf8_capitalize(pick(WORDS, n, rng)), " ", pc.utf8_capitalize(pick(STREETS, n, rng)))
        number = _join(pa.array(rng.integers(1, 200, n)).cast(pa.string()), " ")
        numbered = pa.array(rng.random(n) < self.lengths[0])
        return _cased(_join(pc.if_else(numbered, number, ""), street), self.case)

    def state(self) -> State:
        """Arrays and JSON from which `from_state` makes the same codec."""
        return {
            "sort": self.sort,
            "seed": self.seed,
            "lengths": list(self.lengths),
            "case": self.case,
            "part": self.part,
            "comma": self.comma,
            "patterns": None if self.patterns is None else self.patterns.state(),
            "whole": self.whole,
        }

    @classmethod
    def from_state(cls, state: State) -> Self:
        """The inverse of `state`."""
        patterns = None if state["patterns"] is None else Patterns.from_state(state["patterns"])
        if state["sort"] not in get_args(Sort):
            raise ValueError(f"no such sort: {state['sort']!r}")
        return cls(
            sort=state["sort"],
            seed=int(state["seed"]),
            lengths=tuple(float(x) for x in state["lengths"]),
            case=state["case"],
            part=state["part"],
            comma=bool(state["comma"]),
            patterns=patterns,
            whole=bool(state["whole"]),
        )


@dataclass(frozen=True, kw_only=True)
class Personal(Alike):
    """Personal text, which is never learnt: other values of the same sort are invented."""

    sort: Sort = "name"
    """What the values are."""
    part: Part = "full"
    """Of names: which part of a name the values are."""

    codec: ClassVar[type[PersonalCodec]] = PersonalCodec

    @classmethod
    def claim(cls, profile: Profile) -> Claim | None:
        """Claims text that looks personal, or is named so and hardly repeats, or is the same in every row."""
        values = profile.values.drop_null()
        if len(values) == 0:
            return None
        if not pa.types.is_string(values.type):
            return _claim_numbers(profile.name, values)
        for sort, look in LOOKS.items():
            if _share(values, look) < MOST or (sort == "card" and not _valid_cards(values)):
                continue
            if sort in ("email", "iban", "card") or nearly_unique(values) or (sort == "ip" and len(values) > 1):
                return Claim(0.9, {"sort": sort}, f"the values are {_SAID[sort]}: they are invented")
        distinct = int(pc.count_distinct(values).as_py())
        if distinct <= REPEATED * len(values) and distinct > 1:
            return None
        if _phones(profile.name, values) and not nearly_unique(values):  # those are codes, which keep area codes
            return Claim(0.82, {"sort": "phone"}, f"the values are {_SAID['phone']}: they are invented")
        if names_email(profile.name) and pc.any(pc.match_substring(values, "@")).as_py():
            return Claim(
                0.9, {"sort": "email"}, "the name says that the values are e-mail addresses: they are invented"
            )
        if names_address(profile.name):
            return Claim(0.82, {"sort": "address"}, "the name says that the values are addresses: they are invented")
        if names_person(profile.name) and _like_names(values):
            return Claim(
                0.82,
                {"sort": "name", **_part(profile.name)},
                "the name says that the values are names of persons: they are invented",
            )
        return None

    def usual(self, type: pa.DataType) -> tuple[str, ...]:
        """One value of the sort."""
        shown = USUAL[self.sort]
        return (shown if pa.types.is_string(type) else "".join(filter(str.isdigit, shown)),)

    def fit(self, values: pa.Array, form: Form | None, key: Key) -> PersonalCodec:
        """Learn the looks."""
        values = self.shown(values)
        texts = values if pa.types.is_string(values.type) else _digits(values)
        if texts is None or (texts is not values and self.sort not in ("card", "phone")):
            raise DataError(f"is of type {values.type}; the kind 'personal' takes text.")
        seed, case = key.integer(), _case(texts)
        if self.sort in KEPT:
            patterns = free_patterns(texts, keep=KEPT[self.sort])
            return PersonalCodec(self.sort, seed, patterns=patterns, whole=texts is not values)
        if self.sort == "address":
            return PersonalCodec(self.sort, seed, (_share(values, "[0-9]"),), case)
        if self.sort != "name":
            return PersonalCodec(self.sort, seed)
        counts = np.clip(pc.count_substring_regex(values, r"\S+").to_numpy(), 1, 4)
        shares = np.bincount(counts, minlength=5)[1:] / len(values)
        comma = pc.mean(pc.match_substring(values, ", ").cast(pa.float64())).as_py() > 0.5
        return PersonalCodec("name", seed, tuple(shares.tolist()), case, self.part, comma)


def _claim_numbers(name: str, values: pa.Array) -> Claim | None:
    """A claim of whole numbers that are cards, or are named a phone's and the same in every row."""
    texts = _digits(values)
    if texts is None:
        return None
    if _share(texts, CARD) >= MOST and _valid_cards(texts):
        return Claim(0.9, {"sort": "card"}, f"the values are {_SAID['card']}: they are invented")
    if int(pc.count_distinct(texts).as_py()) == 1 and _phones(name, texts):
        return Claim(0.82, {"sort": "phone"}, f"the values are {_SAID['phone']}: they are invented")
    return None


def _digits(values: pa.Array) -> pa.Array | None:
    """Whole numbers as text, if other ones of as many digits fit into the type; None for any other values."""
    kind = values.type
    if pa.types.is_floating(kind) or pa.types.is_decimal(kind):
        try:
            values = values.cast(pa.int64())
        except pa.ArrowInvalid:
            return None
    texts = values.cast(pa.string()) if values.type in (pa.int64(), pa.uint64()) else None
    return texts if texts is not None and pc.max(pc.utf8_length(texts)).as_py() <= MAX_DIGITS else None


def _phones(name: str, values: pa.Array) -> bool:
    return bool(_share(values, PHONE) >= MOST if names_phone(name) else _share(values, SURE_PHONE) >= MOST)


def _share(values: pa.Array, look: str) -> float:
    return float(pc.mean(pc.match_substring_regex(values, look).cast(pa.float64())).as_py())


def _part(name: str) -> dict[str, str]:
    part = name_part(name)
    return {} if part == "full" else {"part": part}


def _valid_cards(values: pa.Array) -> bool:
    some = values.slice(0, 200)
    return bool(np.mean(np.array(luhn(some).to_pylist()) == np.array(some.to_pylist())) > MOST)


def _like_names(values: pa.Array) -> bool:
    return _share(values, "[0-9_]") < 1 - MOST


def _case(values: pa.Array) -> str:
    if not pc.any(pc.match_substring_regex(values, r"\p{Ll}")).as_py():
        return "upper"
    return "title" if pc.any(pc.match_substring_regex(values, r"\p{Lu}")).as_py() else "lower"


def _cased(values: pa.Array, case: str) -> pa.Array:
    return {"upper": pc.utf8_upper, "lower": pc.utf8_lower}.get(case, lambda v: v)(values)


def _join(*parts: pa.Array | str) -> pa.Array:
    return pc.binary_join_element_wise(*parts, "")
