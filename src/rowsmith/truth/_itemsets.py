"""Frequent sets of items of baskets, at the support at which rules are planted."""

from __future__ import annotations

from rowsmith.core import itemsets
from rowsmith.core.itemsets import Counts, Levels
from rowsmith.truth._basket_table import Purchases
from rowsmith.truth._rule import LEAST_SUPPORT, MOST_ITEMS

_LEAST = 5


def frequent(bought: Purchases, items: Counts, both: Counts, most: int = MOST_ITEMS) -> Levels:
    """Sets of one item and more in at least `LEAST_SUPPORT` of the baskets.

    Args:
        bought: the baskets.
        items: those to look at; sets hold their places in it.
        both: baskets with both of two of them.
        most: items of the largest sets.
    """
    least = max(LEAST_SUPPORT * bought.n, _LEAST)
    return itemsets.frequent(bought.bits(items), both, bought.n, least, most)
