"""Numbers of payment cards."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal, get_args

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from rowsmith.core.errors import SpecError
from rowsmith.core.permutation import Numbers, permute
from rowsmith.core.protocols import ColumnSampler, Rows
from rowsmith.core.rng import Key
from rowsmith.samplers._accounts import Table, luhn, write
from rowsmith.samplers._combinations import enough
from rowsmith.samplers._phrases import by_group

Brand = Literal["any", "visa", "mastercard", "amex", "discover", "diners", "jcb", "unionpay"]

_BRANDS: dict[str, tuple[int, float, tuple[str, ...]]] = {
    "visa": (16, 0.45, ("411111", "424242", "401288")),
    "mastercard": (16, 0.35, ("555555", "510510", "222300", "520082")),
    "amex": (15, 0.08, ("378282", "371449")),
    "discover": (16, 0.04, ("601111", "601100")),
    "unionpay": (16, 0.04, ("620000",)),
    "jcb": (16, 0.02, ("353011", "356600")),
    "diners": (14, 0.02, ("305693", "385200")),
}
"""Length, how often among `any`, and the first six digits of test numbers that payment processors publish."""


@dataclass(frozen=True, kw_only=True)
class CardNumber(ColumnSampler):
    """Numbers of payment cards: they begin like the test numbers of their brand, and their check digit is right."""

    brand: Brand = "any"
    """Brand of card."""
    spaced: bool = False
    """Whether groups of four are set apart by spaces."""
    unique: bool = False
    """Whether no number comes twice; of one brand then."""

    def __post_init__(self) -> None:
        if self.brand not in get_args(Brand):
            raise SpecError(f"brand={self.brand!r}: expected one of {', '.join(get_args(Brand))}.")
        if self.unique and self.brand == "any":
            raise SpecError("unique=True: expected a brand with it, such as brand: visa.")

    @property
    def type(self) -> pa.DataType:
        """Text."""
        return pa.string()

    @property
    def by_row(self) -> bool:
        """If unique."""
        return self.unique

    def at(self, numbers: Numbers, key: Key) -> pa.Array:
        """Beginning and free digits spell a keyed permutation of the row's number."""
        size, _, starts = _BRANDS[self.brand]
        free = size - 7
        enough(numbers, len(starts) * 10**free)
        start, code = np.divmod(permute(numbers, len(starts) * 10**free, key.integer()), 10**free)
        chosen = np.empty((len(numbers), free), dtype=np.uint8)
        for place in reversed(range(free)):
            code, chosen[:, place] = np.divmod(code, 10)
        return self._text(self.brand, start, chosen)

    def sample(self, rows: Rows, key: Key, given: Mapping[str, pa.Array]) -> pa.Array:
        """Digits at random, brand by brand."""
        if self.unique:
            return self.at(rows.numbers, key)
        rng = key.generator()
        if self.brand != "any":
            return self._draw(self.brand, rows.n, rng)
        brands = list(_BRANDS)
        group = np.searchsorted(np.cumsum([_BRANDS[b][1] for b in brands])[:-1], rng.random(rows.n), side="right")
        return by_group(group, lambda brand, members: self._draw(brands[brand], len(members), rng))

    def _draw(self, brand: str, n: int, rng: np.random.Generator) -> pa.Array:
        size, _, starts = _BRANDS[brand]
        return self._text(
            brand, rng.integers(len(starts), size=n), rng.integers(10, size=(n, size - 7), dtype=np.uint8)
        )

    def _text(self, brand: str, start: NDArray[np.int64], chosen: NDArray[np.uint8]) -> pa.Array:
        size, _, starts = _BRANDS[brand]
        table: Table = np.zeros((len(start), size), dtype=np.uint8)
        table[:, :6] = np.array([[int(c) for c in s] for s in starts], dtype=np.uint8)[start]
        table[:, 6:-1] = chosen
        luhn(table)
        return write(table, 4 if self.spaced else None)
