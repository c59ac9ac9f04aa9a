"""Texts that match a regular expression."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from rowsmith.core.errors import SpecError
from rowsmith.core.permutation import Numbers
from rowsmith.core.protocols import ColumnSampler, Rows
from rowsmith.core.rng import Key
from rowsmith.samplers._automaton import Automaton, automaton
from rowsmith.samplers._bytes import texts_of_codepoints
from rowsmith.samplers._pattern import Chars, Either, Node, Run, length, parse

_CELLS = 2**21  # characters that are drawn at once, few enough for a processor's cache

Matrix = NDArray[Any]


@dataclass(frozen=True, kw_only=True)
class Regex(ColumnSampler):
    r"""Texts that a regular expression matches from end to end, such as [A-Z]{3}-\d{4}.

    Understood are characters, escapes (\d \w \s, \D \W \S, \n \t \xHH \uHHHH), `.`, classes such as [a-z_] and [^,],
    groups, alternatives a|b, and ? * + {m} {m,n}. `.`, [^…], \D, \W and \S make printable ASCII characters. Every choice is
    even among what may come next; unique texts are even among all texts, so that long ones prevail.
    """

    pattern: str
    """Regular expression (in a spec best in single quotes)."""
    most: int = 8
    """Repetitions that `*`, `+` and `{m,}` stand for at most (but never less than m)."""
    unique: bool = False
    """Whether no text comes twice; then the pattern must allow as many texts as there are rows."""

    def __post_init__(self) -> None:
        if not 0 <= self.most <= 1000:
            raise SpecError(f"most={self.most}: expected a whole number from 0 to 1000.")
        _ = self._automaton if self.unique else self._tree

    @property
    def type(self) -> pa.DataType:
        """Text."""
        return pa.string()

    @property
    def by_row(self) -> bool:
        """Where texts are unique."""
        return self.unique

    def at(self, numbers: Numbers, key: Key) -> pa.Array:
        """Texts of rows: the row's number, permuted, among all texts."""
        if len(numbers) and numbers.max() >= self._automaton.most:
            raise SpecError(
                f"pattern={self.pattern!r}: makes {self._automaton.count:,} different texts, and row "
                f"{numbers.max() + 1:,} was asked for; allow more, or leave out `unique`."
            )
        seed = key.integer()
        return self._pieces(len(numbers), lambda start, end: self._automaton.texts(numbers[start:end], seed))

    def sample(self, rows: Rows, key: Key, given: Mapping[str, pa.Array]) -> pa.Array:
        """Draw every part of the pattern for all rows at once."""
        if self.unique:
            return self.at(rows.numbers, key)
        rng = key.generator()

        def piece(start: int, end: int) -> Matrix:
            out = np.zeros((end - start, length(self._tree)), dtype=self._width)
            _fill(self._tree, out, 0, rng)
            return out

        return self._pieces(rows.n, piece)

    def _pieces(self, n: int, piece: Callable[[int, int], Matrix]) -> pa.Array:
        step = max(1, _CELLS // max(1, length(self._tree)))
        made = [texts_of_codepoints(piece(start, min(start + step, n))) for start in range(0, n, step)]
        return made[0] if len(made) == 1 else pa.concat_arrays([pa.array([], pa.string()), *made])

    @cached_property
    def _tree(self) -> Node:
        return parse(self.pattern, self.most)

    @cached_property
    def _width(self) -> np.dtype[Any]:
        return np.dtype(np.uint8 if _greatest(self._tree) < 128 else np.uint32)

    @cached_property
    def _automaton(self) -> Automaton:
        tree = self._tree
        try:
            return automaton(tree)
        except SpecError as fault:
            raise SpecError(f"pattern={self.pattern!r}: {fault}") from None


def _greatest(node: Node) -> int:
    """The greatest code point of a pattern."""
    if isinstance(node, Chars):
        return node.points[-1]
    parts = node.parts if isinstance(node, Run | Either) else (node.part,)
    return max((_greatest(part) for part in parts), default=0)


def _fill(node: Node, out: Matrix, at: int, rng: np.random.Generator) -> None:
    """Write texts of a part into a matrix's rows, from a column on; what a text leaves free stays 0."""
    n = len(out)
    if n == 0:
        return
    if isinstance(node, Chars):
        out[:, at] = _characters(node, n, out.dtype, rng)
    elif isinstance(node, Run):
        for part in node.parts:
            _fill(part, out, at, rng)
            at += length(part)
    elif isinstance(node, Either):
        choice = rng.integers(len(node.parts), size=n)
        for number, part in enumerate(node.parts):
            _fill_some(part, out, choice == number, at, rng)
    else:
        times = rng.integers(node.least, node.most, size=n, endpoint=True)
        if isinstance(node.part, Chars):
            block = _characters(node.part, (n, node.most), out.dtype, rng)
            if node.least < node.most:
                block *= np.arange(node.most) < times[:, None]
            out[:, at : at + node.most] = block
            return
        size = length(node.part)
        for turn in range(node.most):
            if turn < node.least:
                _fill(node.part, out, at + turn * size, rng)
            else:
                _fill_some(node.part, out, times > turn, at + turn * size, rng)


def _fill_some(node: Node, out: Matrix, rows: NDArray[np.bool_], at: int, rng: np.random.Generator) -> None:
    part = np.zeros((int(rows.sum()), length(node)), dtype=out.dtype)
    _fill(node, part, 0, rng)
    out[rows, at : at + part.shape[1]] = part


def _characters(node: Chars, shape: int | tuple[int, int], kind: np.dtype[Any], rng: np.random.Generator) -> Matrix:
    table: Matrix = np.array(node.points, dtype=kind)
    if len(table) == 1:
        return np.full(shape, table[0])
    small = np.uint8 if len(table) <= 256 else np.uint32
    return np.take(table, rng.integers(len(table), size=shape, dtype=small))
