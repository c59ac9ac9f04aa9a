"""Whole customers: do attacks tell which were learnt, each with all baskets?"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import ClassVar

import numpy as np
import pyarrow as pa

from rowsmith.core.grouping import entity_numbers
from rowsmith.evaluate._align import Columns
from rowsmith.evaluate._basket_measure import BasketMeasure
from rowsmith.evaluate._bought import Bought
from rowsmith.evaluate._entity_attacks import attacked
from rowsmith.evaluate._measure import Aspect, Result, unmeasured
from rowsmith.evaluate._stats import Floats
from rowsmith.evaluate._whole_groups import whole_groups

FEWER = "there are fewer than 50 customers."


@dataclass(frozen=True, kw_only=True)
class WholeCustomers(BasketMeasure):
    """Attacks on customers: the baskets of each, taken as one row by what their lines come to.

    The attacks of single tables are made on a table of customers: how many baskets and lines there are, how many different items,
    the most frequent one, the share of the one that is most frequent in the real table, and of further columns of lines means, least
    and greatest numbers, levels. It takes known customers (`--entity`), 50 of each side; limits are those of each attack. Source: the
    attacks'.
    """

    title: ClassVar[str] = "Attacks on whole customers"
    aspect: ClassVar[Aspect] = "privacy"
    order: ClassVar[int] = 48

    def measure(self, bought: Bought) -> Result:
        """Attack the customers."""
        lines = bought.lines
        if not lines.entity:
            return unmeasured(self, "it is not known whose the baskets are.", decisive=False)
        groups, own, known = {}, {}, {}
        for role, whole in bought.tables.items():
            there = ~lines.unknown(whole)
            if not there.any():
                return unmeasured(self, FEWER, decisive=False)
            table, known[role] = whole.filter(pa.array(there)), bought.aligned.tables[role].take(there)
            whose, basket = (entity_numbers(table, names) for names in (lines.entity, (*lines.entity, lines.id)))
            first = np.unique(basket, return_index=True)[1]
            groups[role] = whose
            n = int(whose.max()) + 1
            own[role] = Columns((np.bincount(whose[first], minlength=n).astype(np.float64),), n)
        none: dict[str, list[Floats]] = {role: [] for role in bought.tables}
        context = whole_groups(
            replace(bought.aligned, tables=known),
            [],
            none,
            groups,
            own,
            bought.key.child("whole_customers"),
            bought.workers,
        )
        if context is None:
            return unmeasured(self, FEWER, decisive=False)
        return attacked(self, {", ".join(lines.entity): context}, "value", "all baskets")
