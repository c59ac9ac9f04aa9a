"""Which law a column of numbers follows best: likelihood of counts in cells, penalised; a piecewise law where none will do.

Laws are compared by the Bayesian information criterion (G. Schwarz, "Estimating the dimension of a model", Annals of
Statistics 6, 1978) of the multinomial likelihood of the cells' counts, so that laws of whole numbers, rounded continuous ones
and those with more zeros are measured alike. A law is good enough if its Kolmogorov-Smirnov distance from the data is small, or
within what chance gives at the 5 % level (F. Massey, "The Kolmogorov-Smirnov test", JASA 46, 1951).
"""

from __future__ import annotations

import contextlib
import math
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from rowsmith.core.errors import SpecError
from rowsmith.samplers._distribution import Distribution
from rowsmith.spec._draft_laws import FAMILIES, Family, Moments, Settings, packed, sampler, unpacked
from rowsmith.spec._draft_numbers import Floats, Numbers, significant
from rowsmith.spec._draft_pieces import pieces

TOLERANCE = 0.04
"""Kolmogorov-Smirnov distance up to which a named law is taken."""
CHANCE = 1.36
"""Times 1 / √n: the distance that chance exceeds in 5 % of samples."""
FIRST = 10
"""Trials for each parameter of every law with bounds, whose moments say little, before …"""
REFINED = 4
"""… the best few laws are searched for their likeliest parameters …"""
TRIALS = 40
"""… with so many."""
LEAST_DF, MOST_DF = 1, 50
"""Degrees of freedom of a t law: below it has no mean, above it is a normal one."""
LEAST_SHAPE = 0.2
"""Of beta, gamma and Weibull laws: below it, they are mere lumps at an end."""
MOST_CUT = {"student_t": 0.1, "laplace": 0.1, "logistic": 0.1}
"""Share of a law that its bounds may cut off; a quarter of the others."""
FEW = 10
"""Different values, up to which only laws of whole numbers are tried."""
ZEROS = 0.02
"""Share of zeros from which they may be apart from the law of the others."""
FAR = 3.0
"""Times the distance from the middle to the bound: beyond the bound by that much, values are cut off."""
LEAST = 1e-12
NEVER = 1e30
MOST_COUNT = 1e6


@dataclass(frozen=True)
class Law:
    """A law that was fitted.

    Attributes:
        family: with free parameters; None for a piecewise law.
        kind: of the law.
        settings: of the kind, with bounds.
        zero: share of zeros beside the law.
        distance: Kolmogorov-Smirnov distance from the data.
        named: for a piecewise law, the named ones that came nearest but not near enough, the nearest first.
    """

    family: Family | None
    kind: str
    settings: Settings
    zero: float | None = None
    distance: float = 0.0
    named: tuple[Law, ...] = ()

    def written(self) -> Settings:
        """Kind and settings as a spec has them."""
        own = {"kind": self.kind, **self.settings}
        return own if self.zero is None else {"kind": "zero_inflated", "zero": self.zero, "of": own}

    def sampler(self) -> Distribution:
        """What draws it."""
        own = sampler(self.kind, self.settings)
        if self.zero is None:
            return own
        return sampler("zero_inflated", {"zero": self.zero, "of": {"kind": self.kind, **self.settings}})

    @property
    def cut(self) -> bool:
        """Whether it has bounds."""
        return "min" in self.settings or "max" in self.settings

    @property
    def free(self) -> int:
        """How many parameters were fitted."""
        own = len(self.family.free) + self.family.fixed if self.family is not None else len(self.settings)
        return own + ("min" in self.settings) + ("max" in self.settings) + (self.zero is not None)


def fit(numbers: Numbers) -> Law:
    """The law that suits numbers best; of a few, an even one between wide bounds."""
    if numbers.n < 2 * numbers.rare:
        kind = "integer" if numbers.digits == 0 and abs(numbers.high) <= MOST_COUNT else "uniform"
        family = next(f for f in FAMILIES if f.kind == kind)
        law = Law(family, kind, {"low": numbers.low, "high": numbers.high})
        return replace(law, distance=distance(law, numbers))
    refined = _named(numbers)
    allowed = tolerance(numbers)
    for law in refined:
        if law.distance <= allowed:
            return law
    kind, settings = pieces(numbers)
    law = Law(None, kind, settings, named=tuple(sorted(refined, key=lambda law: law.distance)))
    return replace(law, distance=distance(law, numbers))


def _named(numbers: Numbers) -> list[Law]:
    """The named laws that suit numbers best, the best first."""
    near = [refine(law, numbers, numbers.counts, trials=FIRST) if law.cut else law for law in _starts(numbers)]
    near.sort(key=lambda law: bic(law, numbers))
    refined = [refine(law, numbers, numbers.counts) for law in near[:REFINED]]
    refined = [replace(law, distance=distance(law, numbers)) for law in refined if bic(law, numbers) < math.inf]
    return sorted(refined, key=lambda law: bic(law, numbers))


def tolerance(numbers: Numbers) -> float:
    """Kolmogorov-Smirnov distance up to which a named law is taken."""
    return max(TOLERANCE, CHANCE / math.sqrt(numbers.n))


def shares(law: Law, edges: Floats) -> Floats:
    """Probability of each cell, shape (cells,).

    Raises:
        SpecError: a setting is out of its range, or the law is more of a curve that happens to fit between its bounds.
    """
    if law.kind == "student_t" and not LEAST_DF <= law.settings["df"] <= MOST_DF:
        raise SpecError(f"df={law.settings['df']}: expected from {LEAST_DF} to {MOST_DF}.")
    if law.kind != "pareto" and min(law.settings.get(name, 1) for name in ("alpha", "beta", "shape")) < LEAST_SHAPE:
        raise SpecError(f"expected shapes from {LEAST_SHAPE}.")
    with np.errstate(all="ignore"):
        own = sampler(law.kind, law.settings).bounded()
        if law.cut and float(own.mass) < 1 - MOST_CUT.get(law.kind, 0.25):
            raise SpecError("expected bounds that cut off less of the law.")
        found = (own if law.zero is None else law.sampler().bounded()).cdf(edges)
    return np.diff(np.concatenate([[0.0], found, [1.0]]))


def below(law: Law, points: Floats) -> Floats:
    """Share of a law up to each point, shape (points,)."""
    return law.sampler().cdf(points)


def likelihood(law: Law, edges: Floats, counts: Floats) -> float:
    """Logarithm of the probability of counts in cells, but for what depends on the counts alone; -inf for no law."""
    try:
        p = shares(law, edges)
    except SpecError:
        return -math.inf
    return float(counts @ np.log(np.where(p > LEAST, p, LEAST)))


def bic(law: Law, numbers: Numbers) -> float:
    """The less, the better."""
    return law.free * math.log(numbers.n) - 2 * likelihood(law, numbers.edges, numbers.counts)


def distance(law: Law, numbers: Numbers) -> float:
    """Kolmogorov-Smirnov distance between a law as it is written and the data, anywhere."""
    points, shared = numbers.jumps
    return float(np.abs(below(law, points) - shared).max())


def refine(law: Law, numbers: Numbers, counts: Floats, *, trials: int = TRIALS) -> Law:
    """The law with its likeliest parameters for counts in the cells of numbers, rounded."""
    from scipy import optimize

    family = law.family
    if family is None:
        return law
    if law.zero is not None:
        counts = np.where(_zero_cell(numbers), 0.0, counts)
    spread = float(numbers.values.std())
    inner = replace(law, zero=None)
    settings = law.settings
    if family.free and trials and counts.sum() > 0:

        def loss(point: NDArray[np.float64]) -> float:
            made = replace(inner, settings=unpacked(family, point, settings, spread))
            return min(-likelihood(made, numbers.edges, counts), NEVER)

        start = packed(family, settings, spread)
        found = optimize.minimize(
            loss, start, method="Nelder-Mead", options={"maxfev": trials * len(start), "xatol": 2e-3, "fatol": 0.1}
        )
        settings = unpacked(family, found.x, settings, spread)
    return replace(law, settings=family.rounded(settings, spread))


def _zero_cell(numbers: Numbers) -> NDArray[np.bool_]:
    place = np.searchsorted(numbers.edges, 0.0)
    return np.asarray(np.arange(len(numbers.edges) + 1) == place)


def _starts(numbers: Numbers) -> Iterator[Law]:
    """Laws at where the search for their parameters starts, with bounds where they need some."""
    yield from _of(numbers, numbers.values, None)
    share = numbers.zeros / numbers.n
    if max(ZEROS, numbers.rare / numbers.n) <= share < 1:
        yield from _of(numbers, numbers.values[numbers.values != 0], significant(share))


def _of(numbers: Numbers, values: Floats, zero: float | None) -> Iterator[Law]:
    moments = Moments(values, numbers.low, numbers.high, numbers.grid)
    if zero is not None and numbers.low == 0:
        moments = replace(moments, low=numbers.grid)
    for family in FAMILIES:
        if not _possible(family, numbers, moments) or moments.variance == 0:
            continue
        settings = family.start(moments)
        if settings is None:
            continue
        with contextlib.suppress(SpecError):  # the start of one that cannot be
            yield _bounded(Law(family, family.kind, settings, zero), numbers, moments)


def _possible(family: Family, numbers: Numbers, moments: Moments) -> bool:
    positive = float(moments.values.min()) >= 0
    if family.support != "counts" and numbers.grid and numbers.few(FEW):
        return False
    if family.support == "counts":
        whole = numbers.digits == 0 and abs(numbers.high) <= MOST_COUNT
        return whole and (positive or family.kind == "integer")
    return family.support != "positive" or positive


def _bounded(law: Law, numbers: Numbers, moments: Moments) -> Law:
    """The law with bounds where it would often be beyond those of the data."""
    own, n, much = sampler(law.kind, law.settings).law(), len(moments.values), 2 * numbers.rare + 1
    bounds: Settings = {}
    with np.errstate(all="ignore"):
        if n * float(own.cdf(np.nextafter(moments.low, -math.inf))) > much:
            bounds["min"] = moments.low
        elif moments.values.min() >= 0 and n * float(own.cdf(-1e-300)) > 0.01:
            bounds["min"] = 0.0
        far = float(own.isf(0.5 / n)) > numbers.high + FAR * (numbers.high - moments.quartiles[1])
        if far or n * float(own.sf(numbers.high)) > much:
            bounds["max"] = numbers.high
    return replace(law, settings={**law.settings, **bounds})


def by_level(law: Law, numbers: Numbers, rows: NDArray[Any], *, trials: int = TRIALS) -> Law:
    """The same law with the parameters of some rows.

    Args:
        law: of all rows.
        numbers: the column.
        rows: which of its numbers.
        trials: of the search for each parameter.
    """
    family = law.family
    if family is None:
        kind, settings = pieces(numbers, rows, like=law.settings)
        return replace(law, kind=kind, settings=settings)
    values = numbers.values[rows]
    low = numbers.low
    if law.zero is not None:
        share = significant(float(np.mean(values == 0)))
        law = replace(law, zero=share)
        values, low = values[values != 0], numbers.grid if numbers.low == 0 else low
        if len(values) < numbers.rare:
            return law
    moments = Moments(values, low, numbers.high, numbers.grid)
    if moments.variance == 0:
        return law
    start = family.start(moments)
    if start is not None:
        fixed = {k: v for k, v in law.settings.items() if k not in family.free}
        law = replace(law, settings={**law.settings, **start, **fixed})
    return refine(law, numbers, numbers.cells(rows), trials=trials)
