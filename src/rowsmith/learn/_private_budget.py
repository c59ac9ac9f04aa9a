"""The budget of a private fit: what ε and δ allow, and a ledger of what was spent on what.

All is counted in ρ of zero-concentrated differential privacy, which simply adds up (M. Bun and T. Steinke, "Concentrated
differential privacy: simplifications, extensions, and lower bounds", 2016, lemma 1.7), and is turned into (ε, δ) by the
formula of C. Canonne, G. Kamath and T. Steinke, "The discrete Gaussian for differential privacy" (2020), corollary 13.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, field

from rowsmith.core.errors import InternalError

_HALVINGS = 200
_SLACK = 1e-9
"""Rounding that a sum of parts may show."""


def delta_of(rho: float, epsilon: float) -> float:
    """The δ with which ρ-zCDP implies (ε, δ)-differential privacy, at most 1.

    >>> 1e-10 < delta_of(2.56, 17.0) < 2e-10
    True
    """
    if rho == 0:
        return 0.0
    # The exponent is convex in the order, so its least value is found by halving where its slope changes its sign.
    low, high = 1.01, max((epsilon + 1) / rho + 2, 2.0)
    for _ in range(_HALVINGS):
        order = (low + high) / 2
        slope = (2 * order - 1) * rho - epsilon + math.log1p(-1 / order)
        low, high = (order, high) if slope < 0 else (low, order)
    order = high
    log = (order - 1) * (order * rho - epsilon) + order * math.log1p(-1 / order) - math.log(order - 1)
    return min(1.0, math.exp(min(log, 0.0)))


def rho_of(epsilon: float, delta: float) -> float:
    """The greatest ρ with which ρ-zCDP implies (ε, δ)-differential privacy.

    >>> round(rho_of(1.0, 1e-6), 4)
    0.0244
    """
    low, high = 0.0, epsilon + 1
    for _ in range(_HALVINGS):
        middle = (low + high) / 2
        low, high = (middle, high) if delta_of(middle, epsilon) <= delta else (low, middle)
    return low


@dataclass
class Ledger:
    """What may be spent, and what was.

    Attributes:
        rho: in all.
        spent: by what it was spent on, in order.
    """

    rho: float
    spent: dict[str, float] = field(default_factory=dict)

    @property
    def left(self) -> float:
        """What may still be spent."""
        return max(0.0, self.rho - sum(self.spent.values()))

    def spend(self, what: str, rho: float) -> None:
        """Note a part that is spent, before what was bought with it is looked at."""
        if rho > self.left + _SLACK * self.rho:
            raise InternalError(f"{what}: {rho} is more than the {self.left} that is left of the privacy budget.")
        self.spent[what] = self.spent.get(what, 0.0) + rho
