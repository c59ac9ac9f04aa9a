"""How long texts are that are made anew: characters are learnt like a number, words are as many as such texts have."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Self

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from rowsmith.columns._line_codec import LineCodec, fit_line
from rowsmith.core.protocols import CodeArray, Rows
from rowsmith.core.rng import Key
from rowsmith.core.shield import FEW
from rowsmith.core.state import State

BINS, KNOTS = 32, 4
MAX_CHARACTERS = 100_000
TURNS = 9
"""Numbers of words that are kept of the texts of a code, at even quantiles."""
LONGEST = 24
"""Letters of a word; longer ones count as such."""


@dataclass(frozen=True)
class Lengths:
    """Lengths of a column's texts.

    Attributes:
        characters: codec of their numbers.
        least: of characters that a text made anew can have.
        words: numbers of words of the texts of each code, shape (codes, turns).
        letters: share of words of each number of letters, from 1, shape (longest,).
    """

    characters: LineCodec
    least: int
    words: NDArray[np.int64]
    letters: NDArray[np.float64]

    @property
    def size(self) -> int:
        """How many codes there are."""
        return self.characters.size

    def encode(self, values: pa.Array) -> CodeArray:
        """The bin of each text's length."""
        return self.characters.encode(_characters(values, self.least))

    def draw(self, codes: CodeArray, rows: Rows, key: Key) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        """Characters and words of texts, shape (n,) both.

        Args:
            codes: of their lengths, shape (n,).
            rows: which they are.
            key: random stream.
        """
        characters = np.asarray(self.characters.decode(codes, rows, key.child("characters")))
        turn = key.child("words").generator().integers(TURNS, size=len(codes))
        return characters, np.clip(self.words[codes, turn], np.minimum(characters, 1), (characters + 1) // 2)

    def state(self) -> State:
        """Arrays and JSON from which `from_state` makes the same."""
        arrays = {"words": self.words, "letters": self.letters}
        return {"characters": self.characters.state(), "least": self.least, **arrays}

    @classmethod
    def from_state(cls, state: State) -> Self:
        """The inverse of `state`."""
        out = cls(
            LineCodec.from_state(state["characters"]),
            int(state["least"]),
            state["words"].astype(np.int64),
            state["letters"].astype(np.float64),
        )
        if out.words.shape != (out.size, TURNS) or not len(out.letters):
            raise ValueError("lengths of different shapes")
        return out


def fit_lengths(values: pa.Array, least: int = 0) -> Lengths:
    """The lengths of texts.

    Args:
        values: at least one, no nulls.
        least: of characters that a text made anew can have.
    """
    characters = fit_line(_characters(values, least), BINS, KNOTS, FEW)
    codes, words = characters.encode(_characters(values, least)), _words(values)
    kept = np.ones((characters.size, TURNS), dtype=np.int64)
    order = np.lexsort((words, codes))
    starts = np.searchsorted(codes[order], np.arange(characters.size + 1))
    for code in np.flatnonzero(np.diff(starts)):
        places = starts[code] + ((np.arange(TURNS) + 0.5) / TURNS * (starts[code + 1] - starts[code])).astype(np.int64)
        kept[code] = words[order[places]]
    parts = pc.utf8_length(pc.list_flatten(pc.split_pattern_regex(values, r"\s+"))).to_numpy()
    letters = np.bincount(np.clip(parts, 1, LONGEST), minlength=2)[1:]
    return Lengths(characters, least, kept, letters / letters.sum())


def _characters(values: pa.Array, least: int) -> pa.Array:
    return pc.max_element_wise(pc.min_element_wise(pc.utf8_length(values).cast(pa.int64()), MAX_CHARACTERS), least)


def _words(values: pa.Array) -> NDArray[np.int64]:
    return np.asarray(pc.count_substring_regex(values, r"\S+").to_numpy(), dtype=np.int64)
