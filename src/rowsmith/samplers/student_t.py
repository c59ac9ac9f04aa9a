"""Student's t distribution."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from rowsmith.core.values import Number, require
from rowsmith.samplers._distribution import Distribution
from rowsmith.samplers._laws import Law, moved, symmetric


@dataclass(frozen=True, kw_only=True)
class StudentT(Distribution):
    """Symmetric numbers with heavier tails than normal ones."""

    df: Number
    """Degrees of freedom, at least 0.1: the fewer, the heavier the tails."""
    loc: Number = 0.0
    """Middle."""
    scale: Number = 1.0
    """Scale, greater than 0; the standard deviation is scale · √(df / (df − 2)), for df above 2."""

    def __post_init__(self) -> None:
        super().__post_init__()
        require(self, "df", least=0.1)
        require(self, "loc")
        require(self, "scale", above=0)

    def draw(self, n: int, rng: np.random.Generator) -> NDArray[Any]:
        """A normal number divided by the root of a gamma number, in NumPy."""
        values = rng.standard_t(self.df, n)  # type: ignore[arg-type]
        loc: Any = self.loc
        scale: Any = self.scale
        values *= scale
        values += loc
        return values

    def law(self) -> Law:
        """The standard one, moved and stretched."""
        from scipy import special

        standard = symmetric(lambda x: special.stdtr(self.df, x), lambda q: special.stdtrit(self.df, q))
        return moved(standard, self.loc, self.scale)
