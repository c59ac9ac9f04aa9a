"""A law between bounds: the shape inside stays. Sound in far tails, for settings and bounds that are arrays too."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from rowsmith.samplers._laws import Law


class Truncated:
    """The law given that the value lies between two bounds, both inclusive; itself a `Law`.

    Shares are measured from the side on which the bounds are: above the median by the survival function, whose
    differences stay exact where the distribution function is already 1.
    """

    def __init__(self, law: Law, low: Any | None, high: Any | None) -> None:
        self.law = law
        # what lies below the bound, itself excluded: for laws of whole numbers and others with lumps it counts
        before = None if low is None else np.nextafter(np.asarray(low, dtype=float), -np.inf)
        self.cdf_low: Any = 0.0 if before is None else law.cdf(before)
        self.sf_low: Any = 1.0 if before is None else law.sf(before)
        self.cdf_high: Any = 1.0 if high is None else law.cdf(high)
        self.sf_high: Any = 0.0 if high is None else law.sf(high)
        self.from_above = np.asarray(self.cdf_low) > 0.5
        self.to_above = np.asarray(self.sf_high) < 0.5
        self.mass = np.where(self.from_above, self.sf_low - self.sf_high, self.cdf_high - self.cdf_low)
        """Share of the law between the bounds."""

    def cdf(self, x: Any, /) -> Any:
        """Probability of at most x."""
        law = self.law
        share = _either(self.from_above, lambda: self.sf_low - law.sf(x), lambda: law.cdf(x) - self.cdf_low)
        return np.clip(share / self.mass, 0, 1)

    def sf(self, x: Any, /) -> Any:
        """Probability of more than x."""
        law = self.law
        share = _either(self.to_above, lambda: law.sf(x) - self.sf_high, lambda: self.cdf_high - law.cdf(x))
        return np.clip(share / self.mass, 0, 1)

    def ppf(self, q: Any, /) -> Any:
        """The least x with cdf(x) >= q."""
        return self._invert(q * self.mass, self.from_above, lambda s: self.sf_low - s, lambda s: self.cdf_low + s)

    def isf(self, q: Any, /) -> Any:
        """The least x with sf(x) <= q."""
        return self._invert(q * self.mass, self.to_above, lambda s: self.sf_high + s, lambda s: self.cdf_high - s)

    def _invert(self, share: Any, above: Any, tail: Callable[[Any], Any], head: Callable[[Any], Any]) -> Any:
        # strictly inside, or else rounding would give a value that lies before the lower bound
        return _either(
            above,
            lambda: self.law.isf(np.clip(tail(share), self.sf_high, np.nextafter(self.sf_low, 0))),
            lambda: self.law.ppf(np.clip(head(share), np.nextafter(self.cdf_low, 1), self.cdf_high)),
        )


def _either(choice: Any, yes: Callable[[], Any], no: Callable[[], Any]) -> Any:
    """`np.where` that works out only what is chosen, if all rows choose alike."""
    if choice.all():
        return yes()
    return np.where(choice, yes(), no()) if choice.any() else no()
