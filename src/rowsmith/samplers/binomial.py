"""The binomial distribution."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray

from rowsmith.core.values import Number, require
from rowsmith.samplers._distribution import Distribution
from rowsmith.samplers._forms import whole
from rowsmith.samplers._laws import Law
from rowsmith.samplers._whole import WholeLaw


@dataclass(frozen=True, kw_only=True)
class Binomial(Distribution):
    """How many of some independent trials succeed."""

    n: Number
    """Trials: a whole number, from 0 to 10 ** 9."""
    p: Number
    """Chance of success in each trial, from 0 to 1."""

    discrete: ClassVar[bool] = True

    def __post_init__(self) -> None:
        super().__post_init__()
        whole(self, "n", least=0, most=1e9)
        require(self, "p", least=0, most=1)

    def draw(self, n: int, rng: np.random.Generator) -> NDArray[Any]:
        """By the BTPE rejection of V. Kachitvichyanukul and B. Schmeiser (1988), or inversion, in NumPy."""
        return rng.binomial(self._trials(), self.p, n)  # type: ignore[arg-type]

    def law(self) -> Law:
        """The incomplete beta function."""
        from scipy import special

        n = self._trials()
        p: Any = self.p
        return WholeLaw(
            head=lambda k: special.betaincc(k + 1, n - k, p),
            tail=lambda k: special.betainc(k + 1, n - k, p),
            middle=n * p,
            spread=np.sqrt(n * p * (1 - p)),
            most=n,
        )

    def _trials(self) -> Any:
        return np.asarray(self.n).astype(np.int64)
