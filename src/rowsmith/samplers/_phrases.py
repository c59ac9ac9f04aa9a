"""Texts put together from parts: drawn at random, or dealt out so that none comes twice. Both for whole columns.

A phrase is words, a pattern of digits and letters, parts one after another, or a choice between phrases. For unique
values it is laid out as slots, in each of which stands one of some words (see `_combinations`).
"""

from __future__ import annotations

import itertools
import math
import re
from abc import ABC, abstractmethod
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache, cached_property
from typing import Any, Self

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from rowsmith.core.errors import InternalError
from rowsmith.samplers._guide import GuideTable

Given = Mapping[str, pa.Array]
Slot = tuple[str, ...]

DIGITS = {"#": "0123456789", "%": "123456789", "$": "23456789", "?": "ABCDEFGHIJKLMNOPQRSTUVWXYZ"}
"""What a place in a pattern may hold."""
OPTIONAL = {"!": ("#", 10 / 11), "@": ("%", 9 / 10)}
"""Places that may stay empty: what they hold otherwise, and how often."""

_WORDS = 20_000  # that a slot of digits and letters may have


class Phrase(ABC):
    """A way to make texts."""

    @abstractmethod
    def draw(self, n: int, rng: np.random.Generator, given: Given) -> pa.Array:
        """N texts, type string; `given` has the columns that the phrase holds."""

    @abstractmethod
    def slots(self) -> list[Slot]:
        """The words that can stand one after another; of a choice, the alternative with the most."""


@dataclass(frozen=True, eq=False)
class Words(Phrase):
    """One of some words.

    Attributes:
        values: the words, each once, type string.
        weights: how often each comes, in the same order.
    """

    values: pa.Array
    weights: Mapping[str, float]

    @classmethod
    def of(cls, words: Mapping[str, float] | Iterable[str]) -> Self:
        """Words with weights, or as often as they are listed."""
        weights = {word: w for word, w in words.items() if w > 0} if isinstance(words, Mapping) else Counter(words)
        return cls(pa.array(list(weights), pa.string()), weights)

    @cached_property
    def law(self) -> GuideTable | None:
        """How often each comes; None if all are alike."""
        weights = list(self.weights.values())
        return None if len(set(weights)) == 1 else GuideTable.of([(range(len(weights)), weights)])

    def shares(self) -> dict[str, float]:
        """Word to its share of all."""
        total = sum(self.weights.values())
        return {word: weight / total for word, weight in self.weights.items()}

    def codes(self, n: int, rng: np.random.Generator) -> NDArray[np.int32]:
        """Numbers of n words."""
        if self.law is None:
            return rng.integers(len(self.values), size=n, dtype=np.int32)
        return self.law.draw(rng.random(n))

    def draw(self, n: int, rng: np.random.Generator, given: Given) -> pa.Array:
        """By a guide table."""
        return self.values.take(pa.array(self.codes(n, rng)))

    def slots(self) -> list[Slot]:
        """One."""
        return [tuple(self.values.to_pylist())]


@dataclass(frozen=True, eq=False)
class Pattern(Phrase):
    """A text with places for digits and letters (see `DIGITS`), always as long."""

    pattern: str

    def draw(self, n: int, rng: np.random.Generator, given: Given) -> pa.Array:
        """As a table of bytes, one row a text."""
        raw = np.frombuffer(self.pattern.encode(), dtype=np.uint8)
        out = np.empty((n, len(raw)), dtype=np.uint8)
        out[:] = raw
        for kind, letters in DIGITS.items():
            places = np.flatnonzero(raw == ord(kind))
            if len(places):
                drawn = rng.integers(len(letters), size=(n, len(places)), dtype=np.uint8)
                out[:, places] = np.frombuffer(letters.encode(), dtype=np.uint8)[drawn]
        return text_of(out)

    def slots(self) -> list[Slot]:
        """Runs of places, a few together, and what stands between."""
        out: list[Slot] = []
        for run in re.findall(r"[#%$?]+|[^#%$?]+", self.pattern):
            if run[0] not in DIGITS:
                out.append((run,))
                continue
            while run:
                size = next(k for k in range(min(len(run), 4), 0, -1) if _fill(run[:k]) <= _WORDS)
                out.append(_fillings(run[:size]))
                run = run[size:]
        return out


def _fill(run: str) -> int:
    return math.prod(len(DIGITS[c]) for c in run)


@cache
def _fillings(run: str) -> Slot:
    return tuple(map("".join, itertools.product(*(DIGITS[c] for c in run))))


@dataclass(frozen=True, eq=False)
class Column(Phrase):
    """The text of another column."""

    name: str

    def draw(self, n: int, rng: np.random.Generator, given: Given) -> pa.Array:
        """As it is; null where it is null."""
        return plain(given[self.name])

    def slots(self) -> list[Slot]:
        """Never: whoever reads columns deals nothing out by row number."""
        raise InternalError("a phrase with a column in it has no slots.")


@dataclass(frozen=True, eq=False)
class Join(Phrase):
    """Phrases and fixed texts one after another."""

    parts: tuple[Phrase | str, ...]

    def draw(self, n: int, rng: np.random.Generator, given: Given) -> pa.Array:
        """By one pass over all parts."""
        drawn = [p if isinstance(p, str) else p.draw(n, rng, given) for p in self.parts]
        if all(isinstance(p, str) for p in drawn):
            return pa.array(["".join(drawn)], pa.string()).take(pa.array(np.zeros(n, dtype=np.int32)))
        alternate = len(drawn) % 2 and all(isinstance(p, str) == i % 2 for i, p in enumerate(drawn))
        if alternate and len(set(drawn[1::2])) == 1:
            return pc.binary_join_element_wise(*drawn[::2], drawn[1])  # half the parts, half the time
        return pc.binary_join_element_wise(*drawn, "")

    def slots(self) -> list[Slot]:
        """Those of all parts."""
        return [slot for p in self.parts for slot in ([(p,)] if isinstance(p, str) else p.slots())]


@dataclass(frozen=True, eq=False)
class Choice(Phrase):
    """One of some phrases, each with a weight."""

    options: tuple[tuple[Phrase, float], ...]
    law: GuideTable

    @classmethod
    def of(cls, options: Sequence[tuple[Phrase, float]]) -> Phrase:
        """A choice, or something quicker that comes to the same."""
        flat: list[tuple[Phrase, float]] = []
        for option, weight in options:
            inner = option.options if isinstance(option, Choice) else ((option, 1.0),)
            total = sum(w for _, w in inner)
            flat.extend((phrase, weight * w / total) for phrase, w in inner)
        flat = _by_tail(flat)
        merged = _merged(flat)
        if merged is not None:
            return merged
        return cls(tuple(flat), GuideTable.of([(range(len(flat)), [weight for _, weight in flat])]))

    def draw(self, n: int, rng: np.random.Generator, given: Given) -> pa.Array:
        """Each option for all of its rows at once."""
        chosen = self.law.draw(rng.random(n))
        return by_group(chosen, lambda i, rows: self.options[i][0].draw(len(rows), rng, _rows(given, rows)))

    def slots(self) -> list[Slot]:
        """Those of the option that can make the most texts."""
        return max((option.slots() for option, _ in self.options), key=count)


def _by_tail(options: list[tuple[Phrase, float]]) -> list[tuple[Phrase, float]]:
    """Patterns that differ only before their first place made one phrase: words, then the pattern."""
    starts: dict[str, dict[str, float]] = {}
    out = [(option, weight) for option, weight in options if not isinstance(option, Pattern)]
    for option, weight in options:
        if isinstance(option, Pattern):
            start = re.match(r"[^#%$?]*", option.pattern)[0]  # type: ignore[index]
            words = starts.setdefault(option.pattern[len(start) :], {})
            words[start] = words.get(start, 0.0) + weight
    for tail, words in starts.items():
        whole: Phrase = Pattern(next(iter(words)) + tail)
        if len(words) > 1:
            whole = Join((Words.of(words), Pattern(tail))) if tail else Words.of(words)
        out.append((whole, sum(words.values())))
    return out


def _merged(options: Sequence[tuple[Phrase, float]]) -> Phrase | None:
    """One phrase for several that are all words, or differ in one word only."""
    first = options[0][0]
    if len(options) == 1:
        return first
    if all(isinstance(option, Words) for option, _ in options):
        mixed: Counter[str] = Counter()
        for option, weight in options:
            for word, share in option.shares().items():  # type: ignore[attr-defined]
                mixed[word] += share * weight
        return Words.of(mixed)
    if isinstance(first, Join) and all(
        isinstance(option, Join) and len(option.parts) == len(first.parts) for option, _ in options
    ):
        columns = list(zip(*(option.parts for option, _ in options), strict=True))  # type: ignore[attr-defined]
        differing = [
            i for i, parts in enumerate(columns) if len({p if isinstance(p, str) else id(p) for p in parts}) > 1
        ]
        if not differing:
            return first
        if len(differing) == 1 and all(isinstance(part, Words) for part in columns[differing[0]]):
            place = differing[0]
            word = _merged([(part, w) for part, (_, w) in zip(columns[place], options, strict=True)])
            assert word is not None
            return Join((*first.parts[:place], word, *first.parts[place + 1 :]))
    return None


def by_group(group: NDArray[Any], make: Callable[[int, NDArray[np.int64]], pa.Array]) -> pa.Array:
    """A column made group by group, in the order of its rows.

    Args:
        group: of each row, from 0 to below 65,536, shape (n,).
        make: called with a group and the numbers of its rows; returns their texts.
    """
    if not len(group):
        return pa.array([], pa.string())
    sizes = np.bincount(group)
    found = np.flatnonzero(sizes)
    order = np.argsort(group.astype(np.uint16), kind="stable")  # of two bytes: a radix sort
    parts = [make(int(g), rows) for g, rows in zip(found, np.split(order, np.cumsum(sizes[found])[:-1]), strict=True)]
    if len(parts) == 1:
        return parts[0]
    back = np.empty(len(order), dtype=np.int64)
    back[order] = np.arange(len(order))
    return pa.concat_arrays(parts).take(pa.array(back))


def _rows(given: Given, rows: NDArray[np.int64]) -> Given:
    return {name: values.take(pa.array(rows)) for name, values in given.items()}


def plain(column: pa.Array) -> pa.Array:
    """A column as texts, type string, whatever it was."""
    if pa.types.is_dictionary(column.type):
        column = column.dictionary_decode()
    return column if pa.types.is_string(column.type) else column.cast(pa.string())


def text_of(table: NDArray[np.uint8]) -> pa.Array:
    """Texts of equal length from their bytes, shape (n, length)."""
    n, width = table.shape
    offsets = np.arange(0, (n + 1) * width, width, dtype=np.int32) if width else np.zeros(n + 1, dtype=np.int32)
    return pa.StringArray.from_buffers(n, pa.py_buffer(offsets), pa.py_buffer(np.ascontiguousarray(table)))


def template(text: str, token: Mapping[str, Phrase | None]) -> Phrase | None:
    """A phrase from a text such as `{{first_name}} {{last_name}} ###`; None if one of the tokens has no phrase.

    Args:
        text: tokens in double braces, places for digits and letters, and what stands as it is.
        token: phrase of each token.
    """
    parts: list[Phrase | str] = []
    for i, piece in enumerate(re.split(r"\{\{\s*(\w+)(?::\w+)?\s*\}\}", text)):
        if i % 2:
            phrase = token[piece]
            if phrase is None:
                return None
            parts.append(phrase)
        elif re.search(r"[#%$?!@]", piece):
            parts.append(numerals([piece]))
        elif piece:
            parts.append(piece)
    return parts[0] if len(parts) == 1 and isinstance(parts[0], Phrase) else Join(tuple(parts))


def numerals(patterns: Iterable[str]) -> Phrase:
    """A choice between patterns, those with places that may stay empty taken apart."""
    weights: Counter[str] = Counter()
    for pattern in patterns:
        for variant, weight in _variants(pattern):
            weights[variant] += weight  # type: ignore[assignment]
    return Choice.of([(Pattern(p), w) for p, w in weights.items()])


def _variants(pattern: str) -> Iterator[tuple[str, float]]:
    place = re.search(r"[!@]", pattern)
    if place is None:
        yield pattern, 1.0
        return
    kept, share = OPTIONAL[place[0]]
    for middle, weight in ((kept, share), ("", 1 - share)):
        for variant, rest in _variants(pattern[: place.start()] + middle + pattern[place.end() :]):
            yield variant, weight * rest


def count(slots: Iterable[Slot | pa.Array]) -> int:
    """How many texts slots can make."""
    out = 1
    for slot in slots:
        out *= len(slot)
    return out
