"""Levels of a column of texts that are written in several ways, and which of them are the same.

Sources: fingerprints that variants share (key collision, as OpenRefine clusters texts); one slip away and much rarer, for typing
errors (F. J. Damerau, CACM 7, 1964; P. Norvig, "How to Write a Spelling Corrector", 2007).
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Literal

from rowsmith.core.slips import is_near, without_one

Way = Literal["case", "space", "short"]
WAYS: tuple[Way, ...] = ("case", "space", "short")
SHORT, LONG = 3, 6
"""Letters of an abbreviation, and of the shortest word that has one."""
RARER = 8
"""Times that a typing error must be rarer than the word."""
SHORTER = 0.7


def variants(word: str, ways: Sequence[Way], others: Mapping[str, str]) -> list[tuple[str, str]]:
    """Other ways to write a word, each with its mechanism.

    Args:
        word: any text.
        ways: of writing.
        others: fingerprints of all levels to the levels, for no way may be that of another level.
    """
    found: list[tuple[str, str]] = []
    if "case" in ways:
        found += [(text, "case") for text in (word.upper(), word.lower())]
    if "space" in ways:
        found += [(text, "space") for text in (word + " ", " " + word)]
    if "short" in ways and len(word) >= LONG and word[:SHORT].isalpha():
        stem = word[:SHORT].casefold()
        if sum(other.startswith(stem) for other in others) <= 1:
            found.append((word[:SHORT] + ".", "short"))
    return [
        (text, way) for text, way in dict(found).items() if text != word and others.get(fingerprint(text), word) == word
    ]


def fingerprint(text: str) -> str:
    """What stays of a text whatever its case, spaces and points.

    >>> fingerprint(" BERLIN  Mitte.")
    'berlin mitte'
    """
    return " ".join(re.sub(r"[^\w\s]", " ", text).split()).casefold()


def merged(counts: Mapping[str, float]) -> dict[str, str]:
    """Each text to the level that it is a way to write.

    That is the most frequent text of those with its fingerprint, or of the one group that it is an abbreviation of.

    Args:
        counts: texts to how often they come.
    """
    groups: dict[str, list[str]] = {}
    for text in counts:
        groups.setdefault(fingerprint(text), []).append(text)
    size = {print_: sum(counts[text] for text in texts) for print_, texts in groups.items()}
    head = {print_: max(texts, key=lambda text: (counts[text], text)) for print_, texts in groups.items()}
    out: dict[str, str] = {}
    for print_, texts in groups.items():
        full = [other for other in groups if size[other] > 2 * size[print_] and is_short(print_, other)]
        level = head[full[0]] if len(full) == 1 else head[print_]
        out |= dict.fromkeys(texts, level)
    return out


def is_short(short: str, full: str) -> bool:
    """Whether one fingerprint may abbreviate another: some of its letters in their order, from the first on.

    >>> is_short("bln", "berlin"), is_short("ber", "berlin"), is_short("lin", "berlin")
    (True, True, False)
    """
    if len(short) < 2 or len(short) > SHORTER * len(full) or short[0] != full[0]:
        return False
    letters = iter(full)
    return all(letter in letters for letter in short)


def corrected(counts: Mapping[str, int], rarer: float = RARER) -> dict[str, str]:
    """Each text to the much more frequent one that it is a slip of, or to itself.

    Args:
        counts: texts to how often they come.
        rarer: times that a slip is rarer than its text.
    """
    often = sorted((text for text in counts if counts[text] >= rarer), key=lambda text: (-counts[text], text))
    index: dict[str, list[str]] = {}
    for text in often:
        for part in set(without_one(text)):
            index.setdefault(part, []).append(text)
    out = {}
    for text in counts:
        near: Iterable[str] = {other for part in set(without_one(text)) for other in index.get(part, ())}
        near = [other for other in near if counts[other] >= rarer * counts[text] and is_near(text, other)]
        out[text] = max(near, key=lambda other: (counts[other], other)) if near else text
    return out
