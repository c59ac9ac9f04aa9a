"""A mixture of distributions."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from rowsmith.core.errors import SpecError
from rowsmith.samplers._distribution import Distribution
from rowsmith.samplers._invert import by_table, first_float, first_whole, root
from rowsmith.samplers._laws import Formulas, Law
from rowsmith.samplers._parts import distribution

BLOCK = 32_768
"""Rows that are searched for together: they stay in the fast caches."""


@dataclass(frozen=True, kw_only=True)
class Mixture(Distribution):
    """A distribution chosen by weight for each row, then a number of it: for numbers with several humps."""

    components: tuple[Mapping[str, Any], ...]
    """The distributions, each with a `weight` (1 if not given), such as {kind: normal, mean: 5, sd: 1, weight: 0.3}."""

    def __post_init__(self) -> None:
        super().__post_init__()
        if not self.components:
            raise SpecError("components=[]: expected a list of at least one distribution.")
        _ = self.parts
        for number, weight in enumerate(self._weights):
            if isinstance(weight, bool) or not isinstance(weight, int | float) or not 0 <= weight < math.inf:
                raise SpecError(f"components.{number}.weight={weight!r}: expected a number, at least 0.")
        if sum(self._weights) == 0:
            raise SpecError("components: all weights are 0; expected one that is greater.")

    @property
    def type(self) -> pa.DataType:
        """int64 where all components are whole numbers, else float64."""
        return pa.int64() if all(pa.types.is_integer(part.type) for part in self.parts) else pa.float64()

    @property
    def lumps(self) -> bool:
        """Whether any component has some."""
        return any(part.lumps for part in self.parts)

    def draw(self, n: int, rng: np.random.Generator) -> NDArray[Any]:
        """The components' numbers, each in the rows that chose it."""
        ends = np.cumsum(self._weights)
        chosen = np.searchsorted(ends[:-1] / ends[-1], rng.random(n), side="right").astype(np.int16)
        values: NDArray[Any] = np.empty(n, dtype=self.type.to_pandas_dtype())
        for number, part in enumerate(self.parts):
            rows = np.flatnonzero(chosen == number)
            values[rows] = part.numbers(rows.size, rng)
        return values

    def law(self) -> Law:
        """The mean of the laws; its quantiles lie between theirs."""
        pairs = [(w, p.bounded()) for w, p in zip(self._weights, self.parts, strict=True) if w > 0]
        laws = [law for _, law in pairs]
        shares = np.array([w for w, _ in pairs]) / sum(w for w, _ in pairs)

        def cdf(x: Any) -> Any:
            return sum(w * law.cdf(x) for w, law in zip(shares, laws, strict=True))

        def sf(x: Any) -> Any:
            return sum(w * law.sf(x) for w, law in zip(shares, laws, strict=True))

        def ends(found: list[Any]) -> tuple[Any, Any]:
            return np.minimum.reduce(found), np.maximum.reduce(found)

        return Formulas(
            cdf=cdf,
            sf=sf,
            ppf=lambda q: self._first(cdf, np.atleast_1d(q), lambda some: ends([law.ppf(some) for law in laws])),
            isf=lambda q: self._first(
                lambda x: -sf(x), -np.atleast_1d(q), lambda some: ends([law.isf(-some) for law in laws])
            ),
        )

    def _first(self, rise: Callable[[Any], Any], levels: Any, ends: Callable[[Any], tuple[Any, Any]]) -> Any:
        if not pa.types.is_integer(self.type):
            invert = first_float if self.lumps else root
            blocks = np.split(levels, range(BLOCK, len(levels), BLOCK))
            return np.concatenate([invert(rise, b, *(np.asarray(e, dtype=float) for e in ends(b))) for b in blocks])

        def search(some: Any) -> Any:
            low, high = (end.astype(np.int64) for end in ends(some))
            return first_whole(rise, some, low - 1, high)

        return by_table(rise, levels, search)

    @cached_property
    def parts(self) -> list[Distribution]:
        """The distributions."""
        listed = enumerate(self.components)
        return [
            distribution(
                {k: v for k, v in c.items() if k != "weight"} if isinstance(c, Mapping) else c, f"components.{i}"
            )
            for i, c in listed
        ]

    @property
    def _weights(self) -> list[Any]:
        return [c.get("weight", 1) for c in self.components]
