"""The shape of codes: which characters are fixed, and what may stand where they vary.

A pattern is a row of slots, each a list of texts of which one is taken. It is learnt from values of one shape (digits,
small and capital letters as classes, all else literal), and no value is kept in it.
"""

from __future__ import annotations

import re
import string
from collections.abc import Callable
from dataclasses import dataclass
from typing import Self

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from rowsmith.columns._serial import LIMIT
from rowsmith.core.errors import SpecError
from rowsmith.core.permutation import Numbers, mix, permute
from rowsmith.core.state import State

MAX_SHAPES = 40
ROWS_A_SHAPE = 4
"""Values of each shape, at least, on average, for shapes to say something."""
ROWS_A_PART = 10
"""A part (a run of digits, say) with a few values keeps them, if each is seen this often on average …"""
MIN_PART = 5
"""… and at least this often."""
RUNS = r"9+|a+|A+|x+"
Known = dict[tuple[int, int], frozenset[str]]
"""Texts that a part may have, by the number of the part and its length."""
_CLASSES = (string.digits, string.ascii_lowercase, string.ascii_uppercase)


@dataclass(frozen=True)
class Pattern:
    """Texts of one shape.

    Attributes:
        share: of the column's rows.
        slots: what may stand in each place; a single text where it is fixed.
        weights: share of each text of each slot.
    """

    share: float
    slots: tuple[tuple[str, ...], ...]
    weights: tuple[tuple[float, ...], ...]

    @property
    def capacity(self) -> int:
        """How many different texts there are."""
        total = 1
        for slot in self.slots:
            total *= len(slot)
        return total

    def draw(self, n: int, rng: np.random.Generator) -> pa.Array:
        """Random texts, shape (n,)."""
        picks = []
        for slot, weights in zip(self.slots, self.weights, strict=True):
            if len(slot) > 1:
                ends = np.cumsum(weights)
                picks.append(np.minimum(np.searchsorted(ends, rng.random(n) * ends[-1], side="right"), len(slot) - 1))
            else:
                picks.append(np.zeros(n, dtype=np.int64))
        return self._join(picks)

    def unique(self, rows: Numbers, seed: int) -> pa.Array:
        """Texts that differ from row to row, by a permutation of the row number.

        Raises:
            SpecError: more rows than different texts; the message names how many there are.
        """
        capacity, last = self.capacity, int(rows.max()) if len(rows) else 0
        if last >= capacity:
            raise SpecError(
                f"keys run out: there are {capacity:,} of this shape, and row {last + 1:,} was asked for; "
                "ask for fewer rows, or make the column another kind."
            )
        # The first group of slots holds the permuted row number; the others, if the shape is long, hashes of it.
        picks: list[NDArray[np.int64]] = [np.zeros(len(rows), dtype=np.int64)] * len(self.slots)
        for number, group in enumerate(self._groups()):
            domain = int(np.prod([len(self.slots[i]) for i in group], dtype=object))
            if number == 0:
                rest = permute(rows, domain, seed)
            else:
                rest = (mix(rows.astype(np.uint64), seed + number) % np.uint64(domain)).astype(np.int64)
            for i in group:
                rest, picks[i] = np.divmod(rest, len(self.slots[i]))
        return self._join(picks)

    def _groups(self) -> list[list[int]]:
        groups: list[list[int]] = [[]]
        size = 1
        for i in reversed(range(len(self.slots))):
            if size * len(self.slots[i]) > LIMIT:
                groups.append([])
                size = 1
            size *= len(self.slots[i])
            groups[-1].append(i)
        return groups

    def _join(self, picks: list[NDArray[np.int64]]) -> pa.Array:
        parts = [pa.array(slot, pa.string()).take(pa.array(p)) for slot, p in zip(self.slots, picks, strict=True)]
        return pc.binary_join_element_wise(*parts, "") if parts else pa.array([""] * len(picks), pa.string())

    def state(self) -> State:
        """Plain values."""
        return {"share": self.share, "slots": [list(s) for s in self.slots], "weights": [list(w) for w in self.weights]}

    @classmethod
    def from_state(cls, state: State) -> Self:
        """The inverse of `state`."""
        slots, weights = (tuple(tuple(x) for x in state[part]) for part in ("slots", "weights"))
        return cls(state["share"], slots, weights)


def shapes(values: pa.Array) -> pa.Array:
    """Each text with its letters and digits replaced by their class.

    >>> shapes(pa.array(["AB-12c"])).to_pylist()
    ['AA-99a']
    """
    for class_, sign in ((r"[0-9]", "9"), (r"\p{Ll}", "a"), (r"\p{Lu}", "A")):
        values = pc.replace_substring_regex(values, class_, sign)
    return values


@dataclass(frozen=True)
class Patterns:
    """The patterns of a column, the most frequent first.

    Attributes:
        patterns: each with its share.
        shapes: the shape of each, as `shapes` writes it.
        coarse: whether digits and letters are one class in the shapes.
    """

    patterns: tuple[Pattern, ...]
    shapes: tuple[str, ...]
    coarse: bool

    def encode(self, values: pa.Array) -> NDArray[np.uint16]:
        """Which pattern each text is of; the first for a text of none."""
        found = pc.index_in(_shapes(values, self.coarse), pa.array(self.shapes, pa.string())).fill_null(0)
        return np.asarray(found.to_numpy(zero_copy_only=False), dtype=np.uint16)

    def draw(self, codes: NDArray[np.uint16], rng: np.random.Generator) -> pa.Array:
        """Random texts of the patterns with these numbers."""
        return self._each(codes, lambda pattern, at: pattern.draw(len(at), rng))

    def unique(self, codes: NDArray[np.uint16], rows: Numbers, seed: int) -> pa.Array:
        """Texts that differ from row to row, of the patterns with these numbers."""
        return self._each(codes, lambda pattern, at: pattern.unique(rows[at], seed))

    def _each(self, codes: NDArray[np.uint16], make: Callable[[Pattern, Numbers], pa.Array]) -> pa.Array:
        order = np.argsort(codes, kind="stable")
        ends = np.searchsorted(codes[order], np.arange(len(self.patterns) + 1))
        made = [
            make(pattern, order[ends[i] : ends[i + 1]])
            for i, pattern in enumerate(self.patterns)
            if ends[i] < ends[i + 1]
        ]
        back = np.empty(len(codes), dtype=np.int64)
        back[order] = np.arange(len(codes))
        return pa.concat_arrays(made).take(pa.array(back)) if made else pa.array([], pa.string())

    def state(self) -> State:
        """Plain values."""
        return {
            "patterns": [p.state() for p in self.patterns],
            "shapes": list(self.shapes),
            "coarse": self.coarse,
        }

    @classmethod
    def from_state(cls, state: State) -> Self:
        """The inverse of `state`."""
        patterns = tuple(Pattern.from_state(p) for p in state["patterns"])
        if len(patterns) != len(state["shapes"]):
            raise ValueError("patterns and shapes of different lengths")
        return cls(patterns, tuple(state["shapes"]), bool(state["coarse"]))


def _shapes(values: pa.Array, coarse: bool) -> pa.Array:
    fine = shapes(values)
    return pc.replace_substring_regex(fine, "[9aA]", "x") if coarse else fine


def fit_patterns(values: pa.Array, *, parts: bool, coverage: float = 0.9) -> Patterns | None:
    """The patterns of texts; None if they have no stable shape.

    Args:
        values: texts, no nulls.
        parts: whether to keep runs of digits or letters that take few values (area codes), and how often each occurs.
        coverage: share of the values that the patterns must cover together.
    """
    for coarse in (False, True):
        of = _shapes(values, coarse)
        found = pc.value_counts(of)
        names, counts = found.field("values").to_pylist(), found.field("counts").to_numpy()
        enough = 2 if len(values) >= 10 else 1
        order = sorted(np.flatnonzero(counts >= enough), key=lambda i: (-counts[i], names[i]))[:MAX_SHAPES]
        covered = int(counts[order].sum()) if order else 0
        if covered >= coverage * len(values) and (len(order) == 1 or covered >= ROWS_A_SHAPE * len(order)):
            known: Known | None = {} if parts else None
            made = [
                _pattern(values.filter(pc.equal(of, names[i])), names[i], int(counts[i]) / covered, known)
                for i in order
            ]
            return Patterns(tuple(made), tuple(names[i] for i in order), coarse)
    return None


def free_patterns(values: pa.Array, *, keep: int) -> Patterns:
    """The most frequent shape of texts, with any digits and letters in it: nothing but its front says what they were.

    Args:
        values: texts, at least one, no nulls.
        keep: characters at the front that come as they were.
    """
    of = shapes(values)
    found = sorted(pc.value_counts(of).to_pylist(), key=lambda c: (-c["counts"], c["values"]))
    shape = found[0]["values"]
    fronts, counts = np.unique(
        pc.utf8_slice_codeunits(values.filter(pc.equal(of, shape)), 0, keep).to_pylist(), return_counts=True
    )
    free = [tuple(_CLASSES["9aA".index(c)]) if c in "9aA" else (c,) for c in shape[keep:]]
    slots = [tuple(fronts.tolist()), *free]
    weights = [tuple((counts / counts.sum()).tolist()), *((1 / len(slot),) * len(slot) for slot in free)]
    return Patterns((Pattern(1.0, tuple(slots), tuple(weights)),), (shape,), False)


def cut_to(texts: pa.Array, characters: NDArray[np.int64], rng: np.random.Generator) -> pa.Array:
    """Texts made shorter or longer at their end, by digits, to so many characters each.

    >>> [len(text) for text in cut_to(pa.array(["+49 30 12"] * 2), np.array([4, 11]), np.random.default_rng(0)).to_pylist()]
    [4, 11]
    """
    out = np.array(texts.to_pylist(), dtype=object)
    for i in np.flatnonzero(pc.utf8_length(texts).to_numpy() != characters).tolist():
        more = "".join(map(str, rng.integers(10, size=characters[i])))
        front = out[i][: characters[i]].rstrip(" ()/.-")
        out[i] = front + more[: characters[i] - len(front)]
    return pa.array(out, pa.string())


def _pattern(values: pa.Array, shape: str, share: float, known: Known | None) -> Pattern:
    length = len(shape)
    if length == 0:
        return Pattern(share, (("",),), ((1.0,),))  # the empty text
    letters = np.array(values.to_pylist(), dtype=f"<U{length}").view("<U1").reshape(len(values), length)
    varies = (letters != letters[0]).any(axis=0)  # what is fixed (the x of 0x1F) is no digit
    joined = set(np.unique(letters[:, varies & [c in "9aAx" for c in shape]]).tolist())
    small_hex = joined <= set("0123456789abcdef") and not joined <= set(string.digits)
    large_hex = joined <= set("0123456789ABCDEF") and not joined <= set(string.digits)
    slots: list[tuple[str, ...]] = []
    weights: list[tuple[float, ...]] = []
    at = 0
    while at < length:
        end = at + 1
        while end < length and shape[end] == shape[at] and shape[at] in "9aA":
            end += 1
        kept = None
        if known is not None and shape[at] in "9aAx":
            place = (len(re.findall(RUNS, shape[:at])), end - at)
            kept = _few(letters[:, at:end], known.get(place, frozenset()))
            known[place] = known.get(place, frozenset()) | frozenset(kept[0] if kept else ())
        if kept is not None:
            slots.append(kept[0])
            weights.append(kept[1])
            at = end
            continue
        options, share_of = _choices(letters[:, at], len(values), small_hex, large_hex)
        slots.append(options)
        weights.append(share_of)
        at += 1
    return Pattern(share, *_merge(slots, weights))


def _few(block: NDArray[np.str_], known: frozenset[str]) -> tuple[tuple[str, ...], tuple[float, ...]] | None:
    """Texts of a part and their shares, if they are few and each frequent, or known from more frequent patterns."""
    texts = np.ascontiguousarray(block).view(f"<U{block.shape[1]}").ravel()
    names, counts = np.unique(texts, return_counts=True)
    if known.issuperset(names.tolist()):
        return tuple(names.tolist()), tuple((counts / counts.sum()).tolist())
    if len(texts) < ROWS_A_PART * len(names) or len(names) > 200:
        return None
    keep = counts >= MIN_PART
    return tuple(names[keep].tolist()), tuple((counts[keep] / counts[keep].sum()).tolist())


def _choices(
    column: NDArray[np.str_], rows: int, small_hex: bool, large_hex: bool
) -> tuple[tuple[str, ...], tuple[float, ...]]:
    """Characters that may stand in one place."""
    seen, counts = np.unique(column, return_counts=True)
    if len(seen) == 1 and (rows >= MIN_PART or not seen[0].isalnum()):
        return (str(seen[0]),), (1.0,)
    if rows >= ROWS_A_PART * len(seen):
        return tuple(seen.tolist()), tuple((counts / rows).tolist())
    options = set(seen.tolist())
    for class_ in _CLASSES:
        if options & set(class_):
            is_hex = (small_hex and class_ == _CLASSES[1]) or (large_hex and class_ == _CLASSES[2])
            options |= set(class_[:6] if is_hex else class_)
    listed = tuple(sorted(options))
    return listed, (1 / len(listed),) * len(listed)


def _merge(
    slots: list[tuple[str, ...]], weights: list[tuple[float, ...]]
) -> tuple[tuple[tuple[str, ...], ...], tuple[tuple[float, ...], ...]]:
    """Neighbouring fixed texts as one."""
    out: list[tuple[str, ...]] = []
    share: list[tuple[float, ...]] = []
    for slot, weight in zip(slots, weights, strict=True):
        if out and len(slot) == 1 and len(out[-1]) == 1:
            out[-1] = (out[-1][0] + slot[0],)
        else:
            out.append(slot)
            share.append(weight if len(slot) > 1 else (1.0,))
    return tuple(out), tuple(share)
