"""Rows as points by the values of their numbers, in which a little noise is a little way."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from rowsmith.core.nearest import Points
from rowsmith.evaluate._align import Columns, Feature
from rowsmith.evaluate._space import Space
from rowsmith.evaluate._stats import Floats

NULL = -10.0
"""Where a null lies; values lie around 0."""
TAILS = (0.005, 0.995)
WITHIN_TAILS = 10
"""Parts of the range between the tails that count as the spread of a number, if its quartiles are closer than one of them."""
TINY = float(np.finfo(np.float64).tiny)


@dataclass(frozen=True)
class Values:
    """A space, its ranks replaced by values on a logarithmic scale around the median.

    In ranks, a little noise on a value that most rows have (no capital gain) is a long way, so that an attacker who goes
    by ranks misses copies with noise.

    Attributes:
        space: of ranks and levels.
        middle: of each number; 0 of a category.
        tenth: of the spread of each number: within the spread, the scale is about even.
    """

    space: Space
    middle: Floats
    tenth: Floats

    @classmethod
    def fit(cls, features: Sequence[Feature], real: Columns, space: Space) -> Values:
        """The scale of the real table's values.

        Args:
            features: of the columns.
            real: the real table.
            space: of the same columns.
        """
        middle, tenth = np.zeros(len(features)), np.ones(len(features))
        for i, feature in enumerate(features):
            values = real.arrays[i][np.isfinite(real.arrays[i])]
            if feature.kind == "category" or not len(values):
                continue
            low, first, middle[i], third, high = np.quantile(
                values, [TAILS[0], 0.25, 0.5, 0.75, TAILS[1]], method="lower"
            )
            # Parts before differences: the values may be as large as floats are.
            width = max(third / 10 - first / 10, (high / 10 - low / 10) / WITHIN_TAILS)
            tenth[i] = width if width > 0 else 1.0
        return cls(space, middle, np.maximum(tenth, TINY))

    def points(self, table: Columns) -> Points:
        """The rows as points, shape (rows, axes); the axes are those of the space."""
        blocks = [
            self._scaled(i, values)[:, None] if self.space.numeric[i] else self.space.levels(i, values)
            for i, values in enumerate(table.arrays)
        ]
        return np.hstack(blocks) if blocks else np.zeros((table.n, 0), dtype=np.float32)

    def _scaled(self, i: int, values: Floats) -> Points:
        with np.errstate(over="ignore"):
            apart = np.clip((values / 10 - self.middle[i] / 10) / self.tenth[i], -1e300, 1e300)
        return np.where(np.isnan(apart), NULL, np.sign(apart) * np.log1p(np.abs(apart))).astype(np.float32)
