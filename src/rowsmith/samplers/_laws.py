"""Laws of numbers in closed form: the four functions of a distribution, each sound in its own tail."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np

Function = Callable[[Any], Any]
"""Of a number or an array of them, elementwise."""


class Law(Protocol):
    """A distribution of numbers. Its settings may be arrays, which the arguments broadcast with."""

    def cdf(self, x: Any, /) -> Any:
        """Probability of at most x."""

    def sf(self, x: Any, /) -> Any:
        """Probability of more than x, exact where it is small."""

    def ppf(self, q: Any, /) -> Any:
        """The least x with cdf(x) >= q."""

    def isf(self, q: Any, /) -> Any:
        """The least x with sf(x) <= q."""


@dataclass(frozen=True)
class Formulas:
    """A law by its four functions."""

    cdf: Function
    sf: Function
    ppf: Function
    isf: Function


def moved(law: Law, loc: Any, scale: Any) -> Law:
    """The law of loc + scale · X."""
    return Formulas(
        cdf=lambda x: law.cdf((x - loc) / scale),
        sf=lambda x: law.sf((x - loc) / scale),
        ppf=lambda q: loc + scale * law.ppf(q),
        isf=lambda q: loc + scale * law.isf(q),
    )


def symmetric(cdf: Function, ppf: Function) -> Law:
    """A law that is symmetric around 0, by two functions that are exact in the lower tail."""
    return Formulas(cdf=cdf, sf=lambda x: cdf(-np.asarray(x)), ppf=ppf, isf=lambda q: -ppf(q))


def by_hazard(hazard: Function, inverse: Function) -> Law:
    """A law by its cumulative hazard −log sf(x), and the inverse of that.

    The hazard of a number drawn from the law has the standard exponential law.
    """
    return Formulas(
        cdf=lambda x: -np.expm1(-hazard(x)),
        sf=lambda x: np.exp(-hazard(x)),
        ppf=lambda q: inverse(-np.log1p(-np.asarray(q))),
        isf=lambda q: inverse(-np.log(q)),
    )


def standard_normal() -> Law:
    """Mean 0, standard deviation 1."""
    from scipy import special

    return symmetric(special.ndtr, special.ndtri)
