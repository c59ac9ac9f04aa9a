"""Personal text: names, e-mail and postal addresses, web and network addresses, accounts, phones. All are invented."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import ClassVar, Literal, Self, get_args

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from rowsmith.columns._check_digits import iban, luhn
from rowsmith.columns._invent import (
    DOMAINS,
    FAMILY,
    GIVEN,
    SHORTEST_EMAIL,
    STREETS,
    WORDS,
    invent_emails,
    invent_keys,
    joined_words,
    parted,
    pick,
    worded,
)
from rowsmith.columns._lengths import Lengths, fit_lengths
from rowsmith.columns._like import Alike
from rowsmith.columns._names import (
    name_part,
    names_address,
    names_email,
    names_person,
    names_phone,
    names_secret,
    names_things,
    only_name,
)
from rowsmith.columns._pattern import Patterns, cut_to, fit_patterns, free_patterns
from rowsmith.columns._unique import nearly_unique
from rowsmith.core.errors import DataError
from rowsmith.core.permutation import mix
from rowsmith.core.protocols import Claim, CodeArray, Codec, Profile, Rows
from rowsmith.core.rng import Key
from rowsmith.core.state import State
from rowsmith.core.text import Form

Index = NDArray[np.int64]
Sort = Literal["name", "email", "address", "url", "ip", "iban", "card", "phone", "secret"]

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
    "secret": "digits by which a person is known or let in",
}
PHONE = r"^(?:\+|00|0|\()?[0-9][0-9 ()/.-]{4,18}[0-9]$"
"""Look of a telephone number in a column that is named so …"""
SURE_PHONE = r"^\+[1-9][0-9 ()/.-]{6,17}[0-9]$"
"""… and in any other."""
SECRET = r"^[0-9](?:[ -]?[0-9]){2,9}$"
"""Look of a PIN, the last digits of a card, a social security number, in a column that is named so …"""
SAME_DIGITS = 0.8
"""… and the share of such numbers that have as many digits as the longest: of others, zeros at the front are not written."""
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
    "secret": "1234",
}
"""The look of each sort where none is to be read off the data. Accounts and cards are the ones that banks print in examples."""
KEPT: dict[Sort, int] = {"iban": 2, "card": 1, "phone": 1, "secret": 1}
"""Characters at the front that come back: the country of an account, the kind of a card, a plus or zero of a phone, as often a 0."""
MOST = 0.9
"""Share of values that must have the look of a sort."""
STREET_LETTERS = (4, 6)
MAY_NAME = r"^(?:[\pL'’.-]+,? ?){1,5}$"
"""What a person's name may look like …"""
FEW_NAMES = 0.3
"""… and the share of such values up to which a column that is called a name has those of something else."""
NUMBERS = 0.6
"""Chance of a second, and of a third digit in the number of an address."""
REPEATED = 0.2
"""Names that repeat more often than this (distinct to all) are no longer personal: the column is a category."""


@dataclass(frozen=True)
class PersonalCodec(Codec):
    """A fitted column of personal text: codes are bins of the number of characters, where those differ.

    Attributes:
        sort: what is invented.
        seed: for what must be unique.
        lengths: of names, addresses, e-mail addresses and phones; None of what has a shape of its own.
        shares: of e-mail addresses, how often each code of lengths comes. They hang on the row's number alone, so that
            no two rows have the same, whatever is drawn again.
        numbered: share of addresses with a number.
        case: how letters are written.
        part: which part of a name the values are.
        comma: whether the family name comes first, before a comma.
        patterns: for accounts, cards and phones, their shapes.
        whole: whether the values are numbers, not text.
    """

    sort: Sort
    seed: int
    lengths: Lengths | None = None
    shares: tuple[float, ...] = ()
    numbered: float = 0.0
    case: str = "title"
    part: Part = "full"
    comma: bool = False
    patterns: Patterns | None = None
    whole: bool = False
    ordered: bool = field(default=True, init=False)
    anew: ClassVar[bool] = True

    @property
    def size(self) -> int:  # type: ignore[override]
        """How many bins of lengths there are, where these are learnt."""
        return 1 if self.lengths is None or self.shares else self.lengths.size

    def encode(self, values: pa.Array) -> CodeArray:
        """The bin of each text's length."""
        if self.lengths is None or self.shares:
            return np.zeros(len(values), dtype=np.uint16)
        texts = values if pa.types.is_string(values.type) else _digits(values)
        assert texts is not None, "they are numbers of few enough digits"
        return self.lengths.encode(texts)

    def decode(self, codes: CodeArray, rows: Rows, key: Key) -> pa.Array:
        """Invented values."""
        n, rng = len(codes), key.child("values").generator()
        if self.sort == "url":
            return _join("https://", pick(DOMAINS, n, rng), "/", invent_keys(rows.numbers, self.seed, email=False))
        if self.sort == "ip":  # RFC 5737: blocks for documentation
            blocks = pick(("192.0.2.", "198.51.100.", "203.0.113."), n, rng)
            return _join(blocks, pa.array(rng.integers(1, 255, n)).cast(pa.string()))
        if self.lengths is None:
            assert self.patterns is not None, "accounts and cards have shapes"
            texts = self.patterns.draw(np.zeros(n, dtype=np.uint16), rng)
            texts = iban(texts) if self.sort == "iban" else luhn(texts) if self.sort == "card" else texts
            return texts.cast(pa.int64()) if self.whole else texts
        if self.sort == "email":
            return self._emails(self.lengths, rows, key)
        characters, words = self.lengths.draw(codes, rows, key.child("length"))
        if self.sort == "address":
            return self._addresses(characters, words, self.lengths, rng)
        if self.patterns is not None:
            texts = cut_to(self.patterns.draw(np.zeros(n, dtype=np.uint16), rng), characters, rng)
            return texts.cast(pa.int64()) if self.whole else texts
        return self._names(characters, words, self.lengths, rng)

    def _emails(self, lengths: Lengths, rows: Rows, key: Key) -> pa.Array:
        chance = mix(rows.numbers.astype(np.uint64), self.seed + 1) / 2.0**64
        codes = np.searchsorted(np.cumsum(self.shares)[:-1], chance, side="right").astype(np.uint16)
        return invent_emails(lengths.draw(codes, rows, key.child("length"))[0], rows.numbers, self.seed)

    def _names(self, characters: Index, words: Index, lengths: Lengths, rng: np.random.Generator) -> pa.Array:
        comma = self.comma & (words > 1) & (characters > words + 2)
        letters = parted(characters - comma, words, lengths.letters, rng)
        text, ends = np.repeat(np.arange(len(words)), words), np.cumsum(words)
        first, last = np.zeros(len(text), dtype=bool), np.zeros(len(text), dtype=bool)
        first[(ends - words)[words > 0]] = last[ends[words > 0] - 1] = True
        family = (
            np.where(comma[text], first, last) if self.part == "full" else np.full(len(text), self.part == "family")
        )
        names = pc.if_else(pa.array(family), worded(letters, FAMILY, rng), worded(letters, GIVEN, rng))
        marks = pc.if_else(pa.array(comma[text] & first), ",", "")
        return _cased(joined_words(_join(names, marks), words), self.case)

    def _addresses(self, characters: Index, words: Index, lengths: Lengths, rng: np.random.Generator) -> pa.Array:
        n = len(characters)
        digits = np.clip(characters - 4, 0, 1 + (rng.random((2, n)) < NUMBERS).sum(axis=0))
        digits[rng.random(n) >= self.numbered] = 0
        plain = characters - digits - (digits > 0)
        words = np.clip(words - (digits > 0), np.minimum(plain, 1), (plain + 1) // 2)
        letters = parted(plain, words, lengths.letters, rng)
        last = np.zeros(len(letters), dtype=bool)
        ends = np.cumsum(words)[words > 1] - 1
        last[ends] = True
        both = letters[ends] + letters[ends - 1]  # the last word says what sort of street it is
        letters[ends] = np.minimum(np.clip(letters[ends], *STREET_LETTERS), both - 1)
        letters[ends - 1] = both - letters[ends]
        names = pc.if_else(pa.array(last), worded(letters, STREETS, rng), worded(letters, WORDS, rng))
        street = joined_words(pc.utf8_capitalize(names), words)
        number = pa.array(rng.integers(10 ** (digits.clip(1) - 1), 10 ** digits.clip(1))).cast(pa.string())
        return _cased(pc.if_else(pa.array(digits > 0), _join(number, " ", street), street), self.case)

    def state(self) -> State:
        """Arrays and JSON from which `from_state` makes the same codec."""
        return {
            "sort": self.sort,
            "seed": self.seed,
            "lengths": None if self.lengths is None else self.lengths.state(),
            "shares": list(self.shares),
            "numbered": self.numbered,
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
        lengths = None if state["lengths"] is None else Lengths.from_state(state["lengths"])
        if state["sort"] not in get_args(Sort):
            raise ValueError(f"no such sort: {state['sort']!r}")
        if len(state["shares"]) != (lengths.size if lengths is not None and state["sort"] == "email" else 0):
            raise ValueError("shares of other lengths")
        return cls(
            sort=state["sort"],
            seed=int(state["seed"]),
            lengths=lengths,
            shares=tuple(map(float, state["shares"])),
            numbered=float(state["numbered"]),
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
        if names_secret(profile.name) and _share(values, SECRET) >= MOST:
            return Claim(
                0.86, {"sort": "secret"}, f"the name says that the values are {_SAID['secret']}: they are invented"
            )
        for sort, look in LOOKS.items():
            if _share(values, look) < MOST or (sort == "card" and not _valid_cards(values)):
                continue
            if sort in ("email", "iban", "card") or nearly_unique(values) or (sort == "ip" and len(values) > 1):
                return Claim(0.9, {"sort": sort}, f"the values are {_SAID[sort]}: they are invented")
        distinct = int(pc.count_distinct(values).as_py())
        if distinct <= REPEATED * len(values) and distinct > 1:
            return None
        shaped = nearly_unique(values) and fit_patterns(values, parts=True) is not None
        if _phones(profile.name, values) and not shaped:  # those are codes, which keep area codes
            return Claim(0.82, {"sort": "phone"}, f"the values are {_SAID['phone']}: they are invented")
        if names_email(profile.name) and pc.any(pc.match_substring(values, "@")).as_py():
            return Claim(
                0.9, {"sort": "email"}, "the name says that the values are e-mail addresses: they are invented"
            )
        if names_address(profile.name):
            return Claim(0.82, {"sort": "address"}, "the name says that the values are addresses: they are invented")
        if names_person(profile.name) and _like_names(values) and not _of_things(profile, values):
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
        if texts is None or (texts is not values and self.sort not in ("card", "phone", "secret")):
            raise DataError(f"is of type {values.type}; the kind 'personal' takes text.")
        seed, case = key.integer(), _case(texts)
        if self.sort in ("url", "ip"):
            return PersonalCodec(self.sort, seed)
        patterns = free_patterns(texts, keep=KEPT[self.sort]) if self.sort in KEPT else None
        if self.sort in ("iban", "card", "secret"):
            return PersonalCodec(self.sort, seed, patterns=patterns, whole=texts is not values)
        lengths = fit_lengths(texts, SHORTEST_EMAIL if self.sort == "email" else 0)
        if self.sort == "email":
            counts = np.bincount(lengths.encode(texts), minlength=lengths.size)
            return PersonalCodec(self.sort, seed, lengths, tuple((counts / counts.sum()).tolist()))
        if self.sort == "phone":
            return PersonalCodec(self.sort, seed, lengths, patterns=patterns, whole=texts is not values)
        if self.sort == "address":
            return PersonalCodec(self.sort, seed, lengths, numbered=_share(texts, "[0-9]"), case=case)
        comma = self.sort == "name" and pc.mean(pc.match_substring(values, ", ").cast(pa.float64())).as_py() > 0.5
        return PersonalCodec(self.sort, seed, lengths, case=case, part=self.part, comma=comma)


def _claim_numbers(name: str, values: pa.Array) -> Claim | None:
    """A claim of whole numbers that are cards, or named a secret, or a phone's and the same in every row."""
    texts = _digits(values)
    if texts is None:
        return None
    if _share(texts, CARD) >= MOST and _valid_cards(texts):
        return Claim(0.9, {"sort": "card"}, f"the values are {_SAID['card']}: they are invented")
    if names_secret(name) and _share(texts, r"^[0-9]{1,9}$") >= MOST:
        lengths = pc.utf8_length(texts).to_numpy()
        if lengths.max() > 2 and np.mean(lengths == lengths.max()) >= SAME_DIGITS:
            return Claim(
                0.86, {"sort": "secret"}, f"the name says that the values are {_SAID['secret']}: they are invented"
            )
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


def _of_things(profile: Profile, values: pa.Array) -> bool:
    """Whether a column that is called a name holds those of things: the table says so, or hardly a value could be a person's."""
    return only_name(profile.name) and (names_things(profile.table) or _share(values, MAY_NAME) < FEW_NAMES)


def _case(values: pa.Array) -> str:
    if not pc.any(pc.match_substring_regex(values, r"\p{Ll}")).as_py():
        return "upper"
    return "title" if pc.any(pc.match_substring_regex(values, r"\p{Lu}")).as_py() else "lower"


def _cased(values: pa.Array, case: str) -> pa.Array:
    return {"upper": pc.utf8_upper, "lower": pc.utf8_lower}.get(case, lambda v: v)(values)


def _join(*parts: pa.Array | str) -> pa.Array:
    return pc.binary_join_element_wise(*parts, "")
