"""Columns as the numbers of a regression: standardised values, a 0 or 1 for each frequent level."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from rowsmith.evaluate._align import Columns, Feature
from rowsmith.evaluate._stats import Floats

FAR = 10.0
"""Standard deviations at which a value is cut, so that one row does not decide."""


@dataclass(frozen=True)
class Design:
    """How a row becomes numbers; the first is 1, for the intercept.

    Attributes:
        names: of the numbers.
        columns: for each number, the place of its column; None for the intercept.
        parts: for each, the level it stands for, or (centre, spread, scale) of a number, or "null".
    """

    names: tuple[str, ...]
    columns: tuple[int | None, ...]
    parts: tuple[Any, ...]

    @classmethod
    def fit(cls, features: Sequence[Feature], real: Columns, levels: int, *, squares: bool = False) -> Design:
        """From the real rows: the numbers that vary, and each category's frequent levels but the first.

        Args:
            features: of the columns.
            real: the rows.
            levels: most levels of a category that have a number of their own; the rest counts as the first.
            squares: whether the square of each number is a number too.
        """
        names, columns, parts = ["(intercept)"], [None], [None]  # type: list[str], list[int | None], list[Any]
        for i, (feature, values) in enumerate(zip(features, real.arrays, strict=True)):
            if feature.kind == "category":
                counts = np.bincount(values[values >= 0], minlength=1)
                shown = [k for k in np.argsort(-counts, kind="stable")[1 : levels + 1] if counts[k]]
                names += [f"{feature.name} = {feature.levels[k]}" for k in shown]
                columns += [i] * len(shown)
                parts += [int(k) for k in shown]
                continue
            finite = values[np.isfinite(values)]
            scale = max(float(np.abs(finite).max(initial=0.0)), 1e-300)
            spread = float((finite / scale).std()) if len(finite) else 0.0
            if spread > 1e-12:
                powers = (1, 2) if squares else (1,)
                names += [feature.name + ("²" if p == 2 else "") for p in powers]
                columns += [i] * len(powers)
                parts += [(float((finite / scale).mean()), spread, scale, p) for p in powers]
            if np.isnan(values).any():
                names.append(f"{feature.name} is null")
                columns.append(i)
                parts.append("null")
        return cls(tuple(names), tuple(columns), tuple(parts))

    def matrix(self, table: Columns) -> Floats:
        """Shape (rows, numbers)."""
        out = np.ones((table.n, len(self.names)), order="F")
        for k, (i, part) in enumerate(zip(self.columns, self.parts, strict=True)):
            if i is None:
                continue
            values: NDArray[Any] = table.arrays[i]
            if part == "null":
                out[:, k] = np.isnan(values)
            elif isinstance(part, int):
                out[:, k] = values == part
            else:
                centre, spread, scale, power = part
                with np.errstate(over="ignore"):  # beyond all bounds is cut with the rest
                    line = np.clip((values / scale - centre) / spread, -FAR, FAR)
                out[:, k] = np.where(np.isnan(line), 0.0, line) ** power
        return out

    def pick(self, places: Sequence[int]) -> Design:
        """Some of the numbers."""
        return Design(
            tuple(self.names[i] for i in places),
            tuple(self.columns[i] for i in places),
            tuple(self.parts[i] for i in places),
        )
