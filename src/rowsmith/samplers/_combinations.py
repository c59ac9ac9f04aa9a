"""Unique texts: a keyed permutation of the row's number, read in mixed radix, says which word stands in each slot."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache, cached_property
from typing import Self

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from rowsmith.core.errors import SpecError
from rowsmith.core.permutation import Numbers, permute
from rowsmith.samplers._phrases import Phrase, Slot, count

_MOST = 2**62  # what `permute` can take


@dataclass(frozen=True, eq=False)
class Combinations:
    """All texts that a phrase's slots can make, none of them twice.

    Attributes:
        slots: words, or a fixed text.
    """

    slots: tuple[pa.Array | str, ...]

    @classmethod
    def of(cls, phrase: Phrase) -> Self:
        """Words after which a text could be read in two ways are left out ("Bach" + "mannweg", "Bachmann" + "weg")."""
        laid: list[Slot] = []
        for slot in phrase.slots():
            if len(slot) == 1 and laid and len(laid[-1]) == 1:
                laid[-1] = (laid[-1][0] + slot[0],)
            else:
                laid.append(slot)
        slots: list[pa.Array | str] = []
        for i, slot in enumerate(laid):
            if len(slot) == 1:
                slots.append(slot[0])
                continue
            after = laid[i + 1][0] if i + 1 < len(laid) and len(laid[i + 1]) == 1 else ""
            last = not any(len(s) > 1 for s in laid[i + 1 :])
            slots.append(pa.array(list(dict.fromkeys(slot)) if last else _prefix_free(slot, after), pa.string()))
        return cls(tuple(slots))

    @cached_property
    def capacity(self) -> int:
        """How many texts there are."""
        return min(count(s for s in self.slots if not isinstance(s, str)), _MOST)

    def at(self, numbers: Numbers, seed: int) -> pa.Array:
        """The texts of rows.

        Args:
            numbers: of the rows, from 0.
            seed: another seed, another order.

        Raises:
            SpecError: there are not that many.
        """
        enough(numbers, self.capacity)
        code = permute(numbers, self.capacity, seed)
        parts: list[pa.Array | str] = []
        for slot in reversed(self.slots):
            if not isinstance(slot, str):
                code, place = np.divmod(code, len(slot))
                slot = slot.take(pa.array(place))
            parts.insert(0, slot)
        if all(isinstance(part, str) for part in parts):
            return pa.array(["".join(map(str, parts))] * len(numbers), pa.string())
        return pc.binary_join_element_wise(*parts, "") if len(parts) > 1 else parts[0]


def enough(numbers: Numbers, capacity: int) -> None:
    """Refuse row numbers beyond the last value.

    Raises:
        SpecError: with how many there are.
    """
    if len(numbers) and numbers.max() >= capacity:
        raise SpecError(
            f"unique=True: expected at most {capacity:,} rows, since there are no more different values, but row "
            f"{int(numbers.max()) + 1:,} was asked for. Make fewer rows, choose a setting with more values, or leave "
            "unique out."
        )


@cache
def combinations(phrase: Phrase) -> Combinations:
    """The combinations of a phrase, laid out once."""
    return Combinations.of(phrase)


def _prefix_free(words: Iterable[str], after: str) -> list[str]:
    # In sorted order what begins with a word follows it at once.
    kept: list[str] = []
    for word in sorted({word + after for word in words}):
        if not kept or not word.startswith(kept[-1]):
            kept.append(word)
    return [word[: len(word) - len(after)] for word in kept]
