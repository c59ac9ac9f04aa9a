"""Names as they stand in e-mail addresses: lower-case letters a to z, whatever script they were in."""

from __future__ import annotations

import unicodedata

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from rowsmith.samplers._phrases import plain
from rowsmith.samplers._vocabulary import words

_LATIN = dict(zip("ßæœøłđðþıŋħŧʻ", ["ss", "ae", "oe", "o", "l", "d", "d", "th", "i", "n", "h", "t", ""], strict=True))
# Cyrillic as in Russian passports (ICAO 9303), Greek as in ELOT 743 without its rules for pairs of letters.
_CYRILLIC = dict(
    zip(
        "абвгґдеєжзиіїйклмнопрстуфхцчшщъыьэюяёўђјљњћџѓќѕ",
        words(
            "a b v g g d e ie zh z i i i i k l m n o p r s t u f kh ts ch sh shch ie y _ e iu ia e u d j lj nj c dz g k dz"
        ),
        strict=True,
    )
)
_GREEK = dict(
    zip("αβγδεζηθικλμνξοπρσςτυφχψω", words("a v g d e z i th i k l m n x o p r s s t y f ch ps o"), strict=True)
)
_LETTERS = _LATIN | _CYRILLIC | _GREEK


class _Fold(dict[int, str]):
    """Code point to letters, worked out when first met."""

    def __missing__(self, code: int) -> str:
        self[code] = folded = self._fold(chr(code))
        return folded

    def _fold(self, char: str) -> str:
        low = char.lower()
        if char == "\n" or (char.isascii() and char.isalpha()):
            return low
        if char.isascii() or not unicodedata.category(char).startswith("L"):
            return ""
        known = _LETTERS.get(low)
        if known is not None:
            return known.strip("_")
        parts = unicodedata.normalize("NFKD", low)
        if parts[0] != low and not "가" <= char <= "힣":  # a letter with marks
            return "".join(self[ord(c)] for c in parts)
        name = unicodedata.name(char, "")
        if name.startswith(("HANGUL SYLLABLE", "HIRAGANA", "KATAKANA")):  # Unicode's names are their romanisation
            return "".join(c for c in name.rpartition(" ")[2].lower() if c.isalpha())
        # Chinese characters and the like: no reading is known, so four letters stand for each.
        return "".join("abcdefghijklmnop"[int(digit, 16)] for digit in f"{ord(char):04x}")


_FOLD = _Fold()


def fold(words: list[str]) -> list[str]:
    """Each word in letters a to z; empty if it has no letters.

    >>> fold(["Zoë", "O'Brien", "Groß", "Щука", "Ναταλία", "김", "さくら"])
    ['zoe', 'obrien', 'gross', 'shchuka', 'natalia', 'gim', 'sakura']
    """
    return "\n".join(word.replace("\n", " ") for word in words).translate(_FOLD).split("\n") if words else []


def first_last(names: pa.Array, between: str = ".") -> tuple[pa.Array, pa.Array]:
    """First and last word of each name, folded; each distinct word is looked at once.

    Args:
        names: texts, of words with spaces between them.
        between: not used where a name has one word.

    Returns:
        The first words, null where the name is null; and the last ones with `between` in front, empty if there is no
        second word.
    """
    lists = pc.utf8_split_whitespace(pc.utf8_trim_whitespace(plain(names)))
    coded = lists.values.dictionary_encode()
    words = pa.array([*fold(coded.dictionary.to_pylist()), "user"], pa.string())
    empty = np.asarray(pc.equal(words, "").to_numpy(zero_copy_only=False), dtype=bool)
    codes = np.append(coded.indices.to_numpy(), len(words) - 1)
    offsets = lists.offsets.to_numpy()
    start, stop = offsets[:-1], offsets[1:]
    first = np.where(stop > start, codes[start], len(words) - 1)
    last = codes[np.maximum(stop - 1, 0)]
    alone = (stop - start < 2) | empty[last]
    # A first word without letters gives way to the last, or to `user`.
    swap = empty[first]
    first = np.where(swap, np.where(alone, len(words) - 1, last), first)
    alone |= swap
    tails = pa.array([*(between + word for word in words.to_pylist()), ""], pa.string())
    missing = np.asarray(lists.is_null().to_numpy(zero_copy_only=False), dtype=bool)
    return (
        words.take(pa.array(first, mask=missing)),
        tails.take(pa.array(np.where(alone, len(words), last), mask=missing)),
    )
