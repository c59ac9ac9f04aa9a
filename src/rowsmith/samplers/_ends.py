"""Where a law of numbers ends: the least and the greatest value that it can give."""

from __future__ import annotations

from typing import Any

import numpy as np

from rowsmith.core.protocols import ColumnSampler
from rowsmith.core.values import Sql
from rowsmith.samplers._distribution import Distribution
from rowsmith.samplers._whole import GREATEST, WholeLaw
from rowsmith.samplers.mixture import Mixture
from rowsmith.samplers.walk import Walk
from rowsmith.samplers.zero_inflated import ZeroInflated
from rowsmith.samplers.zipf import Zipf


def ends(sampler: ColumnSampler) -> tuple[Any, Any]:
    """Least and greatest value, bounds included; infinite where there is none.

    Args:
        sampler: a distribution or a walk; its settings are numbers, or arrays of shape (n,).

    Returns:
        Numbers, or arrays of shape (n,).

    >>> from rowsmith.samplers.beta import Beta
    >>> [float(end) for end in ends(Beta(alpha=2, beta=5, low=10, high=20, max=15))]
    [10.0, 15.0]
    """
    assert isinstance(sampler, Distribution | Walk), "the spec's check lets only these be moved"
    assert not isinstance(sampler.min, Sql) and not isinstance(sampler.max, Sql), "the caller resolves expressions"
    low, high = _natural(sampler) if isinstance(sampler, Distribution) else (-np.inf, np.inf)
    least: Any = low if sampler.min is None else np.maximum(low, sampler.min)
    most: Any = high if sampler.max is None else np.minimum(high, sampler.max)
    return least, most


def _natural(law: Distribution) -> tuple[Any, Any]:
    """The ends of a law without its bounds."""
    if isinstance(law, Mixture):
        parts = [ends(part) for part in law.parts]
        return min(low for low, _ in parts), max(high for _, high in parts)
    if isinstance(law, ZeroInflated):
        low, high = ends(law.part)
        return min(low, 0.0), max(high, 0.0)
    if isinstance(law, Zipf):
        return 1, law.n
    with np.errstate(all="ignore"):
        found = law.law()
        if isinstance(found, WholeLaw):
            return found.least, np.inf if found.most is GREATEST else found.most
        low, high = found.ppf(0.0), found.isf(0.0)
    if np.any(low > high):  # SciPy has the quantile 0 of Student's law at the wrong end
        low, high = high, low
    return low, high
