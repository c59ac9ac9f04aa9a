"""Whole series: do attacks tell which patients were learnt, each with all its rows?"""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from rowsmith.evaluate._align import Columns, Feature
from rowsmith.evaluate._entity_attacks import attacked
from rowsmith.evaluate._measure import Aspect, Result, unmeasured
from rowsmith.evaluate._order import Ordered
from rowsmith.evaluate._series_measure import SeriesMeasure
from rowsmith.evaluate._whole_groups import whole_groups


@dataclass(frozen=True, kw_only=True)
class WholeSeries(SeriesMeasure):
    """Attacks on entities: the series of each, taken as one row by what its rows come to.

    The attacks of single tables are made on a table of entities: how many rows there are, of a number the mean, the least and the
    greatest, of the time the first and the last, of a category how many levels occur, the most frequent one, and the share of the
    one that is most frequent in the real table. It takes 50 entities of each side; limits are those of each attack. Source: the
    attacks'.
    """

    title: ClassVar[str] = "Attacks on whole entities"
    aspect: ClassVar[Aspect] = "privacy"
    order: ClassVar[int] = 48

    def measure(self, ordered: Ordered) -> Result:
        """Attack the entities."""
        groups = {role: clock.group for role, clock in ordered.clocks.items()}
        context = whole_groups(
            ordered.aligned,
            [Feature(ordered.order.time, "time")],
            {role: [clock.times] for role, clock in ordered.clocks.items()},
            groups,
            {role: Columns((), int(group.max()) + 1) for role, group in groups.items()},
            ordered.key.child("whole_series"),
            ordered.workers,
        )
        if context is None:
            return unmeasured(self, "there are fewer than 50 entities.", decisive=False)
        return attacked(self, {", ".join(ordered.order.entity): context}, "value", "all its rows")
