"""When text is too personal to be learnt: nearly every value differs."""

from __future__ import annotations

import pyarrow as pa
import pyarrow.compute as pc

SHARE = 0.5
"""Distinct values as a share of all, above which text counts as nearly unique …"""
FEWEST = 20
"""… if there are this many distinct ones; in smaller tables only sentences are."""
WORDS = 3
"""Words that the values of a small table must have on average to be sentences."""


def nearly_unique(values: pa.Array) -> bool:
    """Whether text without nulls is nearly unique, so that keeping its values would be copying rows.

    >>> nearly_unique(pa.array([f"note {i}" for i in range(30)])), nearly_unique(pa.array(["blue", "green"]))
    (True, False)
    """
    n = len(values)
    distinct = int(pc.count_distinct(values).as_py())
    if distinct >= FEWEST:
        return distinct > SHARE * n
    if distinct < n or n < 2:
        return False
    return bool(pc.mean(pc.count_substring_regex(values, r"\S+")).as_py() >= WORDS)
