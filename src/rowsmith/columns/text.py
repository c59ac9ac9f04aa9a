"""Free text that is nearly unique: never learnt; how long it is is, and its words are ours."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import ClassVar, Literal, Self

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from rowsmith.columns._invent import SHORT, WORDS, joined_words, parted, worded
from rowsmith.columns._lengths import Lengths, fit_lengths
from rowsmith.columns._like import Alike
from rowsmith.columns._unique import nearly_unique
from rowsmith.core.errors import DataError
from rowsmith.core.protocols import Claim, CodeArray, Codec, Profile, Rows
from rowsmith.core.rng import Key
from rowsmith.core.state import State
from rowsmith.core.text import Form

MANY_WORDS = 4
"""With fewer words in a text, on average, they are made of letters, so that the texts still differ."""
ENDS = (".", "!", "?", "…")


@dataclass(frozen=True)
class TextCodec(Codec):
    """A fitted column of free text: codes are bins of the number of characters.

    Attributes:
        lengths: of the texts and their words.
        many: whether words are made of letters.
        case: how letters are written: first letter of the text or of every word capital, all capital, or as they come.
        first: share of texts whose first letter is capital.
        ends: share of texts that end with each sign of `ENDS`.
    """

    lengths: Lengths
    many: bool
    case: Literal["title", "upper", "plain"]
    first: float
    ends: tuple[float, ...]
    ordered: bool = field(default=True, init=False)
    anew: ClassVar[bool] = True

    @property
    def size(self) -> int:  # type: ignore[override]
        """How many bins of lengths there are."""
        return self.lengths.size

    def encode(self, values: pa.Array) -> CodeArray:
        """The bin of each text's length."""
        return self.lengths.encode(values)

    def decode(self, codes: CodeArray, rows: Rows, key: Key) -> pa.Array:
        """New texts of these lengths."""
        characters, words = self.lengths.draw(codes, rows, key.child("length"))
        rng = key.child("words").generator()
        places = np.searchsorted(np.cumsum(self.ends), rng.random(len(codes)), side="right")
        places[characters < 2] = len(ENDS)
        plain = characters - (places < len(ENDS))
        words = np.minimum(words, (plain + 1) // 2)
        letters = parted(plain, words, self.lengths.letters, rng)
        out = joined_words(worded(letters, [] if self.many else [*SHORT, *WORDS], rng), words)
        if self.case == "upper":
            out = pc.utf8_upper(out)
        elif self.case == "title":
            out = pc.utf8_title(out)
        elif self.first > 0:
            capital = pa.array(rng.random(len(out)) < self.first)
            out = pc.if_else(capital, pc.utf8_capitalize(out), out)
        signs = pa.array([*ENDS, ""], pa.string())
        return pc.binary_join_element_wise(out, signs.take(pa.array(places)), "")

    def state(self) -> State:
        """Arrays and JSON from which `from_state` makes the same codec."""
        return {
            "lengths": self.lengths.state(),
            "many": self.many,
            "case": self.case,
            "first": self.first,
            "ends": list(self.ends),
        }

    @classmethod
    def from_state(cls, state: State) -> Self:
        """The inverse of `state`."""
        return cls(
            Lengths.from_state(state["lengths"]),
            bool(state["many"]),
            state["case"],
            float(state["first"]),
            tuple(state["ends"]),
        )


@dataclass(frozen=True, kw_only=True)
class Text(Alike):
    """Free text. Numbers of characters and words, capitals and closing signs are kept; the words are made anew."""

    codec: ClassVar[type[TextCodec]] = TextCodec

    @classmethod
    def claim(cls, profile: Profile) -> Claim | None:
        """Claims nearly unique text."""
        values = profile.values.drop_null()
        if not pa.types.is_string(values.type) or not nearly_unique(values):
            return None
        return Claim(0.5, {}, "nearly every text differs: none is learnt, they are made anew in the same length")

    def usual(self, type: pa.DataType) -> tuple[str, ...]:
        """A short sentence."""
        return ("A sentence of a few words.",)

    def fit(self, values: pa.Array, form: Form | None, key: Key) -> TextCodec:
        """Learn lengths and looks."""
        if not pa.types.is_string(values.type):
            raise DataError(f"is of type {values.type}; the kind 'text' takes text.")
        values = self.shown(values)
        words = pc.count_substring_regex(values, r"\S+")
        total = max(int(pc.sum(words).as_py()), 1)
        capital = int(pc.sum(pc.count_substring_regex(values, r"(?:^|\s)\p{Lu}")).as_py())
        small = bool(pc.any(pc.match_substring_regex(values, r"\p{Ll}")).as_py())
        case: Literal["title", "upper", "plain"] = "plain"
        if capital and not small:
            case = "upper"
        elif capital > 0.8 * total:
            case = "title"
        return TextCodec(
            lengths=fit_lengths(values),
            many=bool(pc.mean(words).as_py() < MANY_WORDS),
            case=case,
            first=float(pc.mean(pc.match_substring_regex(values, r"^\p{Lu}").cast(pa.float64())).as_py()),
            ends=tuple(float(pc.mean(pc.ends_with(values, s).cast(pa.float64())).as_py()) for s in ENDS),
        )
