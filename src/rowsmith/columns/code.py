"""Text with a format: phone numbers, plates, article numbers. The shape is learnt, the values are made anew."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import ClassVar, Self

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from rowsmith.columns._like import Alike
from rowsmith.columns._pattern import Patterns, fit_patterns
from rowsmith.columns._unique import nearly_unique
from rowsmith.core.errors import DataError
from rowsmith.core.protocols import Claim, CodeArray, Codec, Profile, Rows
from rowsmith.core.rng import Key
from rowsmith.core.state import State
from rowsmith.core.text import Form

MARKED = 0.5
"""Share of values with a digit (or all in capitals) from which text of one shape counts as codes, not as words."""
SENTENCE = 2
"""Words of three letters or more, on average, from which text is rather free text."""


@dataclass(frozen=True)
class CodeCodec(Codec):
    """A fitted column of formatted text: a code is the number of a shape.

    Attributes:
        patterns: the shapes.
    """

    patterns: Patterns
    ordered: bool = field(default=False, init=False)

    @property
    def size(self) -> int:  # type: ignore[override]
        """How many shapes there are."""
        return len(self.patterns.patterns)

    def encode(self, values: pa.Array) -> CodeArray:
        """The shape of each value."""
        return self.patterns.encode(values)

    def decode(self, codes: CodeArray, rows: Rows, key: Key) -> pa.Array:
        """New values of the shapes."""
        return self.patterns.draw(codes, key.generator())

    def state(self) -> State:
        """The shapes."""
        return self.patterns.state()

    @classmethod
    def from_state(cls, state: State) -> Self:
        """The inverse of `state`."""
        return cls(Patterns.from_state(state))


@dataclass(frozen=True, kw_only=True)
class Code(Alike):
    """Text of a few shapes, made anew: what is fixed stays, what varies is drawn character by character."""

    codec: ClassVar[type[CodeCodec]] = CodeCodec

    @classmethod
    def claim(cls, profile: Profile) -> Claim | None:
        """Claims nearly unique text of a few shapes of digits and letters."""
        values = profile.values.drop_null()
        if not pa.types.is_string(values.type) or not nearly_unique(values):
            return None
        marked = pc.match_substring_regex(values, r"[0-9]|^[\p{Lu}\p{P}]+$").to_numpy(zero_copy_only=False)
        longer = pc.mean(pc.count_substring_regex(values, r"\p{L}{3,}")).as_py()
        if np.mean(marked) < MARKED or longer >= SENTENCE or fit_patterns(values, parts=True) is None:
            return None
        return Claim(0.6, {}, "nearly every value differs and all have the same shape: made anew in that shape")

    def fit(self, values: pa.Array, form: Form | None, key: Key) -> CodeCodec:
        """Learn the shapes."""
        values = self.shown(values)
        patterns = fit_patterns(values, parts=True) if pa.types.is_string(values.type) else None
        if patterns is None:
            raise DataError("has no stable shape; the kind 'code' takes text of a few shapes. Make it 'text'.")
        return CodeCodec(patterns)
