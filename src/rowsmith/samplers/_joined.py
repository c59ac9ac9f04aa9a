"""Texts joined row by row, quickly where the parts have few values: every combination is then written once, and taken."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, TypeAlias

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

FEW = 10_000
"""Combinations that are written out at most; fewer where there are fewer rows."""


@dataclass(frozen=True)
class Coded:
    """A part of few values.

    Attributes:
        texts: the values.
        codes: which of them each row has, shape (n,).
    """

    texts: pa.Array
    codes: NDArray[np.int32]


Part: TypeAlias = str | Coded | Any


def part(values: pa.Array, show: Callable[[pa.Array], pa.Array]) -> Part:
    """A column as a part.

    Args:
        values: n values.
        show: values to texts.
    """
    if values.null_count == 0 and len(values) > FEW:
        if pa.types.is_dictionary(values.type):
            if len(values.dictionary) <= FEW:
                return Coded(show(values.dictionary), values.indices.to_numpy().astype(np.int32))
        elif pa.types.is_integer(values.type):
            low, high = (v.as_py() for v in pc.min_max(values).values())
            if high - low < FEW and high < 1 << 63:
                kinds = pa.array(np.arange(low, high + 1)).cast(values.type)
                return Coded(show(kinds), np.subtract(values.to_numpy(), low, dtype=np.int64).astype(np.int32))
    return show(values)


class Joiner:
    """Joins the parts of rows, again and again; what it wrote out for the rows before is taken where it serves."""

    def __init__(self) -> None:
        self._written: dict[int, tuple[pa.Array, pa.Array, pa.Array]] = {}

    def join(self, parts: Sequence[Part]) -> pa.Array:
        """The parts of every row as one text; null where one is.

        >>> Joiner().join(["a", Coded(pa.array(["x", "y"]), np.array([1, 0])), pa.array(["1", None])]).to_pylist()
        ['ay1', None]
        """
        folded: list[Part] = []
        for place, each in enumerate(parts):
            before = folded[-1] if folded else None
            both = self._combined(before, each, place) if isinstance(before, str | Coded) else None
            if both is None:
                folded.append(each)
            else:
                folded[-1] = both
        taken = [p.texts.take(pa.array(p.codes)) if isinstance(p, Coded) else p for p in folded]
        return taken[0] if len(taken) == 1 else _joined(*taken)

    def _combined(self, left: Any, right: Any, place: int) -> str | Coded | None:
        """Two neighbours as one part, if that has few values."""
        if isinstance(left, str):
            if isinstance(right, str):
                return left + right
            return Coded(_joined(left, right.texts), right.codes) if isinstance(right, Coded) else None
        if isinstance(right, str):
            return Coded(_joined(left.texts, right), left.codes)
        if not isinstance(right, Coded) or len(left.texts) * len(right.texts) > FEW:
            return None
        codes = left.codes * np.int32(len(right.texts)) + right.codes
        return Coded(self._pairs(left.texts, right.texts, place), codes)

    def _pairs(self, left: pa.Array, right: pa.Array, place: int) -> pa.Array:
        """Every text of the left with every text of the right."""
        known = self._written.get(place)
        if known is None or not (left.equals(known[0]) and right.equals(known[1])):
            first, second = np.divmod(np.arange(len(left) * len(right)), len(right))
            known = left, right, _joined(left.take(pa.array(first)), right.take(pa.array(second)))
            self._written[place] = known
        return known[2]


def _joined(*texts: str | pa.Array) -> pa.Array:
    return pc.binary_join_element_wise(*texts, "")
