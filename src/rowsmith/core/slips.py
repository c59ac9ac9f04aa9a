"""Slips of the fingers: what becomes of a word that is typed in haste, and whether one word may be a slip of another."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import Literal

import numpy as np

Slip = Literal["swap", "drop", "double", "neighbour", "ocr"]
SLIPS: tuple[Slip, ...] = ("swap", "drop", "double", "neighbour")
_BOARD = ("1234567890", "qwertyuiop", "asdfghjkl", "zxcvbnm")


def _neighbours() -> dict[str, str]:
    """The keys beside each key of a QWERTY board, in its row and in the rows above and below."""
    out: dict[str, str] = {}
    for y, row in enumerate(_BOARD):
        for x, key in enumerate(row):
            near = [(y, x - 1), (y, x + 1), (y - 1, x), (y - 1, x + 1), (y + 1, x - 1), (y + 1, x)]
            keys = [_BOARD[b][a] for b, a in near if 0 <= b < len(_BOARD) and 0 <= a < len(_BOARD[b])]
            out[key] = "".join(k for k in keys if k.isdigit() == key.isdigit())
    return out | {key.upper(): keys.upper() for key, keys in out.items() if key.isalpha()}


NEIGHBOURS = _neighbours()
_ALIKE = "0O 1l 5S 8B 2Z 6G 9g Il uv ce hb nr O0 l1 S5 B8 Z2 G6 g9 lI vu ec bh"
ALIKE = {pair[0]: pair[1] for pair in _ALIKE.split()} | {"m": "rn", "w": "vv", "d": "cl"}
"""Signs that a scanner takes for others."""


def slipped(word: str, slip: Slip, place: float, key: float) -> str | None:
    """A word with one slip; None where it is too short for that.

    Args:
        word: any text.
        slip: `swap` two neighbouring signs, `drop` one, `double` one, hit the `neighbour` of its key, or read it wrong (`ocr`).
        place: from 0 to below 1, which of the places where this can be.
        key: from 0 to below 1, which of the neighbours.

    >>> [slipped("Berlin", slip, 0.5, 0.0) for slip in SLIPS]
    ['Belrin', 'Berin', 'Berllin', 'Berkin']
    """
    if slip == "swap":
        places = [i for i in range(len(word) - 1) if word[i] != word[i + 1]]
    elif slip == "neighbour":
        places = [i for i, sign in enumerate(word) if NEIGHBOURS.get(sign)]
    elif slip == "ocr":
        places = [i for i, sign in enumerate(word) if sign in ALIKE]
    else:
        places = [i for i, sign in enumerate(word) if sign.isalnum()] if len(word) > 1 else []
    if not places:
        return None
    i = places[int(place * len(places))]
    if slip == "swap":
        return word[:i] + word[i + 1] + word[i] + word[i + 2 :]
    if slip == "drop":
        return word[:i] + word[i + 1 :]
    if slip == "double":
        return word[: i + 1] + word[i:]
    if slip == "ocr":
        return word[:i] + ALIKE[word[i]] + word[i + 1 :]
    near = NEIGHBOURS[word[i]]
    return word[:i] + near[int(key * len(near))] + word[i + 1 :]


def slips(
    words: Sequence[str], kinds: Sequence[Slip], generator: np.random.Generator, barred: Iterable[str] = ()
) -> list[tuple[str, Slip] | None]:
    """A slip in each word, by any of the kinds that can be.

    Args:
        words: m texts.
        kinds: of slips.
        generator: of random numbers.
        barred: words that a slip must not come to.

    Returns:
        m words with the kind of slip; None where there is none.
    """
    barred = set(barred)
    numbers = generator.random((len(words), 3))
    return [_one(word, kinds, list(row), barred) for word, row in zip(words, numbers.tolist(), strict=True)]


def _one(word: str, kinds: Sequence[Slip], row: list[float], barred: set[str]) -> tuple[str, Slip] | None:
    first = int(row[0] * len(kinds))
    for turn in range(len(kinds)):
        kind = kinds[(first + turn) % len(kinds)]
        found = slipped(word, kind, row[1], row[2])
        if found is not None and found != word and found not in barred:
            return found, kind
    return None


def is_near(a: str, b: str) -> bool:
    """Whether two words differ by at most one sign that is another, missing, or swapped with its neighbour.

    Source: F. J. Damerau, "A Technique for Computer Detection and Correction of Spelling Errors", CACM 7 (1964).

    >>> is_near("Berlin", "Belrin"), is_near("Berlin", "Brln")
    (True, False)
    """
    if abs(len(a) - len(b)) > 1:
        return False
    start, most = 0, min(len(a), len(b))
    while start < most and a[start] == b[start]:
        start += 1
    end = 0
    while end < most - start and a[-1 - end] == b[-1 - end]:
        end += 1
    x, y = a[start : len(a) - end], b[start : len(b) - end]
    return len(x) <= 1 >= len(y) or (len(x) == 2 == len(y) and x == y[::-1])


def without_one(word: str) -> Iterator[str]:
    """The word, and the word without each of its signs: two words that are near share one of these (W. Garbe 2012)."""
    yield word
    for i in range(len(word)):
        yield word[:i] + word[i + 1 :]
