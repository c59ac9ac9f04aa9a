"""Whether values come by weight."""

import collections

from scipy import stats
from tests.samplers._make import LEVEL


def fits(values, weights):
    """Whether values come in proportion to weights, and no others."""
    seen = collections.Counter(values)
    total = sum(weights.values())
    assert set(seen) <= {v for v, w in weights.items() if w}
    kept = [v for v, w in weights.items() if w]
    expected = [len(values) * weights[v] / total for v in kept]
    return len(kept) == 1 or stats.chisquare([seen[v] for v in kept], expected).pvalue > LEVEL
