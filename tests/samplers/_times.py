"""What tests of dates and of times share."""

import datetime as dt

import numpy as np
import pyarrow as pa
from scipy import stats
from tests.samplers._make import LEVEL

DAY = 86_400 * 10**6


def counts_of(values):
    """Units since 1970, in UTC where there is a zone."""
    return (
        (values.cast(pa.int32()) if pa.types.is_date(values.type) else values)
        .cast(pa.int64())
        .to_numpy(zero_copy_only=False)
    )


def day(text):
    return (dt.date.fromisoformat(text) - dt.date(1970, 1, 1)).days


def fits(counts, weights):
    weights = np.asarray(weights, dtype=float)
    assert (counts[weights == 0] == 0).all()
    counts, weights = counts[weights > 0], weights[weights > 0]
    return stats.chisquare(counts, weights / weights.sum() * counts.sum()).pvalue > LEVEL
