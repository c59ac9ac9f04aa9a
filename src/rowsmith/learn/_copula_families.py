"""Copulas of two columns: Gaussian, t, Clayton, Gumbel and Frank, and their rotations.

Sources: H. Joe, "Dependence Modeling with Copulas" (2014), chapter 4; K. Aas, C. Czado, A. Frigessi, H. Bakken, "Pair-copula
constructions of multiple dependence", Insurance: Mathematics and Economics 44, 2009, appendix B, for the conditional laws.
Columns are in cells, so what is needed is the law of one number given that the other lies in a cell: the mean of the conditional law
over the cell (A. Panagiotelis, C. Czado, H. Joe, "Pair copula constructions for multivariate discrete data", JASA 107, 2012).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cache
from typing import Self

import numpy as np

from rowsmith.core.state import State
from rowsmith.learn._copula_axes import Floats

EDGE = 1e-10
"""Distance from 0 and 1 at which laws are taken there."""
LEAST = 1e-12
"""Width of a cell below which it counts as this wide."""
NARROW = 0.03
"""Width of a cell up to which …"""
POINTS, WIDE_POINTS = 2, 8
"""… a Gauss-Legendre rule of few points is enough; and those of a wider one."""

Law = Callable[[Floats], Floats]
"""Distribution function."""


@dataclass(frozen=True)
class Pair:
    """A copula of two numbers between 0 and 1.

    Attributes:
        family: name of the family; `independent` for none.
        parameter: correlation, or the family's theta.
        df: degrees of freedom of t; 0 for another family.
        turned: which of the two numbers are taken from 1: none of them, the first (90°), the second (270°), both (180°).
    """

    family: str
    parameter: float = 0.0
    df: float = 0.0
    turned: tuple[bool, bool] = (False, False)

    @property
    def free(self) -> int:
        """Parameters that were fitted."""
        return 0 if self.family == "independent" else 1 + (self.df > 0)

    def first(self, low: Floats, high: Floats) -> Law:
        """Law of the first number, given that the second is in a cell; the cells are of any shape that fits."""
        return self._given(low, high, *self.turned)

    def second(self, low: Floats, high: Floats) -> Law:
        """Law of the second number, given that the first is in a cell."""
        return self._given(low, high, *self.turned[::-1])

    def _given(self, low: Floats, high: Floats, own: bool, other: bool) -> Law:
        if self.family == "independent":
            return lambda u: u
        law = FAMILIES[self.family](*((1 - high, 1 - low) if other else (low, high)), self.parameter, self.df)

        def turned(u: Floats) -> Floats:
            found = np.clip(law(np.clip(1 - u if own else u, EDGE, 1 - EDGE)), 0.0, 1.0)
            return np.where(u <= 0, 0.0, np.where(u >= 1, 1.0, 1 - found if own else found))

        return turned

    def state(self) -> State:
        """Plain values."""
        return {"family": self.family, "parameter": self.parameter, "df": self.df, "turned": list(self.turned)}

    @classmethod
    def from_state(cls, state: State) -> Self:
        """The inverse of `state`.

        Raises:
            ValueError: no such copula.
        """
        one, two = map(bool, state["turned"])
        pair = cls(str(state["family"]), float(state["parameter"]), float(state["df"]), (one, two))
        low, high = RANGES.get(pair.family, (0.0, 0.0))
        fits = 1 <= pair.df <= 1000 if pair.family == "t" else pair.df == 0
        if pair.family not in RANGES or not low <= pair.parameter <= high or not fits:
            raise ValueError(f"no copula: {pair}")
        return pair


def gaussian(low: Floats, high: Floats, r: float, df: float = 0.0) -> Law:
    """Law of u, given that v is in a cell."""
    from scipy import special

    rest = np.sqrt(1 - r * r)
    nodes = [(weight, r * special.ndtri(v) / rest) for weight, v in _inside(low, high)]

    def law(u: Floats) -> Floats:
        x = special.ndtri(u) / rest
        return np.asarray(sum(weight * special.ndtr(x - y) for weight, y in nodes))

    return law


def student(low: Floats, high: Floats, r: float, df: float) -> Law:
    """Law of u, given that v is in a cell."""
    nodes = []
    for weight, v in _inside(low, high):
        y = _t_score(v, df)
        rest = np.sqrt((1 - r * r) * (df + y * y) / (df + 1))
        nodes.append((weight, r * y / rest, 1 / rest))

    def law(u: Floats) -> Floats:
        x = _t_score(u, df)
        return np.asarray(sum(weight * _t_below(x * scale - y, df + 1) for weight, y, scale in nodes))

    return law


def _inside(low: Floats, high: Floats) -> Iterator[tuple[float, Floats]]:
    """Weights and places of a Gauss-Legendre rule over cells."""
    wide = float((high - low).max(initial=0.0)) > NARROW
    for point, weight in zip(*np.polynomial.legendre.leggauss(WIDE_POINTS if wide else POINTS), strict=True):
        yield float(weight) / 2, np.clip(low + (high - low) * (1 + float(point)) / 2, EDGE, 1 - EDGE)


@cache
def _t_table(df: float) -> tuple[Floats, Floats, Floats]:
    """Normal scores, the t scores of the same ranks, and what t scores are on a scale that is even far out."""
    from scipy import special

    z = np.linspace(-6.5, 6.5, 4001)
    t = special.stdtrit(df, special.ndtr(z))
    return z, t, np.arcsinh(t)


def _t_score(u: Floats, df: float) -> Floats:
    from scipy import special

    z, t, _ = _t_table(df)
    return np.asarray(np.interp(special.ndtri(u), z, t))


def _t_below(t: Floats, df: float) -> Floats:
    from scipy import special

    z, _, far = _t_table(df)
    return np.asarray(special.ndtr(np.interp(np.arcsinh(t), far, z)))


def _archimedean(below: Callable[[Floats, Floats, float], Floats]) -> Callable[[Floats, Floats, float, float], Law]:
    def given(low: Floats, high: Floats, theta: float, df: float = 0.0) -> Law:
        wide = np.maximum(high - low, LEAST)
        middle = (low + high) / 2
        a, b = (np.clip(middle + sign * wide / 2, EDGE, 1 - EDGE) for sign in (-1, 1))

        def law(u: Floats) -> Floats:
            over = np.where(high >= 1, u, below(u, b, theta))
            return np.asarray((over - np.where(low <= 0, 0.0, below(u, a, theta))) / wide)

        return law

    return given


def _clayton(u: Floats, v: Floats, theta: float) -> Floats:
    x, y = -theta * np.log(u), -theta * np.log(v)  # u ** -theta overflows
    most = np.maximum(x, y)
    return np.asarray(np.exp(-(most + np.log(np.exp(x - most) + np.exp(y - most) - np.exp(-most))) / theta))


def _gumbel(u: Floats, v: Floats, theta: float) -> Floats:
    return np.asarray(np.exp(-(((-np.log(u)) ** theta + (-np.log(v)) ** theta) ** (1 / theta))))


def _frank(u: Floats, v: Floats, theta: float) -> Floats:
    least, most = np.minimum(u, v), np.maximum(u, v)
    # the usual form divided by exp(-theta * least), which keeps the logarithm from 0
    rest = 1 + np.exp(-theta * (most - least)) - np.exp(-theta * most) - np.exp(-theta * (1 - least))
    return np.asarray(least - (np.log(rest) - np.log(-np.expm1(-theta))) / theta)


FAMILIES: dict[str, Callable[[Floats, Floats, float, float], Law]] = {
    "gaussian": gaussian,
    "t": student,
    "clayton": _archimedean(_clayton),
    "gumbel": _archimedean(_gumbel),
    "frank": _archimedean(_frank),
}
RANGES = {
    "independent": (0.0, 0.0),
    "gaussian": (-0.99, 0.99),
    "t": (-0.99, 0.99),
    "clayton": (0.01, 40.0),
    "gumbel": (1.0, 25.0),
    "frank": (0.01, 60.0),
}
"""What the parameter of each family may be."""
DEGREES = (3.0, 5.0, 8.0, 15.0)
"""Degrees of freedom of t that are tried."""
ENOUGH = 1e-12


def likeliest(first: tuple[Floats, Floats], second: tuple[Floats, Floats], rising: bool) -> Pair:
    """The copula with the least Akaike information criterion (H. Akaike, 1974) of pairs of cells.

    Args:
        first: lower and upper end of each row's cell of the first number, shape (n,).
        second: the same of the second.
        rising: whether the second rises with the first; those that do not are tried turned.
    """

    def fault(pair: Pair) -> float:
        law = pair.first(*second)
        inside = law(first[1]) - law(first[0])
        return -float(np.log(np.maximum(inside, ENOUGH)).sum())

    best = Pair("independent")
    least = fault(best)
    turns = ((False, False), (True, True)) if rising else ((True, False), (False, True))
    normal = _searched("gaussian", (False, False), rising, fault)
    tried = [
        normal,
        *(Pair("t", normal.parameter, df) for df in DEGREES),
        _searched("frank", turns[0], rising, fault),
    ]
    tried += [_searched(family, turned, rising, fault) for family in ("clayton", "gumbel") for turned in turns]
    for pair in tried:
        criterion = fault(pair) + pair.free
        if criterion < least:
            best, least = pair, criterion
    return best


def _searched(family: str, turned: tuple[bool, bool], rising: bool, fault: Callable[[Pair], float]) -> Pair:
    """The likeliest parameter of a family."""
    from scipy import optimize

    def of(strength: float) -> Pair:
        sign = 1.0 if rising else -1.0
        value = {
            "gaussian": sign * np.sin(np.pi / 2 * strength),
            "frank": 6 * strength / (1 - strength),
            "clayton": 2 * strength / (1 - strength),
            "gumbel": 1 / (1 - strength),
        }[family]
        return Pair(family, float(value), turned=turned)

    found = optimize.minimize_scalar(
        lambda x: fault(of(x)), bounds=(0.005, 0.9), method="bounded", options={"xatol": 4e-3, "maxiter": 16}
    )
    return of(float(found.x))
