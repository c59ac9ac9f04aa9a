"""The laws that a draft tries on a column of numbers: where each may be tried, and where its search starts."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from functools import cache, cached_property
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from rowsmith.core.protocols import SAMPLERS, ColumnSampler
from rowsmith.samplers._distribution import Distribution
from rowsmith.spec._draft_numbers import Floats, rounded_to, significant

Settings = dict[str, Any]
Support = Literal["any", "positive", "between", "counts"]
Scale = Literal["real", "positive", "share", "fixed"]
"""What a parameter may be: any number, one above 0, one between 0 and 1; or it is not searched for."""

EULER = 0.5772156649015329


@dataclass(frozen=True)
class Moments:
    """What starts of a search are computed from.

    Attributes:
        values: shape (n,).
        low: bound of the column, rounded.
        high: likewise.
        grid: distance of neighbouring values.
    """

    values: Floats
    low: float
    high: float
    grid: float

    @cached_property
    def mean(self) -> float:
        """Mean."""
        return float(self.values.mean())

    @cached_property
    def variance(self) -> float:
        """Variance."""
        return float(self.values.var())

    @cached_property
    def quartiles(self) -> tuple[float, float, float]:
        """First quartile, median, third."""
        a, b, c = np.quantile(self.values, [0.25, 0.5, 0.75]).tolist()
        return a, b, c

    @cached_property
    def logs(self) -> Floats:
        """Logarithms; a value rounded down to 0 counts as a quarter of the grid."""
        least = self.grid / 4
        if least == 0:
            above = self.values[self.values > 0]
            least = float(above.min()) / 2 if len(above) else 1.0
        return np.log(np.maximum(self.values, least))


Start = Callable[[Moments], "Settings | None"]


@dataclass(frozen=True)
class Family:
    """A law with free parameters.

    Attributes:
        kind: name of the kind of column.
        support: the values that it may be tried on.
        start: parameters near the likeliest ones, from moments; None if it cannot be.
        scales: what each parameter may be, in the order in which they are written.
        fixed: how many parameters the start settles for good, other than bounds of the data.
    """

    kind: str
    support: Support
    start: Start
    scales: Mapping[str, Scale] = field(default_factory=dict)
    fixed: int = 0

    @property
    def free(self) -> list[str]:
        """Parameters that are searched for."""
        return [name for name, scale in self.scales.items() if scale != "fixed"]

    def rounded(self, settings: Settings, spread: float) -> Settings:
        """Settings with few digits.

        Args:
            settings: of the kind.
            spread: standard deviation of the values; what a place may be rounded to hangs on it.
        """
        out = {}
        for name, value in settings.items():
            scale = self.scales.get(name, "fixed")
            if scale == "real":
                out[name] = rounded_to(value, spread)
            elif scale == "share":
                out[name] = min(significant(value), 1 - significant(1 - value)) if value > 0.5 else significant(value)
            else:
                out[name] = significant(value) if scale == "positive" else value
        return out


def sampler(kind: str, settings: Settings) -> Distribution:
    """The distribution of a kind with settings."""
    made = _kind(kind)(**settings)
    assert isinstance(made, Distribution), kind
    return made


@cache
def _kind(name: str) -> type[ColumnSampler]:
    return SAMPLERS.load(name)


def packed(family: Family, settings: Settings, spread: float) -> NDArray[np.float64]:
    """The free parameters as numbers without bounds."""
    out = []
    for name in family.free:
        value, scale = settings[name], family.scales[name]
        if scale == "real":
            out.append(value / spread)
        else:
            out.append(math.log(value) if scale == "positive" else math.log(value / (1 - value)))
    return np.array(out)


def unpacked(family: Family, point: NDArray[np.float64], settings: Settings, spread: float) -> Settings:
    """The settings with the free parameters that `packed` would turn into a point."""
    out = dict(settings)
    for name, value in zip(family.free, np.clip(point, -200, 200).tolist(), strict=True):
        scale = family.scales[name]
        if scale == "real":
            out[name] = value * spread
        else:
            out[name] = math.exp(value) if scale == "positive" else 1 / (1 + math.exp(-value))
    return out


def _normal(m: Moments) -> Settings | None:
    return {"mean": m.mean, "sd": math.sqrt(m.variance)}


def _laplace(m: Moments) -> Settings | None:
    return {"loc": m.quartiles[1], "scale": float(np.abs(m.values - m.quartiles[1]).mean())}


def _logistic(m: Moments) -> Settings | None:
    return {"loc": m.mean, "scale": math.sqrt(3 * m.variance) / math.pi}


def _student_t(m: Moments) -> Settings | None:
    width = m.quartiles[2] - m.quartiles[0]
    return {"df": 4.0, "loc": m.quartiles[1], "scale": width / 1.48} if width > 0 else None


def _uniform(m: Moments) -> Settings | None:
    return {"low": m.low, "high": m.high} if m.grid != 1 else None  # for whole numbers there is `integer`


def _triangular(m: Moments) -> Settings | None:
    mode = min(max(3 * m.mean - m.low - m.high, m.low), m.high)
    return {"low": m.low, "mode": rounded_to(mode, m.high - m.low), "high": m.high}


def _beta(m: Moments) -> Settings | None:
    width = m.high - m.low
    mean, variance = (m.mean - m.low) / width, m.variance / width**2
    total = mean * (1 - mean) / variance - 1
    if not 0 < mean < 1 or total <= 0:
        return None
    return {"alpha": mean * total, "beta": (1 - mean) * total, "low": m.low, "high": m.high}


def _share(m: Moments) -> Settings | None:
    """Of numbers from 0 to 1."""
    if m.low < 0 or m.high > 1:
        return None
    found = _beta(replace(m, low=0.0, high=1.0))
    return found and {"alpha": found["alpha"], "beta": found["beta"]}


def _lognormal(m: Moments) -> Settings | None:
    sigma = float(m.logs.std())
    return {"median": math.exp(float(m.logs.mean())), "sigma": sigma} if 0 < sigma < 20 else None


def _gamma(m: Moments) -> Settings | None:
    """The approximation of T. Minka, "Estimating a Gamma distribution" (2002), equation 1."""
    if m.mean <= 0:
        return None
    s = math.log(m.mean) - float(m.logs.mean())
    if s <= 0:
        return None
    return {"shape": (3 - s + math.sqrt((s - 3) ** 2 + 24 * s)) / (12 * s), "mean": m.mean}


def _weibull(m: Moments) -> Settings | None:
    """Moments of the logarithm: sd is pi / (sqrt(6) · shape), mean is log scale − Euler's constant / shape."""
    sigma = float(m.logs.std())
    if sigma <= 0:
        return None
    shape = max(math.pi / math.sqrt(6) / sigma, 0.1)
    return {"shape": shape, "scale": math.exp(min(float(m.logs.mean()) + EULER / shape, 200))}


def _exponential(m: Moments) -> Settings | None:
    return {"mean": m.mean} if m.mean > 0 else None


def _pareto(m: Moments) -> Settings | None:
    if m.low <= 0:
        return None
    rise = float(m.logs.mean()) - math.log(m.low)
    return {"shape": max(1 / rise, 0.1), "scale": m.low} if rise > 0 else None


def _poisson(m: Moments) -> Settings | None:
    return {"mean": m.mean} if m.mean > 0 else None


def _binomial(m: Moments) -> Settings | None:
    if not 0 < m.variance < m.mean:
        return None
    n = max(round(m.mean**2 / (m.mean - m.variance)), round(float(m.values.max())))
    return {"n": int(n), "p": m.mean / n} if m.mean < n <= 1e6 else None


def _negative_binomial(m: Moments) -> Settings | None:
    if m.mean <= 0 or m.variance <= m.mean:
        return None
    return {"mean": m.mean, "dispersion": min(m.mean**2 / (m.variance - m.mean), 1e6)}


def _geometric(m: Moments) -> Settings | None:
    return {"p": 1 / m.mean} if m.low >= 1 and m.mean > 1 else None


def _integer(m: Moments) -> Settings | None:
    return {"low": int(m.low), "high": int(m.high)}


FAMILIES = (
    Family("integer", "counts", _integer, {"low": "fixed", "high": "fixed"}),
    Family("poisson", "counts", _poisson, {"mean": "positive"}),
    Family("binomial", "counts", _binomial, {"n": "fixed", "p": "share"}, fixed=1),
    Family("negative_binomial", "counts", _negative_binomial, {"mean": "positive", "dispersion": "positive"}),
    Family("geometric", "counts", _geometric, {"p": "share"}),
    Family("uniform", "between", _uniform, {"low": "fixed", "high": "fixed"}),
    Family("triangular", "between", _triangular, {"low": "fixed", "mode": "fixed", "high": "fixed"}, fixed=1),
    Family("beta", "between", _share, {"alpha": "positive", "beta": "positive"}),
    Family("beta", "between", _beta, {"alpha": "positive", "beta": "positive", "low": "fixed", "high": "fixed"}),
    Family("exponential", "positive", _exponential, {"mean": "positive"}),
    Family("gamma", "positive", _gamma, {"shape": "positive", "mean": "positive"}),
    Family("lognormal", "positive", _lognormal, {"median": "positive", "sigma": "positive"}),
    Family("weibull", "positive", _weibull, {"shape": "positive", "scale": "positive"}),
    Family("pareto", "positive", _pareto, {"shape": "positive", "scale": "fixed"}),
    Family("normal", "any", _normal, {"mean": "real", "sd": "positive"}),
    Family("logistic", "any", _logistic, {"loc": "real", "scale": "positive"}),
    Family("laplace", "any", _laplace, {"loc": "real", "scale": "positive"}),
    Family("student_t", "any", _student_t, {"df": "positive", "loc": "real", "scale": "positive"}),
)
